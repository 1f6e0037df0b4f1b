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
    "LogMel": "features.logmel",
    "LogMelSettings": "features.logmel",
    "log_mel": "features.logmel",
    "StreamerError": "errors",
    "UserError": "errors",
    "SourceUnavailable": "errors",
}
"""Public name → module that has it."""

if TYPE_CHECKING:
    from streamer.errors import SourceUnavailable, StreamerError, UserError
    from streamer.features.logmel import LogMel, LogMelSettings, log_mel
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
    "LogMel",
    "LogMelSettings",
    "SourceUnavailable",
    "StreamerError",
    "UserError",
    "__version__",
    "log_mel",
]
