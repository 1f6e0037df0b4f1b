"""Settings of the image front ends, apart from their code, which a stream of sound need not load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from streamer.errors import SettingError

MAX_SIDE = 1024  # pixels of an image that is transformed whole, each way; larger images are reduced


def largest_fft_length(length: int) -> int:
    """Return the largest length up to this one for the image FFT: a multiple of 4 without prime factors above 5."""
    for n in range(length - length % 4, 0, -4):
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSettings:
    """Settings of the pattern front end, checked on creation.

    Attributes
    ----------
    size : int
        Samples of the FFT each way where ``crop`` is "square": 64 … 512, a multiple of 4 without prime factors
        above 5.
    crop : {"square", "whole"}
        Transform the largest square about the centre, resized to ``size``, or the whole image.
    n_radii, n_angles : int
        Cells of the polar grid: 4 … 256 and 4 … 180.

    Raises
    ------
    SettingError
        A value is outside its range.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["pattern"] = "pattern"
    size: int = 256
    crop: Literal["square", "whole"] = "square"
    n_radii: int = 64
    n_angles: int = 36

    def __post_init__(self) -> None:
        if not 64 <= self.size <= 512 or largest_fft_length(self.size) != self.size:
            nearest = max(64, largest_fft_length(min(self.size, 512)))
            raise SettingError(
                f"size={self.size} must be from 64 to 512, a multiple of 4 and without prime factors above 5; "
                f"take {nearest}"
            )
        if self.crop not in ("square", "whole"):
            raise SettingError(f"crop={self.crop!r} must be 'square' or 'whole'; choose one of them")
        for name, n, most in (("n_radii", self.n_radii, 256), ("n_angles", self.n_angles, 180)):
            if not 4 <= n <= most:
                raise SettingError(f"{name}={n} must be from 4 to {most}; 64 radii and 36 angles are usual")

    @property
    def n_images(self) -> int:
        """Images of one window."""
        return 1

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window, whose ``n_frames`` is 1."""
        return self.n_radii, self.n_angles

    def summary(self) -> str:
        """Return what a model takes, for people."""
        area = f"centre square as {self.size} × {self.size}" if self.crop == "square" else "whole image"
        return f"spectrum of the {area}, {self.n_radii} radii × {self.n_angles} angles"


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """Settings of the motion front end, checked on creation.

    Attributes
    ----------
    n_rows, n_columns : int
        Grid of cells, 1 … 128 each way.
    n_images : int
        Images of which one spectrum in time is computed: a power of two, 32 … 1024.
    series : {"grey", "flow", "gradient"}
        What is followed in every cell: its mean grey level, the mean optical flow, or both the mean grey level and the
        movement that follows from its gradients.

    Raises
    ------
    SettingError
        A value is outside its range.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["motion"] = "motion"
    n_rows: int = 18
    n_columns: int = 32
    n_images: int = 128
    series: Literal["grey", "flow", "gradient"] = "grey"

    def __post_init__(self) -> None:
        for name, n in (("n_rows", self.n_rows), ("n_columns", self.n_columns)):
            if not 1 <= n <= 128:
                raise SettingError(f"{name}={n} must be from 1 to 128; 18 rows and 32 columns are usual")
        if self.n_images not in (32, 64, 128, 256, 512, 1024):
            raise SettingError(f"n_images={self.n_images} must be a power of two from 32 to 1024; 128 is usual")

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.n_rows * self.n_columns

    @property
    def n_series(self) -> int:
        """Number of series: of grey one for each cell, of flow two (to the right, downwards), of gradient all three."""
        return self.n_cells * {"grey": 1, "flow": 2, "gradient": 3}[self.series]

    @property
    def n_bins(self) -> int:
        """Number of frequencies: k / duration for k = 1 … n_images / 2."""
        return self.n_images // 2

    @property
    def row_width(self) -> int:
        """Values of a row handed to a model, three or seven for each frequency; see `streamer.features.motion_rows`."""
        return self.n_channels * self.n_bins

    @property
    def n_channels(self) -> int:
        """Values per row and frequency."""
        return 7 if self.series == "gradient" else 3

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window, whose ``n_frames`` is ``n_images``."""
        return self.n_cells if self.series == "gradient" else self.n_series, self.row_width

    def summary(self) -> str:
        """Return what a model takes, for people."""
        series = "grey and movement" if self.series == "gradient" else self.series
        return f"spectra of {series} on {self.n_columns} × {self.n_rows} cells over {self.n_images} images"
