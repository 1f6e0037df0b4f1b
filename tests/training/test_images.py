"""Pictures and videos as training sees them: by the very pipeline that runs live."""

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
from streamer.training import images as sight
from streamer.training.images import live_windows
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import SETTINGS
from streamer.training.pattern.sampling import FRONT_END
from streamer.training.pattern.task import PatternTask
from tests.support.synthetic_videos import write_video

RNG = np.random.default_rng(5)


def _images(n: int) -> list[UInt8]:
    """Noise with a lamp that flickers, 64 × 48 px."""
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
def test_a_video_is_cut_as_it_is_live_and_a_short_one_stretched(tmp_path: Path, n_images: int, n_windows: int) -> None:
    path = write_video(tmp_path / "a.avi", _images(n_images), 30.0)
    windows = list(live_windows(path, motion_spec({})))
    assert len(windows) == n_windows
    series, reader, times_s = CellSeries(18, 32, 256), cv2.VideoCapture(str(path)), np.arange(n_images) / 30
    for time_s in times_s:
        series.push(np.asarray(cv2.cvtColor(reader.read()[1], cv2.COLOR_BGR2GRAY), np.uint8), float(time_s))
    for i, window in enumerate(windows):
        values, times = series.last(256)
        seen = slice(16 * i, 16 * i + 128)
        rows = motion_rows(MotionSpectrum(SETTINGS).transform(values[seen], times[seen]), SETTINGS)
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


class _SmallCourse(PatternTask):
    n_windows = 24
    most_views = 3


def test_windows_bear_their_examples_and_nothing_is_made(textures: Dataset, tmp_path: Path) -> None:
    course = _SmallCourse(textures.labels)
    assert course.labels == ("coarse", "fine", "none")
    drawn = course.draw(textures, tmp_path / "drawn", 1, _ignore)
    assert drawn.clips.tolist() == [i for i in range(6) for _ in range(3)] + [-1] * 9
    assert (drawn.targets.argmax(axis=1) == [0] * 9 + [1] * 9 + [2] * 9).all()
    assert (drawn.targets.sum(axis=1) == 1).all()
    cut = course.cut(textures, tmp_path / "cut", _ignore)
    assert cut.clips.tolist() == list(range(6))
    for example, window, own in zip(textures, cut.features, drawn.features[:18:3], strict=True):
        (live,) = live_windows(example.path, course.spec)
        np.testing.assert_array_equal(window, live.astype(np.float16))
        np.testing.assert_array_equal(own, window)  # the first view is the picture as it is


def test_the_same_seed_draws_the_same_by_any_number_of_processes(
    textures: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = _SmallCourse(textures.labels)
    one, again, other = (course.draw(textures, tmp_path / f"{i}", seed, _ignore) for i, seed in enumerate((1, 1, 2)))
    np.testing.assert_array_equal(one.features, again.features)
    assert not np.array_equal(one.features, other.features)
    monkeypatch.setattr(sight, "n_processes_for", lambda n_jobs, n_worth: 2)
    by_two = course.draw(textures, tmp_path / "two", 1, _ignore)
    np.testing.assert_array_equal(one.features, by_two.features)


@pytest.mark.parametrize("own", ["none", "None", "background"])
def test_who_has_examples_of_nothing_gets_none_made(textures: Dataset, tmp_path: Path, own: str) -> None:
    course = _SmallCourse((own, "fine"))
    assert course.labels == (own, "fine")
    assert course.spec.events.deny == (own,)
    fine = textures.with_examples(example for example in textures if example.label == "fine")
    assert (course.draw(fine, tmp_path / "drawn", 0, _ignore).clips >= 0).all()


def test_a_long_video_gives_so_many_windows_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamer.training.motion.task import MotionTask

    monkeypatch.setattr(sight, "LONGEST", 3)
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        write_video(tmp_path / label / "long.avi", _images(200), 30.0)
    dataset = find_examples(tmp_path, "motion")
    cut = MotionTask(dataset.labels).cut(dataset, tmp_path / "cut", _ignore)
    assert cut.clips.tolist() == [0, 0, 0, 1, 1, 1]
