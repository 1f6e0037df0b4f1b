"""`streamer train` as a user runs it: refusals with reasons, and models of tiny data that then work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.bands import lines, run_here, streamer
from tests.support.disks import mounted_disk
from tests.support.learnable import RATE, chirps, knocks, needs_tensorflow, write_pictures, write_sounds, write_videos

QUICK = ["--folds", 2, "--epochs", 4]


def leaves(folder: Path) -> list[str]:
    """Everything in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def refused(*arguments: object) -> str:
    """Run `streamer train`, which must refuse, and return its reason."""
    done = run_here("train", *arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten files of two labels that can be learnt; not to be changed."""
    return write_sounds(tmp_path_factory.mktemp("sounds") / "birds")


def without(sounds: Path, folder: Path, *names: str) -> Path:
    """Return a copy of the sounds, to be changed, in which some folders are empty."""
    copy = Path(shutil.copytree(sounds, folder / "data"))
    for name in names:
        for path in (copy / name).iterdir():
            path.unlink()
    return copy


def test_a_folder_that_cannot_be_learnt_from(sounds: Path, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "my.tflite"]
    (tmp_path / "empty").mkdir()
    one = tmp_path / "one"
    shutil.copytree(sounds / "chirp", one / "background")
    assert f"data={tmp_path}/missing must exist" in refused("sound", tmp_path / "missing", *output)
    assert "must hold a folder of sound files for each label; it is empty" in refused(
        "sound", tmp_path / "empty", *output
    )
    assert "it holds 5 files and no folder: sort them" in refused("sound", sounds / "chirp", *output)
    assert "it is a file" in refused("sound", sounds / "chirp" / "0.wav", *output)
    assert "must hold a label to tell from the background; it holds only 'background'" in refused("sound", one, *output)
    data = without(sounds, tmp_path, "knock")
    assert f"label folder={data}/knock must hold at least one sound file" in refused("sound", data, *output)
    (data / "knock" / "notes.txt").write_text("knock, knock")
    assert "it holds 1 of other kinds, such as notes.txt" in refused("sound", data, *output)
    assert "must hold at least one video" in refused("motion", sounds, *output)
    assert not (tmp_path / "my.tflite").exists()


def test_an_output_that_cannot_be_written(sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("# my diary")
    (tmp_path / "a.tflite").mkdir()
    (tmp_path / "file").touch()
    assert "must name a file that ends in .tflite" in refused("sound", sounds, "-o", tmp_path / "my.h5")
    assert "must name a file" in refused("sound", sounds, "-o", tmp_path / "a.tflite")
    assert "must lie in a folder that exists" in refused("sound", sounds, "-o", tmp_path / "no" / "my.tflite")
    assert "must lie in a folder that exists" in refused("sound", sounds, "-o", tmp_path / "file" / "my.tflite")
    assert "must leave mine.md free for its card" in refused("sound", sounds, "-o", tmp_path / "mine.tflite")
    assert (tmp_path / "mine.md").read_text() == "# my diary"
    assert leaves(tmp_path) == ["a.tflite", "file", "mine.md"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_forbids_writing(sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = run_here("train", "sound", sounds, "-o", tmp_path / "locked" / "my.tflite")
    assert done.returncode in (1, 2)
    assert "must lie in a folder that can be written; Permission denied" in " ".join(done.stderr.split())


def test_groups_that_cannot_be_used(sounds: Path, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "my.tflite"]
    assert "groups=" in (reason := refused("sound", sounds, *output, "--groups", "([0-9"))
    assert "must be" in reason
    assert "groups=" in refused("sound", sounds, *output, "--groups", "[0-9]")  # nothing captured
    assert "groups=" in refused("sound", sounds, *output, "--groups", "(x)")  # matches no name
    assert "groups=" in refused("sound", sounds, *output, "--groups", tmp_path / "missing.csv")
    reason = refused("sound", sounds, *output, "--groups", "([0-9])", "--test", "7")
    assert "group='7' must be a group of" in reason
    assert "its groups are 0, 1, 2, 3, 4" in reason
    assert leaves(tmp_path) == []


@needs_tensorflow
def test_files_that_make_training_pointless(sounds: Path, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "my.tflite"]
    data = without(sounds, tmp_path)
    shutil.copy(data / "chirp" / "0.wav", data / "knock" / "same.wav")
    reason = refused("sound", data, *output)
    assert "chirp/0.wav" in reason
    assert "knock/same.wav" in reason
    data = without(sounds, tmp_path / "few", "knock")
    soundfile.write(data / "knock" / "three.wav", np.array([0.1, -0.1, 0.1]), RATE)
    (data / "knock" / "text.wav").write_text("no sound")
    reason = refused("sound", data, *output)
    assert "knock" in reason
    assert "must be a sound file" in reason
    assert leaves(tmp_path) == ["data", "few"]


@pytest.fixture(scope="module")
def trained(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A model of chirps and knocks, trained in spite of two bad files, and the output of its training."""
    folder = tmp_path_factory.mktemp("trained")
    data = without(sounds, folder)
    (data / "chirp" / "broken.wav").write_bytes((data / "chirp" / "0.wav").read_bytes()[:30])
    soundfile.write(data / "knock" / "three.wav", np.array([0.1, -0.1, 0.1]), RATE)
    for name in ("out", "home", "tmp", "cache"):
        (folder / name).mkdir()
    done = streamer(
        "train", "sound", data, "-o", folder / "out" / "birds.tflite", "--folds", 2, "--epochs", 12, "--json",
        timeout_s=400.0, HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), XDG_CACHE_HOME=str(folder / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out" / "birds.tflite", done


@needs_tensorflow
def test_bad_files_among_good_ones_are_reported_and_left_out(
    trained: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    model, done = trained
    assert "broken.wav" in done.stderr
    assert "three.wav" in done.stderr
    assert "Traceback" not in done.stderr
    result = json.loads(done.stdout)
    assert result["evaluation"]["clips"] == 10
    assert result["evaluation"]["closed_set_accuracy"] >= 0.9
    assert leaves(model.parent) == ["birds.md", "birds.tflite"]
    assert leaves(model.parents[1] / "tmp") == []
    assert set(leaves(model.parents[1] / "home")) <= {".config"}  # matplotlib makes an empty folder for its settings
    card = model.with_suffix(".md").read_text()
    assert "streamer train sound" in card
    assert "| true \\ found | chirp | knock |" in card


def fresh_scene(folder: Path) -> Path:
    """Chirps from 2 to 4 s and knocks from 7 to 9 s of 12 s, none of which was trained on."""
    rng = np.random.default_rng(99)
    sound = 0.001 * rng.standard_normal(12 * RATE)
    sound[2 * RATE : 4 * RATE] += chirps(rng, 2.0)
    sound[7 * RATE : 9 * RATE] += knocks(rng, 2.0)
    soundfile.write(folder / "scene.wav", sound.astype(np.float32), RATE)
    return folder / "scene.wav"


@needs_tensorflow
def test_the_model_detects_its_labels_when_they_sound_and_only_then(
    trained: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = streamer("run", fresh_scene(tmp_path), "-m", trained[0], "--fast", "--json")
    events = lines(done, "event")
    assert [event["label"] for event in events] == ["chirp", "knock"]
    for event, onset_s in zip(events, (2.0, 7.0), strict=True):
        assert onset_s - 0.6 < event["onset_s"] < onset_s + 1.5
        assert onset_s + 1.0 < event["offset_s"] < onset_s + 3.5


@needs_tensorflow
def test_classify_and_evaluate_take_the_model(
    trained: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    fresh = write_sounds(tmp_path / "fresh", n_files=4, seed=5)
    files = lines(streamer("classify", fresh, "-m", trained[0], "--json"), "file")
    assert [line["label"] for line in files] == [Path(line["path"]).parent.name for line in files]
    done = streamer("evaluate", trained[0], fresh, "--json")
    assert done.returncode == 0, done.stderr
    assert '"closed_set_accuracy": 1.0' in done.stdout
    (fresh / "chirp").rename(fresh / "owl")
    done = run_here("evaluate", trained[0], fresh)
    assert done.returncode == 2
    assert "owl" in done.stderr
    assert "chirp" in done.stderr  # a label of the model


@needs_tensorflow
def test_one_label_is_learnt_beside_a_synthetic_background(sounds: Path, tmp_path: Path) -> None:
    data, model = tmp_path / "data", tmp_path / "my.tflite"
    shutil.copytree(sounds / "chirp", data / "bird")
    done = streamer("train", "sound", data, "-o", model, "--folds", 2, "--epochs", 12, "--json", timeout_s=400.0)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["labels"] == ["bird", "background"]
    assert result["evaluation"]["clips"] == 25  # five files, and twenty synthetic ones
    assert result["evaluation"]["closed_set_accuracy"] >= 0.8
    assert "the files of `background` among them are synthetic" in result["measured"]
    (threshold,) = result["thresholds"]
    assert threshold["label"] == "bird"
    assert 0.8 * 200 / 3600 < threshold["amount"] < 200 / 3600  # twenty sounds of 10 s, but for their first windows
    card = model.with_suffix(".md").read_text()
    assert "how often real ones are taken for `bird` is not known" in card
    assert leaves(tmp_path) == ["data", "my.md", "my.tflite"]
    events = lines(streamer("run", fresh_scene(tmp_path), "-m", model, "--fast", "--json"), "event")
    assert [event["label"] for event in events] == ["bird"]
    assert 1.4 < events[0]["onset_s"] < 3.5


@needs_tensorflow
def test_int8_says_what_it_costs_and_works(sounds: Path, tmp_path: Path) -> None:
    model = tmp_path / "small.tflite"
    done = streamer("train", "sound", sounds, "-o", model, *QUICK, "--int8", timeout_s=400.0)
    assert done.returncode == 0, done.stderr
    assert "int8" in done.stdout
    assert lines(streamer("classify", sounds, "-m", model, "--json"), "file")
    assert "int8" in model.with_suffix(".md").read_text()


@needs_tensorflow
@pytest.mark.parametrize(("task", "write"), [("pattern", write_pictures), ("motion", write_videos)])
def test_images_are_learnt_from_synthetic_pictures_and_videos(
    task: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    model = tmp_path / "my.tflite"
    done = streamer(
        "train", task, write(tmp_path / "data"), "-o", model, "--folds", 2, "--epochs", 20, "--json", timeout_s=400.0
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["evaluation"]["closed_set_accuracy"] >= 0.8
    fresh = write(tmp_path / "fresh", n_files=3, seed=7)
    done = streamer("evaluate", model, fresh, "--json")
    assert done.returncode == 0, done.stderr
    files = lines(streamer("classify", fresh, "-m", model, "--json"), "file")
    right = [line["label"] == Path(line["path"]).parent.name for line in files]
    assert sum(right) >= 5, files
    assert leaves(tmp_path) == ["data", "fresh", "my.md", "my.tflite"]


def interrupted(when: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `streamer train` and press Ctrl-C as soon as standard error holds some words."""
    command = [sys.executable, "-m", "streamer", "train", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stdout is not None
    output = ""
    while when not in output:
        line = process.stderr.readline()
        assert line, output
        output += line
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return subprocess.CompletedProcess(command, process.returncode, out, output + err)


@needs_tensorflow
def test_ctrl_c_keeps_the_best_so_far(sounds: Path, tmp_path: Path) -> None:
    model = tmp_path / "my.tflite"
    done = interrupted("training the head:", "sound", sounds, "-o", model, "--folds", 2, "--epochs", 10_000)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "going on with the best so far" in done.stderr
    assert leaves(tmp_path) == ["my.md", "my.tflite"]
    files = lines(streamer("classify", sounds, "-m", model, "--json"), "file")
    assert len(files) == 10


@needs_tensorflow
def test_ctrl_c_before_anything_is_learnt_leaves_nothing(sounds: Path, tmp_path: Path) -> None:
    done = interrupted("by cross-validation", "sound", sounds, "-o", tmp_path / "my.tflite")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert leaves(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    with mounted_disk(tmp_path / "disk", "1m") as folder:
        yield folder


@needs_tensorflow
def test_a_full_disk_is_reported_and_nothing_is_left(sounds: Path, small_disk: Path) -> None:
    done = streamer("train", "sound", sounds, "-o", small_disk / "my.tflite", *QUICK, timeout_s=400.0)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert leaves(small_disk) == []


@needs_tensorflow
def test_a_model_goes_on_with_new_examples_and_says_what_got_better_and_worse(
    trained: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    model, more = trained[0], tmp_path / "more"
    shutil.copytree(model.parents[1] / "data", more)
    fresh = write_sounds(tmp_path / "fresh", n_files=3, seed=5)
    for path in sorted(fresh.rglob("*.wav")):
        path.rename(more / path.parent.name / f"new-{path.name}")
    text = run_here("train", "sound", more, "-o", tmp_path / "x.tflite", "--from", tmp_path / "none.tflite").stderr
    assert "model=" in text
    done = streamer(
        "train", "sound", more, "-o", tmp_path / "next.tflite", "--from", model, "--epochs", 3, "--json",
        timeout_s=400.0,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "was trained on 10 of 16 examples, or their origin; the others are new" in done.stderr
    compared = json.loads(done.stdout)["compared"]
    assert (compared["files"], compared["trained_on_known"]) == (6, True)
    assert compared["after"]["right"] >= 5
    assert "## Better and worse than before" in (tmp_path / "next.md").read_text()
    again = streamer("train", "sound", more, "-o", tmp_path / "again.tflite", "--from", tmp_path / "next.tflite")
    assert again.returncode == 2
    assert "must hold examples new to the model of --from" in again.stderr
