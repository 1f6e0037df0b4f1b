"""Registry of the sinks that users name by ``--sink NAME[:ARGUMENT]`` or `output.sinks`.

A new one is added to :data:`SINKS`. Another package adds one by a plug-in: its entry point of the group
``streamer.sinks``, named as the sink, names a :class:`SinkKind`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from streamer.address import shown
from streamer.config import Settings, SinkSettings, validated
from streamer.errors import UserError
from streamer.plugins import PlugIns
from streamer.sinks import Sink
from streamer.sinks.line_file import LineFile
from streamer.sinks.mqtt import MqttSettings
from streamer.sinks.notify import NotifySettings
from streamer.sinks.prometheus import PrometheusSettings
from streamer.sinks.webhook import WebhookSettings
from streamer.system import with_home


class NoSettings(Settings):
    """Settings of a sink that needs nothing but its argument."""


class LogSettings(Settings):
    """Settings of the sink `log`."""

    max_mb: Annotated[float, Field(ge=0.0)] = 0.0  # size of the file and those before it; 0: no limit


class JsonLinesSettings(LogSettings):
    """Settings of the sink `jsonl`."""

    scores: bool = False  # also one line for each window


@dataclass(frozen=True, slots=True)
class SinkKind:
    """One kind of sink: what users tell it, and how it is made.

    ``make`` gets the argument and an instance of ``settings``. It may raise UserError, and OSError where a file cannot
    be opened.
    """

    argument: str  # what stands after `NAME:`, as PATH or HOST:PORT; "" for nothing, "[PATH]" where it may be left out
    make: Callable[[str, Any], Sink]
    settings: type[Settings] = NoSettings  # for those in a config file; unknown keys are refused by it
    is_local: bool = False  # it needs no network, and its argument is the path of a file that it writes


def _jsonl(path: str, settings: JsonLinesSettings) -> Sink:
    from streamer.sinks.jsonlines import JsonLines

    return JsonLines(_opened(path, settings), settings.scores, owned=True)


def _log(path: str, settings: LogSettings) -> Sink:
    from streamer.sinks.log import EventLog

    return EventLog(_opened(path, settings), owned=True)


def _opened(path: str, settings: LogSettings) -> LineFile:
    return LineFile(Path(with_home(path)), settings.max_mb * 1e6)


def _mqtt(address: str, settings: MqttSettings) -> Sink:
    from streamer.sinks.mqtt import Mqtt

    return Mqtt(address, settings)


def _webhook(url: str, settings: WebhookSettings) -> Sink:
    from streamer.sinks.webhook import Webhook

    return Webhook(url, settings)


def _notify(address: str, settings: NotifySettings) -> Sink:
    from streamer.sinks.notify import Notify

    return Notify(address, settings)


def _prometheus(address: str, settings: PrometheusSettings) -> Sink:
    from streamer.sinks.prometheus import Metrics

    return Metrics(address, settings)


SINKS: dict[str, SinkKind] = {
    "jsonl": SinkKind("PATH", _jsonl, JsonLinesSettings, is_local=True),
    "log": SinkKind("PATH", _log, LogSettings, is_local=True),
    "mqtt": SinkKind("HOST[:PORT]", _mqtt, MqttSettings),
    "notify": SinkKind("ADDRESS", _notify, NotifySettings),
    "prometheus": SinkKind("[HOST:PORT]", _prometheus, PrometheusSettings),
    "webhook": SinkKind("URL", _webhook, WebhookSettings),
}
"""Every built-in sink by its name."""

PLUG_INS = PlugIns("streamer.sinks", SinkKind)
"""The sinks that other packages add."""


def make_sink(settings: SinkSettings) -> Sink:
    """Make the sink that a user named.

    Raises
    ------
    UserError
        If there is no such sink, or its argument or settings cannot be used.
    StreamerError
        If its plug-in fails.
    """
    name, argument = settings.name, settings.argument
    title = f"sink={name}:{shown(argument)}" if argument else f"sink={name}"
    kind = SINKS.get(name) or PLUG_INS.get(name)
    if kind is None:
        forms = ", ".join(_form(each, kind) for each, kind in (SINKS | PLUG_INS.working()).items())
        raise UserError(f"{title} must be one of these: {forms}; others come with the packages that add them")
    if bool(argument) != bool(kind.argument) and not kind.argument.startswith("["):
        raise UserError(f"{title} must have the form {_form(name, kind)}")
    values = validated(kind.settings, settings.settings, f"settings of the {title}")
    if name in SINKS:
        return _made(kind, argument, values, title)
    with PLUG_INS.blamed(name):
        sink = _made(kind, argument, values, title)
        if not isinstance(sink, Sink):
            raise TypeError(f"make returned {type(sink).__name__}, which is no Sink")
        return sink


def _made(kind: SinkKind, argument: str, values: Settings, title: str) -> Sink:
    try:
        return kind.make(argument, values)
    except OSError as error:
        raise UserError(f"{title} must be usable; {error.strerror or error}") from None


def _form(name: str, kind: SinkKind) -> str:
    if kind.argument.startswith("["):
        return f"{name}[:{kind.argument[1:]}"
    return f"{name}:{kind.argument}" if kind.argument else name
