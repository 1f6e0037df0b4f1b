"""Rings in memory that two processes share: one writes what it captures, the other reads it, every loss is counted."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.errors import SourceUnavailable
from streamer.messages import CodedPixels

N_COUNTS = 8  # 64-bit numbers at the beginning of the memory: positions, see _Shared
N_HOLES = 256  # reported losses that can wait to be read


def new_memory(n_bytes: int, folders: Sequence[str | None] = ("/dev/shm", None)) -> Path:
    """Create a file of zeros to share: in memory where the system has a place for that, and closed to other users.

    Parameters
    ----------
    n_bytes : int
        Its size, which is reserved: to write into a full memory disk later would crash the process.
    folders : sequence of str or None
        Where to try, in order; None for the system's folder of temporary files.

    Raises
    ------
    SourceUnavailable
        When there is no room.
    """
    for folder in folders:
        try:
            handle, name = tempfile.mkstemp("-streamer", dir=folder)
        except OSError:
            continue
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, n_bytes)
            else:
                os.truncate(handle, n_bytes)
            return Path(name)
        except OSError:
            Path(name).unlink()
        finally:
            os.close(handle)
    raise SourceUnavailable(f"isolate=true must have {n_bytes / 1e6:.0f} MB of shared memory; free some in /dev/shm")


class _Shared:
    """Positions of one writer and one reader in shared memory, in the order in which they are written.

    As in :mod:`streamer.rings` the writer never waits: it announces what it is about to overwrite (``begun``), writes,
    and then publishes (``written``). A reader checks ``begun`` after it has copied.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._counts = np.frombuffer(self._memory, np.int64, N_COUNTS)
        self._lock = threading.Lock()
        self._read = 0  # reader: position up to which all is read or lost
        self._n_missing = 0  # reader: missing at the source up to there

    @property
    def written(self) -> int:
        """Samples or images written so far; the reader's sign that the writer is alive."""
        return int(self._counts[1])

    def _array(self, kind: Any, shape: tuple[int, ...], offset: int) -> tuple[Any, int]:
        """Return an array in the memory, and the offset behind it."""
        n_items = int(np.prod(shape))
        array = np.frombuffer(self._memory, kind, n_items, offset).reshape(shape)
        return array, offset + -(-array.nbytes // 8) * 8

    def _begin(self, position: int) -> None:
        self._counts[0] = position
        self._order()

    def _publish(self, position: int) -> None:
        self._order()
        self._counts[1] = position

    def _order(self) -> None:
        """Keep the processor from reordering what is written, or read, before and after.

        Releasing a lock and taking one again is a full barrier; Python offers no other.
        """
        for _ in range(2):
            with self._lock:
                pass


@dataclass(frozen=True, slots=True)
class SampleLayout:
    """Size of a ring of samples."""

    capacity: int
    n_channels: int

    @property
    def n_bytes(self) -> int:
        """Bytes of memory that it takes."""
        return 8 * (N_COUNTS + 1 + 2 * N_HOLES) + 4 * self.capacity * self.n_channels


class SharedSamples(_Shared):
    """Ring of samples.

    Parameters
    ----------
    path : Path
        From :func:`new_memory`, with as many bytes as the layout says.
    layout : SampleLayout
        The same in both processes.
    """

    def __init__(self, path: Path, layout: SampleLayout) -> None:
        super().__init__(path)
        self._capacity = layout.capacity
        self._time_s: Float64
        self._samples: Float32
        self._time_s, offset = self._array(np.float64, (1,), 8 * N_COUNTS)
        self._holes, offset = self._array(np.int64, (N_HOLES, 2), offset)  # position, missing before it since the start
        self._samples, _ = self._array(np.float32, (layout.capacity, layout.n_channels), offset)
        self._n_reported = 0  # writer

    def write(self, block: Float32, time_s: float, lost_before: int = 0) -> None:
        """Write a block; as :meth:`streamer.rings.SampleRing.write`."""
        start = self.written
        end = start + block.shape[0]
        self._begin(end)
        if lost_before:
            self._n_reported += lost_before
            n_holes = int(self._counts[2])
            self._holes[n_holes % N_HOLES] = start, self._n_reported
            self._order()
            self._counts[2] = n_holes + 1
        kept = block[-self._capacity :]
        place = (end - kept.shape[0]) % self._capacity
        n_first = min(kept.shape[0], self._capacity - place)
        self._samples[place : place + n_first] = kept[:n_first]
        self._samples[: kept.shape[0] - n_first] = kept[n_first:]
        self._time_s[0] = time_s
        self._publish(end)

    def read(self, sample_rate: int) -> tuple[Float32, float, int] | None:
        """Return what has come since the last call, up to the next loss; None where that is nothing.

        Returns
        -------
        samples : ndarray, shape (n_samples, n_channels)
        time_s : float
            Capture time of the last of them.
        lost_before : int
            Samples that are missing before them: lost at the source, or overwritten here.
        """
        while True:
            written = self.written
            self._order()
            oldest = max(self._read, int(self._counts[0]) - self._capacity)
            if oldest >= written:
                return None
            missing, next_hole = self._missing_before(oldest)
            end = min(written, next_hole)
            time_s = float(self._time_s[0])
            places = np.arange(oldest, end) % self._capacity
            samples = self._samples[places]
            self._order()
            if int(self._counts[0]) - self._capacity > oldest:
                continue  # overwritten while it was copied
            lost_before = oldest - self._read + missing - self._n_missing
            self._read, self._n_missing = end, missing
            return samples, time_s - (written - end) / sample_rate, lost_before

    def _missing_before(self, position: int) -> tuple[int, int]:
        """Return how many samples the source reported missing up to a position, and the position of the next loss."""
        missing, following = self._n_missing, np.iinfo(np.int64).max
        n_holes = int(self._counts[2])
        for index in range(max(0, n_holes - N_HOLES), n_holes):
            place, total = self._holes[index % N_HOLES].tolist()
            if place > position:
                following = min(following, place)
            else:
                missing = max(missing, total)
        return missing, int(following)


@dataclass(frozen=True, slots=True)
class ImageLayout:
    """Size of a ring of images."""

    capacity: int
    height: int
    width: int

    @property
    def n_bytes(self) -> int:
        """Bytes of memory that it takes."""
        return 8 * (N_COUNTS + 5 * self.capacity) + 3 * self.capacity * self.height * self.width


class SharedImages(_Shared):
    """Ring of images; parameters as for :class:`SharedSamples`."""

    def __init__(self, path: Path, layout: ImageLayout) -> None:
        super().__init__(path)
        self._capacity = layout.capacity
        self._times_s: Float64
        self._images: UInt8
        self._times_s, offset = self._array(np.float64, (layout.capacity, 2), 8 * N_COUNTS)
        self._missing, offset = self._array(np.int64, (layout.capacity,), offset)  # before each, since the start
        self._coded, offset = self._array(np.int64, (layout.capacity, 2), offset)  # letter of each one's type, bytes
        self._images, _ = self._array(np.uint8, (layout.capacity, layout.height, layout.width, 3), offset)
        self._n_reported = 0  # writer

    def write(
        self,
        pixels: UInt8 | CodedPixels,
        time_s: float,
        captured_s: float,
        skipped_before: int = 0,
        coded_type: str = "",
        n_bytes: int = 0,
    ) -> None:
        """Write an image; as :meth:`streamer.rings.ImageRing.write`."""
        position = self.written
        place = position % self._capacity
        self._n_reported += skipped_before
        self._begin(position + 1)
        self._images[place] = pixels if isinstance(pixels, np.ndarray) else pixels.pixels
        self._times_s[place] = time_s, captured_s
        self._missing[place] = self._n_reported
        self._coded[place] = ord(coded_type or "\0"), n_bytes
        self._publish(position + 1)

    def read(self) -> tuple[UInt8, float, float, int, str, int] | None:
        """Return the oldest image that has not been read; None where there is none.

        Returns
        -------
        pixels : ndarray, shape (height, width, 3)
        time_s, captured_s : float
            As they were written.
        skipped_before : int
            Images that are missing before it: at the source, or overwritten here.
        coded_type : str
        n_bytes : int
            As they were written.
        """
        while True:
            written = self.written
            self._order()
            oldest = max(self._read, int(self._counts[0]) - self._capacity)
            if oldest >= written:
                return None
            place = oldest % self._capacity
            pixels = self._images[place].copy()
            time_s, captured_s = self._times_s[place].tolist()
            missing = int(self._missing[place])
            letter, n_bytes = self._coded[place].tolist()
            self._order()
            if int(self._counts[0]) - self._capacity > oldest:
                continue  # overwritten while it was copied
            skipped_before = oldest - self._read + missing - self._n_missing
            self._read, self._n_missing = oldest + 1, missing
            return pixels, time_s, captured_s, skipped_before, chr(letter).strip("\0"), n_bytes
