"""What the wheel and the archive of sources hold, and that both work by themselves."""

from __future__ import annotations

import email
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from streamer import __version__
from tests.support.paths import ROOT

IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist", ".*")
FOLDERS = ("streamer", "models", "tests", "docs", "examples")
FILES = ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "MANIFEST.in", "mkdocs.yml", "pyproject.toml")

_setuptools = int(importlib.metadata.version("setuptools").partition(".")[0])
pytestmark = pytest.mark.skipif(
    _setuptools < 77 and not os.environ.get("CI"), reason="building needs setuptools 77, which the extra `test` brings"
)


def build(source: Path, kind: str) -> Path:
    """Build the wheel or the archive of a folder, as pip does but in this environment."""
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}('dist'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return source / "dist" / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout; building writes beside the sources."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=IGNORED)
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def sources(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of sources, unpacked."""
    unpacked = tmp_path_factory.mktemp("sources")
    with tarfile.open(build(checkout, "sdist")) as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked / f"streamer_edge-{__version__}"


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made of the archive of sources, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build(sources, "wheel")) as archive:
        archive.extractall(folder)
    return folder


def relative_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the packages that lie there before all others."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_all_packages_are_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "streamer").rglob("*.py")}
    assert sorted(listed) == sorted([".".join(folder.parts) for folder in folders] + ["streamer.models"])


def test_the_archive_of_sources_holds_what_its_tests_need(checkout: Path, sources: Path) -> None:
    held = relative_files(sources)
    wanted = {path for path in relative_files(checkout) if path in FILES or path.split("/")[0] in FOLDERS}
    assert sorted(wanted - held) == []
    assert set(FILES) <= held
    assert "models/recipes/ambient/recipe.py" in held
    assert not [path for path in held if path.endswith(".pyc")]


def test_its_tests_run_there(sources: Path) -> None:
    some = ["tests/test_config.py", "tests/sinks/test_jsonlines.py"]  # these read the package's and golden files
    done = run_in(sources, "-m", "pytest", "-q", "-p", "no:cacheprovider", *some)
    assert done.returncode == 0, done.stdout[-3000:]
    done = run_in(sources, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "tests/recipes")
    assert done.returncode == 0, done.stdout[-3000:]
    done = run_in(sources, "-c", "import streamer, tests.support.paths as p; print(streamer.__file__, p.ROOT)")
    assert done.stdout.split() == [str(sources / "streamer" / "__init__.py"), str(sources)]


def test_the_wheel_holds_the_package_its_models_and_settings(wheel: Path) -> None:
    held = relative_files(wheel)
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "streamer").rglob("*.py")}
    assert {path for path in held if path.endswith(".py")} == code
    models = {f"streamer/models/{path.name}" for path in (ROOT / "models").iterdir() if path.is_file()}
    assert models <= held
    assert {"streamer/config.toml", "streamer/py.typed"} <= held
    assert {path.split("/")[0] for path in held} == {"streamer", f"streamer_edge-{__version__}.dist-info"}
    assert sum((wheel / path).stat().st_size for path in held) < 13e6


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    (path,) = wheel.glob("*.dist-info/METADATA")
    return email.message_from_string(path.read_text())


def test_the_wheel_says_whose_it_is_and_what_it_is_for(metadata: Message, wheel: Path) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("streamer-edge", __version__)
    assert (metadata["Author"], metadata["License-Expression"]) == ("The streamer authors", "Apache-2.0")
    assert metadata["Keywords"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    licences = metadata.get_all("License-File")
    assert licences == ["LICENSE", "NOTICE", "models/ATTRIBUTION-esc10.txt", "models/ATTRIBUTION-esc50.txt"]
    (folder,) = wheel.glob("*.dist-info/licenses")
    assert [name for name in licences if not (folder / name).is_file()] == []
    assert "YAMNet" in (folder / "NOTICE").read_text()


def test_the_wheel_works_without_the_checkout(wheel: Path) -> None:
    printed = run_in(wheel, "-m", "streamer", "config")
    assert printed.stdout == (ROOT / "streamer" / "config.toml").read_text()
    code = "from streamer.installation import extras, install_command as c; print(c('train'), extras()['bench'][0])"
    assert run_in(wheel, "-c", code).stdout.endswith("pip install 'streamer-edge[train]' librosa\n")
    shown = run_in(wheel, "-m", "streamer", "models")
    assert shown.returncode == 0, shown.stderr
    assert "ambient" in shown.stdout
