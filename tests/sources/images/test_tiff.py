"""The directories of a TIFF say where its pages are, how large, and how long from one to the next."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from streamer.sources.images.tiff import byte_order, tiff_pages
from tests.support.paged_pictures import write_tiff


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_have_their_own_sizes(tmp_path: Path, order: Literal["<", ">"], is_big: bool) -> None:
    pages = [np.zeros((20 + k, 30 + k), np.uint16) for k in range(4)]
    path = write_tiff(tmp_path / "x.tif", pages, order=order, is_big=is_big, thumbnails=[2])
    with path.open("rb") as file:
        found = list(tiff_pages(file))
    assert [(page.width, page.height) for page in found] == [(30 + k, 20 + k) for k in range(4)]
    assert [page.is_reduced for page in found] == [False, False, True, False]
    assert byte_order(path.read_bytes()[:2]) == ("little" if order == "<" else "big")


@pytest.mark.parametrize(
    "description", ["finterval=0.25\n.", "finterval=nonsense", "finterval=-1 of them", "a mere remark"]
)
def test_only_a_plausible_interval_is_one(tmp_path: Path, description: str) -> None:
    path = write_tiff(tmp_path / "x.tif", [np.zeros((20, 30), np.uint8)], description=description)
    with path.open("rb") as file:
        (page,) = tiff_pages(file)
    assert page.interval_s == (0.25 if "0.25" in description else 0.0)


def test_a_directory_outside_of_the_file_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends in its header"):
        list(tiff_pages(io.BytesIO(b"II*\0\xff\xff\0\0" + bytes(20))))
