"""Rings of samples and of images against models, and between two threads."""

import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.rings import ImageRing, SampleRing


def block(start: int, n_samples: int, n_channels: int = 1) -> np.ndarray:
    counter = np.arange(start, start + n_samples, dtype=np.float32)
    return np.repeat(counter[:, None], n_channels, axis=1)


def test_samples_are_read_in_the_order_of_writing() -> None:
    ring = SampleRing(8, 2, 10)
    ring.write(block(0, 5, 2), time_s=1.0)
    chunk = ring.read(3)
    assert chunk is not None
    assert chunk.samples[:, 1].tolist() == [0, 1, 2]
    assert (chunk.start, chunk.lost_before) == (0, 0)
    assert chunk.time_s == 1.0 - 2 / 10  # two samples are newer


def test_an_empty_ring_gives_none() -> None:
    assert SampleRing(4, 1, 10).read(4) is None


def test_overwritten_samples_are_counted() -> None:
    ring = SampleRing(8, 1, 10)
    ring.write(block(0, 6), 0.0)
    ring.write(block(6, 6), 0.0)
    chunk = ring.read(100)
    assert chunk is not None
    assert (chunk.start, chunk.lost_before) == (4, 4)
    assert chunk.samples[:, 0].tolist() == [4, 5, 6, 7, 8, 9, 10, 11]


def test_block_longer_than_the_ring_keeps_the_newest() -> None:
    ring = SampleRing(4, 1, 10)
    ring.write(block(0, 11), 0.0)
    chunk = ring.read(100)
    assert chunk is not None
    assert (chunk.lost_before, chunk.samples[:, 0].tolist()) == (7, [7, 8, 9, 10])


def test_a_chunk_ends_at_a_hole_and_the_next_one_states_its_size() -> None:
    ring = SampleRing(16, 1, 10)
    ring.write(block(0, 4), 0.0)
    ring.write(block(4, 4), 0.0, lost_before=100)
    first, second = ring.read(16), None
    assert first is not None
    assert first.samples.shape[0] == 4
    second = ring.read(16)
    assert second is not None
    assert (second.start, second.lost_before) == (104, 100)


@settings(deadline=None)
@given(
    capacity=st.integers(1, 12),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 20), st.sampled_from([0, 0, 0, 3])),
            st.tuples(st.just("read"), st.integers(1, 20), st.just(0)),
        ),
        max_size=40,
    ),
)
def test_samples_against_a_model(capacity: int, steps: list[tuple[str, int, int]]) -> None:
    """The model: a list of (true position, value); every sample is read once or counted lost."""
    ring = SampleRing(capacity, 1, 1)
    pending: list[tuple[int, int]] = []  # (position with holes, value)
    value = position = delivered = 0
    for action, n_samples, hole in steps:
        if action == "write":
            ring.write(block(value, n_samples), 0.0, lost_before=hole)
            position += hole
            pending += [(position + i, value + i) for i in range(n_samples)]
            value, position = value + n_samples, position + n_samples
            pending = pending[-capacity:]
            continue
        chunk = ring.read(n_samples)
        if not pending:
            assert chunk is None
            continue
        assert chunk is not None
        n_read = chunk.samples.shape[0]
        assert 1 <= n_read <= n_samples
        expected, pending = pending[:n_read], pending[n_read:]
        assert [(chunk.start + i, v) for i, v in enumerate(chunk.samples[:, 0].tolist())] == expected
        assert chunk.lost_before == chunk.start - delivered
        delivered = chunk.start + n_read
        if n_read < n_samples and pending:
            assert pending[0][0] != delivered  # it ended early only at a hole


def test_threads_read_every_sample_once_or_count_it() -> None:
    ring = SampleRing(1000, 1, 1)
    total = 200_000

    def write() -> None:
        for start in range(0, total, 50):
            ring.write(block(start, 50), 0.0)

    writer = threading.Thread(target=write)
    writer.start()
    seen = lost = 0
    while seen + lost < total:
        ring.wait(0.1)
        chunk = ring.read(300)
        if chunk is None:
            continue
        values = chunk.samples[:, 0]
        assert values[0] == chunk.start  # the ring's own position agrees with the content
        assert np.all(np.diff(values) == 1)  # never torn
        seen += values.size
        lost += chunk.lost_before
    writer.join()
    assert seen + lost == total


def test_a_writer_that_can_wait_waits_for_the_reader() -> None:
    ring = SampleRing(10, 1, 1)
    ring.write(block(0, 10), 0.0)
    stop = threading.Event()
    done = threading.Event()

    def write() -> None:
        assert ring.wait_for_space(stop, 5)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert not done.wait(0.05)
    ring.read(5)
    assert done.wait(5.0)
    writer.join()


def test_waiting_for_space_ends_when_stopped() -> None:
    ring = SampleRing(10, 1, 1)
    ring.write(block(0, 10), 0.0)
    stop = threading.Event()
    stop.set()
    assert not ring.wait_for_space(stop, 5)


def image(value: int, height: int = 3, width: int = 4) -> UInt8:
    return np.full((height, width, 3), value % 256, np.uint8)


def test_an_image_comes_out_as_it_went_in() -> None:
    ring = ImageRing(4, 2, 3)
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    ring.write(pixels, 0.5, 100.5, coded_type="P", n_bytes=1234)
    read = ring.read()
    assert read is not None
    assert (read.coded_type, read.n_bytes) == ("P", 1234)
    assert np.array_equal(read.pixels, pixels)
    assert (read.index, read.skipped_before, read.time_s, read.captured_s) == (0, 0, 0.5, 100.5)
    assert ring.read() is None


def test_what_was_read_does_not_change_when_more_is_written() -> None:
    ring = ImageRing(2, 3, 4)
    ring.write(image(1), 0.0, 0.0)
    read = ring.read()
    for value in range(2, 9):
        ring.write(image(value), float(value), float(value))
    assert read is not None
    assert np.all(read.pixels == 1)


@settings(deadline=None)
@given(
    capacity=st.integers(2, 6),
    steps=st.lists(st.one_of(st.sampled_from([("write", 0), ("write", 0), ("write", 3), ("read", 0)])), max_size=60),
)
def test_images_against_a_model(capacity: int, steps: list[tuple[str, int]]) -> None:
    """The model: a list of (index, value); every image is read once or counted as skipped."""
    ring = ImageRing(capacity, 3, 4)
    pending: list[tuple[int, int]] = []
    n_written = index = delivered = n_unread = 0
    for action, missing in steps:
        if action == "write":
            ring.write(image(n_written), float(n_written), 100.0 + n_written, missing)
            index += missing
            pending = [*pending, (index, n_written)][-capacity:]
            n_written, index, n_unread = n_written + 1, index + 1, n_unread + 1
        else:
            read = ring.read()
            if not pending:
                assert read is None
                continue
            assert read is not None
            (expected_index, value), pending = pending[0], pending[1:]
            assert np.all(read.pixels == value % 256)
            assert (read.index, read.skipped_before) == (expected_index, expected_index - delivered)
            assert (read.time_s, read.captured_s) == (float(value), 100.0 + value)
            delivered, n_unread = expected_index + 1, len(pending)
        assert (ring.written, ring.unread) == (n_written, n_unread)


def test_two_threads_tear_no_image_and_count_each() -> None:
    """Large images in a small ring, written without pause: the reader is overtaken all the time."""
    height, width = 480, 640
    ring = ImageRing(2, height, width)
    total = 2000
    pixels = [image(value, height, width) for value in range(16)]

    def write() -> None:
        for number in range(total):
            ring.write(pixels[number % 16], float(number), 100.0 + number, skipped_before=number % 7 == 3)

    writer = threading.Thread(target=write)
    writer.start()
    n_read = n_skipped = 0
    n_missing = sum(number % 7 == 3 for number in range(total))
    last = -1
    while last < total - 1:
        ring.wait(0.1)
        read = ring.read()
        if read is None:
            continue
        number = round(read.time_s)
        assert read.pixels.min() == read.pixels.max() == number % 16  # of one image, and of that one
        assert read.captured_s == 100.0 + number
        assert number > last
        assert read.index == number + sum(n % 7 == 3 for n in range(number + 1))
        n_read, n_skipped, last = n_read + 1, n_skipped + read.skipped_before, number
    writer.join()
    assert n_read + n_skipped == total + n_missing


def test_a_writer_of_images_that_can_wait_loses_none() -> None:
    ring = ImageRing(3, 3, 4)
    stop = threading.Event()

    def write() -> None:
        for number in range(500):
            assert ring.wait_for_space(stop)
            ring.write(image(number), float(number), float(number))

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(500):
        assert ring.wait(10.0)
        read = ring.read()
        assert read is not None
        assert (read.index, read.skipped_before, round(read.time_s)) == (number, 0, number)
        assert np.all(read.pixels == number % 256)
    writer.join()


def test_waiting_for_images_ends_when_stopped_or_when_none_comes() -> None:
    ring = ImageRing(2, 3, 4)
    assert not ring.wait(0.01)
    ring.write(image(0), 0.0, 0.0)
    ring.write(image(1), 1.0, 1.0)
    stop = threading.Event()
    stop.set()
    assert not ring.wait_for_space(stop)
    assert ring.wait(0.0)


def test_a_writer_waits_for_space_that_a_reader_makes_and_no_longer() -> None:
    ring = SampleRing(4, 1, 10)
    ring.write(block(0, 4), 0.0)
    fits = threading.Event()

    def write() -> None:
        if ring.wait_for_space(threading.Event(), 2):
            fits.set()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    ring.read(1)
    assert not fits.wait(0.05)  # one sample of space is not two
    ring.read(1)
    assert fits.wait(10.0)


def test_a_waiting_writer_ends_when_the_stream_stops() -> None:
    ring, stop = SampleRing(4, 1, 10), threading.Event()
    ring.write(block(0, 4), 0.0)
    results: list[bool] = []
    writer = threading.Thread(target=lambda: results.append(ring.wait_for_space(stop)), daemon=True)
    writer.start()
    stop.set()
    writer.join(10.0)
    assert results == [False]


def test_a_reader_waits_for_data_and_says_whether_it_came() -> None:
    ring = SampleRing(4, 1, 10)
    assert ring.wait(0.0) is False
    assert ring.wait(0.01, 2) is False
    timer = threading.Timer(0.05, ring.write, (block(0, 2), 0.0))
    timer.start()
    assert ring.wait(10.0, 2) is True
    timer.join()
    assert ring.wait(0.0, 2) is True


def test_samples_and_images_keep_their_type() -> None:
    ring, images = SampleRing(4, 1, 10), ImageRing(2, 2, 3)
    assert ring.read(1) is None
    ring.write(np.ones((1, 1), np.float32), 0.0)
    images.write(np.ones((2, 3, 3), np.uint8), 0.0, 0.0)
    chunk, image = ring.read(1), images.read()
    assert chunk is not None
    assert chunk.samples.dtype == np.float32
    assert image is not None
    assert image.pixels.dtype == np.uint8
    assert isinstance(image.index, int)


def test_a_chunk_that_is_overwritten_while_it_is_copied_is_read_again_and_counted() -> None:
    class Racing(SampleRing):
        """A ring whose writer laps the reader during the first copy."""

        raced = False

        @property
        def _chunk(self) -> np.ndarray:  # asked for when the copy begins
            if not self.raced and self.written:
                self.raced = True
                self.write(block(4, 4), 2.0)
            return self._copy

        @_chunk.setter
        def _chunk(self, value: np.ndarray) -> None:
            self._copy = value

    ring = Racing(4, 1, 10)
    ring.write(block(0, 4), 1.0)
    chunk = ring.read(4)
    assert chunk is not None
    assert (chunk.start, chunk.lost_before, chunk.samples[:, 0].tolist(), chunk.time_s) == (4, 4, [4, 5, 6, 7], 2.0)


class Decoded:
    """Pixels that say how often they were asked for."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.n_asked = 0

    @property
    def pixels(self) -> UInt8:
        self.n_asked += 1
        return np.full((2, 3, 3), self.level, np.uint8)

    @property
    def grey(self) -> UInt8:
        return np.full((2, 3), self.level, np.uint8)

    def small(self, width: int, height: int) -> UInt8:
        return self.pixels


def test_images_that_are_decoded_on_demand_pass_through_undecoded_among_others() -> None:
    ring = ImageRing(2, 2, 3)
    contents = [Decoded(k) for k in range(8)]
    for k, content in enumerate(contents):
        ring.write(content if k % 3 else np.full((2, 3, 3), k, np.uint8), k / 10, 0.0)
        image = ring.read()
        assert image is not None
        assert (image.index, int(image.grey[0, 0])) == (k, k)
        assert contents[k].n_asked == 0
        assert int(image.pixels[0, 0, 0]) == k
    for k in range(8, 13):  # the oldest are overwritten
        ring.write(Decoded(k), k / 10, 0.0)
    image = ring.read()
    assert image is not None
    assert (image.index, image.skipped_before, int(image.pixels[0, 0, 0])) == (11, 3, 11)


def test_a_ring_keeps_no_image_for_long_that_was_read() -> None:
    ring = ImageRing(16, 2, 3)
    read: list[weakref.ref[Decoded]] = []
    for k in range(10):
        content = Decoded(k)
        read.append(weakref.ref(content))
        ring.write(content, k / 10, 0.0)
        del content
        ring.read()
    assert [k for k, each in enumerate(read) if each() is not None] == [9]


def test_the_reader_is_woken_once_when_what_it_waits_for_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = SampleRing(100, 1, 10)
    woken_at: list[int] = []
    results: list[bool] = []
    ready = threading.Event()
    set_event, clear_event = ring._has_data.set, ring._has_data.clear

    def set_and_count() -> None:
        woken_at.append(ring.written)
        set_event()

    def clear_and_tell() -> None:
        clear_event()
        ready.set()

    monkeypatch.setattr(ring._has_data, "set", set_and_count)
    monkeypatch.setattr(ring._has_data, "clear", clear_and_tell)
    reader = threading.Thread(target=lambda: results.append(ring.wait(20.0, 30)))
    reader.start()
    assert ready.wait(20.0)
    for start in range(0, 32, 4):
        ring.write(block(start, 4), 0.0)
    reader.join(20.0)
    assert results == [True]
    assert woken_at == [32]  # not at each of the eight writes
