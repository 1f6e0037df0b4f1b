"""Figures of a classifier agree with published values and with scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.evaluation.metrics import N_BINS, Evaluation, calibrate, confusion, evaluate_scores, wilson

LABELS = ("dog", "rain", "rooster")


def evaluated(*rows: tuple[int, tuple[float, ...]], others: tuple[str, ...] = ()) -> Evaluation:
    truths, scores = zip(*rows, strict=True)
    return evaluate_scores(LABELS, np.array(truths), np.array(scores, np.float32), others)


def test_figures_counted_by_hand() -> None:
    evaluation = evaluated(
        (0, (0.9, 0.1, 0.0, 0.0)),
        (0, (0.2, 0.1, 0.7, 0.0)),
        (1, (0.0, 0.3, 0.1, 0.6)),
        (1, (0.1, 0.8, 0.1, 0.2)),
        others=("speech",),
    )
    assert evaluation.counts.tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert (evaluation.n_clips, evaluation.n_right, evaluation.accuracy) == (4, 2, 0.5)
    assert evaluation.accuracy_among == 0.75
    assert evaluation.others == (("speech", 1),)
    assert evaluation.precision.tolist() == [1.0, 1.0, 0.0]
    np.testing.assert_equal(evaluation.recall, [0.5, 0.5, np.nan])
    assert evaluation.f1.tolist() == [pytest.approx(2 / 3), pytest.approx(2 / 3), 0.0]
    assert evaluation.macro_f1 == pytest.approx(2 / 3)  # no clip is a rooster
    assert evaluation.top3 == 1.0
    assert evaluation.calibration_error == pytest.approx((0.1 + 0.7 + 0.6 + 0.2) / 4)


def test_top_3_leaves_out_the_fourth() -> None:
    labels = ("a", "b", "c", "d", "e")
    scores = np.array([[0.5, 0.4, 0.3, 0.2, 0.1]] * 5, np.float32)
    assert evaluate_scores(labels, np.arange(5), scores).top3 == pytest.approx(3 / 5)


def test_of_equal_scores_the_first_wins() -> None:
    assert evaluated((0, (0.5, 0.5, 0.5)), (2, (0.5, 0.5, 0.5))).n_right == 1


def test_scores_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit 1 clips, 3 labels"):
        evaluated((0, (0.5, 0.5)))
    with pytest.raises(ValueError, match="do not fit 0 clips"):
        evaluate_scores(LABELS, np.zeros(0, int), np.zeros((0, 3), np.float32))


def test_wilson_intervals_as_published() -> None:
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 1000), st.data())
def test_a_wilson_interval_contains_the_share_and_is_symmetric(n: int, data: st.DataObject) -> None:
    n_right = data.draw(st.integers(0, n))
    low, high = wilson(n_right, n)
    assert 0.0 <= low <= n_right / n + 1e-12
    assert n_right / n - 1e-12 <= high <= 1.0
    assert wilson(n - n_right, n) == pytest.approx((1 - high, 1 - low))


def test_honest_scores_have_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0, 1, 200_000).astype(np.float32)
    assert calibrate(scores, rng.uniform(size=scores.size) < scores).error < 0.01
    assert calibrate(scores, rng.uniform(size=scores.size) < scores / 2).error == pytest.approx(0.25, abs=0.01)


def test_a_bin_includes_its_upper_edge() -> None:
    bins = calibrate(np.array([0.0, 1 / 15, 0.07, 1.0], np.float64), np.ones(4, bool))
    assert bins.n_clips.tolist() == [2, 1, *[0] * 12, 1]
    assert math.isnan(bins.score[5])


@st.composite
def clips(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    n_labels, n_clips = draw(st.integers(2, 6)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(0, n_labels, n_clips), rng.uniform(0, 1, (n_clips, n_labels)).astype(np.float32)


@given(clips())
@settings(deadline=None)  # the first example imports scikit-learn
def test_figures_agree_with_scikit_learn(drawn: tuple[NDArray[np.int64], NDArray[np.float32]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truths, scores = drawn
    names = tuple("abcdef"[: scores.shape[1]])
    places = list(range(len(names)))
    evaluation, guesses = evaluate_scores(names, truths, scores), scores.argmax(axis=1)
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(truths, guesses))
    assert evaluation.counts[:, -1].sum() == 0
    assert np.array_equal(evaluation.counts[:, :-1], metrics.confusion_matrix(truths, guesses, labels=places))
    there = np.isin(places, truths)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truths, guesses, labels=places, zero_division=np.nan
    )
    np.testing.assert_allclose(evaluation.precision, precision)
    np.testing.assert_allclose(evaluation.recall, recall)
    np.testing.assert_allclose(evaluation.f1, f1)
    assert evaluation.macro_f1 == pytest.approx(f1[there].mean())


@given(clips())
def test_every_clip_is_in_one_bin(drawn: tuple[NDArray[np.int64], NDArray[np.float32]]) -> None:
    truths, scores = drawn
    bins = calibrate(scores.max(axis=1), scores.argmax(axis=1) == truths)
    assert bins.n_clips.shape == (N_BINS,)
    assert bins.n_clips.sum() == len(truths)
    assert 0.0 <= bins.error <= 1.0


def test_confusion_has_a_column_for_other_labels() -> None:
    assert confusion(np.array([0, 1, 1]), np.array([0, 2, 1]), 2).tolist() == [[1, 0, 0], [0, 1, 1]]
