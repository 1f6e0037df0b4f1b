"""Classify video and picture files by the pipeline that live cameras use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.messages import Image, ImageFormat, Message, NamedRegion, Periodicity, RegionFindings, Spatial, Temporal
from streamer.offline.result import FileResult, SeenImages, results_by_model
from streamer.periodicity.temporal import MIN_LENGTH
from streamer.pipeline.images import ImagePipeline
from streamer.sources.images.pictures import read_noted_picture
from streamer.sources.images.video import Video

SPATIAL_EVERY = 15  # images: a pattern in space is looked for in two images of a second …
SPATIAL_LEAST = 8  # … and in at least so many images of a video


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
    counted = _Counted(video)
    results = classify_images(
        path, video.image_format, counted, pipeline, n_stated=video.stated_images, epoch_s=epoch_s
    )
    short = f"only {counted.n} images, and a rhythm needs {MIN_LENGTH}: none can be measured"
    note = "; ".join(filter(None, (video.note, short if counted.n < MIN_LENGTH else "")))
    return [replace(result, note=note) for result in results]  # known when all images have been read


def classify_images(
    path: Path,
    image_format: ImageFormat,
    images: Iterable[Image],
    pipeline: ImagePipeline,
    *,
    n_stated: int = 0,
    epoch_s: float = math.nan,
) -> list[FileResult]:
    """Run the images of a video through the pipeline, as :func:`classify_video` does; ``path`` names the result.

    ``n_stated`` is how many images there are by the header; 0 where that is not known.
    """
    spatial_every = max(1, min(SPATIAL_EVERY, n_stated // SPATIAL_LEAST)) if n_stated else SPATIAL_EVERY
    pipeline.begin(image_format, 0.0, epoch_s)
    pipeline.look_everywhere(False)
    messages: list[Message] = []
    patterns: list[list[Spatial]] = []  # of each image looked at: in the whole of it, then in each region
    n_images, last_s = 0, 0.0
    for image in images:
        step = pipeline.step(image)
        messages += step.messages
        if n_images % spatial_every == 0:
            whole = pipeline.measurer.measure_pattern(image)
            patterns.append([whole, *pipeline.regions.patterns(image)])
        n_images, last_s = n_images + 1, image.time_s
    messages += pipeline.finish()
    spatial: list[Spatial | None] = [_usual(list(several)) for several in zip(*patterns, strict=True)]
    interval_s = last_s / (n_images - 1) if n_images > 1 else 0.0
    return _results(path, last_s + interval_s, messages, pipeline, spatial or [None])


def _usual(patterns: list[Spatial]) -> Spatial:
    """Return the clearest pattern where one was found in more than half of the images, else none."""
    found = [pattern for pattern in patterns if pattern.components]
    least = [pattern for pattern in patterns if not pattern.components]
    if found and least and 2 * len(found) <= len(patterns):
        return least[0]
    return max(found or least, key=lambda pattern: pattern.snr_db)


class _Counted:
    """Images, and how many of them have been taken."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._images = images
        self.n = 0

    def __iter__(self) -> Iterator[Image]:
        for image in self._images:
            self.n += 1
            yield image


def classify_picture(
    path: Path, pipeline: ImagePipeline, images: ImageSettings, *, epoch_s: float = math.nan
) -> list[FileResult]:
    """Run a picture through the pipeline; return a result for each of its models.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    pixels, note = read_noted_picture(path, images)
    return [replace(result, note=note) for result in classify_pixels(path, pixels, pipeline, epoch_s=epoch_s)]


def classify_pixels(
    path: Path, pixels: UInt8, pipeline: ImagePipeline, *, epoch_s: float = math.nan
) -> list[FileResult]:
    """Run the pixels of a picture, blue-green-red, through the pipeline; ``path`` names the result."""
    pipeline.begin(ImageFormat(pixels.shape[1], pixels.shape[0], 0.0, path.name), 0.0, epoch_s)
    pipeline.look_everywhere(True)
    messages = [*pipeline.step(Image(pixels, 0, 0, 0.0, 0.0)).messages, *pipeline.finish()]
    spatial = [pipeline.measurer.spatial, *(measurer.spatial for measurer in pipeline.regions.measurers())]
    return _results(path, 0.0, messages, pipeline, spatial)


def _results(
    path: Path,
    duration_s: float,
    messages: Sequence[Message],
    pipeline: ImagePipeline,
    spatial: Sequence[Spatial | None],
) -> list[FileResult]:
    """Return the results of a file; ``spatial`` is of the whole image, then of each region."""
    regions = pipeline.regions.placed() if len(spatial) > 1 else ()
    results = results_by_model(
        path,
        duration_s,
        messages,
        pipeline.stages,
        medium="images",
        temporal=_strongest(messages, None),
        spatial=spatial[0],
        measured=pipeline.measured_events.labels,
        regions=tuple(
            RegionFindings(region, _strongest(messages, region), pattern)
            for region, pattern in zip(regions, spatial[1:], strict=True)
        ),
    )
    seen = _seen(pipeline)
    return [replace(result, seen=seen) for result in results]


def _seen(pipeline: ImagePipeline) -> SeenImages | None:
    """Return what was measured of the images; None where there was none."""
    if pipeline.newest is None:
        return None
    values, times_s = pipeline.series()
    return SeenImages(
        pipeline.newest, values, times_s - times_s[0] if times_s.size else times_s, pipeline.measurer.grid
    )


def _strongest(messages: Sequence[Message], region: NamedRegion | None) -> Temporal | None:
    """Return the strongest measurement in time of a region, or of the whole image."""
    of_region = [m.found for m in messages if isinstance(m, Periodicity) and m.region == region]
    temporal = [found for found in of_region if isinstance(found, Temporal)]
    return max(temporal, key=lambda found: found.snr_db, default=None)
