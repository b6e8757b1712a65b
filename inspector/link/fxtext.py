"""Reads an FX graph's text as torch prints it: which node is defined where, and where it comes from.

    linear: "f32[1, 8, 16][128, 16, 1]cpu" = torch._C._nn.linear(l_x_, l_w_, None);  l_x_ = l_w_ = None
    ^ name  ^ type                           ^ operator ^ arguments              ^ bookkeeping, not in the span

Lines are 1-based and columns 0-based, as everywhere. Graphs nested in the text (the bodies of higher-order
operators) have their nodes kept apart: the `mul` in the body `true_graph_0` is `true_graph_0.mul`, and not the graph's
own `mul`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_CLASS = re.compile(r"(?P<indent> *)class (?P<name>[^(:]*).*:\s*$")
_SIGNATURE = re.compile(r"\s*def forward\(")
_FILE = re.compile(r"\s*# File: (?P<file>.+?):(?P<line>\d{1,9}) in (?P<function>.*?), code: ?(?P<code>.*)$")
_NO_FILE = re.compile(r"\s*# No stacktrace found")
_ASSIGN = re.compile(
    r'(?P<indent> *)(?P<name>[A-Za-z_]\w*)(?P<rest>\s*:\s*"(?P<type>[^"]*)"\s*(?:=(?!=)|$|#)|\s*=(?!=))'
)
_IN_PLACE = re.compile(
    r"\s*(?P<changed>[A-Za-z_]\w*) (?P<operator>\*\*|//|<<|>>|[-+*/%@&^|])= .*;\s+"
    r'(?P<name>[A-Za-z_]\w*)(?:\s*:\s*"(?P<type>[^"]*)")? = (?P=changed)\b'
)
"""`x /= y;  x_1 = x;  x = None`: an operator that changes its operand, and the node's name for it."""
_SET_ITEM = re.compile(
    r"\s*(?P<changed>[A-Za-z_]\w*)\[.*\] = .*;\s+"
    r'(?P<name>[A-Za-z_]\w*)(?:\s*:\s*"(?P<type>[^"]*)")? = (?P=changed)\b'
)
"""`y[1] = v;  setitem = y;  setitem = None`: an assignment to part of a tensor, and the node's name for it."""
_ARGUMENT = re.compile(r'(?P<name>[A-Za-z_]\w*)\s*:\s*"(?P<type>[^"]*)"')
_OPERATOR = re.compile(r"[A-Za-z_][\w.]*")
_WORDLESS = re.compile(
    r"[^\s(\[]+ (?P<infix>\*\*|//|<<|>>|[<>=!]=|[-+*/%@&^|<>]) |(?P<prefix>[-~+])[A-Za-z_]|[A-Za-z_]\w*(?P<part>\[)"
)
"""`x * y`, `2 - x`, `-x`, `x[0]`: what is no call, and whose first word is no operator."""
_CLEANUP = re.compile(r";\s+(?:[A-Za-z_]\w*\s*=\s*)+None\s*(?:#.*)?$")
_LONGEST_STATEMENT = 400
"""Lines after which an unbalanced bracket is taken for text rather than for an open statement."""


@dataclass(frozen=True, slots=True)
class FxNode:
    """One node and the text that defines it."""

    name: str
    line: int
    col: int
    end_line: int
    """The last line of the definition, inclusive."""
    end_col: int
    """Exclusive, on `end_line`."""
    type: str
    """`f32[1, 8, 16][128, 16, 1]cpu`; empty where the text has none."""
    operator: str
    """`torch.ops.aten.mm.default`, `*` of `x * y`, `[]` of `x[0]`, empty for a placeholder."""
    place: tuple[str, int] | None
    """File and line of the innermost user frame, from the `# File:` comment above it."""
    placeholder: bool = False


@dataclass(frozen=True)
class FxText:
    """The nodes of one graph text."""

    nodes: Mapping[str, FxNode]
    """Name → node, of the outermost graph, in the order of the text."""
    inner: Mapping[str, FxNode] = field(default_factory=dict)
    """The same of the graphs nested in it: `true_graph_0.mul`, after the modules that hold them."""

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the graph's inputs."""
        return frozenset(name for name, node in self.nodes.items() if node.placeholder)


def read_fx(text: str) -> FxText:
    """Reads a graph's text; what is no definition is passed over."""
    return _Reader(text.split("\n")).read()


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._nodes: dict[str, FxNode] = {}
        self._inner: dict[str, FxNode] = {}
        self._modules: list[tuple[int, str]] = []
        """Indentation and name of the module being read and of those around it, outermost first."""
        self._place: tuple[str, int] | None = None

    def read(self) -> FxText:
        index = 0
        while index < len(self._lines):
            index = self._line(index)
        return FxText(self._nodes, self._inner)

    def _line(self, index: int) -> int:
        """Reads the statement that begins on a line; the index of the next one."""
        line = self._lines[index]
        if "# File:" in line and (match := _FILE.match(line)):
            self._place = (match["file"], int(match["line"]))
        elif _NO_FILE.match(line):
            self._place = None
        elif match := _CLASS.match(line):
            indent = len(match["indent"])
            while self._modules and self._modules[-1][0] >= indent:
                self._modules.pop()
            self._modules.append((indent, match["name"].strip()))
        elif _SIGNATURE.match(line):
            return self._signature(index)
        elif line.lstrip().startswith("return"):
            return self._return(index)
        elif match := _ASSIGN.match(line):
            return self._assignment(index, match)
        elif match := _IN_PLACE.match(line):
            span = (index + 1, len(line) - len(line.lstrip()), index + 1, match.end())
            self._add(FxNode(match["name"], *span, match["type"] or "", match["operator"] + "=", self._place))
        elif match := _SET_ITEM.match(line):
            span = (index + 1, len(line) - len(line.lstrip()), index + 1, match.end())
            self._add(FxNode(match["name"], *span, match["type"] or "", "[]=", self._place))
        return index + 1

    def _signature(self, index: int) -> int:
        last = self._end_of_statement(index)
        for number in range(index, last + 1):
            for match in _ARGUMENT.finditer(self._lines[number]):
                span = (number + 1, match.start(), number + 1, match.end())
                self._add(FxNode(match["name"], *span, match["type"], "", None, placeholder=True))
        self._place = None
        return last + 1

    def _return(self, index: int) -> int:
        """The graph's output node is always named `output`, though its text is a return statement."""
        last = self._end_of_statement(index)
        line = self._lines[index]
        span = (index + 1, len(line) - len(line.lstrip()), last + 1, len(self._lines[last].rstrip()))
        self._add(FxNode("output", *span, "", "return", None))
        return last + 1

    def _assignment(self, index: int, match: re.Match[str]) -> int:
        line = self._lines[index]
        name, type_ = match["name"], match["type"] or ""
        if not match["rest"].rstrip().endswith("="):
            # A bare annotation: the joint graph declares its inputs this way.
            end = match.end() - (1 if match["rest"].endswith("#") else 0)
            end = len(line[:end].rstrip())
            self._add(FxNode(name, index + 1, match.start("name"), index + 1, end, type_, "", None, placeholder=True))
            return index + 1
        last = self._end_of_statement(index)
        tail = self._lines[last]
        cleanup = _CLEANUP.search(tail, match.end() if last == index else 0)
        end = cleanup.start() if cleanup else len(tail.rstrip())
        expression = line[match.end() :].lstrip()
        alias = re.fullmatch(r"([A-Za-z_]\w*)", expression.split(";")[0].strip())
        known = self._known(alias[1]) if alias is not None else None
        placeholder = known is not None and known.placeholder
        place = None if placeholder else self._place
        word = "" if placeholder else _operator(expression)
        self._add(FxNode(name, index + 1, match.start("name"), last + 1, end, type_, word, place, placeholder))
        return last + 1

    def _end_of_statement(self, index: int) -> int:
        """The index of the line on which the brackets opened on `index` are closed."""
        depth = 0
        for number in range(index, min(index + _LONGEST_STATEMENT, len(self._lines))):
            depth += _balance(self._lines[number])
            if depth <= 0:
                return number
        return index

    def _add(self, node: FxNode) -> None:
        found = self._inner if self._path else self._nodes
        found.setdefault(self._path + node.name, node)

    def _known(self, name: str) -> FxNode | None:
        """A node of the graph being read."""
        return (self._inner if self._path else self._nodes).get(self._path + name)

    @property
    def _path(self) -> str:
        """What stands before the names of a nested graph's nodes; empty in the outermost."""
        return "".join(f"{name}." for _, name in self._modules[1:])


def _operator(expression: str) -> str:
    """What is called, or the sign that stands for it; the first word of what is neither: `x.T`."""
    if (sign := _WORDLESS.match(expression)) is not None:
        return sign["infix"] or sign["prefix"] or "[]"
    word = _OPERATOR.match(expression)
    return word[0] if word is not None else ""


def _balance(line: str) -> int:
    """Opened minus closed brackets; strings and comments are looked at only where they could matter."""
    opened = sum(map(line.count, "([{"))
    closed = sum(map(line.count, ")]}"))
    if opened == closed and '"' not in line and "'" not in line:
        return 0
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", line).split("#", 1)[0]
    return sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
