"""What one file of a dataset is: measured in one pass over its decoded content, which is not kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.config import ImageSettings
from streamer.dataset.fingerprint import fingerprint
from streamer.errors import UserError
from streamer.features.level import is_clipped
from streamer.messages import TaskName

BLOCK_S = 10.0  # long blocks: less Python per second of sound
SILENT_DBFS = -70.0
ONE_COLOUR = 8  # grey levels between the darkest and the brightest: noise and the codec make as many of one colour
IMAGES_READ = 300  # of a video: enough to know that it can be read and what it shows


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of one file; what does not apply to its kind is 0.

    Attributes
    ----------
    fault : str
        Why it cannot be read; nothing else is known then.
    note : str
        What is odd about a file that can be read.
    digest : bytes
        Of the decoded content and its format: equal where two files hold the same.
    fingerprint : bytes
        Of the beginning of a sound; see :mod:`streamer.dataset.fingerprint`.
    level : float
        Sound: rms without its mean, dBFS. Images: mean brightness, range 0…1.
    peak : float
        Largest magnitude of a sample, full scale is 1.
    clipped_share : float
        Part of the samples at full scale whose predecessor is so too, range 0…1.
    n_invalid : int
        Samples that are no number.
    is_blank : bool
        Below −70 dBFS throughout, after mixing the channels down; one colour throughout.
    n_images_read : int
        How many of a video's ``n_images`` were looked at.
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


def examine(path: Path, task: TaskName) -> Facts:
    """Measure one file with the decoder that live streams and training use.

    Parameters
    ----------
    path : Path
        The file.
    task : {"sound", "pattern", "motion"}
        Whether to read it as sound, picture or video.

    Returns
    -------
    Facts
        With ``fault`` where it cannot be read; never raises for what a file holds.
    """
    try:
        return EXAMINERS[task](path)
    except (UserError, OSError) as error:
        if path.is_symlink() and not path.exists():
            return Facts(fault="must exist; it is a link to a file that is gone")
        return Facts(fault=str(error).removeprefix(f"file={path} "))


def _sound(path: Path) -> Facts:
    from streamer.sources.sound.file import read_blocks

    sound_format, blocks = read_blocks(path, BLOCK_S, mend=False)
    content = _Content(sound_format.sample_rate, sound_format.n_channels)
    n_samples = n_clipped = n_invalid = 0
    peak, total, power = 0.0, 0.0, 0.0
    beginning = b""
    low, high = math.inf, -math.inf  # of what the pipeline hears: the mean of the channels
    for block in blocks:
        content.add(block)
        invalid = ~np.isfinite(block)
        if invalid.any():
            n_invalid += int(np.count_nonzero(invalid))
            block = np.where(invalid, np.float32(0.0), block)
        magnitude = np.abs(block)
        peak = max(peak, float(magnitude.max()))
        is_full = is_clipped(block)
        n_clipped += int(np.count_nonzero(is_full[1:] & is_full[:-1]))  # one by itself is a peak that just fits
        mono: Float32 = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
        beginning = beginning if n_samples else fingerprint(mono, sound_format.sample_rate)
        low, high = min(low, float(mono.min())), max(high, float(mono.max()))
        total += float(mono.sum(dtype=np.float64))
        power += float(np.dot(mono, mono))
        n_samples += block.shape[0]
    if not n_samples:
        return Facts(fault="must hold at least one sample; its header says so, but none can be decoded")
    variance = power / n_samples - (total / n_samples) ** 2
    return Facts(
        digest=content.digest(),
        fingerprint=beginning,
        duration_s=n_samples / sound_format.sample_rate,
        n_samples=n_samples,
        sample_rate=sound_format.sample_rate,
        n_channels=sound_format.n_channels,
        level=10.0 * math.log10(max(variance, 1e-20)),
        peak=peak,
        clipped_share=n_clipped / (n_samples * sound_format.n_channels),
        n_invalid=n_invalid,
        is_blank=(high - low) / 2.0 < 10.0 ** (SILENT_DBFS / 20.0),
    )


def _picture(path: Path) -> Facts:
    from streamer.sources.images.pictures import read_picture

    pixels = read_picture(path, ImageSettings())
    height, width = pixels.shape[:2]
    content, colours = _Content(height, width), _Colours()
    content.add(pixels)
    colours.add(pixels)
    return Facts(
        digest=content.digest(),
        n_images=1,
        n_images_read=1,
        width=width,
        height=height,
        level=colours.brightness,
        is_blank=colours.is_one,
    )


def _video(path: Path) -> Facts:
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
    is_whole = next(images, None) is None  # the last step is what makes the video check its length
    interval_s = last_s / (n_read - 1) if n_read > 1 else 0.0
    n_images = n_read if is_whole else max(n_read + 1, video.stated_images)
    facts = Facts(
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
    return facts if n_read else replace(facts, fault="must hold at least one image; record it again")


EXAMINERS: Final[dict[TaskName, Callable[[Path], Facts]]] = {"sound": _sound, "pattern": _picture, "motion": _video}


class _Content:
    """Digest of decoded samples or images and of the format that gives them their meaning."""

    def __init__(self, *shape: int) -> None:
        self._hash = hashlib.blake2b(repr(shape).encode(), digest_size=16)

    def add(self, values: Float32 | UInt8) -> None:
        self._hash.update(np.ascontiguousarray(values).data)

    def digest(self) -> bytes:
        return self._hash.digest()


class _Colours:
    """Range of each colour, and the mean brightness, over all images of a file."""

    def __init__(self) -> None:
        self._low, self._high = np.full(3, 255, np.uint8), np.zeros(3, np.uint8)
        self._sum, self._n_images = 0.0, 0

    def add(self, pixels: UInt8) -> None:
        import cv2

        # Rows first, in OpenCV: over both axes at once numpy takes twenty times as long.
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
