"""Learning curves: one system on one kind of data, trained anew for every number of examples and every draw of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.evaluation.metrics import wilson
from streamer.study.classifiers import Classifier, Constant
from streamer.study.kinds import Kind, Sizes, Source, open_source
from streamer.study.systems import System


@dataclass(frozen=True, slots=True)
class Job:
    """A curve to be measured."""

    kind: Kind
    system: System
    sizes: Sizes
    seed: int
    folder: Path  # of the features


@dataclass(frozen=True, slots=True)
class Point:
    """How good a system is after so many training examples of each label."""

    n_per_label: int
    accuracy: float  # mean over the draws
    interval: tuple[float, float]  # 95 %, from the test's size and from the spread over the draws
    draws: tuple[float, ...]  # accuracy of each
    train_s: float  # median over the draws


@dataclass(frozen=True, slots=True)
class Curve:
    """One system on one kind of data."""

    kind: str
    system: str
    n_labels: int
    n_test: int
    n_parameters: int
    classifier_ms: float  # for one clip, in batches of 64
    points: tuple[Point, ...]
    n_photographs: int = 0
    photographs_right: float = 0.0  # after the most examples, mean over the draws
    blind: bool = False  # what it sees is the same for every clip
    front_end_ms: float = 0.0  # for one clip


def measure(job: Job) -> Curve:
    """Train and test one system on one kind of data."""
    source = open_source(job.kind.source, job.sizes, job.seed)
    labels = source.labels[job.kind.key]
    features = np.load(job.folder / f"{job.kind.source}.{job.system.front_end}.npy", mmap_mode="r")
    n_seen = source.n_train + source.n_test
    test, shown = np.arange(source.n_train, n_seen), np.arange(n_seen, len(source))
    held_out, photographs = np.asarray(features[test]), np.asarray(features[shown])
    blind = bool((held_out == held_out[:1]).all())
    n_labels = len(job.kind.labels)
    classifier: Classifier = Constant()
    if not blind:
        classifier = job.system.classifier(features.shape[1:], n_labels, job.sizes.effort)
    points, photographs_right, times_ms = [], 0.0, []
    for n in available(job.sizes, source, labels, n_labels):
        accuracies, trained_s, right = [], [], []
        for draw in range(job.sizes.draws):
            chosen = examples(labels[: source.n_train], n_labels, n, [job.seed, draw])
            started = time.perf_counter()
            classifier.fit(np.asarray(features[chosen]), labels[chosen], seed=1000 * job.seed + draw)
            trained_s.append(time.perf_counter() - started)
            started = time.perf_counter()
            guesses = classifier.guess(held_out)
            times_ms.append((time.perf_counter() - started) / len(test) * 1e3)
            accuracies.append(float(np.mean(guesses == labels[test])))
            if len(shown):
                right.append(float(np.sum(classifier.guess(photographs) == labels[shown])))
        interval = spread(accuracies, len(test))
        points.append(Point(n, float(np.mean(accuracies)), interval, tuple(accuracies), float(np.median(trained_s))))
        photographs_right = float(np.mean(right)) if right else 0.0
    return Curve(
        kind=job.kind.key,
        system=job.system.key,
        n_labels=n_labels,
        n_test=len(test),
        n_parameters=classifier.n_parameters,
        classifier_ms=float(np.median(times_ms)),
        points=tuple(points),
        n_photographs=len(shown),
        photographs_right=photographs_right,
        blind=blind,
    )


def available(sizes: Sizes, source: Source, labels: NDArray[np.int64], n_labels: int) -> list[int]:
    """Return the numbers of examples for which there are enough of every label."""
    fewest = np.bincount(labels[: source.n_train], minlength=n_labels).min()
    return [n for n in sizes.per_label if n <= fewest]


def examples(labels: NDArray[np.int64], n_labels: int, n: int, seed: list[int]) -> NDArray[np.int64]:
    """Return the places of ``n`` examples of each label; those of a smaller n are among those of a larger one."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:n] for label in range(n_labels)])


def spread(accuracies: list[float], n_test: int) -> tuple[float, float]:
    """Return a 95 % interval for the mean accuracy over draws that share a test.

    Wilson's, for as many test clips as would give the variance p (1 − p) / n_test of the test's sampling plus the
    variance of the mean over the draws.
    """
    p = float(np.mean(accuracies))
    sampling = p * (1 - p) / n_test
    drawing = float(np.var(accuracies, ddof=1)) / len(accuracies) if len(accuracies) > 1 else 0.0
    n = n_test * sampling / (sampling + drawing) if sampling > 0 else float(n_test)
    n_effective = max(1, round(n))
    return wilson(round(p * n_effective), n_effective)
