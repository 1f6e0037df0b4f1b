"""Model files: what is written is read again, and what is wrong is refused with its reason."""

import errno
import hashlib
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.config import EventSettings, LabelThresholds, validated
from streamer.errors import StreamerError, UserError
from streamer.features.logmel_settings import STANDARD
from streamer.model import file as model_file
from streamer.model import metadata_zip
from streamer.model.file import (
    check_labels,
    find_model,
    parse_labels,
    read_model_file,
    shipped_models_directory,
    write_model_file,
)
from streamer.model.spec import Card, ModelSpec, Sidecar
from streamer.model.toml_text import toml_text
from tests.support.paths import ROOT
from tests.support.tiny_models import linear_model, log_mel_spec, waveform_spec

LABELS = ("dog", "clock tick", "Vögel")
FLATBUFFER = linear_model(np.ones((3, 8), np.float32), (1, 8))


@pytest.fixture
def sidecar_text() -> str:
    return toml_text(waveform_spec(8).model_dump(exclude_none=True))


def test_a_written_model_is_read_back(tmp_path: Path) -> None:
    spec = log_mel_spec(
        96,
        64,
        normalisation={"mean": -3.5, "std": 2.25},
        activation="softmax",
        events=EventSettings(on=0.7, deny=("dog",), labels={"clock tick": LabelThresholds(on=0.25)}),
        card=Card(training_data='several lines,\n"quoted" é', accuracy={"4-fold": 0.956, "note": "held out"}),
    )
    path = tmp_path / "tiny.tflite"
    write_model_file(path, FLATBUFFER, spec, LABELS, {"confusion.csv": b"1,2\n"})
    model = read_model_file(path)
    assert (model.spec, model.labels, model.flatbuffer) == (spec, LABELS, FLATBUFFER)
    assert not model.trusted
    assert "flatbuffer" not in repr(model)
    assert path.read_bytes().startswith(FLATBUFFER)
    assert path.stat().st_mode & 0o777 == 0o644


def test_writing_again_gives_the_same_bytes_and_replaces_an_older_zip(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tflite", tmp_path / "b.tflite"
    write_model_file(first, FLATBUFFER, waveform_spec(8, name="old"), LABELS, {"old.txt": b"old"})
    write_model_file(second, first.read_bytes(), waveform_spec(8), LABELS)
    write_model_file(first, FLATBUFFER, waveform_spec(8), LABELS)
    assert first.read_bytes() == second.read_bytes()


def test_an_ordinary_tool_still_reads_the_model(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    path = tmp_path / "tiny.tflite"
    write_model_file(path, FLATBUFFER, waveform_spec(8), LABELS)
    loaded = interpreter.Interpreter(model_path=str(path))
    assert loaded.get_input_details()[0]["shape"].tolist() == [1, 8]
    capfd.readouterr()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_only_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "tiny.tflite"
    write_model_file(path, FLATBUFFER, waveform_spec(8), LABELS)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(StreamerError, match=r"tiny\.tflite must be writable; No space left") as raised:
        write_model_file(path, FLATBUFFER, waveform_spec(8, name="new"), LABELS)
    assert raised.value.exit_code == 1
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StreamerError, match="No such file or directory"):
        write_model_file(tmp_path / "none" / "x.tflite", FLATBUFFER, waveform_spec(8), LABELS)


def test_writing_refuses_what_reading_would(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    with pytest.raises(UserError, match="TFL3"):
        write_model_file(path, b"not a model", waveform_spec(8), LABELS)
    with pytest.raises(UserError, match="unique"):
        write_model_file(path, FLATBUFFER, waveform_spec(8), ("a", "a"))
    with pytest.raises(UserError, match=r"events\.allow='cow' must be one of the model's labels"):
        write_model_file(path, FLATBUFFER, waveform_spec(8, events={"allow": ["cow"]}), LABELS)
    with pytest.raises(UserError, match=r"extra_files='labels\.txt' must be another name"):
        write_model_file(path, FLATBUFFER, waveform_spec(8), LABELS, {"labels.txt": b""})
    assert not path.exists()


@pytest.mark.parametrize("cut", [0.02, 0.5, 0.9, 0.97, 0.999])
def test_a_truncated_file_is_refused_with_the_reason(tmp_path: Path, cut: float) -> None:
    path = tmp_path / "tiny.tflite"
    write_model_file(path, FLATBUFFER, waveform_spec(8), LABELS)
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(UserError, match="a cut file has lost it"):
        read_model_file(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "lacks the mark TFL3"),
        (b"TFL3", "lacks the mark TFL3"),
        (b"\x89PNG\r\n\x1a\n" * 9, "lacks the mark TFL3"),
        (b"\x1c\0\0\0TFL3" + bytes(90), "streamer.toml is zipped into it"),
    ],
)
def test_a_file_that_is_not_a_model_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_model_file(path)


def test_paths_that_cannot_be_read_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="must be an existing file"):
        read_model_file(tmp_path / "none.tflite")
    with pytest.raises(UserError, match="must be a regular file"):
        read_model_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.tflite")  # opening it would wait for ever
    with pytest.raises(UserError, match="must be a regular file"):
        read_model_file(tmp_path / "pipe.tflite")
    (tmp_path / "x.tflite").write_bytes(FLATBUFFER)
    monkeypatch.setattr(model_file, "MODEL_LIMIT", 100)
    with pytest.raises(UserError, match="must have at most"):
        read_model_file(tmp_path / "x.tflite")


def test_a_sidecar_describes_a_foreign_model(tmp_path: Path, sidecar_text: str) -> None:
    path, labels = tmp_path / "foreign.tflite", 'labels = ["a", "b", "c"]\n'
    path.write_bytes(FLATBUFFER)
    with pytest.raises(UserError, match=r"write foreign\.toml beside it"):
        read_model_file(path)
    (tmp_path / "foreign.toml").write_text(labels + sidecar_text)
    model = read_model_file(path)
    assert (model.spec, model.labels, model.trusted) == (waveform_spec(8), ("a", "b", "c"), False)
    (tmp_path / "other.toml").write_text(labels + sidecar_text.replace("tiny", "other"))
    assert read_model_file(path, tmp_path / "other.toml").spec.name == "other"
    with pytest.raises(UserError, match="sidecar="):
        read_model_file(path, tmp_path / "none.toml")


def test_a_given_sidecar_wins_over_the_file_and_the_file_over_one_beside_it(tmp_path: Path, sidecar_text: str) -> None:
    path = tmp_path / "tiny.tflite"
    write_model_file(path, FLATBUFFER, waveform_spec(8, name="inside"), LABELS)
    (tmp_path / "tiny.toml").write_text('labels = ["a", "b", "c"]\n' + sidecar_text)
    assert read_model_file(path).spec.name == "inside"
    assert read_model_file(path, tmp_path / "tiny.toml").spec.name == "tiny"


def test_a_sidecar_finds_the_labels(tmp_path: Path, sidecar_text: str) -> None:
    path, sidecar = tmp_path / "x.tflite", tmp_path / "x.toml"
    path.write_bytes(metadata_zip.join(FLATBUFFER, {"names.txt": b"a\nb\nc\n", "notes.md": b"-"}))
    sidecar.write_text(sidecar_text)
    assert read_model_file(path).labels == ("a", "b", "c")  # the only text file in the zip
    path.write_bytes(metadata_zip.join(FLATBUFFER, {"names.txt": b"a\nb\nc\n", "more.txt": b"-"}))
    with pytest.raises(UserError, match=r"labels_file must be given; .*: names\.txt, more\.txt"):
        read_model_file(path)
    sidecar.write_text('labels_file = "names.txt"\n' + sidecar_text)
    assert read_model_file(path).labels == ("a", "b", "c")
    (tmp_path / "beside.txt").write_text("x\ny\nz\n")
    sidecar.write_text('labels_file = "beside.txt"\n' + sidecar_text)
    assert read_model_file(path).labels == ("x", "y", "z")
    sidecar.write_text('labels_file = "../beside.txt"\n' + sidecar_text)
    with pytest.raises(UserError, match="labels_file"):
        read_model_file(path)
    sidecar.write_text(sidecar_text)
    path.write_bytes(FLATBUFFER)
    with pytest.raises(UserError, match=r"zipped into .*: none"):
        read_model_file(path)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(fromat=1), "fromat is not a setting; did you mean format"),
        (lambda v: v.pop("name"), "name must be given"),
        (lambda v: v.update(format=2), "format=2 must be 1"),
        (lambda v: v.update(task="smell"), "task='smell' must be 'sound', 'pattern' or 'motion'"),
        (lambda v: v.update(activation="relu"), "activation='relu' must be"),
        (lambda v: v.update(name="\x1b]0;x\x07"), "name: must hold no control characters"),
        (lambda v: v["window"].update(n_frames=0), "window.n_frames=0 must be greater than or equal to 1"),
        (lambda v: v["window"].update(n_frames=10**9), "window.n_frames=1000000000 must be"),
        (lambda v: v["window"].update(n_frames=200_000), "n_frames=200000 must span at most"),
        (lambda v: v["normalisation"].update(std=0), "normalisation.std=0 must be greater than 0"),
        (lambda v: v["normalisation"].update(mean=float("nan")), "normalisation.mean=nan must be a finite number"),
        (lambda v: v["front_end"].update(kind="mfcc"), "front_end"),
        (lambda v: v["front_end"].update(n_fft=441), "front_end: n_fft=441 must be an even product of 2, 3 and 5"),
        (lambda v: v["front_end"].update(fmax_hz=9000.0), "fmax_hz=9000.0 must be above"),
        (lambda v: v["front_end"].update(hop_length=10**9), "hop_length=1000000000 must be"),
        (
            lambda v: v["front_end"].update(hop_lenght=160),
            r"front_end\.hop_lenght is not a setting; did you mean hop_length",
        ),
        (lambda v: v["events"].update(on=2.0), "events.on=2.0 must be less than or equal to 1"),
        (lambda v: v["events"].update(allow=["cow"]), r"events\.allow='cow' must be one of the model's labels"),
        (lambda v: v["card"].update(licence="a\x1b[2J"), "card.licence"),
        (lambda v: v.update({"\x1b[2J": 1}), r"'\\x1b\[2J' is not a setting"),
    ],
)
def test_mistakes_in_a_description_are_reported(tmp_path: Path, change: Change, message: str) -> None:
    values = log_mel_spec(96, 64).model_dump(exclude_none=True)
    change(values)
    path = tmp_path / "x.tflite"
    files = {"streamer.toml": toml_text(values).encode(), "labels.txt": b"a\nb\nc\n"}
    path.write_bytes(metadata_zip.join(FLATBUFFER, files))
    with pytest.raises(UserError, match=rf"x\.tflite:streamer\.toml: .*{message}"):
        read_model_file(path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"streamer.toml": b"format = "}, "not valid TOML"),
        ({"streamer.toml": b"\xff"}, "UTF-8"),
        ({"streamer.toml": b"x = " + b"[" * 100_000}, "must be TOML that is not nested so deeply"),
        ({"streamer.toml": b"#" * (2 << 20)}, "at most 1048576 bytes"),
        ({"streamer.toml": None}, "must hold labels.txt"),
        ({"streamer.toml": None, "labels.txt": b"a\na\n"}, "labels.txt: label 1='a' must be unique"),
        ({"streamer.toml": None, "labels.txt": b"\n" * (2 << 20)}, "labels.txt: must unpack to at most"),
    ],
)
def test_damaged_members_are_refused(
    tmp_path: Path, sidecar_text: str, files: dict[str, bytes | None], message: str
) -> None:
    path = tmp_path / "x.tflite"
    filled = {name: sidecar_text.encode() if content is None else content for name, content in files.items()}
    path.write_bytes(metadata_zip.join(FLATBUFFER, filled))
    with pytest.raises(UserError, match=message):
        read_model_file(path)


def test_derived_values_of_log_mel_and_waveform() -> None:
    spec = log_mel_spec(96, 64)
    assert (spec.sample_rate, spec.hop_length, spec.width) == (16000, 160, 64)
    assert (spec.window_samples, spec.window_s, spec.stride_s) == (95 * 160 + 400, 0.975, 0.48)
    assert spec.front_end == STANDARD
    spec = waveform_spec(15600)
    assert (spec.hop_length, spec.width, spec.window_samples, spec.window_s) == (1, 1, 15600, 0.975)


def test_shipped_models_are_found_by_name_and_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    monkeypatch.setattr(model_file, "shipped_models_directory", lambda: shipped)
    write_model_file(shipped / "tiny.tflite", FLATBUFFER, waveform_spec(8), LABELS)
    monkeypatch.chdir(tmp_path)
    assert find_model("tiny") == shipped / "tiny.tflite"
    assert read_model_file(find_model("tiny")).trusted
    (tmp_path / "own.tflite").write_bytes((shipped / "tiny.tflite").read_bytes())
    assert find_model("own.tflite") == Path("own.tflite")
    assert not read_model_file("own.tflite").trusted
    for name in ("none", "../shipped/tiny", "x" * 5000, "a\0b", "~nobody-of-this-name/x", ""):
        with pytest.raises(UserError, match=r"must be a \.tflite file or a shipped model; shipped: tiny"):
            find_model(name)


def test_only_a_shipped_sidecar_makes_a_file_trusted_and_only_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sidecar_text: str
) -> None:
    shipped, path = tmp_path / "shipped", tmp_path / "foreign.tflite"
    shipped.mkdir()
    monkeypatch.setattr(model_file, "shipped_models_directory", lambda: shipped)
    path.write_bytes(FLATBUFFER)
    labels = f'labels = ["a", "b", "c"]\nsha256 = "{hashlib.sha256(FLATBUFFER).hexdigest()}"\n'
    (shipped / "foreign.toml").write_text(labels + sidecar_text)
    assert read_model_file(path).trusted
    path.write_bytes(FLATBUFFER + b"\0")
    assert not read_model_file(path).trusted
    path.write_bytes(FLATBUFFER)
    (tmp_path / "foreign.toml").write_text(labels + sidecar_text)  # a stranger's own
    assert not read_model_file(path).trusted


def test_every_shipped_file_is_valid() -> None:
    directory = shipped_models_directory()
    assert directory.samefile(ROOT / "models")
    for path in directory.glob("*.tflite"):
        assert isinstance(read_model_file(path).spec, ModelSpec)
    assert (directory / "yamnet.toml").is_file()
    sidecars = set(directory.glob("*.toml")) - set(directory.glob("*.labels.toml"))  # these are label maps
    for path in sidecars:
        validated(Sidecar, tomllib.loads(path.read_text()), path.name)


def test_the_shipped_sidecar_of_birdnet_takes_the_labels_beside_the_model(tmp_path: Path) -> None:
    model = tmp_path / "BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite"
    model.write_bytes(FLATBUFFER)
    with pytest.raises(UserError, match=r"labels_file=.*BirdNET_GLOBAL_6K_V2\.4_Labels\.txt must"):
        read_model_file(model)
    (tmp_path / "BirdNET_GLOBAL_6K_V2.4_Labels.txt").write_text("Turdus merula_Eurasian Blackbird\nDog_Dog\n")
    found = read_model_file(model)
    assert found.labels == ("Turdus merula_Eurasian Blackbird", "Dog_Dog")
    assert (found.spec.sample_rate, found.spec.window_samples, found.spec.activation) == (48_000, 144_000, "sigmoid")
    assert not found.trusted


def test_silence_is_no_event_of_yamnet() -> None:
    values = tomllib.loads((shipped_models_directory() / "yamnet.toml").read_text())
    assert validated(Sidecar, values, "yamnet.toml").events.deny == ("Silence",)


def test_labels_are_lines_with_any_line_ending() -> None:
    assert parse_labels(b"dog\r\nclock tick\r\n\n", "x") == ("dog", "clock tick")
    assert parse_labels("Vögel".encode(), "x") == ("Vögel",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"label 0='' must be 1 to 200 printable"),
        (b"dog\n\ncat\n", r"label 1='' must be"),
        (b"dog\ncat\ndog\n", r"label 2='dog' must be unique"),
        (b"dog\n\xff\xfe\n", "UTF-8"),
        (b"dog\n\x1b[2Jcat\n", r"label 1='\\x1b\[2Jcat' must be"),
        (b"d" * 201, "label 0"),
        (b"\0" * 10, "label 0"),
    ],
)
def test_wrong_label_lists_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=rf"^list\.txt: .*{message}"):
        parse_labels(data, "list.txt")


def test_a_label_with_blanks_around_it_is_refused() -> None:
    with pytest.raises(UserError, match="' dog'"):
        check_labels((" dog",), "x")
