"""What a front end is, and the registry of front ends by the kind that a model file names.

A front end turns a stream of sound or images into the rows of a model's windows. To add one, write its settings and
its class, and list it in :data:`FRONT_ENDS`. Another package adds one by a plug-in: its entry point of the group
``streamer.front_ends``, named as the kind, names a :class:`FrontEndKind`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Protocol, Union, runtime_checkable

from pydantic import Field, GetCoreSchemaHandler

from streamer.arrays import Float32, UInt8
from streamer.errors import UserError
from streamer.features.history import TimedHistory
from streamer.features.logmel import LogMel
from streamer.features.logmel_settings import LogMelSettings
from streamer.features.settings import MotionSettings, PatternSettings
from streamer.features.waveform import Waveform, WaveformSettings
from streamer.messages import TaskName
from streamer.plugins import PlugIns
from streamer.tasks import TASKS


class _AnySettings(Protocol):
    """Settings of any front end: a frozen, hashable dataclass that pydantic can validate.

    Its field ``kind`` is a Literal of its kind alone, with that as its default.
    """

    @property
    def kind(self) -> str:
        """Name in a model file's ``front_end.kind``."""

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window of ``n_frames``."""

    def summary(self) -> str:
        """Return what a model takes, for people."""


@runtime_checkable
class SoundFrontEndSettings(_AnySettings, Protocol):
    """Settings of a front end of sound: row j covers samples j · hop_length … j · hop_length + frame_length."""

    @property
    def sample_rate(self) -> int:
        """Samples per second of the sound that it takes."""

    @property
    def frame_length(self) -> int:
        """Samples that one row covers."""

    @property
    def hop_length(self) -> int:
        """Samples from row to row."""


@runtime_checkable
class ImageFrontEndSettings(_AnySettings, Protocol):
    """Settings of a front end of images."""

    @property
    def n_images(self) -> int:
        """Images of one window."""


FrontEndSettings = SoundFrontEndSettings | ImageFrontEndSettings


@runtime_checkable
class SoundFrontEnd(Protocol):
    """Sound in, rows out, the same for any chunking."""

    @property
    def settings(self) -> SoundFrontEndSettings:
        """What it was made from."""

    def push(self, samples: Float32) -> Float32:
        """Take mono samples, shape (n_samples,), and return the rows that they complete, shape (n_rows, width).

        The result is valid until the next push.
        """

    def reset(self) -> None:
        """Drop all samples, as after a gap in the sound: no row mixes old and new."""


@runtime_checkable
class ImageFrontEnd(Protocol):
    """Images in, the rows of the newest window out whenever they are wanted."""

    @property
    def settings(self) -> ImageFrontEndSettings:
        """What it was made from."""

    def begin(self, share: Callable[[str, int, int], TimedHistory]) -> None:
        """Start on a newly opened source.

        Parameters
        ----------
        share : callable
            Gives the series of a quantity on a grid, shared with others and pushed by its owner; see
            :class:`streamer.features.series.SharedSeries`.
        """

    def push(self, grey: UInt8, time_s: float) -> object:
        """Take one image, shape (height, width), captured at ``time_s``."""

    def window(self) -> tuple[Float32, float, float]:
        """Return the rows of the newest window, and the capture times of its first and last image, in seconds."""


@dataclass(frozen=True, slots=True)
class FrontEndKind:
    """One kind of front end: the class of its settings, and how to make one from them."""

    settings: type[FrontEndSettings]
    make: Callable[[Any], SoundFrontEnd | ImageFrontEnd]  # from an instance of `settings`; imports what is costly
    tasks: tuple[TaskName, ...]  # whose models may name it


def _pattern(settings: PatternSettings) -> ImageFrontEnd:
    from streamer.features.pattern import Pattern

    return Pattern(settings)


def _motion(settings: MotionSettings) -> ImageFrontEnd:
    from streamer.features.motion import Motion

    return Motion(settings)


FRONT_ENDS: dict[str, FrontEndKind] = {
    "log_mel": FrontEndKind(LogMelSettings, LogMel, ("sound",)),
    "waveform": FrontEndKind(WaveformSettings, Waveform, ("sound",)),
    "pattern": FrontEndKind(PatternSettings, _pattern, ("pattern",)),
    "motion": FrontEndKind(MotionSettings, _motion, ("motion",)),
}
"""Every built-in kind of front end by its name."""


def _fault(name: str, plug_in: FrontEndKind) -> str:
    """Return what a plug-in must be and is not; "" where all is well."""
    if not plug_in.tasks or not set(plug_in.tasks) <= set(TASKS):
        return f"be for tasks of {', '.join(TASKS)}, not for {plug_in.tasks}"
    if not is_dataclass(plug_in.settings):
        return "have settings that are a dataclass"
    kinds = [field.default for field in fields(plug_in.settings) if field.name == "kind"]
    return "" if kinds == [name] else f"have settings with the field kind: Literal[{name!r}] = {name!r}"


PLUG_INS = PlugIns("streamer.front_ends", FrontEndKind, _fault)
"""The kinds of front end that other packages add."""

ADDED: dict[str, FrontEndKind] = {}
"""Those of them that model files have named so far."""


def sound_front_end(settings: SoundFrontEndSettings) -> SoundFrontEnd:
    """Make the front end of sound that these settings are for."""
    front_end = _made(settings)
    if not isinstance(front_end, SoundFrontEnd):
        raise UserError(
            f"front_end.kind={settings.kind} must make a front end of sound; tell the author of the plug-in"
        )
    return front_end


def image_front_end(settings: ImageFrontEndSettings) -> ImageFrontEnd:
    """Make the front end of images that these settings are for."""
    front_end = _made(settings)
    if not isinstance(front_end, ImageFrontEnd):
        raise UserError(
            f"front_end.kind={settings.kind} must make a front end of images; tell the author of the plug-in"
        )
    return front_end


def _made(settings: FrontEndSettings) -> SoundFrontEnd | ImageFrontEnd:
    if settings.kind in FRONT_ENDS:
        return FRONT_ENDS[settings.kind].make(settings)
    if plug_in := PLUG_INS.get(settings.kind):
        with PLUG_INS.blamed(settings.kind):
            return plug_in.make(settings)
    raise UserError(f"front_end.kind={settings.kind} must be built in or a plug-in; install the package that has it")


class _Registered:
    """Make pydantic validate a value as the registered settings that its key ``kind`` names."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        kinds = tuple(kind.settings for kind in (*FRONT_ENDS.values(), *ADDED.values()))
        return handler.generate_schema(Annotated[Union[kinds], Field(discriminator="kind")])  # noqa: UP007


AnyFrontEndSettings = Annotated[FrontEndSettings, _Registered()]
"""Field type: the settings of any registered front end, chosen by their key ``kind``."""
