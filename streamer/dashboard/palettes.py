"""Palettes: the colours of a screen by name, for dark and light terminals and for every colour vision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from streamer.config import PaletteName

PALETTES: tuple[PaletteName, ...] = get_args(PaletteName)


def next_palette(name: PaletteName) -> PaletteName:
    """Return the palette after one, in the order in which a key goes through them."""
    return PALETTES[(PALETTES.index(name) + 1) % len(PALETTES)]


@dataclass(frozen=True)
class Paint:
    """Names of the colours of a terminal with 256 colours or more, as rich understands them."""

    ground: str
    track: str
    key_ground: str
    text: str
    dim: str
    faint: str
    title: str
    good: str
    info: str
    warn: str
    bad: str
    bar: str
    near: str
    active: str
    off: str


GROUND = "#0c0f16"  # background of a screen in true colour
DARK = Paint(
    ground=GROUND, track="#171c27", key_ground="#232b38",
    text="#c7d0dd", dim="#7d8899", faint="#2f3846", title="#eef3f8",
    good="#6fd08c", info="#6cb6ff", warn="#f2c14e", bad="#ff6b6b",
    bar="#3f6591", near="#79b0e0", active="#ffb45e", off="#39404d",
)  # fmt: skip
DARK_256 = Paint(
    ground="color(233)", track="color(235)", key_ground="color(237)",
    text="color(252)", dim="color(245)", faint="color(238)", title="color(231)",
    good="color(114)", info="color(75)", warn="color(221)", bad="color(203)",
    bar="color(67)", near="color(117)", active="color(215)", off="color(240)",
)  # fmt: skip
LIGHT = Paint(
    ground="#fafbfc", track="#e4e8ee", key_ground="#d3dae3",
    text="#2b323d", dim="#667081", faint="#c2c9d3", title="#0b0e13",
    good="#1a7f37", info="#0b5cd5", warn="#8a5d00", bad="#c81e2b",
    bar="#9cb9dd", near="#3f7fcb", active="#c85a00", off="#c9cfd8",
)  # fmt: skip
LIGHT_256 = Paint(
    ground="color(231)", track="color(254)", key_ground="color(252)",
    text="color(236)", dim="color(243)", faint="color(251)", title="color(232)",
    good="color(28)", info="color(26)", warn="color(94)", bad="color(160)",
    bar="color(110)", near="color(68)", active="color(166)", off="color(250)",
)  # fmt: skip

# From silence to loud; on a dark ground the luminance only rises, on a light one it only falls.
CONTROLS: dict[PaletteName, tuple[tuple[float, int], ...]] = {
    # Night sky → indigo → purple → rose → orange → pale yellow.
    "dark": (
        (0.00, 0x0C0F16), (0.14, 0x17163C), (0.30, 0x41196B), (0.46, 0x82267F),
        (0.62, 0xC83E70), (0.76, 0xF2705A), (0.89, 0xFDB468), (1.00, 0xFFF6C6),
    ),
    # Paper → pale blue → violet → near black.
    "light": (
        (0.00, 0xFAFBFC), (0.14, 0xDDE5F3), (0.30, 0xB9C3E8), (0.46, 0x9A93D2),
        (0.62, 0x8A58B0), (0.76, 0x7A2583), (0.89, 0x4E1160), (1.00, 0x1D0833),
    ),
    # Viridis (van der Walt and Smith 2015), from the ground on: for most kinds of colour vision, and in grey.
    "viridis": (
        (0.00, 0x0C0F16), (0.10, 0x440154), (0.25, 0x433982), (0.40, 0x31678E), (0.55, 0x22908D),
        (0.70, 0x34B57A), (0.86, 0x8FD744), (1.00, 0xFDE725),
    ),
    # Cividis (Nuñez, Anderton and Renslow 2018): nearly the same with and without red-green vision.
    "cividis": (
        (0.00, 0x0C0F16), (0.10, 0x00244F), (0.25, 0x233E6C), (0.40, 0x4F576C), (0.55, 0x767476),
        (0.70, 0x9E9473), (0.86, 0xCEBB61), (1.00, 0xFEE838),
    ),
}  # fmt: skip


def paint(name: PaletteName, *, of_256: bool) -> Paint:
    """Return the colours of text, bars and frames."""
    if name == "light":
        return LIGHT_256 if of_256 else LIGHT
    return DARK_256 if of_256 else DARK
