"""Folders of clips and recordings on a disk that is full, and has room again."""

from pathlib import Path
from typing import Any

import pytest

from streamer.recording.folder import TakeFolder
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.recordings import RecordingFolder
from streamer.sinks.video_clips import VideoClipFolder
from tests.support.disks import mounted_disk
from tests.support.messages import CLOCK, HEALTH

FOLDERS = {
    "clips of sound": lambda folder: SoundClipFolder(folder, 10_000_000),
    "clips of images": lambda folder: VideoClipFolder(folder, 10_000_000),
    "recordings": RecordingFolder,
    "takes": lambda folder: TakeFolder(folder, "bell", 1.7e9),
}


@pytest.mark.parametrize("make", FOLDERS.values(), ids=FOLDERS)
def test_a_full_disk_is_known_to_be_full_until_there_is_room_again(make: Any, tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", "4m") as disk:
        folder = make(disk / "folder")
        (disk / "of the user").write_bytes(bytes(3_900_000))
        before = sorted(disk.rglob("*"))
        assert not folder.works_again()
        assert folder.write(HEALTH) is False  # of which nothing is written: it says nothing of the disk
        assert folder.write(CLOCK) is False
        assert sorted(disk.rglob("*")) == before
        (disk / "of the user").unlink()
        assert folder.works_again()
    assert not folder.works_again()  # the disk is gone
