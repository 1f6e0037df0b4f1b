"""The keys of the dashboard: one table from which the help, the last line and what keys do are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


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
    of_images: bool = False  # only where there is a stream of images
    of_region: bool = False  # only while a region is chosen
    of_event: bool = False  # only while an event is chosen, and before all others then
    of_cursor: bool = False  # the same of the cursor on a spectrogram

    @property
    def name(self) -> str:
        """How the keys are named on the screen."""
        return self.shown or self.keys[0]


BINDINGS = (
    Binding(("q", "Q"), "quit", "quit; a summary and the events stay on the terminal", "q", "quit"),
    Binding(("?", "f1"), "help", "this help, and its next page", "?", "help"),
    Binding((" ", "h"), "hold", "hold the screen; the streams go on", "space", "hold"),
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
    Binding(("e",), "suppressed", "what was no event, and why; events again", "e", "suppressed"),
    Binding(("c",), "cursor", "cursor on the spectrogram: Hz, dB, time", "c", "cursor"),
    Binding(("left",), "earlier", "back in time, and to now", "← →"),
    Binding(("right",), "later", "", "→"),
    Binding(("z",), "zoom_in", "less time in a cell, and more", "z Z"),
    Binding(("Z",), "zoom_out", "", "Z"),
    Binding(("f",), "fewer_bands", "fewer frequencies, and more", "f F"),
    Binding(("F",), "more_bands", "", "F"),
    Binding(("d",), "brighter", "brighter by 5 dB, and darker", "d D"),
    Binding(("D",), "darker", "", "D"),
    Binding(("v",), "palette", "colours: dark, light, viridis, cividis", "v"),
    Binding(("[", ","), "label_up", "choose a label", "[ ]", "label"),
    Binding(("]", "."), "label_down", "", "]"),
    Binding(("+", "="), "threshold_up", "its threshold up and down by 0.05", "+ -", "threshold"),
    Binding(("-", "_"), "threshold_down", "", "-"),
    Binding(("w",), "save_threshold", "write its threshold to the settings file", "w", "write"),
    Binding(("m",), "mute", "no events of the label, and again", "m", "mute"),
    Binding(("p",), "pause", "pause the stream, and resume it", "p", "pause"),
    Binding(("s",), "save_clip", "save the newest seconds as a clip", "s", "save clip"),
    Binding(("r",), "region", "choose a region of the images, with keys or mouse", "r", "region", of_images=True),
)

# While a region of the images is chosen, keys and mouse act on it alone.
BINDINGS_OF_REGION = (
    Binding(("enter",), "set", "measure the region on its own from now on", "Enter", "set", of_region=True),
    Binding(("escape",), "leave", "leave all as it was", "Esc", "leave", of_region=True),
    Binding(("up", "down", "left", "right"), "move", "move it", "← ↑ ↓ →", "move", of_region=True),
    Binding(("+", "-"), "grow", "larger and smaller", "+ -", "size", of_region=True),
    Binding(("[", "]"), "width", "its width; also Shift with an arrow", "[ ]", "width", of_region=True),
    Binding(("{", "}"), "height", "its height; also Shift with an arrow", "{ }", "height", of_region=True),
    Binding(
        ("mouse",),
        "drag",
        "drag over the image: a region from here to there",
        "mouse",
        "drag",
        of_region=True,
    ),
    Binding(("\t",), "next", "the next region that there is, then a new one", "tab", "next", of_region=True),
    Binding(
        ("x", "delete", "backspace"),
        "clear",
        "measure this region no longer",
        "x",
        "clear",
        of_region=True,
    ),
)

# With an event selected these keys act on it, before all others; the same keys and words as in `streamer review`.
BINDINGS_OF_EVENT = (
    Binding(("y",), "right", "it was right", "y", "right", of_event=True),
    Binding(("n",), "wrong", "it was wrong: its clip goes to the background", "n", "wrong", of_event=True),
    Binding(("l",), "label", "it was another label: a number, or type one", "l", "label", of_event=True),
    Binding((" ",), "play", "play its clip, or stop", "space", "play", of_event=True),
    Binding(("u",), "undo", "take the last mark back", "u", "undo", of_event=True),
)

# While a cursor stands on the spectrogram these keys move it, before all others.
BINDINGS_OF_CURSOR = (
    Binding(("left",), "earlier", "back and forward in time", "← →", "time", of_cursor=True),
    Binding(("right",), "later", "", "→", of_cursor=True),
    Binding(("up",), "higher", "up and down in frequency", "↑ ↓", "frequency", of_cursor=True),
    Binding(("down",), "lower", "", "↓", of_cursor=True),
    Binding(("pageup",), "page_earlier", "by ten cells", "PgUp PgDn", of_cursor=True),
    Binding(("pagedown",), "page_later", "", "PgDn", of_cursor=True),
    Binding(("home",), "oldest", "to the oldest and newest that is kept", "Home End", of_cursor=True),
    Binding(("end",), "newest", "", "End", of_cursor=True),
    Binding(("escape", "c"), "cursor", "no cursor", "Esc", "end", of_cursor=True),
)

# While takes are recorded nothing is classified: these keys ask for takes.
BINDINGS_OF_TAKES = (
    Binding((" ",), "take", "begin a take, and end it", "space", "take / end"),
    Binding(("u", "backspace"), "undo", "remove the newest take", "u", "undo"),
    Binding(("p",), "pause_takes", "take nothing, and go on", "p", "pause"),
    Binding(("q", "Q"), "quit", "quit; the takes are files in the folder of their label", "q", "quit"),
    Binding(("?", "f1"), "help", "this help, and its next page", "?", "help"),
)

HELP_KEYS = ("?", "f1")
BY_KEY = {key: binding for binding in BINDINGS for key in binding.keys}


_ARROWS = {"↑": "up", "↓": "down", "←": "left", "→": "right", "…": "-"}
_NAMES = {" ": "space", "backtab": "Shift-Tab"}  # of keys, where they are shown


def without(bindings: Sequence[Binding], keys: Iterable[str]) -> list[Binding]:
    """Return bindings without some keys, which do something else now, and without those that have no key left."""
    taken, left = set(keys), []
    for binding in bindings:
        others = tuple(key for key in binding.keys if key not in taken)
        if others == binding.keys:
            left.append(binding)
        elif others:
            left.append(replace(binding, keys=others, shown=_NAMES.get(others[0], others[0])))
    return left


def of_medium(bindings: Sequence[Binding], *, has_images: bool) -> Sequence[Binding]:
    """Return the bindings that mean something where there are streams of images, or none."""
    return bindings if has_images else [each for each in bindings if not (each.of_images or each.of_region)]


def in_help(
    bindings: Sequence[Binding],
    n_streams: int,
    *,
    of_event: bool = False,
    of_cursor: bool = False,
    of_region: bool = False,
) -> list[tuple[str, str]]:
    """Return the keys and what they do, as the help tells them; those for an event, cursor or region apart."""
    told = [each for each in bindings if each.help and (n_streams > 1 or not each.of_several)]
    wanted = of_event, of_cursor, of_region
    return [(each.name, each.help) for each in told if (each.of_event, each.of_cursor, each.of_region) == wanted]


def key_name(name: str, *, ascii_only: bool) -> str:
    """Return how keys are named where there may be no arrows."""
    return "".join(_ARROWS.get(c, c) for c in name) if ascii_only else name


def in_footer(bindings: Sequence[Binding], n_streams: int, *, is_held: bool) -> list[tuple[str, str]]:
    """Return the keys that the last line names, the most important first."""
    told = [each for each in bindings if each.short and (n_streams > 1 or not each.of_several)]
    return [(each.name, each.short) for each in told if is_held or not each.of_held]


def is_quit(key: str) -> bool:
    """Return whether a key ends the dashboard."""
    return key in BY_KEY and BY_KEY[key].does == "quit"
