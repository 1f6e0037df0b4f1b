"""Demo scene of sounds: reproducible, at the stated times, and recognised by YAMNet."""

import itertools
import zipfile

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.config import SourceSettings
from streamer.sources.sound.demo import DURATION_S, SOUNDS, SoundScene, sound_scene
from streamer.sources.sound.synthesis import BLADES_PER_S, TICKS_PER_S
from tests.support.paths import SHARED
from tests.support.source_thread import SoundSourceThread
from tests.support.sources import sound_source

YAMNET = SHARED / "models" / "yamnet.tflite"

# The label of YAMNet for each sound.
YAMNET_LABELS = {
    "rain": "Rain",
    "clock_tick": "Tick-tock",
    "helicopter": "Helicopter",
    "crackling_fire": "Crackle",
    "crying_baby": "Baby cry, infant cry",
    "sea_waves": "Waves, surf",
}


@pytest.fixture(scope="module")
def scene() -> SoundScene:
    return sound_scene()


def cut(scene: SoundScene, label: str) -> Float32:
    _, onset_s, offset_s = next(item for item in scene.truth if item[0] == label)
    return scene.samples[round(onset_s * scene.sample_rate) : round(offset_s * scene.sample_rate)]


def dbfs(samples: Float32) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


def centroid_hz(samples: Float32, sample_rate: int) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power @ np.fft.rfftfreq(samples.size, 1 / sample_rate) / power.sum())


def beat_hz(samples: Float32, sample_rate: int, lowest_hz: float, highest_hz: float) -> float:
    """Return the strongest frequency of the envelope."""
    frame = sample_rate // 100
    envelope = np.square(samples[: samples.size // frame * frame].reshape(-1, frame)).sum(1)
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(envelope.size), 4096))
    frequency_hz = np.fft.rfftfreq(4096, 0.01)
    inside = (frequency_hz > lowest_hz) & (frequency_hz < highest_hz)
    return float(frequency_hz[inside][np.argmax(spectrum[inside])])


def test_the_same_seed_gives_the_same_samples_and_another_does_not(scene: SoundScene) -> None:
    np.testing.assert_array_equal(scene.samples, sound_scene(0).samples)
    other = sound_scene(1)
    assert other.truth == scene.truth
    assert not np.array_equal(other.samples, scene.samples)


def test_the_sounds_are_in_order_with_pauses_and_end_before_28_s(scene: SoundScene) -> None:
    assert scene.samples.dtype == np.float32
    assert scene.samples.size == DURATION_S * scene.sample_rate
    assert 0.3 < np.abs(scene.samples).max() < 1.0
    assert [label for label, _, _ in scene.truth] == [label for label, _, _ in SOUNDS]
    times_s = [0.0, *(t for _, onset_s, offset_s in scene.truth for t in (onset_s, offset_s))]
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times_s))
    assert all(3 <= offset_s - onset_s <= 4 for _, onset_s, offset_s in scene.truth)
    assert times_s[-1] <= 28.0


def test_between_the_sounds_there_is_quiet_background_only(scene: SoundScene) -> None:
    is_sound = np.zeros(scene.samples.size, bool)
    for _, onset_s, offset_s in scene.truth:
        is_sound[round(onset_s * scene.sample_rate) : round(offset_s * scene.sample_rate)] = True
    background_db = dbfs(scene.samples[~is_sound])
    assert -66 < background_db < -50
    for label, _, _ in scene.truth:
        assert dbfs(cut(scene, label)) > background_db + 15


def test_the_end_joins_the_beginning(scene: SoundScene) -> None:
    step = abs(float(scene.samples[0]) - float(scene.samples[-1]))
    usual = np.abs(np.diff(scene.samples[: scene.sample_rate]))
    assert step < 3 * usual.max()


def test_clock_and_helicopter_have_their_rates(scene: SoundScene) -> None:
    assert beat_hz(cut(scene, "clock_tick"), scene.sample_rate, 1.0, 5.0) == pytest.approx(TICKS_PER_S, abs=0.1)
    assert beat_hz(cut(scene, "helicopter"), scene.sample_rate, 8.0, 45.0) == pytest.approx(BLADES_PER_S, rel=0.05)


def test_the_sounds_have_the_centroid_and_crest_factor_of_real_ones(scene: SoundScene) -> None:
    colour_hz = {label: centroid_hz(cut(scene, label), scene.sample_rate) for label, _, _ in scene.truth}
    assert colour_hz["helicopter"] < 750 < colour_hz["sea_waves"] < 1500 < colour_hz["rain"]
    crest_db = {label: 20 * np.log10(np.abs(cut(scene, label)).max()) - dbfs(cut(scene, label)) for label in colour_hz}
    assert crest_db["crackling_fire"] > 25  # single loud snaps
    assert crest_db["clock_tick"] > 25
    assert crest_db["sea_waves"] < 18  # noise of changing level


def test_the_cry_of_the_baby_is_harmonic(scene: SoundScene) -> None:
    start = int(0.4 * scene.sample_rate)
    piece = cut(scene, "crying_baby")[start : start + 2048] * np.hanning(2048).astype(np.float32)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(piece, 8192)) ** 2)[:2048]
    lags = np.arange(int(scene.sample_rate / 600), int(scene.sample_rate / 300))
    best = lags[np.argmax(correlation[lags])]
    assert correlation[best] > 0.5 * correlation[0]
    assert 350 < scene.sample_rate / best < 520


def test_the_source_plays_the_scene_and_begins_again(scene: SoundScene) -> None:
    with SoundSourceThread(sound_source("demo", SourceSettings(realtime=False)), ring_s=1.0) as thread:
        n_wanted = round(1.2 * scene.samples.size)
        thread.wait_for(lambda: bool(thread.sessions) and thread.sessions[0].ring.written > n_wanted)
        assert thread.leave() < 1.0
    (session,) = thread.sessions
    played = session.samples[:, 0]
    np.testing.assert_array_equal(played, np.resize(scene.samples, played.size))
    assert (session.lost, session.sound_format.sample_rate) == (0, scene.sample_rate)


@pytest.mark.skipif(not YAMNET.exists(), reason=f"{YAMNET} is not there")
@pytest.mark.parametrize("seed", [0, 1])
def test_yamnet_recognises_the_sounds(seed: int) -> None:
    from ai_edge_litert.interpreter import Interpreter

    with zipfile.ZipFile(YAMNET) as archive:
        labels = [label.strip() for label in archive.read(archive.namelist()[0]).decode().splitlines()]
    network = Interpreter(str(YAMNET), num_threads=1)
    network.allocate_tensors()
    (source,), (sink,) = network.get_input_details(), network.get_output_details()
    scene = sound_scene(seed)
    for label, _, _ in scene.truth:
        samples, scores = cut(scene, label), []
        for start in range(0, samples.size - 15_600, 7800):
            network.set_tensor(source["index"], samples[start : start + 15_600].reshape(source["shape"]))
            network.invoke()
            scores.append(network.get_tensor(sink["index"]).reshape(-1))
        ranking = [labels[i] for i in np.argsort(-np.mean(scores, axis=0))]
        assert YAMNET_LABELS[label] in ranking[:4], f"{label} is classified as {ranking[:6]}"
