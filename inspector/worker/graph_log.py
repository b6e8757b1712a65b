"""Every graph that passes through the compiler, kept as a side record: neither it nor the code made from it changes.

Private parts used: `_recursive_joint_graph_passes` and `_recursive_post_grad_passes`, between which the ATen and the
post-grad graphs exist.
"""

from __future__ import annotations

import dis
import functools
import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import torch
from torch.fx import Graph, GraphModule

from inspector.model.kernel import text_digest
from inspector.model.stage import Stage
from inspector.worker import graphs, records
from inspector.worker.autotuning import hearing_autotuning
from inspector.worker.direction import Direction
from inspector.worker.fusion import FusionLog
from inspector.worker.ir_log import IrLog
from inspector.worker.kernels import Kernels
from inspector.worker.passes import PassLog
from inspector.worker.patterns import hearing_patterns
from inspector.worker.private import PrivateChanged, fallen_back, replaced
from inspector.worker.provenance import ProvenanceWriter
from inspector.worker.resumes import Resumes
from inspector.worker.sources import Sources
from inspector.worker.stacks import Stacks

Key = tuple[Stage, bool]
"""A stage, and whether of the backward pass."""


@dataclass
class InductorGraph:
    """One graph that Inductor was given, with what became of it: a compile id has several where vLLM or DDP splits
    Dynamo's graph, and work that is done ahead of time has no compile id at all."""

    number: int
    compile_id: str
    known: dict[Key, graphs.WrittenGraph] = field(default_factory=dict)
    """The graphs whose records were written."""
    files: list[str] = field(default_factory=list)
    """Of the output code that was loaded for it."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """What torch's counters stood at when this graph's work began, or when they were last written for it."""


class GraphLog:
    """Writes the records of every graph that it is shown, and of what Inductor says meanwhile.

    Args:
        sources: told which files the graphs come from.
        custom_passes: whether a pass may be put into Inductor's configuration as a fall-back; it changes the keys
            of torch's own caches, so not where these are wanted.
        passes: whether to write what each pass did, which costs.
    """

    def __init__(self, sources: Sources, *, custom_passes: bool = True, passes: bool = False) -> None:
        self.compile_ids: list[str] = []
        """Every compile id that came to a backend, in order."""
        self._sources = sources
        self._custom_passes = custom_passes
        self._direction = Direction()
        self._stacks = Stacks()
        self._resumes = Resumes()
        self._ir = IrLog(self._direction)
        self._fusion = FusionLog(self._direction)
        self._provenance = ProvenanceWriter()
        self._passes = PassLog(self._direction) if passes else None
        self._pieces: dict[str, list[InductorGraph]] = {}
        """Compile id → its pieces, in order; the first begins with Dynamo's graph."""
        self._numbers = itertools.count()
        self._here = _Here()

    @contextmanager
    def hearing_dynamo(self) -> Iterator[None]:
        """While this lasts, Dynamo's bytecode and the places of its nodes are known."""
        from torch._dynamo.convert_frame import register_bytecode_hook

        with self._stacks.recording(), self._resumes.hearing(), register_bytecode_hook(self._write_bytecode):
            yield

    @contextmanager
    def hearing_inductor(self) -> Iterator[None]:
        """While this lasts, Inductor's graphs, loop IR and fusion decisions are written."""
        with (
            self._ir.recording(),
            self._fusion.recording(),
            self._provenance.hearing(),
            hearing_patterns(),
            hearing_autotuning(),
            self._watching_passes(),
            self._passes.hearing() if self._passes is not None else nullcontext(),
        ):
            yield

    def begin(self, graph: GraphModule) -> str:
        """Dynamo hands a graph to the backend.

        Returns:
            Its compile id; empty outside any.
        """
        compile_id = records.current_compile_id() or ""
        with records.unless_it_fails(f"Dynamo's graph of {compile_id}"):
            if compile_id not in self.compile_ids:
                self.compile_ids.append(compile_id)
            self._stacks.remember(graph.graph.nodes, compile_id)
            dynamo = InductorGraph(-1, compile_id)
            self._write(Stage.DYNAMO, graph, dynamo)
            self._pieces[compile_id] = [dynamo]  # a restarted attempt begins anew
        return compile_id

    def exported(self, program: Any, text: str) -> None:
        """A program was exported, which torch wrote as `text`: says where its nodes come from."""
        stack_of = functools.partial(self._stacks.of, compile_id="")
        module = program.graph_module
        self._sources.add(stack_of(node) for node in module.graph.nodes)
        records.write("exported", {"digest": text_digest(text), "nodes": graphs.facts_of(module, stack_of)})

    @contextmanager
    def piece(self, graph: GraphModule) -> Iterator[InductorGraph]:
        """Around everything that Inductor makes of one graph, autograd's part included; inside another, that one."""
        if self._here.piece is not None:
            yield self._here.piece
            return
        piece = self._begin_piece(records.current_compile_id() or "")
        self._enter(piece)
        try:
            with records.piece(piece.number):
                records.write("piece", records.owner() | {"begins": True})
                if not piece.compile_id:
                    self._write(Stage.DYNAMO, graph, piece)
                try:
                    yield piece
                finally:
                    records.write("piece", records.owner() | {"begins": False, "output_code": piece.files})
        finally:
            self._here.piece = None

    def _enter(self, piece: InductorGraph) -> None:
        """This thread works on a piece from now on. What is counted from here on is the piece's: the passes over the
        joint graph (attention is fused there) are done before Inductor's inner compile is called."""
        self._here.piece = piece
        with records.unless_it_fails(f"the counters of {piece.compile_id}"):
            piece.counted = _counters()

    def _begin_piece(self, compile_id: str) -> InductorGraph:
        pieces = self._pieces.setdefault(compile_id, []) if compile_id else []
        piece = InductorGraph(next(self._numbers), compile_id, dict(pieces[0].known) if pieces else {})
        pieces.append(piece)
        return piece

    def _piece_of_backward(self, compile_id: str) -> InductorGraph:
        """The piece of a backward graph that is compiled when it is first needed: of several, nobody says which."""
        pieces = [piece for piece in self._pieces.get(compile_id, []) if piece.number >= 0]
        return pieces[0] if len(pieces) == 1 else self._begin_piece(compile_id)

    def inner_compile(
        self, original: Callable[..., Any], kernels: Kernels | None, graph: GraphModule, *args: Any, **options: Any
    ) -> Any:
        """Calls Inductor's inner compile on an ATen graph, and writes what there is to know about it.

        Args:
            original: what compiles `graph`.
            kernels: told which kernels were loaded.
        """
        compile_id = records.current_compile_id() or ""
        backward = bool(options.get("is_backward"))
        with self._at(compile_id, backward=backward) as piece:
            self._write(Stage.ATEN_BACKWARD if backward else Stage.ATEN, graph, piece)
            result = None
            try:
                with self._direction.of(backward=backward), self._provenance.recording(backward=backward):
                    result = original(graph, *args, **options)
                return result
            finally:
                if kernels is not None:
                    key = getattr(result, "cache_key", None)
                    piece.files += kernels.collect(compile_id, backward=backward, key=key)
                with records.unless_it_fails(f"the counters of {compile_id}"):
                    now = _counters()
                    delta = {name: value - piece.counted.get(name, 0) for name, value in now.items()}
                    piece.counted = now
                    records.write("metrics", records.owner() | {"backward": backward, **delta})

    @contextmanager
    def _at(self, compile_id: str, *, backward: bool) -> Iterator[InductorGraph]:
        """The piece that this thread is at, also where Inductor is called without what it usually comes in."""
        if self._here.piece is not None:
            yield self._here.piece
            return
        self._enter(piece := self._piece_of_backward(compile_id) if backward else self._begin_piece(compile_id))
        try:
            with records.piece(piece.number):
                yield piece
        finally:
            self._here.piece = None

    @contextmanager
    def _watching_passes(self) -> Iterator[None]:
        """Sees the graphs before Inductor's joint passes and after its post-grad passes."""
        from torch._inductor import config

        with ExitStack() as stack:
            try:
                for name, wrap in (
                    ("_recursive_joint_graph_passes", self._wrap_joint_passes),
                    ("_recursive_post_grad_passes", self._wrap_post_grad_passes),
                ):
                    stack.enter_context(replaced("passes", f"torch._inductor.compile_fx:{name}", wrap))
            except PrivateChanged as error:
                stack.close()
                if self._custom_passes:
                    stack.enter_context(config.patch(post_grad_custom_post_pass=self._post_grad_pass))
                    fallen_back(error, "passes, with custom ones")
                else:
                    fallen_back(error)
            yield

    def _wrap_joint_passes(self, original: Any) -> Any:
        def joint_passes(graph: GraphModule, *args: Any, **kwargs: Any) -> Any:
            with self._outermost() as outermost:
                if outermost:
                    self._write(Stage.JOINT if _is_joint(graph) else Stage.ATEN, graph)
                return original(graph, *args, **kwargs)

        return joint_passes

    def _wrap_post_grad_passes(self, original: Any) -> Any:
        def post_grad_passes(graph: GraphModule, *args: Any, **kwargs: Any) -> Any:
            with self._outermost() as outermost:
                result = original(graph, *args, **kwargs)
                if outermost:
                    self._write(Stage.POST_GRAD, graph)
                return result

        return post_grad_passes

    @contextmanager
    def _outermost(self) -> Iterator[bool]:
        """Whether this is the graph itself: the passes call themselves for the graphs inside it."""
        depth = self._here.depth
        self._here.depth = depth + 1
        try:
            yield depth == 0
        finally:
            self._here.depth = depth

    def _post_grad_pass(self, graph: Graph) -> None:
        if isinstance(graph.owning_module, GraphModule):
            self._write(Stage.POST_GRAD, graph.owning_module)

    def _write(self, stage: Stage, module: GraphModule, piece: InductorGraph | None = None) -> None:
        """Writes a graph's record; a second graph of the same stage (inside a higher-order operator) is left out.

        Args:
            piece: whose graph it is; None for the one that this thread is at.
        """
        piece = piece or self._here.piece
        if piece is None:
            return
        backward = self._direction.backward or stage is Stage.ATEN_BACKWARD
        if (stage, backward) in piece.known:
            return
        compile_id = piece.compile_id
        with records.unless_it_fails(f"the {stage} graph of {compile_id or 'work without a compile id'}"):
            origin = _origin(stage, backward, piece.known)
            forward = _forward(stage, piece.known)
            piece.known[stage, backward] = graphs.WrittenGraph.of(module)
            stack_of = functools.partial(self._stacks.of, compile_id=compile_id)
            described = graphs.describe(module, stack_of, origin, forward)
            if stage is Stage.DYNAMO:
                found = [graph for _, graph in graphs.graphs_within(module)]
                self._sources.add(stack_of(node) for graph in found for node in graph.nodes)
            records.write("graph", records.owner() | {"stage": stage.value, "backward": backward, **described})

    def _write_bytecode(self, code: CodeType, new_code: CodeType) -> None:
        """Dynamo's bytecode before and after, which torch's own records have for resumed frames only; and the file of
        the function, which has no node where its first statement breaks the graph."""
        compile_id = records.current_compile_id() or ""
        with records.unless_it_fails(f"the bytecode of {compile_id}"):
            original, modified = dis.Bytecode(code).dis(), dis.Bytecode(new_code).dis()
            payload: dict[str, Any] = {"compile_id": compile_id, "original": original, "modified": modified}
            if (continues := self._resumes.continued_by(code)) is not None:
                payload["continues"] = continues
            records.write("bytecode", payload)
            self._sources.add_function(code.co_filename, code.co_firstlineno)


class _Here(threading.local):
    """Where the calling thread is."""

    piece: InductorGraph | None = None
    depth = 0
    """How many of Inductor's passes it is inside."""


def _origin(stage: Stage, backward: bool, known: Mapping[Key, graphs.WrittenGraph]) -> graphs.GraphOrigin | None:
    """The stage that a graph was made from, among those that its compile id has so far."""
    match stage:
        case Stage.POST_GRAD:
            before = known.get((Stage.ATEN_BACKWARD if backward else Stage.ATEN, backward))
            return graphs.GraphOrigin(before, keeps_names=True) if before else None
        case Stage.ATEN | Stage.ATEN_BACKWARD if (joint := known.get((Stage.JOINT, False))) is not None:
            return graphs.GraphOrigin(joint, keeps_names=True)
        case _:
            dynamo = known.get((Stage.DYNAMO, False))
            return graphs.GraphOrigin(dynamo, keeps_names=False) if dynamo else None


def _forward(stage: Stage, known: Mapping[Key, graphs.WrittenGraph]) -> graphs.Forward | None:
    """What autograd says about a backward graph's nodes, if it is one and the joint graph was seen."""
    joint, forward = known.get((Stage.JOINT, False)), known.get((Stage.ATEN, False))
    if stage is not Stage.ATEN_BACKWARD or joint is None or forward is None:
        return None
    return graphs.Forward(joint.forward_of, forward.names)


def _is_joint(graph: GraphModule) -> bool:
    """AOTAutograd names the gradients that come in `tangents_N`; only a joint graph has them beside its inputs."""
    return any(node.op == "placeholder" and node.name.startswith("tangents_") for node in graph.graph.nodes)


def _counters() -> dict[str, int]:
    """Inductor's metrics and pass counters, as they stand; what torch counts for a log alone, with that log only."""
    from torch._inductor import metrics

    counted = {name: value for name, value in vars(metrics).items() if type(value) is int and not name.startswith("_")}
    if not logging.getLogger("torch._inductor.compile_fx.__inductor_metrics").isEnabledFor(logging.INFO):
        counted.pop("num_bytes_accessed", None)
    return counted | {f"inductor.{name}": value for name, value in torch._dynamo.utils.counters["inductor"].items()}
