"""Find files of the same content: of one origin if their labels agree, a contradiction if they do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from streamer.dataset.checks import Problem, Severity, n_files
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats
from streamer.dataset.fingerprint import resembling


def join_duplicates(
    dataset: Dataset, usable: Sequence[Example], measured: Mapping[Path, FileStats]
) -> tuple[list[Example], list[Problem]]:
    """Put files of the same content into one group, and leave out those whose labels contradict each other.

    Parameters
    ----------
    dataset : Dataset
        All examples.
    usable : sequence of Example
        Those that training can use, in order: the first of several of the same content names their group.
    measured : mapping from Path to FileStats
        Measurements of each usable example.

    Returns
    -------
    joined : list of Example
        Without the files that have the same content under different labels.
    problems : list of Problem
    """
    by_content: dict[bytes, list[Example]] = defaultdict(list)
    for example in usable:
        by_content[measured[example.path].digest].append(example)
    joined: list[Example] = []
    same: list[list[Example]] = []
    contrary: list[list[Example]] = []
    for alike in by_content.values():
        if len({example.label for example in alike}) > 1:
            contrary.append(alike)
            continue
        joined += [replace(example, group=alike[0].group) for example in alike]
        if len(alike) > 1:
            same.append(alike)
    problems = []
    if contrary:
        files = [example for alike in contrary for example in alike]
        text = f"{n_files(files, dataset.task)} hold the same as one under another label; keep it under the right one"
        problems.append(_problem("contradiction", Severity.ERROR, text, contrary, dataset))
    if same:
        n_more = sum(len(alike) - 1 for alike in same)
        copies = "1 copy" if n_more == 1 else f"{n_more} copies"
        text = f"{copies} of files of the same label, kept in their groups; remove what is there twice"
        problems.append(_problem("duplicate", Severity.WARNING, text, same, dataset))
    return joined, problems


def check_likeness(dataset: Dataset, measured: Mapping[Path, FileStats]) -> Iterator[Problem]:
    """Yield a problem for sounds that nearly equal another one of the same label in another group.

    They are reported and not joined: five beeps of one machine are nearly equal, and still five examples.

    Parameters
    ----------
    dataset : Dataset
        Usable examples, those of the same content in the same group.
    measured : mapping from Path to FileStats
        Measurements of each of them.
    """
    pairs = []
    for label in dataset.labels:
        examples = [example for example in dataset if example.label == label]
        for i, j in resembling([measured[example.path].fingerprint for example in examples]):
            if examples[i].group != examples[j].group:
                pairs.append((examples[i], examples[j]))
    if pairs:
        text = (
            f"{n_files(pairs, dataset.task)} nearly the same as another of the label in another group; where they come "
            "from one recording give them one group (--groups), or results look better than they are"
        )
        reasons = tuple(f"like {other.path.relative_to(dataset.folder)}" for _, other in pairs)
        yield Problem("near duplicate", Severity.WARNING, text, tuple(example.path for example, _ in pairs), reasons)


def _problem(kind: str, severity: Severity, text: str, sets: list[list[Example]], dataset: Dataset) -> Problem:
    """Return a problem with the paths of all sets; the reason of each path names the first path of its set."""
    paths, reasons = [], []
    for first, *others in sets:
        paths.append(first.path)
        reasons.append("")
        for other in others:
            paths.append(other.path)
            how = "is a link to" if other.path.samefile(first.path) else "holds the same as"
            reasons.append(f"{how} {first.path.relative_to(dataset.folder)}")
    return Problem(kind, severity, text, tuple(paths), tuple(reasons))
