"""Classify files of all kinds on several threads, each with pipelines of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from streamer.build import build_pipeline
from streamer.config import Config
from streamer.errors import StreamerError
from streamer.messages import TaskName
from streamer.model.file import ModelFile
from streamer.model.sandbox import try_model
from streamer.offline.files import FileKind, file_kind, medium_of_kind
from streamer.offline.result import FileResult

if TYPE_CHECKING:
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.sound import SoundPipeline

AnyPipeline: TypeAlias = "SoundPipeline | ImagePipeline"
Make = Callable[[FileKind, ModelFile], AnyPipeline]  # a pipeline for files of a kind


class Pool:
    """Pipelines for each kind of file, as many as there are threads.

    All are made before the first file: loading a model silences standard error, and with it what decoders say of a
    bad file.

    Parameters
    ----------
    models : mapping of {"sound", "picture", "video"} to ModelFile
        For each kind of file to come.
    config : Config
    task : {"sound", "pattern", "motion"} or None
        What the model that the user named is for, where one is named.
    n_jobs : int
        Threads, at least 1.
    make : callable, optional
        Returns a pipeline for a kind and its model; pipelines as live streams have them if not given.

    Raises
    ------
    UserError
        If a model, its runtime or the event settings do not fit.
    """

    def __init__(
        self,
        models: Mapping[FileKind, ModelFile],
        config: Config,
        task: TaskName | None,
        n_jobs: int,
        make: Make | None = None,
    ) -> None:
        self._images = config.images
        self._task = task
        self._n_jobs = n_jobs
        self._pipelines: dict[FileKind, SimpleQueue[AnyPipeline]] = {kind: SimpleQueue() for kind in models}
        make = make or _maker(config, list(models.values()))
        for kind, model in models.items():
            trusted = try_model(model, config.model.runtime)  # once, not for every pipeline
            for _ in range(n_jobs):
                self._pipelines[kind].put(make(kind, trusted))

    def classify(self, files: Sequence[Path]) -> Iterator[FileResult]:
        """Classify files at the same time; results come in the files' order, a bad file's with its error."""
        # Threads suffice: decoding, resampling, kernels and TFLite all release the interpreter's lock.
        with ThreadPoolExecutor(self._n_jobs) as threads:
            yield from threads.map(self.classify_one, files)

    def classify_one(self, path: Path) -> FileResult:
        """Classify a file with a pipeline that no other thread is using."""
        kind = file_kind(path, self._task)
        pipeline = self._pipelines[kind].get()
        try:
            if pipeline.medium == "sound":
                from streamer.offline.sound import classify_sound

                return classify_sound(path, pipeline)
            from streamer.offline.images import classify_picture, classify_video

            return (classify_picture if kind == "picture" else classify_video)(path, pipeline, self._images)
        except (StreamerError, OSError) as error:
            return FileResult(path, error=str(error), medium=medium_of_kind(kind))
        finally:
            self._pipelines[kind].put(pipeline)


def _maker(config: Config, models: Sequence[ModelFile]) -> Make:
    def make(kind: FileKind, model: ModelFile) -> AnyPipeline:
        return build_pipeline("file", [model], config, medium_of_kind(kind), models, at_once=True)

    return make
