"""The systems that the study compares: a front end and a classifier each."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.study import networks
from streamer.study.classifiers import BuildNetwork, LinearClassifier, NetworkClassifier, StudyClassifier


@dataclass(frozen=True, slots=True)
class System:
    """A front end and a classifier: one row of the results."""

    key: str
    family: str  # direct, pretrained, sequence, flow, periodic, pixels
    short: str  # name in a sentence
    title: str  # name in tables
    front_end: str  # a name of `streamer.study.front_ends.FRONT_ENDS`, or BACKBONE
    build: BuildNetwork | None = None  # builds its network; None: logistic regression

    def classifier(self, shape: tuple[int, ...], n_labels: int, effort: float = 1.0) -> StudyClassifier:
        """Return an untrained classifier for features of this shape.

        Parameters
        ----------
        effort : float
            Factor on the usual number of training steps.
        """
        if self.build is None:
            return LinearClassifier(shape, n_labels)
        return NetworkClassifier(self.build, shape, n_labels, effort)


SPECTROGRAM, PIXEL = networks.spectrogram_network, networks.pixel_network
BACKBONE = "backbone"
SYSTEMS = (
    System("direct", "direct", "direct CNN", "pixels taken for a spectrogram → CNN", "as_spectrogram", SPECTROGRAM),
    System("spectrogram", "direct", "spectrogram CNN", "a real spectrogram → the same CNN", "spectrogram", SPECTROGRAM),
    System("backbone", "pretrained", "ImageNet", "ImageNet backbone → logistic regression", BACKBONE),
    System(
        "sequence",
        "sequence",
        "|FFT2| CNN",
        "|FFT2| of each image over time → the same CNN",
        "spectra_over_time",
        SPECTROGRAM,
    ),
    System("flow", "flow", "flow CNN", "optical-flow pseudo-spectrogram → the same CNN", "flow_spectrum", SPECTROGRAM),
    System(
        "flow_turn",
        "flow",
        "flow-and-turn CNN",
        "the same, and which way round it turns → the same CNN",
        "flow_with_turn",
        SPECTROGRAM,
    ),
    System(
        "scalar", "periodic", "one number", "sum above the mean of 20 log |F| → logistic regression", "sum_above_mean"
    ),
    System(
        "polar_linear",
        "periodic",
        "polar, linear",
        "polar spectrum, whatever its turn → logistic regression",
        "polar_waves",
    ),
    System(
        "polar_network",
        "periodic",
        "polar network",
        "polar spectrum → our pattern network",
        "polar",
        networks.pattern_network,
    ),
    System("motion_linear", "periodic", "motion, linear", "spectra in time → logistic regression", "motion_summary"),
    System(
        "motion_network",
        "periodic",
        "motion network",
        "spectra in time → our motion network",
        "motion",
        networks.motion_network,
    ),
    System("pixels_linear", "pixels", "pixels, linear", "pixels → logistic regression", "few_pixels"),
    System("pixels_network", "pixels", "pixel CNN", "pixels → CNN", "pixels", PIXEL),
    System("one_image", "pixels", "one-image CNN", "one image alone → CNN", "middle_image", PIXEL),
)
BY_KEY = {system.key: system for system in SYSTEMS}
