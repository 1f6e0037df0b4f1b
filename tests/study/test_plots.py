"""The plots of the study are written, and are small files."""

from pathlib import Path

import cv2
import pytest

from streamer.study.plots import draw
from tests.support.study_results import invented_results


def test_the_plots_are_written_as_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))
    draw(invented_results({("digits", "pixels_network"): (0.8, 0.9)}), tmp_path)
    for name in ("curves", "few_and_many", "inputs"):
        path = tmp_path / f"{name}.png"
        assert path.stat().st_size < 100_000
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape[1] > 800
        assert picture.std() > 10
