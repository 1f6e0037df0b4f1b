"""Interlaced videos: each field is an image at its own time, unless both of an image were captured at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.sources.images.video import Video
from tests.support.bands import run_here
from tests.support.coded_videos import lamp, woven, write_coded
from tests.support.paths import SHARED

PLAIN = ImageSettings()
H264: Any = {"codec": "libx264", "options": {"flags": "+ildct+ilme"}}
MPEG2: Any = {"codec": "mpeg2video", "options": {"flags": "+ildct+ilme", "b": "4000000"}}
HZ = 17.0  # more than half of 25 images a second, less than half of 50 fields


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(("coded", "suffix"), [(H264, "mp4"), (MPEG2, "ts"), (MPEG2, "mpg")])
def test_fields_that_follow_each_other_are_images_of_their_own(
    tmp_path: Path, coded: dict[str, Any], suffix: str, order: str
) -> None:
    fields = lamp(HZ, np.arange(400) / 50)
    path = write_coded(tmp_path / f"x.{suffix}", woven(fields, int(order == "bff")), field_order=order, **coded)
    video = Video(path, PLAIN)
    images = [(image.time_s, float(image.pixels[24:40, 36:60].mean())) for image in video]
    assert len(images) == 400
    assert video.image_format.fps == 50.0
    assert video.stated_images == pytest.approx(400, abs=4)
    assert video.note == "interlaced: its fields are images, one after the other"
    times_s, levels = np.array(images).T
    np.testing.assert_allclose(times_s, np.arange(400) / 50, atol=1e-3)
    right = 128 + 80 * np.sin(2 * np.pi * HZ * times_s)
    assert np.corrcoef(levels[4:-4], right[4:-4])[0, 1] > 0.97


@pytest.mark.parametrize(("coded", "suffix"), [(H264, "mp4"), (MPEG2, "ts")])
def test_images_captured_at_once_stay_whole_though_they_are_stored_as_interlaced(
    tmp_path: Path, coded: dict[str, Any], suffix: str
) -> None:
    times_s = np.arange(120) / 25
    path = write_coded(tmp_path / f"x.{suffix}", lamp(2.3, times_s), field_order="tff", **coded)
    video = Video(path, PLAIN)
    images = list(video)
    np.testing.assert_allclose([image.time_s for image in images], times_s, atol=1e-3)
    assert video.note == ""


def test_classify_measures_what_only_the_fields_show(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.mp4", woven(lamp(HZ, np.arange(400) / 50)), field_order="tff", **H264)
    result = classify_json(path)
    assert result["temporal"]["components"][0]["hz"] == pytest.approx(HZ, abs=0.02)
    assert result["temporal"]["fps"] == pytest.approx(50.0)


@pytest.mark.skipif(not (SHARED / "cases/images").is_dir(), reason=f"no cases/images in STREAMER_SHARED={SHARED}")
def test_the_interlaced_case_has_its_rhythm() -> None:
    result = classify_json(SHARED / "cases/images/inter.mp4")
    assert result["temporal"]["components"][0]["hz"] == pytest.approx(2.3, abs=0.003)


def classify_json(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run_here("classify", path, "--json").stdout)
    return result
