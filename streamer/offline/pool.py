"""Classify files of all kinds on several threads, each with pipelines of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from streamer.build import build_pipeline
from streamer.config import Config
from streamer.errors import StreamerError, UserError
from streamer.messages import TaskName
from streamer.model.file import ModelFile
from streamer.model.sandbox import try_model
from streamer.offline.chains import chained
from streamer.offline.files import file_kinds, medium_of_kind
from streamer.offline.result import FileResult
from streamer.sources.start_time import start_of_file
from streamer.tasks.base import FileKind

if TYPE_CHECKING:
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.sound import SoundPipeline

AnyPipeline: TypeAlias = "SoundPipeline | ImagePipeline"
Make = Callable[[FileKind, Sequence[ModelFile]], AnyPipeline]  # a pipeline for files of a kind


class Pool:
    """Pipelines for each kind of file, as many as there are threads.

    All are made before the first file: loading a model silences standard error, and with it what decoders say of a
    bad file.

    Parameters
    ----------
    models : mapping of {"sound", "picture", "video"} to sequence of ModelFile
        For each kind of file to come, at least one.
    config : Config
    tasks : sequence of {"sound", "pattern", "motion"}
        What the models that the user named are for; empty if none is named.
    n_jobs : int
        Threads, at least 1.
    as_sound : bool
        Whether of videos the sound is classified.
    make : callable, optional
        Returns a pipeline for a kind and its models; pipelines as live streams have them if not given.

    Raises
    ------
    UserError
        If the models take none of the kinds, or their runtime or the event settings do not fit.
    """

    def __init__(
        self,
        models: Mapping[FileKind, Sequence[ModelFile]],
        config: Config,
        tasks: Sequence[TaskName],
        n_jobs: int,
        make: Make | None = None,
        *,
        as_sound: bool = False,
    ) -> None:
        self._images = config.images
        self._time_expansion = config.source.time_expansion
        self._channel = config.source.channel_index
        self._source = config.source
        self._tasks, self._as_sound = tuple(tasks), as_sound
        self._n_jobs = n_jobs
        self._pipelines: dict[FileKind, SimpleQueue[AnyPipeline]] = {kind: SimpleQueue() for kind in models}
        every_model = [model for several in models.values() for model in several]
        make = make or _maker(config, every_model)
        trusted = {model.path: try_model(model, config.model.runtime) for model in every_model}  # not for each pipeline
        self._refused: dict[FileKind, str] = {}  # kinds that the models do not take, and why
        for kind, several in models.items():
            try:
                for _ in range(n_jobs):
                    self._pipelines[kind].put(make(kind, [trusted[model.path] for model in several]))
            except UserError as error:
                self._refused[kind] = str(error)
                if len(self._refused) == len(models):
                    raise

    def classify(self, files: Sequence[Path]) -> Iterator[list[FileResult]]:
        """Classify files at the same time; yield the results of each, in the files' order.

        Files of one recording that continue each other have a result together.
        """
        # Threads suffice: decoding, resampling, kernels and TFLite all release the interpreter's lock.
        with ThreadPoolExecutor(self._n_jobs) as threads:
            yield from threads.map(lambda chain: self.classify_one(*chain), chained(files))

    def classify_one(self, path: Path, *later: Path) -> list[FileResult]:
        """Classify a file, and those that continue it, with a pipeline that no other thread is using.

        Returns
        -------
        list of FileResult
            One for each model; of a file that cannot be classified, whatever the reason, a single one with the error.
        """
        kinds = file_kinds(path, self._tasks, as_sound=self._as_sound)
        return [result for kind in kinds for result in self._classify_as(kind, path, later)]

    def _classify_as(self, kind: FileKind, path: Path, later: Sequence[Path]) -> list[FileResult]:
        if kind in self._refused:
            return [FileResult(path, error=self._refused[kind], medium=medium_of_kind(kind))]
        pipeline = self._pipelines[kind].get()
        try:
            epoch_s = start_of_file(path, self._source)
            if pipeline.medium == "sound":
                from streamer.offline.sound import classify_sound

                expansion = self._time_expansion
                return classify_sound(path, pipeline, later, self._channel, time_expansion=expansion, epoch_s=epoch_s)
            from streamer.offline.images import classify_picture, classify_video

            classify = classify_picture if kind == "picture" else classify_video
            return classify(path, pipeline, self._images, epoch_s=epoch_s)
        except (StreamerError, OSError) as error:
            return [FileResult(path, error=str(error), medium=medium_of_kind(kind))]
        except (Exception, SystemExit) as error:  # of a decoder, a plug-in or streamer: the other files go on
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            text = f"file={path} must be one that streamer can classify; report it, with the file ({reason})"
            return [FileResult(path, error=str(StreamerError(text)), medium=medium_of_kind(kind))]
        finally:
            self._pipelines[kind].put(pipeline)


def _maker(config: Config, models: Sequence[ModelFile]) -> Make:
    def make(kind: FileKind, several: Sequence[ModelFile]) -> AnyPipeline:
        return build_pipeline("file", several, config, medium_of_kind(kind), models, at_once=True)

    return make
