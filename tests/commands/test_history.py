"""`streamer history` through the command line, on what `streamer run` wrote."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from streamer.messages import ClipWritten
from streamer.sinks.history import EventHistory
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, HEALTH, IMAGE_MESSAGES, RUNNING


@pytest.fixture(scope="module")
def settings(model: Path, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of a run that has written a history with clips."""
    folder = tmp_path_factory.mktemp("history")
    path = folder / "my.toml"
    path.write_text(f'[output]\nhistory = "{folder}/h.db"\nclips = "{folder}/clips"\n[source]\nrealtime = false')
    lines(run_here("run", sound, "-c", path, "-m", model, "--json", "--start", datetime.now().isoformat()), "summary")
    return path


def test_the_events_of_a_run_with_their_clips(settings: Path) -> None:
    done = run_here("history", "-c", settings)
    *shown, low, high = done.stdout.splitlines()
    assert [line.split("  ")[2] for line in shown] == ["low", "high"]
    assert all(Path(line.split("  ")[-1]).is_file() for line in shown)
    assert (low, high) == ("low: 1 event, 1.6 s in all", "high: 1 event, 1.6 s in all")


def test_json_and_csv_hold_the_same(settings: Path) -> None:
    rows = lines(run_here("history", "-c", settings, "--json"), "event")
    table = list(csv.DictReader(io.StringIO(run_here("history", "-c", settings, "--csv").stdout)))
    assert [(row["label"], str(row["onset_s"]), row["clips"][0]) for row in rows] == [
        (row["label"], row["onset_s"], row["clips"]) for row in table
    ]
    assert [row["length_s"] for row in table] == [f"{row['offset_s'] - row['onset_s']:.4g}" for row in rows]


def test_only_one_label_and_one_time(settings: Path) -> None:
    def labels(*options: str) -> list[str]:
        return [row["label"] for row in lines(run_here("history", "-c", settings, "--json", *options), "event")]

    assert labels("--label", "HIGH") == ["high"]
    assert labels("--since", "1h") == ["low", "high"]
    assert labels("--until", "2020-01-01") == []
    assert labels("--stream", "nowhere") == []


def test_events_of_a_file_that_states_no_time(sound: Path, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(f'[output]\nhistory = "{tmp_path}/h.db"\n[source]\nrealtime = false')
    lines(run_here("run", sound, "-c", path, "-m", model, "--json"), "summary")
    low, high, *_ = run_here("history", "-c", path).stdout.splitlines()
    assert low.startswith("--:--:--  ")
    assert "high" in high
    rows = lines(run_here("history", "-c", path, "--json"), "event")
    assert [row["time"] for row in rows] == [None, None]
    assert lines(run_here("history", "-c", path, "--json", "--since", "1h"), "event") == []


def test_health_and_measurements(settings: Path, tmp_path: Path) -> None:
    assert lines(run_here("history", "health", "-c", settings, "--json"), "health")[-1]["state"] == "ended"
    history = EventHistory(tmp_path / "h.db", every_s=0.0)
    for message in (*IMAGE_MESSAGES, HEALTH):
        history.write(message)
    history.close()
    done = run_here("history", "measurements", "--db", tmp_path / "h.db")
    assert "temporal  31.9741 ± 0.0012 Hz" in done.stdout
    assert "temporal  nothing periodic" in done.stdout
    done = run_here("history", "health", "--db", tmp_path / "h.db", "--csv")
    assert next(csv.DictReader(io.StringIO(done.stdout)))["state"] == "running"


@pytest.mark.parametrize("table", ["events", "measurements", "health"])
def test_parquet_holds_the_same_with_types(tmp_path: Path, table: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    history = EventHistory(tmp_path / "h.db", every_s=0.0)
    for message in (*IMAGE_MESSAGES, EVENT, ClipWritten(EVENT, tmp_path / "a.flac"), HEALTH):
        history.write(message)
    history.close()
    done = run_here("history", table, "--db", tmp_path / "h.db", "--parquet", tmp_path / "t.parquet")
    assert done.returncode == 0, done.stderr
    rows = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    csv_text = run_here("history", table, "--db", tmp_path / "h.db", "--csv").stdout
    expected = list(csv.DictReader(io.StringIO(csv_text)))
    assert [row["stream"] for row in rows] == [row["stream"] for row in expected]
    assert [row["time"].timestamp() for row in rows] == pytest.approx(
        [datetime.fromisoformat(row["time"]).timestamp() for row in expected]
    )
    if table == "events":
        (dog,) = (row for row in rows if row["label"] == "dog")
        assert (dog["score"], dog["length_s"], dog["lost"]) == (0.9123, 1.25, 480)
        assert dog["clips"] == [str(tmp_path / "a.flac")]
    done = run_here("history", table, "--db", tmp_path / "h.db", "--parquet", tmp_path / "no" / "t.parquet")
    assert done.returncode
    assert "parquet" in done.stderr


def test_figures(settings: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = EventHistory(tmp_path / "h.db", every_s=0.0)
    for message in (*IMAGE_MESSAGES, RUNNING, *(replace(EVENT, onset_s=k, label=str(k)) for k in range(40))):
        history.write(message)
    history.close()
    done = run_here("history", "--db", tmp_path / "h.db", "--plot", tmp_path / "figures")
    assert done.returncode == 0, done.stderr
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert names == ["history_timeline.png", "history_hours.png", "history_frequencies.png"]
    assert all((tmp_path / "figures" / name).read_bytes().startswith(b"\x89PNG") for name in names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--db", "none.db"], "history=none.db must be an existing file"),
        ([], "output.history= must name the history"),
        (["--db", "none.db", "--csv", "--json"], "output=--csv --json --parquet --plot must be one of these"),
        (["--db", "none.db", "--since", "soon"], "since='soon' must be a time"),
        (["--db", "none.db", "--since", "1h", "--until", "2h"], "until=2h must be later than since=1h"),
        (["health", "--db", "none.db", "--label", "dog"], "label=dog must be of events"),
    ],
)
def test_mistakes(arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done: Any = run_here("history", *arguments)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_an_empty_choice_says_so(settings: Path) -> None:
    assert run_here("history", "-c", settings, "--until", "2020-01-01").stdout == "no events there\n"
    assert (
        json.loads(json.dumps(run_here("history", "-c", settings, "--csv", "--until", "2020-01-01").stdout)).count("\n")
        == 1
    )
