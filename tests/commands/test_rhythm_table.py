"""`streamer classify --csv`: the rhythms of videos as a table."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from streamer.commands.rhythm_table import COLUMNS, RhythmTable
from streamer.messages import RegionFindings
from streamer.offline.result import FileResult
from streamer.rhythm_unit import RhythmUnit
from tests.support import lamps
from tests.support.bands import run_here
from tests.support.messages import BELT, NO_TEMPORAL, TEMPORAL


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_each_rhythm_and_time_of_the_image_and_of_its_regions() -> None:
    out = io.StringIO()
    table = RhythmTable(out)
    rpm = replace(TEMPORAL, unit=RhythmUnit("rpm", 2))
    table.write(FileResult(Path("a.mp4"), temporal=TEMPORAL, regions=(RegionFindings(BELT, rpm),)))
    table.write(FileResult(Path("b.mp4"), temporal=NO_TEMPORAL))
    found = rows(out.getvalue())
    assert tuple(found[0]) == COLUMNS
    steady, *drifting = [row for row in found if not row["region"]]
    assert (steady["path"], steady["component"], steady["hz"], steady["unit"]) == ("a.mp4", "1", "31.9741", "Hz")
    assert [(row["time_s"], row["hz"], row["what"]) for row in drifting] == [
        ("3", "2.9", "drifting"),
        ("6", "3.1", "drifting"),
    ]
    belt = [row for row in found if row["region"] == "belt"]
    assert {row["unit"] for row in belt} == {"rpm"}
    assert [float(row["value"]) for row in belt] == pytest.approx([30.0 * float(row["hz"]) for row in belt], rel=1e-5)
    assert len(found) == 6


def test_the_table_of_a_video(tmp_path: Path) -> None:
    model = lamps.write_model(tmp_path / "lamps.tflite")
    video = lamps.write_video(tmp_path / "lamp, 3.avi")
    done = run_here("classify", "--csv", "-m", model, video)
    assert done.returncode == 0, done.stderr
    (row,) = rows(done.stdout)
    assert row["path"] == str(video)
    assert float(row["hz"]) == pytest.approx(3.0, abs=0.01)
    assert (row["what"], float(row["start_s"])) == ("steady", 0.0)
    assert float(row["end_s"]) == pytest.approx(5.0, abs=0.1)
    done = run_here("classify", "--csv", "--json", "-m", model, video)
    assert (done.returncode, "output=--csv --json must be one of these" in done.stderr) == (2, True)
