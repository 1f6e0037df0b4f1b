"""Sound files through libsndfile, as plain blocks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.sources.file_check import check_readable
from streamer.system import native_name, quiet_stderr

SAMPLE_RATES = (1000, 768_000)  # a header with a rate outside of this range is damaged …
MAX_CHANNELS = 64  # … as is one with more channels
MAX_BLOCK_VALUES = 1 << 24  # samples of all channels in a block: 64 MB, whatever the header says of rate and channels
OTHER_SOURCES = (
    ", or give mic, mic:NAME, camera, demo, or - for raw PCM on standard input; streamer classify takes folders too"
)


def read_header(path: Path, channel: int | None = None) -> tuple[SoundFormat, float]:
    """Read a sound file's header.

    Parameters
    ----------
    path : Path
        Any format that libsndfile reads.
    channel : int, optional
        Index of the only channel that will be read.

    Returns
    -------
    sound_format : SoundFormat
        Of what :func:`read_blocks` would deliver.
    duration_s : float
        Seconds, by the header.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no sound, or lacks the channel.
    """
    with _open(path) as file:
        sample_rate, n_channels, n_samples = int(file.samplerate), int(file.channels), int(file.frames)
    if n_samples <= 0:
        raise UserError(f"file={path} must hold at least one sample; record or convert it again")
    if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1] or n_channels > MAX_CHANNELS:
        raise UserError(
            f"file={path} must have {SAMPLE_RATES[0]} … {SAMPLE_RATES[1]} samples per second and at most "
            f"{MAX_CHANNELS} channels; its header says {sample_rate} and {n_channels}: convert it again"
        )
    if channel is not None and channel >= n_channels:
        raise UserError(f"channel={channel} must be below {n_channels}, the number of channels of {path}")
    return SoundFormat(sample_rate, 1 if channel is not None else n_channels, path.name), n_samples / sample_rate


def read_blocks(
    path: Path, block_s: float = 1.0, channel: int | None = None, *, replace_nonfinite: bool = True
) -> tuple[SoundFormat, Iterator[Float32]]:
    """Open a sound file to read it from beginning to end, without threads and clocks.

    Parameters
    ----------
    path : Path
        Any format that libsndfile reads.
    block_s : float
        Seconds per block; the last one may be shorter.
    channel : int, optional
        Index of the only channel to read.
    replace_nonfinite : bool
        Replace NaN and infinite values by 0.

    Returns
    -------
    sound_format : SoundFormat
        Format of the blocks.
    blocks : iterator of ndarray of float32, shape (n_samples, n_channels)
        New arrays in order, range −1…1. Raises UserError where the file is damaged.

    Raises
    ------
    UserError
        As :func:`read_header`.
    """
    sound_format, _ = read_header(path, channel)
    return sound_format, _blocks(path, max(1, round(block_s * sound_format.sample_rate)), channel, replace_nonfinite)


def _blocks(path: Path, block_length: int, channel: int | None, replace_nonfinite: bool) -> Iterator[Float32]:
    import soundfile

    n_read = 0
    with _open(path) as file:
        must_replace = replace_nonfinite and file.subtype in ("FLOAT", "DOUBLE")  # only these can hold NaN and infinity
        block_length = max(1, min(block_length, MAX_BLOCK_VALUES // file.channels))
        may_print = file.format == "MP3"  # libmpg123 reports damage on file descriptor 2
        while True:
            try:
                with quiet_stderr() if may_print else contextlib.nullcontext():
                    block: Float32 = file.read(block_length, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, RuntimeError) as error:
                position_s = n_read / file.samplerate
                raise UserError(
                    f"file={path} must be readable to its end; damaged after {position_s:.1f} s ({error})"
                ) from None
            if block.shape[0] == 0:
                return
            n_read += block.shape[0]
            if must_replace:
                np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            yield block if channel is None else block[:, channel : channel + 1]


def _open(path: Path) -> Any:
    """Open a sound file with libsndfile; every failure becomes a UserError in plain words."""
    import soundfile

    class Sequential(soundfile.SoundFile):  # type: ignore[misc]
        """A sound file without soundfile's seek to the present position before every block.

        After a seek, an mp3 decoder lacks the bits that a frame takes from its predecessors: a tone of amplitude
        0.5, read with seeks in blocks of 0.1 s, had errors of 0.5.
        """

        def seekable(self) -> bool:
            return False

    check_readable(path, "a sound file", OTHER_SOURCES)
    try:
        with quiet_stderr():
            return Sequential(native_name(path))
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: *.raw files have no header
        raise UserError(
            f"file={path} must be a sound file (wav, flac, ogg, mp3, …); convert it with "
            f"ffmpeg -i {path.name} {path.stem}.flac ({getattr(error, 'error_string', error)})"
        ) from None
