"""Read recordings of `streamer run --record`: their sound without the silence that stands for what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.messages import Chunk, SoundFormat
from streamer.sources.sound.file import read_blocks
from streamer.sources.times_file import GapLine, RecordedTimes, read_times, times_path


def read_recording(
    paths: Sequence[Path], block_s: float, channel: int | None = None
) -> tuple[SoundFormat, list[RecordedTimes], Iterator[Chunk]]:
    """Open a recording, or any other sound file, to read it from beginning to end as it was captured.

    Parameters
    ----------
    paths : sequence of Path
        Its files, in order: one, or several that continue each other.
    block_s : float
        Seconds of the longest chunk.
    channel : int, optional
        Index of the only channel to read.

    Returns
    -------
    sound_format : SoundFormat
        Format of the chunks.
    times : list of RecordedTimes
        Content of the times files; empty where the first file has none.
    chunks : iterator of Chunk
        In order; a chunk after a gap states how many samples were lost before it. ``time_s`` is 0.

    Raises
    ------
    UserError
        If a file cannot be read, or its times file does not belong to it.
    """
    sound_format, _ = read_blocks(paths[0], block_s, channel)
    times = [times for path in paths if (times := _times_of(path)) is not None]
    return sound_format, times, _chunks(paths, times, block_s, channel)


def _times_of(path: Path) -> RecordedTimes | None:
    times = read_times(path)
    if times is None:
        return None
    sound_format, _ = read_blocks(path)
    stated = times.begin.sample_rate, times.begin.channels
    found = sound_format.sample_rate, sound_format.n_channels
    if stated != found:
        raise UserError(
            f"file={times_path(path)} must belong to {path.name}: it states {stated[1]} channels at {stated[0]} Hz, "
            f"the recording has {found[1]} at {found[0]} Hz; move it away"
        )
    return times


def _chunks(
    paths: Sequence[Path], times: Sequence[RecordedTimes], block_s: float, channel: int | None
) -> Iterator[Chunk]:
    n_passed = last = 0  # samples in the files before this one, and position up to which there was sound
    for index, path in enumerate(paths):
        gaps: Sequence[GapLine] = times[index].gaps if times else ()
        n_passed += times[index].begin.lost_before if index else 0
        n_read = 0
        for block in read_blocks(path, block_s, channel)[1]:
            for at, samples in _pieces(n_read, block, gaps):
                start = n_passed + at
                yield Chunk(samples, start, start - last, 0.0)
                last = start + samples.shape[0]
            n_read += block.shape[0]
        n_passed += n_read


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
