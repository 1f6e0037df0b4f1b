"""RhythmUnit: the unit in which people want a rhythm: Hz, beats or turns a minute, or the deviation from a note."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from streamer.text import with_sigma

UnitName = Literal["hz", "bpm", "rpm", "note"]

A4_HZ = 440.0
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_A4 = 69  # number of that note, in semitones, where C of octave −1 has 0
_CENTS = 1200.0 / math.log(2.0)  # in a natural logarithm: an octave has 1200


@dataclass(frozen=True, slots=True)
class RhythmUnit:
    """A unit for frequencies, and how values in hertz are converted to it."""

    name: UnitName = "hz"
    blades: int = 1  # of a fan or propeller: so many of its periods are one turn; for rpm
    a4_hz: float = A4_HZ  # frequency of the note A4, for notes

    @property
    def symbol(self) -> str:
        """What stands behind a value."""
        return {"hz": "Hz", "bpm": "bpm", "rpm": "rpm", "note": "cents"}[self.name]

    def converted(self, hz: float, hz_sigma: float = 0.0) -> tuple[float, float]:
        """Return a frequency and its standard uncertainty in this unit; of a note, cents from the nearest one.

        rpm = 60 f / blades, cents = 1200 log₂(f / f_note), whose σ is 1200 / ln 2 · σ / f.
        """
        if self.name == "note":
            semitones = 12.0 * math.log2(hz / self.a4_hz) if hz > 0.0 else math.nan
            nearest = round(semitones) if math.isfinite(semitones) else math.nan
            return 100.0 * (semitones - nearest), _CENTS * hz_sigma / hz if hz > 0.0 else math.nan
        factor = {"hz": 1.0, "bpm": 60.0, "rpm": 60.0 / self.blades}[self.name]
        return factor * hz, factor * hz_sigma

    def note(self, hz: float) -> str:
        """Return the nearest note of equal temperament, such as ``A4`` or ``C#2``; empty in other units."""
        if self.name != "note" or not (math.isfinite(hz) and hz > 0.0):
            return ""
        number = round(12.0 * math.log2(hz / self.a4_hz)) + _A4
        return f"{_NOTES[number % 12]}{number // 12 - 1}"

    def text(self, hz: float, hz_sigma: float) -> str:
        """Return a frequency with its uncertainty: ``3.60 ± 0.02 Hz``, ``216.0 ± 1.2 rpm``, ``A4 −3.2 ± 0.5 cents``."""
        value, sigma = self.converted(hz, hz_sigma)
        text = f"{with_sigma(value, sigma)} {self.symbol}"
        if self.name == "note":
            sign = "+" if value >= 0.0 else ""
            return f"{self.note(hz)} {sign}{text} ({with_sigma(hz, hz_sigma)} Hz)"
        return text


HZ = RhythmUnit()
