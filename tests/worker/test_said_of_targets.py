"""What is said of a target before and after it is compiled: its mode, and why nothing was compiled."""

from __future__ import annotations

import collections

import pytest
import torch
from torch import nn

from inspector.worker.capture import nothing_compiled
from inspector.worker.user_code import _mode_changed


def test_a_module_that_is_compiled_in_another_mode_than_it_was_in_is_said() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    (words,) = _mode_changed(module, False, "net")
    assert words == "net was in training mode and is compiled in evaluation mode; --train compiles a training step."
    assert _mode_changed(module, True, "net") == ()
    module.eval()
    assert _mode_changed(module, False, "net") == ()
    (words,) = _mode_changed(module, True, "net")
    assert words == "net was in evaluation mode and is compiled in training mode."
    module[1].train()
    (words,) = _mode_changed(module, False, "net")
    assert words.startswith("1 of the parts of net was in training mode")


def test_why_nothing_was_compiled_is_torchs_reason_where_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch._dynamo.utils, "counters", collections.defaultdict(collections.Counter))
    assert "torch names no reason" in nothing_compiled("f")
    torch._dynamo.reset()
    sparse = torch.eye(3).to_sparse()
    compiled = torch.compile(lambda x: torch.sparse.mm(sparse, x), backend="eager")
    torch._dynamo.utils.counters.clear()
    monkeypatch.undo()
    torch._dynamo.utils.counters.clear()
    compiled(torch.ones(3, 1))
    words = nothing_compiled("f")
    torch._dynamo.reset()
    assert words.startswith("Nothing of f was compiled, all of it runs eagerly. torch says: ")
    assert "sparse" in words
    assert "\n" not in words


def test_torch_keeps_so_many_versions_as_the_lesson_says() -> None:
    """Eight: the first compile and seven recompiles; the ninth call that none fits runs eagerly."""
    made = []

    def backend(graph: torch.fx.GraphModule, _: object) -> torch.fx.GraphModule:
        made.append(graph)
        return graph

    torch._dynamo.reset()
    compiled = torch.compile(lambda x, name: x + len(name) * (name != ""), backend=backend, dynamic=False)
    for number in range(12):
        compiled(torch.ones(2), f"{number}")
    torch._dynamo.reset()
    assert len(made) == torch._dynamo.config.recompile_limit == 8
