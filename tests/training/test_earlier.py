"""What a model was trained on is known by its files and by their origins, wherever they lie later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from streamer.dataset.examples import Dataset, find_examples
from streamer.errors import UserError
from streamer.model.file import write_model_file
from streamer.training.earlier import TRAINED_ON, EarlierModel, read_earlier, trained_on_text
from tests.support.tiny_models import linear_model, log_mel_spec
from tests.support.tiny_task import write_tones

ORIGIN = r"^(\d+)-"


def _model(path: Path, trained_on: bytes) -> EarlierModel:
    import numpy as np

    flatbuffer = linear_model(np.ones((2, 4), np.float32), (1, 1, 4))
    write_model_file(
        path, flatbuffer, log_mel_spec(1, 4), ("high", "low"), {TRAINED_ON: trained_on} if trained_on else {}
    )
    return read_earlier(path, "sound")


def _data(folder: Path, groups: str = "") -> Dataset:
    return find_examples(folder, "sound", groups)


def test_files_that_were_trained_on_are_recognised_in_another_folder_and_label(tmp_path: Path) -> None:
    data = _data(write_tones(tmp_path / "data", 2))
    model = _model(tmp_path / "m.tflite", trained_on_text(data, has_groups=False, earlier=None))
    more = tmp_path / "more"
    shutil.copytree(tmp_path / "data", more)
    (more / "low" / "0-1.wav").rename(more / "high" / "moved.wav")
    shutil.copy(more / "low" / "0-0.wav", more / "low" / "new.wav")
    with (more / "low" / "new.wav").open("ab") as file:
        file.write(b"\0\0")
    known = {"high/0-0.wav", "high/0-1.wav", "high/moved.wav", "low/0-0.wav"}
    assert model.known_groups(_data(more), has_groups=False) == known


def test_another_file_of_an_origin_that_was_trained_on_is_not_new(tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "data", 4)
    data = _data(folder, ORIGIN)
    model = _model(tmp_path / "m.tflite", trained_on_text(data.of_groups(["0"]), has_groups=True, earlier=None))
    (folder / "high" / "0-0.wav").unlink()
    (folder / "low" / "0-0.wav").unlink()
    assert model.known_groups(_data(folder, ORIGIN), has_groups=True) == {"0"}


def test_what_earlier_models_of_the_chain_were_trained_on_stays_known(tmp_path: Path) -> None:
    data = _data(write_tones(tmp_path / "data", 2))
    examples = list(data)
    first = _model(tmp_path / "a.tflite", trained_on_text(examples[:2], has_groups=False, earlier=None))
    second = _model(tmp_path / "b.tflite", trained_on_text(examples[2:], has_groups=False, earlier=first))
    assert len(second.known_groups(data, has_groups=False)) == 4
    unknown = _model(tmp_path / "c.tflite", b"")
    assert unknown.trained_on is None
    assert unknown.known_groups(data, has_groups=False) == set()
    assert trained_on_text(examples, has_groups=False, earlier=unknown) == b""  # it would look as if it were all


def test_a_label_without_examples_and_another_task_are_refused(tmp_path: Path) -> None:
    model = _model(tmp_path / "m.tflite", b"")
    model.check_labels(("high", "low", "new"), ("background",))
    with pytest.raises(UserError, match=r"from=.*m\.tflite must have examples of each of its labels.*'low'"):
        model.check_labels(("high",), ("background",))
    with pytest.raises(UserError, match="must be left out for pattern"):
        read_earlier(tmp_path / "m.tflite", "pattern")
