"""Every problem of a dataset is reported, and the usable files remain."""

import json
import shutil
from io import BytesIO, TextIOWrapper
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from rich.console import Console

from streamer.dataset.checks import Severity
from streamer.dataset.examples import find_examples
from streamer.dataset.inspection import Inspection, inspect
from streamer.dataset.report import inspection_dict, inspection_lines, inspection_table
from streamer.errors import UserError
from tests.support.datasets import RATE, noise, swelling_noise, write_sound, write_sounds
from tests.support.fatal_files import fatal_environment
from tests.support.paths import ESC10
from tests.support.synthetic_videos import write_video


def bad_folder(folder: Path) -> Path:
    """Write three labels of eight good sounds each, and one file for each fault."""
    write_sounds(folder, ["cat", "dog", "rain"], 8)
    rain = folder / "rain"
    write_sound(rain / "tiny.wav", noise(100, 3))
    write_sound(rain / "silent.wav", np.zeros(RATE, np.float32))
    write_sound(rain / "loud.wav", np.clip(noise(101, level=9.0), -1, 1))
    write_sound(rain / "nan.wav", np.where(np.arange(RATE) == 5, np.nan, noise(102)), subtype="FLOAT")
    (rain / "empty.wav").touch()
    shutil.copy(folder / "dog/0.wav", folder / "dog/copy.wav")
    (folder / "dog/link.wav").symlink_to(folder / "dog/1.wav")
    shutil.copy(folder / "dog/2.wav", folder / "cat/dog.wav")
    (folder / "dog/notes.txt").write_text("Rex")
    write_sound(folder / "stray.wav", noise(103))
    return folder


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    return inspect(find_examples(bad_folder(tmp_path_factory.mktemp("bad")), "sound"), window_s=0.96)


def names(inspection: Inspection, kind: str) -> list[str]:
    (problem,) = [problem for problem in inspection.problems if problem.kind == kind]
    return [path.relative_to(inspection.dataset.folder).as_posix() for path in problem.paths]


def test_every_problem_is_found(bad: Inspection) -> None:
    assert {problem.kind: names(bad, problem.kind) for problem in bad.problems} == {
        "contradiction": ["cat/dog.wav", "dog/2.wav"],
        "unreadable": ["rain/empty.wav"],
        "too short": ["rain/tiny.wav"],
        "silent": ["rain/silent.wav"],
        "no numbers": ["rain/nan.wav"],
        "clipped": ["rain/loud.wav"],
        "duplicate": ["dog/0.wav", "dog/copy.wav", "dog/1.wav", "dog/link.wav"],
        "without a label": ["stray.wav"],
        "ignored": ["dog/notes.txt"],
    }
    order = [list(Severity).index(problem.severity) for problem in bad.problems]
    assert order == sorted(order)


def test_other_files_are_usable_and_copies_share_a_group(bad: Inspection) -> None:
    usable = [e.path.relative_to(bad.dataset.folder).as_posix() for e in bad.usable]
    good = [f"{label}/{i}.wav" for label in ("cat", "dog", "rain") for i in range(8)]
    assert sorted(usable) == sorted(
        {*good, "dog/copy.wav", "dog/link.wav", "rain/loud.wav", "rain/nan.wav"} - {"dog/2.wav"}
    )
    group_of = {e.path.name: e.group for e in bad.usable if e.label == "dog"}
    assert group_of["copy.wav"] == group_of["0.wav"]
    assert group_of["link.wav"] == group_of["1.wav"]
    assert len(bad.usable.groups) == len(bad.usable) - 2
    assert [(c.label, c.n_files, c.n_groups, c.n_left_out) for c in bad.counts] == [
        ("cat", 8, 8, 1),
        ("dog", 9, 7, 1),
        ("rain", 10, 10, 3),
    ]


def test_duplicates_name_the_original_and_the_kind_of_copy(bad: Inspection) -> None:
    (problem,) = [problem for problem in bad.problems if problem.kind == "duplicate"]
    assert problem.reasons == ("", "holds the same as dog/0.wav", "", "is a link to dog/1.wav")


def test_a_contradiction_stops_training_until_one_file_is_removed(bad: Inspection, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"contradiction: 2 sound files hold .* \(cat/dog.wav, dog/2.wav\)$"):
        bad.check()
    folder = bad_folder(tmp_path)
    (folder / "cat/dog.wav").unlink()
    inspect(find_examples(folder, "sound")).check()


def test_too_few_usable_files_stop_training(tmp_path: Path) -> None:
    write_sounds(tmp_path, ["background"], 3)
    write_sound(tmp_path / "cat/silent.wav", np.zeros(RATE, np.float32))
    inspection = inspect(find_examples(tmp_path, "sound"))
    with pytest.raises(UserError) as raised:
        inspection.check()
    assert str(raised.value).splitlines() == [
        f"data={tmp_path}: label lost: no file of cat can be used; mend them or remove the folder",
        f"data={tmp_path}: too few labels: only background is left to learn; "
        "a model needs a label to tell from the background",
    ]


def test_one_label_is_learnt_against_the_background(tmp_path: Path) -> None:
    write_sounds(tmp_path, ["dog"], 5)
    inspection = inspect(find_examples(tmp_path, "sound"))
    inspection.check()
    (note,) = [problem for problem in inspection.problems if problem.kind == "one label"]
    assert note.text.startswith("dog is the only label, learnt against synthetic background; ")


def test_copies_in_two_groups_move_to_the_first_and_leave_their_groups_alone(tmp_path: Path) -> None:
    write_sounds(tmp_path, ["cat", "dog"], 4)
    for label in ("cat", "dog"):
        for i in range(4):
            (tmp_path / label / f"{i}.wav").rename(tmp_path / label / f"{i % 2}-{i}.wav")
    shutil.copy(tmp_path / "dog/0-0.wav", tmp_path / "dog/1-copy.wav")
    usable = inspect(find_examples(tmp_path, "sound", r"^(\d)-")).usable
    assert {e.path.name: e.group for e in usable if e.label == "dog"} == {
        "0-0.wav": "0", "0-2.wav": "0", "1-1.wav": "1", "1-3.wav": "1", "1-copy.wav": "0",
    }  # fmt: skip


def test_a_copy_encoded_again_is_reported_and_not_joined(tmp_path: Path) -> None:
    write_sounds(tmp_path, ["cat", "dog"], 5, swelling_noise)
    samples, _ = soundfile.read(tmp_path / "dog/3.wav", dtype="float32")
    write_sound(tmp_path / "dog/copy.ogg", 0.3 * samples)
    inspection = inspect(find_examples(tmp_path, "sound"))
    (problem,) = inspection.problems
    assert (problem.kind, problem.severity, problem.reasons) == (
        "near duplicate",
        Severity.WARNING,
        ("like dog/3.wav",),
    )
    assert len(inspection.usable.groups) == len(inspection.usable) == 11
    (tmp_path / "dog/copy.ogg").rename(tmp_path / "dog/3-copy.ogg")
    assert inspect(find_examples(tmp_path, "sound", r"^(\d)")).problems == ()


@pytest.mark.parametrize(
    ("folders", "is_reported"),
    [
        (["train/dog", "train/cat", "test/dog", "test/cat"], True),
        (["dog/near", "dog/far", "cat/near", "cat"], False),
        (["dog/takes", "cat/takes"], False),
    ],
)
def test_labels_one_level_too_deep_are_reported(tmp_path: Path, folders: list[str], is_reported: bool) -> None:
    for i, folder in enumerate(folders):
        for j in range(5):
            write_sound(tmp_path / folder / f"{j}.wav", noise(10 * i + j))
    problems = inspect(find_examples(tmp_path, "sound")).problems
    assert [problem.kind for problem in problems] == ["nested labels"] * is_reported


def test_each_file_is_reported_once_and_threads_change_nothing(bad: Inspection) -> None:
    n_calls = 0

    def advance() -> None:
        nonlocal n_calls
        n_calls += 1

    alone = inspect(bad.dataset, advance, window_s=0.96, n_jobs=1)
    assert n_calls == len(bad.dataset)
    assert (alone.usable, alone.counts, alone.problems, alone.measured) == (
        bad.usable, bad.counts, bad.problems, bad.measured,
    )  # fmt: skip


def test_after_ctrl_c_nobody_waits_for_the_rest(bad: Inspection) -> None:
    done = []

    def interrupt() -> None:
        done.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspect(bad.dataset, interrupt, n_jobs=1)
    assert len(done) == 1


def test_a_file_that_crashes_its_decoder_is_a_problem_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sounds(tmp_path / "sounds", ["cat", "dog"], 6)
    write_sound(tmp_path / "sounds" / "dog" / "fatal-SIGSEGV-.wav", noise(100))
    fatal_environment(tmp_path / "patch")
    monkeypatch.syspath_prepend(tmp_path / "patch")
    inspection = inspect(find_examples(tmp_path / "sounds", "sound"))
    assert names(inspection, "unreadable") == ["dog/fatal-SIGSEGV-.wav"]
    assert len(inspection.usable) == 12


def test_pictures_are_inspected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in ("brick", "grass"):
        (tmp_path / label).mkdir()
        for i in range(5):
            cv2.imwrite(str(tmp_path / label / f"{i}.png"), rng.integers(0, 256, (48, 64, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "grass/sky.png"), np.full((48, 64, 3), 200, np.uint8))
    inspection = inspect(find_examples(tmp_path, "pattern"))
    assert names(inspection, "one colour") == ["grass/sky.png"]
    assert [(c.n_files, c.n_images, c.duration_s) for c in inspection.counts] == [(5, 5, 0.0), (5, 5, 0.0)]
    inspection.check()


def test_videos_are_inspected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in ("fan", "still"):
        (tmp_path / label).mkdir()
        for i in range(2):
            write_video(tmp_path / label / f"{i}.avi", list(rng.integers(0, 256, (33, 48, 64, 3), np.uint8)))
    write_video(tmp_path / "fan/short.avi", list(rng.integers(0, 256, (9, 48, 64, 3), np.uint8)))
    inspection = inspect(find_examples(tmp_path, "motion"))
    assert names(inspection, "too short") == ["fan/short.avi"]
    assert [(c.n_files, c.n_images) for c in inspection.counts] == [(2, 66), (2, 66)]


def printed(inspection: Inspection, width: int, encoding: str = "utf-8") -> str:
    file = TextIOWrapper(BytesIO(), encoding)
    Console(file=file, width=width, color_system=None).print(inspection_table(inspection))
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_fits_the_terminal_and_is_complete(bad: Inspection, width: int) -> None:
    text = printed(bad, width)
    assert max(map(len, text.splitlines())) <= width
    for problem in bad.problems:
        assert f"{problem.severity}" in text
        assert f"{problem.kind}:" in text
    words = " ".join(text.split())
    assert "dog 9 7 1 9.0 s" in words
    assert "3 labels 27 25 5 27.0 s" in words
    assert "dog/copy.wav: holds the same as dog/0.wav" in words
    assert "and 1 more" in words


def test_the_report_is_ascii_where_the_terminal_is(bad: Inspection) -> None:
    assert "dog/copy.wav" in printed(bad, 80, "ascii")
    assert printed(bad, 80, "ascii").isascii()


def test_lines_for_the_card_contain_no_file_names(bad: Inspection) -> None:
    lines = inspection_lines(bad)
    assert lines[:3] == [
        "27 sound files of 25 groups, 3 labels, 27.0 s in all",
        "cat: 8 files of 8 groups, 8.0 s",
        "dog: 9 files of 7 groups, 9.0 s",
    ]
    assert len(lines) == 1 + 3 + len(bad.problems)
    assert not any(".wav" in line for line in lines)


def test_the_inspection_as_json_values(bad: Inspection) -> None:
    values = json.loads(json.dumps(inspection_dict(bad), allow_nan=False))
    assert (values["task"], values["n_files"], values["n_groups"]) == ("sound", 27, 25)
    assert values["labels"][1] == {
        "label": "dog", "n_files": 9, "n_groups": 7, "n_left_out": 1, "duration_s": 9.0, "n_images": 0,
    }  # fmt: skip
    by_kind = {problem["kind"]: problem for problem in values["problems"]}
    assert by_kind["too short"]["files"] == [{"path": "rain/tiny.wav", "reason": "3 samples"}]
    assert by_kind["contradiction"]["severity"] == "error"


@pytest.mark.skipif(not ESC10.is_dir(), reason="needs data/esc10 in the folder STREAMER_SHARED")
def test_of_good_recordings_only_two_cuts_of_the_same_one_are_reported() -> None:
    dataset = find_examples(ESC10, "sound")
    fold = dataset.with_examples(example for example in dataset if example.path.name.startswith("2-"))
    inspection = inspect(fold, window_s=1.3)
    assert {problem.kind: names(inspection, problem.kind) for problem in inspection.problems} == {
        "near duplicate": ["crackling_fire/2-30322-A.ogg"],
        "ignored": ["ATTRIBUTION.txt"],
    }
    assert len(inspection.usable) == 80
    inspection.check()
