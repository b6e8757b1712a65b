"""Which of a compile id's Inductor graphs a record belongs to; torch does not say, so order and names must."""

from __future__ import annotations

from inspector.link.facts import Unit
from inspector.trace.state import CompileDraft


def begin_unit(draft: CompileDraft, text: str, *, backward: bool) -> Unit:
    """The unit of an ATen graph that just appeared: the one with this text, an unfilled one, or a new one."""
    same = [unit for unit in draft.view.units if unit.backward is backward]
    for unit in same:
        if unit.graph is None or unit.graph.text == text or (unit.code is None and unit.post_grad is None):
            break
    else:
        unit = _new_unit(draft, backward=backward)
    if not backward or draft.current is None:
        draft.current = unit
    return unit


def unit_of_graph(draft: CompileDraft, text: str) -> Unit:
    """The unit of a post-grad graph: the one whose ATen graph takes the same inputs, else the latest."""
    from inspector.link.fxtext import read_fx

    inputs = read_fx(text).placeholders
    for unit in reversed(draft.view.units):
        if unit.graph is not None and inputs and read_fx(unit.graph.text).placeholders == inputs:
            draft.current = unit
            return unit
    backward = any(name.startswith("tangents_") for name in inputs)
    matching = [unit for unit in draft.view.units if unit.backward is backward]
    draft.current = matching[-1] if matching else _new_unit(draft, backward=backward)
    return draft.current


def unit_of_code(draft: CompileDraft, aot_id: str) -> Unit:
    """The unit of an output code, by the direction in its AOT id and by order."""
    backward = aot_id.endswith("backward")
    matching = [unit for unit in draft.view.units if unit.backward is backward]
    known = [unit for unit in matching if aot_id and unit.aot_id == aot_id]
    current = draft.current
    if known:
        draft.current = known[0]
    elif current is None or current.backward is not backward or current.aot_id:
        free = [unit for unit in matching if not unit.aot_id]
        draft.current = free[0] if free else _new_unit(draft, backward=backward)
    assert draft.current is not None
    return draft.current


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


def _new_unit(draft: CompileDraft, *, backward: bool) -> Unit:
    number = sum(unit.backward is backward for unit in draft.view.units)
    parts = [str(number) if number else "", "backward" if backward else ""]
    unit = Unit("-".join(part for part in parts if part), backward)
    draft.view.units.append(unit)
    draft.version += 1
    return unit
