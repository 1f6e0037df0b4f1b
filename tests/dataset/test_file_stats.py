"""One pass over a file measures the values that the file was written with."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.dataset import file_stats
from streamer.dataset.file_stats import measure_file
from tests.support.datasets import RATE, noise, write_sound
from tests.support.synthetic_videos import numbered, state_length, write_video

SINE = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)


def test_a_sine_has_its_level_and_is_not_clipped(tmp_path: Path) -> None:
    stats = measure_file(write_sound(tmp_path / "sine.wav", SINE), "sound")
    assert (stats.fault, stats.n_samples, stats.duration_s, stats.n_images) == ("", RATE, 1.0, 0)
    assert (stats.sample_rate, stats.n_channels, stats.n_invalid, stats.is_blank) == (RATE, 1, 0, False)
    assert stats.level == pytest.approx(-3.01, abs=0.01)
    assert stats.peak == pytest.approx(1.0, abs=1e-4)
    assert stats.clipped_share < 0.01


def test_clipping_is_a_share_of_all_samples(tmp_path: Path) -> None:
    samples = np.where(np.arange(RATE) < RATE // 4, 1.0, 0.1 * SINE).astype(np.float32)
    assert measure_file(write_sound(tmp_path / "a.flac", samples), "sound").clipped_share == pytest.approx(
        0.25, abs=2e-4
    )


def test_a_tone_that_touches_full_scale_is_not_clipped(tmp_path: Path) -> None:
    samples = np.tile(np.array([0.0, 1.0, 0.0, -1.0], np.float32), RATE // 4)
    assert measure_file(write_sound(tmp_path / "a.wav", samples), "sound").clipped_share == 0.0


@pytest.mark.parametrize(
    ("samples", "is_blank"),
    [
        (np.zeros(RATE, np.float32), True),
        (np.full(RATE, 0.5, np.float32), True),  # an offset only is no sound
        (3e-4 * SINE, True),  # −70.5 dBFS
        (4e-4 * SINE, False),  # −68 dBFS
        (np.stack([SINE, -SINE], axis=1), False),  # the inverted channel is turned
        (np.stack([SINE, np.zeros_like(SINE)], axis=1), False),
    ],
)
def test_silence_is_judged_after_mixing_down(tmp_path: Path, samples: np.ndarray, is_blank: bool) -> None:
    stats = measure_file(write_sound(tmp_path / "a.wav", samples, subtype="FLOAT"), "sound")
    assert stats.is_blank == is_blank
    assert stats.n_channels == (1 if samples.ndim == 1 else 2)


def test_samples_that_are_no_number_are_counted_and_change_nothing_else(tmp_path: Path) -> None:
    samples = SINE.copy()
    samples[[3, 70, 71]] = np.nan, np.inf, -np.inf
    stats = measure_file(write_sound(tmp_path / "a.wav", samples, subtype="FLOAT"), "sound")
    assert stats.n_invalid == 3
    assert stats.level == pytest.approx(-3.01, abs=0.05)
    assert stats.peak <= 1.0


@given(st.integers(1, 4000), st.integers(50, 900))
@settings(max_examples=20, deadline=None)
def test_the_length_of_blocks_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, n_samples: int, block: int
) -> None:
    path = write_sound(tmp_path_factory.mktemp("blocks") / "a.wav", noise(n_samples, n_samples))
    whole = measure_file(path, "sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_stats, "BLOCK_S", block / RATE)
        parts = measure_file(path, "sound")
    assert parts.level == pytest.approx(whole.level, abs=1e-3)
    assert (parts.digest, parts.n_samples, parts.peak) == (whole.digest, whole.n_samples, whole.peak)


def test_digests_depend_on_the_content_not_the_container(tmp_path: Path) -> None:
    samples = (noise(0) * 2**15).astype(np.int16)  # each format rounds other values in its own way
    wav, flac = (write_sound(tmp_path / name, samples) for name in ("a.wav", "a.flac"))
    assert measure_file(wav, "sound").digest == measure_file(flac, "sound").digest
    other = [write_sound(tmp_path / "b.wav", noise(1)), write_sound(tmp_path / "c.wav", samples, 2 * RATE)]
    assert len({measure_file(path, "sound").digest for path in [wav, *other]}) == 3


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "must be a sound file; it is empty"),
        (b"no sound at all, but a long enough text", "must be a sound file"),
        (b"RIFF", "must be a sound file"),
    ],
)
def test_an_unreadable_file_has_its_fault(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    stats = measure_file(tmp_path / "a.wav", "sound")
    assert stats.fault.startswith(fault)
    assert stats.digest == b""


def test_a_dead_link_and_a_file_without_samples_have_their_faults(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    assert measure_file(tmp_path / "a.wav", "sound").fault == "must exist; it is a link to a file that is gone"
    soundfile.write(tmp_path / "b.wav", np.zeros(0), RATE)
    assert "at least one sample" in measure_file(tmp_path / "b.wav", "sound").fault


def test_a_truncated_flac_file_is_unreadable(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.flac", noise(0, 10 * RATE))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "damaged after" in measure_file(path, "sound").fault


def grey(level: int, height: int = 48, width: int = 64) -> UInt8:
    return np.full((height, width, 3), level, np.uint8)


def test_a_picture_has_size_brightness_and_more_than_one_colour(tmp_path: Path) -> None:
    pixels = grey(0)
    pixels[:, 32:] = 255
    for name in ("a.png", "b.bmp"):
        assert cv2.imwrite(str(tmp_path / name), pixels)
    stats = measure_file(tmp_path / "a.png", "pattern")
    assert (stats.width, stats.height, stats.n_images, stats.duration_s, stats.is_blank) == (64, 48, 1, 0.0, False)
    assert stats.level == pytest.approx(0.5)
    assert stats.digest == measure_file(tmp_path / "b.bmp", "pattern").digest


@pytest.mark.parametrize(("spread", "is_blank"), [(0, True), (8, True), (9, False)])
def test_a_picture_of_one_colour_may_be_noisy(tmp_path: Path, spread: int, is_blank: bool) -> None:
    pixels = grey(100)
    pixels[7, 9, 1] += spread
    assert cv2.imwrite(str(tmp_path / "a.png"), pixels)
    assert measure_file(tmp_path / "a.png", "pattern").is_blank == is_blank


def test_a_damaged_picture_has_its_fault(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    assert "must be a whole picture" in measure_file(tmp_path / "a.png", "pattern").fault


def test_a_video_is_read_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.avi", numbered(60), fps=25.0)
    stats = measure_file(path, "motion")
    assert (stats.fault, stats.note, stats.width, stats.height, stats.fps) == ("", "", 64, 48, 25.0)
    assert (stats.n_images, stats.n_images_read, stats.is_blank) == (60, 60, False)
    assert stats.duration_s == pytest.approx(60 / 25.0)
    monkeypatch.setattr(file_stats, "IMAGES_READ", 40)
    part = measure_file(path, "motion")
    assert (part.n_images, part.n_images_read) == (60, 40)
    assert part.duration_s == pytest.approx(60 / 25.0)
    monkeypatch.setattr(file_stats, "IMAGES_READ", 60)
    whole = measure_file(path, "motion")
    assert (whole.n_images, whole.n_images_read) == (60, 60)


def test_a_flickering_lamp_is_not_one_colour_throughout(tmp_path: Path) -> None:
    lamp = write_video(tmp_path / "lamp.avi", [grey(100 + 50 * (i % 2)) for i in range(40)])
    wall = write_video(tmp_path / "wall.avi", [grey(100)] * 40)
    assert [measure_file(path, "motion").is_blank for path in (lamp, wall)] == [False, True]


def test_a_truncated_video_has_a_note_and_another_file_a_fault(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", numbered(40))
    state_length(path, 80)
    stats = measure_file(path, "motion")
    assert stats.n_images == 40
    assert "40 images where the header says 80" in stats.note
    (tmp_path / "b.mp4").write_text("no video")
    assert "must be a video" in measure_file(tmp_path / "b.mp4", "motion").fault


def test_no_exception_of_a_decoder_ends_an_inspection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("no rate")

    path = write_sound(tmp_path / "a.wav", SINE)
    monkeypatch.setattr("streamer.dataset.file_stats.fingerprint", breaks)
    assert (
        measure_file(path, "sound").fault == "cannot be measured; report it, with the file (ZeroDivisionError: no rate)"
    )
