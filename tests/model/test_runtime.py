"""Which runtime is chosen, and that loading prints nothing."""

import importlib.metadata

import numpy as np
import pytest

from streamer.config import RuntimeName
from streamer.errors import UserError
from streamer.model.runtime import find_runtime
from tests.support.tiny_models import linear_model


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Packages that seem to be installed, by version."""
    packages: dict[str, str] = {}

    def version(package: str) -> str:
        if package not in packages:
            raise importlib.metadata.PackageNotFoundError(package)
        return packages[package]

    monkeypatch.setattr(importlib.metadata, "version", version)
    return packages


def test_auto_is_litert_and_else_tflite_runtime(installed: dict[str, str]) -> None:
    installed.update({"numpy": "1.26.4", "tflite-runtime": "2.14.0"})
    assert find_runtime("auto").name == "tflite-runtime"
    installed["ai-edge-litert"] = "2.3.0"
    assert str(find_runtime("auto")) == "ai-edge-litert 2.3.0"
    assert str(find_runtime("tflite-runtime")) == "tflite-runtime 2.14.0"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("auto", "runtime=auto must be installed, and ai-edge-litert is not; .*pip install ai-edge-litert"),
        ("litert", "runtime=litert must be installed, and ai-edge-litert is not; .*pip install ai-edge-litert"),
        ("tflite-runtime", r"tflite-runtime is not; .*pip install .*\[tflite\]' .* Python 3\.11"),
    ],
)
def test_a_missing_runtime_is_reported_with_the_command_that_installs_it(
    installed: dict[str, str], name: RuntimeName, message: str
) -> None:
    installed["numpy"] = "2.4.6"
    with pytest.raises(UserError, match=message):
        find_runtime(name)


@pytest.mark.parametrize("numpy_version", ["2.0.0", "2.4.6", "10.1"])
def test_tflite_runtime_with_numpy_2_is_refused(installed: dict[str, str], numpy_version: str) -> None:
    installed.update({"numpy": numpy_version, "tflite-runtime": "2.14.0"})
    with pytest.raises(UserError, match=f"numpy below 2 .* numpy {numpy_version} is installed"):
        find_runtime("tflite-runtime")


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    find_runtime("auto").load(linear_model(np.ones((3, 8), np.float32), (1, 8)), n_threads=2)
    assert capfd.readouterr() == ("", "")
