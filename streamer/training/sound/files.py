"""Read sound files for training: windows as the live pipeline cuts them, and decoded sections at one rate."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, finite
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.features.channels import ChannelMix
from streamer.model.spec import ModelSpec
from streamer.offline.sound import classify_sound
from streamer.pipeline.sound import SoundPipeline
from streamer.pipeline.stage import Stage
from streamer.sources.sound.file import SoundFile, read_blocks, read_header
from streamer.system import native_name
from streamer.training.windows import WindowCollector

WHOLE_S = 45.0  # a longer file is read in sections …
SECTION_S = 30.0  # … of this length
RANGE_DB = 25.0  # a moment further below a file's loudest one is a pause
CACHE_BYTES = 128 << 20  # of decoded sections kept by one process: some 400 clips of 5 s at 16 kHz


def cut_file(path: Path, spec: ModelSpec) -> Float32:
    """Return a file's windows as the live pipeline gives them to a model of this description, (n, n_frames, n_mels).

    There is at least one: a file shorter than a window is padded with silence.

    Raises
    ------
    UserError
        If the file cannot be read to its end.
    """
    collector = WindowCollector(spec)
    result = classify_sound(path, SoundPipeline("file", [Stage("file", collector, EventSettings())]))[0]
    if result.error:
        raise UserError(result.error)
    return np.stack(collector.take())


def has_sound(windows: Float32) -> NDArray[np.bool_]:
    """Return which of a file's windows are not a pause, shape (n,).

    In a pause every frame is 25 dB or more below the loudest frame of the file.

    Parameters
    ----------
    windows : ndarray, shape (n, n_frames, n_mels)
        Log-mel power in nepers.
    """
    power = np.exp(windows).sum(axis=2)
    loud: NDArray[np.bool_] = (power >= power.max() * 10 ** (-RANGE_DB / 10)).any(axis=1)
    return loud


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A decoded section of a file."""

    samples: Float32  # shape (n_samples,), mono, range −1…1
    active: NDArray[np.intp]  # first samples of the frames that are not a pause; empty in silence


@lru_cache(maxsize=1 << 17)
def n_sections(path: Path) -> int:
    """Return the number of sections in which a file is read, from its header alone.

    Raises
    ------
    UserError
        If it is no sound file.
    """
    _, duration_s = read_header(path)
    return 1 if duration_s <= WHOLE_S else math.ceil(duration_s / SECTION_S)


@lru_cache(maxsize=4096)
def loud_sections(path: Path) -> tuple[int, ...]:
    """Return the numbers of the sections that are no pause, by one pass through the file; a short file is not read.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    if n_sections(path) == 1:
        return (0,)
    loudest = np.asarray([np.abs(block).max() for block in read_blocks(path, SECTION_S)[1]])
    loud = np.flatnonzero(loudest >= loudest.max() * 10 ** (-RANGE_DB / 20))
    return tuple(int(i) for i in np.minimum(loud, n_sections(path) - 1))


class SectionCache:
    """Decode sections of files and keep those used last, up to `CACHE_BYTES`.

    Parameters
    ----------
    sample_rate : int
        To which all files are resampled.
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._kept: OrderedDict[tuple[Path, int], Section] = OrderedDict()
        self._n_bytes = 0

    def get(self, path: Path, section: int = 0) -> Section:
        """Return a section, decoded unless it is kept.

        Raises
        ------
        UserError
            If the file is damaged.
        """
        key = (path, section)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        whole = n_sections(path) == 1
        samples = read_sound(path, self.sample_rate, section * SECTION_S, np.inf if whole else SECTION_S)
        found = self._kept[key] = Section(samples, active_frames(samples))
        self._n_bytes += samples.nbytes
        while self._n_bytes > CACHE_BYTES and len(self._kept) > 1:
            self._n_bytes -= self._kept.popitem(last=False)[1].samples.nbytes
        return found


def read_sound(path: Path, sample_rate: int, start_s: float = 0.0, longest_s: float = np.inf) -> Float32:
    """Return the mix of a file's channels from ``start_s`` on, at most ``longest_s`` of it, shape (n_samples,).

    Raises
    ------
    UserError
        If it is no sound file, or damaged.
    """
    import soxr

    sound_format, _ = read_header(path)
    rate = sound_format.sample_rate
    mix = ChannelMix(rate, sound_format.n_channels)
    if start_s:
        blocks = iter([_excerpt(path, round(start_s * rate), round(longest_s * rate))])
    else:
        blocks = _up_to(read_blocks(path, min(longest_s, SECTION_S))[1], longest_s * rate)
    samples = np.concatenate([mix.push(block) for block in blocks])
    return np.asarray(soxr.resample(samples, rate, sample_rate, quality="HQ"), np.float32)


def active_frames(samples: Float32, frame: int = 320, range_db: float = RANGE_DB) -> NDArray[np.intp]:
    """Return the first sample of every frame whose level lies within ``range_db`` of the loudest one."""
    n_frames = max(1, samples.size // frame)
    padded = np.zeros(n_frames * frame, np.float32)
    padded[: min(samples.size, padded.size)] = samples[: padded.size]
    power = np.mean(np.square(padded.reshape(n_frames, frame)), axis=1)
    return np.flatnonzero(power >= max(power.max() * 10 ** (-range_db / 10), 1e-12)) * frame


def _up_to(blocks: Iterator[Float32], n_samples: float) -> Iterator[Float32]:
    for block in blocks:
        yield block
        n_samples -= len(block)
        if n_samples <= 0:
            return


@lru_cache(maxsize=1 << 17)
def _is_plain(path: Path) -> bool:
    return SoundFile(path).is_plain


def _excerpt(path: Path, start: int, n_samples: int) -> Float32:
    """Read from the middle of a long file, shape (n_samples, n_channels).

    Of a file that libsndfile reads alone, what comes before is not decoded. An mp3's first frames after such a jump may
    be wrong, which does no harm in training.
    """
    import soundfile

    if not _is_plain(path):
        return _passage(SoundFile(path), start, n_samples)
    try:
        with soundfile.SoundFile(native_name(path)) as file:
            file.seek(min(start, file.frames))
            samples: Float32 = file.read(n_samples, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise UserError(f"file={path} must be readable to its end; convert or remove it ({error})") from None
    return finite(samples)


def _passage(file: SoundFile, start: int, n_samples: int) -> Float32:
    """Return samples from the middle of a file that is decoded from its beginning."""
    found: list[Float32] = []
    for chunk in file.chunks(SECTION_S):
        if chunk.start >= start + n_samples:
            break
        found.append(chunk.samples[max(0, start - chunk.start) : max(0, start + n_samples - chunk.start)])
    else:
        if file.damage:
            raise UserError(file.damage)
    return np.concatenate(found)
