"""The world that goes with the start: stored and read, and what of it is unlike a label."""

from pathlib import Path

import numpy as np
import pytest

from streamer.training.sound.network import START, Adaptor, build_trunk, write_start
from streamer.training.sound.world import LIMIT, N_LEVELS, World, load_world, pack, store


def _world() -> World:
    levels = np.arange(3 * 28 * 4 * 2, dtype=np.int64).reshape(3, 28, 4, 2) % N_LEVELS
    return World(levels.astype(np.uint8), (("door_wood_knock",), ("music", "Church_Bells"), ()), ("a", "b", "b"))


def test_recordings_that_share_a_word_with_a_label_are_left_out() -> None:
    world = _world()
    assert world.unlike(["washing machine"]) == [0, 1, 2]
    assert world.unlike(["My Door"]) == [1, 2]
    assert world.unlike(["church-bell", "Bells!"]) == [0, 2]
    assert world.unlike(["indoor"]) == [0, 1, 2]


def test_windows_follow_each_other_by_the_stride() -> None:
    world = _world()
    windows = world.windows(1, n_frames=155, stride=32)
    assert windows.shape == (11, 7, 4, 2)
    assert np.array_equal(windows[1, :-2], windows[0, 2:])
    np.testing.assert_allclose(windows[0], world.levels[1, :7] * (LIMIT / (N_LEVELS - 1)), atol=5e-3)
    assert world.windows(0, n_frames=1000, stride=32).shape == (1, 28, 4, 2)


def test_a_world_is_read_as_it_was_written(tmp_path: Path) -> None:
    activations = np.random.default_rng(0).uniform(-1.0, 8.0, (2, 28, 4, 8))
    arrays = {
        "world": pack(store(activations)),
        "world.tags": np.array(["dog music", ""]),
        "world.origins": np.array(["here", "there"]),
    }
    pytest.importorskip("tensorflow")
    adaptor = Adaptor(np.ones(64, np.float32), np.zeros(64, np.float32))
    write_start(tmp_path / START, build_trunk(59, adaptor), adaptor, arrays)
    world = load_world(tmp_path / START)
    assert (world.tags, world.origins) == ((("dog", "music"), ()), ("here", "there"))
    step = LIMIT / (N_LEVELS - 1)
    assert np.abs(world.levels * step - np.clip(activations, 0.0, LIMIT)).max() <= step / 2 + 1e-6


def test_the_shipped_world_is_of_many_origins() -> None:
    world = load_world()
    assert len(world) >= 300
    assert len(set(world.origins)) >= 30
    assert world.levels.shape[1:] == (28, 4, 512)
    assert world.levels.max() < N_LEVELS
