"""Files of many kinds, whole and broken: all of their sound, at its true place, and a word on what is odd."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.errors import UserError
from streamer.sources.sound.file import SoundFile
from tests.support.paths import SHARED
from tests.support.sound_files import BROKEN, CONTAINERS, FLAC, SECONDS, WAV, Case, changed, lag_s, read, scene, zeroed


@pytest.mark.parametrize("case", [*CONTAINERS, *BROKEN], ids=lambda case: case.name)
def test_all_of_its_sound_at_its_place(tmp_path: Path, case: Case) -> None:
    case.make(tmp_path / case.name)
    file, sound = read(tmp_path / case.name)
    rate = file.sound_format.sample_rate
    assert -0.002 <= sound.size / rate - case.right_s <= case.padding_s + 0.002
    for begin_s in case.scenes:
        length_s = min(SECONDS, case.right_s - begin_s)
        assert -0.002 <= lag_s(sound, rate, begin_s, length_s) <= case.late_s + 1 / rate
    assert case.note in file.note
    assert bool(case.note) == bool(file.note) or case.damage
    assert case.damage in file.damage
    assert bool(case.damage) == bool(file.damage)


def test_common_files_need_no_second_decoder(tmp_path: Path) -> None:
    names = []
    for name, suffix in (("a.wav", "WAV"), ("a.flac", "FLAC"), ("a.ogg", "OGG"), ("a.mp3", "MP3")):
        soundfile.write(tmp_path / name, scene(), 44_100, format=suffix)
        names.append(str(tmp_path / name))
    code = (
        "import sys, pathlib; from streamer.sources.sound.file import SoundFile\n"
        f"print(*(sum(c.samples.shape[0] for c in SoundFile(pathlib.Path(p)).chunks()) for p in {names}))\n"
        "print([name for name in ('av', 'cv2', 'sounddevice') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["132300 132300 132300 132300", "[]"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("noise.wav", np.random.default_rng(0).bytes(100_000), "must be a sound file, or a video with sound"),
        ("noise.mp3", np.random.default_rng(1).bytes(100_000), "must be a sound file, or a video with sound"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:3,\na.wav\n#EXT-X-ENDLIST\n", "must be a sound file"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile a.wav\n", "must be a sound file"),
        ("box.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(1000), "it was cut off before its index was written"),
    ],
)
def test_what_holds_no_sound_is_refused_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    soundfile.write(tmp_path / "a.wav", scene(), 44_100)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=reason):
        SoundFile(tmp_path / name)


@pytest.mark.parametrize("make", [FLAC, WAV], ids=["flac", "wav"])
def test_what_is_read_around_damage_is_bit_for_bit_what_was_recorded(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "whole")
    whole = read(tmp_path / "whole")[1]
    changed(make, zeroed(0.5, 400) if make is FLAC else lambda data: data)(tmp_path / "bad")
    file = SoundFile(tmp_path / "bad")
    n_read = 0
    for chunk in file.chunks(0.05):
        part = whole[chunk.start : chunk.start + chunk.samples.shape[0]]
        np.testing.assert_array_equal(chunk.samples[:, 0], part)
        n_read += part.size
    assert n_read == whole.size - sum(damage.n_missing or 0 for damage in file.damages)
    assert len(file.damages) == (make is FLAC)


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
@pytest.mark.parametrize(
    ("name", "right_s", "note"),
    [
        ("dog.m4a", 10.0, ""),
        ("dog_soundonly.mp4", 10.0, ""),
        ("dog_video.mp4", 10.0, ""),
        ("dog_flac.ogg", 10.0, ""),
        ("chained.ogg", 15.0, "2 streams"),
        ("cat.mp3", 15.0, "2 files joined"),
        ("hdr_data0.wav", 10.0, "its header says 0.0 s, 10.0 s are there"),
        ("two_min_bad.flac", 120.0, ""),
    ],
)
def test_cases_that_people_have_are_read_to_their_end(name: str, right_s: float, note: str) -> None:
    file, sound = read(SHARED / "cases" / "sound" / name)
    assert sound.size / file.sound_format.sample_rate == pytest.approx(right_s, abs=0.01)
    assert note in file.note
    assert bool(note) == bool(file.note)
    assert ("damaged at 89.93 s, where 0.07 s are missing" in file.damage) == (name == "two_min_bad.flac")
