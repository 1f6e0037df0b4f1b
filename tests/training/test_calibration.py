import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.training.calibration import (
    SCALE_LIMITS,
    Activation,
    Scaling,
    calibrate,
    cross_entropy,
    logits_of,
    scores_of,
)
from streamer.training.scoring import calibration_error

ACTIVATIONS: tuple[Activation, ...] = ("sigmoid", "softmax")


def _overconfident(n: int, n_labels: int, factor: float, seed: int = 0) -> tuple[Float32, Float32]:
    """Return logits that are ``factor`` times those of the truth, and the truth."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 1.5, (n, n_labels))
    truth = rng.random((n, n_labels)) < 1 / (1 + np.exp(-logits))
    return (factor * logits).astype(np.float32), truth.astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 12),
    st.integers(2, 5),
    st.floats(0.01, 50.0),
    st.sampled_from(ACTIVATIONS),
)
def test_calibration_keeps_the_order_of_scores_and_never_lowers_the_likelihood(
    seed: int, n_examples: int, n_labels: int, spread: float, activation: Activation
) -> None:
    rng = np.random.default_rng(seed)
    examples = np.repeat(np.arange(n_examples), rng.integers(1, 5, n_examples))
    logits = (spread * rng.normal(size=(len(examples), n_labels))).astype(np.float32)
    targets = np.eye(n_labels, dtype=np.float32)[rng.integers(n_labels, size=n_examples)][examples]
    scaling = calibrate(logits, targets, examples, activation)
    assert (scaling.scale >= SCALE_LIMITS[0]).all()
    assert np.isfinite(scaling.offset).all()
    weights = 1.0 / np.bincount(examples)[examples]

    def loss(z: NDArray[np.floating]) -> float:
        return float(weights @ cross_entropy(z, targets, activation))

    assert loss(scaling.apply(logits)) <= loss(logits) + 1e-6 * (1 + loss(logits))


def test_an_overconfident_model_is_corrected() -> None:
    logits, targets = _overconfident(4000, 3, 4.0)
    scaling = calibrate(logits, targets, np.arange(4000), "sigmoid")
    np.testing.assert_allclose(scaling.scale, 0.25, rtol=0.1)
    np.testing.assert_allclose(scaling.offset, 0.0, atol=0.15)


def test_a_shifted_label_is_moved_back_alone() -> None:
    logits, targets = _overconfident(4000, 3, 1.0)
    shifted = logits + np.array([0, 2, 0], np.float32)
    scaling = calibrate(shifted, targets, np.arange(4000), "sigmoid")
    np.testing.assert_allclose(scaling.offset, [0.0, -2.0, 0.0], atol=0.2)


def test_temperature_of_a_softmax_is_found() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0.0, 1.5, (4000, 4))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    targets = np.eye(4, dtype=np.float32)[truth]
    scaling = calibrate((3 * logits).astype(np.float32), targets, np.arange(4000), "softmax")
    np.testing.assert_allclose(scaling.scale, 1 / 3, rtol=0.1)
    assert (scaling.offset == 0).all()
    before = calibration_error(scores_of(3 * logits, "softmax"), targets)
    after = calibration_error(scores_of(scaling.apply(3 * logits), "softmax"), targets)
    assert after < 0.25 * before


def test_few_examples_change_little_and_none_nothing() -> None:
    targets = np.array([[1, 0], [0, 1]] * 3, np.float32)
    logits = 2 * targets - 1  # all right, at scores of 0.73
    few = calibrate(logits, targets, np.arange(6), "sigmoid")
    assert (few.scale < 2.0).all()  # without the prior the likelihood has no maximum
    none = calibrate(logits[:0], targets[:0], np.arange(0), "sigmoid")
    assert none.scale.tolist() == [1, 1]
    assert none.offset.tolist() == [0, 0]


def test_windows_of_one_example_weigh_as_one() -> None:
    logits, targets = _overconfident(20, 2, 4.0)
    once = calibrate(logits, targets, np.arange(20), "sigmoid")
    often = calibrate(np.repeat(logits, 7, 0), np.repeat(targets, 7, 0), np.repeat(np.arange(20), 7), "sigmoid")
    np.testing.assert_allclose(often.scale, once.scale, rtol=1e-3)


def test_a_label_that_no_window_has_is_left_alone() -> None:
    logits, targets = _overconfident(500, 3, 3.0)
    targets[:, 2] = 0.0
    scaling = calibrate(logits, targets, np.arange(500), "sigmoid")
    assert (scaling.scale[2], scaling.offset[2]) == (1.0, 0.0)
    assert scaling.scale[0] < 0.6


def test_a_scaling_folded_into_a_network_has_the_same_effect() -> None:
    keras = pytest.importorskip("keras")
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(inputs))
    x = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    before = np.asarray(model(x))
    scaling = Scaling(np.array([0.5, 2.0]), np.array([1.0, -1.0]))
    scaling.fold_into(model)
    np.testing.assert_allclose(np.asarray(model(x)), scaling.apply(before), atol=1e-5)


LOGITS = arrays(np.float32, (4, 3), elements=st.floats(-10, 10, width=32))


@given(LOGITS)
def test_cross_entropy_is_minus_the_logarithm_of_the_scores(logits: Float32) -> None:
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    softmax, sigmoid = (np.asarray(scores_of(logits, a), np.float64) for a in ("softmax", "sigmoid"))
    np.testing.assert_allclose(
        cross_entropy(logits, targets, "softmax"), -np.log(softmax[targets > 0]), rtol=1e-3, atol=1e-5
    )
    of_labels = np.where(targets > 0, -np.log(sigmoid), -np.log1p(-sigmoid))
    np.testing.assert_allclose(cross_entropy(logits, targets, "sigmoid"), of_labels.sum(1), rtol=1e-2, atol=1e-4)


def test_unknown_targets_do_not_count() -> None:
    logits = np.array([[5.0, -3.0]], np.float32)
    known = cross_entropy(logits[:, :1], np.ones((1, 1), np.float32), "sigmoid")
    assert cross_entropy(logits, np.array([[1.0, np.nan]], np.float32), "sigmoid") == pytest.approx(known)
    assert cross_entropy(logits, np.array([[1.0, np.nan]], np.float32), "softmax") == [0.0]


@given(LOGITS, st.sampled_from(["sigmoid", "softmax"]))
def test_scores_become_logits_and_scores_again(logits: Float32, activation: Activation) -> None:
    scores = scores_of(logits, activation)
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_allclose(scores_of(logits_of(scores, activation), activation), scores, atol=1e-4)


def test_enormous_logits_give_finite_figures() -> None:
    logits = np.array([[1e4, -1e4]], np.float32)
    assert scores_of(logits, "sigmoid").tolist() == [[1.0, 0.0]]
    assert np.isfinite(cross_entropy(logits, np.array([[0.0, 1.0]], np.float32), "sigmoid")).all()
