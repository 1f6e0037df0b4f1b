"""Sampled windows: their labels, and that they depend on the seed alone."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.training.sound import augment
from streamer.training.sound.sampling import RecordingPool, SampleBlock, WindowSampler, sample_blocks
from streamer.training.sound.task import features

RATE, WINDOW = 16_000, 20_720
LABELS = ("high", "low", "background")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones in silence: two files of each label, and hiss."""
    folder = tmp_path_factory.mktemp("sounds")
    seconds = np.arange(4 * RATE) / RATE
    for label, hz in (("high", 3000.0), ("low", 300.0)):
        for i in range(2):
            tone = 0.3 * np.sin(2 * np.pi * hz * seconds) * (seconds < 1.5)
            soundfile.write(folder / f"{label}{i}.wav", tone.astype(np.float32), RATE)
    soundfile.write(folder / "hiss.wav", np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32), RATE)
    return folder


def _sampler(folder: Path, background: bool = False) -> WindowSampler:
    recordings = {label: sorted(folder.glob(f"{label}*.wav")) for label in ("high", "low")}
    return WindowSampler(
        recordings | ({"background": [folder / "hiss.wav"]} if background else {}), LABELS, WINDOW, RATE
    )


def _blocks(sampler: WindowSampler, n_windows: int, seed: int, n_processes: int) -> list[SampleBlock]:
    return list(sample_blocks(sampler, WindowSampler.sample_labelled, [features], n_windows, seed, n_processes))


def test_a_sample_is_the_same_for_any_number_of_processes(folder: Path) -> None:
    one, two = (_blocks(_sampler(folder), 70, 5, n) for n in (1, 2))
    assert [len(block.targets) for block in one] == [64, 6]
    for block, other in zip(one, two, strict=True):
        assert np.array_equal(block.features[0], other.features[0])
        assert np.array_equal(block.targets, other.targets)
        assert block.paths == other.paths


def test_every_seed_gives_other_windows(folder: Path) -> None:
    one, other = (_blocks(_sampler(folder), 3, seed, 1)[0].features[0] for seed in (1, 2))
    assert not np.array_equal(one, other)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_a_labelled_window_has_its_label_and_is_no_background(folder: Path, seed: int) -> None:
    window = _sampler(folder).sample_labelled(np.random.default_rng(seed))
    assert window.samples.shape == (WINDOW,)
    assert np.abs(window.samples).max() <= 1.0
    assert window.targets.max() == 1.0
    assert window.targets[-1] == 0.0
    assert window.path is not None
    assert window.targets[LABELS.index(window.path.stem[:-1])] >= 0.6


@given(st.integers(0, 10_000), st.booleans())
@settings(deadline=None, max_examples=30)
def test_background_windows_have_no_other_label(folder: Path, seed: int, background: bool) -> None:
    window = _sampler(folder, background).sample_background(np.random.default_rng(seed))
    assert window.samples.shape == (WINDOW,)
    assert window.targets.tolist() == [0.0, 0.0, 1.0]
    assert np.all(np.isfinite(window.samples))


def test_all_sources_of_background_are_used(folder: Path) -> None:
    sampler, rng = _sampler(folder, background=True), np.random.default_rng(0)
    paths = [window.path.stem if window.path else "" for window in (sampler.sample_background(rng) for _ in range(60))]
    assert {"hiss", ""} <= set(paths)
    assert {"high0", "high1", "low0", "low1"} & set(paths)  # their pauses


def test_a_pause_is_nearly_silent(folder: Path) -> None:
    sampler, rng = _sampler(folder), np.random.default_rng(0)
    pauses = [pause for pause in (sampler.sample_pause(rng) for _ in range(20)) if pause]
    assert len(pauses) > 10
    assert max(augment.loudness(pause.samples) for pause in pauses) < 0.01


def test_there_may_be_recordings_of_background_alone(folder: Path) -> None:
    sampler = WindowSampler({"background": [folder / "hiss.wav"]}, LABELS, WINDOW, RATE)
    for seed in range(20):
        assert sampler.sample_background(np.random.default_rng(seed)).targets.tolist() == [0.0, 0.0, 1.0]


def test_levels_spread_over_more_than_30_db(folder: Path) -> None:
    sampler, rng = _sampler(folder), np.random.default_rng(0)
    levels_db = [20 * np.log10(augment.loudness(sampler.sample_labelled(rng).samples)) for _ in range(100)]
    assert np.percentile(levels_db, 95) - np.percentile(levels_db, 5) > 30.0


def test_a_long_recording_is_chosen_as_often_as_it_has_sections(tmp_path: Path) -> None:
    for name, seconds in (("long", 90), ("short", 2)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(seconds * 1000, 0.1, np.float32), 1000)
    pool, rng = RecordingPool([tmp_path / "long.wav", tmp_path / "short.wav"]), np.random.default_rng(0)
    n_long = sum(pool.choose(rng).stem == "long" for _ in range(1000))
    assert 700 < n_long < 800  # three of four sections
