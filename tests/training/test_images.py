"""Windows of pictures and videos for training, by the live pipeline."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.recipes.motion.card import motion_spec
from models.recipes.pattern.card import pattern_spec
from streamer.arrays import UInt8
from streamer.dataset.examples import Dataset, find_examples
from streamer.errors import UserError
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.pattern import Pattern
from streamer.training import images as image_task
from streamer.training.images import live_windows
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import SETTINGS
from streamer.training.pattern.sampling import FRONT_END
from streamer.training.pattern.task import PatternTask
from tests.support.synthetic_videos import write_video

RNG = np.random.default_rng(5)


def _images(n: int) -> list[UInt8]:
    """Return noise with a lamp that flickers, 64 × 48 px."""
    images = RNG.integers(90, 110, (n, 48, 64, 3), dtype=np.uint8)
    images[:, 10:30, 20:50] += (60 * (np.arange(n) % 10 < 5)).astype(np.uint8)[:, None, None, None]
    return list(images)


def _ignore(share: float) -> None:
    assert 0.0 <= share <= 1.0


def test_a_picture_is_one_window(tmp_path: Path) -> None:
    picture = RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    (window,) = live_windows(tmp_path / "a.png", pattern_spec({}))
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    np.testing.assert_array_equal(window, Pattern(FRONT_END).push(grey).polar)


@pytest.mark.parametrize(("n_images", "n_windows"), [(5, 0), (40, 1), (128, 1), (176, 4)])
def test_a_video_is_cut_as_live_and_a_short_one_stretched(tmp_path: Path, n_images: int, n_windows: int) -> None:
    path = write_video(tmp_path / "a.avi", _images(n_images), 30.0)
    windows = list(live_windows(path, motion_spec({})))
    assert len(windows) == n_windows
    series, reader, times_s = CellSeries(18, 32, 256), cv2.VideoCapture(str(path)), np.arange(n_images) / 30
    for time_s in times_s:
        series.push(np.asarray(cv2.cvtColor(reader.read()[1], cv2.COLOR_BGR2GRAY), np.uint8), float(time_s))
    for i, window in enumerate(windows):
        values, times = series.last(256)
        span = slice(16 * i, 16 * i + 128)
        rows = motion_rows(MotionSpectrum(SETTINGS).transform(values[span], times[span]), SETTINGS)
        np.testing.assert_allclose(window * LEVEL_SCALE, rows, atol=1e-3)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"a\.png must be a whole picture"):
        list(live_windows(tmp_path / "a.png", pattern_spec({})))


@pytest.fixture(scope="module")
def textures(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("textures")
    for label in ("fine", "coarse"):
        (folder / label).mkdir()
        for i in range(3):
            y, x = np.mgrid[:96, :128]
            wave = np.sin(2 * np.pi * (x + 0.3 * i * y) / (5 if label == "fine" else 17))
            cv2.imwrite(str(folder / label / f"{i}.png"), 120 + 60 * wave)
    return find_examples(folder, "pattern")


class _SmallTask(PatternTask):
    n_windows = 24
    max_views = 3


def test_windows_have_the_numbers_of_their_examples_and_the_background_is_synthetic(
    textures: Dataset, tmp_path: Path
) -> None:
    task = _SmallTask(textures.labels)
    assert task.labels == ("coarse", "fine", "none")
    sampled = task.sample(textures, tmp_path / "sampled", 1, _ignore)
    assert sampled.examples.tolist() == [i for i in range(6) for _ in range(3)] + [-1] * 9
    assert (sampled.targets.argmax(axis=1) == [0] * 9 + [1] * 9 + [2] * 9).all()
    assert (sampled.targets.sum(axis=1) == 1).all()
    cut = task.cut(textures, tmp_path / "cut", _ignore)
    assert cut.examples.tolist() == list(range(6))
    for example, window, own in zip(textures, cut.features, sampled.features[:18:3], strict=True):
        (live,) = live_windows(example.path, task.spec)
        np.testing.assert_array_equal(window, live.astype(np.float16))
        np.testing.assert_array_equal(own, window)  # the first view is the unchanged picture


def test_the_same_seed_gives_the_same_sample_by_any_number_of_processes(
    textures: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _SmallTask(textures.labels)
    one, again, other = (task.sample(textures, tmp_path / f"{i}", seed, _ignore) for i, seed in enumerate((1, 1, 2)))
    np.testing.assert_array_equal(one.features, again.features)
    assert not np.array_equal(one.features, other.features)
    monkeypatch.setattr(image_task, "n_processes_for", lambda n_jobs, n_worth: 2)
    by_two = task.sample(textures, tmp_path / "two", 1, _ignore)
    np.testing.assert_array_equal(one.features, by_two.features)


@pytest.mark.parametrize("own", ["none", "None", "background"])
def test_examples_of_the_background_replace_synthetic_ones(textures: Dataset, tmp_path: Path, own: str) -> None:
    task = _SmallTask((own, "fine"))
    assert task.labels == (own, "fine")
    assert task.spec.events.deny == (own,)
    fine = textures.with_examples(example for example in textures if example.label == "fine")
    assert (task.sample(fine, tmp_path / "sampled", 0, _ignore).examples >= 0).all()


def test_a_long_video_has_a_limited_number_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamer.training.motion.task import MotionTask

    monkeypatch.setattr(image_task, "MAX_CUT", 3)
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        write_video(tmp_path / label / "long.avi", _images(200), 30.0)
    dataset = find_examples(tmp_path, "motion")
    cut = MotionTask(dataset.labels).cut(dataset, tmp_path / "cut", _ignore)
    assert cut.examples.tolist() == [0, 0, 0, 1, 1, 1]
