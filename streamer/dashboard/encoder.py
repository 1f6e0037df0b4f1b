"""Encode a frame as the control sequences that change the terminal from the last frame to it."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.style import Style

from streamer.dashboard.theme import Line

# A style; its attributes, foreground and background as SGR parameters; and the sequences that change all of these,
# both colours, and either of them.
_Entry = tuple[Style, str, str, str, str, str, str, str]
_RESET = ("", "39", "49")
_ATTRIBUTES = (("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("reverse", "7"))
_MAX_CODES = 16_384  # a camera's images have new pairs of colours without end
SYNC_BEGIN, SYNC_END = (
    "\x1b[?2026h",
    "\x1b[?2026l",
)  # terminals that know these show a frame at once, others ignore them


class Encoder:
    """Encoder that writes only lines that changed, and in a line a style only where it differs from the last.

    Rich's own rendering repeats the whole style for every segment. Here a line of the spectrogram, whose segments
    share styles, takes a third of the bytes and of the time.

    Parameters
    ----------
    colour_system : str or None
        Colour system by its name in rich; None writes attributes only.
    """

    def __init__(self, colour_system: str | None) -> None:
        self._system = None if colour_system is None else ColorSystem[colour_system.upper().replace("256", "EIGHT_BIT")]
        self._codes: dict[int, _Entry] = {}  # by identity; holds the style, so that it stays unique
        self._shown: list[str] = []

    def reset(self) -> None:
        """Assume that the screen is empty: the next frame is written in full."""
        self._shown = []

    def frame(self, lines: list[Line]) -> str:
        """Return the control sequences that change the screen to these lines; empty where nothing changed."""
        fresh = [self._encode(line) for line in lines]
        old = self._shown if len(self._shown) == len(fresh) else [""] * len(fresh)
        changed = [f"\x1b[{k};1H{new}" for k, (new, was) in enumerate(zip(fresh, old, strict=True), 1) if new != was]
        self._shown = fresh
        return f"{SYNC_BEGIN}{''.join(changed)}\x1b[0m{SYNC_END}" if changed else ""

    def _encode(self, line: Line) -> str:
        parts: list[str] = ["\x1b[0m"]
        add, known = parts.append, self._codes
        last_style: Style | None = None
        attributes, foreground, background = _RESET
        for text, style, _ in line:
            if style is not last_style and style is not None:
                last_style = style
                # The sequences are there ready-made: an image has thousands of cells, each with colours of its own.
                _, new_attributes, new_foreground, new_background, of_all, of_both, of_text, of_ground = known.get(
                    id(style)
                ) or self._add(style)
                if new_attributes != attributes:
                    add(of_all)
                elif new_foreground != foreground:
                    add(of_both if new_background != background else of_text)
                elif new_background != background:
                    add(of_ground)
                attributes, foreground, background = new_attributes, new_foreground, new_background
            add(text)
        return "".join(parts)

    def _add(self, style: Style) -> _Entry:
        attributes = "".join(f"{code};" for name, code in _ATTRIBUTES if getattr(style, name))
        foreground, background = _RESET[1:]
        if self._system is not None:
            if style.color is not None:
                foreground = ";".join(style.color.downgrade(self._system).get_ansi_codes(True))
            if style.bgcolor is not None:
                background = ";".join(style.bgcolor.downgrade(self._system).get_ansi_codes(False))
        entry = (
            style, attributes, foreground, background,
            f"\x1b[0;{attributes}{foreground};{background}m", f"\x1b[{foreground};{background}m",
            f"\x1b[{foreground}m", f"\x1b[{background}m",
        )  # fmt: skip
        if len(self._codes) >= _MAX_CODES:
            self._codes.clear()
        self._codes[id(style)] = entry
        return entry
