"""Tables and JSON values hold every result of the study."""

import io
import json

from rich.console import Console

from streamer.study.systems import SYSTEMS
from streamer.study.tables import markdown, render, study_dict
from tests.support.study_results import invented_results


def test_every_system_has_a_row_for_every_kind_of_data() -> None:
    results = invented_results({})
    shown = markdown(results)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render(results))
    text = console.export_text()
    for system in SYSTEMS:
        assert text.count(f"\n{system.title}") == 4
        assert shown.count(f"| {system.title.replace('|', chr(92) + '|')}") == 4


def test_the_page_states_what_is_missing_and_the_origin_of_the_data() -> None:
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


def test_the_results_as_json_values() -> None:
    results = invented_results({("motion", "flow"): (0.5, 0.75)})
    values = json.loads(json.dumps(study_dict(results), allow_nan=False))
    row = next(row for row in values["rows"] if (row["kind"], row["system"]) == ("motion", "flow"))
    assert [point["accuracy"] for point in row["points"]] == [0.5, 0.75]
    assert row["family"] == "flow"
    assert {verdict["word"] for verdict in values["verdicts"]} <= {"found", "refuted", "undecided"}
    assert values["seed"] == 7
