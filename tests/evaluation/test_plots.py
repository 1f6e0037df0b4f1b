"""Plots are written, show what they should, and need no window."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.errors import StreamerError, UserError
from streamer.evaluation.detection import Detection, Matches
from streamer.evaluation.metrics import evaluate_scores
from streamer.evaluation.plots import draw_clips, draw_events, new_figure, save_figure

pytest.importorskip("matplotlib")


@pytest.mark.parametrize("labels", [("a",), ("dog", "$x^", "鳥"), tuple(f"label {i}" for i in range(40))])
def test_the_plots_of_labelled_files(tmp_path: Path, labels: tuple[str, ...]) -> None:
    truths = np.arange(len(labels))
    scores = np.random.default_rng(0).uniform(0, 1, (len(labels), len(labels) + 1)).astype(np.float32)
    draw_clips(evaluate_scores(labels, truths, scores, ("other sound",)), "my model/1", tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["my-model-1_confusion.png", "my-model-1_labels.png", "my-model-1_reliability.png"]
    for path in tmp_path.iterdir():
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape[1] > 400
        assert picture.std() > 5  # not an empty page


def test_the_plot_of_events(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    found = Detection(Matches(3, 2, 1), Matches(9, 8, 7), 2, 1, 0.5)
    never = Detection(Matches(0, 0, 0), Matches(0, 0, 0), 0, 0, 0.5)
    draw_events({"dog": found, "rain": never}, "model", tmp_path)
    draw_events({}, "silent", tmp_path)
    assert cv2.imread(str(tmp_path / "model_events.png")) is not None
    assert cv2.imread(str(tmp_path / "silent_events.png")) is not None


def test_a_confusion_figure_is_darkest_where_the_clips_are(tmp_path: Path) -> None:
    scores = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    draw_clips(evaluate_scores(tuple("abcd"), np.repeat(np.arange(4), 5), scores), "m", tmp_path)
    draw_clips(evaluate_scores(tuple("abcd"), np.repeat(np.arange(4), 5)[::-1], scores), "w", tmp_path)
    right, wrong = (cv2.imread(str(tmp_path / f"{name}_confusion.png"), cv2.IMREAD_GRAYSCALE) for name in "mw")
    assert right is not None
    assert wrong is not None
    (right_rows, right_columns), (wrong_rows, wrong_columns) = np.nonzero(right < 60), np.nonzero(wrong < 60)
    assert np.corrcoef(right_rows, right_columns)[0, 1] > np.corrcoef(wrong_rows, wrong_columns)[0, 1]


def test_a_plot_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StreamerError, match=r"figure=.*none/a\.png must be writable"):
        save_figure(new_figure(1, 1), tmp_path / "none" / "a.png")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match=r"drawn by matplotlib; install it: .*pip install .*\[train\]'"):
        new_figure(1, 1)
