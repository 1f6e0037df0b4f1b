"""Measure one file of a dataset in one pass over its decoded content, which is not kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from streamer.arrays import Float32, UInt8, finite
from streamer.config import ImageSettings
from streamer.dataset.fingerprint import fingerprint
from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.safe_text import safe

BLOCK_S = 10.0  # decoded at a time; long blocks cost less Python per second of sound
SILENT_DBFS = -70.0
ELSEWHERE = ("invalid", "silent", "clipped", "zeros", "padded")  # have checks of their own, or are cuts of an editor
ONE_COLOUR = 8  # greatest spread of a channel over a file of one colour, grey levels: noise and the codec cause as much
IMAGES_READ = 300  # most images decoded of a video: enough to know that it can be read and what it shows


@dataclass(frozen=True, slots=True)
class FileStats:
    """Measurements of one file; a field that does not apply to its task is 0.

    Attributes
    ----------
    fault : str
        Why the file cannot be read; nothing else is known then.
    note : str
        What is odd about a file that can be read, such as a wrong length in its header, an inverted channel or holes.
    digest : bytes
        Digest of the decoded content and its format: equal for two files of the same content.
    fingerprint : bytes
        Fingerprint of the beginning of a sound; see :mod:`streamer.dataset.fingerprint`.
    level : float
        Of sound: rms without the mean, dBFS. Of images: mean brightness, range 0…1.
    peak : float
        Largest magnitude of a sample, full scale is 1.
    clipped_share : float
        Share of the samples of the worst channel that are at full scale and follow one at full scale, range 0…1.
    n_invalid : int
        Number of samples that are NaN or infinite.
    is_blank : bool
        Of sound: below −70 dBFS throughout, after mixing the channels down. Of images: of one colour throughout.
    n_images_read : int
        How many of a video's ``n_images`` were decoded.
    """

    fault: str = ""
    note: str = ""
    digest: bytes = b""
    fingerprint: bytes = b""
    duration_s: float = 0.0
    n_samples: int = 0  # of one channel
    n_images: int = 0
    n_images_read: int = 0
    sample_rate: int = 0
    n_channels: int = 0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    level: float = 0.0
    peak: float = 0.0
    clipped_share: float = 0.0
    n_invalid: int = 0
    is_blank: bool = False


def measure_file(path: Path, task: TaskName) -> FileStats:
    """Measure one file with the decoder that live streams and training use; never raises for what a file holds.

    Parameters
    ----------
    path : Path
    task : {"sound", "pattern", "motion"}
        Decides whether the file is read as sound, picture or video.

    Returns
    -------
    FileStats
        With ``fault`` if the file cannot be read.
    """
    try:
        return _MEASURE[task](path)
    except (UserError, OSError) as error:
        return FileStats(fault=str(error).removeprefix(f"file={safe(str(path))} "))
    except Exception as error:  # of a decoder: the other files are measured all the same
        return FileStats(fault=f"cannot be measured; report it, with the file ({type(error).__name__}: {error})")


def _measure_sound(path: Path) -> FileStats:
    from streamer.features.channels import ChannelMix
    from streamer.features.quality import QualityMeter
    from streamer.sources.sound.file import read_blocks

    sound_format, blocks = read_blocks(path, BLOCK_S, replace_nonfinite=False)
    content = _Content(sound_format.sample_rate, sound_format.n_channels)
    meter = QualityMeter(sound_format.sample_rate, sound_format.n_channels)
    mix = ChannelMix(sound_format.sample_rate, sound_format.n_channels)
    n_samples = 0
    total, power = 0.0, 0.0
    beginning = b""
    low, high = math.inf, -math.inf  # of the mix of the channels, as the pipeline takes it
    for block in blocks:
        content.add(block)
        meter.push(block)
        if meter.n_invalid:
            block = finite(block)
        mixed = mix.push(block)
        beginning = beginning if n_samples else fingerprint(mixed, sound_format.sample_rate)
        low, high = min(low, float(mixed.min())), max(high, float(mixed.max()))
        total += float(mixed.sum(dtype=np.float64))
        power += float(np.dot(mixed, mixed))
        n_samples += block.shape[0]
    if not n_samples:
        return FileStats(fault="must hold at least one sample; its header says so, but none can be decoded")
    variance = power / n_samples - (total / n_samples) ** 2
    quality = meter.quality()
    odd = [text for fault, text in quality.findings().items() if fault not in ELSEWHERE]
    return FileStats(
        note="; ".join(filter(None, (mix.remark, *odd))),
        digest=content.digest(),
        fingerprint=beginning,
        duration_s=n_samples / sound_format.sample_rate,
        n_samples=n_samples,
        sample_rate=sound_format.sample_rate,
        n_channels=sound_format.n_channels,
        level=10.0 * math.log10(max(variance, 1e-20)),
        peak=quality.peak,
        clipped_share=quality.clipped_share,
        n_invalid=quality.n_invalid,
        is_blank=(high - low) / 2.0 < 10.0 ** (SILENT_DBFS / 20.0),
    )


def _measure_picture(path: Path) -> FileStats:
    from streamer.sources.images.pictures import read_picture

    pixels = read_picture(path, ImageSettings())
    height, width = pixels.shape[:2]
    content, colours = _Content(height, width), _Colours()
    content.add(pixels)
    colours.add(pixels)
    return FileStats(
        digest=content.digest(),
        n_images=1,
        n_images_read=1,
        width=width,
        height=height,
        level=colours.brightness,
        is_blank=colours.is_one,
    )


def _measure_video(path: Path) -> FileStats:
    from streamer.sources.images.video import Video

    video = Video(path, ImageSettings())
    shape = video.image_format
    content, colours = _Content(shape.height, shape.width, video.stated_images), _Colours()
    n_read, last_s = 0, 0.0
    images = iter(video)
    for image in images:
        content.add(image.pixels)
        colours.add(image.pixels)
        n_read, last_s = n_read + 1, image.time_s
        if n_read == IMAGES_READ:
            break
    is_whole = next(images, None) is None  # the decoder checks the stated length at its end only
    interval_s = last_s / (n_read - 1) if n_read > 1 else 0.0
    n_images = n_read if is_whole else max(n_read + 1, video.stated_images)
    stats = FileStats(
        note=video.note,
        digest=content.digest(),
        duration_s=n_images * interval_s,
        n_images=n_images,
        n_images_read=n_read,
        width=shape.width,
        height=shape.height,
        fps=shape.fps,
        level=colours.brightness,
        is_blank=colours.is_one,
    )
    return stats if n_read else replace(stats, fault="must hold at least one image; record it again")


_MEASURE: Final[dict[TaskName, Callable[[Path], FileStats]]] = {
    "sound": _measure_sound,
    "pattern": _measure_picture,
    "motion": _measure_video,
}


class _Content:
    """Digest of decoded samples or images, and of their format: the same numbers at another rate are other content."""

    def __init__(self, *shape: int) -> None:
        self._hash = hashlib.blake2b(repr(shape).encode(), digest_size=16)

    def add(self, values: Float32 | UInt8) -> None:
        self._hash.update(np.ascontiguousarray(values).data)

    def digest(self) -> bytes:
        return self._hash.digest()


class _Colours:
    """Range of each colour channel, and the mean brightness, over all images of a file."""

    def __init__(self) -> None:
        self._low, self._high = np.full(3, 255, np.uint8), np.zeros(3, np.uint8)
        self._sum, self._n_images = 0.0, 0

    def add(self, pixels: UInt8) -> None:
        import cv2

        # The rows by OpenCV first: numpy alone, over both axes, takes twenty times as long.
        low: Any = cv2.reduce(pixels, 0, cv2.REDUCE_MIN)
        high: Any = cv2.reduce(pixels, 0, cv2.REDUCE_MAX)
        self._low = np.minimum(self._low, low.min(axis=(0, 1)))
        self._high = np.maximum(self._high, high.max(axis=(0, 1)))
        self._sum += sum(cv2.mean(pixels)[:3]) / (3 * 255.0)
        self._n_images += 1

    @property
    def brightness(self) -> float:
        return self._sum / max(self._n_images, 1)

    @property
    def is_one(self) -> bool:
        return int((self._high.astype(int) - self._low).max()) <= ONE_COLOUR
