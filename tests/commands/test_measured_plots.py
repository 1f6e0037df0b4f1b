"""`streamer classify --plot`: what is drawn of videos and pictures, under which names."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.commands.measured_plots import MeasuredPlots, _clipped, _lines, _power
from streamer.messages import LatticeVector, SpatialComponent
from streamer.offline.result import FileResult, SeenImages
from tests.support import bands, lamps
from tests.support.bands import run_here

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamps.write_model(tmp_path_factory.mktemp("model") / "lamps.tflite")


def drawn(folder: Path) -> set[str]:
    for path in folder.iterdir():
        image = cv2.imread(str(path))
        assert image is not None
        assert min(image.shape[:2]) > 200
        assert np.unique(image.reshape(-1, 3), axis=0).shape[0] > 20
    return {path.name for path in folder.iterdir()}


def test_the_figures_of_videos_and_pictures(tmp_path: Path, model: Path) -> None:
    video = lamps.write_video(tmp_path / "a lamp: 3%.avi")
    (tmp_path / "other").mkdir()
    again = lamps.write_video(tmp_path / "other" / "a lamp: 3%.avi")
    wave = 128 + 80 * np.sin(2 * np.pi * np.arange(320) / 20.0)
    cv2.imwrite(str(tmp_path / "cloth.png"), np.broadcast_to(wave, (240, 320)).astype(np.uint8))
    done = run_here("classify", "--plot", tmp_path / "out", "-m", model, video, again)
    assert done.returncode == 0, done.stderr
    done = run_here("classify", "--plot", tmp_path / "out", "-m", "pattern", tmp_path / "cloth.png")
    assert done.returncode == 0, done.stderr
    assert "wrote" in done.stderr
    names = {f"a_lamp_3_.avi{n}_{what}.png" for n in ("", "-2") for what in ("spectrum", "waterfall", "places")}
    assert drawn(tmp_path / "out") == {*names, "cloth.png_lattice.png"}


def test_the_names_of_figures_are_safe_and_differ(tmp_path: Path) -> None:
    plots = MeasuredPlots(tmp_path)
    paths = ("../x.png", "a/x.png", "X.png", "..", "\udce9.png", "…", "a\nb.png", "y" * 240)
    names = [plots._name(Path(path)) for path in paths]
    assert names[:3] == ["x.png", "x.png-2", "X.png-3"]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(name and "/" not in name and name.isprintable() and len(name) < 120 for name in names)
    assert not any(name.startswith(".") for name in names)


def test_the_spectrum_has_the_amplitude_of_a_sinusoid() -> None:
    times_s = np.arange(400) / 50.0 + np.random.default_rng(0).uniform(-0.002, 0.002, 400)
    times_s -= times_s[0]
    wave = 7.0 * np.sin(2 * np.pi * 3.0 * times_s) + 0.5 * times_s + 90.0
    seen = SeenImages(np.zeros((8, 8, 3), np.uint8), np.asarray(wave[:, None], np.float32), times_s, (1, 1))
    hz, power = _power(seen, slice(None))
    assert hz[np.argmax(power)] == pytest.approx(3.0, abs=0.1)
    assert np.sqrt(power.max()) == pytest.approx(7.0, rel=0.05)


def test_lines_of_a_lattice_are_a_period_apart_and_stay_in_the_box() -> None:
    component = SpatialComponent("stripes", (), 0.5, 20.0, (100, 50, 200, 80))
    lines = list(_lines(LatticeVector(20.0, 0.01, 90.0, 0.1), component))  # it repeats downwards: the lines run across
    assert sorted(line[0, 1] for line in lines) == pytest.approx([50.0, 70.0, 90.0, 110.0, 130.0])
    assert {tuple(sorted(line[:, 0])) for line in lines} == {(100.0, 300.0)}
    slanted = np.concatenate(list(_lines(LatticeVector(20.0, 0.01, 30.0, 0.1), component)))
    assert slanted.min(axis=0).tolist() >= [100.0 - 1e-6, 50.0 - 1e-6]
    assert slanted.max(axis=0).tolist() <= [300.0 + 1e-6, 130.0 + 1e-6]
    (first, second) = list(_lines(LatticeVector(20.0, 0.01, 30.0, 0.1), component))[3:5]
    normal = np.array([np.cos(np.pi / 6), -np.sin(np.pi / 6)])
    assert abs((second[0] - first[0]) @ normal) == pytest.approx(20.0)
    assert _clipped(np.array([0.0, 0.0]), np.array([0.0, 1.0]), (100, 50, 300, 130)) is None


def test_nothing_is_drawn_of_a_file_that_could_not_be_read(tmp_path: Path) -> None:
    assert MeasuredPlots(tmp_path).draw(FileResult(Path("bad.mp4"), error="broken")) == []


def test_sound_has_nothing_to_draw_and_a_folder_must_be_one(tmp_path: Path, model: Path) -> None:
    video = lamps.write_video(tmp_path / "lamp.avi", 1.0)
    (tmp_path / "file").write_text("")
    done = run_here("classify", "--plot", tmp_path / "file", "-m", model, video)
    assert (done.returncode, "plot=" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    sound = bands.write_sound(tmp_path / "sound.wav", bands.scene())
    done = run_here("classify", "--plot", tmp_path / "out", "-m", bands.write_model(tmp_path / "bands.tflite"), sound)
    assert (done.returncode, done.stdout) == (2, "")
    assert "plot= must have pictures or videos, whose rhythms are measured; none of these is one" in done.stderr
