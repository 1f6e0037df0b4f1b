"""Lines of the log."""

import io
from dataclasses import replace

from streamer.messages import State
from streamer.sinks.log import EventLog, measurement_text
from tests.support.messages import EVENT, GRID, HEALTH, IMAGE_MESSAGES, MESSAGES, MOTION, RUNNING


def test_events_and_changes_of_state_are_lines() -> None:
    stream = io.StringIO()
    sink = EventLog(stream)
    for message in (RUNNING, EVENT, HEALTH, replace(HEALTH, state=State.WAITING, detail="gone"), MESSAGES[-1]):
        sink.write(message)
    texts = [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()]
    assert texts == [
        "mic: dog begins at 1.25 s (0.91)",
        "mic: dog 1.25–2.50 s, 1.25 s, peak 0.91, 480 samples lost",
        "mic: waiting gone",
        "mic: 12.0 s, 40 windows, 480 samples lost, 3 events",
    ]


def test_the_log_has_the_measurements() -> None:
    stream = io.StringIO()
    sink = EventLog(stream)
    for message in (MOTION, IMAGE_MESSAGES[-1]):
        sink.write(message)
    event, summary = stream.getvalue().splitlines()
    assert event.endswith("oscillation 1.25–2.50 s, 1.25 s, peak 0.91, 31.9741 ± 0.0012 Hz, 2 images lost")
    assert summary.endswith("998 images, 2 skipped, 1 events, 31.9741 ± 0.0012 Hz")
    assert measurement_text(GRID) == "grid 12.346 ± 0.010 px at 30.0 ± 0.2°"
