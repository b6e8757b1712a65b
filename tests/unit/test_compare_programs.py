"""Programs compiled and compared: exchanged weights, renamed locals, moved statements."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import inspector
from inspector.compare import compare_captures
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference, Change
from inspector.model.stage import Stage

pytestmark = pytest.mark.compiles

PROGRAMS = """\
import torch
from torch import nn


class Pair(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
        self.order = first, second

    def forward(self, x):
        first, second = self.order
        return torch.relu(getattr(self, second)(getattr(self, first)(x)))


def plain(x, y):
    h = torch.sin(x)
    k = torch.cos(y)
    return torch.relu(h) * k + 1


def renamed(u, v):
    left = torch.sin(u)
    right = torch.cos(v)
    return torch.relu(left) * right + 1


def moved(x, y):
    k = torch.cos(y)
    h = torch.sin(x)
    return torch.relu(h) * k + 1


def a_then_b():
    return Pair("a", "b"), (torch.ones(4, 8),)


def b_then_a():
    return Pair("b", "a"), (torch.ones(4, 8),)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Capture]:
    path = tmp_path_factory.mktemp("programs") / "programs.py"
    path.write_text(PROGRAMS)
    made: dict[str, Capture] = {}

    def capture(name: str) -> Capture:
        if name not in made:
            inputs = (
                () if "_then_" in name else tuple(f"{arg}=f32[64]" for arg in ("uv" if name == "renamed" else "xy"))
            )
            made[name] = inspector.capture(f"{path}:{name}", inputs=inputs)
        return made[name]

    return capture


def difference(compiled: Callable[[str], Capture], a: str, b: str) -> CaptureDifference:
    return compare_captures(compiled(a), compiled(b), (a, b), pairs=(("0/0", "0/0"),))


def changes(found: CaptureDifference) -> dict[Stage | None, Change]:
    (pair,) = found.compilations
    return {text.stage: text.change for text in pair.texts}


def test_exchanged_weights_are_a_difference_at_every_stage_that_names_them(
    compiled: Callable[[str], Capture],
) -> None:
    found = difference(compiled, "a_then_b", "b_then_a")
    assert found.change is Change.CHANGED
    stages = changes(found)
    assert {stages[stage] for stage in (Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD, Stage.INDUCTOR)} == {Change.CHANGED}


def test_renamed_locals_are_names_in_every_stage(compiled: Callable[[str], Capture]) -> None:
    found = difference(compiled, "plain", "renamed")
    (pair,) = found.compilations
    assert found.change is Change.RENAMED
    assert set(changes(found).values()) <= {Change.SAME, Change.RENAMED}
    assert changes(found)[Stage.BYTECODE] is changes(found)[Stage.DYNAMO] is Change.RENAMED
    assert pair.guards == ()
    assert pair.guards_compared > 0


def test_exchanged_statements_moved(compiled: Callable[[str], Capture]) -> None:
    stages = changes(difference(compiled, "plain", "moved"))
    for stage in (Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD):
        assert stages[stage] is Change.MOVED, stage
