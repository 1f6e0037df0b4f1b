"""The example packages with plug-ins: built and installed by pip, then used by the command line in a new process."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.features.base import ADDED, sound_front_end
from streamer.features.base import PLUG_INS as FRONT_ENDS
from streamer.model.file import read_model_file, write_model_file
from streamer.model.spec import ModelSpec, Sidecar
from tests.support import bands
from tests.support.bands import lines
from tests.support.paths import ROOT
from tests.support.plugins import install, look_again
from tests.support.tiny_models import linear_model, waveform_spec

PLUG_INS = ROOT / "examples" / "plugins"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install all example packages into a folder of their own."""
    sources = shutil.copytree(PLUG_INS, tmp_path_factory.mktemp("plugins") / "sources")
    target = sources.parent / "installed"
    options = [
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--target",
        str(target),
    ]
    packages = sorted(str(path.parent) for path in sources.rglob("pyproject.toml"))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *options, *packages], check=True)
    return target


def streamer(installed: Path, *arguments: object) -> Any:
    return bands.streamer(*arguments, PYTHONPATH=os.pathsep.join([str(installed), str(ROOT)]))


def test_the_example_source_is_run(installed: Path, model: Path, tmp_path: Path) -> None:
    samples = (bands.scene() * 32767).astype("<i2")
    samples.tofile(tmp_path / "sound.raw")
    done = streamer(installed, "run", f"command:cat '{tmp_path}/sound.raw'", "-m", model, "--json")
    assert [event["label"] for event in lines(done, "event")] == ["low", "high"]
    (summary,) = lines(done, "summary")
    assert (summary["position_s"], summary["lost_samples"]) == (samples.size / bands.RATE, 0)


def test_the_example_source_stops_with_the_stream(installed: Path, model: Path) -> None:
    done = streamer(installed, "run", "command:cat /dev/zero", "-m", model, "--json", "--seconds", 1)
    assert lines(done, "summary")[0]["position_s"] == pytest.approx(1.0, abs=0.1)


def test_a_program_that_is_not_there_is_a_mistake(installed: Path) -> None:
    done = streamer(installed, "run", "command:no-such-program-here")
    assert (done.returncode, done.stdout) == (2, "")
    assert "must name an installed program" in done.stderr


def test_without_the_package_its_uri_is_a_missing_file() -> None:
    done = bands.streamer("run", "command:cat")
    assert done.returncode == 2
    assert "file=command:cat must exist" in done.stderr


@pytest.fixture
def crossings(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write a model that hears whether a quarter of the samples have a zero crossing before them."""
    monkeypatch.syspath_prepend(installed)
    look_again(monkeypatch, FRONT_ENDS)
    spec = waveform_spec(
        20,
        front_end={"kind": "zero_crossings"},
        normalisation={"mean": 0.25, "std": 0.02},
        activation="sigmoid",
        events={"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1},
    )
    weights = np.tile(np.array([0.0, 0.05], np.float32), 20)[None]
    write_model_file(tmp_path / "hiss.tflite", linear_model(weights, (1, 20, 2)), spec, ("hiss",))
    yield tmp_path / "hiss.tflite"
    ADDED.clear()
    for schema in (ModelSpec, Sidecar):
        schema.model_rebuild(force=True)


def test_a_model_with_the_example_front_end_is_run(installed: Path, crossings: Path, sound: Path) -> None:
    done = streamer(installed, "run", sound, "-m", crossings, "--fast", "--json")
    (event,) = lines(done, "event")
    assert (event["label"], event["onset_s"]) == ("hiss", pytest.approx(3.5, abs=0.2))
    assert event["offset_s"] == pytest.approx(5.1, abs=0.2)
    done = streamer(installed, "classify", sound, "-m", crossings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hiss" in done.stdout


def test_without_the_package_a_model_names_what_it_needs(crossings: Path, sound: Path) -> None:
    done = bands.streamer("run", sound, "-m", crossings, PYTHONPATH=str(ROOT))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "front_end.kind='zero_crossings' must be 'log_mel'" in line
    assert "it needs the package 'streamer-zero-crossings': install that" in line


def test_the_example_front_end_gives_the_same_rows_for_any_chunks(crossings: Path) -> None:
    settings = read_model_file(crossings).spec.sound_front_end
    samples = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    whole = sound_front_end(settings).push(samples)
    assert whole.shape == (23, 2)
    for length in (1, 159, 160, 1000):
        front_end = sound_front_end(settings)
        pieces = [front_end.push(samples[i : i + length]) for i in range(0, samples.size, length)]
        assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_the_example_sink_writes_events(installed: Path, model: Path, sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    for _ in range(2):  # the second run appends
        done = streamer(installed, "run", sound, "-m", model, "--fast", "--json", "--sink", f"csv:{path}")
        events = lines(done, "event")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["label"] for row in rows] == ["low", "high"] * 2
    for row, event in zip(rows[2:], events, strict=True):
        assert row["time"] == (event["time"] or "")
        assert float(row["offset_s"]) == pytest.approx(event["offset_s"], abs=0.001)


def test_the_example_sink_by_a_settings_file(installed: Path, model: Path, sound: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    sink = f'{{name = "csv", argument = "{tmp_path}/events.csv", settings = {{delimiter = ";"}}}}'
    config.write_text(f"[output]\nsinks = [{sink}]\n")
    lines(streamer(installed, "run", sound, "-c", config, "-m", model, "--fast", "--json"), "event")
    assert (tmp_path / "events.csv").read_text().startswith("time;stream;label;onset_s;offset_s;score\n")
    config.write_text(config.read_text().replace('";"', '";;"'))
    done = streamer(installed, "run", sound, "-c", config, "-m", model, "--fast", "--json")
    assert done.returncode == 2
    assert f"settings of the sink=csv:{tmp_path}/events.csv: delimiter=';;' must" in done.stderr


def test_without_the_package_the_sink_is_unknown(sound: Path) -> None:
    done = bands.streamer("run", sound, "--sink", "csv:x", PYTHONPATH=str(ROOT))
    assert done.returncode == 2
    assert "sink=csv:x must be one of these: jsonl:PATH, log:PATH, " in done.stderr
    assert "; others come with the packages" in done.stderr


def test_a_broken_package_beside_them_is_one_line_of_warning(installed: Path, model: Path, tmp_path: Path) -> None:
    install(tmp_path, "broken-source", "streamer.sources", {"broken": "KIND"}, "import no_such_module_here")
    path = os.pathsep.join(map(str, (tmp_path, installed, ROOT)))
    arguments = ("run", "command:cat /dev/zero", "-m", model, "--log", "--seconds", 0.5)
    done = bands.streamer(*arguments, PYTHONPATH=path)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("streamer: plug-in=broken of the package broken-source (streamer.sources) must load; Module")
