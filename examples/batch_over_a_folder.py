"""Classify all files of a folder on several threads; without an argument, of a folder of synthetic ones."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

import streamer
from streamer.sources.sound.synthesis import clock_tick, rain


def write_examples(folder: Path) -> None:
    """Write rain, a clock, silence, and a file that is no sound."""
    for name, make in (("rain.wav", rain), ("clock.ogg", clock_tick)):
        soundfile.write(folder / name, 0.3 * make(np.random.default_rng(0), 96_000, 16_000), 16_000)
    soundfile.write(folder / "silence.flac", np.zeros(64_000), 16_000)
    (folder / "broken.wav").write_text("no sound")


def line(path: Path) -> str:
    """Return what a file holds, or what is wrong with it."""
    try:
        result = streamer.classify(path)
    except streamer.StreamerError as error:
        return f"{path.name}: {error}"
    return f"{path.name}: {result.label} {result.score:.2f}, {len(result.events)} events in {result.duration_s:.0f} s"


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
    if len(sys.argv) == 1:
        write_examples(folder)
    with ThreadPoolExecutor() as threads:
        for result in threads.map(line, sorted(folder.iterdir())):
            print(result)
