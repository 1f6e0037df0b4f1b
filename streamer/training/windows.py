"""Training windows: arrays on disk, batches of them, and the windows that a pipeline would classify."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng
from streamer.errors import StreamerError
from streamer.model.spec import ModelSpec

BLOCK = 256  # windows read at once
SYNTHETIC = -1  # in place of an example's number: the window shows none of the user's files


@dataclass(frozen=True, slots=True, eq=False)
class TrainingWindows:
    """Windows with their targets; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, rows, width), normalised as the model takes them; may be a memory map
    targets: Float32  # shape (n, n_labels), range 0…1; NaN where unknown
    examples: NDArray[np.int32]  # shape (n,): number of the example in its dataset, or `SYNTHETIC`

    def __len__(self) -> int:
        return len(self.targets)

    def blocks(self) -> Iterator[Float32]:
        """Yield all features in order, at most `BLOCK` windows at a time, as the model takes them."""
        for i in range(0, len(self), BLOCK):
            yield self.features[i : i + BLOCK].astype(np.float32)


class WindowWriter:
    """Write windows into a folder, which must not hold others.

    Parameters
    ----------
    folder : Path
        Created where it is missing.
    input_shape : tuple of int
        Of one window's features.
    n_labels : int

    Raises
    ------
    StreamerError
        If the folder cannot be written.
    """

    def __init__(self, folder: Path, input_shape: tuple[int, ...], n_labels: int) -> None:
        self._path = folder / "features.f16"
        self._shape = input_shape
        self._targets: list[Float32] = []
        self._examples: list[NDArray[np.int32]] = []
        self._n_labels = n_labels
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        except OSError as error:
            raise StreamerError(f"folder={folder} must be writable; {error.strerror}") from None

    def append(
        self, features: Float32 | NDArray[np.float16], targets: Float32, example: int | NDArray[np.int32]
    ) -> None:
        """Append windows.

        Parameters
        ----------
        features : ndarray, shape (n, *input_shape) or input_shape
        targets : ndarray, shape (n, n_labels) or (n_labels,)
            The latter holds for all of them.
        example : int, or ndarray of shape (n,)
            Number of the example in its dataset, or `SYNTHETIC`.

        Raises
        ------
        StreamerError
            If the disk is full.
        """
        rows = np.ascontiguousarray(features, np.float16).reshape(-1, *self._shape)
        try:
            self._file.write(rows.data)
        except OSError as error:
            raise self._disk_full(error) from None
        self._targets.append(np.broadcast_to(np.asarray(targets, np.float32), (len(rows), self._n_labels)))
        self._examples.append(np.broadcast_to(np.asarray(example, np.int32), len(rows)))

    def finish(self) -> TrainingWindows:
        """Return all windows, their features as a memory map."""
        try:
            self._file.close()
        except OSError as error:
            raise self._disk_full(error) from None
        targets = np.concatenate([np.zeros((0, self._n_labels), np.float32), *self._targets])
        shape = (len(targets), *self._shape)
        features = np.memmap(self._path, np.float16, "r", shape=shape) if len(targets) else np.zeros(shape, np.float16)
        return TrainingWindows(features, targets, np.concatenate([np.zeros(0, np.int32), *self._examples]))

    def _disk_full(self, error: OSError) -> StreamerError:
        with contextlib.suppress(OSError):
            self._file.close()
        return StreamerError(f"folder={self._path.parent} must have room for the training windows; {error.strerror}")


class WindowReader:
    """Read several sets of windows as one, any rows at a time.

    Parameters
    ----------
    parts : sequence of TrainingWindows
        At least one; all of one shape.
    """

    def __init__(self, parts: Sequence[TrainingWindows]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.targets: Float32 = np.concatenate([part.targets for part in parts])

    def __len__(self) -> int:
        return len(self.targets)

    def features(self, rows: NDArray[np.intp]) -> Float32:
        """Return the features of some rows, in the order asked for."""
        first = self._parts[0].features
        taken = np.empty((len(rows), *first.shape[1:]), np.float32)
        part_of_row = np.searchsorted(self._starts, rows, "right") - 1
        for i in np.unique(part_of_row):
            here = np.flatnonzero(part_of_row == i)
            taken[here] = self._parts[i].features[rows[here] - self._starts[i]]
        return taken


class ShuffledBatches:
    """Batches of all windows of several sets, in a new random order in every epoch.

    Parameters
    ----------
    parts : sequence of TrainingWindows
        At least one; all of one shape.
    batch : int
        Windows in a batch; the last batch of an epoch is filled up by repetition.
    """

    def __init__(self, parts: Sequence[TrainingWindows], batch: int) -> None:
        self._reader, self._batch = WindowReader(parts), batch
        self.n_batches = math.ceil(len(self._reader) / batch)

    def epoch(self, rng: Rng) -> Iterator[tuple[Float32, Float32]]:
        """Yield features and targets of every batch of one epoch."""
        order = rng.permutation(len(self._reader))
        for i in range(self.n_batches):
            rows = np.resize(order[i * self._batch : (i + 1) * self._batch], self._batch)
            yield self._reader.features(rows), self._reader.targets[rows]


class WindowCollector:
    """Collect the windows of a pipeline, in the place of a classifier.

    Parameters
    ----------
    spec : ModelSpec
        Of the model that is to be trained.
    """

    labels = ("collected",)

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self._windows: list[Float32] = []

    def classify(self, rows: Float32) -> Float32:
        """Keep a window and return one score of 0."""
        mean, std = (np.float32(value) for value in (self.spec.normalisation.mean, self.spec.normalisation.std))
        self._windows.append((rows - mean) / std)
        return np.zeros(1, np.float32)

    def take(self) -> list[Float32]:
        """Return the windows since the last call, normalised as the model takes them."""
        windows, self._windows = self._windows, []
        return windows
