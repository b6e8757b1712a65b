"""A capture in a few lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from inspector.cli.doc_text import row_lines
from inspector.cli.paths import short_path
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style
from inspector.model.artifact import Artifact
from inspector.model.cache import cache_words
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.flame import flames_of
from inspector.model.grouping import grouped
from inspector.model.overview_of import overview_of, ran_compiled
from inspector.model.stage import Stage
from inspector.say import units
from inspector.say.capture import break_rows, input_words, note_rows, recompile_rows
from inspector.say.compiles import STATUS
from inspector.say.eager import eager_words
from inspector.say.edit import edits_section
from inspector.say.none import no_machine_code, packaged
from inspector.say.start import NOT_ASKED, start_words, title
from inspector.say.writes import writes_words

_SUBMODULE = re.compile(r"^\s+class (\w+)\(torch\.nn\.Module\)", re.MULTILINE)


def overview(capture: Capture, style: Style, *, seconds: float | None = None, name: str = "") -> Iterator[str]:
    """The lines of a summary.

    Args:
        capture: what to sum up.
        style: colours, or none.
        seconds: wall time of the first compiled call, where known.
        name: what to call it where the capture itself does not say.
    """
    yield style.bold(title(capture, name)) + style.dim(_described(capture))
    for label, words in _facts(capture, seconds):
        yield f"  {style.dim(f'{label:<9}')} {words}"
    sources = capture.find(Stage.SOURCE)
    if sources:
        yield ""
        yield style.bold(Stage.SOURCE.heading)
        for artifact in sources:
            yield f"  {artifact.id.removeprefix('source:'):<26} {_count(len(artifact.lines), 'line'):>12}"
    rows = {row.compile_id: row for row in overview_of(capture, {}, {}).rows}
    texts = grouped(capture.artifacts, lambda artifact: artifact.compile_id)
    for compilation in capture.compilations:
        compile_id = compilation.compile_id
        yield ""
        yield from _compilation(capture, compilation, rows.get(compile_id), texts.get(compile_id, ()), style)
    for heading, said in (
        ("Edited kernels", list(edits_section(capture.edits).rows)),
        ("Graph breaks", [row for item in capture.graph_breaks for row in break_rows(item)]),
        ("Recompiles", [row for item in capture.recompiles for row in recompile_rows(item)]),
        ("Notes", list(note_rows(capture))),
    ):
        if said:
            yield ""
            yield style.bold(heading)
            yield from row_lines(said, style)


def _described(capture: Capture) -> str:
    summary = capture.target.get("summary")
    return f"  {summary}" if summary else ""


def _facts(capture: Capture, seconds: float | None) -> Iterator[tuple[str, str]]:
    inputs = capture.target.get("inputs")
    if isinstance(inputs, list) and inputs:
        yield "inputs", ", ".join(input_words(item) for item in inputs if isinstance(item, dict))
    dtypes = capture.target.get("dtypes")
    if isinstance(dtypes, dict) and dtypes:
        yield "dtypes", one_line("; ".join(f"{kind} {counts}" for kind, counts in dtypes.items()))
    writes = capture.target.get("writes")
    if isinstance(writes, list) and writes:
        yield "mutates", one_line(writes_words([str(item) for item in writes]))
    if capture.cache_mode:
        yield "caches", one_line(start_words(capture))
    if seconds is not None:
        yield (
            "time",
            f"{units.seconds(seconds)} for the first {'compiled call' if ran_compiled(capture) else 'call, in eager'}",
        )
    elif words := _time(capture):
        yield "time", words
    environment = capture.environment
    made = [
        f"{name} {environment[key]}" for key, name in (("torch", "torch"), ("python", "Python")) if environment.get(key)
    ]
    if made:
        yield "made with", ", ".join(made)


def _time(capture: Capture) -> str:
    """How long compiling took, which is not how long the program ran between its first compile and its last."""
    found = overview_of(capture, {}, {})
    compiles = [row for row in found.rows if row.compiled]
    if compiles and all(row.times.total is not None for row in compiles):
        return f"{units.seconds(found.totals.seconds)} in the compiler"
    named = sum(flame.total for compile_id, flame in flames_of(capture.phases).items() if compile_id)
    return f"{units.seconds(named)} of events that name their compile id" if named else ""


def _compilation(
    capture: Capture, item: Compilation, row: CompileRow | None, own: Sequence[Artifact], style: Style
) -> Iterator[str]:
    words, tone = STATUS[item.status]
    where = style.dim(f"  {short_path(item.place.file)}:{item.place.line}") if item.place is not None else ""
    function = row.function if row is not None else item.function
    yield f"{style.bold(item.compile_id)}  {function}{where}  {style.toned(tone)(words)}"
    if row is not None and (words := eager_words(row)):
        yield f"  {style.bad(words)}"
    elif item.error:
        yield f"  {style.bad(item.error.splitlines()[0])}"
    if not (pieces := capture.pieces_of(item.compile_id)):
        yield from _texts(capture, own, style)
    else:
        numbers = {piece.number for piece in pieces}
        whole = [
            artifact for artifact in own if artifact.stage.order < Stage.PRE_GRAD.order or artifact.piece not in numbers
        ]
        yield from _texts(capture, whole, style)
        for piece in pieces:
            yield f"  {piece.title}"
            of_it = [artifact for artifact in own if artifact not in whole and artifact.piece == piece.number]
            yield from (f"  {line}" for line in _texts(capture, of_it, style))
        if names := _uncompiled(capture, item.compile_id):
            yield style.dim(f"  no compile is recorded of {', '.join(names)}, which vllm_piecewise_split_graph has too")
    if missing := _missing(item, own):
        yield style.dim(f"  not recorded: {', '.join(missing)}")
    if without := no_machine_code(capture, item):
        yield f"  {style.dim(without)}"
    facts = [_kernels(capture, item, own)]
    facts.insert(0, _count(len(item.guards), "guard") if item.guards else "guards not recorded")
    if item.restarts:
        facts.append(_count(item.restarts, "restart"))
    if words := cache_words(lookup for lookup in capture.cache_lookups if lookup.compile_id == item.compile_id):
        facts.append(f"caches: {words}")
    elif (mode := capture.cache_mode) in NOT_ASKED:
        facts.append(f"torch's caches were not asked ({mode})")
    yield f"  {style.dim(', '.join(facts))}"


def _uncompiled(capture: Capture, compile_id: str) -> list[str]:
    """The parts of vLLM's split graph that no piece is of."""
    graphs = [item for item in capture.find(Stage.OTHER, compile_id) if item.variant == "vllm_piecewise_split_graph"]
    compiled = {piece.name.partition(",")[0] for piece in capture.pieces_of(compile_id)}
    return [name for graph in graphs for name in _SUBMODULE.findall(graph.text) if name not in compiled]


def _kernels(capture: Capture, item: Compilation, own: Iterable[Artifact]) -> str:
    """How many; 0 only where the code that would call them is recorded, or the compile's end."""
    if packaged(capture, item):
        return "kernels not counted"
    open_ended = item.status in (CompileStatus.UNKNOWN, CompileStatus.LIVE)
    if not item.kernels and open_ended and not any(artifact.stage is Stage.INDUCTOR for artifact in own):
        return "kernels not recorded"
    return _count(len(item.kernels), "kernel")


def _missing(item: Compilation, own: Iterable[Artifact]) -> list[str]:
    """What of Dynamo's part a log lacks that has neither a compile's beginning nor its end."""
    if item.status is not CompileStatus.UNKNOWN:
        return []
    held = {
        "where in the user's code": bool(item.stack),
        "Dynamo's graph": any(artifact.stage is Stage.DYNAMO for artifact in own),
        "torch's metrics, and with them the time": bool(item.metrics),
    }
    return [words for words, there in held.items() if not there]


def _texts(capture: Capture, own: Sequence[Artifact], style: Style) -> Iterator[str]:
    """A line for each text of a compile id, or of one of its pieces, those of one kernel together."""
    from inspector.say.kernels import fusion_summary

    for artifact in own:
        if not artifact.stage.per_kernel:
            heading = artifact.stage.heading + (f", {artifact.variant}" if artifact.variant else "")
            yield f"  {heading:<26} {_count(len(artifact.lines), 'line'):>12}"
    for key, texts in grouped(own, lambda artifact: artifact.key).items():
        if key is None:
            continue
        words = ", ".join(f"{_in_a_row(artifact.stage)} {_count(len(artifact.lines), 'line')}" for artifact in texts)
        yield f"  {style.name(key.name)}  {style.dim(words)}"
        if (fusion := capture.fusion_of.get(key)) is not None:
            yield f"    {fusion_summary(fusion)}"


def _in_a_row(stage: Stage) -> str:
    """A stage among others: `kernel`, `machine code`, and abbreviations as they are, `PTX`."""
    return stage.short if stage.short.isupper() else stage.short.lower()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
