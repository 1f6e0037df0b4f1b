"""Lines of the log."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from streamer.messages import RunProblem, State, Temporal
from streamer.sinks.line_file import LineFile
from streamer.sinks.log import EventLog, clock_text, measurement_text, rhythm_text
from streamer.text import timestamp
from tests.support.messages import (
    CLOCK,
    EVENT,
    GRID,
    HEALTH,
    IMAGE_MESSAGES,
    MESSAGES,
    MOTION,
    RUNNING,
    STRIPES,
    TOO_FINE,
)


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
    rhythms = "31.9741 ± 0.0012 Hz moving by 0.0617 ± 0.0015 mm, 3.00 ± 0.03 Hz"
    assert event.endswith(f"oscillation along -31 ± 2° 1.25–2.50 s, 1.25 s, peak 0.91, {rhythms}, 2 images lost")
    text = f"998 images, 2 skipped, 1 events, {rhythms}; belt: stripes 6.5 … 7.6 px at 90 ± 2°"
    assert text in summary
    assert measurement_text(GRID) == (
        "grid 12.346 ± 0.010 px (0.6173 ± 0.0005 mm, 16.200 ± 0.013/cm) at 30.0 ± 0.2° "
        "and 12.50 ± 0.02 px (0.6250 ± 0.0010 mm, 16.00 ± 0.03/cm) at -60.0 ± 0.3°"
    )
    assert measurement_text(STRIPES) == (
        "stripes 6.5 … 7.6 px at 90 ± 2° (red-green), in 320×240 px from 320,0; "
        "stripes 9.000 ± 0.004 px at -30.00 ± 0.02°, in 320×480 px from 0,0"
    )
    assert measurement_text(TOO_FINE) == "a pattern finer than can be measured"


def test_each_line_begins_with_its_time() -> None:
    stream = io.StringIO()
    sink = EventLog(stream)
    sink.write(EVENT)
    sink.write(CLOCK)
    event, clock = stream.getvalue().splitlines()
    assert event.startswith(timestamp(EVENT.time))
    assert clock.startswith(timestamp(CLOCK.time))


def test_problems_are_lines_of_a_file_when_they_begin_and_when_they_are_over(tmp_path: Path) -> None:
    full = RunProblem("clips of sound", "no space left in clips", 1.7e9, 1)
    slow = RunProblem("jsonl a", "cannot keep up", 1.7e9, 1)
    sink = EventLog(LineFile(tmp_path / "log.txt"), owned=True)
    written = [
        sink.write(replace(HEALTH, problems=problems)) for problems in ((), (full,), (full, slow), (slow,), (slow,), ())
    ]
    sink.close()
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert written == [False, True, True, True, False, True]
    assert [line.split(" ", 2)[2] for line in lines] == [
        "mic: problem: no space left in clips",
        "mic: problem: cannot keep up",
        "mic: problem over: clips of sound",
        "mic: problem over: jsonl a",
    ]
    assert lines[0].startswith(timestamp(full.since))
    stream = io.StringIO()
    EventLog(stream).write(replace(HEALTH, problems=(full,)))
    assert not stream.getvalue()  # a terminal is told by standard error


@pytest.mark.parametrize(
    ("offset_s", "suspended_s", "is_uncertain", "text"),
    [
        (93_784.0, 0.0, False, "the clock was set forward by 1d 02:03:04"),
        (-0.25, 0.0, False, "the clock was set back by 0.250 s"),
        (754.0, 3600.0, False, "the machine was suspended for 1:00:00; the clock was set forward by 00:12:34"),
        (0.0, 0.0, True, "the clock has not been set since the machine started: times are uncertain"),
        (0.0, 0.0, False, "the clock is set now"),
    ],
)
def test_what_has_happened_to_the_clock(offset_s: float, suspended_s: float, is_uncertain: bool, text: str) -> None:
    change = replace(CLOCK, offset_s=offset_s, suspended_s=suspended_s, is_uncertain=is_uncertain)
    assert clock_text(change) == text


def test_a_rhythm_at_a_rate_of_the_coder_and_one_of_the_coder_alone_are_told_as_such() -> None:
    assert isinstance(MOTION.measured, Temporal)
    first = replace(MOTION.measured.components[1], coder_hz=3.0)
    text = measurement_text(replace(MOTION.measured, components=(first,)))
    assert text == "3.00 ± 0.03 Hz (also a rate of the video coder)"
    pulse = replace(MOTION.measured.components[1], what="pulse", seen_in=("grey", "POS", "CHROM"))
    assert rhythm_text(pulse) == "3.00 ± 0.03 Hz (pulse, in grey, POS, CHROM)"
    nothing = replace(MOTION.measured, status="none", components=())
    assert measurement_text(nothing) == "nothing periodic in time (62.500 ± 0.002 Hz is the video coder's)"
