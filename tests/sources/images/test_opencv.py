"""Loading OpenCV, and the options of FFmpeg in the environment."""

import os
import subprocess
import sys
import threading

import pytest

from streamer.sources.images.opencv import FFMPEG_OPTIONS, LOW_DELAY, ffmpeg_options


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FFMPEG_OPTIONS, raising=False)


def test_options_are_set_during_the_block_only() -> None:
    with ffmpeg_options(LOW_DELAY):
        assert os.environ[FFMPEG_OPTIONS] == LOW_DELAY
        with ffmpeg_options(LOW_DELAY):  # as another thread may
            pass
        assert os.environ[FFMPEG_OPTIONS] == LOW_DELAY
    assert FFMPEG_OPTIONS not in os.environ


def test_options_of_the_user_take_precedence_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FFMPEG_OPTIONS, "rtsp_transport;udp")
    with ffmpeg_options(LOW_DELAY):
        assert os.environ[FFMPEG_OPTIONS] == "rtsp_transport;udp"
    assert os.environ[FFMPEG_OPTIONS] == "rtsp_transport;udp"


def test_options_do_not_apply_to_a_file_that_another_thread_opens() -> None:
    options: list[str | None] = []

    def open_file() -> None:
        with ffmpeg_options(""):
            options.append(os.environ.get(FFMPEG_OPTIONS))

    thread = threading.Thread(target=open_file)
    with ffmpeg_options(LOW_DELAY):
        thread.start()
        thread.join(0.1)
        assert options == []  # it waits
    thread.join(10.0)
    assert options == [None]


def test_a_block_that_hangs_does_not_block_others_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.sources.images.opencv.OPTIONS_TIMEOUT_S", 0.05)
    with ffmpeg_options(LOW_DELAY), ffmpeg_options(""):
        pass
    assert FFMPEG_OPTIONS not in os.environ


def test_options_are_removed_when_the_block_fails() -> None:
    with pytest.raises(RuntimeError), ffmpeg_options(LOW_DELAY):
        raise RuntimeError
    assert FFMPEG_OPTIONS not in os.environ


def test_opencv_prints_nothing_and_has_a_short_timeout() -> None:
    code = (
        "import os\n"
        "from streamer.sources.images.opencv import load_opencv\n"
        "cv2 = load_opencv(1.2)\n"
        "print(os.environ['OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT'])\n"
        "cv2.VideoCapture('/nowhere.mp4', cv2.CAP_FFMPEG); cv2.VideoCapture('/dev/nowhere', cv2.CAP_V4L2)\n"
        "cv2.VideoCapture('http://127.0.0.1:9/', cv2.CAP_FFMPEG)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV_")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_missing_library_is_reported_in_one_line() -> None:
    code = (
        "import sys\n"
        "sys.modules['cv2'] = None\n"
        "from streamer.sources.images.opencv import load_opencv\n"
        "from streamer.errors import UserError\n"
        "try: load_opencv()\n"
        "except UserError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install opencv-python-headless" in done.stdout
    assert done.stdout.count("\n") == 1
