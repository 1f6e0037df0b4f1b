"""Notify: a sink that tells people of events on their phones, in chats or by mail, by way of apprise."""

from __future__ import annotations

import math
import re
import tempfile
import time
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from streamer.address import without_secrets
from streamer.config import HoursText, Settings
from streamer.errors import StreamerError, Undelivered, UserError
from streamer.installation import needed
from streamer.messages import ClipWritten, Event, Message, Withheld
from streamer.placeholders import filled
from streamer.safe_text import safe_lines
from streamer.sinks import RunLink
from streamer.sinks.event_choice import EventChoice
from streamer.sinks.event_text import check_template, event_fields
from streamer.sinks.hours import is_within

MOST_WAITING = 1000  # events; beyond that the oldest are lost
N_LINES = 10  # of one notification that tells of several events
RETRY_S = (2.0, 300.0)  # first and longest pause before it is tried again


class NotifySettings(Settings):
    """Settings of the sink `notify`."""

    when: Literal["begin", "end", "clip"] = "begin"  # of the event; clip: when its clip is complete, which is attached
    attach: Literal["clip", "picture"] = "clip"  # picture: of images one from the middle of the clip, which phones show
    labels: tuple[str, ...] = ()  # only these; empty: all
    title: str = "{label}: {stream}"  # with the fields of the event in braces
    body: str = "{time} {label} {length} {measured}"
    quiet: HoursText = ""  # local time without notifications, such as 22:00-07:00
    group_s: Annotated[float, Field(ge=0.0, le=86400.0)] = 10.0  # events within it are in one notification
    per_hour: Annotated[int, Field(ge=0, le=10_000)] = 20  # most notifications in an hour; 0: no limit


class Notify:
    """Sink that tells of events; those that come together, or too many, are told of in one notification.

    Parameters
    ----------
    address : str
        Of a service that apprise knows, such as ``ntfys://topic``; ``${NAME}`` and ``${file:PATH}`` stand for secrets.
    settings : NotifySettings

    Raises
    ------
    UserError
        If apprise is not installed, or the address, a secret or a template cannot be used.
    """

    def __init__(self, address: str, settings: NotifySettings) -> None:
        with needed("notify"):
            import apprise
        check_template(settings.title, "notify.title")
        check_template(settings.body, "notify.body")
        self._settings = settings
        self._capture: Any = apprise.LogCapture
        self._service = apprise.Apprise()
        with self._capture():
            if not self._service.add(filled(address, "notify")):
                kind = re.match(r"[a-z0-9+]{1,20}(?=:)", address)
                raise UserError(
                    f"notify={kind[0] if kind else ''}:… must be an address of a service that apprise knows, such as"
                    " ntfys://topic or mailto://…"
                )
        self._choice = EventChoice(settings.when, settings.labels)
        self._waiting: deque[tuple[Event, Path | None]] = deque()
        self._n_quiet = 0  # not told of in the quiet hours
        self._link: RunLink | None = None
        self._sent_s: deque[float] = deque()  # monotonic times of the notifications of the last hour
        self._pause_s = RETRY_S[0]
        self.due_s = math.inf
        self.accepts: tuple[type, ...] = self._choice.accepts

    def connect(self, link: RunLink) -> None:
        """Tell the run of what is not told of in the quiet hours."""
        self._link = link

    def write(self, message: Message) -> bool:
        """Let an event wait for its notification; False, as nothing is told yet.

        Raises
        ------
        StreamerError
            If so many wait that the oldest is lost.
        """
        event = self._choice.event_of(message)
        if event is None:
            return False
        if self._is_quiet():
            self._n_quiet += 1
            if self._link:
                self._link.post(Withheld(event, "notify", "quiet hours"))
            return False
        if not self._waiting:
            self.due_s = time.monotonic() + self._settings.group_s
        self._waiting.append((event, message.path if isinstance(message, ClipWritten) else None))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            raise StreamerError(f"notify: more than {MOST_WAITING} events wait; the oldest are not told of")
        return False

    def tick(self) -> bool:
        """Tell of the events that wait, unless there have been too many notifications in the last hour.

        Raises
        ------
        Undelivered
            If the service cannot be reached or refuses it.
        """
        now_s = time.monotonic()
        while self._sent_s and self._sent_s[0] <= now_s - 3600.0:
            self._sent_s.popleft()
        if self._settings.per_hour and len(self._sent_s) >= self._settings.per_hour:
            self.due_s = self._sent_s[0] + 3600.0
            return False
        self.due_s = now_s + self._pause_s  # where it fails
        self._pause_s, pause_s = min(2 * self._pause_s, RETRY_S[1]), self._pause_s
        self._tell()
        self._pause_s = min(pause_s, RETRY_S[0])
        self._sent_s.append(now_s)
        self._waiting.clear()
        self._n_quiet = 0
        self.due_s = math.inf
        return True

    def close(self) -> None:
        """Tell of the events that still wait.

        Raises
        ------
        StreamerError
            If that fails.
        """
        if self._waiting:
            n_waiting = len(self._waiting)
            try:
                if not self.tick():
                    raise StreamerError(f"more than {self._settings.per_hour} notifications in an hour")
            except StreamerError as error:
                raise StreamerError(f"notify: {n_waiting} events not told of: {error}") from None

    def _tell(self) -> None:
        fields = [event_fields(event, path.name if path else "") for event, path in self._waiting]
        lines = [" ".join(self._settings.body.format(**each).split()) for each in fields[:N_LINES]]
        if len(fields) > N_LINES:
            lines.append(f"… and {len(fields) - N_LINES} more")
        if self._n_quiet:
            lines.append(f"{self._n_quiet} more in the quiet hours")
        title = self._settings.title.format(**fields[0])
        if len(fields) > 1:
            title = f"{len(fields)} events"
        clips = [path for _, path in self._waiting if path is not None and path.is_file()]
        body = safe_lines("\n".join(lines))
        with self._capture() as said, tempfile.TemporaryDirectory() as folder:
            attached = (
                [_picture_of(clip, Path(folder)) for clip in clips] if self._settings.attach == "picture" else clips
            )
            names = [str(path) for path in attached]
            was_sent = self._service.notify(body, title=safe_lines(title), attach=names or None)
        if not was_sent:
            reason = without_secrets(said.getvalue().strip().rpartition("\n")[2])
            raise Undelivered(f"notification not sent: {reason or 'the service refuses it'}")

    def _is_quiet(self) -> bool:
        return bool(self._settings.quiet) and is_within(self._settings.quiet, datetime.fromtimestamp(time.time()))


def _picture_of(clip: Path, folder: Path) -> Path:
    """Return a picture of a clip of images, written into a folder; the clip itself where there is none of it."""
    if clip.suffix != ".mp4":
        return clip
    from streamer.sinks.video import middle_picture

    picture = middle_picture(clip)
    if picture is None:
        return clip
    path = folder / f"{clip.stem}.jpg"
    path.write_bytes(picture)
    return path
