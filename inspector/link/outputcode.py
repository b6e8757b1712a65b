"""Reads Inductor's output code: the kernels it defines and the lines that call them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from inspector.model.artifact import Language
from inspector.model.number import whole

_AOT_ID = re.compile(r"# AOT ID: \['([^']+)'\]")
_DEFINITION = re.compile(r"(?P<name>\w+) = async_compile\.(?P<kind>\w+)\(.*?(?P<quote>r?'''|r?\"\"\")(?P<rest>.*)$")
_SOURCE_NODES = re.compile(r"# Topologically Sorted Source Nodes: \[([^\]]*)\]")
_FRAGMENT_NODE = re.compile(r"#\s+%(\w+) :.*= (?!PlaceHolder)\w+\[target=")
_HANDLE = re.compile(r"# \[Provenance debug handles\] (.+)$")
_FUNCTION = re.compile(r"def (?P<name>\w+)\(args\):")
_OWN_FUNCTION = re.compile(r"call$|partition_\d+$")
"""Functions that run the graph itself; those of graphs within it have the graphs' names."""
_HANDLE_REACH = 16
"""Lines between a debug-handle comment and the call it stands above, at most."""


@dataclass(frozen=True)
class KernelDefinition:
    """One kernel's text inside the output code."""

    name: str
    language: Language
    text: str
    def_line: int
    """The line of `NAME = async_compile…`."""
    first_line: int
    """The line of the output code that holds the text's first line."""
    end_line: int
    """The line that closes the string, inclusive."""
    string_line: int
    """The line of the string's first character: line 1 of the file that is compiled."""
    post_grad: tuple[str, ...] = ()
    """The post-grad nodes that the comment above it lists."""
    source_nodes: tuple[str, ...] = ()
    """The Dynamo nodes that the comment above it lists."""


@dataclass(frozen=True)
class CodeCall:
    """One line that calls a kernel, fused or external."""

    name: str
    handle: str | None
    """torch's number for this call; None in logs without provenance."""
    line: int
    start: int
    """Column of the statement."""
    end: int
    source_nodes: tuple[str, ...] = ()
    within: str | None = None
    """The graph within the graph that makes the call; None for the graph itself."""


@dataclass(frozen=True)
class OutputCode:
    """What one output code defines and calls."""

    aot_id: str
    """`0_forward`; empty where the code does not say."""
    kernels: tuple[KernelDefinition, ...]
    lines: tuple[str, ...]
    calls_from: int
    """Index of the first line after the kernel definitions."""

    @cached_property
    def outside_kernels(self) -> tuple[int, ...]:
        """The indices of the lines after the first kernel's text that belong to none: a graph within the graph has its
        function among the definitions."""
        first = self.kernels[0].end_line if self.kernels else 0
        inside = {index for item in self.kernels for index in range(item.def_line - 1, item.end_line)}
        return tuple(index for index in range(first, len(self.lines)) if index not in inside)

    def within(self, line: int) -> str | None:
        """The graph within the graph whose function a 1-based line belongs to; None for the graph's own lines."""
        return self._within.get(line)

    @cached_property
    def _within(self) -> Mapping[int, str]:
        found: dict[int, str] = {}
        name: str | None = None
        for index in self.outside_kernels:
            line = self.lines[index]
            if line[:1].strip() and not _is_comment(line):
                match = _FUNCTION.match(line)
                name = None if match is None or _OWN_FUNCTION.match(match["name"]) else match["name"]
            if name is not None:
                found[index + 1] = name
        return found

    @cached_property
    def handled_calls(self) -> tuple[CodeCall, ...]:
        """The calls under a debug-handle comment, in order."""
        calls = []
        for index in self.outside_kernels:
            match = _HANDLE.search(self.lines[index])
            for part in match[1].split(", ") if match else ():
                name, _, handle = part.strip().rpartition(":")
                if name and (found := self._call_below(index, name)) is not None:
                    calls.append(self._call(name, handle, found))
        return tuple(calls)

    def numbered_calls(self, mapping: Mapping[str, object]) -> tuple[CodeCall, ...]:
        """The calls that a mapping numbers; without comments above them by their order, which is that of the numbers.

        A kernel or function that the code calls more or less often than the mapping has it is left out, and so is one
        that graphs within call too: their code stands elsewhere.

        Args:
            mapping: by `kernel:number`.
        """
        if self.handled_calls:
            return self.handled_calls
        numbers: dict[str, list[int]] = {}
        for key in mapping:
            name, _, number = key.rpartition(":")
            if (count := whole(number)) is not None:
                numbers.setdefault(name, []).append(count)
        found: list[CodeCall] = []
        for name, told in numbers.items():
            calls = self.calls_of([name])
            if len(calls) == len(told) and len({call.within for call in calls}) == 1:
                found += [replace(call, handle=str(n)) for call, n in zip(calls, sorted(told), strict=True)]
        return tuple(sorted(found, key=lambda call: call.line))

    def calls_of(self, names: Iterable[str]) -> tuple[CodeCall, ...]:
        """Every line that calls one of the kernels, found by its exact name."""
        found = [(index, name) for name in dict.fromkeys(names) for index in self._lines_calling(name)]
        return tuple(self._call(name, None, index) for index, name in sorted(found))

    def _lines_calling(self, name: str) -> Iterator[int]:
        pattern = _calling(name)
        for index in self.outside_kernels:
            line = self.lines[index]
            if name in line and not _is_comment(line) and pattern.search(line):
                yield index

    def _call_below(self, index: int, name: str) -> int | None:
        pattern = _calling(name)
        for number in range(index + 1, min(index + _HANDLE_REACH, len(self.lines))):
            line = self.lines[number]
            if not _is_comment(line) and pattern.search(line):
                return number
        return None

    def _call(self, name: str, handle: str | None, index: int) -> CodeCall:
        line = self.lines[index]
        start, end = len(line) - len(line.lstrip()), len(line.rstrip())
        return CodeCall(name, handle, index + 1, start, end, self._nodes_above(index), self.within(index + 1))

    def _nodes_above(self, index: int) -> tuple[str, ...]:
        for number in range(index - 1, max(index - 6, -1), -1):
            if match := _SOURCE_NODES.search(self.lines[number]):
                return _names(match[1])
            if not _is_comment(self.lines[number]) and "get_raw_stream" not in self.lines[number]:
                break
        return ()


def read_output_code(text: str) -> OutputCode:
    """Cuts the kernels out of the output code; their text is what is compiled, without the first line break."""
    lines = text.split("\n")
    aot_id = next((match[1] for line in lines[:8] if (match := _AOT_ID.search(line))), "")
    kernels: list[KernelDefinition] = []
    index = 0
    calls_from = 0
    while index < len(lines):
        match = _DEFINITION.match(lines[index]) if "async_compile." in lines[index] else None
        closing = _closing_line(lines, index, match) if match else None
        if match and closing is not None:
            kernels.append(_definition(lines, index, closing, match))
            index = calls_from = closing
        index += 1
    return OutputCode(aot_id, tuple(kernels), tuple(lines), calls_from + 1 if kernels else 0)


def _closing_line(lines: list[str], index: int, match: re.Match[str]) -> int | None:
    quote = match["quote"][-3:]
    if quote in match["rest"]:
        return None
    for number in range(index + 1, len(lines)):
        if quote in lines[number]:
            return number
    return None


def _definition(lines: list[str], index: int, closing: int, match: re.Match[str]) -> KernelDefinition:
    quote = match["quote"][-3:]
    first = index if match["rest"] else index + 1
    head = [match["rest"]] if match["rest"] else []
    last = lines[closing].split(quote, 1)[0]
    body = [*head, *lines[index + 1 : closing], *([last] if last.strip() else [])]
    post_grad, source_nodes = _comment_above(lines, index)
    language = Language.TRITON if match["kind"] == "triton" else Language.CPP
    return KernelDefinition(
        match["name"],
        language if match["kind"].startswith(("cpp", "triton", "cuda")) else Language.PYTHON,
        "\n".join(body) + "\n",
        index + 1,
        first + 1,
        closing + 1,
        index + 1,
        post_grad,
        source_nodes,
    )


def _comment_above(lines: list[str], index: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    nodes: list[str] = []
    source: tuple[str, ...] = ()
    number = index - 1
    while number >= 0 and _is_comment(lines[number]):
        if match := _FRAGMENT_NODE.search(lines[number]):
            nodes.append(match[1])
        elif match := _SOURCE_NODES.search(lines[number]):
            source = _names(match[1])
        number -= 1
    return tuple(reversed(nodes)), source


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name for part in listed.split(",") if (name := part.strip()))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _calling(name: str) -> re.Pattern[str]:
    """Exactly this name being called: `mm` is neither `addmm` nor `mm_1`."""
    return re.compile(rf"(?<![\w.]){re.escape(name)}(?:\.run)?\(")


def read_call(line: str) -> tuple[str, tuple[str, ...]] | None:
    """The operator and the tensors of a call of no kernel of Inductor's, in order.

    `mm` and `buf0`, `arg1_1` for `extern_kernels.mm(buf0, reinterpret_tensor(arg1_1, …), out=buf1)`; None where the
    line is none.
    """
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return None
    call = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
    if not isinstance(call, ast.Call):
        return None
    parts = ast.unparse(call.func).split(".")
    operator = parts[3] if parts[:2] == ["torch", "ops"] and len(parts) > 3 else parts[-1]
    return operator, tuple(name for item in call.args if (name := _tensor(item)))


def read_arguments(line: str) -> tuple[str, ...] | None:
    """What a kernel is called with, by position: the name of each tensor, empty for what is none.

    None where the line is no call.
    """
    try:
        statement = ast.parse(line.strip()).body[0]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return None
    call = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
    return tuple(map(_tensor, call.args)) if isinstance(call, ast.Call) else None


_REUSED = re.compile(r"\s+(?P<name>\w+) = (?:reinterpret_tensor\()?(?P<before>\w+)\b.*;\s+del (?P=before)\b.*# reuse")


def reused_buffers(code: OutputCode) -> dict[str, str]:
    """Buffer → the one whose memory it takes over, and whose value it still holds until something is written."""
    found = (_REUSED.match(code.lines[index]) for index in code.outside_kernels)
    return {match["name"]: match["before"] for match in found if match}


def _tensor(tree: ast.expr) -> str:
    """The buffer in `buf0`, `reinterpret_tensor(buf0, …)` or `buf0[0]`; empty for what is none."""
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Call(func=ast.Name(id="reinterpret_tensor"), args=[inner, *_]):
            return _tensor(inner)
        case ast.Subscript(value=inner):
            return _tensor(inner)
        case _:
            return ""


def kernel_names(mapping: Mapping[str, object]) -> dict[str, str]:
    """Keys of a kernel mapping → kernel name, with the `:handle` of newer logs taken off."""
    return {key: key.rpartition(":")[0] if key.rpartition(":")[2].isdigit() else key for key in mapping}
