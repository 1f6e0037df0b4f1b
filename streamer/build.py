"""Build a pipeline from settings and model files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from streamer.config import Config, EventSettings, SourceSettings, load_config, validated
from streamer.errors import UserError
from streamer.features.logmel_settings import LogMelSettings
from streamer.messages import Medium
from streamer.model.file import ModelFile, find_model, read_model_file
from streamer.tasks import TASKS, tasks_of
from streamer.tasks.base import Task

if TYPE_CHECKING:
    from streamer.features.conditioning import Conditioning
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.sound import SoundPipeline
    from streamer.pipeline.stage import Stage


def resolve_config(path: Path | None, overrides: dict[str, Any]) -> Config:
    """Read the config file, if one is named, and let the command line override it.

    Parameters
    ----------
    path : Path or None
    overrides : dict
        Dotted key → value; None and the empty string stand for "not given".

    Raises
    ------
    UserError
        For every mistake in either.
    """
    config = load_config(path) if path else Config()
    values = config.model_dump(exclude_unset=True)
    given = {key: value for key, value in overrides.items() if value not in (None, "")}
    if "model.path" in given:
        values.get("model", {}).pop("sidecar", None)  # the file's describes the model that the file names
    for key, value in given.items():
        section, name = key.split(".")
        values.setdefault(section, {})[name] = value
    return validated(Config, values, "command line" if path is None else f"{path} and command line")


def read_models(names: Sequence[str], sidecar: str = "") -> list[ModelFile]:
    """Read the models that the user named.

    Parameters
    ----------
    names : sequence of str
        Shipped models' names or paths.
    sidecar : str
        Path of the file that describes the only one of them, where it is foreign and named so.

    Returns
    -------
    list of ModelFile
        Empty if none is named anywhere.

    Raises
    ------
    UserError
        If one does not exist or cannot be used.
    """
    if sidecar and len(names) != 1:
        named = f"{len(names)} are" if names else "none is"
        raise UserError(
            f"sidecar={sidecar} must describe the only model, and {named} named;"
            " put a NAME.toml beside each foreign model instead"
        )
    return [read_model_file(find_model(name), sidecar or None) for name in names]


def default_models(tasks: Iterable[Task]) -> list[ModelFile]:
    """Read the shipped models of some tasks."""
    return [read_model_file(find_model(task.default_model)) for task in tasks]


def kernels_for(models: Iterable[ModelFile]) -> list[str]:
    """Return the modules of kernels that depend on the models' settings, to be compiled beforehand."""
    front_ends = [model.spec.front_end for model in models]
    return [settings.kernel for settings in front_ends if isinstance(settings, LogMelSettings)]


def models_for(medium: Medium, named: Sequence[ModelFile], source: str) -> list[ModelFile]:
    """Return the models for a source: those named that are for its medium, else the shipped ones.

    Raises
    ------
    UserError
        If models are named, and none is for this medium.
    """
    if not named:
        return default_models(tasks_of(medium))
    fitting = [model for model in named if TASKS[model.spec.task].medium == medium]
    if not fitting:
        spec = named[0].spec
        wanted = " or ".join(task.name for task in tasks_of(medium))
        raise UserError(
            f"model={spec.name} must be a {wanted} model for source={source}, which delivers {medium};"
            f" it is for {spec.task}"
        )
    return fitting


@overload
def build_pipeline(
    stream: str,
    models: Sequence[ModelFile],
    config: Config,
    medium: Literal["sound"],
    others: Sequence[ModelFile] = (),
    *,
    at_once: bool = False,
) -> SoundPipeline: ...


@overload
def build_pipeline(
    stream: str,
    models: Sequence[ModelFile],
    config: Config,
    medium: Literal["images"],
    others: Sequence[ModelFile] = (),
    *,
    at_once: bool = False,
) -> ImagePipeline: ...


def build_pipeline(
    stream: str,
    models: Sequence[ModelFile],
    config: Config,
    medium: Medium,
    others: Sequence[ModelFile] = (),
    *,
    at_once: bool = False,
) -> SoundPipeline | ImagePipeline:
    """Build a stream's pipeline, with a classifier of its own for each model.

    Parameters
    ----------
    stream : str
        Name put on scores and events.
    models : sequence of ModelFile
        At least one.
    config : Config
    medium : {"sound", "images"}
        What the source delivers.
    others : sequence of ModelFile
        As in :func:`event_settings`.
    at_once : bool
        Of images: measure periods in time over the whole stream, as for files.

    Raises
    ------
    UserError
        If a model, its runtime or the event settings do not fit, or two models may give events of one label.
    """
    from streamer.model.sandbox import load_classifier
    from streamer.pipeline.stage import Stage

    stages = [
        Stage(
            stream,
            load_classifier(model, config.model.runtime, config.model.n_threads),
            event_settings(model, config, [*models, *others]),
            config.model.stride_s,
        )
        for model in models
    ]
    _check_labels(stages)
    if medium == "sound":
        from streamer.pipeline.sound import SoundPipeline

        looks = config.source.channel != "mix"
        return SoundPipeline(stream, stages, conditioning(config.source), looks=looks)
    from streamer.pipeline.images import ImagePipeline

    taken = {label.casefold() for stage in stages for label in stage.detector.labels}
    for measured in config.images.measured:
        if measured.label.casefold() in taken:
            raise UserError(f"measured.label={measured.label} must not be a label of a model of this stream; rename it")
    return ImagePipeline(stream, stages, config.images, at_once=at_once)


def conditioning(source: SourceSettings) -> Conditioning:
    """Return the high-pass and gain that a config asks for, for one stream alone."""
    from streamer.features.conditioning import Conditioning

    return Conditioning(source.highpass_hz, source.gain_db)


def _check_labels(stages: Sequence[Stage]) -> None:
    """Refuse two models whose results could not be told apart: by their labels, or by the label of an event."""
    owner: dict[str, str] = {}
    known: dict[tuple[str, ...], str] = {}
    for stage in stages:
        for label in stage.detector.may_fire:
            if label in owner:
                raise UserError(
                    f"label={label} must belong to one model of a stream, and {owner[label]} and {stage.spec.name} both"
                    " have it; add it to [events] deny, or run the models in streams of their own"
                )
            owner[label] = stage.spec.name
        name, labels = stage.spec.name, stage.detector.labels
        if labels in known:
            raise UserError(
                f"model={name} must have other labels than {known[labels]}, which has the very same; run the models in"
                " streams of their own"
            )
        known[labels] = name


def event_settings(model: ModelFile, config: Config, others: Sequence[ModelFile] = ()) -> EventSettings:
    """Return the model's event settings, overridden key by key by the config's.

    Parameters
    ----------
    others : sequence of ModelFile
        Further models of the same run: what the config says of their labels does not concern this one.

    Raises
    ------
    UserError
        If the result contradicts itself.
    """
    wanted = config.events
    foreign = {label.casefold() for other in others for label in other.labels}
    foreign -= {label.casefold() for label in model.labels}
    changed: dict[str, Any] = {}
    for key in ("allow", "deny", "labels"):
        named = getattr(wanted, key)
        own = [label for label in named if label.casefold() not in foreign]
        if len(own) < len(named):
            changed[key] = {label: named[label] for label in own} if key == "labels" else tuple(own)
    if changed.get("allow") == ():  # only labels of other models may fire
        changed["deny"] = model.labels
    return model.spec.events.overridden_by(wanted.model_copy(update=changed))
