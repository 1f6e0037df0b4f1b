"""The parts of the recipe of the sound model that need no data, some of them without TensorFlow."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.recipes.ambient import corpus, evaluate
from models.recipes.ambient.card import EVENTS, ambient_spec
from models.recipes.ambient.corpus import CLASSES, LABELS, CorpusFile
from models.recipes.ambient.fit import WindowSet, distil, fit_head
from models.recipes.ambient.network import least_squares, most_predictive
from models.recipes.ambient.teacher import FoldedLayer, Teacher
from models.recipes.ambient.windows import WINDOW, CorpusSampler, clean_features, sample_windows
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.training.fit import Schedule
from streamer.training.sound.files import cut_file
from streamer.training.sound.sampling import SampledWindow, SampleWindow


def _tone(n_samples: int, hz: float = 440.0, level: float = 0.5) -> Float32:
    return (level * np.sin(2 * np.pi * hz * np.arange(n_samples) / 16000)).astype(np.float32)


def _write(path: Path, samples: Float32, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)


def test_labelled_recordings_carry_label_and_fold(tmp_path: Path) -> None:
    for label in CLASSES:
        folder = "esc10" if label in corpus.OLD_CLASSES else "esc50"
        _write(tmp_path / folder / label / "3-1-A-0.ogg", _tone(44_100), 44_100)
    _write(tmp_path / "speech" / "7_jackson_3.wav", _tone(4000), 8000)
    recordings = corpus.load_labelled(tmp_path)
    assert [r.label for r in recordings] == [*CLASSES, "speech"]
    assert [r.fold for r in recordings] == [3] * 50 + [2]
    assert all(recording.path.is_file() for recording in recordings)


def test_a_folder_without_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must hold esc10/LABEL, esc50/LABEL and speech; airplane"):
        corpus.load_labelled(tmp_path)


def test_whole_packages_are_held_out_and_paths_say_what_is_speech_and_music(tmp_path: Path) -> None:
    for name in ("game/sounds/a.wav", "game/music/b.ogg", "usr/klettres/c.ogg", "game/stamps/music/flute.wav"):
        _write(tmp_path / name, _tone(4000))
        _write(tmp_path / corpus.HELD_OUT[0] / name, _tone(4000))
    (tmp_path / "game" / "broken.wav").write_bytes(b"RIFF")
    _write(tmp_path / "game" / "silent.wav", np.zeros(4000, np.float32))
    train, held_out = corpus.load_found([tmp_path])
    for side in (train, held_out):
        labels = {recording.path.stem: recording.label for recording in side}
        assert labels == {"a": "", "b": "music", "c": "speech", "flute": ""}
    assert all(corpus.HELD_OUT[0] in recording.path.parts for recording in held_out)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[CorpusFile]:
    folder = tmp_path_factory.mktemp("sounds")
    found = []
    for i, label in enumerate((*CLASSES, "speech", "music", "")):
        path = folder / f"{label or 'other'}.wav"
        _write(path, _tone(40_000, 200.0 + 100.0 * i))
        found.append(CorpusFile(path, label, 1))
    return found


@pytest.mark.parametrize(
    "sample",
    [
        CorpusSampler.sample_fold,
        CorpusSampler.sample_mixture,
        CorpusSampler.sample_found,
        CorpusSampler.sample_word,
        CorpusSampler.sample_alarm,
        CorpusSampler.sample_demo,
        CorpusSampler.sample_machine,
    ],
)
def test_every_kind_of_window_has_the_features_of_both_front_ends(
    sample: SampleWindow, recordings: list[CorpusFile]
) -> None:
    windows = sample_windows(CorpusSampler(recordings[:-2], recordings[-2:]), sample, 12, seed=5, n_processes=1)
    assert windows.features.shape == windows.teacher_features.shape == (12, 155, 64)
    assert windows.targets.shape == (12, len(LABELS))
    assert np.all(np.isfinite(windows.features))


def test_targets_of_found_sounds_are_unknown(recordings: list[CorpusFile]) -> None:
    sampler, rng = CorpusSampler(recordings[:-2], recordings[-2:]), np.random.default_rng(0)
    assert np.isnan(sampler.sample_found(rng).targets).all()
    targets = np.stack([sampler.sample_mixture(rng).targets for _ in range(60)])
    speech = LABELS.index("speech")
    assert {0.0, 1.0} >= set(targets[np.isfinite(targets)].tolist())
    assert 0 < np.isnan(targets[:, speech]).sum() < 60


def test_a_word_is_speech_alone(recordings: list[CorpusFile]) -> None:
    sampler, rng = CorpusSampler(recordings[:-2], recordings[-2:]), np.random.default_rng(0)
    for _ in range(10):
        window = sampler.sample_word(rng)
        assert window.samples.shape == (WINDOW,)
        assert window.targets.tolist() == [float(label == "speech") for label in LABELS]


def test_yamnet_features_match_a_direct_sum() -> None:
    samples = _tone(1000, 1000.0)
    features = yamnet_features(samples)
    assert features.shape == (4, 64)
    band = int(np.argmax(features[0]))
    low_mel, high_mel = (1127 * np.log(1 + hz / 700) for hz in (125.0, 7500.0))
    edges_mel = np.linspace(low_mel, high_mel, 66)
    assert edges_mel[band] < 1127 * np.log(1 + 1000 / 700) < edges_mel[band + 2]
    assert np.allclose(yamnet_features(np.zeros(400, np.float32)), np.log(1e-3))


def test_the_most_predictive_channels_explain_the_others() -> None:
    rng = np.random.default_rng(0)
    sources = rng.standard_normal((5000, 3)).astype(np.float32)
    copies = sources @ rng.standard_normal((3, 5)).astype(np.float32)
    kept = most_predictive(np.concatenate([copies, 3 * sources], 1), 3)
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


def test_the_teacher_gets_the_sound_as_it_was_before_a_device_recorded_it(recordings: list[CorpusFile]) -> None:
    sampler, rng = CorpusSampler(recordings[:-2], recordings[-2:]), np.random.default_rng(0)
    window = sampler.sample_found(rng)
    assert window.clean is not None
    faint = SampledWindow(window.samples * np.float32(1e-3), window.targets, window.path, window.clean)
    assert np.array_equal(clean_features(faint), clean_features(window))


def test_a_recording_is_cut_into_the_windows_of_a_live_stream(tmp_path: Path) -> None:
    _write(tmp_path / "a.wav", _tone(48_000))
    windows = evaluate.windows_of(tmp_path / "a.wav")
    np.testing.assert_allclose(windows, cut_file(tmp_path / "a.wav", evaluate.SPEC)[: len(windows)], atol=4e-3)
    level = np.sqrt(np.mean(evaluate.faint(_tone(48_000)) ** 2))
    assert 20 * np.log10(level) == pytest.approx(-60.0, abs=0.1)


def test_the_description_fits_the_windows() -> None:
    spec = ambient_spec({"cross_validation": 0.96})
    assert spec.window_samples == WINDOW
    assert 1.0 <= spec.window_s <= 2.0
    assert spec.card.accuracy == {"cross_validation": 0.96}
    assert "background" in EVENTS.deny


def test_a_student_learns_the_embedding() -> None:
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(3)
    teacher = Teacher((), FoldedLayer(rng.normal(size=(8, 3)).astype(np.float32), np.zeros(3, np.float32)), (), {})
    kernel, sets = rng.normal(size=(12, 8)), []
    for _ in range(2):
        features = rng.normal(size=(400, 4, 3))
        embedding = features.reshape(-1, 12) @ kernel
        sets.append(WindowSet(features.astype(np.float16), embedding.astype(np.float16)))
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 3))
    x = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(8)(x))
    shares: list[float] = []
    schedule = Schedule(2, 1e-2, batch=96, average_after=0.5)
    shared = [(sets[0], 0.75), (sets[1], 0.25)]
    distil(model, teacher, shared, schedule, n_batches=600, report=lambda share, text: shares.append(share))
    guess = np.asarray(model(sets[1].features.astype(np.float32)))
    assert np.all(np.square(guess - sets[1].targets).mean(0) < 0.1 * sets[1].targets.astype(np.float32).var(0))
    assert shares == sorted(shares)


def test_a_head_learns_the_labels_that_are_known() -> None:
    pytest.importorskip("tensorflow")
    rng = np.random.default_rng(3)
    kernel, sets = rng.normal(size=(8, 5)), []
    for _ in range(2):
        features = rng.normal(size=(2000, 8)).astype(np.float16)
        targets = (features @ kernel > 0.5).astype(np.float16)
        targets[rng.random(targets.shape) < 0.3] = np.nan
        sets.append(WindowSet(features, targets))
    schedule = Schedule(2, 3e-2, batch=128, average_after=0.5)
    head = fit_head([(sets[0], 0.5), (sets[1], 0.5)], schedule, n_batches=400)
    known = np.isfinite(sets[1].targets)
    found = sets[1].features.astype(np.float32) @ head.kernel + head.bias > 0
    assert np.mean(found[known] == (sets[1].targets > 0.5)[known]) > 0.9
