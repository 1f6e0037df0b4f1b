"""What is looked for in every single file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import SILENT_DBFS, Facts
from streamer.messages import TaskName
from streamer.tasks import TASKS
from streamer.text import percent


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


def n_files(paths: Iterable[object], task: TaskName) -> str:
    """Return how many files of the task's kind there are, in words."""
    return counted(sum(1 for _ in paths), TASKS[task].example)


MIN_SOUND_S = 0.05  # less is three frames of a spectrogram at most
MIN_IMAGES = 32  # of a video; streamer.pipeline says nothing of fewer
MAX_CLIPPED_SHARE = 0.01  # a deep sine that just fits has 0.005 at full scale
WARNING, NOTE = Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a file."""

    kind: str
    severity: Severity
    holds: Callable[[Facts], bool]
    text: str  # follows the number of files
    leaves_out: bool = False
    reason: Callable[[Facts], str] | None = None  # what to say of each file


def check_files(
    dataset: Dataset, measured: Mapping[Path, Facts], window_s: float
) -> tuple[list[Example], list[Problem]]:
    """Theme at every file by itself.

    Parameters
    ----------
    dataset : Dataset
        All examples.
    measured : mapping from Path to Facts
        Of each of them.
    window_s : float
        What a model takes at once, seconds; 0: not known.

    Returns
    -------
    usable : list of Example
        Those that training can use.
    problems : list of Problem
        One for each kind of fault, with the files that have it.
    """
    checks = _checks(dataset.task, window_s)
    failed: dict[str, list[Path]] = {check.kind: [] for check in checks}
    usable = []
    for example in dataset:
        facts = measured[example.path]
        fatal = next((check for check in checks if check.leaves_out and check.holds(facts)), None)
        for check in [fatal] if fatal else [check for check in checks if check.holds(facts)]:
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


def _checks(task: TaskName, window_s: float) -> list[Check]:
    padded = "padded with silence" if task == "sound" else "stretched"
    short = Check(
        "shorter than a window",
        WARNING,
        lambda facts: 0.0 < facts.duration_s < window_s,  # pictures have no duration
        f"shorter than the {window_s:.3g} s that the model takes at once, {padded}; longer recordings teach more",
        reason=lambda facts: f"{facts.duration_s:.3g} s",
    )
    return [_UNREADABLE, *{"sound": _SOUND, "pattern": _PICTURE, "motion": _VIDEO}[task], short]


_UNREADABLE = Check(
    "unreadable",
    WARNING,
    lambda facts: bool(facts.fault),
    "left out; record, convert or copy again",
    True,
    lambda facts: facts.fault,
)
_SOUND = (
    Check(
        "too short",
        WARNING,
        lambda facts: facts.duration_s < MIN_SOUND_S,
        f"below {MIN_SOUND_S * 1e3:.0f} ms, left out; record again, longer",
        True,
        lambda facts: f"{facts.n_samples} samples",
    ),
    Check(
        "silent",
        WARNING,
        lambda facts: facts.is_blank,
        f"below {SILENT_DBFS:.0f} dBFS throughout, left out; remove, or record again and louder",
        True,
    ),
    Check(
        "no numbers",
        WARNING,
        lambda facts: facts.n_invalid > 0,
        "with samples that are no number (NaN, infinity), taken as 0; export again",
        reason=lambda facts: f"{facts.n_invalid} of {facts.n_samples * facts.n_channels} samples",
    ),
    Check(
        "clipped",
        WARNING,
        lambda facts: facts.clipped_share > MAX_CLIPPED_SHARE,
        f"with more than {percent(MAX_CLIPPED_SHARE)} of the samples at full scale; record at a lower gain",
        reason=lambda facts: percent(facts.clipped_share),
    ),
)
_PICTURE = (
    Check("one colour", WARNING, lambda facts: facts.is_blank, "of one colour, left out; remove or take again", True),
)
_VIDEO = (
    Check(
        "too short",
        WARNING,
        lambda facts: facts.n_images < MIN_IMAGES,
        f"below {MIN_IMAGES} images, left out; record again, longer",
        True,
        lambda facts: f"{facts.n_images} images",
    ),
    Check(
        "one colour",
        WARNING,
        lambda facts: facts.is_blank,
        "of one and the same colour throughout, left out; remove or record again",
        True,
    ),
    Check("odd", NOTE, lambda facts: bool(facts.note), "with odd times or length", reason=lambda facts: facts.note),
    Check(
        "read in part",
        NOTE,
        lambda facts: facts.n_images_read < facts.n_images,
        "of which only the beginning was looked at",
        reason=lambda facts: f"{facts.n_images_read} of about {facts.n_images} images",
    ),
)
