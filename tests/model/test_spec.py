"""Descriptions of models whose front end comes from another package."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.errors import StreamerError, UserError
from streamer.features.base import ADDED, PLUG_INS, sound_front_end
from streamer.model.file import read_model_file, write_model_file
from streamer.model.spec import ModelSpec, Sidecar
from tests.support.bands import lines, run_here
from tests.support.plugins import install, look_again
from tests.support.tiny_models import linear_model, waveform_spec

MODULE = """
from dataclasses import dataclass
from typing import Literal
from streamer.features.base import FrontEndKind

@dataclass(frozen=True, slots=True, kw_only=True)
class EverySettings:
    kind: Literal["every"] = "every"
    sample_rate: int = 16000
    frame_length: int = 2
    hop_length: int = 2

    def input_shape(self, n_frames):
        return n_frames, 1

    def summary(self):
        return "every second sample"

class Every:
    def __init__(self, settings):
        self.settings = settings

    def push(self, samples):
        return samples[::2, None]

    def reset(self):
        pass

@dataclass(frozen=True, slots=True, kw_only=True)
class BrightnessSettings:
    kind: Literal["brightness"] = "brightness"
    n_images: int = 4

    def input_shape(self, n_frames):
        return n_frames, 1

    def summary(self):
        return "mean grey of each image"

class Brightness:
    def __init__(self, settings):
        self.settings = settings

    def begin(self, share):
        self.series = share("grey", 1, 1)

    def push(self, grey, time_s):
        pass

    def window(self):
        values, times_s = self.series.last(self.settings.n_images)
        return values.reshape(-1, 1), times_s[0], times_s[-1]

@dataclass(frozen=True, slots=True, kw_only=True)
class NoLiteral(EverySettings):
    kind: str = "no_literal"

EVERY = FrontEndKind(EverySettings, Every, ("sound",))
BRIGHTNESS = FrontEndKind(BrightnessSettings, Brightness, ("pattern", "motion"))
WRONG_MEDIUM = FrontEndKind(EverySettings, Every, ("motion",))
OTHER_TASK = FrontEndKind(EverySettings, Every, ("smell",))
NO_SETTINGS = FrontEndKind(Every, Every, ("sound",))
NO_LITERAL = FrontEndKind(NoLiteral, Every, ("sound",))
FAILS = FrontEndKind(EverySettings, lambda settings: 1 / 0, ("sound",))
NOTHING = FrontEndKind(EverySettings, lambda settings: None, ("sound",))
"""


@pytest.fixture
def add_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install packages with front ends; take them back after the test."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(package: str, **entries: str) -> None:
        install(tmp_path, package, "streamer.front_ends", entries, MODULE)
        look_again(monkeypatch, PLUG_INS)

    yield add
    ADDED.clear()
    for schema in (ModelSpec, Sidecar):
        schema.model_rebuild(force=True)


def every(n_frames: int = 4, **changes: Any) -> ModelSpec:
    return waveform_spec(n_frames, front_end={"kind": "every"}, **changes)


def test_the_front_end_of_a_plug_in_is_read_and_made(add_plug_in: Callable[..., None], tmp_path: Path) -> None:
    add_plug_in("every-other", every="EVERY")
    path = tmp_path / "every.tflite"
    write_model_file(path, linear_model(np.ones((1, 4), np.float32), (1, 4)), every(), ("loud",))
    spec = read_model_file(path).spec
    assert (spec, spec.front_end_package, spec.front_end.summary()) == (every(), "every-other", "every second sample")
    assert sound_front_end(spec.sound_front_end).push(np.arange(4, dtype=np.float32)).tolist() == [[0], [2]]
    with pytest.raises(ValueError, match=r"front_end\.kind=every must be pattern for task=pattern"):
        every(task="pattern")
    with pytest.raises(ValueError, match=r"hop_lengt"):
        waveform_spec(4, front_end={"kind": "every", "hop_lengt": 2, "hop_length": "two"})


def test_the_front_end_of_images_of_a_plug_in_is_run(add_plug_in: Callable[..., None], tmp_path: Path) -> None:
    add_plug_in("brightness-of-images", brightness="BRIGHTNESS")
    path = tmp_path / "bright.tflite"
    spec = waveform_spec(4, task="motion", front_end={"kind": "brightness"}, normalisation={"std": 255.0})
    write_model_file(path, linear_model(np.full((1, 4), 0.25, np.float32), (1, 4)), spec, ("bright",))
    done = run_here("run", "demo:camera", "--fast", "--seconds", 1, "-m", path, "--json", "--scores")
    values = [line["scores"]["bright"] for line in lines(done, "scores")]
    assert len(values) > 5
    assert all(0.05 < value < 0.95 for value in values)


def test_the_settings_must_be_for_the_medium_of_the_task(add_plug_in: Callable[..., None]) -> None:
    add_plug_in("wrong-medium", every="WRONG_MEDIUM")
    with pytest.raises(ValueError, match=r"front_end\.kind=every must have settings of a front end of images"):
        every(task="motion")


def test_without_its_package_a_model_says_what_it_lacks(add_plug_in: Callable[..., None]) -> None:
    with pytest.raises(
        ValueError, match=r"kind='every' must be 'log_mel', .*installed plug-in; ask its maker for the "
    ):
        every()
    with pytest.raises(
        ValueError, match=r"by its own word it needs the package 'every-other': install that if you tru"
    ):
        every(front_end_package="every-other")
    with pytest.raises(ValueError, match=r"front_end_package"):
        waveform_spec(4, front_end_package="--index-url x")


@pytest.mark.parametrize(
    ("package", "target", "message"),
    [
        ("every-smell", "OTHER_TASK", r"must be for tasks of sound, pattern, motion, not for \('smell',\)"),
        ("every-bare", "NO_SETTINGS", r"must have settings that are a dataclass"),
        ("every-missing", "NO_SUCH_NAME", r"must load; AttributeError"),
    ],
)
def test_a_plug_in_that_is_no_front_end_is_told(
    add_plug_in: Callable[..., None], package: str, target: str, message: str
) -> None:
    add_plug_in(package, every=target)
    with pytest.raises(UserError, match=f"plug-in=every of the package {package} .*{message}"):
        every()


def test_settings_that_no_schema_can_have_break_no_other_model(add_plug_in: Callable[..., None]) -> None:
    add_plug_in("no-literal", no_literal="NO_LITERAL", every="EVERY", log_mel="EVERY")
    with pytest.raises(StreamerError, match="plug-in=no_literal of the package no-literal"):
        waveform_spec(4, front_end={"kind": "no_literal"})
    with pytest.raises(UserError, match=r"must have settings with the field kind: Literal\['log_mel'\] = 'log_mel'"):
        PLUG_INS.get("log_mel")  # which no model can name
    assert every().front_end.kind == "every"
    assert waveform_spec(4, front_end={"kind": "waveform", "sample_rate": 8000}).sample_rate == 8000


@pytest.mark.parametrize(
    ("package", "target", "message"),
    [
        ("every-fails", "FAILS", "of the package every-fails .* failed: ZeroDivisionError"),
        ("every-nothing", "NOTHING", "front_end.kind=every must make a front end of sound"),
    ],
)
def test_a_front_end_that_cannot_be_made_is_told(
    add_plug_in: Callable[..., None], package: str, target: str, message: str
) -> None:
    add_plug_in(package, every=target)
    with pytest.raises(StreamerError, match=message):
        sound_front_end(every().sound_front_end)
