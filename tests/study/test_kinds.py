"""Clips of the study are balanced, separate, and the same for the same seed."""

from pathlib import Path

import numpy as np
import pytest

from streamer.study.kinds import FULL, KINDS, QUICK, DataKind, Sizes, open_source
from streamer.study.videos import MOTIONS, SHAPES

TINY = Sizes(per_label=(2,), pool=8, test=4, draws=1)


@pytest.fixture(autouse=True)
def _no_shared_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")  # its digits
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))


def test_there_are_four_kinds_of_data() -> None:
    assert [kind.key for kind in KINDS] == ["digits", "textures", "motion", "appearance"]
    assert [kind.is_still for kind in KINDS] == [True, True, False, False]


@pytest.mark.parametrize("sizes", [FULL, QUICK])
def test_a_curve_needs_no_more_than_the_pool(sizes: Sizes) -> None:
    assert max(sizes.per_label) < sizes.pool  # or every choice of examples would be the same


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_labels_are_balanced_in_training_and_test(kind: DataKind) -> None:
    source = open_source(kind.source, TINY, 0)
    labels = source.labels[kind.key]
    n_labels = len(kind.labels)
    assert np.array_equal(np.bincount(labels[: source.n_train]), [8] * n_labels)
    assert np.array_equal(np.bincount(labels[source.n_train :]), [4] * n_labels)


@pytest.mark.parametrize("pool", [8, 24])
def test_each_motion_comes_with_each_shape_equally_often(pool: int) -> None:
    source = open_source("videos", Sizes((2,), pool, 8, 1), 0)
    pairs = np.zeros((len(MOTIONS), len(SHAPES)), int)
    np.add.at(pairs, (source.labels["motion"][: source.n_train], source.labels["appearance"][: source.n_train]), 1)
    assert (pairs == pool // 8).all()


@pytest.mark.parametrize("name", ["digits", "textures", "videos"])
def test_a_clip_depends_on_the_seed_and_its_place_only(name: str) -> None:
    source = open_source(name, TINY, 3)
    together = list(source.clips(0, 4))
    assert np.array_equal(next(source.clips(2, 3)), together[2])
    assert np.array_equal(next(open_source(name, TINY, 3).clips(2, 3)), together[2])
    others = open_source(name, TINY, 4).clips(0, 4)
    assert not all(np.array_equal(one, other) for one, other in zip(together, others, strict=True))


def test_no_digit_is_in_training_and_test_and_the_test_does_not_depend_on_the_seed() -> None:
    first, second = (open_source("digits", TINY, seed) for seed in (0, 1))
    assert first.pictures is not None
    assert second.pictures is not None
    train = {picture.tobytes() for picture in first.pictures[: first.n_train]}
    test = {picture.tobytes() for picture in first.pictures[first.n_train :]}
    assert not train & test
    assert np.array_equal(first.pictures[first.n_train :], second.pictures[second.n_train :])
    assert not np.array_equal(first.pictures[: first.n_train], second.pictures[: second.n_train])
