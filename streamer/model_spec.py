"""What a model file says about its model: the schema of `streamer.toml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from streamer.config import EventSettings, Settings
from streamer.errors import UserError
from streamer.features.logmel import LogMelSettings, LogScale
from streamer.features.mel import MelScale

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


class WindowSettings(Settings):
    """How many rows the model takes at once; a row is a frame, or a sample for a waveform."""

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
    task: Literal["sound", "pattern", "motion"]
    description: Text = ""
    activation: Literal["none", "softmax", "sigmoid"] = "none"  # still missing to make the output scores
    front_end: Annotated[LogMelFrontEnd | WaveformFrontEnd, Field(discriminator="kind")]
    window: WindowSettings
    normalisation: Normalisation = Normalisation()
    events: EventSettings = EventSettings()
    card: Card = Card()

    @model_validator(mode="after")
    def _bounded(self) -> ModelSpec:
        if self.window_samples > SAMPLES_LIMIT:
            raise ValueError(f"window.n_frames={self.window.n_frames} must span at most {SAMPLES_LIMIT} samples")
        return self

    @property
    def sample_rate(self) -> int:
        """Samples per second that the front end takes."""
        return self.front_end.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples per row: 1 for a waveform."""
        return self.front_end.hop_length if isinstance(self.front_end, LogMelFrontEnd) else 1

    @property
    def width(self) -> int:
        """Values per row: mel bands, or 1 for a waveform."""
        return self.front_end.n_mels if isinstance(self.front_end, LogMelFrontEnd) else 1

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
        """Seconds from one window to the next."""
        return self.window.stride * self.hop_length / self.sample_rate


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
