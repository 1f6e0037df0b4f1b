"""Weights → a calibrated, converted model, and what it makes of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.dataset.examples import Dataset
from streamer.training import scoring as judging
from streamer.training.calibration import Scaling, calibrate
from streamer.training.conversion import Predict, predictor, to_tflite
from streamer.training.fit import compiled, outputs
from streamer.training.scoring import Judged
from streamer.training.task import TrainingTask
from streamer.training.trainer import Material, Weights
from streamer.training.windows import Windows

N_REPRESENTATIVE = 300  # windows that set the ranges of int8 tensors


def representative(material: Material) -> NDArray[np.float16]:
    """Return windows of all parts, drawn ones and such as come live."""
    sets = [windows for windows in (*material.drawn, *material.cut) if len(windows)]
    n_each = -(-N_REPRESENTATIVE // len(sets))
    return np.concatenate([windows.features[:: max(1, len(windows) // n_each)][:n_each] for windows in sets])


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A model as it will be in a file."""

    flatbuffer: bytes
    predict: Predict
    before: Predict  # with float16 weights


class Maker:
    """Makes models of a network's weights.

    Parameters
    ----------
    course : TrainingTask
    network : keras.Model
        Its weights are changed.
    representative : ndarray, shape (n, rows, width), optional
        Windows that set the ranges of int8 tensors; None: float16 weights.
    """

    def __init__(self, course: TrainingTask, network: Any, representative: NDArray[np.float16] | None) -> None:
        self._network, self._representative = network, representative
        self._activation, self._n_labels = course.plan.activation, len(course.labels)
        self._apply = compiled(network)

    def logits(self, weights: Weights, windows: Windows) -> Float32:
        """Return what a network gives before it is calibrated, shape (n, n_labels)."""
        self._network.set_weights(weights)
        return outputs(self._apply, windows)

    def scaling(self, logits: Sequence[Float32], windows: Sequence[Windows]) -> Scaling:
        """Calibrate on several parts, whose examples are told apart."""
        starts = np.cumsum([0, *(int(part.clips.max()) + 1 for part in windows)])
        clips = np.concatenate([part.clips + start for part, start in zip(windows, starts, strict=False)])
        targets = np.concatenate([part.targets for part in windows])
        return calibrate(np.concatenate(logits), targets, clips, self._activation)

    def convert(self, weights: Weights, scaling: Scaling) -> Converted:
        """Return a calibrated network as TFLite."""
        self._network.set_weights(weights)
        scaling.fold_into(self._network)
        plain = to_tflite(self._network, None, "float16", self._activation)
        before = predictor(plain, self._n_labels)
        if self._representative is None:
            return Converted(plain, before, before)
        small = to_tflite(self._network, self._representative, "int8", self._activation)
        return Converted(small, predictor(small, self._n_labels), before)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A dataset's windows, scored by a model that did not learn from it."""

    model: Converted
    windows: Windows
    dataset: Dataset
    scores: Float32

    @classmethod
    def by(cls, model: Converted, windows: Windows, dataset: Dataset) -> Scored:
        """Score all windows."""
        return cls(model, windows, dataset, model.predict(windows.features))

    @property
    def judged(self) -> list[Judged]:
        """The scores by example."""
        return judging.judge(self.scores, self.windows, self.dataset)
