"""The pulse in the colour of skin is measured on every complexion, and a photograph of a face has none."""

import cv2
import numpy as np
import pytest

from streamer.api.measure import measure_frequency
from streamer.arrays import UInt8
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.pulse import joined
from tests.support.faces import COMPLEXIONS, beats, face, images
from tests.support.paths import SHARED

FPS, N = 30.0, 270
T = np.arange(N) / FPS


def pulses(frames: list[UInt8]) -> list[TemporalComponent]:
    return [each for each in measured(frames).components if each.what == "pulse"]


def measured(frames: list[UInt8]) -> Temporal:
    return measure_frequency(np.stack(frames), fps=FPS)


@pytest.mark.parametrize("complexion", COMPLEXIONS)
def test_breathing_and_pulse_of_every_complexion(complexion: str) -> None:
    rng = np.random.default_rng(len(complexion))
    scene, skin = face(complexion, rng)
    breath = np.outer(np.sin(2 * np.pi * 0.3 * T), [0.0, 1.0])
    frames = images(scene, rng, N, blood=beats(1.27, N, FPS), skin=skin, moved_px=breath)
    (pulse,) = pulses(frames)
    assert abs(pulse.hz - 1.27) < 4 * pulse.hz_sigma < 0.1
    assert {"POS", "CHROM"} <= set(pulse.seen_in)
    left, top, width, _ = pulse.box  # in the face, of 32 × 18 cells
    assert 6 <= left <= 26 - width
    assert top >= 1


def test_where_grey_has_the_pulse_too_there_is_one_component_that_says_both() -> None:
    rng = np.random.default_rng(5)
    scene, skin = face("fair", rng)
    found = measured(images(scene, rng, N, blood=beats(1.5, N, FPS, 0.03), skin=skin))
    near = [each for each in found.components if abs(each.hz - 1.5) < 0.1]
    assert [each.seen_in for each in near] == [("grey", "POS", "CHROM")]


def changes(kind: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return how a photograph is filmed."""
    wave = np.sin(2 * np.pi * 1.2 * T)
    if kind == "flickering light":
        return {"light": 1 + 0.06 * wave}
    if kind == "coloured light":
        return {"light": 1 + 0.03 * wave[:, None] * np.array([0.6, 1.0, 1.5])}
    if kind == "white balance":
        return {"light": 1 + 0.02 * wave[:, None] * np.array([-1.0, 0.0, 1.0])}
    if kind == "steps":
        return {"light": 1 - 0.25 * (T > 3) + 0.4 * (T > 6)}
    if kind == "shaking":
        return {"moved_px": np.cumsum(rng.normal(0, 0.3, (N, 2)), axis=0)}
    if kind == "swaying":
        return {"moved_px": np.outer(wave, [2.0, 0.7])}
    return {}


KINDS = ["noise", "flickering light", "coloured light", "white balance", "steps", "shaking", "swaying"]


@pytest.mark.parametrize(("complexion", "fills"), [("olive", False), ("deep", True)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_photograph_of_a_face_has_no_pulse(complexion: str, kind: str, fills: bool) -> None:
    rng = np.random.default_rng(len(kind))
    scene, _ = face(complexion, rng, fills=fills)
    assert pulses(images(scene, rng, N, **changes(kind, rng))) == []


def test_a_photograph_whose_jpegs_change_in_quality_has_no_pulse() -> None:
    rng = np.random.default_rng(4)
    frames = images(face("fair", rng)[0], rng, N)
    quality = (50 + 25 * np.sin(2 * np.pi * 1.1 * T)).astype(int)
    coded = [cv2.imencode(".jpg", frame, [1, int(q)])[1] for frame, q in zip(frames, quality, strict=True)]
    assert pulses([np.asarray(cv2.imdecode(each, 1), np.uint8) for each in coded]) == []


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="needs the shared recordings")
@pytest.mark.parametrize("half", [slice(0, 160), slice(140, 300)])
def test_a_real_face_has_its_pulse_in_five_seconds(half: slice) -> None:
    import av

    with av.open(str(SHARED / "data" / "video" / "pulse_face.mp4")) as video:
        frames = [cv2.resize(each.to_ndarray(format="bgr24"), (264, 296)) for each in video.decode(video=0)]
    (pulse,) = pulses([np.asarray(each, np.uint8) for each in frames[half]])
    assert 0.83 <= pulse.hz <= 1.0  # as the study that it comes from has it
    still = np.asarray(frames[0], np.float32)
    rng = np.random.default_rng(0)
    noisy = [np.asarray(np.clip(still + rng.normal(0, 3, still.shape), 0, 255), np.uint8) for _ in range(160)]
    assert pulses(noisy) == []


def component(hz: float, sigma: float, **more: object) -> TemporalComponent:
    return TemporalComponent(hz, sigma, 10.0, 1, np.ones((1, 1), np.float32), **more)  # type: ignore[arg-type]


def test_a_pulse_joins_only_what_has_its_frequency() -> None:
    pulse = component(1.2, 0.002, what="pulse", seen_in=("POS", "CHROM"))
    breath, beat = component(0.25, 0.001), component(1.21, 0.004, amplitude_px=0.4)
    kept, both = joined([breath, beat], pulse, 0.1)
    assert kept is breath
    assert (both.hz, both.hz_sigma, both.amplitude_px, both.what) == (1.2, 0.002, 0.4, "pulse")
    assert both.seen_in == ("grey", "POS", "CHROM")
    assert joined([breath], pulse, 0.1) == (breath, pulse)
