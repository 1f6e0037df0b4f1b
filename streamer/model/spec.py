"""Schema of `streamer.toml`: what a model file says about its model."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from streamer.config import EventSettings, Settings
from streamer.errors import StreamerError, UserError
from streamer.features.base import (
    ADDED,
    FRONT_ENDS,
    PLUG_INS,
    AnyFrontEndSettings,
    ImageFrontEndSettings,
    SoundFrontEndSettings,
)
from streamer.messages import TaskName
from streamer.model.made_input import ImageSignal, SoundSignal
from streamer.tasks import TASKS

SAMPLES_LIMIT = 1 << 24  # samples one window may span: 5.8 minutes at 48 kHz, 64 MiB


def _printable(text: str) -> str:
    if not all(character.isprintable() or character == "\n" for character in text):
        raise ValueError("must hold no control characters")  # an escape sequence would reach the terminal
    return text


Text = Annotated[str, AfterValidator(_printable), Field(max_length=10_000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
PackageName = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]


class WindowSettings(Settings):
    """Length and distance of windows in rows: frames, samples of a waveform, or images."""

    n_frames: Annotated[int, Field(ge=1, le=SAMPLES_LIMIT)]  # rows of a window
    stride: Annotated[int, Field(ge=1, le=SAMPLES_LIMIT)]  # rows from one window to the next


class Normalisation(Settings):
    """``(feature - mean) / std``, applied to the rows before the model."""

    mean: Finite = 0.0
    std: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.0


class Card(Settings):
    """Where a model comes from and how good it is; shown by ``streamer models``."""

    training_data: Text = ""
    licence: Text = ""
    attribution: Text = ""
    limits: Text = ""  # what it must not be used for, what it confuses
    made_by: Text = ""  # the command that made the file
    accuracy: dict[Text, Finite | Text] = Field(default_factory=dict)  # measure → value


class CheckSettings(Settings):
    """Scores on a made input, by which a model that is fed with the wrong features is found out."""

    signal: SoundSignal | ImageSignal  # see streamer.model.made_input; a sound has the model's own sample rate
    seconds: Annotated[float, Field(ge=0.1, le=60.0)] = 5.0
    tolerance: Annotated[float, Field(gt=0.0, le=1.0)] = 0.02
    scores: Annotated[dict[Text, Finite], Field(min_length=1)]  # label → mean over all windows


class ModelSpec(Settings):
    """Everything that running a model needs beyond its tensors (`streamer.toml` inside a model file)."""

    format: Literal[1]
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    task: TaskName
    description: Text = ""
    activation: Literal["none", "softmax", "sigmoid"] = "none"  # what turns the output into scores
    front_end: AnyFrontEndSettings
    front_end_package: PackageName | None = None  # that has the front end, where it is a plug-in
    window: WindowSettings
    normalisation: Normalisation = Normalisation()
    events: EventSettings = EventSettings()
    check: CheckSettings | None = None
    card: Card = Card()

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Build from plain values; a front end that is no built-in one is sought among the plug-ins.

        Raises
        ------
        ValidationError
            If a value breaks a rule.
        UserError
            If the plug-in of the front end cannot be loaded.
        """
        kind = _front_end_kind(obj)
        if kind and kind not in FRONT_ENDS:
            _add_front_end(kind)
            if kind in ADDED:
                obj = {"front_end_package": PLUG_INS.package(kind), **obj}
        return super().model_validate(obj, **options)

    @model_validator(mode="before")
    @classmethod
    def _known_front_end(cls, values: Any) -> Any:
        kind = _front_end_kind(values)
        if not kind or kind in FRONT_ENDS or kind in ADDED:
            return values
        known = ", ".join(map(repr, (*FRONT_ENDS, *ADDED)))
        remedy = "ask its maker for the package that has it"
        if package := values.get("front_end_package"):
            remedy = f"by its own word it needs the package {package!r:.120}: install that if you trust both"
        raise ValueError(f"front_end.kind={kind!r:.120} must be {known} or that of an installed plug-in; {remedy}")

    @model_validator(mode="after")
    def _consistent(self) -> ModelSpec:
        end, n_frames, medium = self.front_end, self.window.n_frames, TASKS[self.task].medium
        kinds = {kind: each.tasks for kind, each in (FRONT_ENDS | ADDED).items()}
        if self.task not in kinds[end.kind]:
            fitting = " or ".join(kind for kind, tasks in kinds.items() if self.task in tasks)
            raise ValueError(f"front_end.kind={end.kind} must be {fitting} for task={self.task}")
        if isinstance(end, SoundFrontEndSettings) != (medium == "sound"):
            raise ValueError(f"front_end.kind={end.kind} must have settings of a front end of {medium}")
        if self.check and (self.check.signal == "grating") == (medium == "sound"):
            raise ValueError(f"check.signal={self.check.signal} must be one of {medium} for task={self.task}")
        if isinstance(end, SoundFrontEndSettings):
            if self.window_samples > SAMPLES_LIMIT:
                raise ValueError(f"window.n_frames={n_frames} must span at most {SAMPLES_LIMIT} samples")
        elif n_frames != end.n_images:
            raise ValueError(f"window.n_frames={n_frames} must be {end.n_images}, the images of one window")
        return self

    @property
    def input_shape(self) -> tuple[int, int]:
        """Rows and values per row of one window."""
        return self.front_end.input_shape(self.window.n_frames)

    @property
    def sample_rate(self) -> int:
        """Samples per second of a sound model's input."""
        return self.sound_front_end.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples per row: 1 for a waveform."""
        return self.sound_front_end.hop_length

    @property
    def width(self) -> int:
        """Values per row."""
        return self.input_shape[1]

    @property
    def window_samples(self) -> int:
        """Samples between a window's first and last instant."""
        return (self.window.n_frames - 1) * self.hop_length + self.sound_front_end.frame_length

    @property
    def window_s(self) -> float:
        """Seconds of sound that one window covers."""
        return self.window_samples / self.sample_rate

    @property
    def stride_s(self) -> float:
        """Seconds of sound from one window to the next."""
        return self.window.stride * self.hop_length / self.sample_rate

    @property
    def sound_front_end(self) -> SoundFrontEndSettings:
        """Settings of a sound model's front end.

        Raises
        ------
        UserError
            If the model is for images.
        """
        if not isinstance(self.front_end, SoundFrontEndSettings):
            raise UserError(f"model={self.name} must be a sound model to classify sound; it is for {self.task}")
        return self.front_end

    @property
    def image_front_end(self) -> ImageFrontEndSettings:
        """Settings of the front end of a model for images.

        Raises
        ------
        UserError
            If the model is for sound.
        """
        if isinstance(self.front_end, SoundFrontEndSettings):
            raise UserError(f"model={self.name} must be a model for images to classify images; it is for {self.task}")
        return self.front_end


class Sidecar(ModelSpec):
    """`NAME.toml` beside a foreign model: a :class:`ModelSpec`, and where the labels are.

    Without ``labels`` and ``labels_file``, the labels are the only .txt file zipped into the model.
    """

    labels: tuple[str, ...] = ()
    labels_file: Annotated[str, Field(pattern=r"^[^/\\]*$")] = ""  # zipped into the model, or beside it or the sidecar
    sha256: str = ""  # of the model file it was written for

    def spec(self) -> ModelSpec:
        """Return the description without the labels."""
        return ModelSpec.model_construct(
            self.model_fields_set & set(ModelSpec.model_fields),
            **{name: getattr(self, name) for name in ModelSpec.model_fields},
        )


_ADDING = threading.Lock()


def _front_end_kind(values: object) -> str:
    """Return the kind of front end that plain values name; "" where they name none."""
    end = values.get("front_end") if isinstance(values, Mapping) else None
    kind = end.get("kind") if isinstance(end, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _add_front_end(kind: str) -> None:
    """Let models name the front end of a plug-in, if one of this kind is installed."""
    with _ADDING:
        plug_in = None if kind in ADDED else PLUG_INS.get(kind)
        if plug_in is None:
            return
        ADDED[kind] = plug_in
        try:
            with PLUG_INS.blamed(kind):
                _build_schemas()
        except StreamerError:
            del ADDED[kind]
            _build_schemas()
            raise


def _build_schemas() -> None:
    for schema in (ModelSpec, Sidecar):
        schema.model_rebuild(force=True)
