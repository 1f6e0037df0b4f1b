"""The network of the sound models: nothing is padded in time."""

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.training.sound.network import (
    FRONT_END,
    LAST_OF_STEM,
    STEM_FRAMES,
    STEM_HOP,
    Adaptor,
    build_trunk,
    load_start,
    n_positions,
    set_layer,
)


def _noise(n_frames: int) -> Float32:
    return np.random.default_rng(0).normal(-5.0, 2.0, (1, n_frames, FRONT_END.n_mels)).astype(np.float32)


@pytest.mark.parametrize(("n_frames", "n"), [(58, 0), (59, 1), (74, 1), (75, 2), (155, 7), (498, 28)])
def test_a_window_has_so_many_positions_after_the_stem(n_frames: int, n: int) -> None:
    assert n_positions(n_frames) == n


def test_what_a_layer_gives_for_a_frame_does_not_depend_on_where_the_window_began() -> None:
    keras = pytest.importorskip("keras")
    frames = _noise(155 + 2 * STEM_HOP)
    whole, window = (load_start(n) for n in (frames.shape[1], 155))
    for layer in (LAST_OF_STEM, "pointwise8"):
        by_whole, by_window = (keras.Model(one.input, one.get_layer(layer).output) for one in (whole, window))
        late = by_window(frames[:, 2 * STEM_HOP :]).numpy()
        early = by_window(frames[:, :155]).numpy()
        together = by_whole(frames).numpy()
        np.testing.assert_allclose(together[:, : early.shape[1]], early, atol=1e-4)
        np.testing.assert_allclose(together[:, 2:][:, : late.shape[1]], late, atol=1e-4)


def test_a_position_of_the_stem_depends_on_its_frames_alone() -> None:
    keras = pytest.importorskip("keras")
    frames = _noise(155)
    trunk = load_start(155)
    stem = keras.Model(trunk.input, trunk.get_layer(LAST_OF_STEM).output)
    changed = frames.copy()
    changed[:, : 2 * STEM_HOP] += 5.0
    changed[:, 2 * STEM_HOP + STEM_FRAMES :] += 5.0
    before, after = stem(frames).numpy(), stem(changed).numpy()
    np.testing.assert_array_equal(before[:, 2], after[:, 2])
    assert np.abs(before[:, 1] - after[:, 1]).max() > 0.0
    assert np.abs(before[:, 3] - after[:, 3]).max() > 0.0


def test_a_layer_of_one_position_in_time_gets_the_sum_of_three() -> None:
    pytest.importorskip("tensorflow")
    trunk = build_trunk(STEM_FRAMES, Adaptor(np.ones(64, np.float32), np.zeros(64, np.float32)))
    kernel = np.random.default_rng(1).normal(size=(3, 3, 512, 1)).astype(np.float32)
    set_layer(trunk.get_layer("depthwise6"), kernel, np.zeros(512, np.float32))
    np.testing.assert_allclose(trunk.get_layer("depthwise6").get_weights()[0], kernel.sum(0, keepdims=True), rtol=1e-6)
