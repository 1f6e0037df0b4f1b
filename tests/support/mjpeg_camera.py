"""Network camera for tests: synthetic JPEGs over HTTP, with the faults of real cameras."""

from __future__ import annotations

import base64
import contextlib
import itertools
import math
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from streamer.arrays import UInt8

N_CELLS = 16  # the top row of an image holds its number in black and white cells, which survive JPEG
SPOT_PX = 32  # a blinking square in the middle


def number_of(pixels: UInt8) -> int:
    """Return the number of an image, which may have been scaled."""
    width_px = pixels.shape[1] / N_CELLS
    row = pixels[int(width_px / 2), :, 1]
    return sum((row[int((i + 0.5) * width_px)] > 127) << i for i in range(N_CELLS))


def spot_of(pixels: UInt8) -> float:
    """Return the mean level of the blinking square."""
    height, width = pixels.shape[:2]
    half = SPOT_PX // 4
    return float(pixels[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half].mean())


class MjpegCamera:
    """A context in which a camera runs that stalls, freezes and dies on command.

    Parameters
    ----------
    fps : float
        Images per second; each is captured at its time ± ``jitter_s`` and sent at once.
    blink_hz : float
        Frequency of the square, a sine in time; may change while the camera runs.
    dropped : float
        Fraction of images that are not sent.
    password : str
        Password of the user ``eye``; none is required where empty.

    Attributes
    ----------
    captured_s : dict of int to float
        Number of each image → ``time.monotonic()`` of its capture.
    truncate_every : int
        One of so many JPEGs is cut to a third; none where 0.
    size : tuple of int
        Width and height; may change while the camera runs.
    """

    def __init__(
        self, fps: float = 30.0, blink_hz: float = 3.0, jitter_s: float = 0.0, dropped: float = 0.0, password: str = ""
    ) -> None:
        self.captured_s: dict[int, float] = {}
        self.truncate_every = 0
        self.size = 256, 192
        self.refuses = False
        self.blink_hz = blink_hz
        self._fps, self._jitter_s, self._dropped = fps, jitter_s, dropped
        self._password = password
        self._numbers = itertools.count(1)
        self._random = random.Random(7)
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._freezes_mid_image = False
        self._server: ThreadingHTTPServer | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        user = f"eye:{self._password}@" if self._password else ""
        return f"http://{user}127.0.0.1:{self.port}/video.mjpg"

    def __enter__(self) -> MjpegCamera:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def start(self) -> None:
        """Start the server, on the same port each time."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    camera._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def die(self) -> None:
        """Close the server and all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self.go_on()

    def stall(self, *, mid_image: bool = False) -> None:
        """Stop sending but keep the connections; with ``mid_image`` after half a JPEG."""
        self._freezes_mid_image = mid_image
        self._goes_on.clear()

    def go_on(self) -> None:
        self._freezes_mid_image = False
        self._goes_on.set()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        server = self._server
        login = "Basic " + base64.b64encode(f"eye:{self._password}".encode()).decode()
        if self._password and request.headers.get("Authorization") != login:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="camera"')
            request.end_headers()
            return
        if self.refuses:
            request.send_error(503)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        start_s = time.monotonic()
        for n in itertools.count():
            due_s = start_s + n / self._fps + self._random.uniform(-self._jitter_s, self._jitter_s)
            time.sleep(max(0.0, due_s - time.monotonic()))
            while not self._goes_on.wait(0.05) and not self._freezes_mid_image:
                if self._server is not server:
                    return
            if self._server is not server:
                return
            if self._random.random() >= self._dropped:
                self._send(request, server)

    def _send(self, request: BaseHTTPRequestHandler, server: ThreadingHTTPServer | None) -> None:
        number = next(self._numbers)
        self.captured_s[number] = time.monotonic()
        jpeg = self._jpeg(number, self.captured_s[number])
        if self.truncate_every and number % self.truncate_every == 0:
            jpeg = jpeg[: len(jpeg) // 3]
        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
        half = len(jpeg) // 2
        request.wfile.write(head + jpeg[:half])
        while self._freezes_mid_image and self._server is server:
            time.sleep(0.02)
        request.wfile.write(jpeg[half:] + b"\r\n")

    def _jpeg(self, number: int, captured_s: float) -> bytes:
        width, height = self.size
        image = np.empty((height, width, 3), np.uint8)
        image[:] = np.linspace(40, 200, width, dtype=np.uint8)[None, :, None]
        cell_px = width // N_CELLS
        for i in range(N_CELLS):
            image[:cell_px, i * cell_px : (i + 1) * cell_px] = 255 * (number >> i & 1)
        level = 127 + 100 * math.sin(2 * math.pi * self.blink_hz * captured_s)
        half = SPOT_PX // 2
        image[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half] = round(level)
        return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
