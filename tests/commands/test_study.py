"""`streamer study` from end to end, with tiny sizes and tiny networks."""

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamer.commands.study import study
from streamer.errors import UserError
from streamer.study import curves, features, kinds, run
from streamer.study.front_ends import FRONT_ENDS
from streamer.study.kinds import KINDS, Sizes
from streamer.study.systems import SYSTEMS

TINY = Sizes(per_label=(2, 3), pool=4, test=2, draws=1, effort=0.02)
KEPT = ("direct", "scalar", "polar_linear", "motion_linear", "pixels_network", "one_image")


def tiny_network(shape: tuple[int, ...], n_labels: int) -> Any:
    """Return a network of one layer."""
    import keras

    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(n_labels)])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    pytest.importorskip("tensorflow")
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("STREAMER_SHARED", str(tmp_path))
    monkeypatch.setattr(os, "environ", os.environ.copy())  # the command sets threads for its own process
    monkeypatch.setattr(kinds, "QUICK", TINY)
    monkeypatch.setattr(run, "find_weights", lambda: None)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    systems = [dataclasses.replace(s, build=tiny_network) if s.build else s for s in SYSTEMS]
    used = tuple(s for s in systems if s.key in KEPT)
    monkeypatch.setattr(run, "SYSTEMS", used)
    monkeypatch.setattr(features, "FRONT_ENDS", {s.front_end: FRONT_ENDS[s.front_end] for s in used})
    features.front_ends.cache_clear()
    yield
    features.front_ends.cache_clear()


@pytest.mark.usefixtures("small")
def test_it_writes_the_page_the_plots_and_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new/folder"
    assert study(output, seed=5, quick=True, json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((output / "study/results.json").read_text())
    assert {(row["kind"], row["system"]) for row in printed["rows"]} == {
        (kind.key, key) for kind in KINDS for key in KEPT
    }
    for row in printed["rows"]:
        assert [point["n_per_label"] for point in row["points"]] == [2, 3]
        assert all(0 <= point["accuracy"] <= 1 for point in row["points"])
        assert row["blind"] == (row["system"] == "motion_linear" and row["kind"] in ("digits", "textures"))
        assert row["front_end_ms"] > 0
    assert "downloads nothing" in printed["backbone"]
    page = (output / "study.md").read_text()
    assert page.startswith("# Can spectrograms classify images?")
    assert "Seed 5" in page
    assert "downloads nothing" in page
    assert sorted(path.name for path in (output / "study").iterdir()) == [
        "curves.png",
        "few_and_many.png",
        "inputs.png",
        "results.json",
    ]
    assert sorted(path.name for path in output.iterdir()) == ["study", "study.md"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError("no")])
def test_temporary_files_are_removed_when_it_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    names: list[str] = []

    def stop(job: curves.StudyJob) -> curves.LearningCurve:
        names.extend(path.name for path in tmp_path.glob(".study-*/*.npy"))
        raise error

    monkeypatch.setattr(run, "measure", stop)
    with pytest.raises(type(error) if isinstance(error, Exception) else KeyboardInterrupt):
        study(tmp_path, quick=True)
    assert "videos.motion_summary.npy" in names
    assert list(tmp_path.glob(".study-*")) == []


@pytest.mark.usefixtures("small")
def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(UserError, match=r"output=.*file must be a folder to write to"):
        study(tmp_path / "file", quick=True)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("missing", ["sklearn", "matplotlib"])
def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name == missing:
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(UserError, match=rf"study must have {missing}; install it: .*pip install .*\[train\]'"):
        study(tmp_path, quick=True)
    assert list(tmp_path.iterdir()) == []
