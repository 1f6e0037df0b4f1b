"""Networks of the study take every shape of features and are small."""

import pytest

from streamer.study import networks
from streamer.study.classifiers import BuildNetwork


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
def test_a_network_takes_the_shape_of_its_features_and_is_small(build: BuildNetwork, shape: tuple[int, ...]) -> None:
    pytest.importorskip("tensorflow")
    model = build(shape, 8)
    assert model.output_shape == (None, 8)
    assert model.count_params() < 120_000
