"""The keys of the dashboard: one table from which the help, the last line and what keys do are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Binding:
    """Keys that do the same."""

    keys: tuple[str, ...]  # as :mod:`streamer.dashboard.keys` names them
    does: str  # name of what they do, see :mod:`streamer.dashboard.operation`
    help: str  # what that is, for the help
    shown: str = ""  # how the keys are named on the screen; empty: by the first
    short: str = ""  # what it is in a word, for the last line; empty: it is not named there
    of_several: bool = False  # only where there are several streams
    of_held: bool = False  # only while the screen is held

    @property
    def name(self) -> str:
        """How the keys are named on the screen."""
        return self.shown or self.keys[0]


BINDINGS = (
    Binding(("q", "Q"), "quit", "quit; a summary and the events stay on the terminal", "q", "quit"),
    Binding(("?", "f1"), "help", "this help, and its next page", "?", "help"),
    Binding((" ",), "hold", "hold the screen; the streams go on", "space", "hold"),
    Binding(("\t",), "next_stream", "show the next stream alone", "tab", "next stream", of_several=True),
    Binding(("0",), "all_streams", "show all streams", "0", "all", of_several=True),
    Binding(tuple("123456789"), "stream", "show this stream alone", "1…9", of_several=True),
    Binding(("n", "backtab"), "choose_stream", "choose the next stream for the other keys", "n", of_several=True),
    Binding(("up",), "event_up", "choose an event", "↑ ↓", "event"),
    Binding(("down",), "event_down", "", "↓"),
    Binding(("pageup",), "event_page_up", "scroll through the events", "PgUp PgDn"),
    Binding(("pagedown",), "event_page_down", "", "PgDn"),
    Binding(("home",), "event_first", "newest and oldest event", "Home End"),
    Binding(("end",), "event_last", "", "End"),
    Binding(("escape",), "escape", "choose nothing, close this help", "Esc"),
    Binding(("[", ","), "label_up", "choose a label", "[ ]", "label"),
    Binding(("]", "."), "label_down", "", "]"),
    Binding(("+", "="), "threshold_up", "its threshold up and down by 0.05", "+ -", "threshold"),
    Binding(("-", "_"), "threshold_down", "", "-"),
    Binding(("m",), "mute", "no events of the label, and again", "m", "mute"),
    Binding(("p",), "pause", "pause the stream, and resume it", "p", "pause"),
    Binding(("s",), "save_clip", "save the newest seconds as a clip", "s", "save clip"),
)

# While takes are recorded nothing is classified: these keys ask for takes.
BINDINGS_OF_TAKES = (
    Binding((" ",), "take", "begin a take, and end it", "space", "take / end"),
    Binding(("u", "backspace"), "undo", "remove the newest take", "u", "undo"),
    Binding(("p",), "pause_takes", "take nothing, and go on", "p", "pause"),
    Binding(("q", "Q"), "quit", "quit; the takes are files in the folder of their label", "q", "quit"),
    Binding(("?", "f1"), "help", "this help, and its next page", "?", "help"),
)

BY_KEY = {key: binding for binding in BINDINGS for key in binding.keys}


def in_help(bindings: Sequence[Binding], n_streams: int) -> list[tuple[str, str]]:
    """Return the keys and what they do, as the help tells them."""
    told = [each for each in bindings if each.help and (n_streams > 1 or not each.of_several)]
    return [(each.name, each.help) for each in told]


def in_footer(bindings: Sequence[Binding], n_streams: int, *, is_held: bool) -> list[tuple[str, str]]:
    """Return the keys that the last line names, the most important first."""
    told = [each for each in bindings if each.short and (n_streams > 1 or not each.of_several)]
    return [(each.name, each.short) for each in told if is_held or not each.of_held]


def is_quit(key: str) -> bool:
    """Return whether a key ends the dashboard."""
    return key in BY_KEY and BY_KEY[key].does == "quit"
