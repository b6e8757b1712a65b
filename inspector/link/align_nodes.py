"""The statements that a post-grad graph's nodes lead one to expect: a graph of points, from the graph's text.

A point is one operation that one node is written as: `mul` has one, `mean` a sum and a division. Views and copies
hand points on; what lies between a point and who uses it is remembered, for loads, stores and casts are theirs.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector.link.align_patterns import COPIES, COUNTING, EXTERNAL, VIEWS, patterns_of
from inspector.link.fxtext import FxNode, read_fx

Handed = dict[int, tuple[str, ...]]
"""Point → the copies that its value goes through, first to last."""


@dataclass
class OperandSource:
    """What an operand may be."""

    points: Handed = field(default_factory=dict)
    literal: float | None = None
    anything: bool = False
    number: bool = False
    """Whether it is a constant, whichever."""


@dataclass
class Point:
    """One operation of one node."""

    node: str
    kind: str
    sources: list[OperandSource] = field(default_factory=list)
    literal: float | None = None


@dataclass(frozen=True)
class Expected:
    """All points of a graph."""

    points: tuple[Point, ...]
    values: Mapping[str, Handed]
    """Node → the points that its value may come from."""
    nodes: Mapping[str, FxNode]
    arguments: Mapping[str, tuple[str, ...]]
    """Node → the nodes it takes, in order."""

    counted: frozenset[str]
    """The nodes made of nothing but positions: what a kernel works out from its loops' variables."""

    def operator(self, name: str) -> str:
        """`mul` for a node whose operator is `torch.ops.aten.mul.Tensor`."""
        return operator_of(self.nodes[name].operator)


def operator_of(text: str) -> str:
    """`mul` for `torch.ops.aten.mul.Tensor`."""
    parts = text.removeprefix("torch.ops.").split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def expect(post_grad: str) -> Expected:
    """Reads a post-grad graph's text into what its kernels' statements should be."""
    return _Builder(post_grad).build()


class _Builder:
    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._nodes = read_fx(text).nodes
        self._points: list[Point] = []
        self._values: dict[str, Handed] = {}
        self._arguments: dict[str, tuple[str, ...]] = {}
        self._written_once: dict[tuple[str, str], int] = {}
        """A node and a part of its patterns → its point: equal parts are one statement."""

    def build(self) -> Expected:
        for name, node in self._nodes.items():
            if name != "output":
                self._values[name] = self._node(node)
        counted: set[str] = set()
        for name, taken in self._arguments.items():
            if operator_of(self._nodes[name].operator) in COUNTING if not taken else counted.issuperset(taken):
                counted.add(name)
        return Expected(tuple(self._points), self._values, self._nodes, self._arguments, frozenset(counted))

    def _node(self, node: FxNode) -> Handed:
        call = self._call(node)
        if node.placeholder or call is None:
            return {self._point(Point(node.name, "input")): ()}
        if isinstance(call, ast.Subscript):
            return self._source(call.value).points
        arguments = list(call.args)
        self._arguments[node.name] = tuple(item for item in _names(call) if item in self._values)
        operator = operator_of(node.operator)
        if operator in VIEWS and arguments:
            return self._source(arguments[0]).points
        if operator in ("full", "scalar_tensor", "full_like") and arguments:
            number = arguments[0 if operator == "scalar_tensor" else 1] if len(arguments) > 1 else arguments[0]
            return {self._point(Point(node.name, "const", literal=_number(number))): ()}
        return self._written(node.name, operator, arguments)

    def _written(self, name: str, operator: str, arguments: list[ast.expr]) -> Handed:
        """The points of a node by its operator's patterns; one opaque point where there is none."""
        patterns = patterns_of(operator)
        if not patterns:
            return {self._point(Point(name, "opaque")): ()}
        first = len(self._points)
        value: Handed = {}
        itself = OperandSource()
        named = {letter: self._source(item) for letter, item in zip("abcd", arguments, strict=False)}
        named |= {"me": itself, "n": OperandSource(number=True), "x": OperandSource(anything=True)}
        for pattern in patterns:
            root = self._pattern(name, pattern, named)
            copied = not isinstance(pattern, ast.Call) and operator in COPIES
            for point, through in root.points.items():
                value.setdefault(point, (*through, name) if copied else through)
        if operator in EXTERNAL:
            value[self._point(Point(name, "opaque"))] = ()
        itself.points = dict.fromkeys(range(first, len(self._points)), ())
        return value

    def _pattern(self, name: str, pattern: ast.expr, named: Mapping[str, OperandSource]) -> OperandSource:
        match pattern:
            case ast.Name(id=letter):
                return named.get(letter, OperandSource(anything=True))
            case ast.Constant(value=int() | float() as number):
                return OperandSource(literal=float(number))
            case ast.Call(func=ast.Name(id=kind), args=inner):
                key = (name, ast.dump(pattern))
                if key not in self._written_once:
                    sources = [self._pattern(name, item, named) for item in inner]
                    self._written_once[key] = self._point(Point(name, kind, sources))
                return OperandSource({self._written_once[key]: ()})
            case _:
                raise AssertionError(ast.dump(pattern))

    def _point(self, point: Point) -> int:
        self._points.append(point)
        return len(self._points) - 1

    def _source(self, argument: ast.expr) -> OperandSource:
        if (number := _number(argument)) is not None:
            return OperandSource(literal=number)
        found: Handed = {}
        for name in _names(argument):
            for point, through in self._values.get(name, {}).items():
                found.setdefault(point, through)
        return OperandSource(found, anything=not found)

    def _call(self, node: FxNode) -> ast.Call | ast.Subscript | None:
        """The node's expression; None where it is none, or cannot be read."""
        lines = self._lines[node.line - 1 : node.end_line]
        lines[-1] = lines[-1][: node.end_col]
        lines[0] = lines[0][node.col :]
        _, _, text = "\n".join(lines).partition(" = ")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return None
        return tree if isinstance(tree, ast.Call | ast.Subscript) else None


def _number(tree: ast.expr) -> float | None:
    match tree:
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            number = _number(inner)
            return None if number is None else -number
        case ast.Constant(value=bool() | int() | float() as number):
            return float(number) if abs(number) < 1e300 else math.copysign(math.inf, number)
        case ast.Name(id="inf"):
            return float("inf")
        case _:
            return None


def _names(tree: ast.AST) -> list[str]:
    """The nodes that an expression takes, in order."""
    if isinstance(tree, ast.Call):
        parts: list[ast.AST] = [*tree.args, *(item.value for item in tree.keywords)]
        return [name for part in parts for name in _names(part)]
    if isinstance(tree, ast.Name):
        return [tree.id]
    return [name for part in ast.iter_child_nodes(tree) for name in _names(part)]
