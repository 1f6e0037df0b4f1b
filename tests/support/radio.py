"""Internet radio for tests: an endless stream of sound over HTTP that bursts, stalls, ends and wants a password."""

from __future__ import annotations

import base64
import contextlib
import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PASSWORD = "s3cret"
TYPES = {"mp3": "audio/mpeg", "ogg": "application/ogg", "opus": "audio/ogg", "aac": "audio/aac"}


class Radio:
    """A context in which a server sends the bytes of a sound file again and again, at the pace of a radio.

    Parameters
    ----------
    data : bytes
        One file; its end is followed by its beginning.
    seconds : float
        Of sound in it.
    kind : str
        Its suffix, for the content type.
    burst_s : float
        Seconds of sound that are sent at once.
    password : str
        Of the user ``ear``; none is needed where empty.

    Attributes
    ----------
    stall : threading.Event
        While set, nothing is sent.
    """

    def __init__(self, data: bytes, seconds: float, kind: str, burst_s: float = 0.0, password: str = "") -> None:
        self.stall = threading.Event()
        self.n_listeners = 0
        self._data, self._seconds, self._kind, self._burst_s = data, seconds, kind, burst_s
        self._password = password
        self._dead = threading.Event()
        self._server = self._serve(0)
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        login = f"ear:{self._password}@" if self._password else ""
        return f"http://{login}127.0.0.1:{self.port}/stream.{self._kind}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def die(self) -> None:
        """End the server and all its connections."""
        self._dead.set()
        self._server.shutdown()
        self._server.server_close()

    def revive(self) -> None:
        """Start the server again at the same port."""
        self._dead = threading.Event()
        self._server = self._serve(self.port)

    def _serve(self, port: int) -> ThreadingHTTPServer:
        radio, dead = self, self._dead

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                radio.answer(self, dead)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def answer(self, request: BaseHTTPRequestHandler, dead: threading.Event) -> None:
        wanted = base64.b64encode(f"ear:{self._password}".encode()).decode()
        if self._password and request.headers.get("Authorization") != f"Basic {wanted}":
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="radio"')
            request.end_headers()
            return
        if request.path.endswith(".m3u"):
            request.send_response(200)
            request.send_header("Content-Type", "audio/x-mpegurl")
            request.end_headers()
            request.wfile.write(f"#EXTM3U\n{self.url}\n".encode())
            return
        request.send_response(200)
        request.send_header("Content-Type", TYPES[self._kind])
        request.end_headers()
        self.n_listeners += 1
        with contextlib.suppress(OSError):
            self._send(request, dead)

    def _send(self, request: BaseHTTPRequestHandler, dead: threading.Event) -> None:
        per_s = len(self._data) / self._seconds
        started_s, n_sent = time.monotonic(), 0
        for block in itertools.cycle(self._data[at : at + 1024] for at in range(0, len(self._data), 1024)):
            while not dead.is_set() and (
                self.stall.is_set() or n_sent / per_s - self._burst_s > time.monotonic() - started_s
            ):
                dead.wait(0.01)
            if dead.is_set():
                return
            request.wfile.write(block)
            n_sent += len(block)
