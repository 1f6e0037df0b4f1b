"""`streamer train` from the folder to the model file, with a training task so small that it takes seconds."""

import dataclasses
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from tests.support import tiny_task
from tests.support.paths import ROOT
from tests.support.tiny_task import TinyTask, write_tones

pytest.importorskip("tensorflow")

from streamer.commands.classify import classify
from streamer.commands.models import check_models
from streamer.commands.train import train
from streamer.dataset.examples import Dataset
from streamer.errors import StreamerError, UserError
from streamer.model.file import read_model_file
from streamer.model.sandbox import load_classifier
from streamer.training import tasks
from streamer.training.card import MARK
from streamer.training.fit import Fitted, Schedule, fit
from streamer.training.options import TrainingOptions
from streamer.training.progress import ReportProgress
from streamer.training.task import Advance, TrainingPhase
from streamer.training.trainer import Trainer
from streamer.training.windows import TrainingWindows
from streamer.training.world import WorldRecording

ORIGIN = r"^(\d+)-"
QUICK = (TrainingPhase("embedding", Schedule(3, 0.03, batch=32)), TrainingPhase("", Schedule(20, 0.03, batch=32)))


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "training_task", lambda task, labels, window_s=None: TinyTask(labels, phases=QUICK))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tones(tmp_path_factory.mktemp("data"), 6, ("high", "low", "middle"))


def _train(data: Path, output: Path, *, json: bool = False, **changed: Any) -> None:
    options = TrainingOptions("sound", data, output, groups=ORIGIN, n_folds=2, seed=3)
    assert train(dataclasses.replace(options, **changed), json=json) == 0


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_becomes_a_model_that_classifies_files(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "tones.tflite"
    _train(data, output, json=True)
    result = json.loads(capsys.readouterr().out)
    assert _names(tmp_path) == ["tones.md", "tones.tflite"]  # and nothing temporary
    assert result["evaluation"]["closed_set_accuracy"] >= 0.9
    assert result["labels"] == ["high", "low", "middle", "background"]
    assert result["bytes"] == output.stat().st_size
    assert "cross-validation in 2 parts" in result["measured"]
    assert [t["label"] for t in result["thresholds"]] == ["high", "low", "middle"]
    assert result["calibration_error"]["after"] < result["calibration_error"]["before"]

    model = read_model_file(output)
    load_classifier(model)  # loads, and fits its description
    assert model.spec.name == "tones"
    assert set(model.spec.events.labels) == {"high", "low", "middle"}
    assert model.spec.card.accuracy["right"] == result["evaluation"]["closed_set_accuracy"]
    assert model.spec.card.made_by == result["command"]
    assert check_models([str(output)]) == 0
    assert f"{model.spec.name}: ok (" in capsys.readouterr().out
    assert classify([data / "low"], None, {"model.path": str(output)}, json=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["label"] for line in lines] == ["low"] * 6

    card = (tmp_path / "tones.md").read_text()
    assert card.startswith(MARK)
    for part in (result["command"], result["measured"], "streamer run -m tones.tflite", "| high | 6 |", "## Limits"):
        assert part in card


class WorldlyTask(TinyTask):
    """Brings a world: a recording that is like `low`, which has it, and one of noise."""

    world_layer = "embedding"

    def world(self) -> Iterator[WorldRecording]:
        import keras

        network = self.network()
        trunk = keras.Model(network.input, network.get_layer("embedding").output)
        shape = trunk.output_shape[1:]
        yield WorldRecording(np.full((200, *shape), 3.0, np.float16), 1.0, self.labels[:-1], "wood")
        yield WorldRecording(np.full((100, *shape), -3.0, np.float16), 1.0, ("low",), "street")


def test_the_world_is_counted_and_on_the_card(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "training_task", lambda task, labels, window_s=None: WorldlyTask(labels, phases=QUICK))
    _train(data, tmp_path / "t.tflite", json=True)
    result = json.loads(capsys.readouterr().out)
    world = result["open_set"]["world"]
    assert (world["recordings"], world["origins"]) == (2, {"wood": 1, "street": 1})
    assert world["exposed_hours"] == pytest.approx(300 / 3600, abs=1e-4)
    hours = {one["label"]: one["world_hours"] for one in result["thresholds"]}
    assert hours == {"high": pytest.approx(100 / 3600), "low": 0.0, "middle": pytest.approx(100 / 3600)}
    assert "false events an hour (95 %) in the world that comes with streamer" in (tmp_path / "t.md").read_text()


def test_recordings_of_none_of_the_labels_are_measured_and_never_trained_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = tmp_path / "unknown"
    write_tones(unknown, 2, ("high", "middle"), seconds=3.0)
    (unknown / "middle").rename(unknown / "whistle")  # what is no label is unknown
    _train(data, tmp_path / "t.tflite", unknown=unknown, json=True)
    result = json.loads(capsys.readouterr().out)
    found = result["open_set"]["unknown"]
    assert (found["files"], found["left_out"]) == (2, {"high": 2})
    assert found["false_events"] >= 2  # a tone of a label, under another name
    assert [one["folder"] for one in found["folders"]] == ["whistle"]
    assert f"--unknown {unknown}" in result["command"]
    card = (tmp_path / "t.md").read_text()
    assert card.index("false events an hour (95 %) on the recordings in") < card.index("## How it was made")
    assert "false_events_per_hour" in read_model_file(tmp_path / "t.tflite").spec.card.accuracy


def test_labels_are_left_out_of_training_in_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tones = {f"tone{i}": 250.0 * 1.6**i for i in range(6)}
    monkeypatch.setattr(tiny_task, "TONES", tones)
    data = write_tones(tmp_path / "data", 4, tuple(tones), seconds=1.0)
    without: list[set[int]] = []
    train_without = Trainer.train_without

    def watched(self: Trainer, labels: Sequence[int], *arguments: Any) -> Any:
        without.append(set(labels))
        return train_without(self, labels, *arguments)

    monkeypatch.setattr(Trainer, "train_without", watched)
    _train(data, tmp_path / "t.tflite", leave_labels_out=True, json=True)
    found = json.loads(capsys.readouterr().out)["open_set"]["left_out"]
    assert found["models"] == 5
    assert sorted(i for labels in without for i in labels) == list(range(6))  # each label once
    assert sorted(one["label"] for one in found["labels"]) == sorted(tones)
    assert sum(one["false_events"] for one in found["labels"]) == found["false_events"]
    assert "with labels left out: 5 models" in (tmp_path / "t.md").read_text()


def test_too_few_labels_to_leave_some_out(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--leave-labels-out must have at least 6 labels to train on; there are 3"):
        _train(data, tmp_path / "t.tflite", leave_labels_out=True)


def test_a_folder_without_unknown_recordings_is_refused_before_training(data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty must hold sound files"):
        _train(data, tmp_path / "t.tflite", unknown=tmp_path / "empty")


def test_a_test_group_is_measured_and_never_trained_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled: list[str] = []
    sample = TinyTask.sample

    def recorded(self: TinyTask, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> TrainingWindows:
        sampled.extend(example.path.name for example in dataset)
        return sample(self, dataset, folder, seed, advance)

    monkeypatch.setattr(TinyTask, "sample", recorded)
    _train(data, tmp_path / "t.tflite", test=("2",), int8=True)
    out = capsys.readouterr().out
    assert sampled
    assert not any(name.startswith("2-") for name in sampled)
    assert "of 6 files" in out
    assert "6 examples held out for testing only (groups 2)" in " ".join(out.split())
    assert "In int8 " in out
    assert "On the test: " in " ".join(out.split())
    assert f"streamer run -m {tmp_path / 't.tflite'}\n" in out  # in one line, to be copied


def test_enough_files_are_split_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_tones(tmp_path / "data", 50, seconds=0.3)
    _train(data, tmp_path / "t.tflite", n_folds=None, n_epochs=2, json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["measured"].startswith("measured on 20 examples held out for testing only")
    assert "folds" not in captured.err


def test_the_same_seed_gives_the_same_file(data: Path, tmp_path: Path) -> None:
    import keras

    for i, name in enumerate("ab"):
        keras.utils.set_random_seed(i)  # whatever happened before
        (tmp_path / name).mkdir()
        _train(data, tmp_path / name / "t.tflite", n_epochs=1)
    a, b = (read_model_file(tmp_path / name / "t.tflite") for name in "ab")
    assert a.flatbuffer == b.flatbuffer
    assert a.spec.events == b.spec.events


def test_unchanged_layers_are_computed_once_for_all_folds(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamer.training.trainer import Trainer

    n_computed = 0
    activations = Trainer._activations

    def counted(self: Trainer, trunk: Any, windows: TrainingWindows, folder: Path, n_views: int) -> TrainingWindows:
        nonlocal n_computed
        n_computed += 1
        return activations(self, trunk, windows, folder, n_views)

    monkeypatch.setattr(Trainer, "_activations", counted)
    _train(data, tmp_path / "t.tflite", n_folds=3, n_epochs=1)
    assert n_computed == 3 + 3  # sampled and cut, of each part


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my.onnx", r"must name a file that ends in \.tflite; for example my\.tflite"),
        ("none/my.tflite", "must lie in a folder that exists; make .*none first"),
        ("taken.tflite", "must leave taken.md free for its card"),
        ("folder.tflite", "must name a file"),
    ],
)
def test_an_impossible_output_is_refused_at_once(data: Path, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "taken.md").write_text("# my notes")
    (tmp_path / "folder.tflite").mkdir()
    with pytest.raises(UserError, match=message):
        _train(data, tmp_path / name)
    assert (tmp_path / "taken.md").read_text() == "# my notes"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(data: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StreamerError, match="must lie in a folder that can be written"):
        _train(data, tmp_path / "my.tflite")


def test_without_tensorflow_the_extra_is_named(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UserError, match=r"pip install .*\[train\]'"):
        _train(data, tmp_path / "my.tflite")


def test_an_unknown_test_group_is_reported_before_anything_is_read(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="group='9' must be a group of"):
        _train(data, tmp_path / "my.tflite", test=("9",))


def test_a_full_disk_is_reported_and_leaves_the_old_model_and_nothing_else(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.tflite").write_bytes(b"old")

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(TinyTask, "cut", full)
    with pytest.raises(StreamerError, match=r"must lie where training can keep its windows; .*No space left"):
        _train(data, tmp_path / "t.tflite")
    assert _names(tmp_path) == ["t.tflite"]
    assert (tmp_path / "t.tflite").read_bytes() == b"old"


def test_stopped_while_sampling_nothing_is_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(TinyTask, "sample", stop)
    with pytest.raises(KeyboardInterrupt):
        _train(data, tmp_path / "t.tflite")
    assert _names(tmp_path) == []
    assert "stopped; nothing is written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("n_before", "used"),
    [
        (1, "measured on 6 examples held out"),  # in the second fold of the head
        (2, "measured on 6 examples held out"),  # in the first fold of the whole network
        (6, "measured on 6 examples held out"),  # on the way to the final model
    ],
)
def test_stopped_while_training_the_best_so_far_is_kept(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    n_before: int,
    used: str,
) -> None:
    from streamer.training import trainer

    n_fits = 0

    def stopping(*args: Any, report: ReportProgress, **kwargs: Any) -> Fitted:
        nonlocal n_fits
        n_fits += 1

        def stop(share: float, text: str = "") -> None:
            report(share, text)
            if n_fits == n_before + 1 and share > 0.5:
                raise KeyboardInterrupt

        return fit(*args, report=stop, **kwargs)

    monkeypatch.setattr(trainer, "fit", stopping)
    _train(data, tmp_path / "t.tflite", n_folds=3, json=True)
    result = json.loads(capsys.readouterr().out)
    assert n_fits == n_before + 1
    assert result["interrupted"]
    assert result["measured"].startswith(used)
    assert result["evaluation"]["clips"] == 6
    assert "Training was stopped by hand." in (tmp_path / "t.md").read_text()
    load_classifier(read_model_file(tmp_path / "t.tflite"))


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.support.tiny_task import TinyTask
from streamer.training import tasks
from streamer.training.options import TrainingOptions
from streamer.training.progress import ReportProgress
from streamer.training.task import Advance, TrainingPhase
from streamer.training.windows import TrainingWindows
from streamer.training.fit import Schedule
phases = (TrainingPhase("embedding", Schedule(5, 0.03)), TrainingPhase("", Schedule(100_000, 0.001)))
tasks.training_task = lambda task, labels, window_s=None: TinyTask(labels, phases=phases)
from streamer.commands.train import train
sys.exit(train(TrainingOptions("sound", Path(sys.argv[2]), Path(sys.argv[3]), n_folds=2), json=True))
"""


def test_ctrl_c_ends_training_and_writes_the_model(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "t.tflite"
    command = [sys.executable, "-c", CHILD, str(ROOT), str(data), str(output)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120.0
    while not list(tmp_path.glob(".t.*/epochs1-0/1.npz")):  # the whole network has been trained for an epoch
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120.0)
    assert child.returncode == 0, err
    assert "stopped: going on with the best so far" in err
    assert json.loads(out)["interrupted"]
    assert _names(tmp_path) == ["t.md", "t.tflite"]
