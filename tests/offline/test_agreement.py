"""The label of a file never contradicts what is measured in it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from streamer.messages import LatticeVector, Spatial, SpatialComponent, Temporal, TemporalComponent
from streamer.offline.agreement import agreeing
from streamer.offline.decision import FileDecision
from tests.support.bands import run_here
from tests.support.paths import SHARED

VECTOR = LatticeVector(12.0, 0.01, 0.0, 0.01)
STRIPES = SpatialComponent("stripes", (VECTOR,), 0.5, 30.0, (0, 0, 640, 480), share=0.9)
PATTERNS = ("none", "stripes", "grid", "hexagonal", "rings", "woven")
MOTIONS = ("still", "pulse", "oscillation", "flicker", "rotation", "drift")
BEAT = TemporalComponent(1.2, 0.01, 10.0, 4, np.ones((2, 2), np.float32))


def decided(label: str, names: tuple[str, ...]) -> FileDecision:
    ranking = tuple((name, 0.5 if name == label else 0.3 - 0.01 * i) for i, name in enumerate(names))
    return FileDecision(label, 0.5, tuple(sorted(ranking, key=lambda pair: -pair[1])))


def spatial(*components: SpatialComponent) -> Spatial:
    return Spatial("found" if components else "none", 2.2, 200.0, components)


def temporal(*components: TemporalComponent) -> Temporal:
    return Temporal("found" if components else "none", 30.0, 0.1, 0.3, 14.0, components)


@pytest.mark.parametrize(
    ("label", "components", "expected"),
    [
        ("none", (STRIPES,), "stripes"),
        ("none", (replace(STRIPES, share=0.2),), "none"),  # a small patterned object
        ("none", (), "none"),
        ("woven", (STRIPES, replace(STRIPES, share=0.5)), "stripes"),
        ("woven", (replace(STRIPES, lattice="grid"),), "woven"),
        ("rings", (STRIPES,), "rings"),
    ],
)
def test_a_pattern(label: str, components: tuple[SpatialComponent, ...], expected: str) -> None:
    assert agreeing(decided(label, PATTERNS), "pattern", None, spatial(*components)) == expected


def test_a_label_that_the_model_does_not_know_is_not_given() -> None:
    own = decided("none", ("none", "linen"))
    assert agreeing(own, "pattern", None, spatial(STRIPES)) == "none"


@pytest.mark.parametrize(
    ("label", "components", "expected"),
    [
        ("still", (), "still"),
        ("still", (BEAT,), "pulse"),  # the best of those that move
        ("pulse", (BEAT,), "pulse"),
        ("pulse", (replace(BEAT, hz=0.25), BEAT), "pulse"),  # a chest and a cheek
        ("pulse", (replace(BEAT, hz=0.25),), "oscillation"),
        ("drift", (replace(BEAT, what="mains"),), "flicker"),
        ("drift", (replace(BEAT, what="lamp", hz=217.3),), "flicker"),
        ("drift", (BEAT,), "drift"),
    ],
)
def test_a_movement(label: str, components: tuple[TemporalComponent, ...], expected: str) -> None:
    assert agreeing(decided(label, MOTIONS), "motion", temporal(*components), None) == expected


def test_what_is_still_but_for_the_colour_of_skin_is_a_pulse() -> None:
    blood = temporal(replace(BEAT, what="pulse", seen_in=("POS", "CHROM")))
    assert agreeing(decided("still", ("still", "drift", "pulse")), "motion", blood, None) == "pulse"


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
@pytest.mark.parametrize("name", ["s3.png", "t_two_12_20.png"])
def test_stripes_that_people_show_are_labelled_as_they_are_measured(name: str) -> None:
    done = run_here("classify", SHARED / "cases" / "images" / name, "--json")
    assert json.loads(done.stdout)["label"] == "stripes"
