"""Ring buffers of samples and of images: fixed capacity, one writer, one reader, every loss counted."""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.messages import Chunk, CodedPixels, Image


class RingCounters:
    """Positions of one writer and one reader in a ring; the base for samples and images.

    Positions count what was written since the ring began; modulo the capacity they are places in the buffer. Each
    counter is written by one side alone and read by both, without a lock: a Python integer is read whole.

    Parameters
    ----------
    capacity : int
        Samples per channel, or images, that can be held.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._begun = 0  # writer: position up to which writing has begun
        self._written = 0  # writer: position up to which all is written
        self._read = 0  # reader: position up to which all is read or known to be lost
        self._delivered = 0  # reader: the same, counting what was missing at the source as well
        self._n_wanted = 1  # reader: samples or images that it waits for
        self._has_data = threading.Event()  # set by the write that completes them: more often costs wake-ups
        self._has_space = threading.Event()  # set by every read

    @property
    def written(self) -> int:
        """Samples per channel, or images, written since the ring began."""
        return self._written

    @property
    def unread(self) -> int:
        """Samples per channel, or images, that the reader has not read yet, overwritten ones included."""
        return self._written - self._read

    def _tell_reader(self) -> None:
        """Wake the reader if it has what it waits for; for the writer only, after each write."""
        if self.unread >= self._n_wanted:
            self._has_data.set()

    def wait_for_space(self, stop: threading.Event, n: int = 1) -> bool:
        """Wait until ``n`` samples or images fit without overwriting; for writers of files, which can wait.

        Returns
        -------
        bool
            False when ``stop`` was set first.
        """
        while self.unread + min(n, self.capacity) > self.capacity:
            if stop.is_set():
                return False
            self._has_space.clear()
            if self.unread + min(n, self.capacity) > self.capacity:
                self._has_space.wait(0.1)
        return not stop.is_set()

    def wait(self, timeout_s: float, n: int = 1) -> bool:
        """Wait until at least ``n`` samples or images are unread; for the reader only.

        Returns
        -------
        bool
            Whether that many are there; False after ``timeout_s`` seconds.
        """
        deadline_s = time.monotonic() + timeout_s
        self._n_wanted = n
        while self.unread < n:
            self._has_data.clear()
            remaining_s = deadline_s - time.monotonic()
            if self.unread < n and (remaining_s <= 0 or not self._has_data.wait(remaining_s)):
                break
        return self.unread >= n


class SampleRing(RingCounters):
    """Ring buffer of samples between a capture thread (or a device callback) and the processing thread.

    The writer never waits: when the reader falls more than a capacity behind, the oldest samples are overwritten, and
    the next chunk states how many were lost. The reader gets a contiguous copy, about 1 µs for 50 ms of sound, because
    a view into the ring could change while kernels read it. After copying it checks what the writer has begun to
    overwrite, so that no chunk mixes old and new samples.

    Parameters
    ----------
    capacity : int
        Samples per channel that can be held, at least 1.
    n_channels : int
        Channels of every block that will be written.
    sample_rate : int
        Samples per second and channel, from which the capture time of a chunk follows.
    """

    def __init__(self, capacity: int, n_channels: int, sample_rate: int) -> None:
        super().__init__(capacity)
        self._sample_rate = sample_rate
        self._buffer = np.zeros((capacity, n_channels), np.float32)
        self._chunk = np.zeros((capacity, n_channels), np.float32)
        self._time_s = time.monotonic()  # writer: capture time of the newest sample
        self._n_missing = 0  # reader: samples that the source reported missing, up to what was read
        self._holes: deque[tuple[int, int]] = deque()  # (position, samples missing before it)

    def write(self, block: Float32, time_s: float, lost_before: int = 0) -> None:
        """Write a block; for the writer only, never waits.

        Parameters
        ----------
        block : ndarray, shape (n_samples, n_channels)
            Range −1…1; of a block longer than the ring the newest ``capacity`` samples are kept.
        time_s : float
            ``time.monotonic()`` at the capture of the last sample.
        lost_before : int
            Samples known to be missing between the previous block and this one.
        """
        if lost_before:
            self._holes.append((self._written, lost_before))
        end = self._written + block.shape[0]
        kept = block[-self.capacity :]
        self._begun = end
        place = (end - kept.shape[0]) % self.capacity
        n_first = min(kept.shape[0], self.capacity - place)
        self._buffer[place : place + n_first] = kept[:n_first]
        self._buffer[: kept.shape[0] - n_first] = kept[n_first:]
        self._time_s = time_s
        self._written = end
        self._tell_reader()

    def read(self, n_max: int) -> Chunk | None:
        """Read the oldest unread samples; for the reader only, never waits.

        Parameters
        ----------
        n_max : int
            Maximum number of samples; a chunk also ends before missing samples.

        Returns
        -------
        Chunk or None
            None when nothing is unread. ``samples`` is the reader's own copy, valid until the next read.
        """
        written, time_s = self._written, self._time_s
        oldest = max(self._read, self._begun - self.capacity)
        while oldest < written:
            while self._holes and self._holes[0][0] <= oldest:
                self._n_missing += self._holes.popleft()[1]
            end = min(oldest + n_max, written, self._holes[0][0] if self._holes else written)
            n_samples = end - oldest
            place = oldest % self.capacity
            n_first = min(n_samples, self.capacity - place)
            self._chunk[:n_first] = self._buffer[place : place + n_first]
            self._chunk[n_first:n_samples] = self._buffer[: n_samples - n_first]
            overwritten = self._begun - self.capacity
            if overwritten <= oldest:
                break
            oldest = overwritten
            written, time_s = self._written, self._time_s
        else:
            return None
        start = oldest + self._n_missing
        lost_before = start - self._delivered
        self._read = end
        self._delivered = start + n_samples
        self._has_space.set()
        # time_s is that of the newest sample written; this chunk's last one is older by what remains unread.
        age_s = (written - end) / self._sample_rate
        return Chunk(self._chunk[:n_samples], start, lost_before, time_s - age_s)


class ImageRing(RingCounters):
    """Ring buffer of images between a grabber thread and the processing thread.

    The writer never waits: when the reader falls a whole ring behind, the oldest images are overwritten, and the next
    image states how many were skipped. The reader gets a copy, 0.1 ms for 640×480 in colour, of images that are not
    coded. After copying it checks what the writer has begun to overwrite, so that no image mixes two.

    Parameters
    ----------
    capacity : int
        Images that can be held, at least 2.
    height, width : int
        Pixels of every image that will be written; three bytes each.
    """

    def __init__(self, capacity: int, height: int, width: int) -> None:
        super().__init__(capacity)
        self._images: UInt8 = np.zeros((capacity, height, width, 3), np.uint8)
        self._times_s: Float64 = np.zeros((capacity, 2))  # capture time in the stream, and on the monotonic clock
        self._missing = np.zeros(capacity, np.int64)  # per image: images missing before it since the ring began
        self._coded = [("", 0)] * capacity  # per image: type and bytes of its coded form
        self._contents: list[CodedPixels | None] = [None] * capacity  # per image: what it is decoded from, if anything
        self._image: UInt8 = np.zeros((height, width, 3), np.uint8)
        self._n_missing = 0  # writer: images that the source reported missing since the ring began
        self._released = 0  # writer: position up to which contents have been dropped

    def write(
        self,
        pixels: UInt8 | CodedPixels,
        time_s: float,
        captured_s: float,
        skipped_before: int = 0,
        coded_type: str = "",
        n_bytes: int = 0,
    ) -> None:
        """Write an image; for the writer only, never waits.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3), or CodedPixels
            Blue-green-red, which is copied; or what they are decoded from, which is kept.
        time_s : float
            Capture time, seconds since that of the session's first image; later than that of the image before.
        captured_s : float
            ``time.monotonic()`` then.
        skipped_before : int
            Images known to be missing between the previous one and this one.
        coded_type : str
            How its coder made it; see :class:`streamer.messages.Image`.
        n_bytes : int
            That its coded form takes.
        """
        place = self._written % self.capacity
        self._n_missing += skipped_before
        self._begun = self._written + 1
        read = self._read
        for position in range(max(self._released, self._written - self.capacity), read):
            self._contents[position % self.capacity] = None  # what has been read may be freed
        self._released = read
        if isinstance(pixels, np.ndarray):
            self._images[place] = pixels
            self._contents[place] = None
        else:
            self._contents[place] = pixels
        self._times_s[place] = time_s, captured_s
        self._missing[place] = self._n_missing
        self._coded[place] = coded_type, n_bytes
        self._written = self._begun
        self._tell_reader()

    def read(self) -> Image | None:
        """Read the oldest unread image; for the reader only, never waits.

        Returns
        -------
        Image or None
            None when nothing is unread. Its pixels are the reader's own copy, valid until the next read.
        """
        written = self._written
        oldest = max(self._read, self._begun - self.capacity)
        while oldest < written:
            place = oldest % self.capacity
            content = self._contents[place]
            if content is None:
                self._image[:] = self._images[place]
            time_s, captured_s = self._times_s[place].tolist()
            index = oldest + int(self._missing[place])
            coded_type, n_bytes = self._coded[place]
            overwritten = self._begun - self.capacity
            if overwritten <= oldest:
                break
            oldest, written = overwritten, self._written
        else:
            return None
        skipped_before = index - self._delivered
        self._read = oldest + 1
        self._delivered = index + 1
        self._has_space.set()
        return Image(content or self._image, index, skipped_before, time_s, captured_s, coded_type, n_bytes)
