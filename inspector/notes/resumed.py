"""What goes on after a graph break, and where: the resumed functions, as the bytecode calls them and as compile ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inspector.model.annotation import Annotation, Fact
from inspector.model.artifact import Artifact, Span
from inspector.model.capture import Capture, Compilation
from inspector.model.frame import Frame
from inspector.model.stage import Stage
from inspector.notes.markup import code
from inspector.notes.where import line_of

_CALLED = re.compile(r"\b(__resume_at_(\d{1,9})_\d+)\b")
_GRAPH = re.compile(r"\b(__compiled_fn_\w+)\b")
_BUILDS = re.compile(r"\bBUILD_(?:CONST_KEY_)?MAP +([1-9]\d{0,8})\b")
_JUMPS = re.compile(r"\bPOP_JUMP_(?:FORWARD_|BACKWARD_)?IF_(FALSE|TRUE|NONE|NOT_NONE)\b")
_FUNCTION = re.compile(r"^torch_dynamo_resume_in_(?P<name>.+)_at_(?P<line>\d{1,9})$")
_INSTRUCTION = re.compile(
    r"^ *(?:(?P<line>\d{1,9}) +)?(?:>> *)?(?P<offset>\d{1,9}) "
    r"(?P<name>[A-Z_]+)(?:.*\(to (?P<to>\d{1,9})\))?"
)


@dataclass(frozen=True)
class _Original:
    """A function's own bytecode."""

    lines: Mapping[int, int]
    """Offset of an instruction → its line in the file."""
    tests: Mapping[int, str]
    """Offset → `true` or `false`: where a condition's jump leads to, and where it falls through."""


def resumed(capture: Capture) -> Iterator[Annotation]:
    """A note on each call of a compiled graph and of a resumed function in the bytecode, and on each of the latter."""
    bytecodes = capture.find(Stage.BYTECODE)
    for compilation in capture.compilations:
        own = [item for item in bytecodes if item.compile_id == compilation.compile_id]
        modified = next((item for item in own if item.id.endswith(":modified")), None)
        original = next((item for item in own if not item.id.endswith(":modified")), None)
        if modified is not None and _CALLED.search(modified.text):
            yield from _calls(capture, compilation, modified, _read(original))
        yield from _continued(capture, compilation)


def _calls(capture: Capture, of: Compilation, modified: Artifact, original: _Original) -> Iterator[Annotation]:
    told = {
        str(item.metrics["continues"].get("name")): item.compile_id
        for item in capture.compilations
        if isinstance(item.metrics.get("continues"), dict)
        and item.metrics["continues"].get("compile_id") == of.compile_id
    }
    name = code(of.function or of.compile_id)
    seen: set[str] = set()
    for number, line in enumerate(modified.lines, 1):
        span = Span.of_lines(modified.id, number)
        if between := _between(line) if len(seen) == 1 and not any(map(_CALLED.search, seen)) else "":
            place = f"resumed:{of.compile_id}:line {number}"
            yield Annotation(place, between, span, of.compile_id, fact=Fact.RESUMED)
        if (graph := _GRAPH.search(line)) and graph[1] not in seen:
            seen.add(graph[1])
            text = f"**The compiled graph of {code(of.compile_id)} is called here**: {code(graph[1])}"
            yield Annotation(f"resumed:{graph[1]}", text, span, of.compile_id, fact=Fact.RESUMED)
        if not (call := _CALLED.search(line)) or call[1] in seen:
            continue
        seen.add(call[1])
        offset = int(call[2])
        parts = [f"**{name} goes on here**: {code(call[1])}{_whose(capture, of, told, call[1])}"]
        if offset in original.lines:
            when = f", where the condition is {original.tests[offset]}" if offset in original.tests else ""
            parts.append(f"It continues at line {original.lines[offset]}{when}.")
        yield Annotation(
            f"resumed:{of.compile_id}:{call[1]}", "\n\n".join(parts), span, of.compile_id, fact=Fact.RESUMED
        )


def _between(line: str) -> str:
    """What an instruction between the graph and what goes on does, in plain Python; empty where that says nothing."""
    if match := _BUILDS.search(line):
        entries = "1 entry" if match[1] == "1" else f"{match[1]} entries"
        return f"**Built here by hand**, not in the graph: a dictionary of {entries}"
    if match := _JUMPS.search(line):
        return (
            f"**Here the value decides** which way it goes on, in plain Python: it jumps where it is {match[1].lower()}"
        )
    return ""


def _whose(capture: Capture, of: Compilation, told: Mapping[str, str], name: str) -> str:
    """Which compile id a resumed function is."""
    if name in told:
        return f" is {code(told[name])}"
    alike = [
        item.compile_id
        for item in capture.compilations
        if (match := _FUNCTION.match(item.function))
        and match["name"] == of.function
        and not item.metrics.get("continues")
    ]
    among = (
        f"; after a break in {code(of.function)} go on {', '.join(map(code, alike))}" if alike and of.function else ""
    )
    return f". Which compile id that is, if it was compiled, is not recorded{among}."


def _continued(capture: Capture, compilation: Compilation) -> Iterator[Annotation]:
    match = _FUNCTION.match(compilation.function)
    if match is None:
        return
    file = compilation.place.file if compilation.place is not None else ""
    name = file.replace("\\", "/").rsplit("/", 1)[-1]
    place = f"{name}:{match['line']}" if name else f"line {match['line']}"
    told = compilation.metrics.get("continues")
    before = code(str(told["compile_id"])) if isinstance(told, dict) else f"{code(match['name'])}"
    as_name = f", whose bytecode calls it {code(str(told['name']))}" if isinstance(told, dict) else ""
    text = f"**{code(compilation.compile_id)} continues {before}** after the break at {place}{as_name}."
    if not isinstance(told, dict):
        text += " Which compile id of that function it continues is not recorded."
    frames = [Frame(file, int(match["line"]), match["name"])] if file else []
    span = line_of(capture, frames)
    yield Annotation(f"resumed:{compilation.compile_id}", text, span, compilation.compile_id, fact=Fact.RESUMED)


def _read(bytecode: Artifact | None) -> _Original:
    """What a disassembly says; nothing where it has labels in place of offsets, as that of Python 3.13 has."""
    found = [match for line in (bytecode.lines if bytecode else ()) if (match := _INSTRUCTION.match(line))]
    lines: dict[int, int] = {}
    tests: dict[int, str] = {}
    if not found or int(found[0]["offset"]) != 0:
        return _Original(lines, tests)
    line = 0
    for number, match in enumerate(found):
        line = int(match["line"] or line)
        lines[int(match["offset"])] = line
        if match["to"] and match["name"].endswith(("_IF_FALSE", "_IF_TRUE")) and number + 1 < len(found):
            jumps = match["name"].endswith("_IF_TRUE")
            tests[int(match["to"])] = "true" if jumps else "false"
            tests[int(found[number + 1]["offset"])] = "false" if jumps else "true"
    return _Original(lines, tests)
