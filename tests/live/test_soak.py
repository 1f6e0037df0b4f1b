"""A stretch of the soak: a quarter of an hour of both media with faults, faster than real time."""

from pathlib import Path

import pytest

from tests.soak import soak


@pytest.mark.parametrize("seed", [0, 3])
def test_every_sample_and_image_is_processed_or_counted_as_lost(tmp_path: Path, seed: int) -> None:
    outcome = soak(0.12, seed, tmp_path)
    assert outcome.failures == ()
    assert sum(outcome.faults.values()) > 2
    assert outcome.n_samples_lost + outcome.n_images_skipped > 0
    assert outcome.is_balanced, outcome
    assert outcome.n_unwritten == 0
    assert not list(tmp_path.rglob("*.part"))
