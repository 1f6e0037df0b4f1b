"""Learning curves: nested choices of examples, honest intervals, and accuracies on features with a known answer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.evaluation.metrics import wilson
from streamer.study.curves import StudyJob, available, examples, measure, spread
from streamer.study.kinds import KINDS, Sizes, open_source
from streamer.study.systems import BY_KEY

SIZES = Sizes(per_label=(2, 6, 50), pool=16, test=8, draws=2)


@given(n=st.integers(1, 10), more=st.integers(0, 10), seed=st.integers(0, 99))
def test_more_examples_include_the_fewer(n: int, more: int, seed: int) -> None:
    labels = np.arange(100) % 5
    few, many = (examples(labels, 5, k, [seed, 0]) for k in (n, n + more))
    assert set(few) <= set(many)
    assert np.array_equal(np.bincount(labels[few]), [n] * 5)
    assert len(set(many)) == len(many)


def test_choices_of_examples_differ() -> None:
    labels = np.arange(100) % 5
    assert set(examples(labels, 5, 3, [0, 0])) != set(examples(labels, 5, 3, [0, 1]))


@given(right=st.integers(0, 200))
def test_equal_accuracies_give_wilsons_interval(right: int) -> None:
    assert spread([right / 200] * 3, 200) == pytest.approx(wilson(right, 200))


def test_different_accuracies_give_a_wider_interval() -> None:
    low, high = spread([0.6, 0.7, 0.8], 1000)
    assert low < wilson(700, 1000)[0] - 0.05
    assert high > wilson(700, 1000)[1] + 0.05


def test_the_interval_covers_the_truth_as_often_as_stated() -> None:
    """Accuracies of about 0.7, each measured on the same 300 clips."""
    rng = np.random.default_rng(0)
    n_covered = 0
    for _ in range(400):
        luck = rng.random(300)  # how hard each test clip is
        skills = np.clip(rng.normal(0.7, 0.02, 5), 0, 1)
        low, high = spread([float(np.mean(luck < skill)) for skill in skills], 300)
        n_covered += low <= 0.7 <= high
    assert 0.92 <= n_covered / 400 <= 0.99


def test_points_without_enough_examples_are_left_out() -> None:
    source = open_source("videos", SIZES, 0)
    assert available(SIZES, source, source.labels["motion"], 8) == [2, 6]


@pytest.mark.parametrize(("clear", "accuracy"), [(True, 1.0), (False, 1 / 8)])
def test_the_accuracy_depends_on_the_features(tmp_path: Path, clear: bool, accuracy: float) -> None:
    pytest.importorskip("sklearn")
    kind = KINDS[2]
    source = open_source("videos", SIZES, 0)
    labels = source.labels["motion"]
    noise = np.random.default_rng(0).standard_normal((len(labels), 16))
    features = 3 * np.eye(16)[labels] + 0.1 * noise if clear else np.ones_like(noise)
    np.save(tmp_path / "videos.motion_summary.npy", features.astype(np.float16))
    curve = measure(StudyJob(kind, BY_KEY["motion_linear"], SIZES, 0, tmp_path))
    assert [point.n_per_label for point in curve.points] == [2, 6]
    assert curve.points[-1].accuracy == pytest.approx(accuracy)
    assert curve.points[-1].interval[0] <= accuracy <= curve.points[-1].interval[1]
    assert curve.blind is not clear
    assert curve.n_parameters == (17 * 8 if clear else 0)
    assert (curve.n_test, curve.n_labels) == (64, 8)
    again = measure(StudyJob(kind, BY_KEY["motion_linear"], SIZES, 0, tmp_path))
    assert [point.draws for point in again.points] == [point.draws for point in curve.points]


def test_photographs_are_counted_separately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    cv2 = pytest.importorskip("cv2")
    folder = tmp_path / "data/images"
    folder.mkdir(parents=True)
    for name in ("brick.png", "grass.png", "coins.png"):
        cv2.imwrite(str(folder / name), np.zeros((100, 100), np.uint8))
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))
    source = open_source("textures", SIZES, 0)
    labels = source.labels["textures"]
    features = 3 * np.eye(8)[labels]
    features[-1] = features[0] * 0 + 3 * np.eye(8)[5]  # one photograph looks like a weave
    np.save(tmp_path / "textures.polar_waves.npy", features.astype(np.float16))
    curve = measure(StudyJob(KINDS[1], BY_KEY["polar_linear"], SIZES, 0, tmp_path))
    assert (curve.n_photographs, curve.photographs_right) == (3, 2.0)
    assert curve.n_test == 48
    assert curve.points[-1].accuracy == 1.0
