"""From what the user asked for to a pipeline: settings, model, classifier, kernels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamer.config import Config, EventSettings, load_config, validated
from streamer.model_file import ModelFile, find_model, read_model_file
from streamer.pipeline import SoundPipeline


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


def read_model(config: Config, name: str = "") -> ModelFile:
    """Read the model that the settings name, or another one by name or path.

    Raises
    ------
    UserError
        If there is none, or it cannot be used.
    """
    return read_model_file(find_model(name or config.model.path), config.model.sidecar or None)


def make_pipeline(stream: str, model: ModelFile, config: Config) -> SoundPipeline:
    """Build a stream's pipeline with a classifier of its own.

    Raises
    ------
    UserError
        If the model, its runtime or the event settings do not fit.
    """
    from streamer.classifier import Classifier

    classifier = Classifier(model, config.model.runtime, config.model.n_threads)
    return SoundPipeline(stream, classifier, event_settings(model, config), config.model.stride_s)


def event_settings(model: ModelFile, config: Config) -> EventSettings:
    """Return the model's event settings, overridden key by key by the config's.

    Raises
    ------
    UserError
        If the result contradicts itself.
    """
    return model.spec.events.overridden_by(config.events)
