"""Moments as people name them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streamer.commands.moments import moment
from streamer.errors import UserError

NOW = datetime(2026, 11, 28, 14, 3, 21)


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22 14:03", datetime(2026, 11, 22, 14, 3, tzinfo=UTC)),
        ("2026-11-22T14:03:21.25Z", datetime(2026, 11, 22, 14, 3, 21, 250_000, tzinfo=UTC)),
        ("2026-11-22T14:03+02:00", datetime(2026, 11, 22, 12, 3, tzinfo=UTC)),
        ("today", datetime(2026, 11, 28, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 11, 27, tzinfo=UTC)),
        ("90s", datetime(2026, 11, 28, 14, 1, 51, tzinfo=UTC)),
        ("1.5h", datetime(2026, 11, 28, 12, 33, 21, tzinfo=UTC)),
        ("3d", datetime(2026, 11, 25, 14, 3, 21, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, expected: datetime) -> None:
    assert moment(text, "since", NOW) == expected.timestamp()


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "3 fortnights", "1e400d", "9" * 400 + "d", "0001-01-01T00:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"since=.* must be a time, such as"):
        moment(text, "since", NOW.replace(year=1) if text.startswith("0001") else NOW)
