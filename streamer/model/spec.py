"""What a model file says about its model: the schema of `streamer.toml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from streamer.config import EventSettings, Settings
from streamer.errors import UserError
from streamer.features.logmel import LogMelSettings, LogScale
from streamer.features.mel import MelScale
from streamer.features.settings import MotionSettings, PatternSettings
from streamer.messages import TaskName

SAMPLES_LIMIT = 1 << 24  # samples one window may span: 5.8 minutes at 48 kHz, 64 MiB


def _printable(text: str) -> str:
    if not all(character.isprintable() or character == "\n" for character in text):
        raise ValueError("must hold no control characters")  # an escape sequence would reach the terminal
    return text


Text = Annotated[str, AfterValidator(_printable), Field(max_length=10_000)]
SampleRate = Annotated[int, Field(ge=1000, le=384_000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class LogMelFrontEnd(Settings):
    """Log-mel frames go into the model; see :class:`streamer.features.logmel.LogMelSettings`."""

    kind: Literal["log_mel"] = "log_mel"
    sample_rate: SampleRate
    n_fft: int
    frame_length: int
    hop_length: Annotated[int, Field(ge=1, le=65_536)]  # the front end's buffer grows with it
    n_mels: int
    fmin_hz: float
    fmax_hz: float
    mel_scale: MelScale = "htk"
    log: LogScale = "ln"
    floor: float = 1e-6

    @model_validator(mode="after")
    def _fits_the_front_end(self) -> LogMelFrontEnd:
        try:
            self.settings()
        except UserError as error:
            raise ValueError(str(error)) from None
        return self

    def settings(self) -> LogMelSettings:
        """Return what :class:`streamer.features.logmel.LogMel` takes."""
        return LogMelSettings(**self.model_dump(exclude={"kind"}))


class WaveformFrontEnd(Settings):
    """Samples in the range −1…1 go into the model; ``[normalisation]`` scales them where it wants others."""

    kind: Literal["waveform"]
    sample_rate: SampleRate


class PatternFrontEnd(Settings):
    """Polar means of an image's spectrum go in; see :class:`streamer.features.settings.PatternSettings`."""

    kind: Literal["pattern"] = "pattern"
    size: int = 256
    crop: Literal["square", "whole"] = "square"
    n_radii: Annotated[int, Field(ge=4, le=256)] = 64
    n_angles: Annotated[int, Field(ge=4, le=180)] = 36

    @model_validator(mode="after")
    def _fits_the_front_end(self) -> PatternFrontEnd:
        try:
            self.settings()
        except UserError as error:
            raise ValueError(str(error)) from None
        return self

    def settings(self) -> PatternSettings:
        """Return what :class:`streamer.features.pattern.Pattern` takes."""
        return PatternSettings(**self.model_dump(exclude={"kind"}))


class MotionFrontEnd(Settings):
    """Spectra in time of a grid of cells go in; see :mod:`streamer.features.motion_rows`."""

    kind: Literal["motion"] = "motion"
    n_rows: Annotated[int, Field(ge=1, le=128)] = 18
    n_columns: Annotated[int, Field(ge=1, le=128)] = 32
    n_images: int = 128
    series: Literal["grey", "flow"] = "grey"

    @model_validator(mode="after")
    def _fits_the_front_end(self) -> MotionFrontEnd:
        try:
            self.settings()
        except UserError as error:
            raise ValueError(str(error)) from None
        return self

    def settings(self) -> MotionSettings:
        """Return what :class:`streamer.features.motion.MotionSpectrum` takes."""
        return MotionSettings(**self.model_dump(exclude={"kind", "series"}))


class WindowSettings(Settings):
    """What the model takes at once, in rows: a row is a frame, a sample for a waveform, an image for a camera."""

    n_frames: Annotated[int, Field(ge=1, le=SAMPLES_LIMIT)]  # rows of a window
    stride: Annotated[int, Field(ge=1, le=SAMPLES_LIMIT)]  # rows from one window to the next


class Normalisation(Settings):
    """``(feature - mean) / std``, applied before the model."""

    mean: Finite = 0.0
    std: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.0


class Card(Settings):
    """Where a model comes from and how good it is; shown by ``streamer models``."""

    training_data: Text = ""
    licence: Text = ""
    attribution: Text = ""
    limits: Text = ""  # what it must not be used for, what it mistakes
    made_by: Text = ""  # the command that made the file
    accuracy: dict[Text, Finite | Text] = Field(default_factory=dict)  # measure → value


class ModelSpec(Settings):
    """All that running a model needs beyond its tensors (`streamer.toml` inside a model file)."""

    format: Literal[1]
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    task: TaskName
    description: Text = ""
    activation: Literal["none", "softmax", "sigmoid"] = "none"  # still missing to make the output scores
    front_end: Annotated[
        LogMelFrontEnd | WaveformFrontEnd | PatternFrontEnd | MotionFrontEnd, Field(discriminator="kind")
    ]
    window: WindowSettings
    normalisation: Normalisation = Normalisation()
    events: EventSettings = EventSettings()
    card: Card = Card()

    @model_validator(mode="after")
    def _consistent(self) -> ModelSpec:
        kinds = {"sound": ("log_mel", "waveform"), "pattern": ("pattern",), "motion": ("motion",)}[self.task]
        if self.front_end.kind not in kinds:
            raise ValueError(f"front_end.kind={self.front_end.kind} must be {' or '.join(kinds)} for task={self.task}")
        if isinstance(self.front_end, LogMelFrontEnd | WaveformFrontEnd) and self.window_samples > SAMPLES_LIMIT:
            raise ValueError(f"window.n_frames={self.window.n_frames} must span at most {SAMPLES_LIMIT} samples")
        n_images = {"pattern": 1, "motion": getattr(self.front_end, "n_images", 0)}.get(self.task)
        if n_images is not None and self.window.n_frames != n_images:
            raise ValueError(f"window.n_frames={self.window.n_frames} must be {n_images}, the images of one window")
        return self

    @property
    def input_shape(self) -> tuple[int, int]:
        """Rows and values per row of what the front end hands to the model for one window."""
        end = self.front_end
        if isinstance(end, PatternFrontEnd):
            return end.n_radii, end.n_angles
        if isinstance(end, MotionFrontEnd):
            return end.n_rows * end.n_columns, end.settings().row_width
        return self.window.n_frames, end.n_mels if isinstance(end, LogMelFrontEnd) else 1

    @property
    def sample_rate(self) -> int:
        """Samples per second that the front end of a sound model takes."""
        return self._sound.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples per row: 1 for a waveform."""
        return self.front_end.hop_length if isinstance(self.front_end, LogMelFrontEnd) else 1

    @property
    def width(self) -> int:
        """Values per row."""
        return self.input_shape[1]

    @property
    def window_samples(self) -> int:
        """Samples between a window's first and last instant."""
        frame = self.front_end.frame_length if isinstance(self.front_end, LogMelFrontEnd) else 1
        return (self.window.n_frames - 1) * self.hop_length + frame

    @property
    def window_s(self) -> float:
        """Seconds of sound that one window covers."""
        return self.window_samples / self.sample_rate

    @property
    def stride_s(self) -> float:
        """Seconds of sound from one window to the next."""
        return self.window.stride * self.hop_length / self.sample_rate

    @property
    def _sound(self) -> LogMelFrontEnd | WaveformFrontEnd:
        if not isinstance(self.front_end, LogMelFrontEnd | WaveformFrontEnd):
            raise UserError(f"model={self.name} must be a sound model to classify sound; it is for {self.task}")
        return self.front_end


class Sidecar(ModelSpec):
    """`NAME.toml` beside a foreign model: a :class:`ModelSpec` and where the labels are.

    Without ``labels`` and ``labels_file`` the only .txt file zipped into the model is taken.
    """

    labels: tuple[str, ...] = ()
    labels_file: Annotated[str, Field(pattern=r"^[^/\\]*$")] = ""  # zipped into the model, or beside the sidecar
    sha256: str = ""  # of the model file it was written for

    def spec(self) -> ModelSpec:
        """Return the description alone."""
        return ModelSpec.model_construct(
            self.model_fields_set & set(ModelSpec.model_fields),
            **{name: getattr(self, name) for name in ModelSpec.model_fields},
        )
