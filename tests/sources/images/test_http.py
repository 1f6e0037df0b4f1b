"""Answers over HTTP: authentication, redirects, deadlines, and a stop at any moment."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import parse_http_list, parse_keqv_list

import pytest

from streamer.sources.images.http import HttpStream, Unreachable

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that gives one answer to all requests; its host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate as cameras sign their own."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=camera"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def opened(url: str, stop: threading.Event | None = None) -> HttpStream:
    return HttpStream(url, 20.0, stop or threading.Event())


def test_body_and_content_type_of_an_answer() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        assert request.path == "/a?b=c"
        reply(request, 200, b"one\ntwo\nthree", Content_Type='Multipart/Mixed; Boundary="--X y"')

    with served(answer) as host, opened(f"http://{host}/a?b=c") as stream:
        assert (stream.status, stream.parameter("boundary")) == (200, "--X y")
        assert stream.content_type.startswith("multipart/mixed")
        assert [stream.line(100), stream.line(2), stream.read(4)] == [b"one\n", b"tw", b"o\nth"]
        assert stream.read(100) == b"ree"
        assert stream.line(100) == b""


def test_an_answer_in_chunks_is_put_together() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        reply(request, 200, b"2\r\non\r\n4\r\ne\ntw\r\n0\r\n\r\n", Transfer_Encoding="chunked")

    with served(answer) as host, opened(f"http://{host}") as stream:
        assert [stream.line(100), stream.read(100)] == [b"one\n", b"tw"]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ["", ', qop="auth,auth-int"'])
def test_digest_authentication(algorithm: str, qop: str) -> None:
    make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def digest(text: str) -> str:
        return make(text.encode()).hexdigest()

    def answer(request: BaseHTTPRequestHandler) -> None:
        kind, _, rest = request.headers.get("Authorization", "").partition(" ")
        if kind != "Digest":
            challenge = f'Digest realm="barn, north", nonce="n1", algorithm={algorithm}{qop}'
            reply(request, 401, WWW_Authenticate=challenge)
            return
        given = parse_keqv_list(parse_http_list(rest))
        middle = f"n1:{given['nc']}:{given['cnonce']}:auth" if qop else "n1"
        right = digest(f"{digest('eye:barn, north:p:w')}:{middle}:{digest('GET:/cam?x=1')}")
        reply(request, 200 if given["response"] == right else 403)

    with served(answer) as host, opened(f"http://eye:p%3Aw@{host}/cam?x=1") as stream:
        assert stream.status == 200


@pytest.mark.parametrize("user", ["", "eye:wrong@"])
def test_a_refused_user_is_asked_once(user: str) -> None:
    asked = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.headers.get("Authorization"))
        reply(request, 401, WWW_Authenticate='Basic realm="x"')

    with served(answer) as host, opened(f"http://{user}{host}/") as stream:
        assert stream.status == 401
    assert len(asked) == (2 if user else 1)


def test_a_redirect_is_followed_and_the_password_stays_with_its_host() -> None:
    seen = []

    def other(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers.get("Authorization"))
        reply(request, 401, WWW_Authenticate='Basic realm="x"')

    with served(other) as target:
        port = target.rpartition(":")[2]

        def answer(request: BaseHTTPRequestHandler) -> None:
            reply(request, 302, Location=f"http://localhost:{port}/there")

        with served(answer) as host, opened(f"http://eye:secret@{host}/") as stream:
            assert stream.status == 401
    assert seen == [None]


def test_a_circle_of_redirects_ends() -> None:
    with (
        served(lambda request: reply(request, 301, Location="/again")) as host,
        pytest.raises(http.client.HTTPException, match="circle"),
    ):
        opened(f"http://{host}/")


def test_a_closed_port_is_unreachable_and_a_silent_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(TimeoutError):
            HttpStream(f"http://{host}/", 0.1, threading.Event())
    with pytest.raises(Unreachable):
        opened(f"http://{host}/")


def test_an_answer_that_is_no_http_is_refused() -> None:
    def greet(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            connection.sendall(b"SSH-2.0-x\r\n")
            connection.recv(1000)  # else the request that is not read would reset the connection

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        with pytest.raises(http.client.HTTPException):
            opened(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


@pytest.mark.parametrize("what", ["deadline", "stop"])
def test_reading_from_a_silent_server_ends(what: str) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:  # connects without being accepted
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        if what == "stop":
            threading.Timer(0.1, stop.set).start()
        with pytest.raises(TimeoutError if what == "deadline" else InterruptedError):
            HttpStream(url, 0.1 if what == "deadline" else 60.0, stop)


@pytest.mark.skipif(not shutil.which("openssl"), reason="not installed: openssl")
def test_a_camera_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    context = own_certificate(tmp_path)
    with served(lambda request: reply(request, 200, b"hello"), context) as host, opened(f"https://{host}/") as stream:
        assert stream.read(5) == b"hello"


@pytest.mark.skipif(not shutil.which("openssl"), reason="not installed: openssl")
def test_a_password_that_was_encrypted_is_not_sent_in_plain_text_after_a_redirect(tmp_path: Path) -> None:
    sent: list[str | None] = []

    def plain(request: BaseHTTPRequestHandler) -> None:
        sent.append(request.headers.get("Authorization"))
        reply(request, 401, WWW_Authenticate='Basic realm="x"')

    with served(plain) as there:

        def secure(request: BaseHTTPRequestHandler) -> None:
            reply(request, 302, Location=f"http://{there}/")

        with (
            served(secure, own_certificate(tmp_path)) as host,
            opened(f"https://eye:secret@{host}/") as stream,
        ):
            assert stream.status == 401
    assert sent == [None]
