"""Fake model of sound with known scores: the loudness of the window."""

from dataclasses import dataclass, field

import numpy as np

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.model.spec import ModelSpec
from streamer.pipeline.sound import SoundPipeline
from streamer.pipeline.stage import Stage, WindowClassifier

SPEC = {
    "format": 1,
    "name": "loudness",
    "task": "sound",
    "front_end": {
        "kind": "log_mel",
        "sample_rate": 8000,
        "n_fft": 256,
        "frame_length": 200,
        "hop_length": 80,
        "n_mels": 16,
        "fmin_hz": 60.0,
        "fmax_hz": 3800.0,
    },
    "window": {"n_frames": 20, "stride": 10},
}


@dataclass
class Loudness:
    """Model that scores a window by its mean: loud or not."""

    spec: ModelSpec = field(default_factory=lambda: ModelSpec.model_validate(SPEC))
    labels: tuple[str, ...] = ("loud", "low")

    def classify(self, rows: Float32) -> Float32:
        loud = 1 / (1 + np.exp(-(rows.mean(dtype=np.float64) + 3.0)))
        low = 0.3 / (1 + np.exp(-rows[:, 0].mean(dtype=np.float64)))  # never an event, but different in every window
        return np.array([loud, low], np.float32)


def sound_pipeline(
    *models: WindowClassifier, events: EventSettings | None = None, stride_s: float = 0.0, stream: str = "s"
) -> SoundPipeline:
    """Return a pipeline of sound with these models, or with the model of loudness."""
    events = events or EventSettings()
    return SoundPipeline(stream, [Stage(stream, model, events, stride_s) for model in models or (Loudness(),)])
