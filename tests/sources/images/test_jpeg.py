"""JPEGs of cameras: grey and colours apart."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.jpeg import Jpeg


def scene(seed: int = 0) -> UInt8:
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.integers(0, 256, (48, 64, 3), np.uint8), (9, 9), 2.0).astype(np.uint8)


def coded(pixels: UInt8) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def test_colours_are_decoded_once_and_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    flags: list[int] = []
    decode = cv2.imdecode

    def counted(content: UInt8, flag: int) -> Any:
        flags.append(flag)
        return decode(content, flag)

    monkeypatch.setattr(cv2, "imdecode", counted)
    image = Jpeg(coded(scene()))
    assert image.grey is image.grey
    assert flags == [cv2.IMREAD_GRAYSCALE]
    assert image.pixels is image.pixels
    assert flags == [cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR]


def test_colours_are_those_of_the_whole_decoder_and_grey_is_that_of_the_colours_within_rounding() -> None:
    content = coded(scene())
    image = Jpeg(content)
    whole = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert whole is not None
    np.testing.assert_array_equal(image.pixels, whole)
    away = image.grey.astype(int) - cv2.cvtColor(whole, cv2.COLOR_BGR2GRAY)
    assert np.abs(away).max() <= 2
    assert abs(away.mean()) < 0.1


@pytest.mark.parametrize(
    "settings",
    [{"roi": (8, 4, 40, 32)}, {"rotate": 90}, {"downscale": 2}, {"roi": (0, 0, 40, 40), "downscale": 2, "rotate": 270}],
    ids=["cropped", "turned", "reduced", "all"],
)
def test_both_are_cropped_reduced_and_turned(settings: dict[str, object]) -> None:
    geometry = Geometry(ImageSettings.model_validate(settings), 64, 48)
    content = coded(scene(1))
    image = Jpeg(content).shaped(geometry)
    assert image.grey.shape == (geometry.height, geometry.width)
    whole = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert whole is not None
    np.testing.assert_array_equal(image.pixels, geometry.apply(whole.astype(np.uint8)))
    away = image.grey.astype(int) - cv2.cvtColor(image.pixels, cv2.COLOR_BGR2GRAY)
    assert np.abs(away).max() <= 3


@pytest.mark.parametrize("content", [b"", b"no image", coded(scene())[:20]], ids=["nothing", "text", "cut"])
def test_what_is_no_jpeg_cannot_be_decoded(content: bytes) -> None:
    assert not Jpeg(content).is_decodable


def test_grey_stands_in_where_only_the_colours_cannot_be_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Jpeg(coded(scene()))
    monkeypatch.setattr(cv2, "imdecode", lambda content, flag: None)
    np.testing.assert_array_equal(image.pixels, np.repeat(image.grey[:, :, None], 3, axis=2))


@pytest.mark.parametrize(("wanted", "shape"), [((8, 6), (6, 8, 3)), ((20, 15), (24, 32, 3)), ((40, 30), (48, 64, 3))])
def test_small_pixels_are_those_of_the_whole_image_reduced(wanted: tuple[int, int], shape: tuple[int, ...]) -> None:
    image = Jpeg(coded(scene(2)))
    small = image.small(*wanted)
    assert small.shape == shape
    whole = cv2.resize(Jpeg(coded(scene(2))).pixels, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - whole).mean() < 3.0


def test_small_pixels_are_cropped_and_turned_with_all_others() -> None:
    geometry = Geometry(ImageSettings(rotate=90), 64, 48)
    image = Jpeg(coded(scene(3))).shaped(geometry)
    assert image.small(6, 8) is image.pixels
