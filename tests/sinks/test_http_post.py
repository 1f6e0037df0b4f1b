"""Posting: the answer of a server, or why there is none; no redirection is followed."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from streamer.sinks.http_post import post


class _Answers(BaseHTTPRequestHandler):
    """Answer as the path says."""

    def do_POST(self) -> None:
        n_bytes = int(self.headers["Content-Length"])
        self.server.posted.append((self.path, self.rfile.read(n_bytes), self.headers["X-Own"]))  # type: ignore[attr-defined]
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.posted = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 204, 301, 302, 307, 400, 429, 503])
def test_the_answer_is_that_of_the_server_itself(server: HTTPServer, status: int) -> None:
    url = f"http://127.0.0.1:{server.server_port}/{status}"
    assert post(url, b"{}", {"X-Own": "yes"}, 5.0)[0] == status
    assert server.posted == [(f"/{status}", b"{}", "yes")]  # type: ignore[attr-defined]


def test_without_an_answer_there_is_a_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, 5.0)


def test_what_is_no_http_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as strange:

        def greet() -> None:
            connection, _ = strange.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-x\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        with pytest.raises(OSError, match="SSH"):
            post(f"http://127.0.0.1:{strange.getsockname()[1]}/", b"{}", {}, 5.0)
        thread.join()
