"""In which order clips are reviewed: those first of which the model is least sure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from streamer.arrays import Float32
from streamer.config import Config
from streamer.messages import Scores
from streamer.model.file import ModelFile
from streamer.sinks.clip_marks import FoundClip
from streamer.tasks import TASKS

_CLOSEST = 1e-6  # a score is taken no nearer to 0 or 1: beyond, all are as sure


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """A clip with the scores of the model in use, or with that of its event where there is none."""

    clip: FoundClip
    scores: Sequence[tuple[str, float, float]] = field(default=())  # label, score, threshold; the highest first

    @property
    def score(self) -> tuple[float, float] | None:
        """Score and threshold of the label that the clip lies under.

        Of one that lies under none, or under the background, those of the label that comes nearest to an event.
        """
        task = TASKS[self.clip.task]
        others = [(score, on) for label, score, on in self.scores if not task.is_background(label)]
        for label, score, on in self.scores:
            if label.casefold() == self.clip.label.casefold() and not task.is_background(label):
                return score, on
        return max(others, key=lambda pair: _logit(pair[0]) - _logit(pair[1]), default=None)

    @property
    def doubt(self) -> float:
        """How far the score is from the threshold, on the scale of logits; 0 is as unsure as can be."""
        if self.score is None:
            return math.inf
        score, on = self.score
        return abs(_logit(score) - _logit(on))


def with_scores(
    clips: Sequence[FoundClip], models: Sequence[ModelFile], config: Config, advance: Callable[[], None] = lambda: None
) -> list[ScoredClip]:
    """Score clips by the models for their kind, or by their events, and sort them: the least sure first.

    A file that cannot be scored comes last, so that a person sees it.
    """
    scored: dict[Path, ScoredClip] = {clip.path: _by_event(clip) for clip in clips}
    for model in models:
        files = [clip for clip in clips if _fits(clip, model)]
        if files:
            scored.update(_by_model(files, model, config, advance))
    return sorted(scored.values(), key=lambda each: (each.doubt, each.clip.name))


def _fits(clip: FoundClip, model: ModelFile) -> bool:
    return clip.is_sound == (model.spec.task == "sound") and (clip.is_sound or clip.task == model.spec.task)


def _by_event(clip: FoundClip) -> ScoredClip:
    event = clip.listed.event
    if event is None:
        return ScoredClip(clip)
    return ScoredClip(
        clip, ((event.label, event.score, 0.5),)
    )  # events begin above it; so the lowest score comes first


def _by_model(
    clips: Sequence[FoundClip], model: ModelFile, config: Config, advance: Callable[[], None]
) -> Mapping[Path, ScoredClip]:
    from streamer.evaluation.scorer import FileScorer

    scorer = FileScorer(model, [clip.path for clip in clips], config)
    own = {label.casefold(): each.on for label, each in scorer.events.labels.items()}
    found = {}
    for clip, result in zip(clips, scorer.results(), strict=True):
        advance()
        if result.error or not result.scores:
            continue
        rows = []
        for label, value in zip(scorer.labels, _peaks(result.scores, scorer.events.smoothing_s), strict=True):
            on = own.get(label.casefold())
            rows.append((label, float(value), scorer.events.on if on is None else on))
        found[clip.path] = ScoredClip(clip, tuple(sorted(rows, key=lambda row: -row[1])))
    return found


def _peaks(scores: Sequence[Scores], smoothing_s: float) -> Float32:
    """Return the highest smoothed score of each label, by which events begin."""
    values = np.stack([each.values for each in scores])
    stride_s = (scores[-1].start_s - scores[0].start_s) / (len(scores) - 1) if len(scores) > 1 else smoothing_s
    n = min(max(1, round(smoothing_s / stride_s)) if stride_s > 0 else 1, len(values))
    sums = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), values]), axis=0, dtype=np.float64)
    return np.asarray(((sums[n:] - sums[:-n]) / n).max(axis=0), np.float32)


def _logit(score: float) -> float:
    share = min(max(score, _CLOSEST), 1.0 - _CLOSEST)
    return math.log(share / (1.0 - share))
