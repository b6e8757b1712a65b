"""The binaries that were really built and loaded, and their machine code.

Private part used: `PyCodeCache.modules`, the output modules that Inductor loaded; without it, `sys.modules` is
searched for them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import BuiltinFunctionType, ModuleType
from typing import NamedTuple

from inspector.model.listing import only_kernel_symbols
from inspector.programs import output_of
from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, require
from inspector.worker.triton_kernels import TritonKernels


class LoadedKernel(NamedTuple):
    """A C++ kernel as it was loaded."""

    compile_id: str
    name: str
    """`cpp_fused_mul_silu_0`, as the output code calls it."""
    so: Path
    cpp: Path
    output_code: str
    backward: bool
    piece: int | None = None
    """The piece of work that it was loaded for, where pieces are numbered."""

    def payload(self) -> dict[str, object]:
        """As `inspector_kernel` holds it."""
        return {
            "compile_id": self.compile_id,
            **({} if self.piece is None else {"piece": self.piece}),
            "kernel": self.name,
            "so": str(self.so),
            "cpp": str(self.cpp),
            "output_code": self.output_code,
            "backward": self.backward,
        }


class Kernels:
    """Writes a record for every kernel that is loaded, and disassembles it in the background."""

    def __init__(self) -> None:
        self.found = 0
        """How many C++ kernels were loaded."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="objdump")
        self._running: list[Future[None]] = []
        self._triton = TritonKernels(lambda work: self._running.append(self._pool.submit(work)))
        self._objdump = shutil.which("objdump")
        self._told_of_lines = False
        self._modules: Sequence[ModuleType] | None = None
        try:
            self._modules = require("kernels' modules", "torch._inductor.codecache:PyCodeCache.modules")
        except PrivateChanged as error:
            fallen_back(error)
        self._seen = {id(module) for module in self._loaded()}
        """Output modules that were looked at, by id: torch never drops one."""
        self.modules: list[tuple[str, ModuleType]] = []
        """Output modules whose kernels have records, each once, with the first compile id that uses it."""
        self._written: set[tuple[str, int | None, bool, int]] = set()
        """Compile id, piece, direction and module of all kernels that have records."""
        if self._objdump is None:
            records.note(
                "missing", "There is no machine code: objdump is not installed (Debian, Ubuntu: apt install binutils)."
            )

    def _loaded(self) -> list[ModuleType]:
        return loaded_output_modules() if self._modules is None else list(self._modules)

    def collect(self, compile_id: str, *, backward: bool = False, key: str | None = None) -> list[str]:
        """Writes records for the kernels of an output module.

        Args:
            compile_id: whose module it is; empty for work that has none.
            backward: whether it is of the backward pass.
            key: torch's key of the module, which it may have loaded long ago for equal code; None for all modules
                that were loaded since the last call.

        Returns:
            The files of the output modules that were found.
        """
        files: list[str] = []
        with records.unless_it_fails(f"the kernels of {compile_id}"):
            for module in self._loaded():
                new = id(module) not in self._seen
                if (getattr(module, "key", None) == key) if key else new:
                    self._seen.add(id(module))
                    files.append(module.__file__ or "")
                    self._write(module, compile_id, backward)
            self._triton.write()
        return files

    def _write(self, module: ModuleType, compile_id: str, backward: bool) -> None:
        written = (compile_id, records.current_piece(), backward, id(module))
        if written in self._written:
            return
        self._written.add(written)
        if all(module is not other for _, other in self.modules):
            self.modules.append((compile_id, module))
        self._triton.collect(module, compile_id, backward=backward)
        for kernel in kernels_of(module, compile_id, backward):
            self.found += 1
            records.write("kernel", kernel.payload())
            if self._objdump is not None:
                self._running.append(self._pool.submit(self._disassemble, self._objdump, kernel))

    def finish(self, *, last: bool = True) -> None:
        """Waits until the machine code of every kernel is in the trace.

        Args:
            last: whether all that were compiled have run by now, as Triton's kernels must have.
        """
        self._triton.write(last=last)
        while self._running:
            self._running.pop(0).result()

    def close(self) -> None:
        """Ends the thread that reads machine code."""
        self._pool.shutdown()

    def after_fork(self) -> None:
        """In the child of a fork, where no thread but the forking one lives on: what was being read is the parent's."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="objdump")
        self._running = []
        self._triton.forget()

    def _disassemble(self, objdump: str, kernel: LoadedKernel) -> None:
        try:
            text = disassemble(objdump, kernel.so)
        except (OSError, subprocess.SubprocessError) as error:
            records.note("missing", f"The machine code of {kernel.name} could not be read: {error}")
            return
        if not self._told_of_lines and str(kernel.cpp) not in text:
            self._told_of_lines = True
            records.note("missing", "The machine code does not say its kernel lines: this torch builds without them.")
        records.write("asm", {**kernel.payload(), "tool": objdump, "objdump": text})


def loaded_output_modules() -> list[ModuleType]:
    """Inductor's output modules among all that are loaded: they import `AsyncCompile` and have a `call`."""
    return [
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and {"AsyncCompile", "call"} <= vars(module).keys()
    ]


def kernels_of(module: ModuleType, compile_id: str, backward: bool = False) -> Iterator[LoadedKernel]:
    """The C++ kernels of an output module: its functions that live in a shared object."""
    for name, value in list(vars(module).items()):
        if not isinstance(value, BuiltinFunctionType):
            continue
        file = getattr(value.__self__, "__file__", None)
        if isinstance(value.__self__, ModuleType) and file and file.endswith(".main.so"):
            so = Path(file)
            cpp = so.with_suffix(".cpp")
            yield LoadedKernel(compile_id, name, so, cpp, module.__file__ or "", backward, records.current_piece())


def disassemble(objdump: str, so: Path) -> str:
    """The machine code of a kernel's own symbols, with source lines and inlined frames, in Intel syntax.

    Raises:
        OSError, subprocess.SubprocessError: objdump failed.
    """
    import platform

    intel = ["-M", "intel"] if platform.machine() in ("x86_64", "AMD64") else []
    command = [objdump, "-d", "-l", "--inlines", "--no-show-raw-insn", *intel, str(so)]
    return only_kernel_symbols(output_of(command))
