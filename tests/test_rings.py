import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.rings import SampleRing


def block(start: int, n_samples: int, n_channels: int = 1) -> np.ndarray:
    counter = np.arange(start, start + n_samples, dtype=np.float32)
    return np.repeat(counter[:, None], n_channels, axis=1)


def test_reads_what_was_written_in_order() -> None:
    ring = SampleRing(8, 2, 10)
    ring.write(block(0, 5, 2), time_s=1.0)
    chunk = ring.read(3)
    assert chunk is not None
    assert chunk.samples[:, 1].tolist() == [0, 1, 2]
    assert (chunk.start, chunk.lost_before) == (0, 0)
    assert chunk.time_s == 1.0 - 2 / 10  # two samples are newer


def test_empty_ring_reads_none() -> None:
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


def test_a_chunk_ends_at_a_hole_and_the_next_one_tells_its_size() -> None:
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
def test_against_a_model(capacity: int, steps: list[tuple[str, int, int]]) -> None:
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


def test_wait_for_space_waits_for_the_reader() -> None:
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


def test_wait_for_space_gives_up_when_stopped() -> None:
    ring = SampleRing(10, 1, 1)
    ring.write(block(0, 10), 0.0)
    stop = threading.Event()
    stop.set()
    assert not ring.wait_for_space(stop, 5)
