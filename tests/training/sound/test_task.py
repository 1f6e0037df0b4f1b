"""The training task for sounds: windows as live, labels, network."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.dataset.examples import Dataset, find_examples
from streamer.errors import UserError
from streamer.features.logmel import log_mel
from streamer.training.sound import task as sound_task
from streamer.training.sound.files import cut_file, has_sound
from streamer.training.sound.network import FRONT_END, START, Adaptor, build_trunk, load_start, write_start
from streamer.training.sound.task import TRAINED_HALF, SoundTask, world_places
from streamer.training.sound.world import load_world

RATE = 16_000


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Tones, low and high, in the first 1.5 of 4 s."""
    folder = tmp_path_factory.mktemp("sounds")
    seconds = np.arange(4 * RATE) / RATE
    for label, hz in (("high", 3000.0), ("low", 300.0)):
        (folder / label).mkdir()
        for i in range(2):
            tone = 0.3 * np.sin(2 * np.pi * hz * seconds) * (seconds < 1.5)
            soundfile.write(folder / label / f"{i}.wav", tone.astype(np.float32), RATE)
    return find_examples(folder, "sound")


def _ignore(share: float) -> None:
    assert 0.0 <= share <= 1.0


def test_background_is_added_unless_the_user_has_it() -> None:
    assert SoundTask(["b", "a"]).labels == ("b", "a", "background")
    assert SoundTask(["a", "background", "b"]).labels == ("a", "background", "b")


@pytest.mark.parametrize(("window_s", "n_frames", "stride"), [(None, 155, 32), (1.295, 128, 32), (0.605, 59, 32)])
def test_the_window_has_the_length_asked_for(window_s: float | None, n_frames: int, stride: int) -> None:
    spec = SoundTask(["a", "b"], window_s).spec
    assert (spec.window.n_frames, spec.window.stride) == (n_frames, stride)
    assert spec.events.deny == ("background",)


@pytest.mark.parametrize("window_s", [0.1, 60.0])
def test_a_window_too_short_or_too_long_is_refused(window_s: float) -> None:
    with pytest.raises(UserError, match=r"window=.* must be within 0\.605 … 10\.015 s"):
        SoundTask(["a", "b"], window_s)


def test_sampled_windows_are_balanced_and_name_their_example(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_task, "N_WINDOWS_LIMITS", (90, 90))
    sampled = SoundTask(dataset.labels, n_processes=1).sample(dataset, tmp_path, 0, _ignore)
    assert sampled.features.shape == (120, 155, 64)
    assert (sampled.targets.max(axis=1) == 1.0).all()
    n_high, n_low, n_background = (sampled.targets == 1.0).sum(axis=0)
    assert n_background == pytest.approx(30, abs=15)
    assert n_high == pytest.approx(n_low, abs=25)
    for example, targets in zip(sampled.examples, sampled.targets, strict=True):
        if example >= 0 and targets[2] == 0.0:
            assert targets[dataset.labels.index(dataset.examples[example].label)] >= 0.6


def test_files_are_cut_as_live_and_targets_of_pauses_are_unknown(dataset: Dataset, tmp_path: Path) -> None:
    cut = SoundTask(dataset.labels).cut(dataset, tmp_path, _ignore)
    assert cut.examples.tolist() == [i for i in range(4) for _ in range(8)]
    frames = log_mel(soundfile.read(dataset.examples[0].path, dtype="float32")[0], FRONT_END)
    assert np.array_equal(cut.features[1], frames[32 : 32 + 155].astype(np.float16))
    assert cut.targets[0].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(cut.targets[7]).tolist() == [True, False, True]
    assert cut.targets[7, 1] == 0.0


def test_a_file_shorter_than_a_window_gives_one(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(4000, 0.1, np.float32), RATE)
    windows = cut_file(tmp_path / "a.wav", SoundTask(["a", "b"]).spec)
    assert windows.shape == (1, 155, 64)
    assert has_sound(windows).tolist() == [True]


def test_other_sounds_are_background_to_the_head() -> None:
    pytest.importorskip("tensorflow")
    n_windows = 11 * len(world_places(load_world(), ["b", "a"], TRAINED_HALF))
    for phase, shape in zip(SoundTask(["b", "background", "a"]).plan.phases, ((1440,), (7, 4, 512)), strict=True):
        assert phase.beside is not None
        assert phase.beside.features.shape == (n_windows, *shape)
        assert (phase.beside.targets == [0.0, 1.0, 0.0]).all()
        assert (phase.beside.examples == -1).all()


def test_sounds_of_the_world_that_may_be_a_label_are_not_its_background() -> None:
    world = load_world()
    without = world_places(world, ["Dog", "background"], TRAINED_HALF)
    assert 0 < len(without) < len(world_places(world, ["no such sound of any"], TRAINED_HALF)) <= len(world) // 2 + 1
    assert not any("dog" in world.tags[place] for place in without)


@pytest.mark.parametrize("n_frames", [59, 128, 155, 200])
def test_the_network_begins_with_the_shipped_start(n_frames: int) -> None:
    pytest.importorskip("tensorflow")
    window_s = ((n_frames - 1) * 160 + 400) / RATE
    network = SoundTask(["a", "b"], window_s).network()
    assert network.input_shape == (None, n_frames, 64)
    assert network.output_shape == (None, 3)
    assert network.get_layer("embedding").output.shape == (None, 1440)
    for phase in SoundTask(["a", "b"]).plan.phases:
        assert network.get_layer(phase.after)
    noise = np.random.default_rng(0).normal(-5.0, 2.0, (2, n_frames, 64)).astype(np.float32)
    assert np.abs(network(noise).numpy()).max() == 0.0


def test_a_start_is_read_as_it_was_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    adaptor = Adaptor(np.linspace(0.4, 0.6, 64).astype(np.float32), np.linspace(-1.0, 1.0, 64).astype(np.float32))
    trunk = build_trunk(64, adaptor)
    write_start(tmp_path / START, trunk, adaptor, {})
    again = load_start(73, tmp_path / START)  # as many positions in time: the same layers
    assert len(again.get_weights()) == len(trunk.get_weights()) == 46
    for read, written in zip(again.get_weights(), trunk.get_weights(), strict=True):
        assert np.allclose(read, written, rtol=1e-3, atol=1e-7)
    row = np.broadcast_to(-adaptor.offset / adaptor.scale, (1, 73, 64))  # what the adaptor maps to 0
    assert np.abs(again(row.astype(np.float32)).numpy()).max() < 1e-6


def test_a_file_that_is_no_start_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    np.savez(tmp_path / START, something=np.zeros(3))
    with pytest.raises(UserError, match="must be weights written by streamer"):
        load_start(64, tmp_path / START)
    with pytest.raises(UserError, match="must be weights written by streamer"):
        load_start(64, tmp_path / "none.npz")
