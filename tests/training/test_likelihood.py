import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streamer.arrays import Float32
from streamer.training.calibration import Activation, cross_entropy, logits_of, scores_of

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
def test_scores_and_logits_lead_to_each_other(logits: Float32, activation: Activation) -> None:
    scores = scores_of(logits, activation)
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_allclose(scores_of(logits_of(scores, activation), activation), scores, atol=1e-4)


def test_enormous_logits_give_finite_figures() -> None:
    logits = np.array([[1e4, -1e4]], np.float32)
    assert scores_of(logits, "sigmoid").tolist() == [[1.0, 0.0]]
    assert np.isfinite(cross_entropy(logits, np.array([[0.0, 1.0]], np.float32), "sigmoid")).all()
