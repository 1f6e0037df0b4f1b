"""Training on videos: the network rebuilt from the shipped file, lengths of windows, and the labels of a new head."""

from pathlib import Path

import numpy as np
import pytest

from streamer.arrays import Float32, UInt8
from streamer.dataset.examples import Dataset, find_examples
from streamer.errors import UserError
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings
from streamer.model.file import find_model, read_model_file
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import LABELS, SETTINGS, synthetic_windows
from streamer.training.motion.task import MotionTask
from streamer.training.task import TrainingTask
from streamer.training.tasks import training_task
from streamer.training.windows import TrainingWindows
from tests.support.synthetic_videos import write_video

UNSEEN = 30_000_000  # seed of videos that no model was trained on


def test_the_task_has_the_shipped_front_end() -> None:
    task: TrainingTask = training_task("motion", ("a", "b"))
    shipped = read_model_file(find_model("motion")).spec
    assert task.spec.front_end == shipped.front_end
    assert (task.spec.window, task.spec.normalisation) == (shipped.window, shipped.normalisation)
    assert task.labels == ("a", "b", "still")
    assert task.spec.events.deny == ("still",)


@pytest.mark.parametrize(("window_s", "n_images"), [(1.0, 32), (2.0, 64), (4.0, 128), (5.0, 128), (30.0, 1024)])
def test_a_window_is_the_nearest_power_of_two_of_images(window_s: float, n_images: int) -> None:
    spec = training_task("motion", ("a", "b"), window_s).spec
    assert spec.window.n_frames == n_images
    assert spec.window.stride == n_images // 8
    assert spec.input_shape == (576, 3 * n_images // 2)


@pytest.mark.parametrize("window_s", [0.0, 0.5, 60.0, -1.0, float("nan")])
def test_a_window_too_short_or_too_long_is_refused(window_s: float) -> None:
    with pytest.raises(UserError, match=r"window=\S+ must be from 1\.1 to 34 s"):
        training_task("motion", ("a", "b"), window_s)


def test_the_rebuilt_network_scores_as_the_shipped_file_and_so_does_its_conversion() -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.training.conversion import predictor, to_tflite
    from streamer.training.motion import network

    jobs = [(label, UNSEEN) for label in LABELS]
    rows = np.stack([rows for rows, _ in synthetic_windows(jobs)]).astype(np.float32) / np.float32(LEVEL_SCALE)
    flatbuffer = read_model_file(find_model("motion")).flatbuffer
    shipped = predictor(flatbuffer, len(LABELS))(rows)
    model = network.rebuilt(flatbuffer, SETTINGS)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(keras.ops.sigmoid(model(rows))), shipped, atol=1e-4)
    again = predictor(to_tflite(model, precision="float16"), len(LABELS))(rows)
    np.testing.assert_allclose(again, shipped, atol=2e-3)  # folded weights are rounded anew


def test_what_the_recipe_builds_can_be_rebuilt_from_its_file() -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.training.conversion import predictor, to_tflite
    from streamer.training.motion import network

    keras.utils.set_random_seed(5)
    settings = MotionSettings(n_images=32)
    model = network.build(settings, 3)
    rng = np.random.default_rng(6)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
        elif isinstance(layer, keras.layers.Dense):  # a bias of nothing but zeros would be left out of the file
            layer.set_weights([layer.get_weights()[0], rng.normal(size=layer.units)])
    kernel, bias = model.get_layer("frequency").get_weights()
    model.get_layer("frequency").set_weights([kernel, rng.normal(size=bias.shape)])
    flatbuffer = to_tflite(model, precision="float16")
    rows = rng.normal(size=(4, settings.n_cells, settings.row_width)).astype(np.float32)
    rebuilt = network.rebuilt(flatbuffer, settings)
    scores = keras.ops.convert_to_numpy(keras.ops.sigmoid(rebuilt(rows)))
    np.testing.assert_allclose(scores, predictor(flatbuffer, 3)(rows), atol=1e-4)


def test_windows_of_other_lengths_begin_with_the_same_weights() -> None:
    pytest.importorskip("tensorflow")
    shipped, shorter = (MotionTask(("a", "b"), window_s).network() for window_s in (None, 2.0))
    for name in ("map0", "along1"):
        for mine, theirs in zip(shipped.get_layer(name).weights, shorter.get_layer(name).weights, strict=True):
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    at_64, at_32 = (model.get_layer("frequency").get_weights()[1] for model in (shipped, shorter))
    np.testing.assert_allclose(at_32, at_64[1::2], rtol=1e-5)  # every other frequency is the same, in cycles per image


def _belt(to_the_right: bool, slow: bool, low: bool, rng: np.random.Generator, n: int = 150) -> list[UInt8]:
    """Return stripes that slide in the upper or lower half, 96 × 54 px."""
    pace, length = rng.uniform(*((0.03, 0.06) if slow else (0.15, 0.25))), rng.uniform(12, 20)
    x, phase = np.arange(96), rng.uniform(0, 2 * np.pi)
    images = rng.normal(110, 2, (n, 54, 96))
    turns = x / length - (1 if to_the_right else -1) * pace * np.arange(n)[:, None]
    band = slice(32, 48) if low else slice(6, 22)
    images[:, band] += 25 * np.sin(2 * np.pi * turns + phase)[:, None]
    grey = np.clip(np.rint(images), 0, 255).astype(np.uint8)
    return [np.repeat(image[..., None], 3, axis=2) for image in grey]


def _rows(images: list[UInt8]) -> Float32:
    series = CellSeries(SETTINGS.n_rows, SETTINGS.n_columns, SETTINGS.n_images)
    for i, image in enumerate(images):
        series.push(image, i / 30)
    return motion_rows(MotionSpectrum(SETTINGS).transform(*series.last(SETTINGS.n_images)), SETTINGS) / LEVEL_SCALE


@pytest.mark.parametrize("what", ["direction", "speed", "place"])
def test_a_head_on_the_shipped_trunk_distinguishes_what_its_own_labels_do_not(what: str) -> None:
    pytest.importorskip("tensorflow")
    import keras

    from streamer.training.fit import Schedule, fit

    rng = np.random.default_rng(4)
    truths = np.arange(40) % 2
    rows = []
    for truth in truths:
        names = ("direction", "speed", "place")
        right, slow, low = (bool(truth) if name == what else rng.random() < 0.5 for name in names)
        rows.append(_rows(_belt(right, slow, low, rng)))
    network = MotionTask(("one", "other")).network()
    edge = network.get_layer("embedding").output
    trunk, head = keras.Model(network.input, edge), keras.Model(edge, network.output)
    embedding = keras.ops.convert_to_numpy(trunk(np.stack(rows).astype(np.float32)))
    targets = np.eye(3, dtype=np.float32)[truths]
    few = TrainingWindows(embedding[:16].astype(np.float16), targets[:16], np.arange(16, dtype=np.int32))
    fit(head, [few], [], Schedule(40, 3e-3, batch=8))
    logits = keras.ops.convert_to_numpy(head(embedding[16:]))
    assert np.mean(logits.argmax(axis=1) == truths[16:]) >= 0.85


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder, rng = tmp_path_factory.mktemp("videos"), np.random.default_rng(0)
    for label in ("left", "right"):
        (folder / label).mkdir()
        write_video(folder / label / "a.avi", _belt(label == "right", False, True, rng), 30.0)
        write_video(folder / label / "b.avi", _belt(label == "right", False, True, rng, 40), 30.0)
    write_video(folder / "right" / "c.avi", _belt(True, False, True, rng, 5), 30.0)
    return find_examples(folder, "motion")


class _SmallTask(MotionTask):
    n_windows = 12
    max_views = 3


@pytest.mark.parametrize("window_s", [None, 1.0])
def test_windows_are_sampled_of_short_videos_too_but_not_of_too_short_ones(
    videos: Dataset, tmp_path: Path, window_s: float | None
) -> None:
    task = _SmallTask(videos.labels, window_s)
    sampled = task.sample(videos, tmp_path / "sampled", 3, lambda _: None)
    n_long = 4 if window_s else 2  # a window for every 32 images of a longer one
    assert np.bincount(sampled.examples[sampled.examples >= 0]).tolist() == [n_long, 2, n_long, 2]
    assert (sampled.examples == -1).sum() >= 3
    assert sampled.features.shape[1:] == task.spec.input_shape
    assert np.isfinite(sampled.features).all()
    again = task.sample(videos, tmp_path / "again", 3, lambda _: None)
    np.testing.assert_array_equal(sampled.features, again.features)


def test_a_synthetic_background_is_still() -> None:
    task = MotionTask(("a", "b"))
    windows = np.stack(list(task.synthetic_background(4, 0, 1)))
    moving = np.stack([rows for rows, _ in synthetic_windows([("oscillation", UNSEEN + i) for i in range(4)])])
    n_bins = MotionSettings().n_bins
    levels = [float(np.median(array[..., :n_bins].astype(np.float32).max(axis=(1, 2)))) for array in (windows, moving)]
    assert levels[0] * LEVEL_SCALE < levels[1]
