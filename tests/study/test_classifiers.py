"""Classifiers learn labels from features, and start again at each fit."""

from typing import Any

import numpy as np
import pytest

from streamer.arrays import Int64
from streamer.study import networks
from streamer.study.classifiers import ConstantClassifier, LinearClassifier, NetworkClassifier


def _blobs(n: int, shape: tuple[int, ...], seed: int) -> tuple[Any, Int64]:
    """Return features of three labels, each with higher values at its own place."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    features = rng.standard_normal((n, *shape)).astype(np.float16)
    for i, label in enumerate(labels):
        features[i, : shape[0] // 2, 3 * label + 1] += 3
    return features, labels


def test_logistic_regression_learns_in_any_units() -> None:
    pytest.importorskip("sklearn")
    features, labels = _blobs(150, (12, 10), 0)
    fresh, truth = _blobs(90, (12, 10), 1)
    guesses = []
    for unit, offset in ((1.0, 0.0), (100.0, -50.0)):
        linear = LinearClassifier((12, 10), 3)
        linear.fit(features * unit + offset, labels, seed=0)
        guesses.append(linear.guess(fresh * unit + offset))
        assert np.mean(guesses[-1] == truth) > 0.95
    assert np.mean(guesses[0] == guesses[1]) > 0.97
    assert LinearClassifier((12, 10), 3).n_parameters == 121 * 3


def test_a_constant_classifier_returns_the_most_frequent_label() -> None:
    constant = ConstantClassifier()
    constant.fit(np.zeros((4, 2), np.float32), np.array([0, 2, 2, 1]), seed=0)
    assert constant.guess(np.zeros((3, 2), np.float32)).tolist() == [2, 2, 2]


def test_a_network_starts_again_at_each_fit_and_depends_on_the_seed() -> None:
    pytest.importorskip("tensorflow")
    features, labels = _blobs(96, (16, 12, 1)[:2], 0)
    features = features[..., None]
    fresh, truth = _blobs(60, (16, 12), 1)
    fresh = fresh[..., None]
    network = NetworkClassifier(networks.spectrogram_network, (16, 12, 1), 3, effort=0.2)
    network.fit(features, labels, seed=4)
    first = network.guess(fresh)
    assert np.mean(first == truth) > 0.8
    network.fit(features[::-1] * 0, labels, seed=5)  # nothing to learn here: the weights must not remain
    assert np.mean(network.guess(fresh) == truth) < 0.7
    network.fit(features, labels, seed=4)
    assert np.mean(network.guess(fresh) == first) > 0.9
