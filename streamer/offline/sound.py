"""Classify sound files by the pipeline that live microphones use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from streamer.arrays import Float32
from streamer.messages import Chunk, Message, SoundFormat
from streamer.offline.result import FileResult, results_by_model
from streamer.pipeline.sound import SoundPipeline
from streamer.sources.sound.file import read_blocks

BLOCK_S = 10.0  # long blocks: less Python per second of sound


def classify_sound(path: Path, pipeline: SoundPipeline) -> list[FileResult]:
    """Run one file through the pipeline; return a result for each of its models.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    return classify_blocks(path, *read_blocks(path, BLOCK_S), pipeline)


def classify_blocks(
    path: Path, sound_format: SoundFormat, blocks: Iterable[Float32], pipeline: SoundPipeline
) -> list[FileResult]:
    """Run consecutive blocks, shape (n_samples, n_channels), through the pipeline; ``path`` names the result."""
    pipeline.begin(sound_format)
    messages: list[Message] = []
    n_samples = 0
    for block in blocks:
        messages += pipeline.step(Chunk(block, n_samples, 0, 0.0)).messages
        n_samples += block.shape[0]
    messages += pipeline.finish()
    duration_s = n_samples / sound_format.sample_rate
    return results_by_model(path, duration_s, messages, pipeline.stages, medium="sound")
