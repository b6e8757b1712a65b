"""What a call writes is found, named and put back, wherever it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inspector.targets.base import Inputs
from inspector.worker.state import State


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("keys", torch.zeros(3, 4))
        self.at = torch.zeros((), dtype=torch.long)
        self.step = 0
        self.seen: list[Tensor] = []
        self.options = {"scale": 1.0}

    def forward(self, x: Tensor) -> Tensor:
        return x


TOTAL = 0
TABLE = torch.zeros(2)


def counts(x: Tensor) -> Tensor:
    global TOTAL
    TOTAL += 1
    TABLE.add_(1)
    return x


def written(act: Callable[[Layer, Tensor], Any]) -> set[str]:
    """The names of what an act on a layer and its input writes; all of it is put back."""
    layer, x = Layer(), torch.arange(8.0).reshape(2, 4)
    before = {name: item.clone() for name, item in layer.state_dict().items()}
    state = State(layer, Inputs((x,)))
    act(layer, x)
    names = {change.name for change in state.changes()}
    state.restore()
    assert state.changes() == [] or {change.name for change in state.changes()} == set()
    assert torch.equal(x, torch.arange(8.0).reshape(2, 4))
    assert {name: item.tolist() for name, item in layer.state_dict().items()} == {
        name: item.tolist() for name, item in before.items()
    }
    assert (layer.step, layer.seen, layer.options, int(layer.at)) == (0, [], {"scale": 1.0}, 0)
    return names


@pytest.mark.parametrize(
    ("act", "names"),
    [
        (lambda layer, x: x.sin(), set()),
        (lambda layer, x: x.mul_(2), {"argument 0 `x`"}),
        (lambda layer, x: x.t()[0].zero_(), {"argument 0 `x`"}),
        (lambda layer, x: x.mul_(1), {"argument 0 `x`"}),
        (lambda layer, x: x.resize_(1), {"argument 0 `x`"}),
        (
            lambda layer, x: layer.norm(x),
            {"buffer `norm.running_mean`", "buffer `norm.running_var`", "buffer `norm.num_batches_tracked`"},
        ),
        (lambda layer, x: layer.keys.index_copy_(0, layer.at.view(1), x[:1]), {"buffer `keys`"}),
        (lambda layer, x: setattr(layer, "keys", layer.keys + 1), {"buffer `keys`"}),
        (lambda layer, x: layer.at.add_(1), {"attribute `at`"}),
        (lambda layer, x: setattr(layer, "step", layer.step + 1), {"attribute `step`"}),
        (lambda layer, x: layer.seen.append(x), {"attribute `seen[0]`"}),
        (
            lambda layer, x: layer.options.update(scale=2.0, more=1),
            {"attribute `options['scale']`", "attribute `options['more']`"},
        ),
        (lambda layer, x: layer.norm.weight.data.add_(1), {"parameter `norm.weight`"}),
        (lambda layer, x: layer.norm.weight.sum().backward(), {"gradient of parameter `norm.weight`"}),
    ],
)
def test_what_is_written_is_named_and_put_back(act: Callable[[Layer, Tensor], Any], names: set[str]) -> None:
    assert written(act) == names


def test_a_write_past_torchs_counters_is_found_by_value() -> None:
    x = torch.ones(4)
    state = State(torch.sin, Inputs((x,)))
    x.numpy()[1] = 7.0  # as generated code does
    (change,) = state.changes()
    assert change.before.tolist() == [1, 1, 1, 1]
    assert change.after.tolist() == [1, 7, 1, 1]
    state.rewind()
    assert x.tolist() == [1, 1, 1, 1]


def test_of_views_of_one_memory_only_those_that_are_written_are_named() -> None:
    whole = torch.zeros(4)
    state = State(torch.add, Inputs((whole[:2], whole[2:])))
    whole.numpy()[3] = 1.0
    assert [change.name for change in state.changes()] == ["argument 1"]


def test_globals_closures_caches_and_optimizers() -> None:
    class Cache:
        def __init__(self) -> None:
            self.keys: list[Tensor] = []

    cache, weight = Cache(), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=0.5, momentum=0.9)

    def step(x: Tensor, cache: Cache) -> None:
        cache.keys.append(x)
        weight.grad = torch.ones(2)
        optimizer.step()
        counts(x)

    state = State(step, Inputs((torch.ones(1), cache)))
    step(torch.ones(1), cache)
    names = {change.name for change in state.changes()}
    assert {"argument 1 `cache.keys[0]`", "global `TOTAL`", "global `TABLE`"} <= names
    assert "variable `optimizer.param_groups[0]['params'][0]`" in names, "the weight, by the first way to it"
    assert any(name.startswith("variable `optimizer.state") for name in names), "its momentum"
    state.restore()
    module = sys.modules[__name__]
    assert (cache.keys, module.TOTAL, module.TABLE.tolist(), weight.tolist()) == ([], 0, [0, 0], [1, 1])
    assert weight.grad is None
    assert not optimizer.state


def test_a_generator_is_put_back() -> None:
    generator = torch.Generator().manual_seed(1)
    state = State(torch.rand, Inputs((2,), {"generator": generator}))
    first = torch.rand(2, generator=generator)
    state.rewind()
    assert torch.equal(first, torch.rand(2, generator=generator))


def test_inputs_of_another_shape_share_what_was_kept() -> None:
    layer = Layer()
    state = State(layer, Inputs((torch.ones(2, 4),)))
    other = State(layer, Inputs((torch.ones(3, 4),)), state)
    layer.keys.add_(1)
    assert [change.name for change in other.changes()] == ["buffer `keys`"]
    other.rewind()
    assert layer.keys.sum() == 0
