"""The summary that stays on the terminal."""

import io

from rich.console import Console
from snapshots import snapshot, waiting

from streamer.dashboard.summary import summary, tally


def printed(*arguments: object) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None, _environ={})
    console.print(summary(*arguments))  # type: ignore[arg-type]
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_tally_counts_past_and_running_events() -> None:
    counts = tally(snapshot())
    assert counts["rooster"] == (1, 75.5)
    n_events, total_s = counts["clock_tick"]
    assert n_events == 1
    assert abs(total_s - 7.9) < 1e-6


def test_summary_has_a_line_for_each_stream_and_label() -> None:
    lines = [" ".join(line.split()) for line in printed([snapshot(), waiting()]).splitlines()]
    assert "street running 00:12:34 3142 0 0 0 12/19 ms" in lines
    assert "garden waiting 00:12:34 3142 5280 (1.2 %) 3 2 12/19 ms" in lines
    assert "street rooster 1 1:16" in lines
    assert "street helicopter 1 2.0 s" in lines


def test_summary_takes_the_counts_of_the_whole_run() -> None:
    text = printed([snapshot()], [{"dog": (300, 4000.0)}])
    assert "300" in text
    assert "1:06:40" in text
    assert "rooster" not in text


def test_summary_of_nothing() -> None:
    assert "no events" in printed([snapshot(running=(), past=())])
    assert "[bold]" in printed([snapshot(stream="[bold]", running=(), past=())])
