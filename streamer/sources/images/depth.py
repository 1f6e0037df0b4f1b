"""Pictures of more than 8 bits → 8 bits, by the values that they hold; the same for all pictures of a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8

DEPTHS = (8, 10, 12, 14, 16)  # bits that sensors give
GREY_LEVELS = 255.0
BLOCK_ROWS = 64


@dataclass(frozen=True, slots=True)
class Levels:
    """Which values are black and white."""

    black: float
    white: float
    note: str = ""  # how they were chosen; "" where the values themselves say it


def levels_of(pictures: Iterable[NDArray[Any]]) -> Levels | None:
    """Return the levels of pictures that belong together; None where all have 8 bits.

    Whole numbers are taken to be of a sensor of 8, 10, 12, 14 or 16 bits, the fewest that hold all of them: many
    cameras store 8 or 12 bits in 16. Of floating-point numbers and of negative ones the least is black, the greatest
    white, unless they lie between 0 and 1.
    """
    low, high, kinds, n_bits = np.inf, -np.inf, set[str](), 0
    for picture in pictures:
        if picture.dtype == np.uint8:
            continue
        kinds.add(picture.dtype.kind)
        n_bits = max(n_bits, 8 * picture.dtype.itemsize)
        for block in _blocks(picture):
            finite = block[np.isfinite(block)] if picture.dtype.kind == "f" else block
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if not kinds:
        return None
    if high < low:
        return Levels(0.0, 1.0, "no number in it is finite")
    if kinds == {"f"} and low >= 0.0 and high <= 1.0:
        return Levels(0.0, 1.0)
    if "f" not in kinds and low >= 0.0 and high < 1 << DEPTHS[-1]:
        depth = next(depth for depth in DEPTHS if high < 1 << depth)
        note = f"{n_bits} bits of which {depth} are used: scaled by these" if depth < n_bits else ""
        return Levels(0.0, float((1 << depth) - 1), note)
    kind = f"{n_bits}-bit {'floating-point' if 'f' in kinds else 'whole'} numbers"
    return Levels(low, high, f"{kind} from {low:.6g} to {high:.6g}: scaled to black and white")


def eight_bits(picture: NDArray[Any], levels: Levels | None) -> UInt8:
    """Return a picture in blue, green and red of 8 bits; grey is repeated, transparency left out."""
    if picture.dtype != np.uint8:
        levels = levels or levels_of([picture]) or Levels(0.0, GREY_LEVELS)
        scale = GREY_LEVELS / (levels.white - levels.black) if levels.white > levels.black else 0.0
        shallow: UInt8 = np.empty(picture.shape, np.uint8)
        for block, target in zip(_blocks(picture), _blocks(shallow), strict=True):
            scaled = (block.astype(np.float64) - levels.black) * scale
            np.nan_to_num(scaled, copy=False, nan=0.0, posinf=GREY_LEVELS, neginf=0.0)
            target[:] = np.rint(np.clip(scaled, 0.0, GREY_LEVELS))
        picture = shallow
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    elif picture.shape[2] < 3:
        picture = np.repeat(picture[:, :, :1], 3, axis=2)
    return np.ascontiguousarray(picture[:, :, :3])


def _blocks(picture: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Return a picture in blocks of rows, so that little memory is needed beside it."""
    for first in range(0, picture.shape[0], BLOCK_ROWS):
        yield picture[first : first + BLOCK_ROWS]
