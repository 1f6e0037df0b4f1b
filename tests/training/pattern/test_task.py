"""Training on pictures: the network rebuilt from the shipped file, and the labels of a new head."""

from pathlib import Path

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.model.file import find_model, read_model_file
from streamer.training.pattern.sampling import FRONT_END, synthetic_spectra
from streamer.training.pattern.scene import LABELS, make_picture
from streamer.training.pattern.task import PatternTask
from streamer.training.task import TrainingTask
from streamer.training.tasks import training_task
from streamer.training.windows import TrainingWindows

UNSEEN = 78  # seed of pictures that no model was trained on


@pytest.fixture(scope="module")
def spectra() -> Float32:
    sampled = synthetic_spectra(60, UNSEEN, dict.fromkeys(LABELS, 1.0), make_picture)
    return np.stack([spectrum for spectrum, _ in sampled]).astype(np.float32)


def test_a_picture_has_no_length() -> None:
    with pytest.raises(UserError, match="window=2 must not be given for pictures"):
        training_task("pattern", ("a", "b"), 2.0)


def test_the_task_has_the_shipped_front_end() -> None:
    task: TrainingTask = training_task("pattern", ("a", "b"))
    shipped = read_model_file(find_model("pattern")).spec
    assert task.spec.front_end == shipped.front_end
    assert task.spec.window == shipped.window
    assert task.labels == ("a", "b", "none")
    assert task.spec.events.deny == ("none",)


def test_the_rebuilt_network_scores_as_the_shipped_file_and_so_does_its_conversion(spectra: Float32) -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.training.conversion import predictor, to_tflite
    from streamer.training.pattern import network

    flatbuffer = read_model_file(find_model("pattern")).flatbuffer
    shipped = predictor(flatbuffer, len(LABELS))(spectra)
    model = network.rebuilt(flatbuffer, FRONT_END.n_radii, FRONT_END.n_angles)
    rebuilt = keras.ops.convert_to_numpy(keras.ops.softmax(model(spectra)))
    again = predictor(to_tflite(model, spectra, "int8", "softmax"), len(LABELS))(spectra)
    for scores in (rebuilt, again):  # the shipped file rounds activations to 8 bits; this one does not, or otherwise
        assert np.abs(scores - shipped).mean() < 0.01
        assert np.abs(scores - shipped).max() < 0.2
        assert np.mean(scores.argmax(axis=1) == shipped.argmax(axis=1)) > 0.95


def test_what_the_recipe_builds_can_be_rebuilt_from_its_file(spectra: Float32) -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.training.conversion import predictor, to_tflite
    from streamer.training.pattern import network

    keras.utils.set_random_seed(5)
    model = network.build(FRONT_END.n_radii, FRONT_END.n_angles, 3)
    rng = np.random.default_rng(6)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
        elif isinstance(layer, keras.layers.Dense):  # a bias of nothing but zeros would be left out of the file
            layer.set_weights([layer.get_weights()[0], rng.normal(size=layer.units)])
    flatbuffer = to_tflite(model, None, "float32", "softmax")
    rebuilt = network.rebuilt(flatbuffer, FRONT_END.n_radii, FRONT_END.n_angles)
    scores = keras.ops.convert_to_numpy(keras.ops.softmax(rebuilt(spectra[:8])))
    np.testing.assert_allclose(scores, predictor(flatbuffer, 3)(spectra[:8]), atol=1e-4)


@pytest.mark.parametrize("what", ["direction", "period"])
def test_a_head_on_the_shipped_trunk_distinguishes_what_its_own_labels_do_not(what: str) -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.features.pattern import Pattern
    from streamer.training.fit import Schedule, fit

    rng = np.random.default_rng(9)
    y, x = np.mgrid[:200, :200]
    front_end, task = Pattern(FRONT_END), PatternTask(("one", "other"))
    truths = np.arange(64) % 2
    spectra = np.empty((64, FRONT_END.n_radii, FRONT_END.n_angles), np.float16)
    for i, truth in enumerate(truths):
        period = rng.uniform(9, 20) if what == "direction" else rng.uniform(*((6, 9), (14, 20))[truth])
        turn = np.radians(90 * truth + rng.normal(0, 5)) if what == "direction" else rng.uniform(0, np.pi)
        wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
        grey = np.clip(120 + 50 * wave + rng.normal(0, 10, wave.shape), 0, 255).astype(np.uint8)
        spectra[i] = front_end.push(grey).polar
    targets = np.eye(3, dtype=np.float32)[truths]
    network = task.network()
    edge = network.get_layer("embedding").output
    trunk, head = keras.Model(network.input, edge), keras.Model(edge, network.output)
    embedding = keras.ops.convert_to_numpy(trunk(spectra.astype(np.float32))).astype(np.float16)
    few = TrainingWindows(embedding[:10], targets[:10], np.arange(10, dtype=np.int32))
    fit(head, [few], [], Schedule(30, 3e-3, batch=5))
    logits = keras.ops.convert_to_numpy(network(spectra[10:].astype(np.float32)))
    assert np.mean(logits.argmax(axis=1) == truths[10:]) > 0.9


def test_the_labels_may_be_those_of_the_shipped_model(tmp_path: Path) -> None:
    task = PatternTask(LABELS)
    assert task.labels == LABELS
    assert task.background == "none"
