"""Which graph of a compile id a record belongs to; torch does not say, so order, inputs and names must.

A *piece* is one graph that went to AOTAutograd and Inductor by itself: a compile id has one, or several where vLLM or
DDP split Dynamo's graph, or where AOTAutograd is called for each graph of a program. Each piece has its own pre-grad
and joint graph, and a *unit* for its forward and one for its backward graph. Where two pieces could have a record, what
the texts say decides: their inputs, and the names of their nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from inspector.link.facts import GraphPiece, Unit
from inspector.model.artifact import Artifact
from inspector.model.stage import Stage
from inspector.trace.state import CompileDraft

_NAMED = re.compile(r"%(\w+) :")
"""A node in the comments of an output code."""


def piece_of(draft: CompileDraft, stage: Stage) -> GraphPiece:
    """The piece of a pre-grad or joint graph that just appeared: the current one, if it has not come so far yet."""
    piece = current_piece(draft)
    later = piece.graphs.keys() if stage is Stage.PRE_GRAD else piece.graphs.keys() - {Stage.PRE_GRAD}
    if later or _units(draft, piece):
        piece = _new_piece(draft)
    return piece


def begin_unit(draft: CompileDraft, text: str, *, backward: bool, told: bool = True) -> Unit:
    """The unit of an ATen graph that just appeared.

    Args:
        told: whether torch wrote the record: two of its records are of two graphs, however equal their texts are.
    """
    known = draft.current
    if known is None or known.backward is not backward or not _may_have(known, text, told=told):
        same = [unit for unit in draft.view.units if unit.backward is backward]
        known = next((unit for unit in same if _may_have(unit, text, told=told)), None)
    if known is None:
        known = _new_unit(draft, backward=backward)
    known.told = known.told or told
    if not backward or draft.current is None:
        draft.current = known
    return known


def _may_have(unit: Unit, text: str, *, told: bool) -> bool:
    """Whether a unit may be an ATen graph's: it has none, or has this one from another kind of record."""
    if unit.graph is None:
        return unit.code is None and unit.post_grad is None
    return unit.graph.text == text and not (told and unit.told)


def unit_of_graph(draft: CompileDraft, text: str) -> Unit:
    """The unit of a post-grad graph: of those without one, the one whose ATen graph takes the same inputs."""
    from inspector.link.fxtext import read_fx

    graph = read_fx(text)
    inputs = graph.placeholders
    backward = any(name.startswith("tangents_") for name in inputs)
    taking = [
        unit
        for unit in (draft.view.units if inputs else ())
        if unit.graph is not None and read_fx(unit.graph.text).placeholders == inputs
    ]
    free = [unit for unit in taking if unit.post_grad is None]
    known = [unit for unit in taking if unit.post_grad is not None and unit.code is None]
    # Of a frozen graph, whose weights are no inputs any more, torch's record and ours come one after the other.
    again = [
        unit
        for unit in draft.view.units
        if unit.post_grad is not None
        and unit.code is None
        and read_fx(unit.post_grad.text).nodes.keys() == graph.nodes.keys()
    ]
    rest = [unit for unit in draft.view.units if unit.backward is backward and unit.post_grad is None and not unit.code]
    draft.current = (
        _nearest(draft, free, lambda unit: _shared(unit.graph, graph.nodes))
        or (known[-1] if known else None)
        or (again[-1] if again else None)
        or (rest[-1] if rest else None)
        or _new_unit(draft, backward=backward)
    )
    return draft.current


def unit_of_code(draft: CompileDraft, aot_id: str, text: str) -> Unit:
    """The unit of an output code: of those of its direction without one, the one whose nodes its comments name."""
    backward = aot_id.endswith("backward")
    matching = [unit for unit in draft.view.units if unit.backward is backward]
    free = [unit for unit in matching if unit.code is None]
    begun = [unit for unit in free if unit.post_grad is not None] or free
    again = [unit for unit in matching if unit.code is not None and unit.code.text == text]
    again += [unit for unit in matching if unit is draft.current and aot_id and unit.aot_id == aot_id]
    named = set(_NAMED.findall(text)) if len(begun) > 1 else set()
    draft.current = (
        _nearest(draft, begun, lambda unit: _shared(unit.post_grad or unit.graph, named))
        or next(iter(again), None)
        or _new_unit(draft, backward=backward)
    )
    return draft.current


def _nearest(draft: CompileDraft, units: list[Unit], likeness: Callable[[Unit], float]) -> Unit | None:
    """The unit that is most alike; of several, the one that Inductor works on at this point of the log."""
    if len(units) < 2:
        return units[0] if units else None
    alike = {id(unit): likeness(unit) for unit in units}
    best = [unit for unit in units if alike[id(unit)] == max(alike.values())]
    return next((unit for unit in best if unit is draft.current), best[0])


def _shared(artifact: Artifact | None, names: Iterable[str]) -> float:
    """The share of names that are those of a graph's nodes, or the other way round."""
    from inspector.link.fxtext import read_fx

    ours, theirs = set(read_fx(artifact.text).nodes) if artifact is not None else set(), set(names)
    return len(ours & theirs) / max(len(ours | theirs), 1)


def current_unit(draft: CompileDraft) -> Unit:
    """The unit that Inductor works on at this point of the log."""
    if draft.current is None:
        draft.current = draft.view.units[-1] if draft.view.units else _new_unit(draft, backward=False)
    return draft.current


def unit_of_direction(draft: CompileDraft, *, backward: bool) -> Unit:
    """The unit that Inductor works on, or else the latest of that direction.

    Raises:
        ValueError: there is none of that direction.
    """
    if draft.current is not None and draft.current.backward is backward:
        return draft.current
    matching = [unit for unit in draft.view.units if unit.backward is backward]
    if not matching:
        raise ValueError(f"there is no {'backward' if backward else 'forward'} graph that it could be about")
    return matching[-1]


def current_piece(draft: CompileDraft) -> GraphPiece:
    """The piece that was begun last."""
    return draft.view.pieces[-1] if draft.view.pieces else _new_piece(draft)


def name_next_piece(draft: CompileDraft, name: str) -> None:
    """Says what the next piece is, in the words of who splits the graph: `submod_2, 1…64`."""
    if draft.next_piece:
        draft.unused_pieces.append(draft.next_piece)
    draft.next_piece = name
    if draft.view.pieces and not (draft.view.pieces[-1].graphs or _units(draft, draft.view.pieces[-1])):
        draft.view.pieces[-1].name, draft.next_piece = name, ""
    draft.version += 1


def _units(draft: CompileDraft, piece: GraphPiece) -> list[Unit]:
    return [unit for unit in draft.view.units if unit.piece == piece.number]


def _new_piece(draft: CompileDraft) -> GraphPiece:
    piece = GraphPiece(len(draft.view.pieces), draft.next_piece)
    draft.next_piece = ""
    draft.view.pieces.append(piece)
    return piece


def _new_unit(draft: CompileDraft, *, backward: bool) -> Unit:
    """A unit in the current piece, or in the next where that has one of this direction."""
    piece = current_piece(draft)
    if any(unit.backward is backward for unit in _units(draft, piece)):
        piece = _new_piece(draft)
    parts = [piece.suffix, "backward" if backward else ""]
    unit = Unit("-".join(part for part in parts if part), backward, piece=piece.number)
    draft.view.units.append(unit)
    draft.version += 1
    return unit
