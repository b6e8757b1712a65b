"""A target that is one of torch's own modules: Dynamo leaves its frames out of every stack."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from inspector.worker.stacks import ExpressionSpan, Stack, Stacks


def places(module: nn.Module) -> dict[str, Stack]:
    """Operator → its stack, of a module that is compiled with nothing behind Dynamo."""
    stacks = Stacks()
    found: dict[str, Stack] = {}

    def backend(graph: GraphModule, inputs: Any) -> Any:
        stacks.remember(graph.graph.nodes, "0/0")
        for node in graph.graph.nodes:
            found[node.name] = stacks.of(node, "0/0")
        return graph.forward

    torch._dynamo.reset()
    with stacks.recording():
        torch.compile(module, backend=backend)(torch.ones(2, 8))
    return found


def text_at(place: ExpressionSpan) -> str:
    lines = Path(place.file).read_text().split("\n")[place.line - 1 : place.end_line]
    assert place.end_col is not None
    lines[-1] = lines[-1][: place.end_col]
    return "\n".join(lines)[place.col :]


def test_the_modules_own_expression_is_known() -> None:
    (place,) = places(nn.LayerNorm(8))["layer_norm"]
    assert place.file == inspect.getsourcefile(nn.LayerNorm)
    assert place.function == "forward"
    text = text_at(place)
    assert text.startswith("F.layer_norm(")
    assert text.endswith(")")
    assert text in inspect.getsource(nn.LayerNorm.forward)


def test_an_input_has_no_place() -> None:
    found = places(nn.LayerNorm(8))
    assert len(found) > 2
    assert [name for name, stack in found.items() if stack] == ["layer_norm"]


class Users(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.sin())


def test_a_users_module_keeps_its_own_frames_alone() -> None:
    found = places(Users())
    assert [text_at(place) for place in found["layer_norm"]] == ["self.norm(x.sin())"]
    assert [text_at(place) for place in found["sin"]] == ["x.sin()"]
