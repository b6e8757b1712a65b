"""Putting the hooks in and taking them out again, on a torch they were made for."""

from __future__ import annotations

import pkgutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from inspector.worker.private import changed, swapped
from inspector.worker.private_part import SEEN, PrivatePart
from inspector.worker.register import USES
from inspector.worker.statements import hooks
from inspector.worker.statements.record import Recording, Sink
from inspector.worker.statements.recorder import FailureGuard, Recorder

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Hook:
    """One function to wrap; its parameters are those in the register, for the wrapper to be right about it."""

    part: PrivatePart
    make: Callable[[Callable[..., Any], Recorder], Callable[..., Any]]

    @property
    def name(self) -> str:
        """What it is called in its class."""
        return self.part.name.rpartition(".")[2]

    def __str__(self) -> str:
        return self.part.name.partition(":")[2]


_PARTS = {item.name.removeprefix("torch._inductor."): item for item in USES["statements"].parts}
HOOKS = tuple(
    Hook(_PARTS[name], make)
    for name, make in (
        ("ir:Loops.__post_init__", hooks.loops_post_init),
        ("ir:ComputedBuffer.get_store_function", hooks.get_store_function),
        ("loop_body:LightTracer.create_node", hooks.create_node),
        ("loop_body:InterpreterShim.run_node", hooks.run_node),
        ("utils:IndentedBuffer.writeline", hooks.writeline),
        ("codegen.common:CSE.augment_key", hooks.augment_key),
        ("codegen.triton:TritonCSE.augment_key", hooks.augment_key),
        ("codegen.common:CSE.generate", hooks.generate),
        ("codegen.cpp:CppKernel._gen_reduction_prefix", hooks.reduction_prefix),
        ("codegen.cpp:CppScheduling.codegen_node", hooks.writing),
        ("codegen.cpp:CppScheduling.codegen_template", hooks.writing),
        ("codegen.simd:SIMDScheduling.codegen_node", hooks.writing),
        ("codegen.triton:TritonKernel.codegen_iteration_ranges_entry", hooks.iteration_ranges_entry),
        ("codegen.triton:TritonKernel.codegen_kernel", hooks.codegen_kernel),
        ("codegen.cpp:CppScheduling.define_kernel", hooks.define_kernel),
        ("codegen.triton:TritonScheduling.define_kernel", hooks.define_kernel),
        ("codegen.wrapper:PythonWrapperCodegen.define_kernel", hooks.wrapper_define_kernel),
    )
)


@contextmanager
def record_statements(sink: Sink) -> Iterator[Recording]:
    """Record, for as long as the context lasts, the nodes of every kernel statement Inductor writes.

    Args:
        sink: called once for each call site of each kernel, in the thread that compiles; must be quick. Should it
            raise, the recording ends with that as its reason.

    Yields:
        The `Recording`; its `reason` is not empty when nothing is recorded (any more). Never raises on account of
        the torch it finds.

    A cache hit (FX graph, AOTAutograd) generates no code, so there is nothing to record: switch those caches off.
    """
    recording = Recording()
    if not _one_at_a_time.acquire(blocking=False):
        recording.stop("No statement links: they are already being recorded in this process.")
        yield recording
        return
    try:
        with ExitStack() as undo:
            reason = unknown_torch()
            if reason:
                recording.stop(reason)
            else:
                _install(sink, recording, undo)
            yield recording
    finally:
        _one_at_a_time.release()


def unknown_torch() -> str:
    """Why the hooks cannot be used on the torch at hand; empty when they can."""
    import torch

    release = ".".join(torch.__version__.split(".")[:2])
    if release not in SEEN:
        return f"No statement links: torch {torch.__version__} is not among those known ({', '.join(SEEN)})."
    for hook in HOOKS:
        if problem := changed(hook.part, whole=True):
            return f"No statement links: this torch {problem}."
    return ""


def _owner(hook: Hook) -> Any:
    return pkgutil.resolve_name(hook.part.name.rpartition(".")[0])


def _install(sink: Sink, recording: Recording, undo: ExitStack) -> None:
    """Wrap every function, or none: what brings them back goes on `undo`."""
    with ExitStack() as halfway, FailureGuard(recording, "the hooks were put in"):
        recorder = Recorder(sink, recording)
        for hook in HOOKS:
            _wrap(hook, recorder, halfway)
        undo.push(halfway.pop_all())


def _wrap(hook: Hook, recorder: Recorder, undo: ExitStack) -> None:
    """Wrap one function; undoing leaves the class as it was."""
    owner = _owner(hook)
    undo.enter_context(swapped(owner, hook.name, hook.make(getattr(owner, hook.name), recorder)))
