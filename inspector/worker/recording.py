"""Recording what a program compiles by itself: the hooks of a capture, around torch.compile calls that are not ours.

The program's settings are its own all the while. Its caches answer as they would, under the keys and with the contents
that they would have; where one answers, no code is generated, and there is nothing to hear. Nothing is imported for
it that the program does not import: Dynamo is hooked as soon as it is there, Inductor when the first graph comes to it.
Whatever goes wrong in here costs the recording, with a note, and never the program. Private parts used beside those of
a capture: `OutputGraph.call_user_compiler`, `compile_fx` and `_compile_fx_inner`.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from inspector import protocol
from inspector.errors import spoken
from inspector.model.request import CacheMode
from inspector.worker import environment, records
from inspector.worker.cudagraphs import CudaGraphs
from inspector.worker.exports import hearing_exports
from inspector.worker.graph_log import GraphLog
from inspector.worker.kernels import Kernels
from inspector.worker.private import PrivateChanged, fallen_back, replaced
from inspector.worker.sources import Sources
from inspector.worker.startup.imports import forget, when_imported
from inspector.worker.statements import Recording as StatementRecording
from inspector.worker.statements import record_statements
from inspector.worker.statements.sink import write_statements

DYNAMO = "torch._dynamo.convert_frame"
"""Imported with torch._dynamo, after everything of it that is hooked."""
INDUCTOR = "torch._inductor.compile_fx"
"""Imported when the first graph comes to Inductor."""


class RecordingHooks:
    """The hooks in this process.

    Args:
        cache: which caches the program has, for the record: its own, or empty ones (`COLD`).
    """

    def __init__(self, cache: CacheMode) -> None:
        self.cache = cache
        self._sources = Sources()
        self._passes = bool(os.environ.get(protocol.RECORD_PASSES))
        self._graphs = GraphLog(self._sources, custom_passes=False, passes=self._passes)
        self._kernels: Kernels | None = None
        self._statements: StatementRecording | None = None
        self._cudagraphs = CudaGraphs()
        self._hooks = ExitStack()
        self._started = threading.Lock()
        """Held from the first start on."""

    def start(self) -> None:
        """Puts the hooks in, as their places are imported; once."""
        if not self._started.acquire(blocking=False):
            return
        self._hooks.enter_context(hearing_exports(self._graphs.exported))
        when_imported(DYNAMO, self._hook_dynamo)
        when_imported(INDUCTOR, self._hook_inductor)

    def stop(self) -> None:
        """Takes them out."""
        forget(DYNAMO, self._hook_dynamo)
        forget(INDUCTOR, self._hook_inductor)
        self._hooks.close()

    def opening(self) -> Mapping[str, Mapping[str, Any]]:
        """The side records that a log of this process begins with."""
        self._sources.forget()  # another log has them, this one has not
        try:
            asked = {"passes": True} if self._passes else {}
            return {"target": _describe_program() | asked, "environment": self._environment("")}
        except Exception as error:  # noqa: BLE001 - a recording without its circumstances is one all the same
            message = f"What recorded this could not be described: {type(error).__name__}: {spoken(error)}"
            return {"note": {"kind": "missing", "message": message}}

    def finish(self) -> None:
        """Writes what only the end tells: why statements were not heard, machine code, what was compiled with."""
        with records.unless_it_fails("the end of the recording"):
            self._check_statements()
            if self._kernels is not None:
                self._collect_loaded()
                self._kernels.finish()
            records.write("environment", self._environment(self._compiler()))
            records.write("runtime", self._runtime())
            records.write("done", {"compile_ids": len(self._graphs.compile_ids)})

    def _runtime(self) -> dict[str, Any]:
        """What torch counted while the program ran, as it stands; the program may have set it back meanwhile."""
        utils = sys.modules.get("torch._dynamo.utils")
        counters = {group: dict(counts) for group, counts in getattr(utils, "counters", {}).items() if counts}
        return {"counters": counters, "cudagraphs": self._cudagraphs.told}

    def before_fork(self) -> None:
        """Waits for the thread that reads machine code: a child would inherit its locks without the thread."""
        with records.unless_it_fails("machine code"):
            if self._kernels is not None:
                self._kernels.finish(last=False)

    def after_fork(self) -> None:
        """In the child of a fork: goes on, with a log of its own."""
        if self._kernels is not None:
            self._kernels.after_fork()

    # --- the hooks -----------------------------------------------------------------------------------------------

    def _hook_dynamo(self) -> None:
        with records.unless_it_fails("Dynamo's graphs"), ExitStack() as halfway:
            halfway.enter_context(self._graphs.hearing_dynamo())
            try:
                name = "torch._dynamo.output_graph:OutputGraph.call_user_compiler"
                halfway.enter_context(replaced("dynamo graphs", name, self._wrap_backend))
            except PrivateChanged as error:
                fallen_back(error)
            self._hooks.enter_context(halfway.pop_all())

    def _wrap_backend(self, original: Any) -> Any:
        @functools.wraps(original)
        def call_user_compiler(output: Any, gm: Any, *args: Any, **kwargs: Any) -> Any:
            self._graphs.begin(gm)
            return original(output, gm, *args, **kwargs)

        return call_user_compiler

    def _hook_inductor(self) -> None:
        with records.unless_it_fails("what Inductor does"), ExitStack() as halfway:
            self._kernels = Kernels()
            halfway.enter_context(self._graphs.hearing_inductor())
            halfway.enter_context(self._cudagraphs.hearing())
            self._statements = halfway.enter_context(record_statements(write_statements))
            try:
                for name, wrap in (
                    ("compile_fx", self._wrap_compile_fx),
                    ("_compile_fx_inner", self._wrap_inner_compile),
                ):
                    halfway.enter_context(replaced("inductor's entry", f"torch._inductor.compile_fx:{name}", wrap))
            except PrivateChanged as error:
                fallen_back(error)
            self._hooks.enter_context(halfway.pop_all())

    def _wrap_compile_fx(self, original: Any) -> Any:
        """Around all that becomes of one graph, also ahead of time, where there is no compile id."""

        @functools.wraps(original)
        def compile_fx(model_: Any, *args: Any, **kwargs: Any) -> Any:
            self._collect_loaded()
            with self._graphs.piece(model_) as piece:
                try:
                    return original(model_, *args, **kwargs)
                finally:
                    if self._kernels is not None:  # AOTAutograd's cache loads kernels without Inductor
                        piece.files += self._kernels.collect(piece.compile_id)

        return compile_fx

    def _wrap_inner_compile(self, original: Any) -> Any:
        """Around Inductor itself; autograd calls it for the backward pass, on another thread."""

        @functools.wraps(original)
        def _compile_fx_inner(gm: Any, *args: Any, **kwargs: Any) -> Any:
            self._check_statements()
            return self._graphs.inner_compile(original, self._kernels, gm, *args, **kwargs)

        return _compile_fx_inner

    def _collect_loaded(self) -> None:
        """Kernels that were loaded outside any compile, as those of a saved artifact are, are nobody's here."""
        if self._kernels is not None and records.current_piece() is None:
            self._kernels.collect("")

    def _check_statements(self) -> None:
        """Tells the reader, once, why kernel statements have no nodes (any more)."""
        if self._statements is not None and self._statements.reason:
            records.note("fallback", self._statements.reason)
            self._statements = None

    # --- what it was made with -----------------------------------------------------------------------------------

    def _compiler(self) -> str:
        """The C++ compiler's description of itself; empty where it was not used."""
        if self._kernels is None or not self._kernels.found:
            return ""
        from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler

        compiler = get_cpp_compiler()
        return f"{compiler} {get_compiler_version_info(compiler)}"

    def _environment(self, compiler: str) -> dict[str, Any]:
        isa = None
        if compiler:
            from torch._inductor.cpu_vec_isa import pick_vec_isa

            isa = str(pick_vec_isa())
        used = torch.cuda.is_initialized()  # type: ignore[no-untyped-call] # asking for more would initialise it
        device = torch.device("cuda", torch.cuda.current_device()) if used else torch.device("cpu")
        return environment.describe_machine(device, self.cache, compiler, isa=isa)


def _describe_program() -> dict[str, Any]:
    """The program, in place of a capture's target."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    words = list(getattr(sys, "orig_argv", sys.argv))
    return {
        "name": Path(main).name if main else Path(words[0]).name if words else "python",
        "file": str(Path(main).resolve()) if main else "",
        "command": words,
        "folder": str(Path.cwd()),
        "process": os.getpid(),
    }
