"""Times in file names, as recorders write them: when the first sample or image of a file was captured."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from streamer.errors import UserError

YEARS = range(1990, 2100)  # a time outside of them is that of a clock that was never set, or none at all
# Date and time, apart or together; "$" is a Song Meter's, " at " a telephone's. A number before or after would make
# it a part of a longer number.
_NAME = re.compile(
    r"(?<!\d)(?P<date>\d{4}([-_.]?)\d\d\2\d\d)(?:[T_$-]|[ _]at[ _]| - | |)"
    r"(?P<time>\d\d([-_.:]?)\d\d\4\d\d)(?:[.,](?P<fraction>\d{1,6}))?"
    r"(?P<zone>Z|[ _]?[+-](?:0\d|1[0-4]):?(?:00|15|30|45))?(?!\d)"
)
_AUDIOMOTH = re.compile(r"\d{8}_\d{6}T?\.WAV|[0-9A-F]{8}\.WAV")
_HEX = re.compile(r"[0-9A-F]{8}\.WAV")  # of the first AudioMoths: seconds since the epoch
_DIRECTIVES = {
    **dict.fromkeys("dHMSmyIU", r"\d\d"),
    **{"Y": r"\d{4}", "j": r"\d{3}", "f": r"\d{1,6}", "z": r"(?:Z|[+-]\d\d:?\d\d)", "p": r"[AaPp][Mm]"},
    **{"b": r"[^\W\d_]+", "B": r"[^\W\d_]+", "%": "%"},
}


def is_audiomoth(name: str) -> bool:
    """Whether a file is named as an AudioMoth names its recordings, which are in UTC unless it was set up otherwise."""
    return _AUDIOMOTH.fullmatch(name) is not None


def time_of_name(name: str, pattern: str = "") -> datetime | None:
    """Return the time in the name of a file, without a zone where it has none; None where there is no time in it.

    Parameters
    ----------
    name : str
        With its suffix, without folders.
    pattern : str
        Date and time as in the name, by the directives of ``strptime``, such as ``%d%m%y-%H%M%S``; what comes before
        and after it in the name does not matter. By default those of usual recorders are tried.

    Raises
    ------
    UserError
        If the pattern is none.
    """
    if pattern:
        return _by_pattern(name, pattern)
    if _HEX.fullmatch(name) and not name[:8].isdigit():
        return _plausible(datetime.fromtimestamp(int(name[:8], 16), UTC))
    for found in _NAME.finditer(name):
        digits = re.sub(r"\D", "", found["date"] + found["time"])
        try:
            time = datetime.strptime(digits, "%Y%m%d%H%M%S")
        except ValueError:
            continue
        time += timedelta(seconds=float(f"0.{found['fraction'] or 0}"))
        if time.year in YEARS:
            return time.replace(tzinfo=_zone(found["zone"]))
    return None


def check_pattern(pattern: str) -> None:
    """Check that a pattern of times in names holds at least a date.

    Raises
    ------
    UserError
        If it does not.
    """
    used = re.findall(r"%(.)", pattern.replace("%%", ""))
    has_date = {"d", "m"} <= set(used) or {"d", "b"} <= set(used) or {"d", "B"} <= set(used) or "j" in used
    if set(used) - set(_DIRECTIVES) or not (has_date and {"Y", "y"} & set(used)) or len(used) != len(set(used)):
        raise UserError(
            f"time_pattern={pattern} must hold a date by %Y or %y, %m or %b, and %d, each once, and may hold a time by "
            "%H, %M, %S, %f and %z; for example %Y%m%d_%H%M%S"
        )


def _by_pattern(name: str, pattern: str) -> datetime | None:
    check_pattern(pattern)
    parts = re.split(r"%(.)", pattern)
    expression = "".join(_DIRECTIVES[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
    for found in re.finditer(f"(?=({expression}))", name):
        try:
            return _plausible(datetime.strptime(found[1], pattern))
        except ValueError:
            continue
    return None


def _plausible(time: datetime) -> datetime | None:
    return time if time.year in YEARS else None


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    digits = re.sub(r"\D", "", text)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if "-" in text else offset)
