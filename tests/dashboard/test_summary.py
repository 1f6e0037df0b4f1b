"""The summary that stays on the terminal."""

import io

import pytest
from rich.console import Console

from streamer.dashboard.summary import summary
from streamer.messages import Summary
from tests.support.snapshots import image_snapshot, snapshot, spatial, temporal, waiting

pytestmark = pytest.mark.usefixtures("utc")


def printed(*summaries: Summary) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None, _environ={})
    console.print(summary(summaries))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_summary_has_a_line_for_each_stream_and_label() -> None:
    street = Summary(snapshot().health, {"rooster": (1, 75.5), "dog": (300, 4000.0)})
    text = printed(street, Summary(waiting().health, {}))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "street running 00:12:34 3142 0 0 0 12/19 ms" in lines
    assert "garden waiting 00:12:34 3142 5280 (1.2 %) 3 2 12/19 ms" in lines
    assert "street rooster 1 1:16" in lines
    assert lines.index("street dog 300 1:06:40") < lines.index("street rooster 1 1:16")  # the longest first


def test_summary_of_nothing() -> None:
    assert "no events" in printed(Summary(snapshot().health, {}))
    assert "[bold]" in printed(Summary(snapshot(stream="[bold]").health, {}))


def test_summary_has_the_strongest_periods_and_skipped_images() -> None:
    text = printed(
        Summary(image_snapshot().health, {}, temporal(alias_hz=()), spatial(2)), Summary(snapshot().health, {})
    )
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "porch running 00:12:34 3142 12 (0.05 %) 0 0 12/19 ms" in lines
    assert "porch 3.600 Hz ± 0.004 steady · 25 dB · 58 cells" in lines
    assert any(line.startswith("porch 20.00 px ± 0.02 at 29.98° ± 0.14; grid · contrast 0.42") for line in lines)
    assert "Hz" not in printed(Summary(snapshot().health, {}))


def test_the_events_of_the_run_stay_on_the_terminal() -> None:
    shown = image_snapshot()
    console = Console(file=io.StringIO(), width=100, color_system=None, _environ={})
    console.print(summary([Summary(shown.health, {"drift": (7, 80.0)})], [*shown.past, *shown.running]))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "17:59:35 porch stripes 20.00 px 6.9 s 0.97" in lines
    assert "17:59:52 porch rotation 3.600 Hz still on 0.95" in lines
    assert "the newest 3 of 7 events" in lines
