"""Problems: a set with beginning and end."""

from __future__ import annotations

from streamer.monitor.problems import Problems


def test_a_problem_lasts_from_its_beginning_to_its_end() -> None:
    clock = iter([10.0, 11.0, 12.0, 20.0])
    problems = Problems(lambda: next(clock))
    problems.begin("clips", "no space left")
    problems.begin("lines", "file gone")
    problems.begin("clips", "still no space left")
    assert [(each.part, each.text, each.since, each.n) for each in problems.now()] == [
        ("clips", "still no space left", 10.0, 2),
        ("lines", "file gone", 11.0, 1),
    ]
    problems.end("clips")
    problems.end("clips")
    assert [each.part for each in problems.now()] == ["lines"]
    problems.begin("clips", "no space left")
    assert [(each.part, each.since, each.n) for each in problems.now()] == [("lines", 11.0, 1), ("clips", 12.0, 1)]


def test_what_is_not_written_is_counted() -> None:
    problems = Problems()
    problems.begin("queue", "full", n_unwritten=3)
    problems.begin("queue", "full", n_unwritten=1)
    problems.end("queue")
    assert problems.n_unwritten == 4


def test_a_problem_shows_no_secret() -> None:
    problems = Problems()
    problems.begin("camera", "cannot read rtsp://admin:hunter2@10.0.0.1/live")
    assert "hunter2" not in problems.now()[0].text
