"""Options of a training, and the command line made of them."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import streamer.commands.train
from streamer.cli import app
from streamer.messages import TaskName
from streamer.training.options import TrainingOptions

DATA, OUTPUT = Path("my data"), Path("my.tflite")


@pytest.mark.parametrize(
    "options",
    [
        TrainingOptions("sound", DATA, OUTPUT),
        TrainingOptions("motion", DATA, OUTPUT, test=("a b", "c"), window_s=2.5, false_alarms=0.0),
        TrainingOptions("pattern", DATA, OUTPUT, groups="^(x)", n_folds=3, n_epochs=7, seed=9, int8=True),
    ],
)
def test_the_command_line_gives_the_same_options(options: TrainingOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[TrainingOptions] = []

    def train(options: TrainingOptions, *, json: bool) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr(streamer.commands.train, "train", train)
    done = CliRunner().invoke(app, shlex.split(options.command)[1:])
    assert done.exit_code == 0, done.output
    assert given == [options]


@pytest.mark.parametrize(("task", "allowed"), [("sound", 1.0), ("pattern", 0.01), ("motion", 1.0)])
def test_false_alarms_have_a_default_for_each_task(task: TaskName, allowed: float) -> None:
    assert TrainingOptions(task, DATA, OUTPUT).allowed_false_alarms == allowed
    assert TrainingOptions(task, DATA, OUTPUT, false_alarms=0.0).allowed_false_alarms == 0.0


def test_the_card_lies_beside_the_model() -> None:
    assert TrainingOptions("sound", DATA, Path("models/my.tflite")).card == Path("models/my.md")
