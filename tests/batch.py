"""Classify a large folder with bad files of all kinds among its good ones: `python -m tests.batch [--files 20000]`.

Each bad file must be named with an error, once, and no other file; the table says what was found, how long it took and
how much memory the largest process had.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.support.fatal_files import fatal_environment
from tests.support.sound_files import BROKEN, changed, cut, encoded, scene, written

N_BAD = 50
SOUND = scene(16_000, 1, 1.0)
Make = Callable[[Path], object]


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("memo.wav", bytes(100))


def good_files() -> dict[str, Make]:
    """Return what makes a small file of each common format."""
    return {
        "wav": written("WAV", "PCM_16", 16_000),
        "flac": written("FLAC", None, 16_000),
        "ogg": written("OGG", "VORBIS", 16_000),
        "mp3": written("MP3", None, 16_000),
        "m4a": encoded("aac", "ipod", 16_000, "mono", sound=SOUND),
        "opus": encoded("libopus", "ogg", 48_000, "mono"),
    }


def bad_files() -> dict[str, Make]:
    """Return what makes files of which each has damage, no sound, or a fatal effect."""
    rng = np.random.default_rng(0)
    wav = written("WAV", "PCM_16", 16_000)
    made: dict[str, Make] = {case.name: case.make for case in BROKEN if case.damage}
    made |= {
        "empty.wav": Path.touch,
        "text.wav": lambda path: path.write_text("no sound"),
        "page.mp3": lambda path: path.write_text("<!DOCTYPE html><html>404</html>"),
        "archive.wav": zipped,
        "random.mp3": lambda path: path.write_bytes(rng.bytes(5000)),
        "random.flac": lambda path: path.write_bytes(b"fLaC" + rng.bytes(5000)),
        "random.m4a": lambda path: path.write_bytes(b"\0\0\0\x18ftypM4A " + rng.bytes(5000)),
        "random.ogg": lambda path: path.write_bytes(b"OggS" + rng.bytes(5000)),
        "header.wav": changed(wav, lambda data: data[:30]),
        "samples.wav": changed(wav, lambda data: data[:44]),
        "rate.wav": changed(wav, lambda data: data[:24] + (10_000_000).to_bytes(4, "little") + data[28:]),
        "channels.wav": changed(wav, lambda data: data[:22] + b"\xff\xff" + data[24:]),
        "index.m4a": changed(encoded("aac", "ipod"), cut(0.7)),
        "header.opus": changed(encoded("libopus", "ogg", 48_000), lambda data: data[:60]),
        "nowhere.wav": lambda path: path.symlink_to("gone.wav"),
        "itself.wav": lambda path: path.symlink_to(path.name),
        "fatal-SIGSEGV-.wav": wav,
        "fatal-SIGKILL-.wav": wav,
        "fatal-SIGABRT-.wav": wav,
        "caf\udce9 \x1b[2J.wav": lambda path: path.write_bytes(b"RIFF"),
    }
    return made


def fill(folder: Path, n_files: int) -> set[Path]:
    """Write a folder of files of which 50 are bad; return those."""
    originals = folder.parent / "originals"
    originals.mkdir()
    good = []
    for suffix, make in good_files().items():
        good.append(originals / f"good.{suffix}")
        make(good[-1])
    kinds = list(bad_files().items())
    bad = {round((k + 0.5) * n_files / N_BAD): kinds[k % len(kinds)] for k in range(N_BAD)}
    found = set()
    for number in range(n_files):
        inside = folder / f"{number // 1000:02d}"
        inside.mkdir(exist_ok=True)
        if number in bad:
            name, make_bad = bad[number]
            path = inside / f"{number:05d}-{name}"
            make_bad(path)
            found.add(path)
        else:
            source = good[number % len(good)]
            os.link(source, inside / f"{number:05d}{source.suffix}")
    return found


def main() -> int:
    """Make the folder, classify it and print the table; return 1 if anything but the bad files failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--model", default="ambient")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    folder = work / "files"
    folder.mkdir()
    try:
        bad = fill(folder, options.files)
        environment = {**os.environ, "PYTHONPATH": fatal_environment(work / "patch")}
        began_s = time.monotonic()
        command = [sys.executable, "-m", "streamer", "classify", str(folder), "--json", "-m", options.model]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        seconds = time.monotonic() - began_s
    finally:
        shutil.rmtree(work)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    times_named = collections.Counter(row["path"] for row in rows if row["type"] == "file")
    failed = {row["path"] for row in rows if row["type"] == "file" and row["error"]}
    wanted = {str(path) for path in bad}
    by_error = collections.Counter(type_of(row["error"]) for row in rows if row["type"] == "file" and row["error"])
    missed, others = wanted - failed, failed - wanted
    right = not (missed or others) and len(times_named) == options.files and set(times_named.values()) == {1}
    print(f"files {len(times_named)} of {options.files}, each once: {set(times_named.values()) == {1}}")
    print(f"failed {len(failed)}, of them bad {len(failed & wanted)} of {len(wanted)}; exit code {done.returncode}")
    print(f"partial results {sum(bool(row['error'] and row['duration_s']) for row in rows if row['type'] == 'file')}")
    print(f"{seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time, "
          f"largest process {used.ru_maxrss / 1024:.0f} MB")  # fmt: skip
    for error, n in by_error.most_common():
        print(f"  {n:3d}  {error}")
    for path in sorted(missed):
        print(f"  not told: {path!r}")
    for path in sorted(others):
        print(f"  failed though good: {path!r}")
    print(done.stderr.decode(errors="replace")[-2000:], end="")
    return 0 if right and done.returncode == 1 else 1


def type_of(error: str) -> str:
    """Return an error without its file."""
    return error.partition(" must ")[2][:100]


if __name__ == "__main__":
    sys.exit(main())
