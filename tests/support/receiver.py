"""An HTTP server that keeps what is posted to it, and answers as a test tells it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What was posted so far, and the answers to give: one after the other, then always 200."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.answers: list[int] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.changed = threading.Condition()

    def until(self, n: int, timeout_s: float = 20.0) -> None:
        """Wait until so many posts have come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.posts) >= n, timeout_s), self.posts

    def bodies(self) -> list[Any]:
        """Return what was posted as JSON."""
        return [json.loads(body) for _, body in self.posts]


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """Run such a server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.changed:
                receiver.posts.append((dict(self.headers.items()), body))
                code = receiver.answers.pop(0) if receiver.answers else 200
                receiver.changed.notify_all()
            if not code:  # hang up without an answer
                self.close_connection = True
                return
            self.send_response(code)
            if code == 307:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
