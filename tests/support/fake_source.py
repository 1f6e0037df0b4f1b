"""A source that only tells of itself, for monitors."""


class FakeSource:
    uri = "fake"
    is_live = True
    overflows = 3
    drift_ppm = 12.0
    backlog_s = 0.25
    note = "odd"
    stuck = False
