"""Compiling: every kernel becomes machine code, for both processors, and needs nothing but the C library."""

import sys
from importlib import import_module
from pathlib import Path

import llvmlite.binding as llvm
import pytest

import streamer.kernels
from streamer.kernels import compile as compiling
from streamer.kernels import jit
from streamer.kernels.link import link

llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()

FOLDER = Path(str(streamer.kernels.__file__)).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if "@kernel(" in path.read_text())
FUNCTIONS = {"memset", "memcpy", "memmove"}  # that every C library has


@pytest.mark.parametrize("module", MODULES)
def test_every_kernel_becomes_machine_code(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"streamer.kernels.{module}"
    monkeypatch.setattr(jit, "is_cached", False)  # what numba loads from its cache has no code of LLVM
    monkeypatch.delitem(sys.modules, name, raising=False)
    import_module(name)
    kernels = [each for each in jit.KERNELS if each.py_func.__module__ == name]
    (result,) = kernels[-1].overloads.values()
    for target in ((), ("aarch64-unknown-linux-gnu", "cortex-a72", "+neon")):
        linked = link(compiling.object_file(result, *target), compiling.ENTRY)
        assert set(linked.functions) <= FUNCTIONS
        assert 500 < len(linked.code) < 200_000
