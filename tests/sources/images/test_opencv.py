"""Loading OpenCV, which prints nothing."""

import os
import subprocess
import sys


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
