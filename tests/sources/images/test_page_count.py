"""How many images a picture file holds is known from its headers, whatever its suffix says."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.offline.files import file_kind
from streamer.sources.images.page_count import is_decoded_here, n_pages
from tests.support.paged_pictures import write_animation, write_tiff
from tests.support.synthetic_videos import numbered


@pytest.mark.parametrize("suffix", ["gif", "apng", "png", "webp", "tif"])
def test_several_images_make_a_video(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    images = numbered(5)
    write_tiff(path, [image[:, :, 0] for image in images]) if suffix == "tif" else write_animation(path, images)
    assert n_pages(path) > 1
    assert file_kind(path) == "video"
    assert is_decoded_here(path) == (suffix in ("webp", "tif"))


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp", "gif"])
def test_one_image_is_a_picture(tmp_path: Path, suffix: str) -> None:
    if not cv2.haveImageWriter(f"x.{suffix}"):
        pytest.skip(f"this OpenCV writes no {suffix}")
    path = tmp_path / f"x.{suffix}"
    cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))
    assert n_pages(path) == 1
    assert file_kind(path) == "picture"


def test_a_thumbnail_makes_no_second_image(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "x.tif", [np.zeros((40, 60), np.uint8), np.zeros((20, 30), np.uint8)], thumbnails=[1])
    assert n_pages(path) == 1


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"II*\0\xff\xff\xff\xff", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n"]
)
def test_what_cannot_be_found_out_is_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tif").write_bytes(content)
    assert n_pages(tmp_path / "x.tif") == 1
    assert n_pages(tmp_path / "missing.tif") == 1
    assert n_pages(Path("a\0b.gif")) == 1
