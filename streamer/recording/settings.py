"""How a stream is cut into examples."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from streamer.errors import UserError

By = Literal["level", "key", "time"]  # what begins a take
LONGEST_S: dict[str, float] = {"level": 10.0, "key": 60.0, "time": 5.0}
MOST_S = 600.0  # a take is kept in memory until it is written: 230 MB of sound in stereo


class Request(Enum):
    """What the user asks for by a key."""

    TAKE = "take"  # begin one, or end the one that runs
    UNDO = "undo"  # give up the one that runs, or delete the last
    PAUSE = "pause"  # begin none by level or time, or go on


@dataclass(frozen=True, slots=True)
class TakeSettings:
    """Where takes begin and end, checked on creation.

    Attributes
    ----------
    by : {"level", "key", "time"}
        What begins one: the level rising above the noise, a key, or the end of the one before.
    trigger_db : float
        By level: decibels above the noise, at least 1. Half of it ends a take again.
    longest_s : float
        Where a take ends at the latest; the length of every take by time.
    pause_s : float
        By level: seconds below the trigger that end a take.
    pre_roll_s : float
        By level: seconds kept before the onset, and after the last that was loud, but of these at most ``pause_s``.
    settle_s : float
        By key: seconds from the key to the beginning, so that the key itself is not heard.
    shortest_s : float
        What is loud for less is a click, not a take.

    Raises
    ------
    UserError
        A value is outside its range.
    """

    by: By = "level"
    trigger_db: float = 12.0
    longest_s: float = 10.0
    pause_s: float = 0.5
    pre_roll_s: float = 0.25
    settle_s: float = 0.0
    shortest_s: float = 0.05

    def __post_init__(self) -> None:
        rules = [
            ("by", self.by, self.by in get_args(By), "be level, key or time", "choose one of them"),
            ("trigger", self.trigger_db, 1.0 <= self.trigger_db <= 60.0, "be 1 … 60 dB above the noise", "try 10"),
            ("length", self.longest_s, 0.1 <= self.longest_s <= MOST_S, f"be 0.1 … {MOST_S:g} s", "try 5"),
            ("pause", self.pause_s, 0.05 <= self.pause_s <= 60.0, "be 0.05 … 60 s", "try 0.5"),
            ("pre-roll", self.pre_roll_s, 0.0 <= self.pre_roll_s <= 60.0, "be 0 … 60 s", "try 0.25"),
        ]
        for name, value, fits, rule, remedy in rules:
            if not fits:
                raise UserError(f"{name}={value} must {rule}; {remedy}")
