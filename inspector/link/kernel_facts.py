"""A kernel's facts, from its text and its machine code's listing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from inspector.model.artifact import Artifact
from inspector.model.kernel import CalledFunction, KernelFacts, KernelLoop, Spill
from inspector.model.link import Link, Origin

_LOOP = re.compile(
    r"\s*for\s?\((?:int64_t|int|long|auto) (?P<variable>\w+)=(?P<start>[^;]+);\s*(?P=variable)<(?P<end>[^;]+);"
    r"\s*(?P=variable)\+=(?P<step>.+)\)\s*\{?$"
)
_CAST = re.compile(r"static_cast<\w+>\((.*)\)")
_SHARED_OUT = re.compile(r"#pragma omp (?:parallel )?for(?:.*\bcollapse\((\d{1,9})\))?")
_THREADS = re.compile(r"#pragma omp parallel\b.*\bnum_threads\((\d{1,9})\)")
_LANES = re.compile(
    r"Vectorized<\w+>::loadu\(.*, static_cast<int64_t>\((\d{1,9})\)\)|\.store\(.*, static_cast<int64_t>\((\d{1,9})\)\)"
)
_WIDTHS = {"z": 512, "y": 256, "x": 128}

_CALL = re.compile(r"\s+(?:call|bl)\s+(?P<name>[A-Za-z_.$][\w.$@]*)$")
_VECTOR = re.compile(r"\b([xyz])mm\d+\b")
_SAVED = re.compile(r"\s+(?P<mnemonic>v?mov\w*)\s+\w+ PTR (?P<slot>\[r[sb]p[-+]0x[0-9a-f]+\]),(?P<register>\w+)$")
_READ_BACK = re.compile(r"\s+(?P<rest>\S.*\S),?\s*\w+ PTR (?P<slot>\[r[sb]p[-+]0x[0-9a-f]+\])")
_FRAME = re.compile(r"\s+(?:mov\s+rbp,rsp|lea\s+rbp,\[rsp)")


def kernel_facts(
    kernel: Artifact,
    asm: Artifact | None = None,
    links: Iterable[Link] = (),
    launch: Mapping[str, int] | None = None,
) -> KernelFacts:
    """What a kernel's text and machine code say about it.

    Loops, threads and lanes are read from Inductor's C++; calls from any listing; spills and vector registers from
    x86 listings. What is not there, or written for another machine, is left out.

    Args:
        kernel: its text.
        asm: its machine code, if there is any.
        links: any links; those between the two tell how many instructions have a kernel line.
        launch: how a Triton kernel is launched, and what its binary takes.
    """
    lines = kernel.lines
    threads = next((int(match[1]) for line in lines if (match := _THREADS.search(line))), None)
    lanes = max((int(match[1] or match[2]) for line in lines for match in _LANES.finditer(line)), default=None)
    loops = tuple(_loops(lines))
    if asm is None:
        return KernelFacts(loops, threads, lanes, launch=launch or {})
    instructions = {number for number, line in enumerate(asm.lines, 1) if line.startswith(" ")}
    return KernelFacts(
        loops,
        threads,
        lanes,
        len(instructions),
        len(instructions & _linked(kernel, asm, links)),
        _calls(asm),
        tuple(spill for function in _functions(asm) for spill in _spills(function)),
        _vectors(asm),
        launch or {},
    )


def _loops(lines: list[str]) -> Iterator[KernelLoop]:
    """The loops of a C++ text, with the pragma above them; a loop ends at the brace below its own column."""
    open_at: list[int] = []
    collapsed = 0
    """How many nested loops the last pragma shares out; 0 if the line above is no such pragma."""
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        while open_at and line.lstrip().startswith("}") and indent <= open_at[-1]:
            open_at.pop()
        if match := _SHARED_OUT.search(line):
            collapsed = int(match[1] or 1)
        elif match := _LOOP.match(line):
            start, end, step = (_plain(match[name]) for name in ("start", "end", "step"))
            shared = max(1, collapsed)
            yield KernelLoop(number, match["variable"], start, end, step, len(open_at), collapsed > 0, shared)
            open_at.append(indent)
            collapsed = 0
        elif line.strip() not in ("", "{"):
            collapsed = 0


def _plain(text: str) -> str:
    """`16L` of `static_cast<int64_t>(16L)`."""
    match = _CAST.fullmatch(text.strip())
    return match[1] if match else text.strip()


def _linked(kernel: Artifact, asm: Artifact, links: Iterable[Link]) -> set[int]:
    """The listing's lines that have a line of the kernel's text."""
    ours = (
        link.b
        for link in links
        if link.origin is Origin.DEBUG_INFO and link.b.artifact == asm.id and link.a.artifact == kernel.id
    )
    return {line for span in ours for line in range(span.start.line, span.last_line + 1)}


def _calls(asm: Artifact) -> tuple[CalledFunction, ...]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(asm.lines, 1):
        if match := _CALL.match(line):
            found[match["name"].removesuffix("@plt")].append(number)
    return tuple(CalledFunction(name, tuple(lines)) for name, lines in found.items())


def _functions(asm: Artifact) -> Iterator[list[tuple[int, str]]]:
    """The instructions of each function, with their line numbers; a local label begins none."""
    body: list[tuple[int, str]] = []
    for number, line in enumerate(asm.lines, 1):
        if line.endswith(":") and not line.startswith("."):
            yield body
            body = []
        elif line.startswith(" "):
            body.append((number, line))
    yield body


def _spills(function: list[tuple[int, str]]) -> Iterator[Spill]:
    """The places on the stack that one function both saves a register to and reads.

    What is only written there is passed to others (OpenMP's arguments), what is only read was handed in.
    """
    framed = any(_FRAME.match(line) for _, line in function)
    stores: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    reloads: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in function:
        if (match := _SAVED.match(line)) and (bits := _register_bits(match["register"])):
            stores[match["slot"]].append((number, bits))
        elif match := _READ_BACK.match(line):
            reloads[match["slot"]].append(number)
    for slot, saved in stores.items():
        if slot in reloads and (framed or slot.startswith("[rsp")):
            yield Spill(slot, max(bits for _, bits in saved), tuple(line for line, _ in saved), tuple(reloads[slot]))


def _register_bits(name: str) -> int:
    """The width of an x86 register; 0 for what is none."""
    if match := _VECTOR.fullmatch(name):
        return _WIDTHS[match[1]]
    if re.fullmatch(r"r(?:[a-d]x|[sd]i|[sb]p|\d+)", name):
        return 64
    return 32 if re.fullmatch(r"e(?:[a-d]x|[sd]i|[sb]p)|r\d+d", name) else 0


def _vectors(asm: Artifact) -> dict[int, int]:
    """Width → the instructions whose widest register is of it, widest first."""
    widest = (max((_WIDTHS[name] for name in _VECTOR.findall(line)), default=0) for line in asm.lines)
    found = Counter(width for width in widest if width)
    return {width: found[width] for width in sorted(found, reverse=True)}
