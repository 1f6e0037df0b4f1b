"""Read the annotated events of recordings: label tracks of Audacity, and CSV tables."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer.bounded import TABLE_LIMIT, read_text
from streamer.errors import UserError
from streamer.model.file import check_labels
from streamer.system import is_folder

HINT = "export them from Audacity (File, Export, Labels)"
COLUMNS = ("onset", "offset", "label")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One event of a recording, as a person marked it."""

    onset_s: float  # seconds in the file
    offset_s: float  # later than the onset
    label: str


Annotations = tuple[Annotation, ...]


def find_annotations(files: Sequence[Path], folder: Path, annotations: Path) -> dict[Path, Annotations]:
    """Return the annotations of each recording.

    Parameters
    ----------
    files : sequence of Path
        The recordings.
    folder : Path
        Folder that holds all of them.
    annotations : Path
        A CSV table for all files (`file,onset,offset,label`, with paths relative to ``folder``; a file that is not in
        the table holds no event), or for the only file (`onset,offset,label`). Or a folder, such as ``folder`` itself,
        that has NAME.txt (a label track of Audacity) or NAME.csv for each file; an empty one means no event.

    Raises
    ------
    UserError
        If a file lacks annotations, or they cannot be read; names the faulty line, if there is one.
    """
    if is_folder(annotations):
        return {path: _read_either(annotations / path.relative_to(folder), path) for path in files}
    if annotations.suffix.lower() == ".txt" and len(files) == 1:
        return {files[0]: read_label_track(annotations)}
    rows = list(_csv_rows(annotations))
    if rows and "file" in rows[0][1]:
        return _of_each(rows, files, folder, annotations)
    if len(files) > 1:
        raise UserError(
            f"annotations={annotations} must say which file a line is about: {len(files)} files, and no column 'file'"
        )
    return {files[0]: _sorted(_annotation(row, f"{annotations}:{line}") for line, row in rows)}


def read_label_track(path: Path) -> Annotations:
    """Read a label track as Audacity exports it: `onset<tab>offset<tab>label` in seconds, a line per event.

    Lines that begin with a backslash, which hold the frequency range of the label before, are skipped.

    Raises
    ------
    UserError
        If the file cannot be read; names the first faulty line.
    """
    annotations = []
    for line, text in enumerate(_read(path).splitlines(), start=1):
        if not text.strip() or text.startswith("\\"):
            continue
        parts = text.split("\t", 2)
        if len(parts) < len(COLUMNS):
            raise UserError(f"{path}:{line}: {text[:80]!r} must be onset, offset and label parted by tabs; {HINT}")
        annotations.append(_annotation(dict(zip(COLUMNS, parts, strict=True)), f"{path}:{line}"))
    return _sorted(annotations)


def _read_either(place: Path, path: Path) -> Annotations:
    """Read the annotations of the recording at ``path`` from ``place`` with the suffix .txt or .csv."""
    track, table = place.with_suffix(".txt"), place.with_suffix(".csv")
    if track.is_file() and table.is_file():
        raise UserError(f"annotations of {path} must be in one file; remove {track} or {table}")
    if track.is_file():
        return read_label_track(track)
    if table.is_file():
        return _sorted(_annotation(row, f"{table}:{line}") for line, row in _csv_rows(table))
    raise UserError(
        f"file={path} must have annotations in {track} or {table.name}; {HINT}, leave the file empty where there is"
        " nothing to find, or name a table for all files (--annotations)"
    )


def _of_each(
    rows: Sequence[tuple[int, Mapping[str, str]]], files: Sequence[Path], folder: Path, table: Path
) -> dict[Path, Annotations]:
    found: dict[Path, list[Annotation]] = {path: [] for path in files}
    known = {path.resolve(): path for path in files}
    for line, row in rows:
        try:
            path = known.get((folder / row["file"]).resolve())
        except (ValueError, OSError, RuntimeError):  # NUL, a name that is too long, links in a circle
            path = None
        if path is None:
            raise UserError(f"{table}:{line}: file={row['file']!r} must be a file that can be evaluated in {folder}")
        found[path].append(_annotation(row, f"{table}:{line}"))
    return {path: _sorted(annotations) for path, annotations in found.items()}


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the values by column of each row that is not empty."""
    reader = csv.reader(_read(path).splitlines())
    head: list[str] = []
    try:
        for parts in reader:
            if not any(part.strip() for part in parts):
                continue
            if not head:
                head = [part.strip().casefold() for part in parts]
                if missing := [name for name in COLUMNS if name not in head]:
                    raise UserError(
                        f"{path}:{reader.line_num}: the first line must name the columns onset, offset, label"
                        f" (and file, where it is about several); {missing[0]!r} is missing"
                    )
                continue
            if len(parts) != len(head):
                raise UserError(
                    f"{path}:{reader.line_num}: must have {len(head)} values, as the first line has; it has"
                    f" {len(parts)}: put a label with commas between double quotes"
                )
            yield reader.line_num, dict(zip(head, (part.strip() for part in parts), strict=True))
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num}: must be CSV; {error}") from None


def _annotation(row: Mapping[str, str], where: str) -> Annotation:
    onset_s, offset_s = (_seconds(row[name], f"{where}: {name}") for name in ("onset", "offset"))
    label = row["label"].strip()
    check_labels((label,), where)
    if offset_s <= onset_s:
        raise UserError(
            f"{where}: offset={row['offset'].strip()} must be later than onset={row['onset'].strip()};"
            f" mark the whole of {label!r}, not a point"
        )
    return Annotation(onset_s, offset_s, label)


def _seconds(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0.0 <= value < math.inf):
        hint = "use a point, not a comma" if "," in text else "count from the beginning of the file"
        raise UserError(f"{where}={text.strip()[:40]!r} must be seconds, 0 or more; {hint}")
    return value


def _sorted(annotations: Iterator[Annotation] | Sequence[Annotation]) -> Annotations:
    return tuple(sorted(annotations, key=lambda a: (a.onset_s, a.offset_s, a.label)))


def _read(path: Path) -> str:
    return read_text(path, TABLE_LIMIT, "annotations")
