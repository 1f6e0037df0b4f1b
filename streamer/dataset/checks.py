"""Check every file of a dataset by itself, and describe the problems found in a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import SILENT_DBFS, FileStats
from streamer.messages import TaskName
from streamer.tasks import TASKS
from streamer.tasks.motion import MIN_IMAGES
from streamer.text import percent

MIN_SOUND_S = 0.05  # less is three frames of a spectrogram at most
MAX_CLIPPED_SHARE = 0.01  # a deep sine that just fits has 0.005 at full scale


class Severity(StrEnum):
    """How severe a problem is."""

    ERROR = "error"  # training refuses
    WARNING = "warning"  # files are left out, or results will be worse, or look better, than they should
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a dataset, and all files that it applies to."""

    kind: str  # such as "unreadable": stable, for programs
    severity: Severity
    text: str  # what is wrong and what to do
    paths: tuple[Path, ...] = ()
    reasons: tuple[str, ...] = ()  # for each path, if they differ

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def counted(n: int, noun: str) -> str:
    """Return a number with its noun: ``1 video``, ``3 videos``."""
    return f"{n} {noun}{'s' if n != 1 else ''}"


def n_files(paths: Iterable[object], task: TaskName) -> str:
    """Return the number of files with the noun of the task's files."""
    return counted(sum(1 for _ in paths), TASKS[task].example)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a file."""

    kind: str
    holds: Callable[[FileStats], bool]
    text: str  # follows the number of files
    severity: Severity = Severity.WARNING
    leaves_out: bool = False  # whether training cannot use such a file
    reason: Callable[[FileStats], str] | None = None  # what to say about each file


_UNREADABLE = Check(
    "unreadable",
    lambda stats: bool(stats.fault),
    "left out; record, convert or copy again",
    leaves_out=True,
    reason=lambda stats: stats.fault,
)
CHECKS: Final[dict[TaskName, tuple[Check, ...]]] = {
    "sound": (
        _UNREADABLE,
        Check(
            "too short",
            lambda stats: stats.duration_s < MIN_SOUND_S,
            f"below {MIN_SOUND_S * 1e3:.0f} ms, left out; record again, longer",
            leaves_out=True,
            reason=lambda stats: f"{stats.n_samples} samples",
        ),
        Check(
            "silent",
            lambda stats: stats.is_blank,
            f"below {SILENT_DBFS:.0f} dBFS throughout, left out; remove, or record again and louder",
            leaves_out=True,
        ),
        Check(
            "no numbers",
            lambda stats: stats.n_invalid > 0,
            "with samples that are no number (NaN, infinity), taken as 0; export again",
            reason=lambda stats: f"{stats.n_invalid} of {stats.n_samples * stats.n_channels} samples",
        ),
        Check(
            "clipped",
            lambda stats: stats.clipped_share > MAX_CLIPPED_SHARE,
            f"with more than {percent(MAX_CLIPPED_SHARE)} of the samples at full scale; record at a lower gain",
            reason=lambda stats: percent(stats.clipped_share),
        ),
        Check(
            "odd",
            lambda stats: bool(stats.note),
            "with odd sound; listen to some",
            Severity.NOTE,
            reason=lambda stats: stats.note,
        ),
    ),
    "pattern": (
        _UNREADABLE,
        Check(
            "one colour",
            lambda stats: stats.is_blank,
            "of one colour, left out; remove or take again",
            leaves_out=True,
        ),
    ),
    "motion": (
        _UNREADABLE,
        Check(
            "too short",
            lambda stats: stats.n_images < MIN_IMAGES,
            f"below {MIN_IMAGES} images, left out; record again, longer",
            leaves_out=True,
            reason=lambda stats: f"{stats.n_images} images",
        ),
        Check(
            "one colour",
            lambda stats: stats.is_blank,
            "of one and the same colour throughout, left out; remove or record again",
            leaves_out=True,
        ),
        Check(
            "odd",
            lambda stats: bool(stats.note),
            "with odd times or length",
            Severity.NOTE,
            reason=lambda stats: stats.note,
        ),
        Check(
            "read in part",
            lambda stats: stats.n_images_read < stats.n_images,
            "of which only the beginning was looked at",
            Severity.NOTE,
            reason=lambda stats: f"{stats.n_images_read} of about {stats.n_images} images",
        ),
    ),
}


def check_files(
    dataset: Dataset, measured: Mapping[Path, FileStats], window_s: float
) -> tuple[list[Example], list[Problem]]:
    """Check every file by itself.

    Parameters
    ----------
    dataset : Dataset
        All examples.
    measured : mapping from Path to FileStats
        Measurements of each of them.
    window_s : float
        Window of the model, seconds; 0: not known.

    Returns
    -------
    usable : list of Example
        Those that training can use.
    problems : list of Problem
        One for each check that failed, with the files that failed it. A file that is left out is listed under the
        first reason for that only.
    """
    checks = [*CHECKS[dataset.task], _short(dataset.task, window_s)]
    failed: dict[str, list[Path]] = {check.kind: [] for check in checks}
    usable = []
    for example in dataset:
        stats = measured[example.path]
        fatal = next((check for check in checks if check.leaves_out and check.holds(stats)), None)
        for check in [fatal] if fatal else [check for check in checks if check.holds(stats)]:
            failed[check.kind].append(example.path)
        if not fatal:
            usable.append(example)
    problems = []
    for check in checks:
        if paths := tuple(failed[check.kind]):
            reasons = tuple(check.reason(measured[path]) for path in paths) if check.reason else ()
            text = f"{n_files(paths, dataset.task)} {check.text}"
            problems.append(Problem(check.kind, check.severity, text, paths, reasons))
    return usable, problems


def _short(task: TaskName, window_s: float) -> Check:
    """Return the check of files against the model's window; it never holds for pictures, whose duration is 0."""
    return Check(
        "shorter than a window",
        lambda stats: 0.0 < stats.duration_s < window_s,
        f"shorter than the {window_s:.3g} s that the model takes at once, {TASKS[task].padding}; "
        "longer recordings teach more",
        reason=lambda stats: f"{stats.duration_s:.3g} s",
    )
