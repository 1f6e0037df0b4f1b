"""Determine which examples share an origin: by a pattern in the files' names, or by a CSV table."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

from streamer.bounded import TABLE_LIMIT, read_text
from streamer.errors import UserError

N_NAMED = 3  # files listed in a message


def name_groups(paths: Sequence[Path], folder: Path, groups: str) -> list[str]:
    """Return the name of the group of each file.

    Parameters
    ----------
    paths : sequence of Path
        Files below ``folder``.
    folder : Path
        The dataset's folder.
    groups : str
        Empty: each file is its own group, named by its path in the folder. The name of a ``.csv`` file: its column
        ``group`` names the group of the file in its column ``file`` (path in the folder). Else a regular expression,
        searched in the file's name without its folder: the group's name is what its capturing groups matched, joined
        by ``/``.

    Returns
    -------
    list of str
        In the order of ``paths``.

    Raises
    ------
    UserError
        If the pattern is not valid, captures nothing, or does not match every file; if the CSV file cannot be read,
        lacks a column or a file, or names a file that does not exist.
    """
    inner = [path.relative_to(folder).as_posix() for path in paths]
    if not groups:
        return inner
    if groups.lower().endswith(".csv"):
        return _by_table(inner, folder, Path(groups).expanduser())
    return _by_pattern(inner, groups)


def _by_pattern(inner: list[str], groups: str) -> list[str]:
    try:
        pattern = re.compile(groups)
    except re.error as error:
        raise UserError(f"groups={groups!r} must be a regular expression or the name of a .csv file; {error}") from None
    if not pattern.groups:
        raise UserError(
            f"groups={groups!r} must hold a capturing group (…) around what names the origin, as in '^([^-]+)-'"
        )
    matches = [pattern.search(name.rpartition("/")[2]) for name in inner]
    captures = [[part for part in match.groups() if part] if match else [] for match in matches]
    missed = [name for name, parts in zip(inner, captures, strict=True) if not parts]
    if len(missed) == len(inner):
        raise UserError(
            f"groups={groups!r} must match the names of the files; it finds an origin in none of {len(inner)}, "
            f"such as {Path(inner[0]).name}"
        )
    if missed:
        raise UserError(
            f"groups={groups!r} must find an origin in the name of every file; not in {listed(missed)}: "
            "widen the pattern, or rename or remove them"
        )
    return ["/".join(parts) for parts in captures]


def _by_table(inner: list[str], folder: Path, table: Path) -> list[str]:
    group_of = _read_table(table, folder)
    absent = [name for name in group_of if not (folder / name).exists()]
    if absent:
        raise UserError(
            f"groups={table} must name files of {folder}; not there: {listed(absent)}: paths count from that folder, "
            "as in LABEL/NAME.wav"
        )
    missed = [name for name in inner if name not in group_of]
    if missed:
        raise UserError(f"groups={table} must name every file; it lacks {listed(missed)}: add a row for each")
    return [group_of[name] for name in inner]


def _read_table(table: Path, folder: Path) -> dict[str, str]:
    group_of: dict[str, str] = {}
    try:
        with io.StringIO(read_text(table, TABLE_LIMIT, "groups"), newline="") as file:
            rows = csv.DictReader(file, skipinitialspace=True)
            columns = rows.fieldnames or []
            if not {"file", "group"} <= set(columns):
                raise UserError(
                    f"groups={table} must have the columns file,group, separated by commas; its first line is "
                    f"{','.join(columns)[:80]!r}"
                )
            for row in rows:
                name, group = (row["file"] or "").strip(), (row["group"] or "").strip()
                if not name or not group:
                    raise UserError(
                        f"groups={table} must name a file and a group in each row; line {rows.line_num} lacks one"
                    )
                name = os.path.normpath(os.path.relpath(name, folder) if Path(name).is_absolute() else name)
                if group_of.setdefault(name, group) != group:
                    raise UserError(
                        f"groups={table} must give each file one group; {name} has {group_of[name]!r} and {group!r}"
                    )
    except csv.Error as error:
        raise UserError(f"groups={table} must be a CSV file in UTF-8; {error}") from None
    return group_of


def listed(names: Sequence[str]) -> str:
    """Return the first few names and how many more there are, as text."""
    more = len(names) - N_NAMED
    return ", ".join(names[:N_NAMED]) + (f" and {more} more" if more > 0 else "")
