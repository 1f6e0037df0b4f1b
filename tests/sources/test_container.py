"""What FFmpeg opens opens nothing else, and why it fails is said in words."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import av
import pytest

from streamer.sources.container import has_index, open_bytes, reason
from tests.support.coded_videos import write_coded
from tests.support.synthetic_videos import numbered


def test_a_playlist_opens_neither_files_nor_addresses(tmp_path: Path) -> None:
    video = write_coded(tmp_path / "x.ts", numbered(10), codec="mpeg2video")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for address in (video.as_uri(), f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"):
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n"
            with pytest.raises((av.FFmpegError, OSError)), open_bytes(io.BytesIO(text.encode())) as container:
                next(container.decode(video=0))
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_reason_is_in_words() -> None:
    with pytest.raises((av.FFmpegError, OSError)) as caught:
        open_bytes(io.BytesIO(b"no video" * 100))
    assert reason(caught.value) == "Invalid data found when processing input"
    assert reason(ValueError("Error number -42 occurred")) == "the decoder gives up"


def test_the_index_of_an_mp4_is_looked_for(tmp_path: Path) -> None:
    whole = write_coded(tmp_path / "x.mp4", numbered(60)).read_bytes()
    assert has_index(io.BytesIO(whole))
    assert not has_index(io.BytesIO(whole[: len(whole) // 3]))
    assert has_index(io.BytesIO(b"RIFF" + bytes(100)))  # not of that family
