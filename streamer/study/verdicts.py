"""Compare the expected answer, claim by claim, with the measured results."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.study.curves import CurvePoint, LearningCurve
from streamer.study.run import StudyResults
from streamer.study.systems import BY_KEY

FEW = 10  # training examples of each label, or the nearest number there is
DIRECT, SPECTROGRAM, CNN = ("direct",), ("spectrogram",), ("pixels_network",)
PIXELS = ("pixels_linear", "pixels_network", "one_image")
POLAR = ("polar_linear", "polar_network")
IN_SPACE = ("sequence", *POLAR)  # systems with a 2-D FFT
IN_TIME = ("flow", "flow_turn", "motion_linear", "motion_network")  # systems with spectra in time
FFT = (*IN_SPACE, *IN_TIME, "scalar")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the expected answer: the best of some systems is better than the best of others."""

    text: str
    kind: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    few: bool  # whether after few training examples, or after the most


CLAIMS = (
    Claim("generic pictures: pixels beat every FFT feature", "digits", PIXELS, FFT, True),
    Claim("generic pictures: pixels beat every FFT feature", "digits", PIXELS, FFT, False),
    Claim("periodic textures: FFT features beat pixels", "textures", IN_SPACE, PIXELS, True),
    Claim("periodic textures: FFT features beat pixels", "textures", IN_SPACE, PIXELS, False),
    Claim("motion: spectra in time beat pixels", "motion", IN_TIME, PIXELS, True),
    Claim("motion: spectra in time beat pixels", "motion", IN_TIME, PIXELS, False),
    Claim("appearance: pixels beat every FFT feature", "appearance", PIXELS, FFT, True),
    Claim("appearance: pixels beat every FFT feature", "appearance", PIXELS, FFT, False),
    Claim("generic pictures: pixels taken for a spectrogram lose to pixels", "digits", CNN, DIRECT, False),
    Claim("periodic textures: pixels taken for a spectrogram lose to pixels", "textures", CNN, DIRECT, False),
    Claim("motion: pixels taken for a spectrogram lose to pixels", "motion", CNN, DIRECT, False),
    Claim("appearance: pixels taken for a spectrogram lose to pixels", "appearance", CNN, DIRECT, False),
    Claim("generic pictures: … and to a real spectrogram", "digits", SPECTROGRAM, DIRECT, False),
    Claim("periodic textures: … and to a real spectrogram", "textures", SPECTROGRAM, DIRECT, False),
    Claim("motion: … and to a real spectrogram", "motion", SPECTROGRAM, DIRECT, False),
    Claim("appearance: … and to a real spectrogram", "appearance", SPECTROGRAM, DIRECT, False),
    Claim("periodic textures: polar spectra beat the article's one number", "textures", POLAR, ("scalar",), True),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of the test of a claim."""

    claim: str
    evidence: str
    word: str  # found, refuted, or undecided if the 95 % intervals overlap


def verdicts(results: StudyResults) -> list[Verdict]:
    """Test every claim whose systems were measured."""
    rows = []
    for claim in CLAIMS:
        sides = [_curves(results, claim.kind, keys) for keys in (claim.first, claim.second)]
        if all(sides):
            rows.append(_verdict(claim, *sides))
    return rows


def _verdict(claim: Claim, first: list[LearningCurve], second: list[LearningCurve]) -> Verdict:
    bests = [max(curves, key=lambda curve: point_of(curve, claim.few).accuracy) for curves in (first, second)]
    one, other = (point_of(curve, claim.few) for curve in bests)
    word = "undecided"
    if one.interval[0] > other.interval[1]:
        word = "found"
    elif one.interval[1] < other.interval[0]:
        word = "refuted"
    evidence = " against ".join(
        f"{BY_KEY[curve.system].short} {_percent(point)}" for curve, point in zip(bests, (one, other), strict=True)
    )
    return Verdict(f"{claim.text}, {one.n_per_label} examples a label", evidence, word)


def point_of(curve: LearningCurve, few: bool) -> CurvePoint:
    """Return the point with the number of examples nearest to ``FEW``, or with the most."""
    if few:
        return min(curve.points, key=lambda point: abs(point.n_per_label - FEW))
    return curve.points[-1]


def _curves(results: StudyResults, kind: str, systems: tuple[str, ...]) -> list[LearningCurve]:
    return [curve for key in systems if (curve := results.curve(kind, key))]


def _percent(point: CurvePoint) -> str:
    low, high = point.interval
    return f"{100 * point.accuracy:.1f} % ({100 * low:.0f}–{100 * high:.0f})"
