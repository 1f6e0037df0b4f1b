"""The shipped sound model, through streamer's own reader, front end, classifier and file label."""

import numpy as np
import pytest

from models.recipes.ambient.corpus import LABELS, OLD_CLASSES, SAMPLE_RATE
from streamer.arrays import Float32
from streamer.features.logmel import log_mel
from streamer.features.logmel_settings import LogMelSettings
from streamer.model.classifier import Classifier
from streamer.model.file import find_model, read_model_file
from streamer.model.file_label import file_label
from streamer.training.sound.files import read_sound
from tests.support.paths import SHARED

needs_data = pytest.mark.skipif(
    not (SHARED / "data" / "esc10").is_dir(), reason="needs data/esc10 in the folder STREAMER_SHARED"
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(read_model_file(find_model("ambient")))


def _label(classifier: Classifier, samples: Float32) -> str:
    spec = classifier.spec
    assert isinstance(spec.front_end, LogMelSettings)
    missing = max(0, spec.window_samples - samples.size)
    frames = log_mel(np.pad(samples, (0, missing)), spec.front_end)
    starts = range(0, len(frames) - spec.window.n_frames + 1, spec.window.stride)
    scores = [classifier.classify(frames[start : start + spec.window.n_frames]) for start in starts]
    return file_label(np.stack(scores), classifier.labels)[0]


def test_the_file_is_small_and_describes_itself(classifier: Classifier) -> None:
    assert find_model("ambient").stat().st_size <= 1_200_000
    assert classifier.labels == LABELS
    assert 1.0 <= classifier.spec.window_s <= 2.0


@pytest.mark.parametrize("level_dbfs", [-120.0, -85.0])
def test_near_silence_is_background(classifier: Classifier, level_dbfs: float) -> None:
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    assert _label(classifier, noise * np.float32(10 ** (level_dbfs / 20))) == "background"


@needs_data
@pytest.mark.parametrize("gain_db", [-24.0, 0.0])
def test_real_clips_get_their_label_at_any_level(classifier: Classifier, gain_db: float) -> None:
    clips = [(label, path) for label in OLD_CLASSES for path in sorted((SHARED / "data/esc10" / label).iterdir())[::16]]
    gain = np.float32(10 ** (gain_db / 20))
    right = [_label(classifier, read_sound(path, SAMPLE_RATE) * gain) == label for label, path in clips]
    assert np.mean(right) >= 0.9, f"{sum(right)} of {len(right)}"


@needs_data
def test_spoken_digits_are_speech(classifier: Classifier) -> None:
    paths = sorted((SHARED / "data" / "speech").glob("*_7.wav"))[::5]
    assert {_label(classifier, read_sound(path, SAMPLE_RATE)) for path in paths} == {"speech"}
