"""Interlaced video: an image holds two, captured one after the other, each of every other row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import av
import numpy as np

from streamer.arrays import Float64

GRID = 9, 16  # rows and columns of cells whose brightness is compared
MOST_MOVING = 12  # cells that decide: in others there is only noise
SAME = 0.15  # change from field to field within an image, relative to that between images, below which it is one image


def fields_differ(frames: Sequence[Any]) -> bool:
    """Return whether the two fields of images were captured one after the other.

    Many videos are stored as interlaced though each of their images was captured at once; to split those would show
    every instant twice, which looks like a rhythm at half the rate of the fields.
    """
    means = np.array([[_cells(frame, first_row) for first_row in (0, 1)] for frame in frames])
    if len(means) < 3:
        return True
    within = means[:, 1] - means[:, 0]
    between = np.array([after[0] - before[1] for before, after in pairwise(means)])
    within_power, between_power = within.var(axis=0).ravel(), between.var(axis=0).ravel()
    moving = np.argsort(within_power + between_power)[-MOST_MOVING:]
    return bool(within_power[moving].sum() >= SAME**2 * between_power[moving].sum())


class FieldSplitter:
    """Turn each interlaced frame into two images of full height; FFmpeg's bwdif fills the rows that are missing."""

    def __init__(self) -> None:
        self._graph: Any = None

    def push(self, frame: Any | None) -> Iterator[Any]:
        """Return the images that are complete with this frame, as frames; None ends the video."""
        if self._graph is None:
            if frame is None:
                return
            self._graph = _graph_for(frame)
        self._graph.push(frame)
        while True:
            try:
                yield self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def _graph_for(frame: Any) -> Any:
    graph = av.filter.Graph()
    shape = {"width": frame.width, "height": frame.height, "format": frame.format, "time_base": frame.time_base}
    nodes = [
        graph.add_buffer(**shape),
        graph.add("bwdif", "mode=send_field:deint=all:threads=1"),
        graph.add("buffersink"),
    ]
    for before, after in pairwise(nodes):
        before.link_to(after)
    graph.configure()
    return graph


def _cells(frame: Any, first_row: int) -> Float64:
    """Return the mean brightness of cells over every other row."""
    grey = frame.to_ndarray(format="gray")[first_row::2]
    rows, columns = (min(n, m) for n, m in zip(GRID, grey.shape, strict=True))
    height, width = grey.shape[0] // rows, grey.shape[1] // columns
    cells = grey[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return np.asarray(cells.mean(axis=(1, 3)), np.float64)
