"""`--dtype` told truthfully: which tensors it reached, which it did not, and what integers are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inspector.targets.base import Inputs
from inspector.worker.precisions import dtypes_of, not_reached
from inspector.worker.state import State

TABLE = torch.ones(4)


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.register_buffer("mask", torch.ones(8, dtype=torch.bool))
        self.register_buffer("scale", torch.ones(8))
        self.plain = torch.ones(8)

    def forward(self, ids: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.embedding(ids) * self.scale + self.plain + x + TABLE.sum()


@pytest.mark.parametrize(("dtype", "name"), [(torch.bfloat16, "bf16"), (torch.float16, "f16"), (torch.float64, "f64")])
def test_what_a_dtype_reaches_and_what_not_is_said(dtype: torch.dtype, name: str) -> None:
    module = Mixed().to(dtype)
    state = State(module, Inputs((torch.zeros(2, dtype=torch.int64), torch.ones(8, dtype=dtype))))
    assert dtypes_of(state.tensors) == {
        "arguments": f"i64 (1), {name} (1)",
        "parameters": f"{name} (1)",
        "buffers": f"bool (1), {name} (1)",
        "attributes": "f32 (1)",
        "globals": "f32 (1)",
    }
    words = not_reached(state.tensors, dtype)
    assert words == f"--dtype {name} does not reach all: attribute `plain` is f32, global `TABLE` is f32."
    module.plain = module.plain.to(dtype)
    state = State(module, Inputs((torch.zeros(2, dtype=torch.int64), torch.ones(8, dtype=dtype))))
    assert "plain" not in not_reached(state.tensors, dtype)
    assert not_reached(state.tensors, torch.float32).startswith("--dtype f32 does not reach all: argument 1 `x` is")


def test_many_are_counted_and_where_all_are_reached_nothing_is_said() -> None:
    layers = nn.Sequential(*(nn.Linear(2, 2) for _ in range(3)))
    state = State(layers, Inputs((torch.ones(1, 2),)))
    assert not_reached(state.tensors, torch.float32) == ""
    assert not_reached(state.tensors, torch.bfloat16).endswith("is f32 and 3 more are not.")
