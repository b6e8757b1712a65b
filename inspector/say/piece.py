"""One piece of a server's for one range of token counts, in words: what became of it, what it holds for, its passes."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.pieces import ModelPieces, PieceCell, PieceOutcome, Submodule, TakenForGranted, TokenRange
from inspector.say.doc import Compile, Row, Section, Tone
from inspector.say.pieces import NOT_RECORDED, WHOLE, cell_name, pass_words, range_title
from inspector.say.units import plural, seconds

_MEANS = {
    PieceOutcome.COMPILED: "compiled: one graph and its code follow the record that begins it",
    PieceOutcome.LOADED: "loaded: a cache had its code",
    PieceOutcome.AGAIN: "this process loaded an artifact with this graph before, and the graph was compiled anew",
    PieceOutcome.REUSED: "takes the code of an earlier part with the same graph",
    PieceOutcome.NOTHING: "begun, and nothing of a compile follows: other processes' logs may hold it",
    PieceOutcome.OPEN: "a graph follows, and no code: it failed, or the log ends",
    PieceOutcome.SHARED: "several compiles follow before the next piece begins: which is whose is not recorded",
}
_CONDITIONS = 12


def title(part: Submodule, tokens: TokenRange | None) -> str:
    """`submod_2, 1…64 tokens`."""
    return part.name or WHOLE if tokens is None else f"{part.name or WHOLE}, {range_title(tokens)}"


def piece_sections(model: ModelPieces, part: Submodule, tokens: TokenRange | None) -> Iterator[Section]:
    """What is known of a part for a range."""
    cell = model.cell(part.name, tokens)
    yield Section("piece", title(part, tokens), None, tuple(_rows(model, part, cell)), "")
    if part.cut:
        return
    yield holds(model.asked, tokens)
    if cell is not None and (cell.passes or cell.graph):
        steps = tuple(Row(pass_words(step)) for step in cell.passes)
        yield Section(
            "passes", "vLLM's passes", len(steps) or None, steps, f"{NOT_RECORDED}: newer versions write them"
        )


def _rows(model: ModelPieces, part: Submodule, cell: PieceCell | None) -> Iterator[Row]:
    if part.cut:
        yield Row(f"the graph is cut here: {', '.join(part.cut)} run as they are, and are not compiled")
        return
    if cell is None:
        yield Row("no record begins it for this range" if model.cells else NOT_RECORDED, Tone.QUIET)
        return
    tone = Tone.WARNING if cell.outcome in (PieceOutcome.AGAIN, PieceOutcome.OPEN) else Tone.TEXT
    yield Row(_MEANS[cell.outcome], tone)
    other = model.cell(cell.of, cell.tokens) if cell.of else None
    if other is not None:
        yield Row(f"that of {cell_name(other)}", depth=1, to=Compile(other.compile_id))
    if cell.cache:
        yield Row(cell.cache, label="cache")
    if cell.seconds is not None:
        busy = "" if cell.busy is None else f", in {seconds(cell.busy)} of which one of torch's events ran"
        yield Row(f"{seconds(cell.seconds)}{busy}", label="time")
    for twin in model.cells:
        if cell.graph and twin is not cell and twin.graph == cell.graph:
            code = ", and one output code" if cell.code and twin.code == cell.code else ""
            yield Row(f"{cell_name(twin)} has its ATen graph up to names{code}", to=Compile(twin.compile_id))
    if cell.compile_id:
        yield Row(cell.compile_id, Tone.NAME, label="opens as", to=Compile(cell.compile_id))


def holds(asked: TakenForGranted, tokens: TokenRange | None) -> Section:
    """For what sizes code is, and what is asked before a call."""
    return Section("holds", "What it holds for", None, tuple(_holds(asked, tokens)), "")


def _holds(asked: TakenForGranted, tokens: TokenRange | None) -> Iterator[Row]:
    if tokens is not None:
        yield Row(f"vLLM has it compiled for {range_title(tokens)}")
    for symbol in asked.symbols:
        bounds = symbol.bounds.replace("int_oo", "∞").replace(", ", "…").strip("[]")
        yield Row(f"{symbol.source}, traced for {bounds or 'any'}", label=symbol.name)
    if asked.guards is None:
        yield Row(f"whether a guard is asked before a call is {NOT_RECORDED}", Tone.QUIET)
    elif asked.guards:
        yield Row(f"{plural(asked.guards, 'guard')} asked before a call, of Dynamo's whole graph")
    else:
        yield Row("no guard is asked before a call: torch's guard tree of Dynamo's whole graph is empty", Tone.WARNING)
    if asked.conditions:
        dropped = "dropped with the guards" if asked.guards == 0 else "relied on while tracing"
        yield Row(f"{plural(len(asked.conditions), 'condition')} on sizes, {dropped}:")
        yield from (Row(item, Tone.CODE, 1) for item in asked.conditions[:_CONDITIONS])
        if (more := len(asked.conditions) - _CONDITIONS) > 0:
            yield Row(f"… {more} more: `show --pieces --json`", Tone.QUIET, 1)
    elif asked.guards == 0:
        yield Row(f"conditions on sizes that tracing relied on are {NOT_RECORDED}", Tone.QUIET)
