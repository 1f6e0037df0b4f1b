"""Verdicts, tables and figures of the study."""

import io
import json
from pathlib import Path

import cv2
import pytest
from rich.console import Console

from streamer.study.tables import markdown, render, study_dict
from streamer.study.verdicts import Verdict, verdicts
from tests.support.study_results import invented_results


def _of(rows: list[Verdict], start: str) -> list[str]:
    return [row.word for row in rows if row.claim.startswith(start)]


def test_a_claim_is_found_refuted_or_undecided() -> None:
    found = verdicts(invented_results({("digits", "pixels_network"): (0.8, 0.9)}))
    assert _of(found, "generic pictures: pixels beat") == ["found", "found"]
    refuted = verdicts(invented_results({("digits", "polar_network"): (1 / 3, 0.9)}))
    assert _of(refuted, "generic pictures: pixels beat") == ["undecided", "refuted"]
    few = verdicts(invented_results({("textures", "polar_linear"): (0.6, 0.36)}))
    assert _of(few, "periodic textures: FFT") == ["found", "undecided"]


def test_each_claim_names_what_was_compared() -> None:
    rows = verdicts(invented_results({("motion", "flow_turn"): (0.71, 0.98)}))
    evidence = next(row.evidence for row in rows if row.claim.startswith("motion: spectra"))
    assert "71.0 %" in evidence
    assert "33.2 %" in evidence or "33.3 %" in evidence


def test_every_system_has_its_row_on_every_kind_of_data() -> None:
    results = invented_results({})
    shown = markdown(results)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render(results))
    text = console.export_text()
    from streamer.study.systems import SYSTEMS

    for system in SYSTEMS:
        assert text.count(f"\n{system.title}") == 4
        assert shown.count(f"| {system.title.replace('|', chr(92) + '|')}") == 4


def test_the_page_says_what_is_missing_and_where_data_came_from() -> None:
    page = markdown(invented_results({}, backbone=False))
    assert "ImageNet backbone: left out: none here." in page
    assert "a drawer" in page
    assert "ImageNet backbone → logistic" not in page
    assert "7.0 of 16" in page
    for line in page.splitlines():
        if line.startswith("| ") and "parameters" in line:
            n_columns = line.count("|")
        elif line.startswith(("| pixels ", "| polar spectrum", "| \\|FFT2")):
            assert line.replace("\\|", "").count("|") == n_columns
    claims = [line for line in page.splitlines() if line.startswith("| ") and " against " in line]
    assert {line.replace("\\|", "").count("|") for line in claims} == {4}


def test_json_holds_all_of_it() -> None:
    results = invented_results({("motion", "flow"): (0.5, 0.75)})
    values = json.loads(json.dumps(study_dict(results), allow_nan=False))
    row = next(row for row in values["rows"] if (row["kind"], row["system"]) == ("motion", "flow"))
    assert [point["accuracy"] for point in row["points"]] == [0.5, 0.75]
    assert row["family"] == "flow"
    assert {verdict["word"] for verdict in values["verdicts"]} <= {"found", "refuted", "undecided"}
    assert values["seed"] == 7


def test_figures_are_drawn_and_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))
    from streamer.study.plots import draw

    draw(invented_results({("digits", "pixels_network"): (0.8, 0.9)}), tmp_path)
    for name in ("curves", "few_and_many", "inputs"):
        path = tmp_path / f"{name}.png"
        assert path.stat().st_size < 100_000
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape[1] > 800
        assert picture.std() > 10
