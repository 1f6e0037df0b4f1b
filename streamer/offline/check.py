"""Find out whether a model gets the features that it was made for: by its scores on a made input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.build import build_pipeline
from streamer.config import Config
from streamer.errors import StreamerError
from streamer.messages import Image, ImageFormat, SoundFormat
from streamer.model.file import ModelFile
from streamer.model.made_input import (
    FPS,
    HEIGHT,
    SOUND_SIGNALS,
    WIDTH,
    ImageSignal,
    SoundSignal,
    made_images,
    made_sound,
)
from streamer.model.spec import CheckSettings, ModelSpec
from streamer.offline.result import FileResult
from streamer.tasks import TASKS

N_MEASURED = 5  # labels of a check that is made from a model: those that it is least sure of


@dataclass(frozen=True, slots=True)
class CheckedScore:
    """The score of a label on the made input: what it must be, and what it is."""

    label: str
    expected: float
    found: float


def check_model(model: ModelFile, check: CheckSettings) -> list[CheckedScore]:
    """Return the scores that a model's check names, as they must be and as they are.

    Raises
    ------
    StreamerError
        If the model cannot be run, or the made input is too short for it.
    """
    found = _mean_scores(model, check)
    return [CheckedScore(label, expected, found[label.casefold()]) for label, expected in check.scores.items()]


def differing(scores: list[CheckedScore], check: CheckSettings) -> list[CheckedScore]:
    """Return the scores that are further from what they must be than the check tolerates; NaN is, too."""
    return [each for each in scores if not abs(each.found - each.expected) <= check.tolerance]


def measured_check(model: ModelFile) -> CheckSettings:
    """Return a check by which it is found out if the model is ever fed otherwise than now.

    Raises
    ------
    StreamerError
        As :func:`check_model`.
    """
    task = TASKS[model.spec.task]
    is_sound = task.medium == "sound"
    window_s = model.spec.window_s if is_sound else model.spec.window.n_frames / FPS
    seconds = float(np.ceil(max(5.0, 2.0 * window_s)))
    signals: tuple[SoundSignal | ImageSignal, ...] = SOUND_SIGNALS if is_sound else ("grating",)
    best: CheckSettings | None = None
    most = -1.0
    for signal in signals:  # the one on which scores would move most: those near 0 and 1 stay there, whatever is wrong
        wanted = CheckSettings(signal=signal, seconds=seconds, scores={model.labels[0]: 0.0})
        found = _mean_scores(model, wanted)
        doubt = {label: found[label.casefold()] * (1.0 - found[label.casefold()]) for label in model.labels}
        if best is None or sum(doubt.values()) > most:
            most = sum(doubt.values())
            chosen = sorted(model.labels, key=doubt.__getitem__, reverse=True)[:N_MEASURED]
            scores = {label: round(found[label.casefold()], 4) for label in chosen}
            best = wanted.model_copy(update={"scores": scores})
    assert best is not None
    return best


def with_check(spec: ModelSpec, labels: tuple[str, ...], flatbuffer: bytes) -> ModelSpec:
    """Return the description of one's own model with a check measured by it."""
    model = ModelFile(Path(f"{spec.name}.tflite"), spec, labels, flatbuffer, trusted=True)
    return spec.model_copy(update={"check": measured_check(model)})


def _mean_scores(model: ModelFile, check: CheckSettings) -> dict[str, float]:
    """Return the mean score of each label, by its name without regard to case, over the windows of the made input."""
    (result,) = _classify_sound(model, check) if check.signal != "grating" else _classify_images(model, check)
    if not result.scores:
        raise StreamerError(
            f"check.seconds={check.seconds:g} must be at least one window of model={model.spec.name}; make it longer"
        )
    means = np.stack([scores.values for scores in result.scores]).mean(axis=0, dtype=np.float64)
    return {label.casefold(): float(mean) for label, mean in zip(model.labels, means, strict=True)}


def _classify_sound(model: ModelFile, check: CheckSettings) -> list[FileResult]:
    from streamer.offline.sound import classify_blocks

    assert check.signal != "grating"
    rate = model.spec.sample_rate
    pipeline = build_pipeline("check", [model], Config(), "sound", at_once=True)
    samples = made_sound(check.signal, rate, check.seconds)[:, None]
    return classify_blocks(Path(check.signal), SoundFormat(rate, 1, check.signal), [samples], pipeline)


def _classify_images(model: ModelFile, check: CheckSettings) -> list[FileResult]:
    from streamer.offline.images import classify_images

    pipeline = build_pipeline("check", [model], Config(), "images", at_once=True)
    images = (
        Image(pixels, index, 0, index / FPS, index / FPS) for index, pixels in enumerate(made_images(check.seconds))
    )
    return classify_images(Path(check.signal), ImageFormat(WIDTH, HEIGHT, FPS, check.signal), images, pipeline)
