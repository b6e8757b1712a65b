"""Prompts of changing length, one after the other through one model. Imports torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inspector.errors import UsageError
from inspector.model.study import Dynamic, ShapeCall, Shapes, StudyRequest
from inspector.worker.study.counts import Counts
from inspector.worker.study.generation import Step, stepper, timed
from inspector.worker.study.models import build, static_cache

_DYNAMIC = {Dynamic.NONE: None, Dynamic.TRUE: True, Dynamic.FALSE: False, Dynamic.MARK: None}


@torch.no_grad()
def shapes(request: StudyRequest, trace: Path, progress: Callable[[str], None]) -> Shapes:
    """Each prompt length with each number of tokens, in the order given; every call has a cache of its own.

    All caches have one length, that of the longest call, so that only the prompt's length changes. A call that
    generates n tokens is one prefill and n - 1 decoding steps.

    Args:
        trace: the folder of this process's structured trace.

    Raises:
        UsageError: a variant, model or dtype that there is none of, or too little memory.
    """
    dynamic = _variant(request.variant)
    progress("building the model")
    model, chosen = build(request)
    call: Any = model
    if dynamic is not Dynamic.EAGER:
        call = torch.compile(model, backend=request.backend, mode=request.compile_mode, dynamic=_DYNAMIC[dynamic])
    length = max(request.prompts) + max(request.lengths)
    counts = Counts(trace)
    calls = []
    for prompt in request.prompts:
        for tokens in request.lengths:
            progress(f"prompt {prompt}, {tokens} tokens")
            step = stepper(call, static_cache(chosen, request.batch, length))
            ids = torch.randint(chosen.text.vocab_size, (request.batch, prompt))
            calls.append(_one(step, ids, tokens, counts, mark=dynamic is Dynamic.MARK))
    return Shapes(dynamic.value, tuple(calls))


def _one(step: Step, ids: Tensor, tokens: int, counts: Counts, *, mark: bool) -> ShapeCall:
    if mark and ids.shape[1] > 1:  # a length of 1 is always compiled on its own
        torch._dynamo.mark_dynamic(ids, 1)
    graphs = []
    begun = time.perf_counter()
    timed(step, step, ids, tokens - 1, between=lambda: graphs.append(counts.graphs()))
    seconds = time.perf_counter() - begun
    graphs.append(counts.graphs())
    return ShapeCall(
        ids.shape[1], tokens, seconds, (graphs[0], graphs[1]), reasons=counts.reasons(), breaks=counts.breaks()
    )


def _variant(variant: str) -> Dynamic:
    try:
        return Dynamic(variant)
    except ValueError as error:
        raise UsageError(
            f"There is no way {variant!r} to compile shapes.", f"There are {', '.join(Dynamic)}."
        ) from error
