"""What can be wrong with a dataset, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from streamer.dataset.examples import KINDS
from streamer.messages import Task


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"  # training refuses
    WARNING = "warning"  # files are left out, or results will be worse, or look better, than they should
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a dataset, with all files that it is wrong with."""

    kind: str  # as in "unreadable": stable, for programs
    severity: Severity
    text: str  # what is wrong and what to do
    paths: tuple[Path, ...] = ()
    reasons: tuple[str, ...] = ()  # for each path, where they differ

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def counted(n: int, what: str) -> str:
    """Return a number with its noun: ``1 video``, ``3 videos``."""
    return f"{n} {what}{'s' if n != 1 else ''}"


def n_files(paths: Iterable[object], task: Task) -> str:
    """Return how many files of the task's kind there are, in words."""
    return counted(sum(1 for _ in paths), KINDS[task])
