"""Compare movement by gradients and the optical flow of streamer with OpenCV's flow of images, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from streamer.arrays import UInt8
from streamer.bench.measure import Candidate, Table, compare
from streamer.bench.motion import REFERENCE, each
from streamer.features.gradient import POINTS, GradientSeries
from streamer.sources.images.opencv import load_opencv


def flow_comparison(seconds: float) -> Table:
    """Measure the optical flow between consecutive images; ``seconds`` is the time for the table."""
    return compare("optical flow: 480 × 640, 32 × 18 cells", "ms/image", 1e3, list(_flows()), seconds)


def _flows() -> Iterator[Candidate]:
    def scene(i: int) -> UInt8:
        y, x = np.mgrid[:480, :640]
        x = x + 2.0 * np.sin(i)
        wave = 128.0 + 40.0 * np.sin(x / 7.0) * np.cos(y / 9.0) + 40.0 * np.sin((x + 2.0 * y) / 31.0)
        return np.asarray(wave, np.uint8)

    images = [scene(i) for i in range(4)]

    def ours() -> Callable[[], object]:
        load_opencv()
        from streamer.features.flow import FlowSeries

        series = FlowSeries(REFERENCE.n_rows, REFERENCE.n_columns, 16)
        return each(images, lambda image, i: series.push(image, float(i)))

    def gradients() -> Callable[[], object]:
        series = GradientSeries(REFERENCE.n_rows, REFERENCE.n_columns, 16)
        return each(images, lambda image, i: series.push(image, float(i)))

    def theirs(make: Callable[[Any], Callable[[UInt8, UInt8], Any]]) -> Callable[[], object]:
        cv2 = load_opencv()
        flow = make(cv2)
        size = REFERENCE.n_columns, REFERENCE.n_rows
        before = [images[-1]]

        def push(image: UInt8, _: int) -> None:
            cv2.resize(flow(before[0], image), size, interpolation=cv2.INTER_AREA)
            before[0] = image

        return each(images, push)

    yield Candidate("streamer FlowSeries.push (DIS at 320)", ours, len(images))
    yield Candidate("streamer GradientSeries.push", gradients, len(images))
    yield Candidate("cv2 Farnebäck, 128 × 72 points", partial(theirs, _farneback_of_points), len(images))
    yield Candidate("cv2 DIS, fast, whole image", partial(theirs, _dis), len(images))
    yield Candidate("cv2 Farnebäck, whole image", partial(theirs, _farneback), len(images))


def _dis(cv2: Any) -> Callable[[UInt8, UInt8], Any]:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    return lambda before, after: search.calc(before, after, None)


def _farneback_of_points(cv2: Any) -> Callable[[UInt8, UInt8], Any]:
    """Return flow of images reduced as for the gradients; each image is reduced once, as the next one's ``before``."""
    flow = _farneback(cv2)
    size = POINTS * REFERENCE.n_columns, POINTS * REFERENCE.n_rows
    kept: list[Any] = []

    def call(before: UInt8, after: UInt8) -> Any:
        small = cv2.resize(after, size, interpolation=cv2.INTER_AREA)
        kept[:] = [kept[-1] if kept else small, small]
        return flow(kept[0], small)

    return call


def _farneback(cv2: Any) -> Callable[[UInt8, UInt8], Any]:
    return lambda before, after: cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 3, 15, 3, 5, 1.2, 0)
