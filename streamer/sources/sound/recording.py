"""Read recordings of `streamer run --record`: their sound without the silence that stands for what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.messages import Chunk
from streamer.sources.sound.file import SoundFile, read_header
from streamer.sources.times_file import GapLine, RecordedTimes, read_times, times_path


class SoundRecording:
    """A recording, or any other sound file, read from beginning to end as it was captured.

    Parameters
    ----------
    paths : sequence of Path
        Its files, in order: one, or several that continue each other.
    channel : int, optional
        Index of the only channel to read.
    time_expansion : float
        How many times slower than life its files play.
    replace_nonfinite : bool
        Replace NaN and infinite values by 0.

    Attributes
    ----------
    sound_format : SoundFormat
        Format of the chunks.
    times : list of RecordedTimes
        Content of the times files; empty where the first file has none.
    stated_s : float
        Seconds of all files, by their headers.

    Raises
    ------
    UserError
        If a file cannot be read, or its times file does not belong to it.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        channel: int | None = None,
        *,
        time_expansion: float = 1.0,
        replace_nonfinite: bool = True,
    ) -> None:
        self._files = [
            SoundFile(path, channel, time_expansion=time_expansion, replace_nonfinite=replace_nonfinite)
            for path in paths
        ]
        self.sound_format = self._files[0].sound_format
        self.stated_s = sum(file.stated_s for file in self._files)
        self.times = [times for path in paths if (times := _times_of(path)) is not None]

    @property
    def note(self) -> str:
        """What is odd about its files and does no harm, as far as they have been read."""
        return "; ".join(dict.fromkeys(note for file in self._files for note in file.notes))

    @property
    def damage(self) -> str:
        """Error that says where sound is missing or wrong, as far as its files have been read; empty if nowhere."""
        return "\n".join(file.damage for file in self._files if file.damage)

    def chunks(self, block_s: float) -> Iterator[Chunk]:
        """Read all chunks, each of at most ``block_s`` seconds, in order.

        A chunk after a gap states how many samples were lost before it. ``time_s`` is 0.
        """
        n_passed = last = 0  # samples in the files before this one, and position up to which there was sound
        for index, file in enumerate(self._files):
            gaps: Sequence[GapLine] = self.times[index].gaps if self.times else ()
            n_passed += self.times[index].begin.lost_before if index else 0
            n_read = 0
            for chunk in file.chunks(block_s):
                for at, samples in _pieces(chunk.start, chunk.samples, gaps):
                    start = n_passed + at
                    yield Chunk(samples, start, start - last, 0.0)
                    last = start + samples.shape[0]
                n_read = chunk.start + chunk.samples.shape[0]
            n_passed += n_read


def _times_of(path: Path) -> RecordedTimes | None:
    times = read_times(path)
    if times is None:
        return None
    sound_format, _ = read_header(path)
    stated = times.begin.sample_rate, times.begin.channels
    found = sound_format.sample_rate, sound_format.n_channels
    if stated != found:
        raise UserError(
            f"file={times_path(path)} must belong to {path.name}: it states {stated[1]} channels at {stated[0]} Hz, "
            f"the recording has {found[1]} at {found[0]} Hz; move it away"
        )
    return times


def _pieces(first: int, block: Float32, gaps: Iterable[GapLine]) -> Iterator[tuple[int, Float32]]:
    """Return what a block, whose first sample is the ``first`` of its file, holds beside gaps, with its places."""
    at, end = first, first + block.shape[0]
    for gap in gaps:
        if gap.at + gap.samples <= at:
            continue
        if gap.at >= end:
            break
        if gap.at > at:
            yield at, block[at - first : gap.at - first]
        at = gap.at + gap.samples
    if at < end:
        yield at, block[at - first :]
