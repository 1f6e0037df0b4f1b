"""The label of a whole file from the scores of its windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model.file_label import file_label, file_scores

LABELS = ("dog", "rain", "background")


def _scores(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_a_bark_in_silence_is_a_dog() -> None:
    silence, bark = (0.01, 0.02, 0.97), (0.93, 0.01, 0.08)
    label, score = file_label(_scores(*[silence] * 9, *[bark] * 3), LABELS)
    assert label == "dog"
    assert score == pytest.approx(np.sqrt((9 * 0.01**2 + 3 * 0.93**2) / 12), rel=1e-5)


def test_background_throughout_is_background() -> None:
    assert file_label(_scores(*[(0.2, 0.1, 0.7)] * 12), LABELS)[0] == "background"


def test_a_sound_wins_over_an_uncertain_background() -> None:
    assert file_label(_scores(*[(0.3, 0.1, 0.5)] * 12), LABELS)[0] == "dog"


def test_a_short_loud_sound_outweighs_a_faint_long_one() -> None:
    scores = _scores(*[(0.0, 0.3, 0.0)] * 6, *[(0.9, 0.3, 0.0)] * 6)
    assert file_label(scores, LABELS)[0] == "dog"


def test_without_a_background_label_the_ranking_is_the_root_mean_square() -> None:
    scores = _scores((0.1, 0.8, 0.4), (0.3, 0.2, 0.6))
    expected = np.sqrt(np.mean(scores**2, axis=0))
    assert np.allclose(file_scores(scores, ("a", "b", "c")), expected)


@given(
    st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 3), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_order_of_the_windows_does_not_matter(rows: list[tuple[float, float, float]], random: object) -> None:
    scores = _scores(*rows)
    ranking = file_scores(scores, LABELS)
    assert ranking.dtype == np.float32
    assert ranking.shape == (3,)
    assert np.all((ranking >= 0) & (ranking <= 1))
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert np.allclose(file_scores(_scores(*shuffled), LABELS), ranking, atol=1e-6)


def test_one_window_is_enough() -> None:
    label, score = file_label(_scores((0.1, 0.8, 0.2)), LABELS)
    assert (label, score) == ("rain", pytest.approx(0.8))  # type: ignore[comparison-overlap]
