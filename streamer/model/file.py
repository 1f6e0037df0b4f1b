"""Read, write and find model files: a TFLite flatbuffer with an appended zip that describes how to run it."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamer.bounded import TEXT_LIMIT, parse_toml, read_bounded
from streamer.config import validated
from streamer.errors import UserError
from streamer.model import metadata_zip
from streamer.model.spec import ModelSpec, Sidecar
from streamer.model.toml_text import toml_text
from streamer.system import write_atomically

SPEC_NAME, LABELS_NAME = "streamer.toml", "labels.txt"
MODEL_LIMIT = 256 << 20  # bytes of a model file
LABEL_LIMIT = 200  # characters of one label


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file as read: description, labels and the bytes for the TFLite runtime."""

    path: Path
    spec: ModelSpec
    labels: tuple[str, ...]  # one for each score, in the model's order
    flatbuffer: bytes = field(repr=False)  # the file without its zip
    trusted: bool = False  # known to load: shipped, or tried in a child process (streamer.model.sandbox)


def shipped_models_directory() -> Path:
    """Return the directory of the shipped models, in a checkout or installed."""
    package = Path(__file__).parents[1]
    installed = package / "models"
    return installed if installed.is_dir() else package.parent / "models"


def find_model(name: str) -> Path:
    """Return the path of a model, given as a path or as the name of a shipped model.

    Raises
    ------
    UserError
        If there is no such file; lists the shipped names.
    """
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # too long, holding NUL, no such ~user
        path = Path(name).expanduser()
        if path.is_file():
            return path
        shipped = shipped_models_directory() / f"{name}.tflite"
        if path.name == name and shipped.is_file():
            return shipped
    names = sorted(path.stem for path in shipped_models_directory().glob("*.tflite"))
    raise UserError(f"model={name} must be a .tflite file or a shipped model; shipped: {', '.join(names) or 'none'}")


def read_model_file(path: Path | str, sidecar: Path | str | None = None) -> ModelFile:
    """Read a model file and its description, without loading it into a TFLite runtime.

    The description is the first of these: ``sidecar``; `streamer.toml` zipped into the file; `NAME.toml` beside the
    file; the shipped `NAME.toml`, so that a downloaded `yamnet.tflite` runs as it is. Nothing is unpacked to disk, and
    every size is bounded before it is read.

    Raises
    ------
    UserError
        If the file is missing, too large or not a TFLite model, or its description or labels are not valid.
    """
    path = Path(path)
    data = read_bounded(path, MODEL_LIMIT, "model")
    if data[4:8] != b"TFL3":
        raise UserError(f"model={path} must be a TFLite model; it lacks the mark TFL3 at byte 4")
    where = f"model={path}"
    flatbuffer, files = metadata_zip.split(data, where)
    if sidecar is None and SPEC_NAME in files:
        values = _parse_toml(files[SPEC_NAME].read(TEXT_LIMIT), f"{path}:{SPEC_NAME}")
        spec: ModelSpec = validated(ModelSpec, values, f"{path}:{SPEC_NAME}")
        if LABELS_NAME not in files:
            raise UserError(f"{where} must hold {LABELS_NAME} beside {SPEC_NAME}; it is damaged or incomplete")
        labels = parse_labels(files[LABELS_NAME].read(TEXT_LIMIT), f"{path}:{LABELS_NAME}")
        _check_named_labels(spec, labels, f"{path}:{SPEC_NAME}")
        trusted = path.resolve().parent == shipped_models_directory().resolve()
        return ModelFile(path, spec, labels, flatbuffer, trusted)
    sidecar_path = _find_sidecar(path, sidecar)
    values = read_toml(sidecar_path, "sidecar")
    described = validated(Sidecar, values, str(sidecar_path))
    labels = _sidecar_labels(described, sidecar_path, files, path)
    _check_named_labels(described, labels, str(sidecar_path))
    # Only a shipped sidecar makes a file trusted: a stranger could write both.
    shipped = sidecar_path.resolve().parent == shipped_models_directory().resolve()
    trusted = shipped and described.sha256 == hashlib.sha256(data).hexdigest()
    return ModelFile(path, described.spec(), labels, flatbuffer, trusted)


def write_model_file(
    path: Path | str,
    flatbuffer: bytes,
    spec: ModelSpec,
    labels: tuple[str, ...],
    extra_files: dict[str, bytes] | None = None,
) -> None:
    """Write a self-describing model file; the same arguments give the same bytes.

    The file appears complete or not at all: it is written under another name in the same directory and renamed to
    ``path``, which keeps its old content when anything fails.

    Parameters
    ----------
    path : Path or str
        Ends in .tflite.
    flatbuffer : bytes
        The TFLite model; a zip appended to it is replaced.
    spec : ModelSpec
        Its description.
    labels : tuple of str
        One for each score, in the model's order.
    extra_files : dict of str to bytes, optional
        Further files for the zip, by plain name.

    Raises
    ------
    UserError
        If the bytes are not a TFLite model, or a label or a name is not allowed.
    StreamerError
        If the file cannot be written, as on a full disk.
    """
    path = Path(path)
    if flatbuffer[4:8] != b"TFL3":
        raise UserError("flatbuffer must be a TFLite model; it lacks the mark TFL3 at byte 4")
    if reserved := {SPEC_NAME, LABELS_NAME}.intersection(extra_files or ()):
        raise UserError(f"extra_files={min(reserved)!r} must be another name; this one is the model's own")
    check_labels(labels, str(path))
    _check_named_labels(spec, labels, str(path))
    files = {
        SPEC_NAME: toml_text(spec.model_dump(exclude_none=True)).encode(),
        LABELS_NAME: "".join(f"{label}\n" for label in labels).encode(),
        **(extra_files or {}),
    }
    bare, _ = metadata_zip.split(flatbuffer, "flatbuffer")
    write_atomically(path, metadata_zip.join(bare, files), "model")


def parse_labels(data: bytes, where: str) -> tuple[str, ...]:
    """Return the labels of a list: UTF-8 text, one label per line.

    Raises
    ------
    UserError
        If it is not such text, or :func:`check_labels` refuses it.
    """
    try:
        lines = data.decode().rstrip().split("\n")
    except UnicodeDecodeError:
        raise UserError(f"{where}: must be UTF-8 text, one label per line") from None
    labels = tuple(line.strip() for line in lines)
    check_labels(labels, where)
    return labels


def check_labels(labels: tuple[str, ...], where: str) -> None:
    """Check that labels are printable and unique.

    Raises
    ------
    UserError
        Names the first that is empty, too long, not printable or not unique.
    """
    seen = set()
    for i, label in enumerate(labels):
        if not 0 < len(label) <= LABEL_LIMIT or not label.isprintable() or label != label.strip():
            raise UserError(
                f"{where}: label {i}={label[:LABEL_LIMIT]!r} must be 1 to {LABEL_LIMIT} printable characters"
            )
        if label.casefold() in seen:
            raise UserError(f"{where}: label {i}={label!r} must be unique, whatever the case; rename one of the two")
        seen.add(label.casefold())


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """Return the values of a TOML file of bounded size, which errors call ``name``.

    Raises
    ------
    UserError
        If it is missing, larger than 1 MiB, or not TOML.
    """
    return _parse_toml(read_bounded(path, TEXT_LIMIT, name), str(path))


def _find_sidecar(path: Path, sidecar: Path | str | None) -> Path:
    if sidecar is not None:
        return Path(sidecar)
    for candidate in (path.with_suffix(".toml"), shipped_models_directory() / f"{path.stem}.toml"):
        if candidate.is_file():
            return candidate
    raise UserError(
        f"model={path} must describe itself, but no {SPEC_NAME} is zipped into it (a cut file has lost it);"
        f" for a foreign model write {path.with_suffix('.toml').name} beside it, or name another sidecar"
    )


def _parse_toml(data: bytes, where: str) -> dict[str, Any]:
    try:
        return parse_toml(data.decode(), where)
    except UnicodeDecodeError:
        raise UserError(f"{where}: must be UTF-8 text") from None


def _sidecar_labels(
    sidecar: Sidecar, sidecar_path: Path, files: dict[str, metadata_zip.Member], model_path: Path
) -> tuple[str, ...]:
    if sidecar.labels:
        check_labels(sidecar.labels, f"{sidecar_path}: labels")
        return sidecar.labels
    name = sidecar.labels_file
    texts = [name for name in files if name.endswith(".txt")]
    if not name and len(texts) == 1:
        name = texts[0]
    if not name:
        raise UserError(
            f"{sidecar_path}: labels or labels_file must be given;"
            f" text files zipped into {model_path}: {', '.join(texts) or 'none'}"
        )
    if name in files:
        return parse_labels(files[name].read(TEXT_LIMIT), f"{model_path}:{name}")
    beside = model_path.parent / name  # of a shipped sidecar, the labels come with the model
    if not beside.is_file():
        beside = sidecar_path.parent / name
    return parse_labels(read_bounded(beside, TEXT_LIMIT, "labels_file"), str(beside))


def _check_named_labels(spec: ModelSpec, labels: tuple[str, ...], where: str) -> None:
    events = spec.events
    checked = tuple(spec.check.scores) if spec.check else ()
    known = {label.casefold() for label in labels}
    for key, names in (
        ("events.allow", events.allow),
        ("events.deny", events.deny),
        ("events.labels", tuple(events.labels)),
        ("check.scores", checked),
    ):
        if unknown := [name for name in names if name.casefold() not in known]:
            raise UserError(f"{where}: {key}={min(unknown)!r} must be one of the model's labels")
