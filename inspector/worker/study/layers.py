"""Whole-model against regional compilation of a model of equal layers. Imports torch."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inspector.errors import TargetFailed, UsageError
from inspector.model.study import Layers, StudyRequest, Way
from inspector.worker.private import require, swapped
from inspector.worker.study.counts import Counts
from inspector.worker.study.generation import Step, stepper
from inspector.worker.study.kernels import count_kernels
from inspector.worker.study.models import build, static_cache

if TYPE_CHECKING:
    from transformers import Cache, PreTrainedModel, StaticCache

_LATER = 5
"""Calls after the first, of which the median is taken."""

_BY_LAYER = (Way.LAYER, Way.UNSPEC, Way.TENSOR, Way.LIMIT, Way.SHARED)
"""Ways that compile each layer by `layer.compile()`."""

_REGION = "Torch-Compiled Region"
"""What the profiler calls a piece of compiled code that runs; a layer left eager has none."""


@torch.no_grad()
def layers(request: StudyRequest, progress: Callable[[str], None]) -> Layers:
    """Compiles in one way, calls, and looks at what runs: prefills with a key-value cache, as inference makes them.

    The cache matters: it is the layer's index into it that makes a layer's code differ from the next one's.

    Raises:
        UsageError: a way, model or dtype that there is none of, or too little memory.
        TargetFailed: this torch is too old for the way.
    """
    way = _way(request.variant)
    progress("building the model")
    model, chosen = build(request)
    blocks = list(model.get_decoder().layers)
    ids = torch.randint(chosen.text.vocab_size, (request.batch, request.prompt))
    step = stepper(apply_way(way, model, blocks, request), cache := static_cache(chosen, request.batch, request.prompt))
    counts = Counts()
    modules: list[str] = []
    from torch._inductor.graph import GraphLowering

    require("layers", "torch._inductor.graph:GraphLowering.save_output_code")
    progress("first call")
    with swapped(GraphLowering, "save_output_code", staticmethod(modules.append)):
        first = _seconds(step, ids, cache)
    progress("later calls")
    later = sorted(_seconds(step, ids, cache) for _ in range(_LATER))[_LATER // 2]
    cache.reset()
    kernels = count_kernels(modules)
    return Layers(
        way.value,
        len(blocks),
        first,
        later,
        kernels.calls,
        kernels.definitions,
        kernels.bodies,
        compiled_layers(way, lambda: step(ids), len(blocks)),
        counts.reasons(),
        counts.graphs(),
    )


def apply_way(way: Way, model: PreTrainedModel, blocks: list[Any], request: StudyRequest) -> Callable[..., Any]:
    """What to call in place of the model.

    Raises:
        TargetFailed: this torch is too old for the way.
    """
    options = {"backend": request.backend, "mode": request.compile_mode, **_options(way, len(blocks))}
    compiled: Callable[..., Any] = model
    match way:
        case Way.WHOLE:
            compiled = torch.compile(model, **options)
        case Way.NESTED:
            region = torch.compiler.nested_compile_region(type(blocks[0]).forward)
            for block in blocks:
                block.forward = MethodType(region, block)
            compiled = torch.compile(model, **options)
        case Way.ISOLATED:
            for block in blocks:
                block.forward = torch.compile(block.forward, **options)
        case Way.UNSPEC:
            torch._dynamo.config.allow_unspec_int_on_nn_module = True  # a run has its process to itself
        case Way.TENSOR:
            for index, block in enumerate(blocks):
                _set_index(block, torch.tensor(index))
        case Way.SHARED:
            stack = model.get_decoder().layers
            for index, block in enumerate(blocks):
                stack[index] = OwnCache(block, index)
    if way in _BY_LAYER:
        for block in blocks:
            block.compile(**options)
    return compiled


def _options(way: Way, layers: int) -> dict[str, Any]:
    """What torch.compile is told besides, where this torch knows it."""
    match way:
        case Way.ISOLATED:
            options: dict[str, Any] = {"isolate_recompiles": True}
        case Way.LIMIT:
            options = {"recompile_limit": max(layers, torch._dynamo.config.recompile_limit)}
        case _:
            options = {}
    if unknown := options.keys() - inspect.signature(torch.compile).parameters.keys():
        raise TargetFailed(f"torch {torch.__version__} has no {', '.join(unknown)}.", "It is new in torch 2.13.")
    return options


def _set_index(block: nn.Module, index: int | Tensor) -> None:
    """Gives every part of a layer that knows the layer's index another one."""
    indexed: list[Any] = [module for module in block.modules() if hasattr(module, "layer_idx")]
    for module in indexed:
        module.layer_idx = index


class OwnCache(nn.Module):
    """A layer that finds its keys and values at index 0, as every other layer does, so that one code fits them all.

    Only the layer inside is compiled: which piece is whose is said out here, in plain Python.
    """

    def __init__(self, block: nn.Module, index: int) -> None:
        super().__init__()
        self.block = block
        self.index = index
        _set_index(block, 0)

    def forward(self, *args: Any, past_key_values: Cache, **kwargs: Any) -> Any:
        """As the layer's, which is given its part of the cache alone."""
        from transformers.cache_utils import Cache

        return self.block(*args, past_key_values=Cache([past_key_values.layers[self.index]]), **kwargs)


def compiled_layers(way: Way, call: Callable[[], Any], count: int) -> int:
    """How many layers run compiled code in one call, as the profiler sees it."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        call()
    regions = sum(str(event.name).startswith(_REGION) for event in profile.events() or ())
    if way in (Way.WHOLE, Way.NESTED):
        return count if regions else 0
    return min(regions, count)


def _seconds(step: Step, ids: Tensor, cache: StaticCache) -> float:
    """Of one call with an empty cache."""
    cache.reset()
    begun = time.perf_counter()
    step(ids)
    return time.perf_counter() - begun


def _way(variant: str) -> Way:
    try:
        return Way(variant)
    except ValueError as error:
        raise UsageError(f"There is no way {variant!r} to compile layers.", f"There are {', '.join(Way)}.") from error
