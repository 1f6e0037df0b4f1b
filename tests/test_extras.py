"""What needs an extra says so where it is missing, and nothing else needs it; in CI all extras are there."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import streamer as package
from streamer.installation import install_command
from tests.support.bands import lines, streamer

TRAIN = ("tensorflow", "keras", "sklearn", "matplotlib", "sed_eval", "dcase_util")
OUTPUTS = {
    "mqtt:127.0.0.1": ("paho", "mqtt"),
    "prometheus": ("prometheus_client", "metrics"),
    "notify:json://x": ("apprise", "notify"),
}
OTHERS = ("scipy", "librosa", "kaldi_native_fbank", "audioflux", "paho", "prometheus_client", "apprise", "astral",
          "pyarrow")  # fmt: skip


@pytest.mark.skipif(not os.environ.get("CI"), reason="only CI must have the extra train")
@pytest.mark.parametrize("name", TRAIN)
def test_ci_skips_no_test_of_training(name: str) -> None:
    assert importlib.util.find_spec(name) is not None


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without extras, for the processes started now: importing them fails as if they were not there."""
    for name in (*TRAIN, *OTHERS):
        text = f"raise ModuleNotFoundError(\"No module named '{name}'\", name={name!r})\n"
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_every_module_can_be_imported_without_extras(bare: None) -> None:
    names = [
        module.name
        for module in pkgutil.walk_packages(package.__path__, "streamer.")
        if not module.name.endswith("__main__")
    ]
    assert "streamer.training.task" in names
    code = f"import importlib\nfor name in {names}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("sink", OUTPUTS)
def test_an_output_without_its_extra_says_how_to_get_it(bare: None, model: Path, sound: Path, sink: str) -> None:
    done = streamer("run", sound, "-m", model, "--fast", "--json", "--sink", sink)
    missing, extra = OUTPUTS[sink]
    assert (done.returncode, done.stdout) == (2, "")
    assert f"extra={extra} must be installed for this; {missing}" in done.stderr
    assert install_command(extra) in done.stderr


def test_commands_that_need_no_extra_work_without_them(bare: None, model: Path, sound: Path, tmp_path: Path) -> None:
    for word in ("low", "high"):
        (tmp_path / "data" / word).mkdir(parents=True)
        (tmp_path / "data" / word / "scene.wav").write_bytes(sound.read_bytes())
    for arguments in (["--help"], ["models"], ["train", "--help"]):
        assert streamer(*arguments).returncode == 0
    for command in ("doctor", "devices"):  # their exit codes tell of the machine
        assert "Traceback" not in streamer(command).stderr
    assert [line["label"] for line in lines(streamer("classify", sound, "-m", model, "--json"), "file")]
    assert lines(streamer("run", sound, "-m", model, "--fast", "--json"), "summary")
    assert streamer("evaluate", model, tmp_path / "data", "--json").returncode == 0
    done = streamer("evaluate", model, tmp_path / "data", "--plot", tmp_path / "figures")
    assert done.returncode == 2
    assert install_command("train") in done.stderr
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("task", ["sound", "pattern", "motion"])
def test_training_without_its_extra_says_how_to_get_it(bare: None, task: str, tmp_path: Path) -> None:
    for label in ("one", "other"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for suffix in ("wav", "png", "avi"):
            (tmp_path / "data" / label / f"1.{suffix}").touch()
    done = streamer("train", task, tmp_path / "data", "-o", tmp_path / "my.tflite")
    assert done.returncode == 2
    assert install_command("train") in done.stderr
    assert not list(tmp_path.glob("*my*"))


def test_the_study_without_its_extra_says_how_to_get_it(bare: None, tmp_path: Path) -> None:
    done = streamer("study", "-o", tmp_path / "answer")
    assert done.returncode == 2
    assert install_command("train") in done.stderr
    assert not (tmp_path / "answer").exists()
