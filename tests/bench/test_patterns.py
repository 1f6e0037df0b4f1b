"""The benchmark of spatial measurements: its figures, and verdicts that are bad when they must be."""

import json
from dataclasses import replace

import pytest

from streamer.bench import patterns, periodicity, rhythms, space
from streamer.bench.patterns import PLAIN, FalsePatterns, measure_accuracy, measure_false_patterns, render
from tests.support.bands import run_here


@pytest.mark.parametrize("lattice", ["stripes", "hexagonal"])
def test_patterns_are_found_within_their_uncertainty(lattice: str) -> None:
    row = measure_accuracy(lattice, 10, iter(range(25)))
    assert (row.n_trials, row.n_found) == (25, 25)
    assert 0.75 < row.coverage <= 1.0
    assert row.ratio < 2.0


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_images_have_no_pattern(kind: str) -> None:
    row = measure_false_patterns(kind, iter(range(10)))
    assert (row.n_images, row.n_false, row.met) == (10, 0, True)


def test_verdicts_can_be_bad() -> None:
    assert not FalsePatterns("white noise", 100, 2).met
    row = measure_accuracy("stripes", 10, iter(range(3)))
    assert replace(row, coverage=0.5).met is False
    assert replace(row, n_found=0).met is None


def test_tables() -> None:
    tables = render([measure_accuracy("mesh", 10, iter(range(2))), FalsePatterns("white noise", 10, 0)])
    assert [table.row_count for table in tables] == [1, 1]


def test_the_command_prints_all_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodicity, "MIN_TRIALS", 1)
    monkeypatch.setattr(periodicity, "MIN_WINDOWS", 1)
    monkeypatch.setattr(patterns, "MIN_TRIALS", 1)
    monkeypatch.setattr(patterns, "MIN_IMAGES", 1)
    monkeypatch.setattr(rhythms, "MIN_TRIALS", 1)
    monkeypatch.setattr(space, "MIN_TRIALS", 1)
    done = run_here("bench", "accuracy", "--seconds", 0.01, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert {row["kind"] for row in report["rows"]} == {
        "Accuracy", "FalseAlarms", "PatternAccuracy", "FalsePatterns", "RhythmAccuracy", "SceneAccuracy",
    }  # fmt: skip
    text = run_here("bench", "accuracy", "--seconds", 0.01).stdout
    assert "Cramér–Rao" in text
    assert "hexagonal" in text
