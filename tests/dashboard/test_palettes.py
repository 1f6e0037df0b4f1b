"""Palettes: legible on their ground, told apart by every colour vision, and by value alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from rich.color import Color
from rich.style import Style

from streamer.config import PaletteName
from streamer.dashboard.colour import colour_map, label_tints, luminance, styles
from streamer.dashboard.palettes import PALETTES, next_palette
from streamer.dashboard.theme import theme_for
from streamer.dashboard.view import View
from tests.support.screens import screen_lines
from tests.support.snapshots import snapshot

# Matrices of Machado, Oliveira and Fernandes (2009) for linear red, green and blue at full severity.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def linear(colour: Color) -> np.ndarray:
    parts = np.array(colour.get_truecolor(), float) / 255
    return np.asarray(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4))


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    dark, light = sorted([luminance(style.color), luminance(style.bgcolor)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("system", ["truecolor", "256"])
@pytest.mark.parametrize("name", PALETTES)
def test_text_can_be_read_on_its_ground(name: PaletteName, system: str) -> None:
    chosen = styles(system, name)
    for field in fields(chosen):
        if field.name not in ("faint", "bar", "bar_near", "bar_off", "track", "bar_active"):
            assert contrast(getattr(chosen, field.name)) > 3.0, field.name
    for bar, text in label_tints(system, name):
        assert contrast(bar) > 3.0
        assert contrast(text) > 2.0


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("name", PALETTES)
def test_louder_is_told_from_quieter_without_red_or_green(name: PaletteName, deficiency: str) -> None:
    seen = np.array([linear(c) for c in colour_map(24, palette=name)]) @ np.array(DEFICIENCIES[deficiency]).T
    light = np.clip(seen, 0, 1) @ [0.2126, 0.7152, 0.0722]
    rises = np.diff(light) * np.sign(light[-1] - light[0])
    assert (rises > -1e-4).all()


def test_cividis_looks_nearly_the_same_to_all() -> None:
    def shift(name: PaletteName) -> float:
        rgb = np.array([linear(c) for c in colour_map(32, palette=name)])
        return float(np.abs(rgb @ np.array(DEFICIENCIES["deutan"]).T - rgb).mean())

    assert shift("cividis") < 0.5 * shift("dark")


def test_colours_depend_on_the_value_and_not_on_the_row() -> None:
    for name in PALETTES:
        heat = theme_for("truecolor", palette=name).heat
        lines = heat.lines(np.full((8, 3), 17, np.int16))
        assert len({(cell.text, cell.style) for line in lines for cell in line}) == 1


def test_the_key_goes_through_all_and_back() -> None:
    name, seen = PALETTES[0], []
    for _ in PALETTES:
        seen.append(name)
        name = next_palette(name)
    assert (name, tuple(seen)) == (PALETTES[0], PALETTES)


@pytest.mark.parametrize("system", [None, "standard", "256", "truecolor"])
@pytest.mark.parametrize("name", PALETTES)
def test_text_is_the_same_in_every_palette(name: PaletteName, system: str | None) -> None:
    lines = screen_lines([snapshot()], 80, 24, theme_for(system, palette=name), View(palette=name))
    plain = screen_lines([snapshot()], 80, 24, theme_for(system))
    assert lines[10:] == plain[10:]
    assert [len(line) for line in lines] == [len(line) for line in plain]
