"""Stand-in for OpenCV with one local camera: modes, controls and refusals of real drivers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from streamer.arrays import UInt8

WIDTH, HEIGHT, FPS, FOURCC, GAIN, EXPOSURE, AUTO_EXPOSURE, POS_MSEC = 3, 4, 5, 6, 14, 15, 21, 0
RAW, MJPG = 1448695129, 1196444237  # "YUYV", "MJPG"


@dataclass
class FakeVideo:
    """A camera that accepts every request and does what it can, as V4L2 drivers do."""

    modes: dict[int, dict[tuple[int, int], float]]  # pixel format → size → highest rate
    opens: bool = True
    grabs: bool = True
    back_end: str = "V4L2"
    controls: dict[int, float] = field(default_factory=dict)  # number → value, of the controls that it has
    highest_gain: float = 100.0
    calls: list[tuple[int, float]] = field(default_factory=list)
    opened_with: tuple[Any, ...] = ()
    n_grabbed: int = 0
    is_released: bool = False

    def __post_init__(self) -> None:
        self._fourcc = next(iter(self.modes))
        self._size = next(iter(self.modes[self._fourcc]))
        self._asked_size = self._size
        self._fps = self.modes[self._fourcc][self._size]

    def open(self, *arguments: Any) -> bool:
        self.opened_with = arguments
        return self.opens

    def set(self, number: int, value: float) -> bool:
        self.calls.append((number, value))
        if number in (WIDTH, HEIGHT):
            width, height = self._asked_size
            self._asked_size = (int(value), height) if number == WIDTH else (width, int(value))
            self._apply()
            return True
        if number == FOURCC:
            self._fourcc = int(value) if int(value) in self.modes else self._fourcc
            self._apply()
            return True
        if number == FPS:
            self._fps = min(value, self.modes[self._fourcc][self._size])
            return True
        if number not in self.controls:
            return False
        self.controls[number] = min(value, self.highest_gain) if number == GAIN else value
        return True

    def _apply(self) -> None:
        sizes = self.modes[self._fourcc]
        if self._asked_size in sizes:
            self._size = self._asked_size
        elif self._size not in sizes:
            self._size = next(iter(sizes))
        self._fps = sizes[self._size]  # a new size resets the rate

    def get(self, number: int) -> float:
        known = {WIDTH: self._size[0], HEIGHT: self._size[1], FPS: self._fps, FOURCC: self._fourcc, POS_MSEC: 0.0}
        return float(known[number]) if number in known else self.controls.get(number, -1.0)

    def getBackendName(self) -> str:
        return self.back_end

    def grab(self) -> bool:
        time.sleep(0.005)  # a camera is not faster than its reader
        self.n_grabbed += 1
        if AUTO_EXPOSURE in self.controls and self.controls[AUTO_EXPOSURE] == 3.0:
            self.controls[EXPOSURE] = 157.0  # value that the automatic has found
        return self.grabs

    def retrieve(self, _: UInt8 | None) -> tuple[bool, UInt8]:
        return True, np.full((self._size[1], self._size[0], 3), self.n_grabbed % 256, np.uint8)

    def release(self) -> None:
        self.is_released = True


class FakeOpenCV:
    """The part of OpenCV that a local camera needs; every capture is ``video``."""

    CAP_PROP_FRAME_WIDTH, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FPS, CAP_PROP_FOURCC = WIDTH, HEIGHT, FPS, FOURCC
    CAP_PROP_GAIN, CAP_PROP_EXPOSURE, CAP_PROP_AUTO_EXPOSURE, CAP_PROP_POS_MSEC = GAIN, EXPOSURE, AUTO_EXPOSURE, 0
    CAP_V4L2, CAP_AVFOUNDATION, CAP_MSMF = 200, 1200, 1400

    def __init__(self, video: FakeVideo) -> None:
        self.video = video

    def VideoCapture(self) -> FakeVideo:
        return self.video

    def VideoWriter_fourcc(self, *letters: str) -> int:
        return sum(ord(letter) << 8 * i for i, letter in enumerate(letters))
