"""What a model would be given: the windows of a pipeline, kept instead of classified."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.errors import StreamerError
from streamer.model.spec import ModelSpec

BLOCK = 256  # windows read at once


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows with what they show; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, rows, width), normalised as the model takes them; may be a memory map
    targets: Float32  # shape (n, n_labels), range 0…1; NaN where unknown
    clips: NDArray[np.int32]  # shape (n,): which example of its dataset a window is of; −1: made in code

    def __len__(self) -> int:
        return len(self.targets)

    def blocks(self) -> Iterator[Float32]:
        """Yield all features in order, a few windows at a time, as the model takes them."""
        for i in range(0, len(self), BLOCK):
            yield self.features[i : i + BLOCK].astype(np.float32)


class WindowWriter:
    """Collects windows in a folder, which must not hold others.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    input_shape : tuple of int
        Of one window's features.
    n_labels : int
    """

    def __init__(self, folder: Path, input_shape: tuple[int, ...], n_labels: int) -> None:
        self._path = folder / "features.f16"
        self._shape = input_shape
        self._targets: list[Float32] = []
        self._clips: list[NDArray[np.int32]] = []
        self._n_labels = n_labels
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        except OSError as error:
            raise StreamerError(f"folder={folder} must be writable; {error.strerror}") from None

    def append(self, features: Float32 | NDArray[np.float16], targets: Float32, clip: int | NDArray[np.int32]) -> None:
        """Add windows, as of one example.

        Parameters
        ----------
        features : ndarray, shape (n, *input_shape) or input_shape
        targets : ndarray, shape (n, n_labels) or (n_labels,)
            The latter holds for all of them.
        clip : int, or ndarray of shape (n,)
            The example's place in its dataset; −1: made in code.

        Raises
        ------
        StreamerError
            If the disk is full.
        """
        rows = np.ascontiguousarray(features, np.float16).reshape(-1, *self._shape)
        try:
            self._file.write(rows.data)
        except OSError as error:
            raise self._full(error) from None
        self._targets.append(np.broadcast_to(np.asarray(targets, np.float32), (len(rows), self._n_labels)))
        self._clips.append(np.broadcast_to(np.asarray(clip, np.int32), len(rows)))

    def finish(self) -> Windows:
        """Return all windows, their features as a memory map."""
        try:
            self._file.close()
        except OSError as error:
            raise self._full(error) from None
        targets = np.concatenate([np.zeros((0, self._n_labels), np.float32), *self._targets])
        shape = (len(targets), *self._shape)
        features = np.memmap(self._path, np.float16, "r", shape=shape) if len(targets) else np.zeros(shape, np.float16)
        return Windows(features, targets, np.concatenate([np.zeros(0, np.int32), *self._clips]))

    def _full(self, error: OSError) -> StreamerError:
        with contextlib.suppress(OSError):
            self._file.close()
        return StreamerError(f"folder={self._path.parent} must have room for the training windows; {error.strerror}")


class WindowReader:
    """Several sets of windows read as one, any rows at a time.

    Parameters
    ----------
    parts : sequence of Windows
        At least one; all of one shape.
    """

    def __init__(self, parts: Sequence[Windows]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.targets: Float32 = np.concatenate([part.targets for part in parts])

    def __len__(self) -> int:
        return len(self.targets)

    def features(self, rows: NDArray[np.intp]) -> Float32:
        """Return the features of some rows, in the order asked for."""
        first = self._parts[0].features
        taken = np.empty((len(rows), *first.shape[1:]), np.float32)
        of_part = np.searchsorted(self._starts, rows, "right") - 1
        for i in np.unique(of_part):
            here = np.flatnonzero(of_part == i)
            taken[here] = self._parts[i].features[rows[here] - self._starts[i]]
        return taken


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
