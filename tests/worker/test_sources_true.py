"""Where nodes come from, judged by Python's own syntax tree: the expression whose evaluation made them, all of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from worker_driver import capture

from inspector.link.fxtext import read_fx
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

SOURCE = """
import torch
from torch import nn


def written(x, w):
    y = x * 2
    y[1] = w[0].tan()
    y[:, 3] += w[2].sinh()
    a = (y
         .sin()
         .exp())
    b = torch.atan(
        a,
    )
    c = (a.cosh() +
         b) @ (
        w
    )
    é = c.cos(); g = é.erf() - é.asinh(
    )
    return (
        g
    ).sum(
        -1,
    )


def layers():
    return nn.Sequential(nn.Linear(8, 8), nn.GELU(), nn.LayerNorm(8)), (torch.ones(4, 8),)
"""
EXPRESSIONS = {
    "mul": "x * 2",
    "copy": "y[1]",
    "tan": "w[0].tan()",
    "sinh": "w[2].sinh()",
    "sin": "y.sin()",
    "exp": "y.sin().exp()",
    "atan": "torch.atan(a)",
    "cosh": "a.cosh()",
    "mm": "(a.cosh() + b) @ w",
    "cos": "c.cos()",
    "erf": "é.erf()",
    "asinh": "é.asinh()",
    "sub": "é.erf() - é.asinh()",
    "sum": "g.sum(-1)",
}
"""Operator of the ATen graph, each there once, → the expression that makes it, as `ast.unparse` writes it."""


def of_nodes(made: Capture) -> dict[str, list[tuple[Artifact, Span]]]:
    """Operator → the source spans of its first node in the ATen graph."""
    (graph,) = made.find(Stage.ATEN)
    found: dict[str, list[tuple[Artifact, Span]]] = {}
    for node in read_fx(graph.text).nodes.values():
        if match := re.fullmatch(r"torch\.ops\.aten\.(\w+)\.\w+", node.operator):
            start, end = Position(node.line, node.col), Position(node.end_line, node.end_col)
            related = made.index.around(Span(graph.id, start, end)).by_artifact
            spans = [(made.by_id[key], item.span) for key, items in related.items() for item in items]
            found.setdefault(match[1], [item for item in spans if item[0].stage is Stage.SOURCE])
    return found


def expression(source: Artifact, span: Span) -> str | None:
    """The expression that is exactly this span."""
    lines = source.lines

    def position(line: int, offset: int) -> tuple[int, int]:
        return line, len(lines[line - 1].encode()[:offset].decode())

    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.expr) and node.end_lineno and node.end_col_offset is not None:
            ends = position(node.lineno, node.col_offset), position(node.end_lineno, node.end_col_offset)
            if ends == (tuple(span.start), tuple(span.end)):
                return ast.unparse(node)
    return None


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sources") / "forms.py"
    path.write_text(SOURCE)
    return path


def test_each_node_has_the_whole_expression_that_made_it(file: Path, tmp_path: Path) -> None:
    """Assignments to a part of a tensor, and all that comes after them; calls and operators over several lines."""
    capture(CaptureRequest(target=f"{file}:written", inputs=("x=f32[8,8]", "w=f32[8,8]")), tmp_path)
    found = of_nodes(read_capture(tmp_path / "trace"))
    assert {name: [expression(*place) for place in found[name]] for name in EXPRESSIONS} == {
        name: [text] for name, text in EXPRESSIONS.items()
    }


def test_torchs_own_modules_as_a_target_have_their_sources(file: Path, tmp_path: Path) -> None:
    """Dynamo gives each node a name, and another one later: torch's later stages know it by the first."""
    capture(CaptureRequest(target=f"{file}:layers"), tmp_path)
    found = of_nodes(read_capture(tmp_path / "trace"))
    said = {name: {expression(*place) for place in found[name]} for name in ("addmm", "erf", "rsqrt")}
    assert said["addmm"] == {"module(input)", "F.linear(input, self.weight, self.bias)"}
    assert said["erf"] == {"module(input)", "F.gelu(input, approximate=self.approximate)"}
    assert any(text and text.startswith("F.layer_norm(") for text in said["rsqrt"])
