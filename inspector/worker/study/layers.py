"""Whole-model against regional compilation of a model of equal layers. Imports torch."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from torch import Tensor

from inspector.errors import TargetFailed, UsageError
from inspector.model.study import Layers, StudyRequest, Way
from inspector.worker.private import require
from inspector.worker.study.counts import Counts
from inspector.worker.study.generation import Step, stepper
from inspector.worker.study.kernels import count_kernels
from inspector.worker.study.models import build, static_cache

if TYPE_CHECKING:
    from transformers import PreTrainedModel, StaticCache

_LATER = 5
"""Calls after the first, of which the median is taken."""

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

    require(GraphLowering, "save_output_code")
    progress("first call")
    with mock.patch.object(GraphLowering, "save_output_code", modules.append):
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
    """What to call in place of the model."""
    options: dict[str, Any] = {"backend": request.backend, "mode": request.compile_mode}
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
            if "isolate_recompiles" not in inspect.signature(torch.compile).parameters:
                raise TargetFailed(f"torch {torch.__version__} cannot isolate recompiles.", "It is new in torch 2.13.")
            options["isolate_recompiles"] = True
            for block in blocks:
                block.forward = torch.compile(block.forward, **options)
        case Way.LAYER:
            for block in blocks:
                block.compile(**options)
        case Way.EAGER:
            pass
    return compiled


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
