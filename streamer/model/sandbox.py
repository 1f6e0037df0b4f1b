"""Try an untrusted model in a child process, where a crash does no harm, before loading it.

Neither TFLite runtime is safe against a hostile file. ai-edge-litert 2.3 verifies the flatbuffer, but not what its
numbers mean: of 11,000 small models with a few bytes changed, 10 crashed it. tflite-runtime 2.14 verifies nothing:
a third of such models, truncated or changed, crashed it, and some of the truncated ones ran, reading past their end.
So models for tflite-runtime first go through ai-edge-litert's verifier, where that is installed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pickle
import subprocess
import sys

import numpy as np

from streamer.config import RuntimeName
from streamer.errors import StreamerError, UserError
from streamer.model.classifier import Classifier
from streamer.model.file import ModelFile
from streamer.model.runtime import find_runtime, one_line
from streamer.system import child_environment, signal_name

TIMEOUT_S = 60.0  # for the start, loading and three windows, on the slowest board
MEMORY_BYTES = 4 << 30  # address space of the child, because a file may claim tensors of any size


def load_classifier(model: ModelFile, runtime: RuntimeName = "auto", n_threads: int = 1) -> Classifier:
    """Load a model, tried by :func:`try_model` first unless it is trusted; parameters as of :class:`Classifier`.

    The result's :attr:`Classifier.model` is trusted: to load it once more costs no second trial.

    Raises
    ------
    UserError
        If the runtime is not installed, or the model is refused by the trial or by :class:`Classifier`.
    """
    return Classifier(try_model(model, runtime), runtime, n_threads)


def try_model(model: ModelFile, runtime: RuntimeName = "auto") -> ModelFile:
    """Return a model as trusted, after a trial in a child process unless it was trusted before.

    The child loads the model and runs it on zeros and on noise. It costs a start of Python with numpy, pydantic and
    the runtime: about 0.25 s on a desktop machine.

    Raises
    ------
    UserError
        If the runtime is not installed, or the model is refused there, crashes the runtime, or takes longer than a
        minute.
    """
    if not model.trusted:
        _run_child(model, find_runtime(runtime).name)
    return dataclasses.replace(model, trusted=True)


def _run_child(model: ModelFile, runtime: RuntimeName) -> None:
    """Try a model in a child process; raises UserError as :func:`try_model` does."""
    try:
        child = subprocess.run(
            # -P: import nothing from the working directory
            [sys.executable, "-P", "-m", "streamer.model.sandbox", runtime],
            input=pickle.dumps(model),
            capture_output=True,
            timeout=TIMEOUT_S,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"model={model.path} must run; it took longer than {TIMEOUT_S:.0f} s to try it") from None
    except OSError as error:
        raise StreamerError(f"model={model.path} must be tried in a child process; {error.strerror}") from None
    if child.returncode < 0:
        name = signal_name(child.returncode)
        raise UserError(
            f"model={model.path} must not crash the TFLite runtime, which it does ({name});"
            " the file is damaged or hostile"
        )
    if child.returncode == UserError.exit_code:
        raise UserError(child.stdout.decode(errors="replace").strip())
    if child.returncode:
        reason = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UserError(f"model={model.path} must run; trying it in a child process failed: {one_line(reason)}")


def main() -> int:
    """Run the child process: read a pickled ModelFile from stdin, write the reason of a refusal to stdout."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has these limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    model = dataclasses.replace(pickle.load(sys.stdin.buffer), trusted=True)  # written by _run_child() above
    runtime: RuntimeName = "tflite-runtime" if sys.argv[1] == "tflite-runtime" else "litert"
    try:
        if runtime == "tflite-runtime":
            _verify(model)
        classifier = Classifier(model, runtime)
        noise = np.random.default_rng(0).uniform(-1, 1, model.spec.input_shape)
        classifier.classify(noise.astype(np.float32))
    except UserError as error:
        print(error)
        return error.exit_code
    except (ValueError, RuntimeError, MemoryError) as error:
        print(f"model={model.path} must run; {one_line(error)}")
        return UserError.exit_code
    except StreamerError:
        pass  # no valid scores for noise; they may be valid for real input
    return 0


def _verify(model: ModelFile) -> None:
    """Check the structure with ai-edge-litert where it is installed; raises ValueError."""
    with contextlib.suppress(UserError):  # not installed
        find_runtime("litert").load(model.flatbuffer, n_threads=1)


if __name__ == "__main__":
    sys.exit(main())
