"""What passes did to a graph, in words: Inductor's, and vLLM's own, one way for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inspector.model.capture import Capture
from inspector.model.passes import GraphPasses, NodePresence, PassChange, PassNode, PassPlace, PatternMatch, numbered
from inspector.model.pieces import PassStep
from inspector.say.doc import Cell, Column, Compile, Item, Row, Section, Tone
from inspector.say.units import plural, seconds

NO_PASSES = (
    "What each pass did to the graph is not recorded here: `inspector capture TARGET --passes` and "
    "`inspector run --passes` record it."
)
NONE_RAN = (
    "Passes were to be recorded, and none ran: Inductor was given no graph, a cache answered, or this torch has other "
    "passes (then a note says so)."
)
NAMELESS = "(code that torch gives no name)"
NO_NAME = "a pattern without a name"
NOT_SEEN = (
    "What torch does without naming a pass is seen by what it changed between two named ones; what it does to a graph "
    "outside these three phases (AOTAutograd, partitioning, freezing, lowering) is not."
)
_MOST = 12
"""Names of nodes, or passes, in one line."""


def no_passes(capture: Capture) -> str:
    """Why there is nothing: nobody asked, or no pass ran."""
    asked = capture.request is not None and capture.request.passes
    return NONE_RAN if asked or capture.target.get("passes") else NO_PASSES


def step_words(step: PassStep) -> str:
    """By operators: `aten.mul ×2 → vllm.fused`."""
    if step.same is None:
        return "the graph before it is not recorded"
    if step.same:
        return "the same graph up to names"
    if not (step.removed or step.added):
        return "the same operators, another graph"
    return f"{_operators(step.removed)} → {_operators(step.added)}"


def _operators(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in counts.items()) or "nothing"


def pass_name(change: PassChange) -> str:
    """torch's name; of code without one, where it is: `(code that torch gives no name) after remove_noop_ops`."""
    if change.name:
        return change.name
    before, after = (*change.between, "", "")[:2]
    if before:
        return f"{NAMELESS} after {before}"
    return f"{NAMELESS} before {after}" if after else NAMELESS


def heading(passes: GraphPasses, which_graph: str = "") -> str:
    """`0/0 joint: 14 passes, 2 changes, 11 → 9 nodes, 3.20 ms`.

    Args:
        which_graph: of a compile with several, which one: `graph 2`.
    """
    which = [passes.compile_id, which_graph, passes.phase.words]
    which += ["backward" if passes.backward else "", f"in {passes.graph.rstrip('.')}" if passes.graph else ""]
    words = [plural(passes.ran, "pass", "passes")]
    if passes.changes:
        first, last = passes.changes[0], passes.changes[-1]
        words += [plural(len(passes.changes), "change"), f"{first.nodes_before:,} → {last.nodes_after:,} nodes"]
    else:
        words.append("none changed the graph" if passes.ran else "nothing changed")
    return f"{' '.join(filter(None, which))}: {', '.join(words)}, {seconds(passes.seconds)}"


def table(places: Sequence[PassPlace]) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """A row for each pass that changed the graph, and below it by which nodes and patterns."""
    columns = (
        Column("", 3, right=True),
        Column("pass", 12),
        Column("nodes", 8),
        Column("time", 6, right=True),
        Column("operators", 20, grow=1),
    )
    return columns, tuple(_item(place) for place in places)


def _item(place: PassPlace) -> Item:
    change = place.change
    cells = (
        Cell(str(place.number), Tone.QUIET),
        Cell(pass_name(change), Tone.NAME if change.name else Tone.QUIET),
        Cell(nodes_words(change)),
        Cell(seconds(change.seconds, "not timed"), Tone.QUIET),
        Cell(step_words(change.step)),
    )
    return Item(f"{place.number}", cells)


def nodes_words(change: PassChange) -> str:
    """`11 → 9`."""
    return f"{change.nodes_before:,} → {change.nodes_after:,}"


def change_words(change: PassChange) -> str:
    """`remove_noop_ops: 11 → 9 nodes, aten.clone.default ×2 → nothing`."""
    return f"{pass_name(change)}: {nodes_words(change)} nodes, {step_words(change.step)}"


def change_rows(change: PassChange) -> Iterator[Row]:
    """What became of the nodes, and which patterns matched."""
    if change.gone:
        yield Row(_listed((_gone(node, change) for node in change.gone), "; "), label="gone")
    if change.added:
        yield Row(_listed(f"{node.name} ({node.target})" for node in change.added), label="new")
    if change.changed:
        yield Row(_listed(change.changed), label="changed")
    if change.moved:
        yield Row("nodes stand in another order", label="order")
    if not (change.gone or change.added or change.changed or change.moved):
        yield Row(
            "no node came, went or changed; what is noted about them (shapes, strides, places) did", label="nodes"
        )
    quiet: dict[str, list[PatternMatch]] = {}
    for match in change.patterns:
        if match.gone or match.added:
            yield Row(match_words(match), label="pattern")
        else:
            quiet.setdefault(match.name or NO_NAME, []).append(match)
    for name, found in quiet.items():
        at = _listed(match.at for match in found)
        times = f" {len(found):,}×" if len(found) > 1 else ""
        yield Row(f"{name} matched{times} at {at}; no node came or went", label="pattern")


def _gone(node: PassNode, change: PassChange) -> str:
    instead = " or ".join(change.instead.get(node.name, ()))
    return f"{node.name} ({node.target})" + (f": its readers read {instead}" if instead else "")


def match_words(match: PatternMatch) -> str:
    """`_sfdp_pattern_1 matched div, softmax, bmm; bmm, softmax, div went, _scaled_dot_product came`."""
    words = f"{match.name or NO_NAME} matched {_listed(match.nodes)}"
    became = [
        f"{_listed(match.gone)} went" if match.gone else "",
        f"{_listed(match.added)} came" if match.added else "",
    ]
    return "; ".join(filter(None, (words, ", ".join(filter(None, became)))))


def same_words(passes: GraphPasses) -> str:
    """The passes that left the graph as it was, in one line; empty where there is none."""
    if not passes.same:
        return ""
    counts = Counter(passes.same)
    names = _listed(f"{name} ×{count}" if count > 1 else name for name, count in counts.items())
    idle = f", though patterns matched {passes.idle_matches:,}×" if passes.idle_matches else ""
    count = plural(len(passes.same), "pass", "passes")
    return f"{count} changed nothing, in {seconds(passes.same_seconds)}{idle}. They are: {names}"


def failed_words(passes: GraphPasses) -> str:
    """What ended the phase; empty where nothing did."""
    return f"an exception in {passes.failed} ended the phase" if passes.failed else ""


def presence_rows(node: str, found: NodePresence) -> Iterator[Row]:
    """What became of a node in one phase."""
    if found.begins:
        yield Row("in the graph that the phase begins with")
    for place in found.touched:
        yield Row(f"{place.number}  {pass_name(place.change)}: {_touched(node, place.change)}", Tone.NAME)
        yield from (Row(match_words(match), Tone.QUIET, 1) for match in place.change.matching(node))
    if not found.touched:
        yield Row("no pass of the phase made, changed or matched it", Tone.QUIET)
    yield Row("in the graph that the phase ends with" if found.ends else "not in the graph that the phase ends with")


def _touched(node: str, change: PassChange) -> str:
    touch = change.touch(node)
    instead = " or ".join(change.instead.get(node, ())) if touch == "gone" else ""
    if instead:
        return f"gone; its readers read {instead} from then on"
    return "matched by a pattern, and there as it was" if touch == "matched" else touch


def section(phases: Iterable[GraphPasses]) -> Section:
    """All of it, for a face without a view of its own."""
    rows: list[Row] = []
    number = 0
    listed = tuple(phases)
    graphs = numbered(listed)
    for passes in listed:
        rows.append(Row(heading(passes, graphs.get(id(passes), "")), to=Compile(passes.compile_id)))
        for change in passes.changes:
            number += 1
            rows.append(Row(change_words(change), depth=1, label=str(number)))
            rows += (Row(f"{row.label}: {row.text}", Tone.QUIET, 2) for row in change_rows(change))
        for words, tone in ((same_words(passes), Tone.QUIET), (failed_words(passes), Tone.ERROR)):
            if words:
                rows.append(Row(words, tone, 1))
    return Section("passes", "Passes, one by one", None, tuple(rows), "")


def _listed(names: Iterable[str], between: str = ", ") -> str:
    found = list(names)
    more = f" and {len(found) - _MOST:,} more" if len(found) > _MOST + 1 else ""
    return between.join(found[:_MOST] if more else found) + more
