"""One picture is read at the depth that it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.config import ImageSettings, SourceSettings
from streamer.sources.images.picture_file import decoded, read_pixels
from streamer.sources.images.pictures import read_noted_picture
from tests.support.bands import run_here
from tests.support.paged_pictures import write_tiff
from tests.support.paths import SHARED
from tests.support.source_thread import capture_images
from tests.support.sources import image_source

PLAIN = ImageSettings()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_every_type_of_number_is_read(tmp_path: Path, dtype: type) -> None:
    values: NDArray[Any] = (np.arange(60 * 80).reshape(60, 80) % 200).astype(dtype)
    pixels = read_pixels(write_tiff(tmp_path / "x.tif", [values]), PLAIN)
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels if pixels.ndim == 2 else pixels[:, :, 0], values)


def test_bytes_that_are_no_picture_give_none() -> None:
    assert decoded(np.zeros(100, np.uint8)) is None


def test_twelve_bits_in_sixteen_are_seen_and_told(tmp_path: Path) -> None:
    values = np.full((40, 60), 2048, np.uint16)
    values[0, 0] = 4095
    cv2.imwrite(str(tmp_path / "x.png"), values)
    pixels, note = read_noted_picture(tmp_path / "x.png", PLAIN)
    assert int(pixels[20, 20, 0]) == 128
    assert note == "16 bits of which 12 are used: scaled by these"


def test_a_folder_of_deep_pictures_is_scaled_alike(tmp_path: Path) -> None:
    for k in range(8):
        cv2.imwrite(str(tmp_path / f"{k}.png"), np.full((40, 60), 100 * (k + 1), np.uint16))
    source = image_source(str(tmp_path), SourceSettings(realtime=False), PLAIN)
    levels = [int(image.pixels.max()) for image in capture_images(source).images]
    np.testing.assert_allclose(levels, 255 * 100 * (np.arange(8) + 1) / 1023, atol=1)
    assert "16 bits of which 10 are used" in source.note


@pytest.mark.skipif(not (SHARED / "cases/images").is_dir(), reason=f"no cases/images in STREAMER_SHARED={SHARED}")
def test_eight_bits_in_sixteen_show_their_stripes() -> None:
    result = json.loads(run_here("classify", SHARED / "cases/images/f_8in16.tif", "--json").stdout)
    assert result["spatial"]["components"][0]["lattice"] == "stripes"
    assert "16 bits of which 8 are used" in result["note"]
