"""Compile kernels with numba and write their machine code: ``python -m streamer.kernels.compile``.

So only this process of its own needs numba and LLVM, which take 100 MB and a second to import.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from numba.core import types

from streamer.kernels import jit
from streamer.kernels.link import link
from streamer.kernels.machine_code import Argument, code_path, write_code

ENTRY = "streamer_kernel"


def main(directory: Path, *modules: str) -> None:
    """Compile all kernels of some modules, and write their machine code to a directory."""
    jit.is_cached = False
    for module in modules:
        import_module(module)
    for kernel in jit.KERNELS:
        module, name = kernel.py_func.__module__, kernel.py_func.__name__
        if module in modules:
            (result,) = kernel.overloads.values()
            arguments = tuple(map(_argument, result.signature.args))
            write_code(code_path(directory, module, name), link(object_file(result), ENTRY), arguments)


def object_file(result: Any, triple: str = "", cpu: str = "", features: str = "") -> bytes:
    """Return the object file of a compiled kernel, behind an entry that takes its arguments packed.

    Parameters
    ----------
    result : numba.core.compiler.CompileResult
    triple, cpu, features : str
        Of the processor; none: this one.
    """
    code = llvm.parse_assembly(result.library.get_llvm_str())
    code.link_in(llvm.parse_assembly(_entry(result.fndesc.llvm_func_name, result.signature)))
    for function in code.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"
    machine = llvm.Target.from_triple(triple or llvm.get_process_triple()).create_target_machine(
        cpu=cpu or llvm.get_host_cpu_name(),
        features=features if triple else llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()  # numba's own entries, which need Python
    passes.run(code, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    return bytes(machine.emit_object(code))


def _argument(kind: Any) -> Argument:
    if isinstance(kind, types.Array):
        return Argument(str(kind.dtype), kind.ndim, kind.layout == "C", kind.mutable)
    return Argument(str(kind), 0, is_contiguous=True, is_written=False)


def _entry(kernel: str, signature: Any) -> str:
    """Return LLVM's code of ``int64 entry(int64 *packed)``: numba's calling convention from the packed arguments.

    An integer is packed as it is, an array as its address, its shape and, unless it is contiguous, its strides. The
    result is that of the kernel, 0 where it has none, and −1 if it raised an error.
    """
    passed = ["ptr %result", "ptr %error"]
    lines = ["%result = alloca i64", "%error = alloca ptr", "store i64 0, ptr %result"]
    place = 0

    def load() -> str:
        nonlocal place
        lines.append(f"%at{place} = getelementptr i64, ptr %packed, i64 {place}")
        lines.append(f"%packed{place} = load i64, ptr %at{place}")
        place += 1
        return f"%packed{place - 1}"

    for i, kind in enumerate(signature.args):
        if not isinstance(kind, types.Array):
            passed.append(f"i64 {load()}")
            continue
        lines.append(f"%data{i} = inttoptr i64 {load()} to ptr")
        shape = [load() for _ in range(kind.ndim)]
        n_bytes = kind.dtype.bitwidth // 8
        products = [str(n_bytes)]
        for k, n in enumerate(reversed(shape)):
            lines.append(f"%bytes{i}_{k} = mul i64 {products[-1]}, {n}")
            products.append(f"%bytes{i}_{k}")
        strides = products[-2::-1] if kind.layout == "C" else [load() for _ in range(kind.ndim)]
        lines.append(f"%size{i} = sdiv i64 {products[-1]}, {n_bytes}")
        passed += ["ptr null", "ptr null", f"i64 %size{i}", f"i64 {n_bytes}", f"ptr %data{i}"]
        passed += [f"i64 {each}" for each in (*shape, *strides)]
    lines += [
        f'%status = call i32 @"{kernel}"({", ".join(passed)})',
        "%is_done = icmp eq i32 %status, 0",
        "%is_none = icmp eq i32 %status, -2",
        "%is_well = or i1 %is_done, %is_none",
        "%value = load i64, ptr %result",
        "%told = select i1 %is_well, i64 %value, i64 -1",
        "ret i64 %told",
    ]
    declared = ", ".join(each.split()[0] for each in passed)
    body = "\n  ".join(lines)
    return f'declare i32 @"{kernel}"({declared})\ndefine i64 @{ENTRY}(ptr %packed) {{\n  {body}\n}}\n'


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
