"""One capture: the target is built, compiled and called, and everything about it is written to the trace."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from types import ModuleType
from typing import Any

import torch
from torch import nn

from inspector.errors import UsageError
from inspector.model.request import CacheMode, CaptureRequest
from inspector.targets.base import Built, Inputs
from inspector.targets.dtypes import parse_floating_dtype
from inspector.worker import environment, failures, records, toolchain
from inspector.worker.backend import CaptureBackend, CompiledGraph
from inspector.worker.builds import recording_builds
from inspector.worker.calls import Caller
from inspector.worker.forward_errors import forward_failure
from inspector.worker.kernels import Kernels
from inspector.worker.options import compile_patches
from inspector.worker.precisions import dtypes_of, not_reached
from inspector.worker.resolve import resolve
from inspector.worker.sources import Sources
from inspector.worker.state import State
from inspector.worker.statements import Recording, record_statements
from inspector.worker.statements.sink import write_statements

Progress = Callable[[str], None]


class TargetCapture:
    """A target that is being recorded, until `close`.

    Args:
        request: what to compile and how.
        progress: told in words what is going on.

    Raises:
        InspectorError: the request, the target or the machine is not what it should be.
    """

    def __init__(self, request: CaptureRequest, progress: Progress) -> None:
        self.request = request
        self.seconds = 0.0
        """Wall time of the first compiled call."""
        self._progress = progress
        self._recording = ExitStack()
        records.write("request", asdict(request))
        self._compiler = environment.require_toolchain(request)
        compile_patches(request, request.dynamic)  # a mistyped option is found before a model is built
        progress(f"building {request.title}")
        torch.manual_seed(request.seed)
        self.built: Built = resolve(request)
        self.name = self.built.name or request.title
        self.inputs = Inputs(self.built.args, self.built.kwargs)
        self.batch, self.seq = self.built.batch, self.built.seq
        self.call = Caller(self.built.call, train=request.train)
        self.state = State(self.built.call, self.inputs)
        """As it was before the first call; what further calls are given is no part of it."""
        self.writes: tuple[str, ...] = ()
        """What the calls of the capture wrote, by name."""
        self.mutates = False
        """Whether any call so far, of eager or compiled, was seen to write what the next one begins from."""
        self._toolchain: toolchain.ToolchainCache | None = None
        self._sources = Sources()
        self._describe()
        self._begin()

    @property
    def compile_ids(self) -> tuple[str, ...]:
        """Every compile id so far, in order."""
        return tuple(self._backend.compile_ids)

    @property
    def modules(self) -> list[tuple[str, ModuleType]]:
        """The output modules so far, each with its compile id."""
        return self._kernels.modules

    @property
    def graphs(self) -> list[CompiledGraph]:
        """The compiled graphs so far."""
        return self._backend.compiled

    @property
    def module_paths(self) -> dict[str, dict[str, str]]:
        """Compile id → node of Dynamo's graph → path of the innermost module that called it; of a module with several
        names the first, as eager knows it."""
        paths, call = self._backend.module_paths, self.built.call
        if not isinstance(call, nn.Module):
            return paths
        names = {id(module): name for name, module in call.named_modules()}
        first = {
            f"L['self'].{name}": f"L['self'].{names[id(module)]}"
            for name, module in call.named_modules(remove_duplicate=False)
        }
        return {key: {node: first.get(path, path) for node, path in of.items()} for key, of in paths.items()}

    def _describe(self) -> None:
        """What is known before anything is compiled."""
        records.write("environment", environment.describe_environment(self.request, self._compiler))
        records.write("target", self._described())
        if self.request.dtype and (words := not_reached(self.state.tensors, parse_floating_dtype(self.request.dtype))):
            records.note("warning", words)
        self._sources.add_target(self.built.source)
        for sentence in self.built.notes:
            records.note("warning", sentence)

    def _described(self) -> dict[str, Any]:
        return describe_target(self.built, self.name) | {"dtypes": dtypes_of(self.state.tensors)}

    def _begin(self) -> None:
        """Puts the recorders in place."""
        request, built = self.request, self.built
        dynamic = built.dynamic if request.dynamic is None else request.dynamic
        if request.cache is CacheMode.KEPT and self._compiler:
            self._toolchain = toolchain.ToolchainCache(toolchain.cache_root(), self._compiler)
            self._recording.enter_context(self._toolchain.in_force())
        self._recording.enter_context(recording_builds())
        self._statements: Recording | None = self._recording.enter_context(record_statements(write_statements))
        self._check_statements()
        self._kernels = Kernels()
        self.patches = compile_patches(request, dynamic)
        """Inductor's configuration for this capture."""
        self._backend = CaptureBackend(
            self.patches,
            self._kernels,
            self._sources,
            custom_passes=request.cache is not CacheMode.WARM,
            passes=request.passes,
        )
        backend = self._recording.enter_context(self._backend.recording())
        self.compiled = torch.compile(built.call, backend=backend, dynamic=dynamic, fullgraph=request.fullgraph)

    def run(self) -> None:
        """Makes the calls that belong to the capture; afterwards every record of them is in the trace.

        Raises:
            InspectorError: the target or the compiler failed; what was recorded before is kept.
        """
        self._progress("compiling")
        started = time.perf_counter()
        try:
            self._call(self.inputs, from_user=self.built.from_user)
            self.seconds = time.perf_counter() - started
            for number, inputs in enumerate(self.built.further_calls, 2):
                self._progress(f"calling it again ({number} of {len(self.built.further_calls) + 1})")
                self._call(inputs, from_user=self.built.from_user)
        finally:
            self._check_statements()
            self._progress("machine code")
            self._kernels.finish()
        self.writes = tuple(change.name for change in self.state.changes())
        self.mutates = bool(self.writes)
        self.state.rewind()
        if self.writes or not self.compile_ids:
            self._tell_state()
        if not self.compile_ids:
            records.note("warning", nothing_compiled(self.name))
        self._describe_again()
        records.write("done", {"seconds": self.seconds})

    def seconds_of(
        self, function: Callable[..., Any], calls: int, synchronise: Callable[[], object] = lambda: None
    ) -> float:
        """Seconds that so many calls take on the present inputs, with the device's queue empty before and after.

        Where calls write what the next one begins from, each is timed alone, and it is put back outside that time.
        """
        taken = 0.0
        for repeats in [1] * calls if self.mutates else [calls]:
            self.put_back()
            synchronise()
            started = time.perf_counter()
            self.call.repeat(function, self.inputs, repeats)
            synchronise()
            taken += time.perf_counter() - started
        return taken

    def called(self, function: Callable[..., Any]) -> Any:
        """What one call on the present inputs returns, from the state that all begin from."""
        self.put_back()
        return self.call(function, self.inputs)

    def put_back(self) -> None:
        """Has the next call begin from the state that all do; costs nothing where no call writes any of it."""
        if self.mutates:
            self.state.rewind()

    def _tell_state(self) -> None:
        """Tells the reader what the target writes, what of it could not be put back, and how many graphs it has.

        Importing its file may have compiled graphs too, which are none of its own.
        """
        said = {"writes": list(self.writes), "graphs": len(self.compile_ids)}
        records.write("target", self._described() | said)
        for sentence in self.state.notes if self.writes else ():
            records.note("warning", sentence)

    def _check_statements(self) -> None:
        """Tells the reader, once, why kernel statements have no nodes (any more)."""
        if self._statements is not None and self._statements.reason:
            records.note("fallback", self._statements.reason)
            self._statements = None

    def _describe_again(self) -> None:
        """What only a compile tells: the instructions that Inductor chose, and what the cache spared us."""
        from torch._inductor.cpu_vec_isa import pick_vec_isa

        reused = torch_cache_hits() if self._toolchain is None else self._toolchain.reused
        isa = str(pick_vec_isa()) if self._kernels.found else None  # without a kernel it would begin to probe
        described = environment.describe_environment(self.request, self._compiler, reused=reused, isa=isa)
        records.write("environment", described)

    def reshape(self, batch: int | None, seq: int | None) -> tuple[str, ...]:
        """Runs the compiled target on inputs of another shape, and goes on with them.

        Returns:
            The compile ids that this made, all recorded; none means that nothing was recompiled.

        Raises:
            InspectorError: the target takes no such shape; the former one stays.
        """
        if self.built.reshape is None:
            raise UsageError(f"The inputs of {self.name} cannot be given another shape.")
        batch, seq = (batch if batch is not None else self.batch), (seq if seq is not None else self.seq)
        before = len(self.compile_ids)
        inputs = self.built.reshape(batch, seq)
        fresh = State(self.built.call, inputs, self.state)
        try:
            # Shapes tried by hand are no fault of the program's: torch's limit would silently turn to eager.
            with torch._dynamo.config.patch(recompile_limit=1024, accumulated_recompile_limit=4096):
                self._call(inputs, from_user=True)
        finally:
            fresh.restore()
            self._check_statements()
            self._kernels.finish()
        self.inputs, self.batch, self.seq, self.state = inputs, batch, seq, fresh
        if self.compile_ids and not before:
            self._tell_state()
        return self.compile_ids[before:]

    def _call(self, inputs: Inputs, *, from_user: bool) -> None:
        """Calls the compiled target; `from_user` says whether the shapes are a person's choice."""
        call, name = self.built.call, self.name
        try:
            self.call(self.compiled, inputs)
        except Exception as error:
            raise failures.translate(
                error,
                name=name,
                own=lambda raised: forward_failure(raised, call, inputs, name, from_user=from_user),
                eager=lambda: self.call(call, inputs),
            ) from error

    @property
    def shape(self) -> str:
        """The present inputs in words: `batch 1 · seq 8`."""
        parts = [f"{word} {value}" for word, value in (("batch", self.batch), ("seq", self.seq)) if value is not None]
        return " · ".join(parts) or self.built.describe_inputs()

    @property
    def tokens(self) -> int | None:
        """Tokens that a call with the present inputs works on."""
        if self.built.tokens_per_call is None or self.batch is None or self.seq is None:
            return None
        return self.built.tokens_per_call(self.batch, self.seq)

    def close(self) -> None:
        """Puts torch back as it was."""
        self._recording.close()
        self._kernels.close()


def torch_cache_hits() -> set[str]:
    """Which of torch's own caches had an answer in this process."""
    from torch._dynamo.utils import counters

    hits = {
        "FX graph cache": counters["inductor"]["fxgraph_cache_hit"],
        "AOTAutograd cache": counters["aot_autograd"]["autograd_cache_hit"],
    }
    return {name for name, count in hits.items() if count}


def describe_target(built: Built, name: str) -> dict[str, Any]:
    """The payload of `inspector_target`."""
    module = built.call if isinstance(built.call, nn.Module) else None
    parameters = list(module.parameters()) if module is not None else []
    source = built.source
    return {
        "name": name,
        "qualname": source.qualname if source else "",
        "file": source.file if source else "",
        "line": source.first_line if source else 0,
        "end_line": source.last_line if source else 0,
        "summary": built.summary,
        "inputs": [
            {
                "name": label,
                "dtype": str(tensor.dtype).removeprefix("torch."),
                "shape": list(tensor.shape),
                "stride": list(tensor.stride()) if tensor.layout is torch.strided else [],
                "device": str(tensor.device),
            }
            for label, tensor in built.tensors()
        ],
        "parameters": sum(parameter.numel() for parameter in parameters),
        "parameter_bytes": sum(parameter.numel() * parameter.element_size() for parameter in parameters),
        "training": module.training if module is not None else False,
        "batch": built.batch,
        "seq": built.seq,
        "tokens": built.tokens,
    }


def nothing_compiled(name: str) -> str:
    """Why no graph was made, in torch's words where it counts what it could not do."""
    from torch._dynamo.utils import counters

    for reason in counters.get("unimplemented", {}):
        lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
        told = [line.partition("Explanation:")[2].strip() for line in lines if line.startswith("Explanation:")]
        words = ": ".join([*lines[:1], *told]).rstrip(".")
        return f"Nothing of {name} was compiled, all of it runs eagerly. torch says: {words}."
    return f"Dynamo made no graph of {name}, and torch names no reason: it met no tensor operation, or skips such code."
