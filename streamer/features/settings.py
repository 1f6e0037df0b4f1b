"""Parameters of the front ends for images: apart from their kernels, which a stream of sound need not load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamer.errors import UserError

LARGEST_SIZE = 1024  # of an image transformed whole, each way; larger ones are made smaller


def transformable(length: int) -> int:
    """Largest length up to this one that the image FFT takes: a multiple of 4 without prime factors above 5."""
    for n in range(length - length % 4, 0, -4):
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
    return 0


@dataclass(frozen=True, slots=True)
class PatternSettings:
    """Parameters of the pattern front end."""

    size: int = 256  # the FFT is size × size (crop = "square")
    crop: Literal["square", "whole"] = "square"
    n_radii: int = 64
    n_angles: int = 36

    def __post_init__(self) -> None:
        if not 64 <= self.size <= 512 or transformable(self.size) != self.size:
            nearest = max(64, transformable(min(self.size, 512)))
            raise UserError(
                f"size={self.size} must be from 64 to 512, a multiple of 4 and without prime factors above 5; "
                f"take {nearest}"
            )
        if self.crop not in ("square", "whole"):
            raise UserError(f"crop={self.crop!r} must be 'square' or 'whole'; choose one of them")
        for name, n, most in (("n_radii", self.n_radii, 256), ("n_angles", self.n_angles, 180)):
            if not 4 <= n <= most:
                raise UserError(f"{name}={n} must be from 4 to {most}; 64 radii and 36 angles are usual")


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Parameters of the motion front end."""

    n_rows: int = 18  # grid of cells
    n_columns: int = 32
    n_images: int = 128  # of which one spectrum is made; a power of two

    def __post_init__(self) -> None:
        if self.n_images not in (32, 64, 128, 256, 512, 1024):
            raise UserError(f"n_images={self.n_images} must be a power of two from 32 to 1024")

    @property
    def n_cells(self) -> int:
        """Cells of the grid."""
        return self.n_rows * self.n_columns

    @property
    def n_bins(self) -> int:
        """Frequencies: k / duration for k = 1 … n_images / 2."""
        return self.n_images // 2

    @property
    def row_width(self) -> int:
        """Values per cell handed to a model, three for each frequency; see `streamer.features.motion_rows`."""
        return 3 * self.n_bins
