"""What a server compiled in pieces, in words: a table of parts and ranges, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from inspector.model.pieces import ModelPieces, PassStep, PieceCell, PieceOutcome, Pieces, Submodule, TokenRange
from inspector.say.doc import Cell, Column, Compile, Item, Row, Section, Tone
from inspector.say.passes import step_words
from inspector.say.units import plural, seconds

NO_PIECES = "No record of a server that compiles in pieces (vLLM) is in this log, and no artifact was loaded whole."
WHOLE = "the whole graph"
NOT_RECORDED = "not recorded"
_LANE = 48
"""Characters that the time of loading is drawn in."""
_TONES = {
    PieceOutcome.COMPILED: Tone.TEXT,
    PieceOutcome.LOADED: Tone.GOOD,
    PieceOutcome.REUSED: Tone.GOOD,
    PieceOutcome.AGAIN: Tone.WARNING,
    PieceOutcome.OPEN: Tone.WARNING,
    PieceOutcome.SHARED: Tone.QUIET,
    PieceOutcome.NOTHING: Tone.QUIET,
}


def heading(model: ModelPieces) -> str:
    """`rank1: tiny, backbone: 4 of 7 parts compiled for 3 ranges of token counts`."""
    begun = len({cell.submodule for cell in model.cells})
    said = []
    if model.submodules:
        said.append(f"{begun} of {plural(len(model.submodules), 'part')} compiled by {_its(model)}" if begun else "")
        said.append("" if begun else f"{plural(len(model.submodules), 'part')}, none begun to be compiled")
    elif begun:
        said.append("compiled as one graph")
    if model.ranges:
        said.append(f"for {plural(len(model.ranges), 'range')} of token counts")
    words = " ".join(filter(None, said)) or "nothing begun to be compiled"
    return ": ".join(filter(None, (model.process, model.name or "a model that is not named", words)))


def _its(model: ModelPieces) -> str:
    return "itself" if len({cell.submodule for cell in model.cells}) == 1 else "themselves"


def cell_words(cell: PieceCell | None) -> str:
    """What stands in the table: `5.64 s`, `= submod_2`, `loaded (AOT)`, `loaded, given up, compiled again (14.2 s)`."""
    if cell is None:
        return "not begun"
    took = seconds(cell.seconds)
    if cell.outcome is PieceOutcome.COMPILED:
        return took or "compiled, time not recorded"
    if cell.outcome is PieceOutcome.REUSED:
        return f"= {cell.of}"
    said = ", ".join(filter(None, (cell.cache, took if cell.outcome in _TIMED else "")))
    return f"{cell.outcome.value}{f' ({said})' if said else ''}"


def table(
    model: ModelPieces, across: Sequence[TokenRange | None] | None = None
) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """Parts in the order of execution, and what became of each for each range.

    Args:
        model: of one process.
        across: the columns, where they are also other models'; None for its own.
    """
    columns_of = ranges(model) if across is None else across
    titles = ("" if item is None else range_title(item) for item in columns_of)
    columns = [Column("part", 8), *(Column(title, 8) for title in titles)]
    columns += [Column("operations", 4, right=True), Column("graph", 8)]
    return tuple(columns), tuple(_item(model, part, columns_of) for part in parts(model))


def parts(model: ModelPieces) -> tuple[Submodule, ...]:
    """Its parts; the last has no name where the model was compiled whole."""
    whole = (Submodule(""),) if any(not cell.submodule for cell in model.cells) else ()
    return (*model.submodules, *whole)


def range_title(tokens: TokenRange) -> str:
    """`1…64 tokens`."""
    return f"{tokens.words} token{'' if tokens.words == '1' else 's'}"


def _item(model: ModelPieces, part: Submodule, across: Sequence[TokenRange | None]) -> Item:
    named = Cell(part.name or WHOLE, Tone.NAME)
    if part.cut:
        cells = [Cell("not compiled", Tone.QUIET)] * len(across)
        about = ", ".join(part.cut)
    else:
        begun = any(cell.submodule == part.name for cell in model.cells)  # code that parts share is kept of one of them
        told = begun or (bool(model.cells) and not part.same_as)
        cells = [_cell(model.cell(part.name, tokens), told=told) for tokens in across]
        about = f"as {part.same_as}'s" if part.same_as else ""
    count = "" if part.operations is None else f"{part.operations:,}"
    return Item(part.name or WHOLE, (named, *cells, Cell(count), Cell(about, Tone.QUIET)))


def ranges(model: ModelPieces) -> list[TokenRange | None]:
    """The columns; None for the one of what has no range, or of which nothing is recorded."""
    without = not model.ranges or any(cell.tokens is None for cell in model.cells)
    return [*model.ranges, *([None] if without else [])]


def _cell(cell: PieceCell | None, *, told: bool) -> Cell:
    words = cell_words(cell) if told else NOT_RECORDED
    return Cell(words, Tone.QUIET if cell is None else _TONES[cell.outcome])


def summary(model: ModelPieces) -> Section:
    """What it comes to."""
    return Section("summary", "What it comes to", None, tuple(_summary(model)), "")


def _summary(model: ModelPieces) -> Iterator[Row]:
    if model.event:
        yield Row(f"vLLM calls this start {model.event}")
    if model.cells:
        yield Row(counts(model))
    if model.loaded:
        yield from _loaded(model)
    if any(part.same_as for part in model.submodules):
        yield from _unique(model)
    for cells in model.twice:
        yield Row(twice_words(cells), Tone.WARNING, to=Compile(cells[-1].compile_id))
    for cell in model.cells:
        if cell.passes:
            yield Row(f"vLLM's passes over {cell_name(cell)}", to=Compile(cell.compile_id))
            yield from (Row(pass_words(step), Tone.QUIET, 1) for step in cell.passes)
    if model.patterns:
        yield Row(f"patterns are recorded of {', '.join(model.patterns)}: `show --other` has them")
    if any(cell.seconds is not None for cell in model.cells):
        yield Row("a time is from where a piece is begun to where the last of torch's events in it ends", Tone.QUIET)
    if opened := [cell for cell in model.cells if cell.compile_id]:
        first, last = opened[0].compile_id, opened[-1].compile_id
        pair = f"; two are held against each other by `diff LOG {first} {last}`" if len(opened) > 1 else ""
        yield Row(f"{cell_name(opened[0])} opens as `{first}`{pair}", Tone.QUIET)


def counts(model: ModelPieces) -> str:
    """`9 of 12 compiled in 1 min 47 s, 3 took an earlier part's code`."""
    by_outcome = {outcome: [cell for cell in model.cells if cell.outcome is outcome] for outcome in PieceOutcome}
    said = []
    for outcome, noun in _COUNTED.items():
        if cells := by_outcome[outcome]:
            times = [cell.seconds for cell in cells]
            took = "" if outcome not in _TIMED or None in times else f" in {seconds(sum(filter(None, times)))}"
            said.append(f"{len(cells)} {noun}{took}")
    return f"of {plural(len(model.cells), 'piece')}: {', '.join(said)}"


_COUNTED = {
    PieceOutcome.COMPILED: "compiled",
    PieceOutcome.AGAIN: "loaded, given up and compiled again",
    PieceOutcome.LOADED: "loaded",
    PieceOutcome.REUSED: "took an earlier part's code",
    PieceOutcome.OPEN: "begun without code being recorded",
    PieceOutcome.NOTHING: "begun with no compile recorded",
    PieceOutcome.SHARED: "not told apart, as compiles ran at once",
}
_TIMED = (PieceOutcome.COMPILED, PieceOutcome.AGAIN, PieceOutcome.LOADED)


def _loaded(model: ModelPieces) -> Iterator[Row]:
    took = "" if model.load_seconds is None else f" in {seconds(model.load_seconds)}"
    yield Row(f"{plural(model.loaded, 'artifact')} loaded whole{took}")
    if model.loads_overlap:
        yield Row("several at once, which counts once; what each took is not recorded", Tone.QUIET, 1)
    if not model.cells:
        yield Row("of which part and range each is, is not recorded", Tone.QUIET, 1)
    if model.given_up:
        words = f"{model.given_up} of them given up: the same graph was compiled afterwards; why is not in the log"
        yield Row(words, Tone.WARNING, 1)


def _unique(model: ModelPieces) -> Iterator[Row]:
    compiled = [part for part in model.submodules if not part.cut]
    alike = [part for part in compiled if part.same_as]
    names = ", ".join(f"{part.name} = {part.same_as}" for part in alike)
    different = len(compiled) - len(alike)
    yield Row(f"{different} of {plural(len(compiled), 'part')} that are compiled are different up to names: {names}")
    if model.spared is not None:
        saved = f"taking the first one's code saved {seconds(model.spared)}, were each to take what that one did"
        yield Row(saved, depth=1)


def twice_words(cells: tuple[PieceCell, ...]) -> str:
    """Cells of one graph that were compiled more than once."""
    which = " and ".join(cell_name(cell) for cell in cells)
    codes = {cell.code for cell in cells}
    code = ", and one output code" if len(codes) == 1 and "" not in codes else ""
    times = [cell.seconds for cell in cells[1:]]
    took = "" if None in times else f"; all but the first took {seconds(sum(filter(None, times)))}"
    return f"{which} have one ATen graph up to names{code}, and were compiled each{took}"


def cell_name(cell: PieceCell) -> str:
    """`submod_2 for 1…64`."""
    return f"{cell.submodule or WHOLE}{f' for {cell.tokens.words}' if cell.tokens is not None else ''}"


def pass_words(step: PassStep) -> str:
    """`3.FusionPass: aten.mul ×2 → vllm.fused`."""
    return f"{step.name}: {step_words(step)}"


def sections(models: Iterable[ModelPieces]) -> Iterator[Section]:
    """All that is known, for a face without tables of its own."""
    for number, model in enumerate(models):
        columns, items = table(model)
        titles = [column.title for column in columns[1 : len(ranges(model)) + 1]]
        rows = [
            Row(
                "; ".join(dict.fromkeys(filter(None, map(_of_range, titles, item.cells[1:])))), label=item.cells[0].text
            )
            for item in items
        ]
        rows += (replace(row, to=None) for row in _summary(model))
        made = (Section("pieces", heading(model), None, tuple(rows), ""), loads(model), split_graph(model))
        for section in (*made, configuration(model)):
            yield replace(section, name=f"{section.name}-{number}")


def _of_part(titles: Sequence[str], item: Item) -> Row:
    """A part in one line: what became of it for each range."""
    name, *cells = item.cells
    return Row("; ".join(dict.fromkeys(filter(None, map(_of_range, titles, cells)))), label=name.text)


def _of_range(title: str, cell: Cell) -> str:
    return f"{title}: {cell.text}" if title and cell.text != "not compiled" else cell.text


def split_graph(model: ModelPieces) -> Section:
    """The split graph as a map: its parts in the order of execution, where it is cut, what flows where."""
    rows = tuple(_on_map(part) for part in model.submodules)
    note = Row("what attention writes into a tensor that it is given is no value, and is not drawn", Tone.QUIET)
    shown = (*rows, note) if any(part.cut for part in model.submodules) else rows
    return Section("map", "The split graph", len(rows) or None, shown, f"The split graph is {NOT_RECORDED}.")


def _on_map(part: Submodule) -> Row:
    said = [f"cut: {', '.join(part.cut)}"] if part.cut else []
    if part.operations is not None and not part.cut:
        said.append(plural(part.operations, "operation"))
    if part.same_as:
        said.append(f"the graph of {part.same_as}")
    if part.reads:
        said.append(f"is given values of {', '.join(part.reads)}")
    words = "; ".join(said) or f"its graph is {NOT_RECORDED}"
    return Row(words, Tone.QUIET if part.cut else Tone.TEXT, 1 if part.cut else 0, label=part.name)


def loads(model: ModelPieces) -> Section:
    """Artifacts that are loaded at once, drawn apart: a line for each that runs beside the others."""
    rows: list[Row] = []
    if model.loads_overlap and (whole := model.at_once[-1][0]) > 0:
        for lane in range(1, max(count for _, count in model.at_once) + 1):
            drawn = "".join("=" if _most(model, at, whole) >= lane else "·" for at in range(_LANE))
            rows.append(Row(drawn, Tone.CODE, label=f"{lane} at once" if lane > 1 else "loading"))
        rows.append(Row(f"from the first begin to the last end: {seconds(whole)}; which line is whose is in no record"))
    return Section("loads", "Loaded at once", None, tuple(rows), "")


def _most(model: ModelPieces, at: int, whole: float) -> int:
    """How many ran at the same moment of one of the slices that the time is drawn in."""
    begin, end = whole * at / _LANE, whole * (at + 1) / _LANE
    before = [count for second, count in model.at_once if second <= begin]
    return max((*before[-1:], *(count for second, count in model.at_once if begin < second < end)))


def configuration(model: ModelPieces) -> Section:
    """What vLLM says it compiles with."""
    rows = tuple(Row(value or "empty", label=name) for name, value in model.configuration.items())
    return Section("configuration", "Configuration", None, rows, f"The configuration is {NOT_RECORDED}.")


def unread_words(pieces: Pieces) -> str:
    """What damage means here; empty where there is none."""
    if not pieces.unread:
        return ""
    return f"{plural(pieces.unread, 'record')} about pieces cannot be read: what seems not compiled may have been"
