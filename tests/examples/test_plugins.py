"""The example packages with plug-ins: built and installed by pip, then used by the command line in a new process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import bands
from tests.support.bands import lines
from tests.support.paths import ROOT

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
