"""Find the installed TFLite runtime, and load models into it without output on the terminal."""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from typing import Any

from streamer.config import RuntimeName
from streamer.errors import UserError
from streamer.installation import install_command, pip
from streamer.system import quiet_stderr


@dataclass(frozen=True, slots=True)
class Runtime:
    """An installed TFLite runtime."""

    name: RuntimeName  # never auto
    package: str
    version: str
    module: str  # holds Interpreter

    def __str__(self) -> str:
        """Return package and version."""
        return f"{self.package} {self.version}"

    def load(self, flatbuffer: bytes, n_threads: int) -> Any:
        """Return an Interpreter with its tensors not yet allocated.

        Raises
        ------
        ValueError or RuntimeError
            If the runtime refuses the model. A hostile model may crash the process: see `streamer.model.sandbox`.
        """
        with quiet_stderr():
            interpreter = importlib.import_module(self.module).Interpreter
            return interpreter(model_content=flatbuffer, num_threads=n_threads)


# In order of preference: LiteRT is 7.6 times faster on x86, and the only one for numpy 2 and Python 3.12.
_RUNTIMES: dict[RuntimeName, tuple[str, str]] = {
    "litert": ("ai-edge-litert", "ai_edge_litert.interpreter"),
    "tflite-runtime": ("tflite-runtime", "tflite_runtime.interpreter"),
}


def find_runtime(name: RuntimeName = "auto") -> Runtime:
    """Return the named TFLite runtime; for ``auto``, ai-edge-litert, else tflite-runtime.

    Raises
    ------
    UserError
        If it is not installed, or cannot run with the installed numpy.
    """
    for candidate, (package, module) in _RUNTIMES.items():
        if name not in ("auto", candidate):
            continue
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
        if candidate == "tflite-runtime":
            _check_numpy(version)
        return Runtime(candidate, package, version, module)
    wanted: RuntimeName = "litert" if name == "auto" else name
    raise UserError(f"runtime={name} must be installed, and {_RUNTIMES[wanted][0]} is not; {_install(wanted)}")


def _install(name: RuntimeName) -> str:
    """Return what to do to get a runtime."""
    if name == "tflite-runtime":
        return f"{install_command('tflite')} into an environment of its own with Python 3.11"
    return f"{pip()} install ai-edge-litert"


def _check_numpy(version: str) -> None:
    """Refuse numpy 2, with which tflite-runtime, built for numpy 1, fails with pages of text."""
    numpy_version = importlib.metadata.version("numpy")
    if int(numpy_version.partition(".")[0]) >= 2:
        raise UserError(
            f"runtime=tflite-runtime must run with numpy below 2 (tflite-runtime {version} was built for it),"
            f" and numpy {numpy_version} is installed; {_install('tflite-runtime')}, or leave runtime at auto"
        )


def one_line(text: object) -> str:
    """Return a runtime's message, which may hold names from the model, as one short printable line."""
    line = " ".join(str(text).split())[:500]
    return "".join(character if character.isprintable() else "?" for character in line)
