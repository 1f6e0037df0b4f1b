"""Check whether a property of the files, such as their sample rate, tells the labels apart (label leakage).

A model learns whatever tells the labels apart. If all dogs were recorded at 8 kHz and all cats at 44.1 kHz, it can
ignore the sound, is perfect on held-out files recorded in the same way, and fails on the first dog at 44.1 kHz.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Bool, Int64
from streamer.dataset.checks import Problem, Severity, counted
from streamer.dataset.examples import Dataset
from streamer.dataset.file_stats import FileStats
from streamer.dataset.properties import PROPERTIES, Property
from streamer.dataset.separation import order_separation, table_separation

N_NAMED = 6  # labels listed in a message


def check_leakage(dataset: Dataset, measured: Mapping[Path, FileStats]) -> Iterator[Problem]:
    """Yield a problem for each property that tells labels apart; :mod:`streamer.dataset.separation` has the measure.

    Parameters
    ----------
    dataset : Dataset
        Usable examples.
    measured : mapping from Path to FileStats
        Measurements of each of them.
    """
    labels, groups = dataset.labels, dataset.groups
    if len(labels) < 2:
        return
    n_pairs = len(labels) * (len(labels) - 1) // 2
    classes = _numbers([example.label for example in dataset], labels)
    origins = _numbers([example.group for example in dataset], groups)
    reported = set()
    for prop in PROPERTIES[dataset.task]:
        if prop.name in reported:
            continue
        values = [prop.value(example.path, measured[example.path]) for example in dataset]
        separates = order_separation if prop.is_ordered else table_separation
        apart = separates(values, classes, origins)
        n_apart = int(np.triu(apart, 1).sum())
        if n_apart and not (prop.is_natural and 2 * n_apart < n_pairs):
            reported.add(prop.name)
            yield _problem(prop, values, [example.label for example in dataset], labels, apart)


def _numbers(names: list[str], known: tuple[str, ...]) -> Int64:
    place = {name: i for i, name in enumerate(known)}
    return np.array([place[name] for name in names])


def _problem(prop: Property, values: list[Any], label_of: list[str], labels: tuple[str, ...], apart: Bool) -> Problem:
    """Return a problem that lists the labels told apart most often, each with its usual value."""
    n_others = apart.sum(axis=1)
    named = [labels[i] for i in np.argsort(-n_others, kind="stable") if n_others[i]]
    usual = []
    for label in named[:N_NAMED]:
        own = sorted(value for value, other in zip(values, label_of, strict=True) if other == label)
        value = own[len(own) // 2] if prop.is_ordered else Counter(own).most_common(1)[0][0]
        usual.append(f"{label} {prop.shown(value)}")
    more = ", …" if len(named) > N_NAMED else ""
    n_apart, n_pairs = int(n_others.sum()) // 2, len(labels) * (len(labels) - 1) // 2
    which = "the labels" if n_pairs == 1 else f"{n_apart} of {counted(n_pairs, 'pair')} of labels"
    harm = "a model would learn that instead of the content"
    if prop.is_natural:
        harm = "unless that belongs to them, a model would learn the wrong thing"
    text = f"{prop.name} alone tells {which} apart ({', '.join(usual)}{more}); {harm}: {prop.remedy}"
    return Problem("leakage", Severity.NOTE if prop.is_natural else Severity.WARNING, text)
