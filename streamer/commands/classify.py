"""`streamer classify`: files as fast as possible, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rich.console import Console
from rich.progress import Progress

from streamer.assembly import Kind, make_pipeline, make_sight_pipeline, read_models, resolve_config
from streamer.commands import say
from streamer.commands.file_result import FileResult
from streamer.config import Config, ImageSettings
from streamer.errors import StreamerError, UserError
from streamer.file_label import file_scores
from streamer.kernels.cache import warm_up
from streamer.messages import Chunk, Event, Scores, Task
from streamer.model_file import ModelFile
from streamer.sources import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from streamer.sources.audio_file import read_blocks

if TYPE_CHECKING:
    from streamer.pipeline.sound import SoundPipeline

SOUND_SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".caf"}
SUFFIXES: dict[Task | None, set[str]] = {
    "sound": SOUND_SUFFIXES,
    "pattern": PICTURE_SUFFIXES | VIDEO_SUFFIXES,
    "motion": VIDEO_SUFFIXES,
    None: SOUND_SUFFIXES | PICTURE_SUFFIXES | VIDEO_SUFFIXES,
}
FileKind = Literal["sound", "picture", "video"]
KINDS: dict[FileKind, Kind] = {"sound": "sound", "picture": "images", "video": "images"}
BLOCK_S = 10.0  # long blocks: less Python per second of sound


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
    named = read_models(config, "sound")[0].spec.task if config.model.path else None
    files = list(_files(paths, named))
    kinds = {_kind(path, named) for path in files}
    models = {kind: read_models(config, kind) for kind in sorted(kinds)}
    warm_up(say, tuple({KINDS[kind] for kind in kinds}))
    n_jobs = min(n_jobs or os.cpu_count() or 1, len(files))
    # All before the first file: loading a model silences standard error, and with it what is told of a bad file.
    pipelines: dict[FileKind, SimpleQueue[Any]] = {kind: SimpleQueue() for kind in models}
    for kind, (model,) in models.items():
        others = [other for others in models.values() for other in others]
        for _ in range(n_jobs):
            pipeline = _pipeline(kind, model, config, others)
            pipelines[kind].put(pipeline)
            model = _model_of(pipeline)  # known to load by now
    console = Console(stderr=True)
    n_failed = 0
    with (
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
        ThreadPoolExecutor(n_jobs) as pool,
    ):
        # Threads suffice: decoding, resampling, kernels and TFLite all release the interpreter's lock.
        task = progress.add_task("classify", total=len(files))
        for result in pool.map(partial(_classify_with_any, pipelines, config.images, named), files):
            progress.advance(task)
            n_failed += result.error is not None
            result.show(json=json, scores=config.output.scores)
    return 1 if n_failed else 0


def _classify_with_any(
    pipelines: dict[FileKind, SimpleQueue[Any]], images: ImageSettings, named: Task | None, path: Path
) -> FileResult:
    """Classify a file with a pipeline that no other thread is using."""
    kind = _kind(path, named)
    pipeline = pipelines[kind].get()
    try:
        if kind == "sound":
            return classify_file(path, pipeline)
        from streamer.commands.classify_sight import classify_picture, classify_video

        return (classify_picture if kind == "picture" else classify_video)(path, pipeline, images)
    except (StreamerError, OSError) as error:
        return FileResult(path, error=str(error), is_sight=kind != "sound")
    finally:
        pipelines[kind].put(pipeline)


def _pipeline(kind: FileKind, model: ModelFile, config: Config, others: list[ModelFile]) -> Any:
    if kind == "sound":
        return make_pipeline("file", model, config, others)
    return make_sight_pipeline("file", [model], config, others, at_once=True)


def _model_of(pipeline: Any) -> ModelFile:
    classifier = pipeline.classifier if hasattr(pipeline, "classifier") else pipeline.observers[0].classifier
    model: ModelFile = classifier.model
    return model


def _kind(path: Path, named: Task | None) -> FileKind:
    """What a file is by its suffix; what is unknown is what the named model is for, else sound."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    if suffix in VIDEO_SUFFIXES or (named == "motion" and suffix not in SOUND_SUFFIXES):
        return "video"
    return "sound"


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


def _files(paths: Sequence[Path], named: Task | None) -> Iterator[Path]:
    """The files, and those in folders that the model is for: of all kinds where none is named."""
    suffixes = SUFFIXES[named]
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
        if not found:
            what = {"sound": "sound", "motion": "video", "pattern": "picture or video", None: "sound, picture or video"}
            kinds = " ".join(sorted(suffixes))
            raise UserError(f"path={path} must hold {what[named]} files ({kinds}); it holds none")
        yield from found
