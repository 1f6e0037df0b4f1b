"""Packages with plug-ins, installed for one test: a module and the metadata that pip would write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamer.plugins import PlugIns


def install(directory: Path, package: str, group: str, entries: dict[str, str], module: str = "") -> None:
    """Install a package of one module, named as the package with underscores, into a directory on the path.

    Parameters
    ----------
    directory : Path
    package : str
    group : str
    entries : dict of str to str
        Name of each entry point → name of the object in the module.
    module : str
        Text of the module.
    """
    name = package.replace("-", "_")
    (directory / f"{name}.py").write_text(module)
    metadata = directory / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{entry} = {name}:{target}\n" for entry, target in entries.items()]
    (metadata / "entry_points.txt").write_text(f"[{group}]\n" + "".join(lines))


def look_again(monkeypatch: pytest.MonkeyPatch, plug_ins: PlugIns[Any]) -> None:
    """Forget, for one test, which plug-ins a registry has found."""
    found = type(plug_ins)(plug_ins.group, object)._entries
    monkeypatch.setitem(vars(plug_ins), "_entries", found)  # setattr would look for the old value now, and keep it
    monkeypatch.setitem(vars(plug_ins), "_loaded", {})
