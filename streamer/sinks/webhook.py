"""Webhook: a sink that posts results as JSON to an HTTP server, again and again until it has taken them."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from streamer import __version__
from streamer.address import shown
from streamer.config import SecretText, Settings
from streamer.errors import StreamerError, Undelivered, UserError
from streamer.messages import ClockChange, Event, Health, Message, Periodicity, Scores
from streamer.placeholders import filled
from streamer.safe_text import json_line
from streamer.sinks.clock_state import ClockState
from streamer.sinks.jsonlines import as_dict, marked

Part = Literal["event_start", "event", "periodicity", "health", "scores"]
_TYPES: dict[Part, type] = {
    "event_start": Event, "event": Event, "periodicity": Periodicity, "health": Health, "scores": Scores,
}  # fmt: skip
_LATER = (408, 425, 429)  # and all from 500 on: the server may take it another time


class WebhookSettings(Settings):
    """Settings of the sink `webhook`."""

    send: tuple[Part, ...] = ("event_start", "event")  # types of the JSON lines that are posted
    headers: dict[str, SecretText] = Field(default_factory=dict)  # values hold ${NAME} or ${file:PATH}
    timeout_s: Annotated[float, Field(ge=0.1, le=60.0)] = 5.0  # for the server to answer


class Webhook:
    """Sink that posts each result as one JSON object, the same as a JSON line.

    One that was posted again, as the answer was lost, has the same ``Idempotency-Key``.

    Parameters
    ----------
    url : str
        Address of the server; ``${NAME}`` and ``${file:PATH}`` stand for secrets.
    settings : WebhookSettings

    Raises
    ------
    UserError
        If the address, a header or a secret cannot be used.
    """

    def __init__(self, url: str, settings: WebhookSettings) -> None:
        self._url = filled(url, "webhook")
        self._shown = shown(url)
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise UserError(f"webhook={self._shown} must be of http or https, without user and password; use headers")
        headers = settings.headers.items()
        self._headers = {name: filled(value, f"webhook.headers.{name}") for name, value in headers}
        self._send = settings.send
        self._timeout_s = settings.timeout_s
        self._clock = ClockState()
        self._message: Message | None = None
        self._key = ""
        self.accepts: tuple[type, ...] = (*{_TYPES[part] for part in settings.send}, ClockChange)
        self._all_headers()  # so that one that cannot be is refused at once

    def write(self, message: Message) -> bool:
        """Post a message; False if it is not of a type to send.

        Raises
        ------
        Undelivered
            If the server does not answer, or says that it cannot take it now.
        StreamerError
            If it refuses the message.
        """
        self._clock.update(message)
        if isinstance(message, ClockChange):
            return False
        values = marked(as_dict(message), self._clock)
        if values["type"] not in self._send:
            return False
        if message is not self._message:
            self._message, self._key = message, str(uuid.uuid4())
        from streamer.sinks.http_post import post

        try:
            status, reason = post(self._url, json_line(values).encode(), self._all_headers(), self._timeout_s)
        except OSError as error:
            raise Undelivered(f"webhook {self._shown}: {error}") from None
        if status < 300:
            self._message = None
            return True
        answer = f"webhook {self._shown}: the server answers {status} {reason}"
        if status in _LATER or status >= 500:
            raise Undelivered(answer)
        raise StreamerError(f"{answer}; what was posted is lost")

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    def _all_headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"streamer/{__version__}",
            "Idempotency-Key": self._key,
            **self._headers,
        }
        for name, value in headers.items():
            if not value.isprintable() or not name.replace("-", "").isalnum() or not (name + value).isascii():
                raise UserError(f"webhook.headers.{name} must be of printable ASCII")
        return headers
