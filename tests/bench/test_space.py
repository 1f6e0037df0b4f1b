"""The benchmark of scenes: what is right passes, what is wrong is called gross, and a field is not one number."""

import dataclasses

import pytest

from streamer.bench.scenes import SCENES, Truth, Wave, steady
from streamer.bench.space import is_grossly_wrong, measure_scene, render
from streamer.messages import LatticeVector, Spatial, SpatialComponent


def stated(period_px: float, angle_deg: float, sigma: float = 0.01, kind: str = "stripes") -> Spatial:
    vector = LatticeVector(period_px, sigma, angle_deg, sigma)
    n = 1 if kind == "stripes" else 2
    component = SpatialComponent(kind, (vector,) * n, 0.5, 30.0, (0, 0, 9, 9))  # type: ignore[arg-type]
    return Spatial("found", 2.2, 100.0, (component,))


def test_a_wrong_period_angle_or_lattice_is_gross() -> None:
    truths = (steady(12.0, 30.0),)
    assert not is_grossly_wrong(stated(12.1, 30.5), truths)
    assert is_grossly_wrong(stated(24.0, 30.0), truths)
    assert is_grossly_wrong(stated(12.0, 50.0), truths)
    assert is_grossly_wrong(stated(12.0, 30.0, kind="grid"), truths)
    assert is_grossly_wrong(stated(12.0, 30.0), ())


def test_a_period_anywhere_in_a_field_is_right_and_a_wide_sigma_excuses_little() -> None:
    field = (Truth(("stripes",), (Wave(10.0, 14.0, 0.0, 5.0),)),)
    assert not is_grossly_wrong(stated(13.5, 4.0), field)
    assert is_grossly_wrong(stated(20.0, 0.0, sigma=10.0), field)


@pytest.mark.parametrize("name", SCENES)
def test_scenes_are_measured_without_a_gross_error(name: str) -> None:
    row = measure_scene(name, iter(range(2)))
    assert (row.n_trials, row.n_gross) == (2, 0)


def test_verdicts_can_be_bad() -> None:
    row = measure_scene("fine stripes", iter(range(2)))
    assert row.met
    assert not dataclasses.replace(row, n_gross=1).met
    assert not dataclasses.replace(row, coverage=0.5).met
    (rendered,) = render([row])
    assert rendered.row_count == 1
