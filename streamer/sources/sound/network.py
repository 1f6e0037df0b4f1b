"""Sound of the network, live: the microphone of a camera (RTSP, or HTTP), and internet radio."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable
from streamer.sources.base import BeginSound
from streamer.sources.images.http import HttpStream, Unreachable
from streamer.sources.network_address import STATUSES, NetworkAddress
from streamer.sources.sound.receiver import SoundReceiver
from streamer.sources.stall import StallTimer

POLL_S = 0.1
STOP_TIMEOUT_S = 2.5  # for a call into a network to return …
MAX_CONNECT_S = 5.0  # … and for one that still connects, which ends by itself
DAMAGED_S = 60.0  # a damage is pointed out for so long
MAX_LIST = 65_536  # bytes of a playlist
PROBED = "65536"  # bytes that FFmpeg looks at before the first sound comes, instead of 5 MB

_ERRORS = {
    "HTTPUnauthorizedError": STATUSES[401],
    "HTTPForbiddenError": STATUSES[403],
    "HTTPNotFoundError": STATUSES[404],
    "InvalidDataError": "sends what is no sound",
    "EOFError": "ended the stream",
    "ExitError": "does not answer",
}


class NetworkSoundSource:
    """Sound at a URL, which goes on until it is stopped; what FFmpeg decodes.

    Sound that is lost on the way is counted by the timestamps of the stream. A stream that ends or stops is opened
    again, as every live source.

    Parameters
    ----------
    uri : str
        With user and password where they are needed; only its scheme, host and the shape of its path are shown.
    settings : SourceSettings
        ``channel``, ``connect_s``, ``first_s``, ``stall_s`` and ``frozen_s`` are used.

    Raises
    ------
    UserError
        When the URI is no address of the network.
    """

    medium: Final = "sound"
    is_live = True
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0

    def __init__(self, uri: str, settings: SourceSettings) -> None:
        self._address = NetworkAddress(uri)
        self.uri = f"sound:{self._address.shown}"
        self.note = ""
        self._settings = settings
        self._receiver: SoundReceiver | None = None
        self._is_unreachable = False  # nothing took a connection in the last attempt

    @property
    def stuck(self) -> bool:
        """Whether a call into the network hangs."""
        return self._receiver is not None and self._receiver.hangs

    def may_be_back(self) -> bool:
        """Return whether a server that could not be reached takes a connection now."""
        return self._is_unreachable and self._address.takes_a_connection()

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Deliver sound until ``stop`` is set; see :class:`streamer.sources.Source`."""
        if self.stuck:
            raise SourceUnavailable(f"source={self.uri!r} must answer; an earlier call to it has not returned yet")
        self._is_unreachable = False
        receiver = self._receiver = SoundReceiver(
            self.uri, self._open, self._settings.channel_index, is_paced=not self._address.is_rtsp
        )
        receiver.start()
        try:
            if self._await_first_sound(receiver, stop):
                assert receiver.sound_format is not None
                receiver.deliver(begin(receiver.sound_format))
                self._monitor(receiver, stop)
        finally:
            self.note = ""
            is_connecting = not (receiver.opened.is_set() or receiver.ended.is_set())
            connect_s = min(self._settings.connect_s, MAX_CONNECT_S) if is_connecting else 0.0
            receiver.stop(STOP_TIMEOUT_S + connect_s)

    def _await_first_sound(self, receiver: SoundReceiver, stop: threading.Event) -> bool:
        """Return True once sound comes; False when stopped first."""
        settings = self._settings
        deadline_s = time.monotonic() + settings.connect_s + max(settings.first_s, settings.stall_s)
        while not stop.is_set():
            if receiver.opened.wait(POLL_S / 2):
                return True
            self._raise_if_ended(receiver)
            if time.monotonic() > deadline_s:
                raise SourceUnavailable(f"source={self.uri!r} must deliver; it sends no sound that a decoder knows")
        return False

    def _monitor(self, receiver: SoundReceiver, stop: threading.Event) -> None:
        """Check the flow of sound until stopped; raises when it ends."""
        stall = StallTimer(POLL_S, time.monotonic())
        while not stop.wait(POLL_S):
            self._raise_if_ended(receiver)
            now_s = time.monotonic()
            stalled_s = stall.update(receiver.n_samples, now_s)
            if stalled_s > self._settings.stall_s:
                raise SourceUnavailable(f"source={self.uri!r} must deliver; it has sent no sound for {stalled_s:.1f} s")
            zeros_s = now_s - receiver.nonzero_s
            silent = f"exact zeros for {zeros_s:.0f} s: muted" if zeros_s >= self._settings.frozen_s else ""
            is_recent = now_s - receiver.damaged_s < DAMAGED_S
            damaged = f"sound lost or damaged {receiver.n_damaged} times" if is_recent else ""
            self.note = "; ".join(filter(None, (silent, damaged)))

    def _raise_if_ended(self, receiver: SoundReceiver) -> None:
        if receiver.ended.is_set():
            error = receiver.error
            if isinstance(error, SourceUnavailable):
                raise error
            why = "the server ended the stream" if error is None else self._failure(error)
            raise SourceUnavailable(f"source={self.uri!r} must stay; {why}")

    @contextlib.contextmanager
    def _open(self, stop: threading.Event) -> Iterator[Any]:
        """Open the stream, and close it in the end; runs on the receiver's thread."""
        import av

        from streamer.sources.container import open_rtsp

        settings = self._settings
        options = {"probesize": PROBED, "analyzeduration": "500000"}
        if self._address.is_rtsp:
            timeouts_s = settings.connect_s, settings.stall_s
            container: Any
            try:
                container = open_rtsp(self._address.secret, "audio", options | {"rtsp_transport": "tcp"}, timeouts_s)
            except (av.FFmpegError, OSError) as error:
                self._is_unreachable = not self._address.takes_a_connection()
                raise SourceUnavailable(f"source={self.uri!r} must answer; {self._failure(error)}") from None
            with container:
                yield container
            return
        with self._http(self._address.secret, stop) as body:
            try:
                container = av.open(body, options=options | {"protocol_whitelist": "none"}, buffer_size=4096)
            except (av.FFmpegError, OSError) as error:
                what = body.content_type or "what it sends"
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver sound; {what} is known to no decoder ({self._failure(error)})"
                ) from None
            with container:
                yield container

    def _http(self, url: str, stop: threading.Event, is_list: bool = False) -> HttpBody:
        """Open an address over HTTP; where it is a playlist, the first address in that."""
        try:
            stream = HttpStream(url, self._settings.connect_s, stop)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._is_unreachable = isinstance(error, Unreachable)
            raise SourceUnavailable(f"source={self.uri!r} must answer; {self._failure(error)}") from None
        if stream.status != 200:
            stream.close()
            reason = STATUSES.get(stream.status, "answers with an error")
            raise SourceUnavailable(
                f"source={self.uri!r} must answer with sound; {self._address.host} {reason} (HTTP {stream.status})"
            )
        if not is_list and ("mpegurl" in stream.content_type or "scpls" in stream.content_type):
            stream.within(self._settings.connect_s)
            text = stream.read(MAX_LIST).decode("utf-8", "replace")
            stream.close()
            found = re.search(r"(?mi)^(?:File\d+=)?(https?://\S+)", text)
            if found and "#EXT-X-" not in text:
                return self._http(found[1], stop, is_list=True)
            raise SourceUnavailable(
                f"source={self.uri!r} must be a stream of sound; it is a list of pieces (HLS): use another address"
            )
        return HttpBody(stream, self._settings.stall_s)

    def _failure(self, error: Exception) -> str:
        """Return in words why nothing can be read from a server; without its address, which may hold secrets."""
        host = self._address.host
        if self._is_unreachable:
            return f"{host} takes no connection: it is not there yet, or its port is another one"
        if (name := type(error).__name__) in _ERRORS:
            return f"{host} {_ERRORS[name]}"
        if isinstance(error, TimeoutError):
            return f"{host} does not answer"
        if isinstance(error, OSError) and error.strerror:
            return f"{host} broke the connection ({error.strerror})"
        return f"{host} sends what cannot be read"


class HttpBody(io.RawIOBase):
    """The body of an answer as a file that cannot be sought in; each reading ends within a time.

    Parameters
    ----------
    stream : HttpStream
        The answer.
    timeout_s : float
        Until the next bytes must be there.
    """

    def __init__(self, stream: HttpStream, timeout_s: float) -> None:
        self.content_type: Final = stream.content_type
        self._stream, self._timeout_s = stream, timeout_s

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, at least one byte; 0 at the end of the stream."""
        self._stream.within(self._timeout_s)
        view = memoryview(buffer).cast("B")
        data = self._stream.some(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        super().close()
