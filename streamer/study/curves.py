"""Measure learning curves: a system on a kind of data, trained anew for every number and choice of examples."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.arrays import Int64
from streamer.evaluation.metrics import wilson
from streamer.study.classifiers import ConstantClassifier, StudyClassifier
from streamer.study.kinds import ClipSource, DataKind, Sizes, open_source
from streamer.study.systems import System


@dataclass(frozen=True, slots=True)
class StudyJob:
    """A learning curve to be measured, for one process."""

    kind: DataKind
    system: System
    sizes: Sizes
    seed: int
    folder: Path  # holds the features


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy of a system after one number of training examples of each label."""

    n_per_label: int
    accuracy: float  # mean over all choices of the examples
    interval: tuple[float, float]  # 95 %, from the number of test clips and the spread over the choices
    draws: tuple[float, ...]  # accuracy with each choice
    train_s: float  # training time, median over the choices


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Accuracy of one system on one kind of data by number of examples, with its sizes and times."""

    kind: str
    system: str
    n_labels: int
    n_test: int
    n_parameters: int
    classifier_ms: float  # for one clip, in batches of 64
    points: tuple[CurvePoint, ...]
    n_photographs: int = 0
    photographs_right: float = 0.0  # after the most examples, mean over the choices
    blind: bool = False  # whether its features are the same for every clip
    front_end_ms: float = 0.0  # for one clip


def measure(job: StudyJob) -> LearningCurve:
    """Train and test a system on a kind of data, for every number of examples."""
    source = open_source(job.kind.source, job.sizes, job.seed)
    labels = source.labels[job.kind.key]
    features = np.load(job.folder / f"{job.kind.source}.{job.system.front_end}.npy", mmap_mode="r")
    n_made = source.n_train + source.n_test
    test, photographed = np.arange(source.n_train, n_made), np.arange(n_made, len(source))
    held_out, photographs = np.asarray(features[test]), np.asarray(features[photographed])
    blind = bool((held_out == held_out[:1]).all())
    n_labels = len(job.kind.labels)
    classifier: StudyClassifier = ConstantClassifier()
    if not blind:
        classifier = job.system.classifier(features.shape[1:], n_labels, job.sizes.effort)
    points, photographs_right, times_ms = [], 0.0, []
    for n in available(job.sizes, source, labels, n_labels):
        accuracies, times_s, right = [], [], []
        for i in range(job.sizes.draws):
            chosen = examples(labels[: source.n_train], n_labels, n, [job.seed, i])
            started = time.perf_counter()
            classifier.fit(np.asarray(features[chosen]), labels[chosen], seed=1000 * job.seed + i)
            times_s.append(time.perf_counter() - started)
            started = time.perf_counter()
            guesses = classifier.guess(held_out)
            times_ms.append((time.perf_counter() - started) / len(test) * 1e3)
            accuracies.append(float(np.mean(guesses == labels[test])))
            if len(photographed):
                right.append(float(np.sum(classifier.guess(photographs) == labels[photographed])))
        interval = spread(accuracies, len(test))
        accuracy, train_s = float(np.mean(accuracies)), float(np.median(times_s))
        points.append(CurvePoint(n, accuracy, interval, tuple(accuracies), train_s))
        photographs_right = float(np.mean(right)) if right else 0.0
    return LearningCurve(
        kind=job.kind.key,
        system=job.system.key,
        n_labels=n_labels,
        n_test=len(test),
        n_parameters=classifier.n_parameters,
        classifier_ms=float(np.median(times_ms)),
        points=tuple(points),
        n_photographs=len(photographed),
        photographs_right=photographs_right,
        blind=blind,
    )


def available(sizes: Sizes, source: ClipSource, labels: Int64, n_labels: int) -> list[int]:
    """Return the numbers of examples for which there are enough of every label."""
    fewest = np.bincount(labels[: source.n_train], minlength=n_labels).min()
    return [n for n in sizes.per_label if n <= fewest]


def examples(labels: Int64, n_labels: int, n: int, seed: list[int]) -> Int64:
    """Return the places of ``n`` random examples of each label; a larger n includes the examples of a smaller one."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:n] for label in range(n_labels)])


def spread(accuracies: list[float], n_test: int) -> tuple[float, float]:
    """Return a 95 % interval for the mean accuracy over several trainings that share their test clips.

    It is Wilson's interval for the number of test clips that would give the variance p (1 − p) / n_test of sampling
    the test clips plus the variance of the mean over the trainings.
    """
    p = float(np.mean(accuracies))
    sampling = p * (1 - p) / n_test
    training = float(np.var(accuracies, ddof=1)) / len(accuracies) if len(accuracies) > 1 else 0.0
    n = n_test * sampling / (sampling + training) if sampling > 0 else float(n_test)
    n_effective = max(1, round(n))
    return wilson(round(p * n_effective), n_effective)
