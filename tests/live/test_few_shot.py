"""A model trained on five clips of each of two labels detects them live, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.support.bands import streamer
from tests.support.learnable import needs_tensorflow
from tests.support.live import Start, start
from tests.support.paths import ESC10
from tests.support.rigs import need_esc10
from tests.support.virtual_mic import VirtualMic, virtual_mic

__all__ = ["start", "virtual_mic"]
pytestmark = [pytest.mark.virtual_mic, needs_tensorflow]
TRAINED_ON = {  # five origins each, of folds 1 to 3; the clips played are of fold 4, and so of other origins
    "rooster": ("1-26806-A", "1-27724-A", "2-100786-A", "2-65750-A", "3-107219-A"),
    "chainsaw": ("1-116765-A", "1-19898-A", "2-50667-A", "2-68391-A", "3-118656-A"),
}
PLAYED = ("rooster/4-164021-A", "rain/4-161127-A", "chainsaw/4-165823-A")
PAUSE_S = 2.0


def test_a_model_of_five_clips_a_label_works_live(virtual_mic: VirtualMic, start: Start, tmp_path: Path) -> None:
    need_esc10()
    for label, names in TRAINED_ON.items():
        (tmp_path / "data" / label).mkdir(parents=True)
        for name in names:
            shutil.copy(ESC10 / label / f"{name}.ogg", tmp_path / "data" / label)
    model = tmp_path / "farm.tflite"
    done = streamer("train", "sound", tmp_path / "data", "-o", model, timeout_s=500.0)
    assert done.returncode == 0, done.stderr

    sounds = [soundfile.read(ESC10 / f"{name}.ogg", dtype="float32") for name in PLAYED]
    (rate,) = {rate for _, rate in sounds}
    pause = np.zeros(round(PAUSE_S * rate), np.float32)
    soundfile.write(tmp_path / "street.wav", np.concatenate([part for s, _ in sounds for part in (s, pause)]), rate)
    live = start("mic", "-m", model, "--scores")
    first: dict[str, Any] = live.wait_for(lambda line: bool(line["type"] == "scores"))
    virtual_mic.play(tmp_path / "street.wav").wait(60)
    summary = live.end()
    assert summary["lost_samples"] == 0
    events = [line for line in live.lines if line["type"] == "event"]
    found = [event["label"] for event in events]
    assert found == sorted(found, reverse=True)  # all of the rooster before all of the chainsaw …
    assert set(found) == {"rooster", "chainsaw"}
    rooster = [event for event in events if event["label"] == "rooster"]
    chainsaw = [event for event in events if event["label"] == "chainsaw"]
    assert rooster[0]["onset_s"] > first["start_s"]
    # … and between them at least the rain and half of either pause.
    assert chainsaw[0]["onset_s"] - rooster[-1]["offset_s"] > 5.0 + PAUSE_S
