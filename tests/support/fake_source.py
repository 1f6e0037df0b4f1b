"""A source that only tells of itself, for monitors."""

from typing import Literal


class FakeSource:
    uri = "fake"
    medium: Literal["sound"] = "sound"
    is_live = True
    overflows = 3
    drift_ppm = 12.0
    backlog_s = 0.25
    note = "odd"
    stuck = False
