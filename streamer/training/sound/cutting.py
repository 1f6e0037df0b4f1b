"""Windows cut from files by the very pipeline that runs live."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from streamer.classifier import Classifier
from streamer.config import EventSettings
from streamer.messages import Float32
from streamer.model_spec import ModelSpec
from streamer.offline.sound import classify_sound
from streamer.pipeline.sound import SoundPipeline
from streamer.training.recorder import Recorder
from streamer.training.sound.recordings import RANGE_DB


def cut_file(path: Path, spec: ModelSpec) -> Float32:
    """Return a file's windows as a model of this description gets them, shape (n, n_frames, n_mels).

    There is at least one: a file shorter than a window is padded with silence.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    recorder = Recorder(spec)
    classify_sound(path, SoundPipeline("file", cast(Classifier, recorder), EventSettings()))
    return np.stack(recorder.taken())


def sounding(windows: Float32) -> NDArray[np.bool_]:
    """Tell in which of a file's windows it sounds, shape (n,).

    Everywhere else every frame is a pause: 25 dB or more below the loudest frame of the file.

    Parameters
    ----------
    windows : ndarray, shape (n, n_frames, n_mels)
        Log-mel power in nepers.
    """
    power = np.exp(windows).sum(axis=2)
    heard: NDArray[np.bool_] = (power >= power.max() * 10 ** (-RANGE_DB / 10)).any(axis=1)
    return heard
