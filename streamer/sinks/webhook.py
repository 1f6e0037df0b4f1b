"""Webhook: a sink that posts results as JSON to an HTTP server, again and again until it has taken them."""

from __future__ import annotations

import http.client
import uuid
from typing import Annotated, Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

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


class _NoRedirect(HTTPRedirectHandler):
    """Follow no redirection: it would turn a POST into a GET, or send headers with secrets elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


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
        self._opener: OpenerDirector = build_opener(_NoRedirect)
        self._message: Message | None = None
        self._key = ""
        self.accepts: tuple[type, ...] = (*{_TYPES[part] for part in settings.send}, ClockChange)
        self._request(b"{}")  # so that a header that cannot be is refused at once

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
        try:
            with self._opener.open(self._request(json_line(values).encode()), timeout=self._timeout_s):
                self._message = None
                return True
        except HTTPError as error:
            answer = f"webhook {self._shown}: the server answers {error.code} {error.reason}"
            error.close()
            if error.code in _LATER or error.code >= 500:
                raise Undelivered(answer) from None
            raise StreamerError(f"{answer}; what was posted is lost") from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise Undelivered(f"webhook {self._shown}: {reason or type(error).__name__}") from None

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    def _request(self, data: bytes) -> Request:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"streamer/{__version__}",
            "Idempotency-Key": self._key,
            **self._headers,
        }
        for name, value in headers.items():
            if not value.isprintable() or not name.replace("-", "").isalnum() or not (name + value).isascii():
                raise UserError(f"webhook.headers.{name} must be of printable ASCII")
        return Request(self._url, data, headers, method="POST")
