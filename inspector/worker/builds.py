"""What the C++ compiler is run for: probes of the machine, the header, and each kernel.

Probes and header become phases of their own in torch's trace, around the compiler runs that torch has there; of each
kernel a side record says how long its compiler ran, on whichever thread, and the command is remembered. Private parts
used: `VecISA.check_build`, `_precompile_header` and `_worker_compile_cpp`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced, require

PROBE = "vec_isa_probe"
HEADER = "precompile_header"

COMMANDS: dict[str, str] = {}
"""Binary → the command that makes it, of all that Inductor asked for in this process."""


@contextmanager
def recording_builds() -> Iterator[None]:
    """While this lasts, every build is told from the others; where torch's private parts changed, a note says so."""
    with ExitStack() as stack:
        try:
            for name, wrap in _WRAPPED:
                stack.enter_context(replaced("builds", name, wrap))
            require("builds", "torch._inductor.codecache:CppBuilder.get_target_file_path")
            require("builds", "torch._inductor.codecache:CppBuilder.get_command_line")
        except PrivateChanged as error:
            fallen_back(error)
        yield


def _wrap_check_build(original: Any) -> Any:
    from torch._dynamo.utils import dynamo_timed

    def check_build(isa: Any, code: str) -> bool:
        with dynamo_timed(PROBE, metadata={"isa": str(type(isa).__name__)}):
            return bool(original(isa, code))

    return check_build


def _wrap_precompile_header(original: Any) -> Any:
    from torch._dynamo.utils import dynamo_timed

    seen: set[tuple[str, str]] = set()

    def precompile_header(header: str, hashable_cmd_line: str, **command: Any) -> str:
        if (header, hashable_cmd_line) in seen:
            return str(original(header, hashable_cmd_line, **command))
        seen.add((header, hashable_cmd_line))
        with dynamo_timed(HEADER, metadata={"header": header}):
            return str(original(header, hashable_cmd_line, **command))

    return precompile_header


def _wrap_worker_compile(original: Any) -> Any:
    def worker_compile(lock_path: str, cpp_builders: Any) -> None:
        target = Path(cpp_builders[-1].get_target_file_path())
        there = target.exists()
        COMMANDS[str(target)] = command = cpp_builders[-1].get_command_line()
        begun = time.perf_counter()
        original(lock_path, cpp_builders)
        seconds = time.perf_counter() - begun
        if not there and target.suffix == ".so":  # the header is built by this too
            records.write("build", {"so": str(target), "seconds": seconds, "command": command})

    return worker_compile


_WRAPPED = (
    ("torch._inductor.cpu_vec_isa:VecISA.check_build", _wrap_check_build),  # it may be `toolchain`'s
    ("torch._inductor.codecache:_precompile_header", _wrap_precompile_header),
    ("torch._inductor.codecache:_worker_compile_cpp", _wrap_worker_compile),
)
