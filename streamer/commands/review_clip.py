"""What is seen and heard of a clip under review: its sound with a spectrogram, or its images."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.config import ImageSettings
from streamer.errors import StreamerError
from streamer.sinks.clip_marks import FoundClip

PLAYED_RATE = 48_000
_LONGEST_S = 300.0  # of a clip that is shown and played
_MOST_IMAGES = 900
_WIDEST_PX = 320  # of the images that are kept: no terminal shows more
_FPS = 10.0  # of a video that states no rate


@dataclass(frozen=True, slots=True, eq=False)
class ClipContent:
    """What a clip holds; ``failure`` says why it cannot be shown."""

    samples: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))  # mono, at PLAYED_RATE
    spectrogram: Float32 | None = None  # shape (n_frames, n_mels), dB
    mel_hz: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))
    images: tuple[UInt8, ...] = ()  # red-green-blue
    fps: float = _FPS
    seconds: float = 0.0
    failure: str = ""


def read_clip(clip: FoundClip) -> ClipContent:
    """Read a clip; of a damaged one there is only the reason."""
    try:
        return _sound(clip.path) if clip.is_sound else _images(clip.path)
    except (StreamerError, OSError) as error:
        return ClipContent(failure=str(error))


def _sound(path: Path) -> ClipContent:
    from streamer.features.logmel import log_mel
    from streamer.features.logmel_settings import STANDARD
    from streamer.training.sound.files import read_sound

    samples = read_sound(path, PLAYED_RATE, longest_s=_LONGEST_S)
    narrow = read_sound(path, STANDARD.sample_rate, longest_s=_LONGEST_S)
    spectrogram = None
    if len(narrow) >= STANDARD.frame_length:
        spectrogram = np.asarray(log_mel(narrow, STANDARD) * (10.0 / math.log(10.0)), np.float32)
    seconds = len(samples) / PLAYED_RATE
    return ClipContent(samples, spectrogram, STANDARD.mel_hz, seconds=seconds)


def _images(path: Path) -> ClipContent:
    from streamer.sources.images.decoder import VideoDecoder

    decoder = VideoDecoder(path, ImageSettings())
    step = max(1, -(-decoder.header.width // _WIDEST_PX))
    images = tuple(
        np.ascontiguousarray(each.pixels[::step, ::step, ::-1])
        for each in itertools.islice(decoder.images(), _MOST_IMAGES)
    )
    fps = decoder.header.fps if math.isfinite(decoder.header.fps) and decoder.header.fps > 0 else _FPS
    return ClipContent(images=images, fps=fps, seconds=len(images) / fps)
