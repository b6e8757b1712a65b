"""A kernel's fusion and facts as short rows of words, the same on every face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from inspector.link.kernel_facts import kernel_facts
from inspector.link.saved import SavedTensor
from inspector.model.capture import Capture
from inspector.model.fusion import Intermediate, KernelFusion, Tensor
from inspector.model.kernel import KernelFacts, KernelKey, KernelLoop
from inspector.model.link import Link
from inspector.model.stage import Stage
from inspector.say import units
from inspector.say.names import place
from inspector.say.units import size


class KernelRow(NamedTuple):
    """One row."""

    label: str
    """What it is about, in a word or two."""
    text: str
    below: str = ""
    """More, for a second row: torch's own words."""


RELATIONS = {"before": "before it", "after": "after it", "beside": "beside it"}
"""How a neighbour stands to a kernel, in words."""


def fusion_summary(fusion: KernelFusion) -> str:
    """`5 nodes fused, 512 KiB not written and read again`."""
    count = len(fusion.nodes)
    saved = fusion.saved_bytes
    if not fusion.known:
        return f"torch lists {count} node{'' if count == 1 else 's'}; what it computes of them is not recorded"
    words = f"{count} nodes fused" if count > 1 else f"{count or 'no'} node, nothing fused"
    if saved is None:
        return f"{words}, what that saves depends on values"
    return f"{words}, {units.size(saved)} not written and read again{_at_sizes(fusion.symbolic)}" if saved else words


def _at_sizes(symbolic: bool) -> str:
    return " (at the sizes it was compiled with)" if symbolic else ""


def fusion_rows(fusion: KernelFusion) -> Iterator[KernelRow]:
    """What is computed, read and written, what never reaches memory, and the neighbours with the reason of each."""
    listed = ", ".join(fusion.nodes) or "no node of the graph by itself"
    if fusion.known:
        yield KernelRow(FUSED, listed)
    else:
        yield KernelRow(LISTED, listed, "Its statements were not recorded: some of these it may only load.")
    yield from _computed_twice(fusion)
    if fusion.listed:
        words = f"{', '.join(fusion.listed)}: torch lists them too, but no statement here was written for them"
        yield KernelRow("not here", words)
    if fusion.around:
        words = f"{', '.join(fusion.around)}: a library call's; its input is laid out here, or its result finished"
        yield KernelRow("around", words)
    if fusion.folded:
        words = f"{', '.join(fusion.folded)}: constants, indices or copies that no statement of its own was written for"
        yield KernelRow("in passing", words)
    yield from _memory_rows(fusion)
    yield from _saved_rows(fusion)
    if not fusion.neighbours:
        yield KernelRow(
            "not fused",
            "Nothing hands it data or takes its results, and the scheduler's record names nothing beside it.",
        )
    for other in fusion.neighbours:
        nodes = f" ({', '.join(other.nodes)})" if other.nodes else ""
        torch = f"torch: {other.torch}" if other.torch else ""
        yield KernelRow("not fused", f"{RELATIONS[other.relation]}, {other.name}{nodes}: {other.why}", torch)


FUSED, LISTED, KEPT = "fused", "listed", ""
"""Labels of the rows that say what is computed, what torch lists where that is not known, and which values never reach
memory."""


def _computed_twice(fusion: KernelFusion) -> Iterator[KernelRow]:
    first: dict[tuple[str, bool], list[str]] = {}
    for item in fusion.recomputed:
        first.setdefault((item.kernel, item.forward), []).append(item.node)
    for number, ((kernel, forward), nodes) in enumerate(first.items()):
        where = f"{kernel} of the forward" if forward else kernel
        yield KernelRow("" if number else "recomputed", f"{', '.join(nodes)}: first computed in {where}")


def _memory_rows(fusion: KernelFusion) -> Iterator[KernelRow]:
    if not fusion.stores:
        yield KernelRow("memory", "What it reads and writes is not known: its text, or its calls, could not be read.")
        return
    yield KernelRow("reads", ", ".join(map(_tensor, fusion.loads)) or "nothing from memory")
    yield KernelRow("writes", ", ".join(map(_tensor, fusion.stores)))
    if fusion.scratch:
        yield KernelRow("scratch", f"{', '.join(fusion.scratch)}: written to a thread's own memory and read again")


def _tensor(item: Tensor) -> str:
    """`buf4 (mul_16) 12 KiB`."""
    node = f" ({item.node})" if item.node else ""
    return f"{item.name}{node}" + (f" {size(item.size)}" if item.size is not None else "")


def _saved_rows(fusion: KernelFusion) -> Iterator[KernelRow]:
    saved = fusion.saved_bytes
    if not fusion.known:
        yield KernelRow("saved", "not known: which of these it computes was not recorded")
        return
    if saved is None:
        words = "the values below, whose sizes depend on values and are not recorded"
    elif saved:
        words = f"{units.size(saved)} not written and read again, against one kernel for each node"
    else:
        one = " of one result" if fusion.several else ""
        words = f"nothing: each value{one} that it computes is in memory, or used by something that does not compute it"
    yield KernelRow("saved", words + _at_sizes(fusion.symbolic and saved is not None))
    for value in fusion.intermediates:
        yield KernelRow(KEPT, kept_words(value))
    if fusion.several:
        words = f"not counted: {', '.join(fusion.several)}, which have several results"
        yield KernelRow(KEPT, words)


def kept_words(value: Intermediate) -> str:
    """`neg: float32[8, 64] of 2 KiB, 1 write and 1 read: 4 KiB`."""
    reads = f"{value.reads} read{'' if value.reads == 1 else 's'}"
    parts = f"1 write and {reads}" if value.written else f"{reads}, computed anew here"
    words = f"{value.node}: {value.dtype}[{', '.join(value.shape)}]"
    if value.size is None or value.saved is None:
        return f"{words}, {parts}, of a size that depends on values"
    return f"{words} of {units.size(value.size)}, {parts}: {units.size(value.saved)}"


def saved_rows(tensors: Iterable[SavedTensor], capture: Capture) -> Iterator[KernelRow]:
    """The tensors that the backward is given from the forward, with the line that made each."""
    total, unknown = 0, 0
    for item in tensors:
        total, unknown = total + (item.size or 0), unknown + (item.size is None)
        extent = size(item.size) if item.size is not None else "of a symbolic size"
        if not item.operator:
            made = f"an input of the graph{f', {item.input}' if item.input else ''}"
        else:
            made = f"{item.operator}, {_made_at(item, capture) or 'the line that made it is not known'}"
        yield KernelRow(item.name, f"{item.type} {extent}: {made}")
    if total or unknown:
        more = f", and {unknown} of a symbolic size" if unknown else ""
        yield KernelRow("together", size(total) + more)


def _made_at(item: SavedTensor, capture: Capture) -> str:
    """`target.py:16`, of each source the expression's first line."""
    places = {place(capture.by_id[span.artifact].path or span.artifact, span.start.line): None for span in item.sources}
    return ", ".join(places)


def facts_of(capture: Capture, key: KernelKey, links: Iterable[Link] | None = None) -> KernelFacts | None:
    """The facts of a kernel; None where the capture does not have its text.

    Args:
        links: those that lead into its machine code, where somebody has sorted them out; None for all of the capture's.
    """
    texts = {item.stage: item for item in capture.kernels.get(key, ())}
    if Stage.KERNEL not in texts:
        return None
    code = next((texts[stage] for stage in CODE if stage in texts), None)
    return kernel_facts(texts[Stage.KERNEL], code, capture.links if links is None else links, launch_of(capture, key))


CODE = (Stage.ASM, Stage.SASS)
"""What runs, on a CPU and on a GPU."""


def launch_of(capture: Capture, key: KernelKey) -> Mapping[str, int]:
    """How a Triton kernel is launched; empty for any other, and where the capture does not say."""
    compilation = capture.compilation(key.compile_id)
    launches = compilation.metrics.get("triton_launch") if compilation is not None else None
    if not isinstance(launches, Mapping):
        return {}
    found = launches.get(key.local)
    alike = [other for other in capture.kernels if (other.compile_id, other.name) == (key.compile_id, key.name)]
    if found is None and alike == [key]:
        found = launches.get(key.name)  # a bundle of an older version, which kept the name alone
    return {name: value for name, value in found.items() if type(value) is int} if isinstance(found, Mapping) else {}


def kernel_words(capture: Capture, key: KernelKey) -> str:
    """Its name, and of which graph it is where its compile id has several: `cpp_fused_add_0, backward`."""
    return ", ".join(filter(None, (key.name, graph_words(capture, key))))


def graph_words(capture: Capture, key: KernelKey) -> str:
    """Which graph of its compile id a kernel is of: `piece 2: submod_2, 1…64, backward`; empty for the only forward."""
    pieces = {piece.number: piece for piece in capture.pieces_of(key.compile_id)}
    number, _, _ = key.unit.partition("-")
    piece = pieces.get(int(number) if number.isdecimal() else 0)
    words = [piece.title] if piece is not None else []
    return ", ".join([*words, *(["backward"] if key.unit.endswith("backward") else [])])


def facts_rows(facts: KernelFacts) -> Iterator[KernelRow]:
    """Loops, threads, vectors, instructions, calls and spills; of a Triton kernel, how it is launched."""
    yield from _launch_rows(facts.launch)
    for loop in facts.loops:
        yield KernelRow("loop" if loop.depth == 0 else "", "  " * loop.depth + _loop(loop))
    if facts.threads is not None:
        yield KernelRow("threads", str(facts.threads))
    if facts.lanes is not None:
        yield KernelRow("vectors", f"{facts.lanes} elements at once")
    if not facts.instructions:
        return
    share = f", {units.share(facts.linked / facts.instructions)} of them with a kernel line"
    yield KernelRow("instructions", f"{facts.instructions:,}{share}")
    if facts.vectors:
        widths = ", ".join(f"{count:,} of {bits} bits" for bits, count in sorted(facts.vectors.items(), reverse=True))
        yield KernelRow("registers", widths)
    for call in facts.calls:
        times = f" × {call.count}" if call.count > 1 else ""
        yield KernelRow("calls", f"{call.name}{times} (line {_numbers(call.lines)})")
    for spill in facts.spills:
        saved, read = _numbers(spill.stores), _numbers(spill.reloads)
        yield KernelRow("spill", f"{spill.bits} bits at {spill.slot}: saved in line {saved}, read back in line {read}")
    if not facts.spills and not facts.launch:
        yield KernelRow("spills", "none")


def _launch_rows(launch: Mapping[str, int]) -> Iterator[KernelRow]:
    blocks = [f"{name} {value:,}" for name, value in launch.items() if name.isupper()]
    sizes = [_counted(launch[f"num_{noun}s"], noun) for noun in ("warp", "stage") if f"num_{noun}s" in launch]
    if blocks or sizes:
        yield KernelRow("launch", ", ".join([*blocks, *sizes]))
    if "registers" in launch:
        spilled = f", {launch['spills'] or 'none'} of them spilled" if "spills" in launch else ""
        yield KernelRow("registers", f"{launch['registers']} a thread{spilled}")
    if launch.get("shared_bytes"):
        yield KernelRow("shared", f"{size(launch['shared_bytes'])} a block")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _loop(loop: KernelLoop) -> str:
    """`x0 from 0 to 1536 by 1 (line 16), shared among threads: 1,536 turns`."""
    start, end, step = (
        bound.rstrip("L") if bound[:1].isdigit() else bound for bound in (loop.start, loop.end, loop.step)
    )
    words = f"{loop.variable} from {start} to {end} by {step} (line {loop.line})"
    if loop.parallel:
        words += ", shared among threads" + (f" with {loop.collapsed - 1} loops inside" if loop.collapsed > 1 else "")
    return words + (f": {loop.trips:,} turn{'' if loop.trips == 1 else 's'}" if loop.trips is not None else "")


def _numbers(lines: tuple[int, ...], most: int = 8) -> str:
    listed = ", ".join(map(str, lines[:most]))
    return f"{listed} and {len(lines) - most} more" if len(lines) > most else listed
