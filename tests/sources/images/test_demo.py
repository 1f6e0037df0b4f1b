"""Scene of the demo camera: reproducible, and periodic in time and space as it states."""

import itertools
import threading
import time

import cv2
import numpy as np
import pytest

from streamer.arrays import Float64
from streamer.config import ImageSettings, SourceSettings
from streamer.messages import ImageFormat
from streamer.rings import ImageRing
from streamer.sources import medium_of
from streamer.sources.images.demo import FPS, HEIGHT, PART_S, WIDTH, CameraScene, SceneTruth
from tests.support.sources import image_source

N_PART = round(PART_S * FPS)


@pytest.fixture(scope="module")
def scene() -> CameraScene:
    return CameraScene()


def truth(scene: CameraScene, label: str) -> SceneTruth:
    return next(item for item in scene.truth if item.label == label)


def grey(scene: CameraScene, index: int) -> Float64:
    return np.asarray(cv2.cvtColor(scene.render(index), cv2.COLOR_BGR2GRAY), np.float64)


def cells(scene: CameraScene, onset_s: float) -> Float64:
    """Return the mean grey of a grid of cells during one part of the scene, shape (n_images, n_cells)."""
    first = round(onset_s * FPS)
    small = [cv2.resize(grey(scene, first + k), (16, 12), interpolation=cv2.INTER_AREA) for k in range(N_PART)]
    return np.reshape(small, (N_PART, -1))


def power_in_time(series: Float64, n_fft: int = 8192) -> tuple[Float64, Float64]:
    """Return the frequencies of a spectrum and the power of all cells together."""
    tapered = (series - series.mean(axis=0)) * np.hanning(series.shape[0])[:, None]
    power: Float64 = (np.abs(np.fft.rfft(tapered, n_fft, axis=0)) ** 2).sum(axis=1)
    return np.asarray(np.fft.rfftfreq(n_fft, 1 / FPS)), power


def test_the_parts_follow_one_another_and_the_cloth_has_two_truths(scene: CameraScene) -> None:
    assert [item.label for item in scene.truth] == ["rotation", "flicker", "stripes", "drift"]
    times_s = sorted({(item.onset_s, item.offset_s) for item in scene.truth})
    assert times_s == [(0.0, 12.0), (12.0, 24.0), (24.0, 36.0)]
    assert scene.n_images == 36 * FPS


def test_the_same_seed_gives_the_same_images_and_another_does_not(scene: CameraScene) -> None:
    other, again = CameraScene(1), CameraScene(0)
    for index in (0, 7, N_PART + 3, 2 * N_PART + 50, 3 * N_PART - 1):
        image = scene.render(index).copy()
        assert image.shape == (HEIGHT, WIDTH, 3)
        np.testing.assert_array_equal(image, again.render(index))
        assert (image != other.render(index)).mean() > 0.3


def test_the_scene_begins_again_with_new_noise(scene: CameraScene) -> None:
    first = scene.render(5).astype(np.int16)
    later = scene.render(5 + scene.n_images)
    difference = first - later
    assert difference.any()
    assert 1.5 < difference.std() < 4.0  # √2 times the noise of one image


@pytest.mark.parametrize("label", ["rotation", "flicker", "drift"])
def test_moving_parts_have_the_stated_frequency(scene: CameraScene, label: str) -> None:
    stated = truth(scene, label)
    assert stated.hz is not None
    hz, power = power_in_time(cells(scene, stated.onset_s))
    assert hz[np.argmax(power)] == pytest.approx(stated.hz, abs=0.02)
    below = power[(hz > 0.25) & (hz < stated.hz - 0.25)]
    assert below.max() < 0.06 * power.max()  # no fundamental below it


def test_only_the_rotor_of_the_fan_moves(scene: CameraScene) -> None:
    deviation = cells(scene, truth(scene, "rotation").onset_s).std(axis=0).reshape(12, 16)
    assert deviation[5, 8] > 5
    assert deviation[:, [0, 1, 2, 13, 14, 15]].max() < 0.5


def test_frequencies_differ_from_folded_mains_and_its_half(scene: CameraScene) -> None:
    known_hz = [item.hz for item in scene.truth if item.hz is not None]
    folded_hz = [abs(mains_hz - FPS * round(mains_hz / FPS)) for mains_hz in (100, 120)]
    for hz, mains_hz, harmonic in itertools.product(known_hz, folded_hz, (1, 2)):
        assert abs(harmonic * hz - mains_hz) > 0.4
    assert max(known_hz) < FPS / 2


def test_the_stripes_have_the_stated_period_and_angle(scene: CameraScene) -> None:
    stated = truth(scene, "stripes")
    assert stated.period_px is not None
    for index in (2 * N_PART, 2 * N_PART + 111, 3 * N_PART - 1):
        square = grey(scene, index)[:, 40:280]
        taper = np.hanning(240)
        power = np.abs(np.fft.rfft2((square - square.mean()) * np.outer(taper, taper), (1024, 1024))) ** 2
        fy, fx = np.fft.fftfreq(1024)[:, None], np.fft.rfftfreq(1024)[None, :]
        power[np.hypot(fx, fy) < 0.015] = 0  # shadows of the folds
        row, column = np.unravel_index(np.argmax(power), power.shape)
        y, x = float(fy[row, 0]), float(fx[0, column])
        assert 1 / np.hypot(x, y) == pytest.approx(stated.period_px, rel=0.02)
        assert np.degrees(np.arctan2(-y, x)) == pytest.approx(stated.angle_deg, abs=1.0)


def test_the_cloth_moves_perpendicular_to_its_stripes_at_their_frequency(scene: CameraScene) -> None:
    stripes, drift = truth(scene, "stripes"), truth(scene, "drift")
    assert stripes.period_px is not None
    assert stripes.angle_deg is not None
    assert drift.hz is not None
    moved = []
    for index in range(2 * N_PART, 2 * N_PART + 60, 5):
        before, after = grey(scene, index).astype(np.float32), grey(scene, index + 1).astype(np.float32)
        (x, y), _ = cv2.phaseCorrelate(before, after, cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F))
        moved.append((x, y))
    x, y = np.median(moved, axis=0) * FPS
    # Stripes show only the motion perpendicular to them.
    angle = np.radians(stripes.angle_deg)
    assert x * np.cos(angle) - y * np.sin(angle) == pytest.approx(stripes.period_px * drift.hz, rel=0.1)


@pytest.mark.parametrize("label", ["rotation", "flicker"])
def test_fan_and_lamp_have_no_period_in_space(scene: CameraScene, label: str) -> None:
    square = grey(scene, round(truth(scene, label).onset_s * FPS) + 40)[:, 40:280]
    taper = np.hanning(240)
    power = np.abs(np.fft.fft2((square - square.mean()) * np.outer(taper, taper))) ** 2
    frequency = np.hypot(np.fft.fftfreq(240)[:, None], np.fft.fftfreq(240)[None, :])
    for low, high in itertools.pairwise(np.geomspace(0.03, 0.45, 12)):
        ring = power[(frequency >= low) & (frequency < high)]
        assert ring.max() < 60 * ring.mean()  # the stripes of the cloth reach hundreds


def deliver(
    n_images: int, realtime: bool, images: ImageSettings | None = None
) -> tuple[ImageFormat, list[tuple[int, int, float, float]]]:
    """Return the format and the images read from the source: index, skipped before, both times."""
    source = image_source("demo:camera", SourceSettings(realtime=realtime), images)
    opened: list[tuple[ImageFormat, ImageRing]] = []
    begun, stop = threading.Event(), threading.Event()

    def begin(image_format: ImageFormat) -> ImageRing:
        opened.append((image_format, ImageRing(8, image_format.height, image_format.width)))
        begun.set()
        return opened[0][1]

    thread = threading.Thread(target=source.capture, args=(begin, stop), daemon=True)
    thread.start()
    assert begun.wait(20)
    image_format, ring = opened[0]
    read: list[tuple[int, int, float, float]] = []
    while len(read) < n_images:
        assert ring.wait(10)
        image = ring.read()
        assert image is not None
        read.append((image.index, image.skipped_before, image.time_s, image.captured_s))
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    return image_format, read


def test_without_real_time_the_reader_gets_every_image() -> None:
    assert medium_of("demo:camera") == "images"
    image_format, read = deliver(100, realtime=False)
    assert (image_format.width, image_format.height, image_format.fps) == (WIDTH, HEIGHT, FPS)
    assert [index for index, *_ in read] == list(range(100))
    assert not any(skipped for _, skipped, *_ in read)
    np.testing.assert_allclose([time_s for _, _, time_s, _ in read], np.arange(100) / FPS)


def test_in_real_time_images_carry_the_clock_s_time() -> None:
    before_s = time.monotonic()
    _, read = deliver(12, realtime=True)
    times_s = np.array([(time_s, captured_s) for _, _, time_s, captured_s in read])
    offset_s = times_s[:, 1] - times_s[:, 0]
    assert np.ptp(offset_s) < 2.0  # one clock, set anew only where the machine was held up
    assert before_s < times_s[0, 1] < times_s[-1, 1] <= time.monotonic()


def test_region_downscale_and_rotation_apply_to_the_scene_too() -> None:
    image_format, read = deliver(3, False, ImageSettings(roi=(40, 0, 240, 200), downscale=2, rotate=90))
    assert (image_format.width, image_format.height) == (100, 120)
    assert [index for index, *_ in read] == [0, 1, 2]
