"""Synthetic labelled files and annotated recordings for the model of `bands`."""

from __future__ import annotations

from pathlib import Path

from tests.support.bands import scene, tones, write_sound

TRACK = "1.0\t2.5\tlow\n3.5\t5.0\thigh\n"  # of bands.scene()


def write_folder(folder: Path) -> Path:
    """Write three clips of `low`, two of `high`, and one in the wrong folder, so that 5 of 6 can be right."""
    for label, frequencies_hz in (("low", (400.0, 500.0, 600.0)), ("high", (4000.0, 4400.0, 500.0))):
        (folder / label).mkdir(parents=True)
        for i, frequency_hz in enumerate(frequencies_hz):
            write_sound(folder / label / f"{i % 2}-{i}.wav", tones(frequency_hz, (0.0, 1.0), length_s=1.0))
    return folder


def write_recordings(folder: Path) -> Path:
    """Write a recording of both bands with its label track, and a silent one with an empty track."""
    folder.mkdir()
    write_sound(folder / "street.wav", scene())
    (folder / "street.txt").write_text(TRACK)
    write_sound(folder / "night.wav", 0 * scene())
    (folder / "night.txt").touch()
    return folder
