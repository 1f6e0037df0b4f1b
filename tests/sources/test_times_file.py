"""Times files: what is written is read, and what is damaged is refused in plain words."""

from pathlib import Path

import pytest

from streamer.errors import UserError
from streamer.sources.times_file import BeginLine, EndLine, GapLine, TimesFile, read_times, times_path, utc

BEGIN = BeginLine(stream="mic", device="x", sample_rate=8000, channels=1, start_s=0.0, time=utc(1.7e9))


def gap(at: int, samples: int) -> GapLine:
    return GapLine(at=at, samples=samples, time=utc(1.7e9), why="lost")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.wav"


def test_what_is_written_is_read(path: Path) -> None:
    assert read_times(path) is None
    file = TimesFile(path, BEGIN)
    file.add(gap(10, 5))
    file.add(gap(10, 50))  # the first one could not be filled with silence: it became longer
    file.add(gap(100, 1))
    times = read_times(path)
    assert times is not None
    assert (times.begin, times.gaps, times.end, times.is_broken_off) == (BEGIN, (gap(10, 50), gap(100, 1)), None, False)
    file.add(EndLine(samples=200, is_last=False))
    file.close()
    times = read_times(path)
    assert times is not None
    assert times.is_broken_off


def test_no_times_file_is_ever_replaced(path: Path) -> None:
    TimesFile(path, BEGIN).close()
    with pytest.raises(FileExistsError):
        TimesFile(path, BEGIN)
    assert read_times(path) is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid JSON|first line is missing"),
        ("\n", "Invalid JSON"),
        ("no JSON\n", "Invalid JSON"),
        (gap(1, 1).model_dump_json() + "\n", "its first line is missing"),
        (f"{BEGIN.model_dump_json()}\n{gap(9, 5).model_dump_json()}\n{gap(10, 5).model_dump_json()}\n", "follow each"),
        (f"{BEGIN.model_dump_json()}\n{gap(9, 5).model_dump_json().replace('9', '-9')}\n", "greater than"),
        ('{"type": "other"}\n', "type"),
    ],
)
def test_a_damaged_times_file_is_refused_with_what_to_do(path: Path, text: str, reason: str) -> None:
    times_path(path).write_text(text)
    with pytest.raises(UserError, match=rf"must hold the times .*({reason}).*; move it away to read the recording"):
        read_times(path)


def test_a_line_that_does_not_fit_on_the_disk_leaves_no_half_of_it(path: Path) -> None:
    file = TimesFile(path, BEGIN)
    before = times_path(path).read_bytes()

    class Short:
        """A file on a disk with room for ten more bytes."""

        def __init__(self, real: object) -> None:
            self._real = real

        def write(self, data: bytes) -> int:
            return int(self._real.write(data[:10]))  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

    real = file._file
    file._file = Short(real)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space left"):
        file.add(gap(1, 1))
    file._file = real
    assert times_path(path).read_bytes() == before
    file.add(gap(2, 2))
    file.close()
    times = read_times(path)
    assert times is not None
    assert times.gaps == (gap(2, 2),)
