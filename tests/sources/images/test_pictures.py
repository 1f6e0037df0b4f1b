"""Pictures are played in order, upright and in one size; damaged ones are counted."""

import struct
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.safe_text import safe
from streamer.sources.images import pictures as pictures_module
from streamer.sources.images.pictures import PictureSource, picture_paths, read_picture
from tests.support import bombs
from tests.support.source_thread import capture_images
from tests.support.sources import image_source
from tests.support.synthetic_videos import cut, numbered, numbers

AT_ONCE = SourceSettings(realtime=False)
PLAIN = ImageSettings()


def write_pictures(folder: Path, n: int, suffix: str = "png") -> list[Path]:
    paths = [folder / f"view {i}.{suffix}" for i in range(n)]
    for path, image in zip(paths, numbered(n), strict=True):
        assert cv2.imwrite(str(path), image)
    return paths


def random_image(width: int, height: int) -> UInt8:
    rng = np.random.default_rng(0)
    image: UInt8 = rng.integers(0, 256, (height, width, 3), np.uint8)
    return image


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
def test_a_folder_plays_in_natural_order_at_ten_images_per_second(tmp_path: Path, suffix: str) -> None:
    write_pictures(tmp_path, 12, suffix)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "inside").mkdir()
    source = image_source(str(tmp_path), AT_ONCE, PLAIN)
    assert (source.uri, source.medium, source.is_live, source.note, source.stuck) == (
        f"file:{tmp_path}", "images", False, "", False,
    )  # fmt: skip
    captured = capture_images(source, capacity=2)
    assert numbers(image.pixels for image in captured.images) == list(range(12))
    assert [image.index for image in captured.images] == list(range(12))
    np.testing.assert_allclose(captured.times_s, np.arange(12) / 10.0)
    image_format = captured.image_format
    assert (image_format.width, image_format.height, image_format.fps) == (64, 48, 10.0)
    assert image_format.device == tmp_path.name


def test_a_glob_at_a_stated_rate(tmp_path: Path) -> None:
    write_pictures(tmp_path, 12)
    source = image_source(f"file:{tmp_path}/view 1*.png", AT_ONCE, ImageSettings(fps=4.0))
    captured = capture_images(source)
    assert numbers(image.pixels for image in captured.images) == [1, 10, 11]
    assert captured.times_s == [0.0, 0.25, 0.5]


def test_one_picture_is_one_image(tmp_path: Path) -> None:
    (path, *_) = write_pictures(tmp_path, 2)
    captured = capture_images(PictureSource(str(path), AT_ONCE, PLAIN))
    assert len(captured.images) == 1
    assert captured.image_format.device == path.name


def test_damaged_pictures_are_skipped_counted_and_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = write_pictures(tmp_path, 8)
    cut(paths[0], 0.6)
    paths[3].write_bytes(b"")
    paths[4].write_text("no picture")
    source = PictureSource(str(tmp_path), AT_ONCE, PLAIN)
    captured = capture_images(source)
    assert numbers(image.pixels for image in captured.images) == [1, 2, 5, 6, 7]
    assert [image.index for image in captured.images] == [1, 2, 5, 6, 7]
    assert [image.skipped_before for image in captured.images] == [1, 0, 2, 0, 0]
    np.testing.assert_allclose(captured.times_s, [0.0, 0.1, 0.4, 0.5, 0.6])
    assert source.note == "3 of 8 pictures unreadable (view 0.png …)"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.98])
def test_a_truncated_picture_is_refused(
    tmp_path: Path, suffix: str, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"x.{suffix}"
    cv2.imwrite(str(path), random_image(80, 60))
    assert read_picture(path, PLAIN).shape == (60, 80, 3)
    cut(path, part)
    with pytest.raises(UserError, match="must be a whole picture") as caught:
        read_picture(path, PLAIN)
    assert safe(str(path)) in str(caught.value)
    assert capfd.readouterr().err == ""


def test_pictures_of_other_sizes_are_scaled_and_cropped_to_the_first_size(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 250, 160).astype(np.uint8), (120, 1))
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((60, 80), np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), ramp)  # same aspect ratio, twice the size
    cv2.imwrite(str(tmp_path / "3.png"), ramp[:, 40:120])  # 80 × 120: cropped above and below
    cv2.imwrite(str(tmp_path / "4.png"), ramp[:30, :40])  # enlarged
    source = PictureSource(str(tmp_path), AT_ONCE, PLAIN)
    _, same, tall, small = (image.pixels[:, :, 0] for image in capture_images(source).images)
    assert source.note == "3 pictures resized to the first one's 80×60"
    np.testing.assert_allclose(same[30], ramp[0].reshape(80, 2).mean(axis=1), atol=1.5)
    np.testing.assert_array_equal(tall, ramp[:60, 40:120])
    assert (small.shape, float(np.ptp(small[:, 40].astype(float)))) == ((60, 80), 0.0)


def test_sixteen_bits_grey_and_transparency_become_eight_bit_colour(tmp_path: Path) -> None:
    deep = np.full((20, 30), 200 * 257, np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.full((20, 30, 4), (10, 20, 30, 128), np.uint8))
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((20, 30), 77, np.uint8))
    np.testing.assert_array_equal(read_picture(tmp_path / "deep.png", PLAIN), np.full((20, 30, 3), 200))
    np.testing.assert_array_equal(read_picture(tmp_path / "alpha.png", PLAIN), np.full((20, 30, 3), (10, 20, 30)))
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png", PLAIN), np.full((20, 30, 3), 77))


def test_a_photograph_is_turned_upright_by_its_exif_entry(tmp_path: Path) -> None:
    image = np.zeros((32, 48, 3), np.uint8)
    image[:, :24] = 255
    data = cv2.imencode(".jpg", image)[1].tobytes()
    # an EXIF block with one entry, orientation = 6: a quarter turn clockwise
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + tiff
    (tmp_path / "x.jpg").write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    upright = read_picture(tmp_path / "x.jpg", PLAIN)
    assert upright.shape == (48, 32, 3)
    assert upright[:20].min() > 200
    assert upright[28:].max() < 50


def test_region_and_downscale_are_applied(tmp_path: Path) -> None:
    image = random_image(80, 60)
    cv2.imwrite(str(tmp_path / "x.png"), image)
    settings = ImageSettings(roi=(10, 5, 40, 32))
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png", settings), image[5:37, 10:50])
    source = PictureSource(str(tmp_path / "x.png"), AT_ONCE, ImageSettings(downscale=2))
    captured = capture_images(source)
    assert (captured.image_format.width, captured.image_format.height) == (40, 30)
    assert captured.images[0].pixels.shape == (30, 40, 3)


def test_paths_without_pictures_are_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    for name, rule in {
        "missing.png": "must exist",
        "empty": "must hold pictures",
        "*.jpg": "must match at least one picture",
        "text.png": "must be a whole picture",
        "a\0b.png": "must be readable",
    }.items():
        with pytest.raises(UserError, match=rule) as caught:
            PictureSource(str(tmp_path / name), AT_ONCE, PLAIN)
        assert safe(str(tmp_path / name)) in str(caught.value)


def test_an_existing_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "view[1].png"
    cv2.imwrite(str(path), random_image(20, 20))
    assert picture_paths(path) == [path]


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_picture_that_would_unfold_beyond_the_setting_is_not_decoded(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"bomb.{kind}"
    jpeg = cv2.imencode(".jpg", random_image(64, 48))[1].tobytes()
    path.write_bytes(bombs.png(30_000, 30_000, rows=100) if kind == "png" else bombs.jpeg_of_size(jpeg, 30_000, 30_000))
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UserError, match=r"must have at most 64 million pixels; its header says 30000×30000"):
        read_picture(path, PLAIN)


def test_a_file_far_larger_than_its_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(cv2.imencode(".png", random_image(64, 48))[1].tobytes())
    with path.open("r+b") as file:
        file.truncate(3_000_000_000)  # sparse
    with pytest.raises(UserError, match=r"must be as small as 64×48 pixels; it has 3000.0 MB"):
        read_picture(path, PLAIN)


def test_a_format_that_is_not_checked_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "radiance.png"
    encoded = cv2.imencode(".hdr", random_image(64, 48).astype(np.float32))
    path.write_bytes(encoded[1].tobytes())
    with pytest.raises(UserError, match="must be a whole picture"):
        read_picture(path, PLAIN)


def test_a_strip_among_pictures_does_not_unfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), random_image(4000, 100))
    cv2.imwrite(str(tmp_path / "2.png"), random_image(20, 4000))
    resize, areas = cv2.resize, []

    def counted(pixels: UInt8, size: tuple[int, int], **options: int) -> UInt8:
        areas.append(size[0] * size[1])
        return np.asarray(resize(pixels, size, **options), np.uint8)  # type: ignore[call-overload]

    monkeypatch.setattr(cv2, "resize", counted)
    captured = capture_images(image_source(str(tmp_path), AT_ONCE, PLAIN))
    assert [image.pixels.shape for image in captured.images] == [(100, 4000, 3)] * 2
    assert areas
    assert max(areas) < 10 * 4000 * 100  # 3.2 billion pixels, were it scaled before it is cut


@pytest.mark.parametrize("realtime", [True, False])
def test_pictures_are_played_in_real_time_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, realtime: bool
) -> None:
    asked = []
    monkeypatch.setattr(pictures_module, "play_images", lambda images, ring, stop, paced: asked.append(paced))
    write_pictures(tmp_path, 2)
    source = PictureSource(str(tmp_path), SourceSettings(realtime=realtime), PLAIN)
    source.capture(lambda opened: None, threading.Event())  # type: ignore[arg-type, return-value]
    assert asked == [realtime]
