"""What goes into `repro.py`: sizes that are symbols come out of tensors, and nothing of a log runs that is no size."""

from __future__ import annotations

import ast

import pytest

from inspector.bundle.graph_code import is_size
from inspector.bundle.repro import repro
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture
from inspector.model.shapes import Symbol, SymbolicShapes
from inspector.model.stage import Stage

GRAPH = """class GraphModule(torch.nn.Module):
    def forward(self, s27: "Sym({symbol})", L_x_: "f32[2, {size}][{stride}, 1]cpu"):
        return (torch.relu(L_x_),)
"""


def capture(symbol: str = "s27", size: str = "s27", stride: str = "s27") -> Capture:
    text = GRAPH.format(symbol=symbol, size=size, stride=stride)
    graph = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, text)
    return Capture(artifacts=(graph,), shapes=(SymbolicShapes("0/0", symbols=(Symbol("s27", "12"),)),))


def test_a_symbol_is_what_it_was_and_comes_out_of_the_tensor() -> None:
    script = repro(capture())
    assert script is not None
    ast.parse(script)
    assert "    s27 = 12\n" in script
    assert "    torch._dynamo.mark_dynamic(L_x_, [1])\n    return [L_x_]\n" in script
    assert "    return lambda L_x_: module(L_x_.size(1), L_x_)\n" in script
    assert "GRAPHS = [('0/0', Graph_0_0, Graph_0_0_inputs, Graph_0_0_call)]" in script


def test_sizes_that_nobody_knows_are_not_alike() -> None:
    text = GRAPH.replace('s27: "Sym({symbol})"', 's1: "Sym(s1)", s2: "Sym(s2)"').format(size="s1", stride="s2")
    graph = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, text)
    script = repro(Capture(artifacts=(graph,)))
    assert script is not None
    assert "    s1 = 16\n    s2 = 17\n" in script


@pytest.mark.parametrize(
    "hostile", ["__import__('os').system('x')", "exec(s27)", "s27.real", "[s27]", "s27 if s27 else s27"]
)
@pytest.mark.parametrize("where", ["symbol", "size", "stride"])
def test_what_is_no_size_makes_no_script(where: str, hostile: str) -> None:
    assert repro(capture(**{where: hostile})) is None


@pytest.mark.parametrize("size", ["7", "s27", "u0", "s27*64", "64*s27 + 1", "-1*s0", "(s0//2)"])
def test_sizes(size: str) -> None:
    assert is_size(size)
