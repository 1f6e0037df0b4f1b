"""A model under examination: whole files through the live pipelines, labels mapped where need be, time taken."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamer.arrays import Float32
from streamer.build import event_settings
from streamer.config import Config
from streamer.evaluation.label_map import LabelMap, apply
from streamer.model.classifier import Classifier
from streamer.model.file import ModelFile
from streamer.model.sandbox import try_model
from streamer.offline.files import FileKind, file_kind, medium_of_kind
from streamer.offline.pool import Pool
from streamer.offline.result import FileResult
from streamer.pipeline.stage import Stage

N_KEPT = 64  # windows kept to take the time on
N_TIMED = 256  # of which the median is taken


class FileScorer:
    """A model that scores files, several at a time.

    Parameters
    ----------
    model : ModelFile
    files : sequence of Path
        All that will be scored; at least one.
    config : Config
    label_map : LabelMap, optional
        Scores and events are those of its labels instead of the model's.
    n_jobs : int
        Files at a time; 0: one per core.

    Attributes
    ----------
    labels : tuple of str
        Labels that the scores are of.

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
        self._scorers: list[_Scorer] = []
        kinds = sorted({file_kind(path, model.spec.task) for path in files})
        n_jobs = min(n_jobs or os.cpu_count() or 1, len(files))
        self._pool = Pool(dict.fromkeys(kinds, model), config, model.spec.task, n_jobs, self._make)

    def results(self) -> Iterator[FileResult]:
        """Score the files, in their order; one without scores has an ``error`` that says why."""
        for result in self._pool.classify(self._files):
            if not result.error and not result.scores:
                result = replace(result, error=f"file={result.path} must fill a window of the model; it is too short")
            yield result

    def window_ms(self) -> float | None:
        """Return the median time in ms of the model for one window, front end not included; None before any.

        The first windows of the files are classified once more, one after the other in this thread: while other
        threads work a window would wait for a core.
        """
        seconds = [duration for scorer in self._scorers[:1] for duration in scorer.take_time()]
        return statistics.median(seconds) * 1e3 if seconds else None

    def _make(self, kind: FileKind, model: ModelFile) -> Any:
        """Return the pipeline that live streams use, around a classifier that can be examined."""
        scorer = _Scorer(model, self._config, self._map)
        self._scorers.append(scorer)
        events = event_settings(mapped(model, self._map), self._config)
        stage = Stage("file", scorer, events, self._config.model.stride_s)
        if medium_of_kind(kind) == "sound":
            from streamer.pipeline.sound import SoundPipeline

            return SoundPipeline("file", [stage])
        from streamer.pipeline.images import ImagePipeline

        return ImagePipeline("file", [stage], self._config.images, at_once=True)


def mapped(model: ModelFile, label_map: LabelMap | None) -> ModelFile:
    """Return a model as it looks through a label map; what its description says of single labels is left out."""
    if label_map is None:
        return model
    events = model.spec.events.model_copy(update={"allow": (), "deny": (), "labels": {}})
    return replace(model, labels=label_map.names, spec=model.spec.model_copy(update={"events": events}))


class _Scorer(Classifier):
    """A classifier that gives the scores of a map's labels and keeps some windows."""

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
        return scores if self._places is None else apply(self._places, scores)

    def take_time(self) -> Iterator[float]:
        """Classify the kept windows again, round and round; yields the seconds that each took."""
        for rows in itertools.islice(itertools.cycle(self._kept), N_TIMED):
            begin_s = time.perf_counter()
            super().classify(rows)
            yield time.perf_counter() - begin_s
