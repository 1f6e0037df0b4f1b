"""Classify video and picture files by the pipeline that live cameras use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.messages import Image, ImageFormat, Message, Periodicity, Spatial, Temporal
from streamer.offline.result import FileResult, results_by_model
from streamer.periodicity.spatial import measure_spatial
from streamer.pipeline.images import ImagePipeline
from streamer.sources.images.pictures import read_picture
from streamer.sources.images.video import Video

SPATIAL_EVERY = 15  # images: a pattern in space is looked for in two images of a second


def classify_video(
    path: Path, pipeline: ImagePipeline, images: ImageSettings, *, epoch_s: float = math.nan
) -> list[FileResult]:
    """Run a video through the pipeline; return a result for each of its models, with the periods of the whole video.

    A pattern in space is reported where it was found in half of the images in which it was looked for.

    ``epoch_s`` is the wall clock at its first image, NaN where nobody knows.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    video = Video(path, images)
    results = classify_images(path, video.image_format, video, pipeline, epoch_s=epoch_s)
    return [replace(result, note=video.note) for result in results]  # known when all images have been read


def classify_images(
    path: Path,
    image_format: ImageFormat,
    images: Iterable[Image],
    pipeline: ImagePipeline,
    *,
    epoch_s: float = math.nan,
) -> list[FileResult]:
    """Run the images of a video through the pipeline, as :func:`classify_video` does; ``path`` names the result."""
    pipeline.begin(image_format, 0.0, epoch_s)
    messages: list[Message] = []
    patterns: list[Spatial | None] = []
    n_images, last_s = 0, 0.0
    for image in images:
        step = pipeline.step(image)
        messages += step.messages
        if n_images % SPATIAL_EVERY == 0:
            patterns.append(measure_spatial(step.frame))
        n_images, last_s = n_images + 1, image.time_s
    messages += pipeline.finish()
    found = [pattern for pattern in patterns if pattern is not None]
    spatial = max(found, key=lambda pattern: pattern.snr_db) if 2 * len(found) > len(patterns) else None
    interval_s = last_s / (n_images - 1) if n_images > 1 else 0.0
    return _results(path, last_s + interval_s, messages, pipeline, spatial)


def classify_picture(
    path: Path, pipeline: ImagePipeline, images: ImageSettings, *, epoch_s: float = math.nan
) -> list[FileResult]:
    """Run a picture through the pipeline; return a result for each of its models.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    return classify_pixels(path, read_picture(path, images), pipeline, epoch_s=epoch_s)


def classify_pixels(
    path: Path, pixels: UInt8, pipeline: ImagePipeline, *, epoch_s: float = math.nan
) -> list[FileResult]:
    """Run the pixels of a picture, blue-green-red, through the pipeline; ``path`` names the result."""
    pipeline.begin(ImageFormat(pixels.shape[1], pixels.shape[0], 0.0, path.name), 0.0, epoch_s)
    messages = [*pipeline.step(Image(pixels, 0, 0, 0.0, 0.0)).messages, *pipeline.finish()]
    return _results(path, 0.0, messages, pipeline, pipeline.measurer.spatial)


def _results(
    path: Path,
    duration_s: float,
    messages: Sequence[Message],
    pipeline: ImagePipeline,
    spatial: Spatial | None,
) -> list[FileResult]:
    temporal = [m.found for m in messages if isinstance(m, Periodicity) and isinstance(m.found, Temporal)]
    return results_by_model(
        path,
        duration_s,
        messages,
        pipeline.stages,
        medium="images",
        temporal=max(temporal, key=lambda found: found.snr_db, default=None),
        spatial=spatial,
    )
