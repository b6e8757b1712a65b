"""What goes into `repro.py`: sizes that are symbols come out of tensors, and nothing of a log runs that is no size."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from inspector.bundle.graph_code import is_size
from inspector.bundle.repro import repro
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.guards import Guard
from inspector.model.request import CaptureRequest
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
    assert "    torch._dynamo.maybe_mark_dynamic(L_x_, [1])\n    return [L_x_]\n" in script
    assert "        L_x_.dtype\n        return module(L_x_.size(1), L_x_)\n" in script
    assert "GRAPHS = [('0/0', Graph_0_0, Graph_0_0_inputs, Graph_0_0_call, False)]" in script


def test_where_every_size_is_a_symbol_those_that_were_numbers_stay_numbers() -> None:
    script = repro(replace(capture(), request=CaptureRequest("x", dynamic=True)))
    assert script is not None
    assert "mark_static(L_x_, [0])" in script
    assert "mark_dynamic" not in script


def test_what_wants_a_gradient_is_what_the_guards_say() -> None:
    def guard(source: str, wants: bool) -> Guard:
        return Guard(f"check_tensor({source}, Tensor, requires_grad={wants}, size=[2])", "TENSOR_MATCH", source)

    names = ("L_x_", "L_self_parameters_w_", "L_self_parameters_v_", "L_y_")
    text = GRAPH.replace('s27: "Sym({symbol})", ', "".join(f'{name}: "f32[2][1]cpu", ' for name in names[1:]))
    graph = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, text.format(size=2, stride=1))
    guards = (guard("L['x']", True), guard("L['self']._parameters['v']", False))
    compilation = Compilation("0/0", CompileStatus.DONE, guards=guards)
    script = repro(Capture(CaptureRequest("x", train=True), artifacts=(graph,), compilations=(compilation,)))
    assert script is not None
    made = {
        name: "'cpu', True)" in line
        for line in script.split("\n")
        for name in names
        if line.startswith(f"    {name} = t")
    }
    assert made == {"L_x_": True, "L_self_parameters_w_": True, "L_self_parameters_v_": False, "L_y_": False}
    assert "Graph_0_0_call, True)" in script


def test_operators_of_other_libraries_are_named_at_the_top_and_looked_for() -> None:
    text = GRAPH.format(symbol="s27", size="s27", stride="s27").replace(
        "torch.relu(L_x_)", "torch.ops.mylib.twice.default(torch.ops.aten.relu.default(L_x_))"
    )
    graph = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, text)
    script = repro(Capture(artifacts=(graph,)))
    assert script is not None
    assert "\nNeeds torch, and what registers mylib.twice; captured with" in script
    assert "\nOPERATORS = ['mylib.twice']\n" in script
    assert "\nNeeds torch alone; captured with" in (repro(capture()) or "")


def test_what_cannot_be_made_again_is_told_at_the_top_and_what_can_is_there() -> None:
    within = "class GraphModule(torch.nn.Module):\n    def forward(self):\n        return ()\n    class true_0: ...\n"
    listed = GRAPH.replace('s27: "Sym({symbol})"', "L_inputs_ : list").format(size=2, stride=1)
    texts = {"0/0": within, "1/0": listed, "2/0": capture().artifacts[0].text}
    graphs = tuple(
        Artifact(f"{compile_id}:dynamo", Stage.DYNAMO, compile_id, None, Language.FX, text)
        for compile_id, text in texts.items()
    )
    script = repro(Capture(CaptureRequest("a b.py:net"), artifacts=graphs))
    assert script is not None
    top = ast.get_docstring(ast.parse(script)) or ""
    assert "0/0: it holds graphs within" in top
    assert "1/0: its input L_inputs_" in top
    assert "inspector capture 'a b.py:net'" in top
    assert "GRAPHS = [('2/0'," in script


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
def test_what_is_no_size_is_not_in_the_script(where: str, hostile: str) -> None:
    script = repro(capture(**{where: hostile}))
    assert script is not None
    tree = ast.parse(script)
    assert "0/0: " in (ast.get_docstring(tree) or "").partition("NOT IN HERE:")[2]
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))
    assert "GRAPHS = []" in script


@pytest.mark.parametrize("size", ["7", "s27", "u0", "s27*64", "64*s27 + 1", "-1*s0", "(s0//2)"])
def test_sizes(size: str) -> None:
    assert is_size(size)
