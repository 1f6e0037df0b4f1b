"""From what the user asked for to a pipeline: settings, model, classifier, kernels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamer.config import Config, EventSettings, load_config, validated
from streamer.model.file import ModelFile, find_model, read_model_file

if TYPE_CHECKING:
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.sound import SoundPipeline


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
    for key, value in overrides.items():
        if value not in (None, ""):
            section, name = key.split(".")
            values.setdefault(section, {})[name] = value
    return validated(Config, values, "command line" if path is None else f"{path} and command line")


SHIPPED = {"sound": ("ambient",), "images": ("pattern", "motion"), "picture": ("pattern",), "video": ("motion",)}
"""The shipped models for each kind of source, and for files of each kind."""


def read_models(config: Config, kind: str, name: str = "") -> list[ModelFile]:
    """Read the models for a kind of source: the one named, else the configured, else the shipped ones.

    Parameters
    ----------
    config : Config
    kind : {"sound", "images", "picture", "video"}
    name : str
        A shipped model's name or a path.

    Raises
    ------
    UserError
        If there is none, or it cannot be used.
    """
    named = name or config.model.path
    return [read_model_file(find_model(n), config.model.sidecar or None) for n in ([named] if named else SHIPPED[kind])]


def make_pipeline(stream: str, model: ModelFile, config: Config, others: Sequence[ModelFile] = ()) -> SoundPipeline:
    """Build a stream's pipeline for sound with a classifier of its own; ``others`` as in :func:`event_settings`.

    Raises
    ------
    UserError
        If the model, its runtime or the event settings do not fit.
    """
    from streamer.model.classifier import Classifier
    from streamer.pipeline.sound import SoundPipeline

    classifier = Classifier(model, config.model.runtime, config.model.n_threads)
    return SoundPipeline(stream, classifier, event_settings(model, config, others), config.model.stride_s)


def make_image_pipeline(
    stream: str,
    models: Sequence[ModelFile],
    config: Config,
    others: Sequence[ModelFile] = (),
    *,
    at_once: bool = False,
) -> ImagePipeline:
    """Build a stream's pipeline for images, with a classifier of its own for each model.

    Parameters
    ----------
    others : sequence of ModelFile
        As in :func:`event_settings`.
    at_once : bool
        Measure periods in time over the whole stream, as for files.

    Raises
    ------
    UserError
        If a model, its runtime or the event settings do not fit.
    """
    from streamer.model.classifier import Classifier
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.stage import Stage

    stages = [
        Stage(
            stream,
            Classifier(model, config.model.runtime, config.model.n_threads),
            event_settings(model, config, [*models, *others]),
            config.model.stride_s,
        )
        for model in models
    ]
    return ImagePipeline(stream, stages, config.images, at_once=at_once)


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
