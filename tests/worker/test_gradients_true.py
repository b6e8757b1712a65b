"""Whose gradient a backward node computes: derivatives written by hand, what is computed anew, sums of gradients."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from test_sources_true import expression
from worker_driver import capture

from inspector.link.fxtext import FxNode, read_fx
from inspector.model.artifact import Position, Span
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

SOURCE = """
import torch
from torch.utils.checkpoint import checkpoint


class Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return torch.erf(x) * w.cosh()

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        return grad.trunc() * torch.atan(x), grad.floor() - w.sinh()


def block(h):
    return torch.tanh(h).log1p()


class Step(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.rand(4, 16))

    def forward(self, x):
        a = Gate.apply(x.tan(), self.w)
        b = checkpoint(block, a.exp(), use_reentrant=False)
        return (b / self.w).sum()


def step():
    return Step(), (torch.rand(4, 16, requires_grad=True),)
"""
MADE_BY = {
    "atan": "torch.atan(x)",
    "trunc": "grad.trunc()",
    "floor": "grad.floor()",
    "sinh": "w.sinh()",
    "tanh": "torch.tanh(h)",
    "pow": "x.tan()",
}
"""Operator that stands once in the backward graph → the expression that it is written as, or whose derivative it is."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Capture:
    folder = tmp_path_factory.mktemp("gradients")
    (folder / "step.py").write_text(SOURCE)
    capture(CaptureRequest(target=f"{folder / 'step.py'}:step", train=True), folder / "run")
    return read_capture(folder / "run" / "trace")


def nodes(made: Capture) -> dict[str, list[FxNode]]:
    (graph,) = made.find(Stage.ATEN_BACKWARD)
    found = defaultdict(list)
    for node in read_fx(graph.text).nodes.values():
        found[node.operator.removeprefix("torch.ops.aten.").split(".")[0]].append(node)
    return found


def sources(made: Capture, node: FxNode) -> dict[str, Origin]:
    """The expressions of the source that belong to a backward node, and how that is known."""
    (graph,) = made.find(Stage.ATEN_BACKWARD)
    related = made.index.around(Span(graph.id, Position(node.line, node.col), Position(node.end_line, node.end_col)))
    return {
        expression(made.by_id[key], item.span) or "a whole line": item.origin
        for key, items in related.by_artifact.items()
        for item in items
        if made.by_id[key].stage is Stage.SOURCE
    }


def test_a_derivative_written_by_hand_is_its_own_lines(made: Capture) -> None:
    """And not those of the forward function, but for the call that both are made by."""
    found = nodes(made)
    for operator, text in MADE_BY.items():
        for node in found[operator]:
            said = sources(made, node)
            assert text in said, (operator, said)
            assert not {"torch.erf(x)", "w.cosh()", "torch.erf(x) * w.cosh()"} & said.keys()
    assert found.keys() >= MADE_BY.keys()


def test_what_is_computed_anew_is_the_forwards_own_expression(made: Capture) -> None:
    (tanh,) = nodes(made)["tanh"]
    assert sources(made, tanh).keys() == {"torch.tanh(h)", "checkpoint(block, a.exp(), use_reentrant=False)"}


def test_a_sum_of_gradients_is_no_ones(made: Capture) -> None:
    """The parameter's gradient comes from two lines; torch has one of them for their sum."""
    (graph,) = made.find(Stage.ATEN_BACKWARD)
    returned = set(re.findall(r"\w+", graph.text[graph.text.rindex("return") :]))
    sums = [node for node in nodes(made)["add"] if node.name in returned]
    assert len(sums) == 1
    assert sources(made, sums[0]) == {}
