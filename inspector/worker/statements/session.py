"""Putting the hooks in and taking them out again, on a torch they were made for."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from inspector.worker.statements import hooks
from inspector.worker.statements.record import Recording, Sink
from inspector.worker.statements.recorder import Guard, Recorder

KNOWN_TORCH = ("2.11", "2.12", "2.13", "2.14", "2.15")
"""The releases on which byte-identity and coverage were measured."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Hook:
    """One function to wrap, and the parameters it must have for the wrapper to be right about it."""

    module: str
    owner: str
    name: str
    parameters: tuple[str, ...]
    make: Callable[[Callable[..., Any], Recorder], Callable[..., Any]]

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


_IR, _BODY = "torch._inductor.ir", "torch._inductor.loop_body"
_UTILS, _COMMON = "torch._inductor.utils", "torch._inductor.codegen.common"
_CPP, _TRITON = "torch._inductor.codegen.cpp", "torch._inductor.codegen.triton"
_SIMD, _WRAPPER = "torch._inductor.codegen.simd", "torch._inductor.codegen.wrapper"
_CREATE_NODE = ("self", "kind", "target", "args", "kwargs", "name", "type_expr")
_GENERATE = ("self", "buffer", "expr", "bounds", "write", "assignment", "dtype", "shape")
_PREFIX = ("self", "acc", "acc_type", "rtype", "dtype", "init_fn")
_TEMPLATE = ("self", "template_node", "epilogue_nodes", "prologue_nodes")
_WRAPPER_DEFINE = ("self", "kernel_name", "kernel_body", "metadata", "gpu", "cpp_definition")

HOOKS = (
    Hook(_IR, "Loops", "__post_init__", ("self",), hooks.loops_post_init),
    Hook(_IR, "ComputedBuffer", "get_store_function", ("self",), hooks.get_store_function),
    Hook(_BODY, "LightTracer", "create_node", _CREATE_NODE, hooks.create_node),
    Hook(_BODY, "InterpreterShim", "run_node", ("self", "n"), hooks.run_node),
    Hook(_UTILS, "IndentedBuffer", "writeline", ("self", "line"), hooks.writeline),
    Hook(_COMMON, "CSE", "augment_key", ("self", "cache_key"), hooks.augment_key),
    Hook(_TRITON, "TritonCSE", "augment_key", ("self", "cache_key"), hooks.augment_key),
    Hook(_COMMON, "CSE", "generate", _GENERATE, hooks.generate),
    Hook(_CPP, "CppKernel", "_gen_reduction_prefix", _PREFIX, hooks.reduction_prefix),
    Hook(_CPP, "CppScheduling", "codegen_node", ("self", "node"), hooks.writing),
    Hook(_CPP, "CppScheduling", "codegen_template", _TEMPLATE, hooks.writing),
    Hook(_SIMD, "SIMDScheduling", "codegen_node", ("self", "node"), hooks.writing),
    Hook(_TRITON, "TritonKernel", "codegen_iteration_ranges_entry", ("self", "entry"), hooks.iteration_ranges_entry),
    Hook(_TRITON, "TritonKernel", "codegen_kernel", ("self", "name"), hooks.codegen_kernel),
    Hook(_CPP, "CppScheduling", "define_kernel", ("self", "src_code", "nodes", "kernel_args"), hooks.define_kernel),
    Hook(
        _TRITON,
        "TritonScheduling",
        "define_kernel",
        ("self", "src_code", "node_schedule", "kernel"),
        hooks.define_kernel,
    ),
    Hook(_WRAPPER, "PythonWrapperCodegen", "define_kernel", _WRAPPER_DEFINE, hooks.wrapper_define_kernel),
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
    if release not in KNOWN_TORCH:
        return f"No statement links: torch {torch.__version__} is not among those known ({', '.join(KNOWN_TORCH)})."
    for hook in HOOKS:
        try:
            found = tuple(inspect.signature(getattr(_owner(hook), hook.name)).parameters)
        except (ImportError, AttributeError) as error:
            return f"No statement links: this torch lacks {hook} ({error})."
        if found != hook.parameters:
            return f"No statement links: {hook} takes ({', '.join(found)}), not ({', '.join(hook.parameters)})."
    return ""


def _owner(hook: Hook) -> Any:
    return getattr(import_module(hook.module), hook.owner)


def _install(sink: Sink, recording: Recording, undo: ExitStack) -> None:
    """Wrap every function, or none: what brings them back goes on `undo`."""
    with ExitStack() as halfway, Guard(recording, "the hooks were put in"):
        recorder = Recorder(sink, recording)
        for hook in HOOKS:
            _wrap(hook, recorder, halfway)
        undo.push(halfway.pop_all())


def _wrap(hook: Hook, recorder: Recorder, undo: ExitStack) -> None:
    """Wrap one function; undoing leaves the class as it was, also where the function was inherited."""
    owner = _owner(hook)
    inherited = hook.name not in vars(owner)
    original = getattr(owner, hook.name)
    setattr(owner, hook.name, hook.make(original, recorder))
    if inherited:
        undo.callback(delattr, owner, hook.name)
    else:
        undo.callback(setattr, owner, hook.name, original)
