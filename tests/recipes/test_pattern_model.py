"""The shipped pattern model, through streamer's own reader, front end and classifier."""

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.features.pattern import Pattern
from streamer.features.settings import PatternSettings
from streamer.model.classifier import Classifier
from streamer.model.file import find_model, read_model_file
from streamer.training.pattern.scene import LABELS, make_picture
from tests.support.paths import IMAGES

needs_images = pytest.mark.skipif(not IMAGES.is_dir(), reason="needs data/images in the folder STREAMER_SHARED")
NATURAL = ("astronaut.png", "baboon.jpg", "camera.png", "coffee.png", "coins.png", "fruits.jpg", "grass.png")
UNSEEN = 77  # seed of pictures used neither to train nor to choose anything


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(read_model_file(find_model("pattern")))


def _label(classifier: Classifier, picture: UInt8) -> str:
    end = classifier.spec.front_end
    assert isinstance(end, PatternSettings)
    scores = classifier.classify(Pattern(end).push(picture).polar)
    assert scores.sum() == pytest.approx(1.0, abs=0.05)
    return classifier.labels[int(scores.argmax())]


def _photograph(name: str) -> UInt8:
    grey = cv2.imread(str(IMAGES / name), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    return np.asarray(grey, np.uint8)


def _pure(label: str, side: int = 256, period_px: float = 16.0, turn_deg: float = 20.0) -> UInt8:
    """Return the textbook picture of a label, from a formula that training does not use."""
    y, x = np.mgrid[:side, :side] - side / 2.0
    turn = np.radians(turn_deg)
    k = 2 * np.pi / period_px
    waves = [np.cos(k * (x * np.cos(turn + a) + y * np.sin(turn + a))) for a in np.radians([0, 60, 120, 90])]
    shade = {
        "stripes": waves[0],
        "grid": (waves[0] + waves[3]) / 2,
        "hexagonal": (waves[0] + waves[1] + waves[2]) / 3,
        "rings": np.cos(k * np.hypot(x - 30 * np.cos(turn), y - 30 * np.sin(turn))),
    }[label]
    return np.asarray(np.rint(127.5 + 100 * shade), np.uint8)


def test_the_file_is_small_and_describes_itself(classifier: Classifier) -> None:
    assert find_model("pattern").stat().st_size <= 300_000
    assert classifier.labels == LABELS
    assert classifier.spec.task == "pattern"
    assert classifier.spec.events.deny == ("none",)


@pytest.mark.parametrize("label", ["stripes", "grid", "hexagonal", "rings"])
def test_textbook_patterns_of_any_period_and_angle(classifier: Classifier, label: str) -> None:
    periods_px, turns_deg = (5.0, 6.0, 8.0, 11.0, 16.0, 22.5, 25.0, 32.0, 40.0), (0.0, 3.0, 20.0, 45.0, 77.0, 90.0)
    found = {(p, t): _label(classifier, _pure(label, 256, p, t)) for p in periods_px for t in turns_deg}
    wrong = {case: other for case, other in found.items() if other != label}
    assert len(wrong) <= 0.04 * len(found), wrong


@pytest.mark.parametrize("label", ["stripes", "grid", "hexagonal", "rings"])
def test_contrast_and_brightness_do_not_matter(classifier: Classifier, label: str) -> None:
    picture = _pure(label).astype(np.float32)
    for gain, offset in ((1.0, 0.0), (0.2, 20.0), (0.1, 200.0), (-0.9, 250.0)):
        assert _label(classifier, np.asarray(np.clip(picture * gain + offset, 0, 255), np.uint8)) == label


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_without_content_is_none(classifier: Classifier, level: int) -> None:
    assert _label(classifier, np.full((480, 640), level, np.uint8)) == "none"
    grain = np.random.default_rng(0).normal(level, 6.0, (480, 640))
    assert _label(classifier, np.asarray(np.clip(grain, 0, 255), np.uint8)) == "none"


def test_synthetic_pictures_of_another_seed_get_their_label(classifier: Classifier) -> None:
    truth = [label for label in LABELS for _ in range(25)]
    found = [
        _label(classifier, make_picture(label, np.random.default_rng([UNSEEN, i]))) for i, label in enumerate(truth)
    ]
    right = [a == b for a, b in zip(truth, found, strict=True)]
    assert np.mean(right) >= 0.88, f"{sum(right)} of {len(right)}"
    assert np.mean([label != "none" for label in found[:25]]) <= 0.1


@needs_images
@pytest.mark.parametrize("name", [f"left0{i}.jpg" for i in range(1, 8)] + ["chessboard.png", "brick.png"])
def test_photographs_of_grids(classifier: Classifier, name: str) -> None:
    assert _label(classifier, _photograph(name)) == "grid"


@needs_images
@pytest.mark.parametrize("name", NATURAL)
def test_natural_pictures_are_none(classifier: Classifier, name: str) -> None:
    assert _label(classifier, _photograph(name)) == "none"
