"""Score whole files with the models under evaluation, through the pipelines of live streams."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from streamer.arrays import Float32
from streamer.build import conditioning, event_settings
from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap, apply_places, read_label_map
from streamer.events import exposure_s
from streamer.messages import TaskName
from streamer.model.classifier import Classifier
from streamer.model.file import ModelFile, find_model, read_model_file
from streamer.model.sandbox import try_model
from streamer.offline.files import file_kinds, medium_of_kind
from streamer.offline.pool import AnyPipeline, Pool
from streamer.offline.result import FileResult
from streamer.pipeline.stage import Stage
from streamer.tasks.base import FileKind

N_KEPT = 64  # windows kept for timing
N_TIMED = 256  # classifications timed; the result is their median


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model under evaluation."""

    name: str  # unique among the models evaluated together
    model: ModelFile
    label_map: LabelMap | None

    @property
    def task(self) -> TaskName:
        """Task of the model."""
        return self.model.spec.task


def read_models(names: Sequence[str], sidecar: str = "", label_maps: Sequence[str] = ()) -> list[EvaluatedModel]:
    """Read the models to be evaluated, all for the same task, and their label maps.

    Parameters
    ----------
    names : sequence of str
        Shipped models' names or paths.
    sidecar : str
        Path of the description of the only model, if that is a foreign one.
    label_maps : sequence of str
        Paths, or names of shipped maps; each is for the model that it names.

    Raises
    ------
    UserError
        If a model or a map cannot be used, or they do not fit each other.
    """
    if sidecar and len(names) > 1:
        raise UserError(f"sidecar={sidecar} must be for one model; put NAME.toml beside each foreign one")
    models = [read_model_file(find_model(name), sidecar or None) for name in names]
    for model in models[1:]:
        if model.spec.task != models[0].spec.task:
            raise UserError(
                f"models must be for the same kind of data; {models[0].spec.name} is for {models[0].spec.task},"
                f" {model.spec.name} for {model.spec.task}: evaluate them one by one"
            )
    own_names = [model.spec.name for model in models]
    maps: dict[str, LabelMap] = {}
    for map_name in label_maps:
        label_map = read_label_map(map_name)
        if label_map.model not in own_names:
            raise UserError(
                f"label_map={map_name} must be for a model to be evaluated ({', '.join(own_names)}); it is for"
                f" {label_map.model}"
            )
        maps[label_map.model] = label_map
    return [
        EvaluatedModel(name if own_names.count(name) == 1 else str(model.path), model, maps.get(name))
        for name, model in zip(own_names, models, strict=True)
    ]


class FileScorer:
    """Scorer of files, several at the same time, with one model.

    Parameters
    ----------
    model : ModelFile
    files : sequence of Path
        All files to be scored; at least one.
    config : Config
    label_map : LabelMap, optional
        Maps the scores of the model's labels to those of other labels, before events are detected.
    n_jobs : int
        Number of files at the same time; 0: one per core.

    Attributes
    ----------
    labels : tuple of str
        Labels of the scores.
    events : EventSettings
        As they hold for these labels.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit.
    """

    def __init__(
        self,
        model: ModelFile,
        files: Sequence[Path],
        config: Config,
        label_map: LabelMap | None = None,
        n_jobs: int = 0,
    ) -> None:
        self.labels = mapped(model, label_map).labels
        self._files = files
        self._config = config
        self._map = label_map
        self.events = event_settings(mapped(model, label_map), config)
        self._classifiers: list[_TimedClassifier] = []
        tasks = [model.spec.task]
        kinds = sorted({kind for path in files for kind in file_kinds(path, tasks)})
        n_jobs = min(n_jobs or os.cpu_count() or 1, len(files))
        self._pool = Pool({kind: [model] for kind in kinds}, config, tasks, n_jobs, self._make_pipeline)

    def results(self) -> Iterator[FileResult]:
        """Yield the result of each file, in order; a result without scores has an ``error`` that says why."""
        for (result,) in self._pool.classify(self._files):
            if not result.error and not result.scores:
                result = replace(result, error=f"file={result.path} must fill a window of the model; it is too short")
            yield result

    def exposure_s(self, result: FileResult) -> float:
        """Return the seconds of a file in which the model could have begun an event."""
        scores = result.scores
        stride_s = (
            (scores[-1].start_s - scores[0].start_s) / (len(scores) - 1) if len(scores) > 1 else result.duration_s
        )
        return exposure_s(len(scores), stride_s, self.events)

    def window_ms(self) -> float | None:
        """Return the median time in ms of the classifier for one window, without its front end; None before any window.

        The first windows of the files are classified again, one after the other in this thread: while other threads
        work, a window would wait for a core.
        """
        seconds = [duration for classifier in self._classifiers[:1] for duration in classifier.timings_s()]
        return statistics.median(seconds) * 1e3 if seconds else None

    def _make_pipeline(self, kind: FileKind, models: Sequence[ModelFile]) -> AnyPipeline:
        """Return the pipeline of live streams around a classifier that maps labels and can be timed."""
        (model,) = models
        classifier = _TimedClassifier(model, self._config, self._map)
        self._classifiers.append(classifier)
        stage = Stage("file", classifier, self.events, self._config.model.stride_s)
        if medium_of_kind(kind) == "sound":
            from streamer.pipeline.sound import SoundPipeline

            source = self._config.source
            return SoundPipeline("file", [stage], conditioning(source), looks=source.channel != "mix")
        from streamer.pipeline.images import ImagePipeline

        return ImagePipeline("file", [stage], self._config.images, at_once=True)


def mapped(model: ModelFile, label_map: LabelMap | None) -> ModelFile:
    """Return a model with the labels of a map; settings of single labels in its description are dropped."""
    if label_map is None:
        return model
    events = model.spec.events.model_copy(update={"allow": (), "deny": (), "labels": {}})
    return replace(model, labels=label_map.names, spec=model.spec.model_copy(update={"events": events}))


class _TimedClassifier(Classifier):
    """Classifier that gives the scores of a map's labels, and keeps some windows for timing."""

    def __init__(self, model: ModelFile, config: Config, label_map: LabelMap | None) -> None:
        self._places = label_map.places(model.labels) if label_map else None
        runtime = config.model.runtime
        super().__init__(try_model(model, runtime), runtime, config.model.n_threads)
        self.labels = mapped(model, label_map).labels
        self._kept: list[Float32] = []

    def classify(self, rows: Float32) -> Float32:
        if len(self._kept) < N_KEPT:
            self._kept.append(rows.copy())
        scores = super().classify(rows)
        return scores if self._places is None else apply_places(self._places, scores)

    def timings_s(self) -> Iterator[float]:
        """Classify the kept windows again and again; yield the seconds that each classification takes."""
        for rows in itertools.islice(itertools.cycle(self._kept), N_TIMED):
            begin_s = time.perf_counter()
            super().classify(rows)
            yield time.perf_counter() - begin_s
