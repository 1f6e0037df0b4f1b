"""Settings of `streamer record`: what begins a take and what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from streamer.errors import UserError

TakeTrigger = Literal["level", "key", "time"]  # what begins a take
LONGEST_S: dict[str, float] = {"level": 10.0, "key": 60.0, "time": 5.0}
MAX_LENGTH_S = 600.0  # a take is kept in memory until it is written: 230 MB of sound in stereo


class Request(Enum):
    """Command of the user, given by a key while `streamer record` runs."""

    TAKE = "take"  # begin a take, or end the one that runs
    UNDO = "undo"  # drop the take that runs, or delete the last one
    PAUSE = "pause"  # begin no takes by level or time, or continue


@dataclass(frozen=True, slots=True)
class TakeSettings:
    """Where takes begin and end, checked on creation.

    Attributes
    ----------
    by : {"level", "key", "time"}
        What begins a take: the level rising above the noise, a key, or the end of the take before.
    trigger_db : float
        By level: decibels above the noise at which a take begins, 1 … 60. Below 85 % of it the take ends.
    longest_s : float
        Maximum length of a take; the length of every take by time.
    pause_s : float
        By level: a take ends after so many quiet seconds.
    pre_roll_s : float
        By level: seconds kept before the onset, and after the last loud block, but there at most ``pause_s``.
    settle_s : float
        By key: seconds from the key to the beginning, so that the sound of the key is not recorded.
    shortest_s : float
        Minimum length: anything shorter is a click and is dropped.

    Raises
    ------
    UserError
        A value is outside its range.
    """

    by: TakeTrigger = "level"
    trigger_db: float = 12.0
    longest_s: float = 10.0
    pause_s: float = 0.5
    pre_roll_s: float = 0.25
    settle_s: float = 0.0
    shortest_s: float = 0.05

    def __post_init__(self) -> None:
        rules = [
            ("by", self.by, self.by in get_args(TakeTrigger), "be level, key or time", "choose one of them"),
            ("trigger", self.trigger_db, 1.0 <= self.trigger_db <= 60.0, "be 1 … 60 dB above the noise", "try 10"),
            (
                "length",
                self.longest_s,
                0.1 <= self.longest_s <= MAX_LENGTH_S,
                f"be 0.1 … {MAX_LENGTH_S:g} s",
                "try 5",
            ),
            ("pause", self.pause_s, 0.05 <= self.pause_s <= 60.0, "be 0.05 … 60 s", "try 0.5"),
            ("pre-roll", self.pre_roll_s, 0.0 <= self.pre_roll_s <= 60.0, "be 0 … 60 s", "try 0.25"),
        ]
        for name, value, fits, rule, remedy in rules:
            if not fits:
                raise UserError(f"{name}={value} must {rule}; {remedy}")
