"""The registry of front ends: all that is needed to add one, shown with one that exists in this file alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import ConfigDict, Field

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import SettingError, UserError
from streamer.features.base import FRONT_ENDS, FrontEndKind, image_front_end, sound_front_end
from streamer.features.logmel_settings import STANDARD
from streamer.features.settings import MotionSettings, PatternSettings
from streamer.features.waveform import WaveformSettings
from streamer.messages import Chunk, Scores, SoundFormat
from streamer.model.file import read_model_file, write_model_file
from streamer.model.sandbox import load_classifier
from streamer.model.spec import ModelSpec, Sidecar
from streamer.pipeline.sound import SoundPipeline
from streamer.pipeline.stage import Stage
from streamer.tasks import TASKS
from tests.support.tiny_models import linear_model, waveform_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakSettings:
    """A front end for this test: the peak of each block of samples."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["peak"] = "peak"
    sample_rate: Annotated[int, Field(ge=1000)]
    hop_length: int = 100

    def __post_init__(self) -> None:
        if self.hop_length > 500:
            raise SettingError(f"hop_length={self.hop_length} must be at most 500; 100 is usual")

    @property
    def frame_length(self) -> int:
        return self.hop_length

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        return n_frames, 1

    def summary(self) -> str:
        return f"peaks of {self.hop_length} samples"


class Peak:
    """Takes only whole blocks: enough for a test."""

    def __init__(self, settings: PeakSettings) -> None:
        self.settings = settings

    def push(self, samples: Float32) -> Float32:
        blocks = np.abs(samples).reshape(-1, self.settings.hop_length)
        return np.asarray(blocks.max(axis=1, keepdims=True), np.float32)

    def reset(self) -> None:
        pass


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register the front end, and build the schema from the registry again."""
    with monkeypatch.context() as patch:
        patch.setitem(FRONT_ENDS, "peak", FrontEndKind(PeakSettings, Peak, ("sound",)))
        for schema in (ModelSpec, Sidecar):
            schema.model_rebuild(force=True)
        yield
    for schema in (ModelSpec, Sidecar):
        schema.model_rebuild(force=True)


def test_every_front_end_is_registered_under_its_kind_and_used_by_a_task() -> None:
    assert {name: kind.settings.__name__ for name, kind in FRONT_ENDS.items()} == {
        "log_mel": "LogMelSettings",
        "waveform": "WaveformSettings",
        "pattern": "PatternSettings",
        "motion": "MotionSettings",
    }
    assert {task for kind in FRONT_ENDS.values() for task in kind.tasks} == set(TASKS)
    for settings in (STANDARD, WaveformSettings(sample_rate=16000)):
        assert isinstance(settings, FRONT_ENDS[settings.kind].settings)
        assert sound_front_end(settings).settings == settings
    for images in (PatternSettings(), MotionSettings()):
        assert isinstance(images, FRONT_ENDS[images.kind].settings)
        assert image_front_end(images).settings == images


def test_a_registered_front_end_is_read_and_run(registered: None, tmp_path: Path) -> None:
    path = tmp_path / "peak.tflite"
    spec = waveform_spec(4, front_end={"kind": "peak", "sample_rate": 16000})
    write_model_file(path, linear_model(np.full((1, 4), 0.25, np.float32), (1, 4)), spec, ("loud",))
    model = replace(read_model_file(path), trusted=True)
    assert model.spec == spec
    assert model.spec.front_end == PeakSettings(sample_rate=16000)
    assert (model.spec.input_shape, model.spec.window_samples, model.spec.stride_s) == ((4, 1), 400, 0.0125)

    pipeline = SoundPipeline("s", [Stage("s", load_classifier(model), EventSettings())])
    pipeline.begin(SoundFormat(16000, 1, ""))
    step = pipeline.step(Chunk(np.full((400, 1), 0.5, np.float32), 0, 0, 0.0))
    (scores,) = [message for message in step.messages if isinstance(message, Scores)]
    assert scores.values == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop_length": 501}, "front_end: hop_length=501 must be at most 500; 100 is usual"),
        ({"sample_rate": 10}, "front_end.sample_rate=10 must be greater than or equal to 1000"),
        ({"sample_rat": 10}, "front_end.sample_rat is not a setting; did you mean sample_rate"),
    ],
)
def test_mistakes_in_its_settings_are_reported(
    registered: None, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    lines = {"kind": '"peak"', "sample_rate": 16000, **change}
    sidecar = tmp_path / "peak.toml"
    sidecar.write_text(
        'format = 1\nname = "peak"\ntask = "sound"\nlabels = ["loud"]\n'
        "[window]\nn_frames = 4\nstride = 4\n[front_end]\n"
        + "".join(f"{key} = {value}\n" for key, value in lines.items())
    )
    (tmp_path / "peak.tflite").write_bytes(linear_model(np.ones((1, 4), np.float32), (1, 4)))
    with pytest.raises(UserError, match=f"{sidecar}: {message}"):
        read_model_file(tmp_path / "peak.tflite")


def test_settings_refuse_a_wrong_value_as_a_mistake_of_the_user() -> None:
    with pytest.raises(UserError, match=r"^n_images=100 must be a power of two from 32 to 1024; 128 is usual$"):
        MotionSettings(n_images=100)
    with pytest.raises(UserError, match=r"^n_rows=0 must be from 1 to 128"):
        MotionSettings(n_rows=0)


def test_a_front_end_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="'log_mel', 'waveform', 'pattern', 'motion'"):
        waveform_spec(4, front_end={"kind": "peak", "sample_rate": 16000})
