"""`streamer classify`: files as fast as possible, on all cores."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from streamer.assembly import make_pipeline, read_model, resolve_config
from streamer.commands import say
from streamer.errors import StreamerError, UserError
from streamer.file_label import file_scores
from streamer.kernels.cache import warm_up
from streamer.messages import Chunk, Event, Scores
from streamer.pipeline import SoundPipeline
from streamer.sinks.jsonlines import event_dict, to_json
from streamer.sources.audio_file import read_blocks

SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".caf"}
BLOCK_S = 10.0  # long blocks: less Python per second of sound
N_TOP = 5


@dataclass(frozen=True, slots=True)
class FileResult:
    """What was heard in one file, or why nothing could be."""

    path: Path
    duration_s: float = 0.0
    labels: list[tuple[str, float]] = field(default_factory=list)  # best first
    events: list[Event] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    error: str | None = None

    def to_json(self) -> str:
        """Return the documented ``file`` line."""
        label, score = self.labels[0] if self.labels else (None, None)
        events = [event_dict(event) for event in self.events]
        for event in events:  # of a file neither stream nor wall clock mean anything
            for key in ("type", "stream", "time", "lost_samples"):
                del event[key]
        values = {
            "type": "file",
            "path": str(self.path),
            "duration_s": round(self.duration_s, 4),
            "label": label,
            "score": score,
            "labels": [list(pair) for pair in self.labels[:N_TOP]],
            "events": events,
            "error": self.error,
        }
        return jsonlib.dumps(values, ensure_ascii=False, allow_nan=False)


def classify(
    paths: Sequence[Path], config_path: Path | None, overrides: dict[str, Any], *, n_jobs: int = 0, json: bool = False
) -> int:
    """Classify files and folders; a bad file is reported and the rest go on.

    Returns
    -------
    int
        Exit code: 0, or 1 if a file could not be classified.

    Raises
    ------
    UserError
        If there is nothing to classify, or model or settings cannot be used.
    """
    config = resolve_config(config_path, overrides)
    files = list(_files(paths))
    model = read_model(config)
    warm_up(say)
    n_jobs = min(n_jobs or os.cpu_count() or 1, len(files))
    # All before the first file: loading a model silences standard error, and with it what is told of a bad file.
    pipelines: SimpleQueue[SoundPipeline] = SimpleQueue()
    for _ in range(n_jobs):
        pipeline = make_pipeline("file", model, config)
        model = pipeline.classifier.model  # known to load by now
        pipelines.put(pipeline)
    console = Console(stderr=True)
    n_failed = 0
    with (
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
        ThreadPoolExecutor(n_jobs) as pool,
    ):
        # Threads suffice: decoding, resampling, kernels and TFLite all release the interpreter's lock.
        task = progress.add_task("classify", total=len(files))
        for result in pool.map(partial(_classify_with_any, pipelines), files):
            progress.advance(task)
            n_failed += result.error is not None
            _print(result, json=json, scores=config.output.scores)
    return 1 if n_failed else 0


def _classify_with_any(pipelines: SimpleQueue[SoundPipeline], path: Path) -> FileResult:
    """Classify a file with a pipeline that no other thread is using."""
    pipeline = pipelines.get()
    try:
        return classify_file(path, pipeline)
    except (StreamerError, OSError) as error:
        return FileResult(path, error=str(error))
    finally:
        pipelines.put(pipeline)


def classify_file(path: Path, pipeline: SoundPipeline) -> FileResult:
    """Run one file through the pipeline that live streams use.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    sound_format, blocks = read_blocks(path, BLOCK_S)
    pipeline.begin(sound_format)
    news: list[Scores | Event] = []
    n_samples = 0
    for block in blocks:
        news += pipeline.step(Chunk(block, n_samples, 0, 0.0))
        n_samples += block.shape[0]
    news += pipeline.finish()
    scores = [message for message in news if isinstance(message, Scores)]
    labels = pipeline.classifier.labels
    ranking = file_scores(np.stack([s.values for s in scores]), labels)
    return FileResult(
        path=path,
        duration_s=n_samples / sound_format.sample_rate,
        labels=[(labels[i], round(float(ranking[i]), 4)) for i in np.argsort(-ranking, kind="stable")],
        events=[m for m in news if isinstance(m, Event) and m.offset_s is not None],
        scores=scores,
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if not found:
            raise UserError(f"path={path} must hold sound files ({' '.join(sorted(SUFFIXES))}); it holds none")
        yield from found


def _print(result: FileResult, *, json: bool, scores: bool) -> None:
    if json:
        for message in result.scores if scores else ():
            print(to_json(message))
        print(result.to_json(), flush=True)
    elif result.error is not None:
        print(f"{result.path}: {result.error}", file=sys.stderr)
    else:
        top = "  ".join(f"{label} {score:.2f}" for label, score in result.labels[:3])
        print(f"{result.path}  {result.duration_s:.1f} s  {top}")
        for event in result.events:
            print(f"    {event.onset_s:7.2f} – {event.offset_s:7.2f} s  {event.label} {event.score:.2f}")
