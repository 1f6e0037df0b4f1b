import subprocess
import sys

import pytest

from streamer.errors import UserError
from streamer.training.tensorflow import load_tensorflow


def test_tensorflow_is_loaded_without_output() -> None:
    pytest.importorskip("tensorflow")
    code = """
from streamer.training.tensorflow import load_tensorflow
print(load_tensorflow())
import keras
keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])(keras.ops.ones((1, 3)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout[0].isdigit()


def test_where_it_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UserError, match=r"must have TensorFlow .*; install it: .*pip install .*\[train\]'"):
        load_tensorflow()
