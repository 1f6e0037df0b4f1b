"""Where streamer is installed from, and the command that installs one of its extras there."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamer.errors import UserError

DISTRIBUTION = "streamer-edge"  # on package indexes, where `streamer` is the name of another project
PURPOSES = {
    "train": "learns labels of your own (streamer train), the study, plots",
    "tflite": "the older TFLite runtime; Python 3.11 and an environment of its own",
    "mqtt": "results to an MQTT broker, and Home Assistant",
    "metrics": "figures for Prometheus",
    "notify": "tells people by phone, chat or mail",
    "rules": "rules with sunrise and sunset",
    "tables": "tables of events as Parquet",
    "bench": "the libraries that streamer bench compares with",
    "docs": "builds the documentation",
    "test": "runs the tests",
}


def checkout() -> Path | None:
    """Return the folder of the checkout or unpacked archive that this code runs from; None where it is installed."""
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None


def pip() -> str:
    """Return the command that runs pip for the Python in use: `pip` alone, where that is the one found first."""
    found = shutil.which("pip")
    if found and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    return f"{shlex.quote(sys.executable)} -m pip"


def install_command(extra: str) -> str:
    """Return the command that installs streamer with an extra, from the checkout where there is one.

    Examples
    --------
    >>> install_command("train")  # doctest: +SKIP
    "pip install -e '.[train]'"
    """
    folder = checkout()
    if folder is None:
        return f"{pip()} install '{DISTRIBUTION}[{extra}]'"
    place = "." if folder == Path.cwd() else str(folder)
    return f"{pip()} install -e {shlex.quote(f'{place}[{extra}]')}"


def extras() -> dict[str, list[str]]:
    """Return the packages of each extra, by the metadata of this installation; empty where it has none."""
    folder = checkout()
    if folder is not None:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return {extra: [_name(each) for each in listed] for extra, listed in project["optional-dependencies"].items()}
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return {}
    packages: dict[str, list[str]] = {extra: [] for extra in metadata.get_all("Provides-Extra") or ()}
    for requirement in metadata.get_all("Requires-Dist") or ():
        if marker := re.search(r"extra\s*==\s*[\"']([^\"']+)", requirement):
            packages[marker[1]].append(_name(requirement))
    return packages


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Turn an ImportError inside the block into one that names the extra and the command that installs it.

    Parameters
    ----------
    extra : str
        That has what is imported.
    """
    try:
        yield
    except ImportError as error:
        missing = error.name or error
        raise UserError(
            f"extra={extra} must be installed for this; {missing} is missing: {install_command(extra)}"
        ) from None


def missing_packages(packages: list[str]) -> list[str]:
    """Return those packages that are not installed."""
    return [name for name in packages if not _is_installed(name)]


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0] if found else requirement
