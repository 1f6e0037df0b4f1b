"""What the user looks at, and the keys that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamer.snapshot import Snapshot

QUIT = "q"
KEYS = (("q", "quit"), ("space", "hold"))  # shown in the last line
KEYS_OF_TAKES = (("space", "take / end"), ("u", "undo"), ("p", "pause"), ("q", "quit"))
KEYS_OF_SEVERAL = (*KEYS, ("tab", "next stream"), ("0", "all"))


@dataclass(frozen=True)
class View:
    """Which streams are on the screen, and whether it stands still."""

    focus: int | None = None  # index of the only stream shown; None for all
    is_held: bool = False  # the picture stands still; the streams go on

    def press(self, key: str, n_streams: int) -> View:
        """The view after a key: space holds, tab goes to the next stream, 1–9 choose one, 0 shows all."""
        if key == " ":
            return replace(self, is_held=not self.is_held)
        if key == "\t" and n_streams > 1:
            following = 0 if self.focus is None else self.focus + 1
            return replace(self, focus=following if following < n_streams else None)
        if key == "0":
            return replace(self, focus=None)
        if key.isdecimal() and 1 <= int(key) <= n_streams > 1:
            return replace(self, focus=int(key) - 1)
        return self

    def chosen(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """The snapshots to show."""
        if self.focus is None or self.focus >= len(snapshots):
            return snapshots
        return snapshots[self.focus : self.focus + 1]


def parse(data: bytes) -> list[str]:
    """Keys in what was read from the terminal; escape sequences (arrows, pasted text's frame) are no keys."""
    if b"\x1b" in data:
        data = data[: data.index(b"\x1b")]
    return [c.lower() for c in data.decode("ascii", "ignore")]
