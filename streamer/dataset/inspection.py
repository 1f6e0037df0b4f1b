"""Inspect a dataset: measure every file once, and list the problems found."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamer.dataset.balance import LabelCount, check_balance, count_labels
from streamer.dataset.checks import Problem, Severity, check_files, counted, n_files
from streamer.dataset.duplicates import check_likeness, join_duplicates
from streamer.dataset.examples import Dataset
from streamer.dataset.file_stats import FileStats, measure_file
from streamer.dataset.leakage import check_leakage
from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.tasks import TASKS
from streamer.worker import map_in_child


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """Contents of a dataset and the problems found in it.

    Attributes
    ----------
    dataset : Dataset
        The dataset inspected.
    usable : Dataset
        The dataset without files that cannot be used or contradict each other; files of the same content share a
        group.
    counts : tuple of LabelCount
        Counts of each label of the dataset.
    problems : tuple of Problem
        Most severe first.
    measured : mapping from Path to FileStats
        Measurements of every file.
    """

    dataset: Dataset
    usable: Dataset
    counts: tuple[LabelCount, ...]
    problems: tuple[Problem, ...]
    measured: Mapping[Path, FileStats]

    def check(self) -> None:
        """Refuse a dataset that cannot be trained on.

        Raises
        ------
        UserError
            If labels contradict each other, if a label has no usable file, or if fewer than two are left.
        """
        errors = [problem for problem in self.problems if problem.severity is Severity.ERROR]
        if errors:
            raise UserError("\n".join(f"data={self.dataset.folder}: {self._describe(problem)}" for problem in errors))

    def _describe(self, problem: Problem) -> str:
        more = f" … and {len(problem.paths) - 6} more" if len(problem.paths) > 6 else ""
        names = ", ".join(str(path.relative_to(self.dataset.folder)) for path in problem.paths[:6])
        return f"{problem} ({names}{more})" if names else str(problem)


def inspect(
    dataset: Dataset, advance: Callable[[], None] = lambda: None, *, window_s: float = 0.0, n_jobs: int = 0
) -> Inspection:
    """Decode every file of a dataset once, on all cores, and list what is wrong.

    Parameters
    ----------
    dataset : Dataset
        From :func:`streamer.dataset.examples.find_examples`.
    advance : callable
        Called after each file, in the calling thread.
    window_s : float
        Window of the model, seconds: shorter files are reported. 0: not known.
    n_jobs : int
        Number of threads of a child process; 0: one for each core.

    Returns
    -------
    Inspection
    """
    measured = _measure(dataset, advance, n_jobs)
    readable, problems = check_files(dataset, measured, window_s)
    joined, more = join_duplicates(dataset, readable, measured)
    usable = dataset.with_examples(joined)
    counts = count_labels(dataset, usable, measured)
    problems += [*more, *check_likeness(usable, measured), *check_balance(counts, TASKS[dataset.task].background)]
    problems += check_leakage(usable, measured)
    problems += [*_nested(dataset), *_ignored(dataset)]
    order = list(Severity)
    return Inspection(
        dataset, usable, counts, tuple(sorted(problems, key=lambda problem: order.index(problem.severity))), measured
    )


def _measure(dataset: Dataset, advance: Callable[[], None], n_jobs: int) -> dict[Path, FileStats]:
    """Measure all files on the threads of a child process: one that crashes its decoder has that as its fault."""
    measured: dict[Path, FileStats] = {}
    paths = [example.path for example in dataset]
    make = functools.partial(_measurer, dataset.task)
    with contextlib.closing(map_in_child(make, paths, _crashing, n_jobs or os.cpu_count() or 1)) as every:
        for path, stats in zip(paths, every, strict=True):
            measured[path] = stats
            advance()
    return measured


def _measurer(task: TaskName) -> Callable[[Path], FileStats]:
    return functools.partial(measure_file, task=task)


def _crashing(path: Path, reason: str) -> FileStats:
    return FileStats(fault=f"must be one that can be decoded; it crashes its decoder ({reason}): convert or remove it")


def _nested(dataset: Dataset) -> list[Problem]:
    """Report labels that are not the labels meant: such as `train` and `test`, which hold the same folders."""
    inside: dict[str, set[str]] = {label: set() for label in dataset.labels}
    for example in dataset:
        place = example.path.relative_to(dataset.folder / example.label).parts
        inside[example.label].add(place[0] if len(place) > 1 else "")
    first, *others = inside.values()
    if len(first) < 2 or "" in first or any(other != first for other in others):
        return []
    text = (
        f"{', '.join(inside)} hold the same folders ({', '.join(sorted(first))}), and the outermost one is the label; "
        "if that is not meant, put the files into one folder for each label"
    )
    return [Problem("nested labels", Severity.WARNING, text)]


def _ignored(dataset: Dataset) -> list[Problem]:
    """Report files in the folder that are not examples."""
    task = dataset.task
    stray = tuple(
        path
        for path in dataset.ignored
        if path.parent == dataset.folder and path.suffix.lower() in TASKS[task].example_suffixes
    )
    other = tuple(sorted(set(dataset.ignored).difference(stray)))
    problems = []
    if stray:
        text = f"{n_files(stray, task)} in no label's folder, not used; sort into the folders"
        problems.append(Problem("without a label", Severity.WARNING, text, stray))
    if other:
        problems.append(
            Problem(
                "ignored", Severity.NOTE, f"{counted(len(other), 'file')} hidden or no {TASKS[task].example}", other
            )
        )
    return problems
