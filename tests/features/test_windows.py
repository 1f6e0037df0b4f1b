"""Windows are those of the whole stream, whatever the chunks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamer.features.windows import Windows


@given(
    n_frames=st.integers(1, 9),
    stride=st.integers(1, 12),
    sizes=st.lists(st.integers(0, 30), max_size=12),
)
def test_any_chunking_gives_the_windows_of_the_whole(n_frames: int, stride: int, sizes: list[int]) -> None:
    total = sum(sizes)
    frames = np.arange(2 * total, dtype=np.float32).reshape(total, 2)
    windows = Windows(n_frames, stride, 2)
    got = []
    position = 0
    for size in sizes:
        for end, window in windows.push(frames[position : position + size]):
            got.append((end, window.copy()))
        position += size
    starts = range(0, total - n_frames + 1, stride)
    assert [end for end, _ in got] == [start + n_frames for start in starts]
    for (end, window), start in zip(got, starts, strict=True):
        assert np.array_equal(window, frames[start:end])


def test_reset_never_mixes_before_and_after() -> None:
    windows = Windows(4, 2, 1)
    assert not list(windows.push(np.full((3, 1), 7, np.float32)))
    windows.reset()
    ((end, window),) = windows.push(np.zeros((4, 1), np.float32))
    assert end == 4
    assert not window.any()


@given(n_frames=st.integers(1, 9), stride=st.integers(1, 12), sizes=st.lists(st.integers(0, 30), max_size=12))
def test_where_the_next_window_ends(n_frames: int, stride: int, sizes: list[int]) -> None:
    windows = Windows(n_frames, stride, 1)
    for size in sizes:
        expected = windows.next_end
        ends = [end for end, _ in windows.push(np.zeros((size, 1), np.float32))]
        assert ends[:1] in ([], [expected])
    before = windows.next_end
    (end, _), *_ = windows.push(np.zeros((n_frames + stride, 1), np.float32))
    assert end == before
