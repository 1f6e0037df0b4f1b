"""What a model would be given: the windows of a pipeline, kept instead of classified."""

from __future__ import annotations

import numpy as np

from streamer.messages import Float32
from streamer.model_spec import ModelSpec


class Recorder:
    """Stands in a pipeline where a classifier would, and keeps what it is given.

    Parameters
    ----------
    spec : ModelSpec
        Of the model that is to be trained.
    """

    labels = ("recorded",)

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self._windows: list[Float32] = []

    def classify(self, rows: Float32) -> Float32:
        """Take a window; it says nothing of it."""
        mean, std = (np.float32(value) for value in (self.spec.normalisation.mean, self.spec.normalisation.std))
        self._windows.append((rows - mean) / std)
        return np.zeros(1, np.float32)

    def taken(self) -> list[Float32]:
        """Return the windows since the last call, normalised as the model takes them."""
        windows, self._windows = self._windows, []
        return windows
