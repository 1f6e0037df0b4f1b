"""Every key of [images], through the command line: each changes what it says it changes."""

import json
import re
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from streamer.sources.images.devices import Camera
from tests.support import lamps
from tests.support.bands import lines, run_here
from tests.support.faces import beats, face, images
from tests.support.fake_opencv import AUTO_EXPOSURE, EXPOSURE, GAIN, RAW, FakeOpenCV, FakeVideo

ONLY = Camera("/dev/video0", "a camera", True, False, "camera:0")
TESTED: set[str] = set()  # filled when the cases below are collected; test_config_keys compares


def keys(*names: str) -> None:
    TESTED.update(f"images.{name}" for name in names)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamps.write_model(tmp_path_factory.mktemp("model") / "lamps.tflite")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lamp in the upper left quarter of 128 × 96 pixels, 3 Hz, 5 s at 30 images a second."""
    return lamps.write_video(tmp_path_factory.mktemp("video") / "lamp.avi")


def run(tmp_path: Path, text: str, source: object, *arguments: object, model: Path) -> Any:
    config = tmp_path / "config.toml"
    config.write_text(text)
    done = run_here("run", "-c", config, "-m", model, "--json", "--fast", source, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def measured(done: Any, kind: str = "temporal") -> list[dict[str, Any]]:
    return [line for line in lines(done, "periodicity") if line["kind"] == kind]


def test_a_video_without_settings(tmp_path: Path, model: Path, video: Path) -> None:
    done = run(tmp_path, "", video, model=model)
    last = measured(done)[-1]
    (found,) = last["components"]
    assert found["hz"] == pytest.approx(3.0, abs=0.01)
    assert found["cells"]["box"] == [0, 0, 16, 9]
    (event,) = lines(done, "event")
    assert (event["label"], event["temporal"]["components"][0]["hz"]) == ("flicker", pytest.approx(3.0, abs=0.01))
    (summary,) = lines(done, "summary")
    assert (summary["images"], summary["skipped_images"]) == (150, 0)
    assert summary["temporal"]["components"][0]["hz"] == pytest.approx(3.0, abs=0.01)


keys("fps")


def test_fps_is_the_true_rate_of_a_video(tmp_path: Path, model: Path, video: Path) -> None:
    last = measured(run(tmp_path, "[images]\nfps = 300.0\nwindow_s = 1.0\nstride_s = 0.1", video, model=model))[-1]
    assert (last["components"][0]["hz"], last["fps"]) == (pytest.approx(30.0, abs=0.1), pytest.approx(300.0))


keys("roi", "rotate", "cells")


@pytest.mark.parametrize(
    ("text", "grid", "box"),
    [
        ("cells = [8, 6]", [8, 6], [0, 0, 4, 3]),
        ("cells = [8, 6]\nrotate = 90", [8, 6], [4, 0, 4, 3]),
        ("cells = [8, 6]\nrotate = 180", [8, 6], [4, 3, 4, 3]),
        ("cells = [8, 6]\nrotate = 270", [8, 6], [0, 3, 4, 3]),
        ("cells = [4, 4]\nroi = [32, 24, 64, 48]", [4, 4], [0, 0, 2, 2]),
    ],
)
def test_where_it_flickers(
    tmp_path: Path, model: Path, video: Path, text: str, grid: list[int], box: list[int]
) -> None:
    last = measured(run(tmp_path, f"[images]\n{text}", video, model=model))[-1]
    cells = last["components"][0]["cells"]
    assert (cells["grid"], cells["box"]) == (grid, box)


keys("window_s", "stride_s")


def test_window_and_stride_of_the_measurement(tmp_path: Path, model: Path, video: Path) -> None:
    found = measured(run(tmp_path, "[images]\nwindow_s = 2.0\nstride_s = 0.5", video, model=model))
    assert [m["end_s"] for m in found][-3:] == pytest.approx([3.5, 4.0, 4.5], abs=0.2)
    assert found[-1]["end_s"] - found[-1]["start_s"] == pytest.approx(2.0, abs=0.05)
    assert found[-1]["resolution_hz"] == pytest.approx(0.5, rel=0.05)


keys("min_hz", "max_hz")


@pytest.mark.parametrize(
    ("band", "is_seen"),
    [("", True), ("min_hz = 2.0\nmax_hz = 4.0", True), ("min_hz = 3.5", False), ("max_hz = 2.5", False)],
)
def test_rhythms_outside_of_the_band_are_not_reported(
    tmp_path: Path, model: Path, video: Path, band: str, is_seen: bool
) -> None:
    last = measured(run(tmp_path, f"[images]\n{band}", video, model=model))[-1]
    assert (last["status"], bool(last["components"])) == ("found" if is_seen else "none", is_seen)
    if "min_hz" in band:
        assert last["min_hz"] == float(band.split()[2])
    assert last["max_hz"] == pytest.approx(4.0 if "4.0" in band else 2.5 if "2.5" in band else 15.0, rel=0.01)


def test_a_band_that_is_empty_is_refused(tmp_path: Path, model: Path, video: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[images]\nmin_hz = 5.0\nmax_hz = 5.0")
    done = run_here("run", "-c", config, "-m", model, "--json", "--fast", video)
    assert done.returncode == 2
    assert "max_hz=5.0 must be greater than min_hz=5.0; 0 sets no limit" in done.stderr


keys("regions")

REGIONS = """[[images.regions]]
name = "lamp"
x = 0
y = 0
width = 64
height = 0.5
[[images.regions]]
name = "dark"
x = 0.5
y = 0.5
width = 0.5
height = 0.5
"""


def test_regions_are_measured_each_on_its_own(tmp_path: Path, model: Path, video: Path) -> None:
    done = run(tmp_path, REGIONS, video, model=model)
    last = {line["region"]: line for line in measured(done)}
    assert {name: line["status"] for name, line in last.items()} == {None: "found", "lamp": "found", "dark": "none"}
    assert last["lamp"]["components"][0]["hz"] == pytest.approx(3.0, abs=0.01)
    assert [last[name]["region_px"] for name in last] == [None, [0, 0, 64, 48], [64, 48, 64, 48]]
    (summary,) = lines(done, "summary")
    assert [(each["name"], each["temporal"]["status"]) for each in summary["regions"]] == [
        ("lamp", "found"),
        ("dark", "none"),
    ]
    config = tmp_path / "config.toml"
    text = run_here("run", "-c", config, "-m", model, "--log", "--fast", video).stdout
    assert re.search(r"; lamp: 3\.00.* Hz, .*; dark: nothing periodic in time", text)


keys("measured")

MEASURED = """[[images.measured]]
label = "wrong speed"
outside = [3.2, 4.0]
begin_s = 1.0
region = "lamp"
[[images.measured]]
label = "right speed"
outside = [2.9, 3.1]
[[images.measured]]
label = "it moves"
when = "appeared"
[[images.measured]]
label = "it moves in the dark"
when = "appeared"
region = "dark"
"""


def test_events_from_measurements(tmp_path: Path, model: Path, video: Path) -> None:
    clips, history = tmp_path / "clips", tmp_path / "h.db"
    text = REGIONS + MEASURED + f'[output]\nclips = "{clips}"\nhistory = "{history}"\n'
    done = run(
        tmp_path,
        text + f'[[on_event]]\nrun = ["touch", "{tmp_path / "ran"}"]\nlabels = ["wrong speed"]',
        video,
        model=model,
    )
    found = {event["label"]: event for event in lines(done, "event")}
    assert set(found) == {"flicker", "wrong speed", "it moves"}
    wrong = found["wrong speed"]
    assert (wrong["region"], wrong["score"], found["it moves"]["region"]) == ("lamp", 1.0, None)
    assert wrong["temporal"]["components"][0]["hz"] == pytest.approx(3.0, abs=0.02)
    assert wrong["offset_s"] - wrong["onset_s"] > 1.0
    begun = [event["label"] for event in lines(done, "event_start")]
    assert sorted(begun) == sorted(found)
    (summary,) = lines(done, "summary")
    assert summary["events"]["wrong speed"]["n"] == 1
    assert (tmp_path / "ran").exists()
    kept = run_here("history", "events", "--db", history, "--json").stdout.splitlines()
    assert {json.loads(line)["label"] for line in kept} == set(found)
    assert [clip for clip in clips.rglob("*.mp4") if "wrong" in str(clip)] != []
    done = run_here("classify", "-c", tmp_path / "config.toml", "-m", model, "--json", video)
    (line,) = lines(done, "file")
    of_file = {event["label"]: event for event in line["events"]}
    assert set(of_file) == set(found)
    assert (of_file["wrong speed"]["onset_s"], of_file["wrong speed"]["offset_s"]) == pytest.approx((0.0, 5.0), abs=0.1)


keys("units", "blades", "a4_hz")


@pytest.mark.parametrize(
    ("text", "value", "unit", "note", "told"),
    [
        ("", 3.0, "Hz", None, r"3\.00\d* ± [0-9.]+ Hz"),
        ('units = "bpm"', 180.0, "bpm", None, r"180\.0\d* ± [0-9.]+ bpm"),
        ('units = "rpm"\nblades = 3', 60.0, "rpm", None, r"60\.0\d* ± [0-9.]+ rpm"),
        (
            'units = "note"\na4_hz = 384.0',
            0.0,
            "cents",
            "A-3",
            r"A-3 [+-]\d\.\d* ± [0-9.]+ cents \(3\.00\d* ± [0-9.]+ Hz\)",
        ),
        ('units = "note"\na4_hz = 400.0', -70.7 + 100, "cents", "G#-3", "G#-3"),
    ],
)
def test_rhythms_are_told_in_the_unit_of_the_settings(
    tmp_path: Path, model: Path, video: Path, text: str, value: float, unit: str, note: str | None, told: str
) -> None:
    done = run(tmp_path, f"[images]\n{text}", video, model=model)
    found = measured(done)[-1]["components"][0]
    assert (found["value"], found["unit"], found["note"]) == (pytest.approx(value, abs=0.5), unit, note)
    assert found["hz"] == pytest.approx(3.0, abs=0.01)
    assert 0.0 < found["value_sigma"] < 1.0
    done = run_here("classify", "-c", tmp_path / "config.toml", "-m", model, video)
    assert re.search(told, done.stdout), done.stdout


def test_blades_without_turns_are_refused(tmp_path: Path, model: Path, video: Path) -> None:
    config = tmp_path / "config.toml"
    for text, told in (
        ("[images]\nblades = 3", 'blades=3 must go with units = "rpm"; set both, or neither'),
        (REGIONS + "blades = 3", 'regions.dark: blades=3 must go with units = "rpm"; set both'),
    ):
        config.write_text(text)
        done = run_here("run", "-c", config, "-m", model, "--json", "--fast", video)
        assert (done.returncode, told in done.stderr) == (2, True)


def test_a_stream_has_images_settings_of_its_own(tmp_path: Path, model: Path, video: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"""[images]
        min_hz = 3.5
        [source]
        realtime = false
        [[streams]]
        source = "{video}"
        name = "a"
        [[streams]]
        source = "{video}"
        name = "b"
        images = {{min_hz = 1.0, regions = [{{name = "lamp", x = 0, y = 0, width = 0.5, height = 0.5}}]}}
        """)
    done = run_here("run", "-c", config, "-m", model, "--json")
    last = {(line["stream"], line["region"]): line["status"] for line in measured(done)}
    assert last == {("a", None): "none", ("b", None): "found", ("b", "lamp"): "found"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            REGIONS.replace("width = 64", "width = 640"),
            "regions.lamp: x=0 and width=640 must lie within the image's 128",
        ),
        (
            REGIONS.replace("width = 64", "width = 6"),
            "regions.lamp: width=6 must be at least 16 of the image's 128 pix",
        ),
        (REGIONS.replace("dark", "lamp"), "regions.name=lamp must differ from the other regions' names"),
    ],
)
def test_a_region_that_cannot_be_measured_is_refused(
    tmp_path: Path, model: Path, video: Path, text: str, told: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    for command in (("run", "--fast"), ("classify",)):
        done = run_here(*command, "-c", config, "-m", model, "--json", video)
        assert told in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
        assert done.returncode in (1, 2)


def test_images_settings_of_a_stream_of_sound_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[streams]]\nsource = "demo"\nimages = {min_hz = 1.0}')
    done = run_here("run", "-c", config, "--json", "--fast")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "streamer: streams.images must be of a stream of images; demo delivers sound",
    )


keys("downscale")


def test_downscale_halves_the_period(tmp_path: Path, model: Path) -> None:
    wave = 128 + 80 * np.sin(2 * np.pi * np.arange(640) / 20.0)
    cv2.imwrite(str(tmp_path / "cloth.png"), np.broadcast_to(wave, (480, 640)).astype(np.uint8))
    for downscale in (1, 2):
        done = run(tmp_path, f"[images]\ndownscale = {downscale}", tmp_path / "cloth.png", model=model)
        (last,) = measured(done, "spatial")[-1]["components"]
        assert (last["period_px"], last["lattice"]) == (pytest.approx(20.0 / downscale, abs=0.05), "stripes")


keys("scale")


def test_scale_gives_periods_in_millimetres_and_threads_per_centimetre(tmp_path: Path, model: Path) -> None:
    wave = 128 + 80 * np.sin(2 * np.pi * np.arange(640) / 20.0)
    cv2.imwrite(str(tmp_path / "cloth.png"), np.broadcast_to(wave, (480, 640)).astype(np.uint8))
    found = []
    for scale in (0.0, 40.0):
        done = run(tmp_path, f"[images]\nscale = {scale}", tmp_path / "cloth.png", model=model)
        (last,) = measured(done, "spatial")[-1]["components"]
        found.append((last["period_mm"], last["per_cm"], last["period_nm"]))
        assert last["axis"] == "x"
    assert found == [
        (None, None, None),
        (pytest.approx(0.5, abs=1e-3), pytest.approx(20.0, abs=0.05), pytest.approx(5e5, abs=1e3)),
    ]
    share = last["period_px_sigma"] / last["period_px"]
    assert last["period_mm_sigma"] == pytest.approx(share * last["period_mm"], rel=1e-4)
    assert last["per_cm_sigma"] == pytest.approx(share * last["per_cm"], rel=1e-4)


keys("max_megapixels")


def test_images_larger_than_the_setting_are_refused(tmp_path: Path, model: Path, video: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((100, 100), np.uint8))
    config = tmp_path / "config.toml"
    for source in (video, tmp_path / "grey.png"):
        for limit, code in ((0.01, 2 if source == video else 0), (0.013, 0)):
            config.write_text(f"[images]\nmax_megapixels = {limit}")
            done = run_here("run", "-c", config, "-m", model, "--json", "--fast", source)
            assert (done.returncode, "must have at most 0.01 million pixels" in done.stderr) == (code, code == 2)


keys("series")


def test_flow_sees_what_moves_and_not_what_shines(tmp_path: Path, model: Path, video: Path) -> None:
    rng = np.random.default_rng(0)
    texture = cv2.GaussianBlur(rng.integers(0, 255, (120, 200), np.uint8), (0, 0), 3)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    path = tmp_path / "shaken.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (128, 96))
    for index in range(150):
        x = 30 + 3 * np.sin(2 * np.pi * 2.0 * index / 30)
        moved = cv2.warpAffine(texture, np.array([[1, 0, -x], [0, 1, -12]]), (128, 96))
        writer.write(cv2.cvtColor(moved, cv2.COLOR_GRAY2BGR))
    writer.release()
    last = measured(run(tmp_path, '[images]\nseries = "flow"\ncells = [8, 6]', path, model=model))[-1]
    found = last["components"][0]
    assert found["hz"] == pytest.approx(2.0, abs=0.02)
    assert found["cells"]["grid"] == [8, 6]


keys("row_time_us")


def test_a_lamp_by_the_bands_along_the_rows(tmp_path: Path, model: Path) -> None:
    rng = np.random.default_rng(1)
    scene = cv2.GaussianBlur(rng.normal(0.4, 3.0, (240, 128)).astype(np.float32), (0, 0), 8).clip(0.15, 0.7)
    path = tmp_path / "bands.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (128, 240))
    for index in range(150):
        light = 1 + 0.25 * np.cos(2 * np.pi * 217.3 * (index / 30 + np.arange(240) * 50e-6))
        levels = 255 * (scene * light[:, None]).clip(0, 1) ** 0.45 + rng.normal(0, 1, scene.shape)
        writer.write(cv2.cvtColor(levels.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR))
    writer.release()

    def lamps_in(temporal: dict[str, Any]) -> list[float]:
        return [each["hz"] for each in temporal["components"] if each["what"] == "lamp" and "rows" in each["seen_in"]]

    for arguments, expected in ((["--row-time", 50], [217.3]), (["--row-time", 25], None), ([], [])):
        (line,) = lines(run_here("classify", *arguments, "-m", model, path, "--json"), "file")
        found = lamps_in(line["temporal"])
        if expected is None:  # with a wrong row time it is another one, or none
            assert not any(each == pytest.approx(217.3, abs=0.1) for each in found)
        else:
            assert found == pytest.approx(expected, abs=0.1)
    turned = "[images]\nrow_time_us = 50.0\nrotate = {}"
    for degrees in (90, 180, 270):  # the rows are still those of the sensor
        last = measured(run(tmp_path, turned.format(degrees), path, model=model))[-1]
        assert lamps_in(last) == pytest.approx([217.3], abs=0.1)
    region = '[images]\nrow_time_us = 50.0\n[[images.regions]]\nname = "a"\nx = 0\ny = 0\nwidth = 128\nheight = 200'
    part = [line for line in measured(run(tmp_path, region, path, model=model)) if line["region"] == "a"][-1]
    assert lamps_in(part) == pytest.approx([217.3], abs=0.1)


keys("pulse")


def test_the_pulse_in_the_colour_of_skin(tmp_path: Path, model: Path) -> None:
    rng = np.random.default_rng(3)
    scene, skin = face("olive", rng)
    path = tmp_path / "face.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (128, 96))
    for each in images(scene, rng, 270, blood=beats(1.3, 270, 30.0, 0.02), skin=skin):
        writer.write(each)
    writer.release()

    def seen(temporal: dict[str, Any]) -> list[str]:
        rhythms = [each for each in temporal["components"] if each["what"] == "pulse"]
        assert all(each["hz"] == pytest.approx(1.3, abs=0.03) for each in rhythms)
        return [name for each in rhythms for name in each["seen_in"] if name != "grey"]

    for pulse, of_file, of_stream in (("files", True, False), ("always", True, True), ("never", False, False)):
        region = '[[images.regions]]\nname = "cheek"\nx = 0.3\ny = 0.3\nwidth = 0.4\nheight = 0.4'
        text = f'[images]\npulse = "{pulse}"\n{region}'
        (tmp_path / "pulse.toml").write_text(text)
        (line,) = lines(run_here("classify", "-c", tmp_path / "pulse.toml", "-m", model, path, "--json"), "file")
        expected = ["POS", "CHROM"] if of_file else []
        assert seen(line["temporal"]) == expected
        assert seen(line["regions"][0]["temporal"]) == expected
        last = measured(run(tmp_path, text, path, model=model))[-1]
        assert seen(last) == (["POS", "CHROM"] if of_stream else [])


def test_the_memory_of_buffers(tmp_path: Path, model: Path, video: Path) -> None:
    (usual,) = lines(run(tmp_path, "", video, model=model), "summary")
    (small,) = lines(run(tmp_path, "[memory]\nbuffers_mb = 0.1", video, model=model), "summary")
    assert (usual["detail"], usual["buffer_bytes"]) == ("", 17 * 3 * 128 * 96)
    assert small["buffer_bytes"] == 3 * 3 * 128 * 96
    assert small["detail"] == "ring=16 is 2 images, as memory.buffers_mb allows no more"
    assert small["images"] == usual["images"]


keys("ring")


def test_a_small_ring_loses_nothing_of_a_file_that_can_wait(tmp_path: Path, model: Path, video: Path) -> None:
    (summary,) = lines(run(tmp_path, "[images]\nring = 2", video, model=model), "summary")
    assert (summary["images"], summary["skipped_images"]) == (150, 0)


class PacedVideo(FakeVideo):
    """Gives an image every 20 ms."""

    def grab(self) -> bool:
        time.sleep(0.02)
        return super().grab()


keys("width", "height", "exposure", "gain")


@pytest.mark.parametrize(
    ("text", "told", "controls"),
    [
        ("width = 320\nheight = 240\nfps = 100.0", "", {}),
        ("width = 4000\nheight = 3000\nfps = 100.0", "gives 640 × 480", {}),
        ("width = 0\nheight = 0\nexposure = 200.0\ngain = 7.0", "", {EXPOSURE: 200.0, GAIN: 7.0, AUTO_EXPOSURE: 1.0}),
        ('width = 0\nheight = 0\nexposure = "lock"', "", {EXPOSURE: 157.0, AUTO_EXPOSURE: 1.0}),
        ("width = 0\nheight = 0\ngain = 1e6", "gain", {GAIN: 100.0}),
    ],
)
def test_what_is_asked_of_a_camera_and_what_it_gives(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str, controls: dict[int, float]
) -> None:
    modes = {RAW: {(640, 480): 100.0, (320, 240): 100.0}}
    video = PacedVideo(modes, controls={EXPOSURE: 1.0, GAIN: 1.0, AUTO_EXPOSURE: 3.0})
    monkeypatch.setattr("streamer.sources.images.camera.load_opencv", lambda _: FakeOpenCV(video))
    monkeypatch.setattr("streamer.sources.images.camera.list_cameras", lambda: (ONLY,))
    monkeypatch.setattr("sys.platform", "linux")
    done = run(tmp_path, f"[images]\n{text}", "camera", "--seconds", 1, model=model)
    (summary,) = lines(done, "summary")
    assert summary["images"] > 10
    health = lines(done, "health")[-1]
    assert told in health["detail"] if told else not health["detail"]
    assert {number: video.controls[number] for number in controls} == controls
