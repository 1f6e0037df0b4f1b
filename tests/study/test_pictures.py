"""Pictures of the study: digits, synthetic textures, photographs."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.study import pictures
from streamer.study.pictures import SIDE, TEXTURES, images_folder, load_digits, load_photographs, make_texture
from streamer.training.pattern.scene import LABELS
from tests.support.paths import SHARED

needs_images = pytest.mark.skipif(
    not (SHARED / "data/images").is_dir(), reason="needs data/images in the folder STREAMER_SHARED"
)


def test_textures_have_the_labels_of_the_pattern_model() -> None:
    assert TEXTURES == LABELS


@pytest.mark.parametrize("label", TEXTURES)
def test_a_texture_depends_on_its_seed_only(label: str) -> None:
    for seed in range(4):
        picture = make_texture(label, np.random.default_rng(seed))
        assert picture.shape == (SIDE, SIDE)
        assert picture.dtype == np.uint8
        assert np.array_equal(picture, make_texture(label, np.random.default_rng(seed)))
        assert not np.array_equal(picture, make_texture(label, np.random.default_rng(seed + 100)))


def test_stripes_repeat_and_their_spectrum_has_a_peak_within_reach() -> None:
    cycles = []
    for seed in range(12):
        picture = make_texture("stripes", np.random.default_rng(seed)).astype(float)
        taper = np.hanning(SIDE)
        spectrum = np.abs(np.fft.rfft2((picture - picture.mean()) * taper * taper[:, None]))
        ky, kx = np.unravel_index(spectrum.argmax(), spectrum.shape)
        cycles.append(np.hypot(min(ky, SIDE - ky), kx))
    assert np.median(cycles) >= SIDE / pictures.COARSEST_PX * 0.7
    assert max(cycles) <= SIDE / pictures.FINEST_PX * 1.6


@needs_images
def test_digits_are_cut_from_the_sheet() -> None:
    digits, labels, source = load_digits(SHARED / "data/images")
    assert digits.shape == (5000, 20, 20)
    assert np.array_equal(np.bincount(labels), [500] * 10)
    assert "5,000" in source
    sheet = cv2.imread(str(SHARED / "data/images/digits.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert np.array_equal(digits[101], sheet[20:40, 20:40])
    ones, zeros = digits[labels == 1].mean(0), digits[labels == 0].mean(0)
    assert ones[10, 10] > 100 > zeros[10, 10]  # a stroke in the middle, and a hole


def test_without_the_sheet_the_digits_are_those_of_scikit_learn(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    digits, labels, source = load_digits(tmp_path)
    assert digits.shape == (1797, 20, 20)
    assert digits.dtype == np.uint8
    assert digits.max() > 200
    assert len(np.unique(labels)) == 10
    assert "scikit-learn" in source


@needs_images
def test_photographs_are_squares_with_a_label() -> None:
    photographs, labels = load_photographs(SHARED / "data/images")
    assert {picture.shape for picture in photographs} == {(SIDE, SIDE)}
    assert labels == ["grid"] * 9 + ["none"] * 7


def test_a_folder_without_photographs_gives_none(tmp_path: Path) -> None:
    (tmp_path / "brick.png").write_bytes(b"no picture")
    assert load_photographs(tmp_path) == ([], [])


def test_an_environment_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))
    assert images_folder() == tmp_path / "data/images"
