"""The parts of the recipe that need neither tensorflow nor data."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.training.ambient import corpus, evaluate
from streamer.training.ambient.card import EVENTS, ambient_spec
from streamer.training.ambient.corpus import CLASSES, LABELS, Recording
from streamer.training.ambient.network import least_squares, most_telling
from streamer.training.ambient.windows import WINDOW, Drawer, draw_pool
from streamer.training.ambient.yamnet_features import yamnet_features
from streamer.training.sound import augment, synthesis


def _tone(n_samples: int, hz: float = 440.0, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(n_samples) / 16000)).astype(np.float32)


@given(st.integers(10, 60_000), st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_a_cut_holds_the_active_place_and_fills_with_silence(n_samples: int, seed: int) -> None:
    samples = np.zeros(n_samples, np.float32)
    place = (n_samples - 1) // 2
    samples[place] = 1.0
    cut = augment.cut(samples, np.array([place]), 20_720, np.random.default_rng(seed))
    assert cut.shape == (20_720,)
    assert cut.sum() == 1.0


@pytest.mark.parametrize("ratio_db", [-6.0, 0.0, 20.0])
def test_a_mixture_has_the_asked_ratio(ratio_db: float) -> None:
    first, second = _tone(16_000, 440.0, 0.3), _tone(16_000, 3000.0, 0.01)
    added = augment.mix(first, second, ratio_db) - first
    measured_db = 20 * np.log10(augment.loudness(first) / augment.loudness(added))
    assert measured_db == pytest.approx(ratio_db, abs=0.05)


@pytest.mark.parametrize("slope_db", [0.0, 3.0, 6.0])
def test_coloured_noise_falls_by_its_slope(slope_db: float) -> None:
    noise = augment.coloured_noise(1 << 17, slope_db, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [10 * np.log10(np.mean(power[n : 2 * n])) for n in (1024, 2048, 4096, 8192, 16384)]
    assert np.diff(octaves).mean() == pytest.approx(-slope_db, abs=0.3)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0, abs=1e-3)


def test_a_band_limit_keeps_what_is_below_and_removes_what_is_above() -> None:
    low, high = _tone(16_000, 1000.0), _tone(16_000, 6000.0)
    limited = augment.band_limit(low + high, 16_000, 4000.0)
    assert np.abs(limited - low).max() < 1e-4


def test_speed_moves_the_pitch() -> None:
    faster = augment.change_speed(_tone(40_000, 400.0), 1.25, 16_000)
    assert np.argmax(np.abs(np.fft.rfft(faster))) == 500


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_transmission_keeps_the_length_and_stays_finite(seed: int) -> None:
    sound = augment.transmit(_tone(20_720), 16_000, np.random.default_rng(seed))
    assert sound.shape == (20_720,)
    assert sound.dtype == np.float32
    assert np.all(np.isfinite(sound))
    assert np.abs(sound).max() > 1e-4


@pytest.mark.parametrize("maker", [synthesis.hum, synthesis.hiss, synthesis.knocks, synthesis.chirps, synthesis.tones])
def test_made_sounds_are_heard_and_finite(maker: object) -> None:
    for seed in range(5):
        sound = maker(WINDOW, 16_000, np.random.default_rng(seed))  # type: ignore[operator]
        assert sound.shape == (WINDOW,)
        assert np.all(np.isfinite(sound))
        assert np.abs(sound).max() > 0.0


def test_active_frames_are_those_near_the_loudest() -> None:
    samples = np.concatenate([np.zeros(3200, np.float32), _tone(640), np.full(3200, 1e-4, np.float32)])
    assert corpus.active_frames(samples).tolist() == [3200, 3520]


def _write(path: Path, samples: np.ndarray, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)


def test_labelled_recordings_carry_label_and_fold(tmp_path: Path) -> None:
    for label in CLASSES:
        _write(tmp_path / "esc10" / label / "3-1-A-0.ogg", _tone(44_100), 44_100)
    _write(tmp_path / "speech" / "7_jackson_3.wav", _tone(4000), 8000)
    recordings = corpus.load_labelled(tmp_path)
    assert [r.label for r in recordings] == [*CLASSES, "speech"]
    assert [r.fold for r in recordings] == [3] * 10 + [2]
    assert all(abs(r.samples.size - n) <= 1 for r, n in zip(recordings, [16_000] * 10 + [8000], strict=True))


def test_a_folder_without_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must hold esc10/LABEL and speech"):
        corpus.load_labelled(tmp_path)


def test_found_sounds_of_one_family_share_a_side(tmp_path: Path) -> None:
    for family in range(40):
        for number in range(3):
            _write(tmp_path / "game" / f"{'abcdefgh'[family % 8] * (family + 1)}_{number}.wav", _tone(4000))
    (tmp_path / "game" / "broken.wav").write_bytes(b"RIFF")
    _write(tmp_path / "game" / "silent.wav", np.zeros(4000, np.float32))
    _write(tmp_path / "usr" / "klettres" / "a.ogg", _tone(4000))
    train, held_out = corpus.load_found([tmp_path])
    assert len(train) + len(held_out) == 121
    assert 3 <= len(held_out) <= 45
    families = [{path.path.stem.split("_")[0] for path in side} for side in (train, held_out)]
    assert not families[0] & families[1]
    assert {r.label for r in [*train, *held_out] if r.path.parent.name == "klettres"} == {"speech"}


def _recordings() -> list[Recording]:
    return [
        Recording(Path(f"{label}.ogg"), label, 1, _tone(80_000, 200.0 + 300.0 * i))
        for i, label in enumerate((*CLASSES, "speech"))
    ]


@pytest.mark.parametrize("kind", ["labelled", "unlabelled", "word"])
def test_drawing_is_the_same_for_any_number_of_processes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.training.ambient.windows.CHUNK", 4)
    others = [Recording(Path("other.ogg"), "", 0, _tone(30_000, 900.0))]
    pools = [draw_pool(Drawer(_recordings(), others), kind, 12, 5, n) for n in (1, 2)]
    assert pools[0].features.shape == (12, 128, 64)
    assert np.array_equal(pools[0].features, pools[1].features)
    assert np.array_equal(pools[0].targets, pools[1].targets, equal_nan=True)


def test_labelled_windows_have_a_label_at_full_strength() -> None:
    drawer, rng = Drawer(_recordings(), []), np.random.default_rng(0)
    for _ in range(60):
        sound, target = drawer.labelled(rng)
        assert sound.shape == (WINDOW,)
        assert np.abs(sound).max() <= 1.0
        assert target.max() == 1.0
        assert target[LABELS.index("background")] == 0.0


def test_levels_spread_over_more_than_30_db() -> None:
    drawer, rng = Drawer(_recordings(), []), np.random.default_rng(0)
    levels_db = [20 * np.log10(augment.loudness(drawer.labelled(rng)[0])) for _ in range(200)]
    assert np.percentile(levels_db, 95) - np.percentile(levels_db, 5) > 30.0


def test_yamnet_features_match_a_direct_sum() -> None:
    samples = _tone(1000, 1000.0)
    features = yamnet_features(samples)
    assert features.shape == (4, 64)
    band = int(np.argmax(features[0]))
    low_mel, high_mel = (1127 * np.log(1 + hz / 700) for hz in (125.0, 7500.0))
    edges_mel = np.linspace(low_mel, high_mel, 66)
    assert edges_mel[band] < 1127 * np.log(1 + 1000 / 700) < edges_mel[band + 2]
    assert np.allclose(yamnet_features(np.zeros(400, np.float32)), np.log(1e-3))


def test_the_most_telling_channels_explain_the_others() -> None:
    rng = np.random.default_rng(0)
    sources = rng.standard_normal((5000, 3)).astype(np.float32)
    copies = sources @ rng.standard_normal((3, 5)).astype(np.float32)
    kept = most_telling(np.concatenate([copies, 3 * sources], 1), 3)
    everything = np.concatenate([copies, 3 * sources], 1)
    fitted = least_squares(everything[:, kept], everything, ridge=1e-9)
    assert np.allclose(everything[:, kept] @ fitted.kernel + fitted.bias, everything, atol=1e-2)


def test_least_squares_recovers_an_affine_map() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 6)).astype(np.float32)
    kernel, bias = rng.standard_normal((6, 4)), rng.standard_normal(4)
    fitted = least_squares(x, (x @ kernel + bias).astype(np.float32), ridge=1e-8)
    assert np.allclose(fitted.kernel, kernel, atol=1e-3)
    assert np.allclose(fitted.bias, bias, atol=1e-3)


def test_confusion_counts_background_as_an_error() -> None:
    dog, silence = np.zeros((12, 12), np.float32), np.zeros((12, 12), np.float32)
    dog[:, LABELS.index("dog")] = 0.9
    silence[:, LABELS.index("background")] = 0.9
    recordings = [Recording(Path("a"), "dog", 1, dog[0]), Recording(Path("b"), "dog", 1, dog[0])]
    counts = evaluate.confusion([dog, silence], recordings)
    assert evaluate.accuracy(counts) == 0.5
    assert counts[LABELS.index("dog")].tolist() == [int(name in ("dog", "background")) for name in LABELS]
    assert "| dog |" in evaluate.confusion_table(counts)


def test_events_are_counted_as_the_product_counts_them() -> None:
    scores = np.zeros((12, 12), np.float32)
    scores[3:9, LABELS.index("rain")] = 0.95
    events = evaluate.count_events([scores], EventSettings(on=0.8, off=0.4, confirm=2, confirm_of=3))
    assert [dict(found) for found in events] == [{"rain": 1}]


def test_recordings_are_cut_as_the_pipeline_cuts() -> None:
    assert evaluate.recording_windows(_tone(80_000)).shape == (12, 128, 64)
    assert evaluate.recording_windows(_tone(4000)).shape == (1, 128, 64)


def test_the_description_fits_the_windows() -> None:
    spec = ambient_spec({"cross_validation": 0.96})
    assert spec.window_samples == WINDOW
    assert 1.0 <= spec.window_s <= 2.0
    assert spec.card.accuracy == {"cross_validation": 0.96}
    assert "background" in EVENTS.deny
