"""Measure what reading sound costs: `python -m tests.sound_cost` prints the table on the page on sound files.

Each file is noise, mono, of ten minutes; processor time is that of a process that reads it, less that of one that
reads a second of it, for an hour of sound; memory is the most that the process had.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from streamer.arrays import Float32
from streamer.sources.sound.contents import decoder_of
from streamer.sources.sound.file import SoundFile
from streamer.sources.sound.libsndfile import LibsndfileDecoder
from tests.support.sound_files import encoded

MINUTES = 10
Make = Callable[[Path, Float32], None]


def by_libsndfile(container: str, subtype: str | None = None, rate: int = 16_000) -> Make:
    """Return what writes a sound by libsndfile."""

    def make(path: Path, sound: Float32) -> None:
        with soundfile.SoundFile(path, "w", rate, 1, subtype, format=container) as file:
            for block in np.array_split(sound, 1 + len(sound) // rate):  # libvorbis crashes on ten minutes at once
                file.write(block)

    return make


def by_ffmpeg(codec: str, container: str, rate: int = 16_000, *, images: bool = False) -> Make:
    """Return what writes a sound by FFmpeg."""
    return lambda path, sound: encoded(codec, container, rate, "mono", images=images, sound=sound)(path)


KINDS: dict[str, tuple[int, Make]] = {
    "wav": (16_000, by_libsndfile("WAV", "PCM_16")),
    "flac": (16_000, by_libsndfile("FLAC")),
    "ogg": (16_000, by_libsndfile("OGG", "VORBIS")),
    "opus": (48_000, by_libsndfile("OGG", "OPUS", 48_000)),
    "mp3": (16_000, by_libsndfile("MP3")),
    "m4a": (16_000, by_ffmpeg("aac", "ipod")),
    "webm": (48_000, by_ffmpeg("libopus", "webm", 48_000)),
    "mp4": (16_000, by_ffmpeg("aac", "mp4", images=True)),
}


def noise(seconds: float, rate: int) -> Float32:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (round(seconds * rate), 1)).astype(np.float32)


_READ = """
import sys
from pathlib import Path
path = Path(sys.argv[2])
if sys.argv[1] == "libsndfile":
    from streamer.sources.sound.libsndfile import LibsndfileDecoder
    from streamer.sources.sound.parts import Part
    decoder = LibsndfileDecoder(path, Part())
else:
    from streamer.sources.sound.ffmpeg import FFmpegDecoder
    decoder = FFmpegDecoder(lambda: path.open("rb", buffering=0), path.name)
for _ in decoder.pieces(160_000):
    pass
import os
lines = Path("/proc/self/status").read_text().splitlines()
print(sum(os.times()[:2]), next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def measured(path: Path, by: str) -> tuple[float, float]:
    """Return processor seconds and the most megabytes of a process that reads a file."""
    command = [sys.executable, "-c", _READ, by, str(path)]
    cpu_s, memory_kb = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return float(cpu_s), float(memory_kb) / 1024


def row(kind: str, folder: Path) -> str:
    """Return the line of one kind of file."""
    rate, make = KINDS[kind]
    short, long = folder / f"short.{kind}", folder / f"long.{kind}"
    make(short, noise(1.0, rate))
    make(long, noise(60.0 * MINUTES, rate))
    first = type(decoder_of(long, SoundFile(long)._content.parts[0]))
    cells = []
    for by in ("libsndfile", "FFmpeg"):
        if by == "libsndfile" and first is not LibsndfileDecoder:
            cells.append("– | –")
            continue
        (base_s, _), (cpu_s, memory) = measured(short, by), measured(long, by)
        cells.append(f"{(cpu_s - base_s) * 60 / MINUTES:.2f} | {memory:.0f}")
    return f"| {kind} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    print("| file | libsndfile: s/h | MB | FFmpeg: s/h | MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            print(row(kind, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
