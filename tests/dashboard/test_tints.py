"""Tints of rhythms and patterns."""

import itertools

import numpy as np
import pytest
from rich.style import Style

from streamer.dashboard.tints import letter_of, number_of, tints_for


@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
def test_neighbouring_rows_have_tints_that_differ(system: str) -> None:
    tints = tints_for(system)
    for group in (tints.rhythms, tints.patterns):
        assert len({str(tint.badge) for tint in group}) == len(group)
    rgb = [np.array(tint.rgb) for tint in (*tints.rhythms[:4], *tints.patterns[:2])]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(rgb, 2)) > 60


def test_tints_and_names_go_on_after_the_last_one() -> None:
    for system in (None, "truecolor"):
        tints = tints_for(system)
        assert tints.rhythm(len(tints.rhythms)) == tints.rhythm(0)
        assert tints.pattern(25 * len(tints.patterns)) == tints.pattern(0)
        assert tints.rhythm(0, is_of_coder=True) == tints.coder
    assert [number_of(row) for row in (0, 8, 9, 40)] == ["1", "9", "+", "+"]
    assert [letter_of(row) for row in (0, 25, 26)] == ["A", "Z", "A"]


@pytest.mark.parametrize("ground", ["#0c0f16", "#fafbfc"])
def test_numbers_and_names_can_be_read_on_dark_and_on_light_grounds(ground: str) -> None:
    tints = tints_for("truecolor", ground)
    for tint in (*tints.rhythms, *tints.patterns):
        assert contrast(tint.text) > 3
        assert contrast(tint.badge) > 4.5


def contrast(style: Style) -> float:
    """Contrast ratio of text to its ground, as the Web Content Accessibility Guidelines define it."""
    assert style.color is not None
    assert style.bgcolor is not None
    lights = []
    for colour in (style.color, style.bgcolor):
        parts = np.array(colour.get_truecolor()) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ (0.2126, 0.7152, 0.0722)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)
