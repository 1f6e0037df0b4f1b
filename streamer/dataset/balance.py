"""Count the examples and groups of each label, and report labels that have too few or too many."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer.dataset.checks import Problem, Severity
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats

FEW_FILES = 5  # from fewer, a model learns the files rather than the label
IMBALANCE = 5.0  # greatest ratio of the largest label to the smallest without a warning


@dataclass(frozen=True, slots=True)
class LabelCount:
    """Amount of data of one label."""

    label: str
    n_files: int  # usable files; all other fields but n_left_out count these only
    n_groups: int
    n_left_out: int
    duration_s: float  # 0 for pictures
    n_images: int  # 0 for sound


def count_labels(dataset: Dataset, usable: Dataset, measured: Mapping[Path, FileStats]) -> tuple[LabelCount, ...]:
    """Count the usable files of every label of a dataset, and those left out."""
    all_of, usable_of = _by_label(dataset), _by_label(usable)
    return tuple(
        LabelCount(
            label=label,
            n_files=len(usable_of[label]),
            n_groups=len({example.group for example in usable_of[label]}),
            n_left_out=len(all_of[label]) - len(usable_of[label]),
            duration_s=sum(measured[example.path].duration_s for example in usable_of[label]),
            n_images=sum(measured[example.path].n_images for example in usable_of[label]),
        )
        for label in dataset.labels
    )


def _by_label(dataset: Dataset) -> dict[str, list[Example]]:
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in dataset:
        by_label[example.label].append(example)
    return by_label


def check_balance(counts: Sequence[LabelCount], background: Sequence[str] = ()) -> Iterator[Problem]:
    """Yield the problems in the numbers of files and groups of the labels.

    Parameters
    ----------
    counts : sequence of LabelCount
        One for each label.
    background : sequence of str
        Names of the label for everything else, which is learnt along where there is no folder of it.
    """
    here = [count for count in counts if count.n_files]
    yield from _missing_labels(counts, here, background)
    few = [f"{count.label} ({count.n_files})" for count in here if count.n_files < FEW_FILES]
    if few:
        text = f"fewer than {FEW_FILES} files of {', '.join(few)}; a model needs more variety: add some"
        yield Problem("few files", Severity.WARNING, text)
    single = [count.label for count in here if count.n_groups == 1]
    if single:
        text = (
            f"all files of {', '.join(single)} are of one group, so that no test can tell whether a model knows the "
            "label or the origin; add recordings of other origins"
        )
        yield Problem("one origin", Severity.WARNING, text)
    yield from _imbalance(here)
    yield from _similar_names(counts)


def _missing_labels(
    counts: Sequence[LabelCount], here: Sequence[LabelCount], background: Sequence[str]
) -> Iterator[Problem]:
    lost = [count.label for count in counts if not count.n_files]
    if lost:
        text = f"no file of {', '.join(lost)} can be used; mend them or remove the folder"
        yield Problem("label lost", Severity.ERROR, text)
    if not here or (len(here) == 1 and here[0].label in background):
        left = f"only {here[0].label} is" if here else "nothing is"
        text = f"{left} left to learn; a model needs a label to tell from the background"
        yield Problem("too few labels", Severity.ERROR, text)
    elif len(here) == 1 and background:
        text = (
            f"{here[0].label} is the only label, learnt against synthetic {background[0]}; files of what it must not "
            f"be taken for, in a folder {background[0]}, make it surer"
        )
        yield Problem("one label", Severity.NOTE, text)


def _imbalance(here: Sequence[LabelCount]) -> Iterator[Problem]:
    amount = {count.label: count.duration_s or count.n_files for count in here}
    if len(amount) > 1:
        least, most = min(amount, key=amount.__getitem__), max(amount, key=amount.__getitem__)
        ratio = amount[most] / amount[least]
        if ratio > IMBALANCE:
            text = f"{most} has {ratio:.0f} times as much as {least}; add to {least}, or it will be missed more often"
            yield Problem("imbalance", Severity.WARNING, text)


def _similar_names(counts: Sequence[LabelCount]) -> Iterator[Problem]:
    names: dict[str, list[str]] = defaultdict(list)
    for count in counts:
        names[unicodedata.normalize("NFKC", count.label).casefold()].append(count.label)
    alike = [" and ".join(labels) for labels in names.values() if len(labels) > 1]
    if alike:
        text = f"{'; '.join(alike)} read the same; put their files into one folder if they are the same"
        yield Problem("labels alike", Severity.WARNING, text)
