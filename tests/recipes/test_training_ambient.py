"""The parts of the recipe of the sound model that need no data, some of them without TensorFlow."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.recipes.ambient import corpus, evaluate
from models.recipes.ambient.card import EVENTS, ambient_spec
from models.recipes.ambient.corpus import CLASSES, LABELS, CorpusFile
from models.recipes.ambient.fit import DistillationSet, distil
from models.recipes.ambient.linear_head import SCHEDULE, fit_linear_head, soften
from models.recipes.ambient.network import least_squares, most_predictive
from models.recipes.ambient.teacher import FoldedLayer, Teacher
from models.recipes.ambient.windows import WINDOW, CorpusSampler, sample_windows
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.training.sound.sampling import SampleWindow


def _tone(n_samples: int, hz: float = 440.0, level: float = 0.5) -> Float32:
    return (level * np.sin(2 * np.pi * hz * np.arange(n_samples) / 16000)).astype(np.float32)


def _write(path: Path, samples: Float32, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)


def test_labelled_recordings_carry_label_and_fold(tmp_path: Path) -> None:
    for label in CLASSES:
        _write(tmp_path / "esc10" / label / "3-1-A-0.ogg", _tone(44_100), 44_100)
    _write(tmp_path / "speech" / "7_jackson_3.wav", _tone(4000), 8000)
    recordings = corpus.load_labelled(tmp_path)
    assert [r.label for r in recordings] == [*CLASSES, "speech"]
    assert [r.fold for r in recordings] == [3] * 10 + [2]
    assert all(recording.path.is_file() for recording in recordings)


def test_a_folder_without_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must hold esc10/LABEL and speech"):
        corpus.load_labelled(tmp_path)


def test_found_sounds_of_one_family_are_on_one_side(tmp_path: Path) -> None:
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


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[CorpusFile]:
    folder = tmp_path_factory.mktemp("sounds")
    found = []
    for i, label in enumerate((*CLASSES, "speech", "")):
        path = folder / f"{label or 'other'}.wav"
        _write(path, _tone(40_000, 200.0 + 300.0 * i))
        found.append(CorpusFile(path, label, 1))
    return found


@pytest.mark.parametrize(
    "sample",
    [CorpusSampler.sample_fold, CorpusSampler.sample_mixture, CorpusSampler.sample_found, CorpusSampler.sample_word],
)
def test_every_kind_of_window_has_the_features_of_both_front_ends(
    sample: SampleWindow, recordings: list[CorpusFile]
) -> None:
    windows = sample_windows(CorpusSampler(recordings[:-1], recordings[-1:]), sample, 12, seed=5, n_processes=1)
    assert windows.features.shape == windows.teacher_features.shape == (12, 128, 64)
    assert windows.targets.shape == (12, len(LABELS))
    assert np.all(np.isfinite(windows.features))


def test_targets_of_found_sounds_are_unknown(recordings: list[CorpusFile]) -> None:
    sampler, rng = CorpusSampler(recordings[:-1], recordings[-1:]), np.random.default_rng(0)
    assert np.isnan(sampler.sample_found(rng).targets).all()
    targets = np.stack([sampler.sample_mixture(rng).targets for _ in range(60)])
    speech = LABELS.index("speech")
    assert {0.0, 1.0} >= set(targets[np.isfinite(targets)].tolist())
    assert 0 < np.isnan(targets[:, speech]).sum() < 60


def test_a_word_is_speech_alone(recordings: list[CorpusFile]) -> None:
    sampler, rng = CorpusSampler(recordings[:-1], recordings[-1:]), np.random.default_rng(0)
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


def test_confusion_counts_background_as_an_error() -> None:
    dog, silence = np.zeros((12, 12), np.float32), np.zeros((12, 12), np.float32)
    dog[:, LABELS.index("dog")] = 0.9
    silence[:, LABELS.index("background")] = 0.9
    counts = evaluate.confusion([dog, silence], [CorpusFile(Path("a"), "dog", 1), CorpusFile(Path("b"), "dog", 1)])
    assert evaluate.accuracy(counts) == 0.5
    assert counts[LABELS.index("dog")].tolist() == [int(name in ("dog", "background")) for name in LABELS]


def test_events_are_counted_as_the_product_counts_them() -> None:
    scores = np.zeros((12, 12), np.float32)
    scores[3:9, LABELS.index("rain")] = 0.95
    events = evaluate.count_events([scores], EventSettings(on=0.8, off=0.4, confirm=2, confirm_of=3))
    assert [dict(found) for found in events] == [{"rain": 1}]


def test_recordings_are_scored_window_by_window(recordings: list[CorpusFile]) -> None:
    scores = evaluate.score_recordings(lambda windows: windows.mean(axis=2)[:, :12], recordings[:2])
    assert [values.shape for values in scores] == [(4, 12), (4, 12)]


def test_the_description_fits_the_windows() -> None:
    spec = ambient_spec({"cross_validation": 0.96})
    assert spec.window_samples == WINDOW
    assert 1.0 <= spec.window_s <= 2.0
    assert spec.card.accuracy == {"cross_validation": 0.96}
    assert "background" in EVENTS.deny


def _teacher_and_sets(n: int = 400) -> tuple[Teacher, list[DistillationSet]]:
    """Return a teacher of eight values and three scores, and two sets of windows whose embedding is linear in them."""
    rng = np.random.default_rng(3)
    head = FoldedLayer(rng.normal(size=(8, 3)).astype(np.float32), np.zeros(3, np.float32))
    kernel, label_kernel = rng.normal(size=(12, 8)), rng.normal(size=(8, len(LABELS)))
    sets = []
    for _ in range(2):
        features = rng.normal(size=(n, 4, 3))
        embedding = features.reshape(n, 12) @ kernel
        targets = (embedding @ label_kernel > 0).astype(np.float16)
        targets[rng.random(targets.shape) < 0.3] = np.nan
        sets.append(DistillationSet(features.astype(np.float16), embedding.astype(np.float16), targets))
    return Teacher((), head, ("a", "b", "c"), {}), sets


def test_a_student_learns_embedding_and_labels() -> None:
    keras = pytest.importorskip("keras")
    teacher, (first, second) = _teacher_and_sets()
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 3))
    x = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(inputs))
    outputs = [keras.layers.Dense(len(LABELS), name="logits")(x), keras.layers.Dense(8, name="imitation")(x)]
    model = keras.Model(inputs, outputs)
    shares: list[float] = []
    distil(
        model,
        teacher,
        [(first, 0.75), (second, 0.25)],
        n_batches=600,
        peak_rate=1e-2,
        report=lambda share, text: shares.append(share),
    )
    logits, embedding = (np.asarray(output) for output in model(second.features.astype(np.float32)))
    spread = second.embedding.astype(np.float32).var(0)
    assert np.all(np.square(embedding - second.embedding).mean(0) < 0.1 * spread)
    known = np.isfinite(second.targets)
    assert np.mean((logits > 0)[known] == (second.targets > 0.5)[known]) > 0.9
    assert shares == sorted(shares)


def test_a_linear_head_learns_the_known_labels_and_softens_the_targets() -> None:
    pytest.importorskip("tensorflow")
    _, sets = _teacher_and_sets(2000)
    head = fit_linear_head(sets, dataclasses.replace(SCHEDULE, peak_rate=1e-2, n_epochs=20))
    logits = sets[0].embedding.astype(np.float32) @ head.kernel + head.bias
    known = np.isfinite(sets[0].targets)
    assert np.mean((logits > 0)[known] == (sets[0].targets > 0.5)[known]) > 0.9
    softened = soften(sets[0], head, 0.4).targets.astype(np.float32)
    scores = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(softened[~known], scores[~known], atol=2e-3)
    np.testing.assert_allclose(softened[known], (0.6 * sets[0].targets + 0.4 * scores)[known], atol=2e-3)
