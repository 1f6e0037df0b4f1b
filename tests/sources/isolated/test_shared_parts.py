"""Rings in shared memory: everything comes through once, in order, and what is lost is counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.errors import SourceUnavailable
from streamer.sources.isolated.shared_parts import ImageLayout, SampleLayout, SharedImages, SharedSamples, new_memory

RATE = 1000


@pytest.fixture
def memory() -> Iterator[Any]:
    paths = []

    def make(layout: SampleLayout | ImageLayout) -> Path:
        paths.append(new_memory(layout.n_bytes))
        return paths[-1]

    yield make
    for path in paths:
        path.unlink()


def numbered(first: int, n: int) -> Any:
    return np.arange(first, first + n, dtype=np.float32)[:, None] * np.ones((1, 2), np.float32)


@given(
    steps=st.lists(
        st.one_of(st.tuples(st.integers(1, 70), st.sampled_from([0, 0, 3])), st.just(None)), min_size=1, max_size=40
    )
)
def test_every_sample_is_read_once_or_counted_as_lost(steps: list[tuple[int, int] | None]) -> None:
    """A step writes a block of some length after some loss, or (None) reads all."""
    layout = SampleLayout(50, 2)
    path = new_memory(layout.n_bytes)
    try:
        writer, reader = SharedSamples(path, layout), SharedSamples(path, layout)
    finally:
        path.unlink()
    true_position = 0  # with what the source lost
    expected_next = 0
    for step in [*steps, None]:
        if step is not None:
            n, lost = step
            true_position += lost
            writer.write(numbered(true_position, n), true_position / RATE, lost)
            true_position += n
            continue
        while (part := reader.read(RATE)) is not None:
            samples, _, lost_before = part
            expected_next += lost_before
            np.testing.assert_array_equal(samples, numbered(expected_next, len(samples)))
            expected_next += len(samples)
    assert expected_next == true_position or steps[-1] is None


def test_a_part_carries_the_time_of_its_last_sample(memory: Any) -> None:
    layout = SampleLayout(100, 2)
    path = memory(layout)
    writer, reader = SharedSamples(path, layout), SharedSamples(path, layout)
    writer.write(numbered(0, 10), 5.0)
    writer.write(numbered(14, 10), 5.014, lost_before=4)
    first, second = reader.read(RATE), reader.read(RATE)
    assert first is not None
    assert second is not None
    assert (len(first[0]), len(second[0]), first[2], second[2]) == (10, 10, 0, 4)
    assert (first[1], second[1]) == pytest.approx((5.004, 5.014))
    assert reader.read(RATE) is None


def test_images_are_read_once_or_counted_as_skipped(memory: Any) -> None:
    layout = ImageLayout(4, 3, 5)
    path = memory(layout)
    writer, reader = SharedImages(path, layout), SharedImages(path, layout)
    assert reader.read() is None
    for n in range(10):
        skipped_before = 2 if n in (3, 8) else 0
        writer.write(
            np.full((3, 5, 3), n, np.uint8), float(n), 100.0 + n, skipped_before, "IPB"[n % 3] if n < 9 else "", n
        )
    found = []
    while (image := reader.read()) is not None:
        pixels, time_s, captured_s, skipped, *coded = image
        assert (pixels == pixels[0, 0, 0]).all()
        assert coded == ["IPB"[int(time_s) % 3] if time_s < 9 else "", time_s]
        found.append((int(pixels[0, 0, 0]), time_s, captured_s, skipped))
    assert found == [(6, 6.0, 106.0, 6 + 2), (7, 7.0, 107.0, 0), (8, 8.0, 108.0, 2), (9, 9.0, 109.0, 0)]


def test_a_reader_beside_a_fast_writer_never_gets_mixed_samples(memory: Any) -> None:
    layout = SampleLayout(64, 2)
    path = memory(layout)
    writer, reader = SharedSamples(path, layout), SharedSamples(path, layout)
    n_blocks = 3000
    done = threading.Event()

    def write() -> None:
        for n in range(n_blocks):
            writer.write(numbered(16 * n, 16), 0.0)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    position = 0
    while not done.is_set() or position < 16 * n_blocks:
        part = reader.read(RATE)
        if part is not None:
            position += part[2]
            np.testing.assert_array_equal(part[0], numbered(position, len(part[0])))
            position += len(part[0])
    thread.join()
    assert position == 16 * n_blocks


def test_without_room_there_is_no_memory_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="must have 1000000000000 MB of shared memory"):
        new_memory(10**18, ("/no such folder", str(tmp_path)))
    assert not list(tmp_path.iterdir())
    assert new_memory(4096, ("/no such folder", str(tmp_path))).parent == tmp_path


@pytest.mark.parametrize("layout", [SampleLayout(1001, 3), ImageLayout(3, 5, 7)])
def test_the_memory_is_as_large_as_the_layout_says(layout: Any, memory: Any) -> None:
    path = memory(layout)
    assert path.stat().st_size == layout.n_bytes
    assert path.stat().st_mode & 0o077 == 0
    (SharedSamples if isinstance(layout, SampleLayout) else SharedImages)(path, layout)
