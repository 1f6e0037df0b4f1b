"""What a user would write instead: a camera's rhythms and patterns in thirty lines of OpenCV and numpy.fft.

A peer of `streamer bench live`, run by its path, so that nothing of streamer is loaded; the argument is the URL.
"""

import sys
import time
from collections import deque

import cv2
import numpy as np


def main(url: str) -> None:
    """Read images until there are none, and print what stands out once a second."""
    cv2.setNumThreads(1)
    capture = cv2.VideoCapture(url)
    cells: deque[np.ndarray] = deque(maxlen=240)
    times_s: deque[float] = deque(maxlen=240)
    taper = np.hanning(480)[:, None] * np.hanning(640)
    next_s = 0.0
    while True:
        is_good, image = capture.read()
        if not is_good:
            break
        now_s = time.monotonic()
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        cells.append(cv2.resize(grey, (32, 18), interpolation=cv2.INTER_AREA).ravel())
        times_s.append(now_s)
        if now_s < next_s or len(cells) < 16:
            continue
        next_s = now_s + 1.0
        series = np.array(cells, np.float32)
        series -= series.mean(axis=0)
        power = (np.abs(np.fft.rfft(series * np.hanning(len(series))[:, None], axis=0)) ** 2).sum(axis=1)
        hz = (2 + power[2:].argmax()) / (times_s[-1] - times_s[0])
        plane = np.abs(np.fft.rfft2((grey - grey.mean()) * taper))
        _, x = np.unravel_index(plane[:, 3:].argmax(), plane[:, 3:].shape)
        print(f"{hz:.2f} Hz, {640 / (x + 3):.1f} px across", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
