"""What learns labels from features."""

from typing import Any

import numpy as np
import pytest

from streamer.arrays import Int64
from streamer.study import networks
from streamer.study.classifiers import ConstantClassifier, LinearClassifier, NetworkClassifier
from streamer.study.systems import BACKBONE, SYSTEMS


def _blobs(n: int, shape: tuple[int, ...], seed: int) -> tuple[Any, Int64]:
    """Three labels, each with a mark at its own place."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    features = rng.standard_normal((n, *shape)).astype(np.float16)
    for i, label in enumerate(labels):
        features[i, : shape[0] // 2, 3 * label + 1] += 3
    return features, labels


def test_logistic_regression_learns_whatever_the_units() -> None:
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


def test_a_constant_guesses_the_commonest_label() -> None:
    constant = ConstantClassifier()
    constant.fit(np.zeros((4, 2), np.float32), np.array([0, 2, 2, 1]), seed=0)
    assert constant.guess(np.zeros((3, 2), np.float32)).tolist() == [2, 2, 2]


def test_every_system_has_its_classifier_and_front_end() -> None:
    from streamer.study.front_ends import FRONT_ENDS

    assert len({system.key for system in SYSTEMS}) == len(SYSTEMS)
    assert {system.front_end for system in SYSTEMS} <= {*FRONT_ENDS, BACKBONE}
    assert {system.family for system in SYSTEMS} >= {"direct", "sequence", "flow", "periodic", "pixels"}


def test_a_network_learns_anew_at_each_fit_and_alike_for_the_same_seed() -> None:
    pytest.importorskip("tensorflow")
    features, labels = _blobs(96, (16, 12, 1)[:2], 0)
    features = features[..., None]
    fresh, truth = _blobs(60, (16, 12), 1)
    fresh = fresh[..., None]
    network = NetworkClassifier(networks.spectrogram_network, (16, 12, 1), 3, effort=0.2)
    network.fit(features, labels, seed=4)
    first = network.guess(fresh)
    assert np.mean(first == truth) > 0.8
    network.fit(features[::-1] * 0, labels, seed=5)  # nothing to learn here: the weights must forget
    assert np.mean(network.guess(fresh) == truth) < 0.7
    network.fit(features, labels, seed=4)
    assert np.mean(network.guess(fresh) == first) > 0.9


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (networks.spectrogram_network, (1, 220, 1)),
        (networks.spectrogram_network, (96, 96, 1)),
        (networks.spectrogram_network, (9, 8, 1)),
        (networks.spectrogram_network, (64, 16, 3)),
        (networks.pixel_network, (20, 20, 1)),
        (networks.pixel_network, (32, 32, 32)),
        (networks.pattern_network, (32, 18)),
        (networks.motion_network, (64, 48)),
    ],
)
def test_networks_fit_what_they_are_given_and_stay_small(build: object, shape: tuple[int, ...]) -> None:
    pytest.importorskip("tensorflow")
    model = build(shape, 8)  # type: ignore[operator]
    assert model.output_shape == (None, 8)
    assert model.count_params() < 120_000
