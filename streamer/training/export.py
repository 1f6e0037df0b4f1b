"""Export trained weights as a calibrated TFLite model, and score datasets with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.dataset.examples import Dataset
from streamer.training import scoring
from streamer.training.calibration import Scaling, calibrate, scores_of
from streamer.training.conversion import Predict, predictor, to_tflite
from streamer.training.fit import compiled, outputs
from streamer.training.scoring import ExampleScores
from streamer.training.task import TrainingTask
from streamer.training.trainer import Material, Weights
from streamer.training.windows import TrainingWindows

N_REPRESENTATIVE = 300  # windows that set the ranges of int8 tensors


def representative_windows(material: Material) -> NDArray[np.float16]:
    """Return windows of all parts, sampled and cut, that set the ranges of int8 tensors."""
    sets = [windows for windows in (*material.sampled, *material.cut) if len(windows)]
    n_each = -(-N_REPRESENTATIVE // len(sets))
    return np.concatenate([windows.features[:: max(1, len(windows) // n_each)][:n_each] for windows in sets])


@dataclass(frozen=True, slots=True, eq=False)
class ExportedModel:
    """A model as it will be in a file, and its scores."""

    flatbuffer: bytes
    predict: Predict
    predict_float16: Predict  # with float16 weights; the same function unless the model computes in int8


class Exporter:
    """Calibrate and convert a network with different weights.

    Parameters
    ----------
    task : TrainingTask
    network : keras.Model
        Its weights are changed.
    representative : ndarray, shape (n, rows, width), optional
        Windows that set the ranges of int8 tensors; None: float16 weights.
    """

    def __init__(self, task: TrainingTask, network: Any, representative: NDArray[np.float16] | None) -> None:
        self._network, self._representative = network, representative
        self._activation, self._n_labels = task.plan.activation, len(task.labels)
        self._apply = compiled(network)

    def logits(self, weights: Weights, windows: TrainingWindows) -> Float32:
        """Return the logits of the uncalibrated network, shape (n, n_labels)."""
        self._network.set_weights(weights)
        return outputs(self._apply, windows)

    def scores_above(self, layer: str, weights: Weights, scaling: Scaling) -> Callable[[Float32], Float32]:
        """Return a function from activations of a layer to the calibrated scores of the network in float32."""
        import keras

        self._network.set_weights(weights)
        apply = compiled(keras.Model(self._network.get_layer(layer).output, self._network.output))
        return lambda activations: scores_of(scaling.apply(apply(activations)), self._activation)

    def scaling(self, logits: Sequence[Float32], windows: Sequence[TrainingWindows]) -> Scaling:
        """Calibrate on the windows of several parts; each part numbers its examples from 0."""
        starts = np.cumsum([0, *(int(part.examples.max()) + 1 for part in windows)])
        examples = np.concatenate([part.examples + start for part, start in zip(windows, starts, strict=False)])
        targets = np.concatenate([part.targets for part in windows])
        return calibrate(np.concatenate(logits), targets, examples, self._activation)

    def export(self, weights: Weights, scaling: Scaling) -> ExportedModel:
        """Return the network with these weights, calibrated, as TFLite."""
        self._network.set_weights(weights)
        scaling.fold_into(self._network)
        float16 = to_tflite(self._network, None, "float16", self._activation)
        predict = predictor(float16, self._n_labels)
        if self._representative is None:
            return ExportedModel(float16, predict, predict)
        int8 = to_tflite(self._network, self._representative, "int8", self._activation)
        return ExportedModel(int8, predictor(int8, self._n_labels), predict)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredDataset:
    """A dataset's windows and their scores by a model that was not trained on it."""

    model: ExportedModel
    windows: TrainingWindows
    dataset: Dataset
    scores: Float32  # shape (n, n_labels)

    @classmethod
    def by(cls, model: ExportedModel, windows: TrainingWindows, dataset: Dataset) -> ScoredDataset:
        """Score all windows with a model."""
        return cls(model, windows, dataset, model.predict(windows.features))

    @property
    def examples(self) -> list[ExampleScores]:
        """The scores, sorted by example."""
        return scoring.by_example(self.scores, self.windows, self.dataset)
