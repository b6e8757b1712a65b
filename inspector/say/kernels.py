"""A kernel's fusion and facts as short rows of words, the same on every face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple

from inspector.link.kernel_facts import kernel_facts
from inspector.link.saved import SavedTensor
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.fusion import KernelFusion, Tensor
from inspector.model.kernel import KernelFacts, KernelLoop
from inspector.model.stage import Stage
from inspector.say import units
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
    if saved is None:
        return f"torch lists {count} node{'' if count == 1 else 's'}; what it computes of them is not recorded"
    words = f"{count} node{'' if count == 1 else 's'} fused" if count > 1 else f"{count} node, nothing fused"
    return f"{words}, {size(saved)} not written and read again" if saved else words


def fusion_rows(fusion: KernelFusion) -> Iterator[KernelRow]:
    """What is computed, read and written, what never reaches memory, and the neighbours with the reason of each."""
    listed = ", ".join(fusion.nodes) or "no node of the graph"
    if fusion.known:
        yield KernelRow(FUSED, listed)
    else:
        yield KernelRow(LISTED, listed, "Its statements were not recorded: some of these it may only load.")
    yield from _computed_twice(fusion)
    if fusion.listed:
        words = f"{', '.join(fusion.listed)}: torch lists them too, but no statement here was written for them"
        yield KernelRow("not here", words)
    yield from _memory_rows(fusion)
    yield from _saved_rows(fusion)
    if not fusion.neighbours:
        yield KernelRow("not fused", "It has no neighbour that shares data with it.")
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
        yield KernelRow("memory", "What it reads and writes is not known: no call of it was found in the output code.")
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
    if saved is None:
        yield KernelRow("saved", "not known: which of these it computes was not recorded")
        return
    yield KernelRow(
        "saved",
        f"{size(saved)} not written and read again, against one kernel for each node"
        if saved
        else "nothing: each value that it computes is in memory, or used by something that does not compute it",
    )
    for value in fusion.intermediates:
        reads = f"{value.reads} read{'' if value.reads == 1 else 's'}"
        parts = f"1 write and {reads}" if value.written else f"{reads}, computed anew here"
        shape = f"{value.dtype}[{', '.join(value.shape)}]"
        yield KernelRow(KEPT, f"{value.node}: {shape} of {size(value.size)}, {parts}: {size(value.saved)}")


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
    places = {
        f"{PurePath(capture.by_id[span.artifact].path or span.artifact).name}:{span.start.line}": None
        for span in item.sources
    }
    return ", ".join(places)


def facts_of(capture: Capture, compile_id: str, kernel: str) -> KernelFacts | None:
    """The facts of a kernel; None where the capture does not have its text."""
    texts = capture.find(Stage.KERNEL, compile_id, kernel)
    if not texts:
        return None
    codes: tuple[Artifact, ...] = tuple(code for stage in CODE for code in capture.find(stage, compile_id, kernel))
    return kernel_facts(texts[0], codes[0] if codes else None, capture.links, launch_of(capture, compile_id, kernel))


CODE = (Stage.ASM, Stage.SASS)
"""What runs, on a CPU and on a GPU."""


def launch_of(capture: Capture, compile_id: str, kernel: str) -> Mapping[str, int]:
    """How a Triton kernel is launched; empty for any other, and where the capture does not say."""
    compilation = capture.compilation(compile_id)
    launches = compilation.metrics.get("triton_launch") if compilation is not None else None
    found = launches.get(kernel) if isinstance(launches, Mapping) else None
    return {name: value for name, value in found.items() if type(value) is int} if isinstance(found, Mapping) else {}


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
        spills = launch.get("spills")
        yield KernelRow("registers", f"{launch['registers']} a thread, {spills or 'none'} of them spilled")
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
