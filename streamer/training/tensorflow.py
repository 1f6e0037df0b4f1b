"""Load TensorFlow without its output on standard error, or name the extra that installs it."""

from __future__ import annotations

import importlib
import logging
import os

from streamer.errors import UserError
from streamer.installation import install_command
from streamer.kernels.cache import cache_directory
from streamer.system import quiet_stderr


def load_tensorflow() -> str:
    """Import TensorFlow and Keras, silently, and return TensorFlow's version; call before either is used.

    Raises
    ------
    UserError
        If the extra `train` is not installed.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the only one that converts to TFLite
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # On import Keras writes its settings there; in the home folder it would read those of the user's other work.
    os.environ.setdefault("KERAS_HOME", str(cache_directory()[0] / "keras"))
    try:
        with quiet_stderr():  # a few lines come before any setting is read
            tensorflow = importlib.import_module("tensorflow")
            importlib.import_module("keras")
            tensorflow.constant(0.0)  # searches for devices, which prints too
    except ImportError as error:
        raise UserError(f"training must have TensorFlow ({error}); install it: {install_command('train')}") from None
    for name in ("absl", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    version: str = tensorflow.__version__
    return version
