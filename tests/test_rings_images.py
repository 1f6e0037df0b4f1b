"""The ring of images against a model, and between two threads."""

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.rings import ImageRing


def image(value: int, height: int = 3, width: int = 4) -> UInt8:
    return np.full((height, width, 3), value % 256, np.uint8)


def test_an_image_comes_out_as_it_went_in() -> None:
    ring = ImageRing(4, 2, 3)
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    ring.write(pixels, 0.5, 100.5)
    read = ring.read()
    assert read is not None
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
def test_against_a_model(capacity: int, steps: list[tuple[str, int]]) -> None:
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


def test_a_writer_whose_world_can_wait_loses_nothing() -> None:
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


def test_waiting_ends_when_stopped_or_when_nothing_comes() -> None:
    ring = ImageRing(2, 3, 4)
    assert not ring.wait(0.01)
    ring.write(image(0), 0.0, 0.0)
    ring.write(image(1), 1.0, 1.0)
    stop = threading.Event()
    stop.set()
    assert not ring.wait_for_space(stop)
    assert ring.wait(0.0)
