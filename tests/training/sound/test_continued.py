"""A network that goes on from a model file computes what the file does, and another network is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from streamer.errors import UserError
from streamer.features.logmel_settings import LogMelSettings
from streamer.model.file import write_model_file
from streamer.training.conversion import predictor, to_tflite
from streamer.training.earlier import EarlierModel, read_earlier
from streamer.training.fit import compiled
from streamer.training.sound.task import SoundTask
from tests.support.tiny_models import linear_model

LABELS = ("bell", "dog", "background")
WINDOW_S = 0.775  # the shortest windows take the least time


def _written(network: Any, path: Path, kind: str = "float16") -> EarlierModel:
    windows = np.random.default_rng(1).normal(-2.0, 2.0, (8, *network.input_shape[1:])).astype(np.float16)
    flatbuffer = to_tflite(network, windows if kind == "int8" else None, kind, "sigmoid")  # type: ignore[arg-type]
    write_model_file(path, flatbuffer, SoundTask(LABELS, WINDOW_S).spec, LABELS)
    return read_earlier(path, "sound")


def _trained() -> Any:
    """Return a network in which every layer above the stem has other weights than at the start."""
    network, rng = SoundTask(LABELS, WINDOW_S).network(), np.random.default_rng(0)
    for layer in network.layers:
        if layer.name in ("depthwise7", "pointwise10", "logits"):
            layer.set_weights([array + rng.normal(0.0, 0.05, array.shape) for array in layer.get_weights()])
    return network


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_the_network_goes_on_where_the_file_stands_also_with_more_labels_in_another_order(
    kind: str, tmp_path: Path
) -> None:
    earlier = _written(_trained(), tmp_path / "m.tflite", kind)
    task = SoundTask(("cat", "dog", "bell"), earlier=earlier)
    assert task.spec.window.n_frames == earlier.spec.window.n_frames
    network = task.network()
    windows = np.random.default_rng(2).normal(-2.0, 2.0, (6, *network.input_shape[1:])).astype(np.float32)
    scores = 1.0 / (1.0 + np.exp(-compiled(network)(windows)))
    given = predictor(earlier.flatbuffer, 3)(windows)
    for label in LABELS:
        column = scores[:, task.labels.index(label)]
        assert np.abs(column - given[:, LABELS.index(label)]).max() < (0.01 if kind == "float16" else 0.2)
    assert given.std() > 0.05  # else any network would do
    np.testing.assert_allclose(scores[:, 0], 0.5)  # the new label


def test_another_lower_half_or_another_network_is_refused(tmp_path: Path) -> None:
    network = _trained()
    layer = network.get_layer("pointwise2")
    layer.set_weights([-array for array in layer.get_weights()])
    earlier = _written(network, tmp_path / "m.tflite")
    with pytest.raises(UserError, match=r"its layer pointwise2 is not that of this version: leave --from out"):
        SoundTask(LABELS, earlier=earlier).network()
    spec = SoundTask(LABELS, WINDOW_S).spec
    shape = spec.input_shape
    flat = linear_model(np.ones((3, shape[0] * shape[1]), np.float32), (1, *shape))
    write_model_file(tmp_path / "flat.tflite", flat, spec, LABELS)
    with pytest.raises(UserError, match=r"its network has 0 convolutions and 1 dense layers"):
        SoundTask(LABELS, earlier=read_earlier(tmp_path / "flat.tflite", "sound")).network()


def test_a_model_of_other_features_or_another_window_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    earlier = _written(_trained(), tmp_path / "m.tflite")
    with pytest.raises(UserError, match=r"window=2 must be left out with --from"):
        SoundTask(LABELS, 2.0, earlier=earlier)
    front_end = earlier.spec.front_end
    assert isinstance(front_end, LogMelSettings)
    other = earlier.spec.model_copy(update={"front_end": replace(front_end, hop_length=80)})
    write_model_file(tmp_path / "other.tflite", earlier.flatbuffer, other, LABELS)
    with pytest.raises(UserError, match="must be a model that streamer train sound has made; its features are"):
        SoundTask(LABELS, earlier=read_earlier(tmp_path / "other.tflite", "sound"))
