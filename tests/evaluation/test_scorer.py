"""Models under evaluation are read with their label maps, and refused if they do not fit each other."""

from pathlib import Path

import pytest

from streamer.errors import UserError
from streamer.evaluation.scorer import read_models
from tests.support import lamps
from tests.support.bands import write_model


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "bands.tflite"))


def write_map(path: Path, model: str = "bands") -> str:
    path.write_text(f'model = "{model}"\n[labels]\nloud = ["low", "high"]\n')
    return str(path)


def test_each_model_has_its_own_map(tmp_path: Path, model: str) -> None:
    other = str(write_model(tmp_path / "other.tflite", name="other"))
    one, two = read_models([model, other], label_maps=[write_map(tmp_path / "my.toml")])
    assert (one.name, one.task) == ("bands", "sound")
    assert one.label_map is not None
    assert one.label_map.names == ("loud",)
    assert (two.name, two.label_map) == ("other", None)


def test_models_of_the_same_name_are_named_by_their_paths(tmp_path: Path, model: str) -> None:
    second = str(write_model(tmp_path / "second.tflite"))
    assert [one.name for one in read_models([model, second])] == [model, second]


def test_models_and_maps_that_do_not_fit_are_refused(tmp_path: Path, model: str) -> None:
    lamps_model = str(lamps.write_model(tmp_path / "lamps.tflite"))
    with pytest.raises(UserError, match="must be for the same kind of data; bands is for sound, lamps for motion"):
        read_models([model, lamps_model])
    with pytest.raises(UserError, match=r"label_map=.* must be for a model to be evaluated \(bands\); it is for cat"):
        read_models([model], label_maps=[write_map(tmp_path / "cat.toml", "cat")])
    with pytest.raises(UserError, match=r"sidecar=x\.toml must be for one model"):
        read_models([model, model], sidecar="x.toml")
    with pytest.raises(UserError, match=r"model=nowhere must be a \.tflite file or a shipped model"):
        read_models(["nowhere"])
