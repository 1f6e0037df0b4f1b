"""The command that installs an extra fits where streamer runs from, and names our distribution, not a stranger's."""

import importlib.metadata
import re
import shutil
import sys
import tomllib
from email.message import Message
from pathlib import Path

import pytest

from streamer import installation
from streamer.installation import DISTRIBUTION, PURPOSES, checkout, extras, install_command, missing_packages
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation, not a checkout."""
    monkeypatch.setattr(installation, "checkout", lambda: None)


@pytest.fixture
def own_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that has been activated, so that `pip` is its own."""
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))


def test_the_distribution_is_named_as_in_its_metadata() -> None:
    assert PROJECT["name"] == DISTRIBUTION == "streamer-edge"


@pytest.mark.usefixtures("own_pip")
def test_from_a_checkout_the_extra_comes_from_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert checkout() == ROOT
    monkeypatch.chdir(ROOT)
    assert install_command("train") == "pip install -e '.[train]'"
    monkeypatch.chdir(tmp_path)
    assert install_command("train") == f"pip install -e '{ROOT}[train]'"


@pytest.mark.usefixtures("own_pip", "installed")
def test_an_installation_takes_the_extra_of_our_distribution() -> None:
    assert install_command("train") == "pip install 'streamer-edge[train]'"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("found", [None, "/usr/bin/pip"])
def test_the_pip_of_another_environment_is_not_named(monkeypatch: pytest.MonkeyPatch, found: str | None) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: found)
    assert install_command("bench") == f"{sys.executable} -m pip install 'streamer-edge[bench]'"


def test_every_extra_is_said_to_be_for_something() -> None:
    assert set(PROJECT["optional-dependencies"]) <= set(PURPOSES)
    assert {name: len(listed) for name, listed in PROJECT["optional-dependencies"].items()} == {
        name: len(listed) for name, listed in extras().items()
    }
    assert extras()["train"][:2] == ["tensorflow", "scikit-learn"]
    assert missing_packages(["numpy", "no-such-package"]) == ["no-such-package"]


@pytest.mark.usefixtures("installed")
def test_an_installation_reads_its_own_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = Message()
    for name, value in (
        ("Requires-Dist", "numpy>=1.26"),
        ("Provides-Extra", "train"),
        ("Requires-Dist", 'tensorflow>=2.18; extra == "train"'),
        ("Provides-Extra", "tflite"),
        ("Requires-Dist", "tflite-runtime==2.14.0; python_version < '3.12' and extra == 'tflite'"),
    ):
        metadata[name] = value
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: {DISTRIBUTION: metadata}[name])
    assert extras() == {"train": ["tensorflow"], "tflite": ["tflite-runtime"]}


def test_no_hint_names_the_distribution_of_another_project() -> None:
    strangers = re.compile(r"pip install [^\n]*\bstreamer(?!-edge)\b")
    found = [path for path in (ROOT / "streamer").rglob("*.py") if strangers.search(path.read_text())]
    assert found == []
