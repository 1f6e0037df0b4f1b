"""What is in a dataset and what is wrong with it, found in one pass over its files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from streamer.dataset.balance import LabelCount, check_balance, count_labels
from streamer.dataset.checks import Problem, Severity, check_files, counted, n_files
from streamer.dataset.duplicates import check_likeness, join_duplicates
from streamer.dataset.examples import Dataset
from streamer.dataset.file_stats import Facts, examine
from streamer.dataset.leakage import check_leakage
from streamer.errors import UserError
from streamer.tasks import TASKS

BATCH = 1000  # files handed to the threads at once: each that waits takes more memory than what is kept of it


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What a dataset holds and what was found wrong with it.

    Attributes
    ----------
    dataset : Dataset
        What was inspected.
    usable : Dataset
        Without the files that cannot be used or contradict each other; files of the same content share a group.
    counts : tuple of LabelCount
        For each label of the dataset.
    problems : tuple of Problem
        The worst first.
    measured : mapping from Path to Facts
        Of every file.
    """

    dataset: Dataset
    usable: Dataset
    counts: tuple[LabelCount, ...]
    problems: tuple[Problem, ...]
    measured: Mapping[Path, Facts]

    def check(self) -> None:
        """Refuse to go on where that makes no sense.

        Raises
        ------
        UserError
            If labels contradict each other, if a label has no usable file, or if fewer than two are left.
        """
        errors = [problem for problem in self.problems if problem.severity is Severity.ERROR]
        if errors:
            raise UserError("\n".join(f"data={self.dataset.folder}: {self._told(problem)}" for problem in errors))

    def _told(self, problem: Problem) -> str:
        more = f" … and {len(problem.paths) - 6} more" if len(problem.paths) > 6 else ""
        names = ", ".join(str(path.relative_to(self.dataset.folder)) for path in problem.paths[:6])
        return f"{problem} ({names}{more})" if names else str(problem)


def inspect(
    dataset: Dataset, advance: Callable[[], None] = lambda: None, *, window_s: float = 0.0, n_jobs: int = 0
) -> Inspection:
    """Decode every file once, on all cores, and say what is wrong.

    Parameters
    ----------
    dataset : Dataset
        As :func:`streamer.dataset.examples.find_examples` found it.
    advance : callable
        Called after each file, in the calling thread.
    window_s : float
        What the model will take at once, seconds: shorter files are told of. 0: not known.
    n_jobs : int
        Threads; 0: one for each core.

    Returns
    -------
    Inspection
    """
    measured = _measure(dataset, advance, n_jobs)
    sound, problems = check_files(dataset, measured, window_s)
    joined, more = join_duplicates(dataset, sound, measured)
    usable = dataset.with_examples(joined)
    counts = count_labels(dataset, usable, measured)
    problems += [*more, *check_likeness(usable, measured), *check_balance(counts), *check_leakage(usable, measured)]
    problems += [*_nested(dataset), *_ignored(dataset)]
    order = list(Severity)
    return Inspection(
        dataset, usable, counts, tuple(sorted(problems, key=lambda problem: order.index(problem.severity))), measured
    )


def _measure(dataset: Dataset, advance: Callable[[], None], n_jobs: int) -> dict[Path, Facts]:
    measured: dict[Path, Facts] = {}
    paths = [example.path for example in dataset]
    # Threads suffice: decoders, digests and numpy release the interpreter's lock.
    with ThreadPoolExecutor(n_jobs or os.cpu_count() or 1) as pool:
        try:
            for first in range(0, len(paths), BATCH):
                batch = paths[first : first + BATCH]
                for path, facts in zip(batch, pool.map(partial(examine, task=dataset.task), batch), strict=True):
                    measured[path] = facts
                    advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C nobody waits for the rest of a batch
            raise
    return measured


def _nested(dataset: Dataset) -> list[Problem]:
    """Labels that are no labels: `train` and `test`, or rooms, that each hold the folders of the labels meant."""
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
    """What lies in the folder and is no example."""
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
