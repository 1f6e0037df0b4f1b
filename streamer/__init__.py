"""Real-time classification of sound, and of what is periodic in images; what is listed here is the public API.

    >>> import streamer
    >>> streamer.classify("dog.wav").label  # doctest: +SKIP
    'dog'

Importing it loads nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Classification": "api.model",
    "Direction": "messages",
    "Event": "messages",
    "LatticeVector": "messages",
    "LogMel": "features.logmel",
    "LogMelSettings": "features.logmel_settings",
    "Listener": "api.listen",
    "Model": "api.model",
    "NamedRegion": "messages",
    "RegionFindings": "messages",
    "Periodicity": "messages",
    "Scores": "messages",
    "Spatial": "messages",
    "SpatialComponent": "messages",
    "Summary": "messages",
    "Temporal": "messages",
    "TemporalComponent": "messages",
    "classify": "api.model",
    "listen": "api.listen",
    "load_model": "api.model",
    "log_mel": "features.logmel",
    "measure_frequency": "api.measure",
    "measure_pattern": "api.measure",
    "StreamerError": "errors",
    "UserError": "errors",
    "SourceUnavailable": "errors",
}
"""Public name → module that has it."""

if TYPE_CHECKING:
    from streamer.api.listen import Listener, listen
    from streamer.api.measure import measure_frequency, measure_pattern
    from streamer.api.model import Classification, Model, classify, load_model
    from streamer.errors import SourceUnavailable, StreamerError, UserError
    from streamer.features.logmel import LogMel, log_mel
    from streamer.features.logmel_settings import LogMelSettings
    from streamer.messages import (
        Direction,
        Event,
        LatticeVector,
        NamedRegion,
        Periodicity,
        RegionFindings,
        Scores,
        Spatial,
        SpatialComponent,
        Summary,
        Temporal,
        TemporalComponent,
    )
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'streamer' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"streamer.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "Classification",
    "Direction",
    "Event",
    "LatticeVector",
    "Listener",
    "LogMel",
    "LogMelSettings",
    "Model",
    "NamedRegion",
    "Periodicity",
    "RegionFindings",
    "Scores",
    "SourceUnavailable",
    "Spatial",
    "SpatialComponent",
    "StreamerError",
    "Summary",
    "Temporal",
    "TemporalComponent",
    "UserError",
    "__version__",
    "classify",
    "listen",
    "load_model",
    "log_mel",
    "measure_frequency",
    "measure_pattern",
]
