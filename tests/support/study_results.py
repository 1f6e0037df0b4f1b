"""Invented results of the study, for tests of how they are reported."""

from __future__ import annotations

from collections.abc import Mapping

from streamer.evaluation.metrics import wilson
from streamer.study.curves import CurvePoint, LearningCurve
from streamer.study.kinds import KINDS, QUICK
from streamer.study.run import StudyResults
from streamer.study.systems import BACKBONE, SYSTEMS

N_TEST = 400


def invented_results(
    accuracies: Mapping[tuple[str, str], tuple[float, float]], *, backbone: bool = True
) -> StudyResults:
    """Return results with these accuracies after 5 and 20 examples, by (kind, system); all others are 1/3."""
    curves = []
    for kind in KINDS:
        for system in SYSTEMS:
            if system.front_end == BACKBONE and not backbone:
                continue
            values = accuracies.get((kind.key, system.key), (1 / 3, 1 / 3))
            points = tuple(
                CurvePoint(n, value, wilson(round(value * N_TEST), N_TEST), (value,), 0.5)
                for n, value in zip(QUICK.per_label, values, strict=True)
            )
            curves.append(
                LearningCurve(
                    kind=kind.key,
                    system=system.key,
                    n_labels=len(kind.labels),
                    n_test=N_TEST,
                    n_parameters=1234,
                    classifier_ms=0.25,
                    points=points,
                    n_photographs=16 if kind.key == "textures" else 0,
                    photographs_right=7.0,
                    blind=kind.is_still and system.family == "flow",
                    front_end_ms=1.5,
                )
            )
    origins = {"digits": "a drawer", "textures": "synthetic", "videos": "synthetic"}
    return StudyResults(tuple(curves), QUICK, 7, origins, "left out: none here", 61.0)
