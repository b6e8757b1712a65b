"""All links of one compile id, worked out again only for the pairs whose texts or facts changed."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from inspector.link import align, asm, buffers, fx, inductor, ir, source, statements, triton
from inspector.link.facts import CompileView, InnerIr, NodeFacts, Operations, Unit
from inspector.link.fx import Graph
from inspector.link.inductor import Emitted
from inspector.link.ir import IrText
from inspector.link.irtext import read_ir
from inspector.link.outputcode import read_output_code
from inspector.link.source import Sources
from inspector.link.split import CutGraph
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact
from inspector.model.link import Link
from inspector.model.stage import Stage

_T = TypeVar("_T")


@dataclass(frozen=True)
class Linked:
    """What was found for one compile id."""

    links: tuple[Link, ...]
    gaps: Counter[str]
    """What could not be linked, in words, and how often."""


class Linker:
    """Remembers what it read and found, so that a growing capture costs only what is new."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Artifact, object]] = {}
        self._codes: dict[str, Emitted] = {}
        self._cuts: dict[int, CutGraph] = {}
        self._found: dict[str, tuple[tuple[object, ...], Tally]] = {}

    def link(self, view: CompileView, sources: Sources) -> Linked:
        """The links between everything the view holds at the moment."""
        total = Tally()
        total.extend(self._shared_stages(view, sources))
        for unit in view.units:
            total.extend(self._unit(view, unit, sources))
        return Linked(tuple(dict.fromkeys(total.links)), total.gaps)

    def _shared_stages(self, view: CompileView, sources: Sources) -> Iterator[Tally]:
        dynamo = self._graph(view.graph(Stage.DYNAMO))
        if dynamo:
            yield from self._source(view, dynamo, view.nodes.get(Stage.DYNAMO), sources, root=True)
        if (function := sources.get(view.function_file)) is not None:
            for text in view.bytecode:
                yield self._pair(text.id, (function, text), partial(source.link_bytecode, function, text))
        for piece in view.pieces:
            pre_grad, joint = (self._graph(view.graph(stage, piece.number)) for stage in (Stage.PRE_GRAD, Stage.JOINT))
            before = self._dynamo(view, piece.number)
            if before and pre_grad:
                find = partial(fx.link_same_names, before, pre_grad)
                yield self._pair(f"pre_grad:{piece.suffix}", (before, pre_grad), find)
            if joint:
                facts = piece.nodes.get(Stage.JOINT)
                yield from self._source(view, joint, facts, sources, root=False)
                yield from self._after_dynamo(view, joint, facts, None, piece.number)

    def _source(
        self,
        view: CompileView,
        graph: Graph,
        facts: Mapping[str, NodeFacts] | None,
        sources: Sources,
        *,
        root: bool,
    ) -> Iterator[Tally]:
        """Source ↔ one graph: by exact stacks where the log has them, else by the comments in Dynamo's graph."""
        if not sources:
            return
        key, paths = f"source:{graph.artifact.id}", tuple(sources.values())
        if facts is not None:
            dynamo = None if root else self._graph(view.graph(Stage.DYNAMO))
            made = view.nodes.get(Stage.DYNAMO)
            find = partial(source.link_stacks, sources, graph, facts, roots_only=not root, dynamo=dynamo, made=made)
            yield self._pair(key, (graph, facts, dynamo, made, *paths), find)
        elif root:
            yield self._pair(key, (graph, *paths), partial(source.link_comments, sources, graph))

    def _after_dynamo(
        self, view: CompileView, later: Graph, facts: Mapping[str, NodeFacts] | None, unit: Unit | None, piece: int
    ) -> Iterator[Tally]:
        """Dynamo and pre-grad ↔ joint or ATen, of one piece: records of ours name Dynamo's nodes, torch's its own."""
        cut = self._cut(view, piece)
        if view.is_cut and facts is not None:
            found = (self._graph(view.graph(Stage.DYNAMO)), cut.cut_as_dynamo if cut else None)
        else:
            found = (self._dynamo(view, piece), self._graph(view.graph(Stage.PRE_GRAD, piece)))
        earlier = [graph for graph in found if graph is not None]
        if not earlier:
            return
        provenance = unit.provenance if unit is not None else None
        post_grad = self._graph(unit.post_grad) if unit is not None else None
        yield self._pair(
            f"dynamo:{later.artifact.id}",
            (*earlier, later, facts, provenance, post_grad),
            partial(fx.link_after_dynamo, earlier, later, facts, provenance, post_grad),
        )

    def _unit(self, view: CompileView, unit: Unit, sources: Sources) -> Iterator[Tally]:
        graph, post_grad = self._graph(unit.graph), self._graph(unit.post_grad)
        joint = self._graph(view.graph(Stage.JOINT, unit.piece))
        if graph:
            facts = unit.graph_nodes
            if joint:
                yield self._made(f"joint:{unit.suffix}", joint, graph, facts)
            if not unit.backward and (joint is None or facts is None):
                yield from self._after_dynamo(view, graph, facts, unit, unit.piece)
            alone = not view.graphs and not view.pieces[unit.piece].graphs  # an exported program has no earlier graph
            if facts is not None or alone:
                yield from self._source(view, graph, facts, sources, root=alone and facts is None)
            forward = self._graph(view.forward(unit))
            if unit.backward and forward and forward is not graph:
                find = partial(fx.link_saved, forward, graph, facts)
                yield self._pair(f"saved:{unit.suffix}", (forward, graph, facts), find)
        if graph and post_grad:
            yield self._made(f"post_grad:{unit.suffix}", graph, post_grad, unit.post_grad_nodes)
        before = self._graph(view.graph(Stage.PRE_GRAD, unit.piece)) or self._dynamo(view, unit.piece)
        # What the worker recorded of each node is finer than torch's mapping, which skips a stage.
        told = unit.provenance if unit.graph_nodes is None or unit.post_grad_nodes is None else None
        if before and post_grad and (provenance := told) is not None:
            find = partial(fx.link_provenance, before, graph, post_grad, provenance)
            yield self._pair(f"provenance:{unit.suffix}", (before, graph, post_grad, provenance), find)
        yield from self._code(view, unit, post_grad)

    def _dynamo(self, view: CompileView, piece: int) -> Graph | None:
        """Dynamo's graph by the names that a piece's later graphs know its nodes by; None where these are not known."""
        if not view.is_cut:
            return self._graph(view.graph(Stage.DYNAMO))
        cut = self._cut(view, piece)
        return None if cut is None else cut.dynamo_as_cut

    def _cut(self, view: CompileView, piece: int) -> CutGraph | None:
        """What a piece's nodes are called in Dynamo's graph and in its own, where both are recorded."""
        dynamo, pre_grad = view.graph(Stage.DYNAMO), view.graph(Stage.PRE_GRAD, piece)
        if not view.is_cut or dynamo is None or pre_grad is None:
            return None
        known = self._cuts.get(piece)
        whole, part = self._once(dynamo, Graph.of), self._once(pre_grad, Graph.of)
        if known is None or known.dynamo is not whole or known.piece is not part:
            known = self._cuts[piece] = CutGraph(whole, part)
        return known

    def _made(self, key: str, earlier: Graph, later: Graph, facts: Mapping[str, NodeFacts] | None) -> Tally:
        return self._pair(key, (earlier, later, facts), partial(fx.link_made, earlier, later, facts))

    def _code(self, view: CompileView, unit: Unit, post_grad: Graph | None) -> Iterator[Tally]:
        yield from self._ir_texts(unit, post_grad)
        artifact = unit.code
        if artifact is None:
            return
        emitted = self._emitted(unit, artifact)
        yield self._pair(f"kernels:{unit.suffix}", (artifact,), partial(inductor.link_kernels, emitted))
        if post_grad:
            find = partial(inductor.link_post_grad, post_grad, emitted)
            yield self._pair(f"code:{unit.suffix}", (post_grad, emitted), find)
            find = partial(statements.link_statements, post_grad, emitted)
            yield self._pair(f"statements:{unit.suffix}", (post_grad, emitted), find)
            find = partial(align.link_aligned, post_grad, emitted)
            yield self._pair(f"aligned:{unit.suffix}", (post_grad, emitted), find)
        for name, texts in _ir_texts_of(unit):
            text = next((text for text in reversed(self._ir(texts, name)) if text and text.operations), None)
            if post_grad and text is not None:
                find = partial(buffers.link_buffers, post_grad, emitted, text)
                yield self._pair(f"buffers:{unit.suffix}:{name or ''}", (post_grad, emitted, text), find)
        dynamo = self._dynamo(view, unit.piece)
        if dynamo and unit.provenance is None:
            find = partial(inductor.link_source_nodes, dynamo, emitted)
            yield self._pair(f"comments:{unit.suffix}", (dynamo, emitted), find)
        yield from self._ir_and_code(unit, emitted, post_grad)
        for definition in emitted.code.kernels:
            kernel, listing = unit.kernels.get(definition.name), unit.asm.get(definition.name)
            assembly = unit.assemblies.get(definition.name)
            if kernel and listing and assembly:
                find = partial(asm.link_asm, kernel, definition, listing, assembly)
                yield self._pair(listing.id, (kernel, listing), find)
            gpu = unit.gpu.get(definition.name)
            if kernel and gpu:
                find = partial(triton.link_stages, kernel, definition, gpu)
                yield self._pair(f"triton:{kernel.id}", (kernel, *gpu.artifacts.values()), find)

    def _ir_texts(self, unit: Unit, post_grad: Graph | None) -> Iterator[Tally]:
        """IR before ↔ after fusion, and both ↔ the nodes that their operations were made from."""
        for name, texts in _ir_texts_of(unit):
            pre, post = self._ir(texts, name)
            if pre and post:
                yield self._pair(f"fusion:{pre.artifact.id}", (pre, post), partial(ir.link_fusion, pre, post))
            for text in (pre, post):
                if text and post_grad and text.operations is not None:
                    find = partial(ir.link_operations, post_grad, text)
                    yield self._pair(f"operations:{text.artifact.id}", (post_grad, text), find)

    def _ir_and_code(self, unit: Unit, emitted: Emitted, post_grad: Graph | None) -> Iterator[Tally]:
        """The last IR text ↔ output code, and what only the code tells about IR texts without recorded nodes."""
        for name, texts in _ir_texts_of(unit):
            present = [text for text in self._ir(texts, name) if text is not None]
            if present:
                last = present[-1]
                yield self._pair(f"ir_code:{last.artifact.id}", (last, emitted), partial(ir.link_code, last, emitted))
                if post_grad and name is not None:
                    find = partial(ir.link_code_within, last, emitted, post_grad)
                    yield self._pair(f"code_within:{last.artifact.id}", (last, emitted, post_grad), find)
            for text in present:
                if post_grad and text.operations is None and name is None:
                    find = partial(ir.link_ir, text, present[-1], emitted, post_grad)
                    yield self._pair(text.artifact.id, (text, present[-1], emitted, post_grad), find)

    def _ir(self, texts: Unit | InnerIr, subgraph: str | None) -> tuple[IrText | None, IrText | None]:
        """A graph's IR before and after fusion; the same objects until a text changes."""
        return (
            self._ir_text(texts.ir_pre, texts.ir_pre_operations, subgraph),
            self._ir_text(texts.ir_post, texts.ir_post_operations, subgraph),
        )

    def _ir_text(self, artifact: Artifact | None, operations: Operations | None, subgraph: str | None) -> IrText | None:
        if artifact is None:
            return None
        return self._once(artifact, lambda item: IrText(item, read_ir(item.text), operations, subgraph))

    def _emitted(self, unit: Unit, artifact: Artifact) -> Emitted:
        """The output code with what is known about it; the same object until one of both changes."""
        known = self._codes.get(unit.suffix)
        sites = tuple(unit.statements.values())
        now = (artifact, unit.provenance, *sites)
        was = (known.artifact, known.provenance, *known.sites) if known else ()
        if known is None or len(now) != len(was) or not all(map(operator.is_, now, was)):
            code = known.code if known and known.artifact is artifact else read_output_code(artifact.text)
            known = self._codes[unit.suffix] = Emitted(artifact, code, dict(unit.kernels), unit.provenance, sites)
        return known

    def _pair(self, key: str, inputs: tuple[object, ...], find: Callable[[], Tally]) -> Tally:
        """What `find` found for these inputs, compared by identity; found once, in one order in every process."""
        known = self._found.get(key)
        if known is not None and len(known[0]) == len(inputs) and all(map(operator.is_, known[0], inputs)):
            return known[1]
        tally = find()
        tally.links.sort()  # linkers go through sets
        self._found[key] = (inputs, tally)
        return tally

    def _graph(self, artifact: Artifact | None) -> Graph | None:
        return None if artifact is None else self._once(artifact, Graph.of)

    def _once(self, artifact: Artifact, read: Callable[[Artifact], _T]) -> _T:
        """What a text says, read once for each artifact."""
        known = self._read.get(artifact.id)
        if known is None or known[0] is not artifact:
            known = self._read[artifact.id] = (artifact, read(artifact))
        return cast(_T, known[1])


def _ir_texts_of(unit: Unit) -> Iterator[tuple[str | None, Unit | InnerIr]]:
    """The loop IR of a unit's graph, and of the graphs within it by their names."""
    yield None, unit
    yield from unit.inner_ir.items()
