"""Classify sound files by the pipeline that live microphones use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from streamer.arrays import Float32, finite
from streamer.features.quality import QualityMeter
from streamer.messages import Chunk, Message, SoundFormat
from streamer.offline.result import FileResult, results_by_model
from streamer.pipeline.sound import SoundPipeline
from streamer.sources.sound.recording import SoundRecording
from streamer.sources.times_file import RecordedTimes

BLOCK_S = 10.0  # long blocks: less Python per second of sound


def classify_sound(
    path: Path,
    pipeline: SoundPipeline,
    later: Sequence[Path] = (),
    channel: int | None = None,
    *,
    time_expansion: float = 1.0,
    epoch_s: float = math.nan,
) -> list[FileResult]:
    """Run one file through the pipeline; return a result for each of its models.

    Parameters
    ----------
    path : Path
        Any sound file. What a times file beside it says was lost is left out, as it was live.
    pipeline : SoundPipeline
    later : sequence of Path
        Further files of the same recording, in order; their times are counted on.
    channel : int, optional
        Index of the only channel to classify; by default all are mixed.
    time_expansion : float
        How many times slower than life the files play.
    epoch_s : float
        Seconds since the epoch at the first sample; NaN where nobody knows.

    Raises
    ------
    UserError
        If a file cannot be read at all, or lacks the channel. Of a damaged one the results hold what could be read,
        and the ``error``.
    """
    files = [path, *later]
    recording = SoundRecording(files, channel, time_expansion=time_expansion, replace_nonfinite=False)
    times, sound_format = recording.times, recording.sound_format
    meter = QualityMeter(sound_format.sample_rate, sound_format.n_channels)
    chunks = _measured(recording.chunks(BLOCK_S), meter)
    breaks_off = bool(times) and times[-1].is_broken_off
    results = _classify_chunks(path, sound_format, chunks, pipeline, breaks_off=breaks_off, epoch_s=epoch_s)
    quality = meter.quality()
    used = "" if channel is None else f"channel {channel} alone"
    notes = (_note(times, len(later), sound_format), recording.note, used, pipeline.mix.remark, *quality.remarks)
    note = "; ".join(filter(None, notes))
    return [replace(result, note=note, quality=quality, error=recording.damage or None) for result in results]


def _measured(chunks: Iterable[Chunk], meter: QualityMeter) -> Iterable[Chunk]:
    """Measure the quality of chunks, then replace what is no number in them."""
    for chunk in chunks:
        meter.push(chunk.samples)
        if meter.n_invalid:
            yield replace(chunk, samples=finite(chunk.samples))
        else:
            yield chunk


def classify_blocks(
    path: Path, sound_format: SoundFormat, blocks: Iterable[Float32], pipeline: SoundPipeline
) -> list[FileResult]:
    """Run consecutive blocks, shape (n_samples, n_channels), through the pipeline; ``path`` names the result."""
    n_samples = 0

    def chunks() -> Iterable[Chunk]:
        nonlocal n_samples
        for block in blocks:
            yield Chunk(block, n_samples, 0, 0.0)
            n_samples += block.shape[0]

    meter = QualityMeter(sound_format.sample_rate, sound_format.n_channels)
    results = _classify_chunks(path, sound_format, _measured(chunks(), meter), pipeline)
    quality = meter.quality()
    note = "; ".join(filter(None, (pipeline.mix.remark, *quality.remarks)))
    return [replace(result, note=note, quality=quality) for result in results]


def _classify_chunks(
    path: Path,
    sound_format: SoundFormat,
    chunks: Iterable[Chunk],
    pipeline: SoundPipeline,
    *,
    breaks_off: bool = False,
    epoch_s: float = math.nan,
) -> list[FileResult]:
    pipeline.begin(sound_format, 0.0, epoch_s)
    messages: list[Message] = []
    n_samples = 0
    for chunk in chunks:
        messages += pipeline.step(chunk).messages
        n_samples = chunk.start + chunk.samples.shape[0]
    messages += pipeline.end_events() if breaks_off else pipeline.finish()
    duration_s = n_samples / sound_format.sample_rate
    return results_by_model(path, duration_s, messages, pipeline.stages, medium="sound")


def _note(times: Sequence[RecordedTimes], n_later: int, sound_format: SoundFormat) -> str:
    """Return what a times file says of a recording that a listener would not know."""
    gaps = [gap.samples for each in times for gap in each.gaps] + [each.begin.lost_before for each in times[1:]]
    n_lost, n_gaps = sum(gaps), sum(n > 0 for n in gaps)
    parts = []
    if n_later:
        parts.append(f"with {n_later} {'file that continues' if n_later == 1 else 'files that continue'} it")
    if n_lost:
        lost_s = n_lost / sound_format.sample_rate
        parts.append(f"{n_gaps} {'gap' if n_gaps == 1 else 'gaps'} of {lost_s:.3g} s in all left out")
    return "; ".join(parts)
