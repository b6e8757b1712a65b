"""One prefill and its decoding, timed. Imports torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inspector.errors import UsageError
from inspector.model.study import Generation, Mode, StudyRequest
from inspector.worker.study.counts import Counts
from inspector.worker.study.models import build, static_cache, step_bytes

Step = Callable[[Tensor], Tensor]
"""Token ids (batch, length) in, logits (batch, 1, vocabulary) of the last position out; fills a cache."""


_TELL = 10.0
"""Seconds after which a decoding says how far it has come: seldom enough to cost nothing."""


class Stamps(NamedTuple):
    """When what was there, and the answer (batch, 1 + decoded tokens)."""

    start_prefill: float
    end_prefill: float
    tokens: tuple[float, ...]
    answer: Tensor


def timed(
    prefill: Step,
    decode: Step,
    prompt: Tensor,
    tokens: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    between: Callable[[], object] = lambda: None,
    after: Callable[[int, float], object] = lambda _number, _now: None,
) -> Stamps:
    """Generates greedily: the prefill gives the first token, each of `tokens` steps one more.

    Args:
        prompt: token ids (batch, length).
        clock: read before the prefill, after it, and after every step.
        between: called between prefill and decoding, within the first step's time.
        after: called with the number of each step and its stamp, within the next step's time.
    """
    begun = clock()
    token = _next(prefill(prompt))
    there = clock()
    between()
    answer, stamps = [token], []
    for number in range(1, tokens + 1):
        token = _next(decode(token))
        stamps.append(clock())
        answer.append(token)
        after(number, stamps[-1])
    return Stamps(begun, there, tuple(stamps), torch.cat(answer, dim=1))


def _next(logits: Tensor) -> Tensor:
    """The likeliest token (batch, 1)."""
    return logits[:, -1].argmax(dim=-1, keepdim=True)


def stepper(model: Callable[..., Any], cache: Any) -> Step:
    """A model's step with a cache. Only the last position's logits are asked for, as nobody reads the others."""

    def step(ids: Tensor) -> Tensor:
        logits: Tensor = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        return logits

    return step


@torch.no_grad()
def generation(request: StudyRequest, started: float, progress: Callable[[str], None]) -> Generation:
    """One run of the paper's main experiment.

    Prompts are random tokens of equal length, so there is no padding to mask; the cache counts positions from the
    prompt's end on.

    Args:
        started: when the front started this process, on the clock that `time.perf_counter` reads (one for the
            whole machine on Linux and macOS).

    Raises:
        UsageError: a mode, model or dtype that there is none of, or too little memory.
    """
    mode = _mode(request.variant)
    progress("building the model")
    model, chosen = build(request)
    cache = static_cache(chosen, request.batch, request.prompt + request.tokens)
    prompt = torch.randint(chosen.text.vocab_size, (request.batch, request.prompt))
    eager = stepper(model, cache)
    compiled = eager if mode is Mode.EAGER else stepper(_compiled(model, request), cache)
    prefill = compiled if mode is Mode.PREFILL_DECODE else eager
    counts = Counts()
    graphs = []
    progress("prefill")

    def between() -> None:
        graphs.append(counts.graphs())
        progress("decoding")

    told = time.perf_counter()

    def after(number: int, now: float) -> None:
        nonlocal told
        if now - told > _TELL:
            told = now
            progress(f"decoding, {number} of {request.tokens}")

    stamps = timed(prefill, compiled, prompt, request.tokens, between=between, after=after)
    graphs.append(counts.graphs())
    return Generation(
        mode.value,
        request.batch,
        stamps.start_prefill,
        stamps.end_prefill,
        stamps.tokens,
        started=started,
        prompt=request.prompt,
        graphs=(graphs[0], graphs[1]),
        step_bytes=step_bytes(model, chosen, request.batch, request.prompt + request.tokens),
    )


def _mode(variant: str) -> Mode:
    try:
        return Mode(variant)
    except ValueError as error:
        raise UsageError(f"There is no mode {variant!r}.", f"Modes are {', '.join(Mode)}.") from error


def _compiled(model: Any, request: StudyRequest, **more: Any) -> Any:
    return torch.compile(model, backend=request.backend, mode=request.compile_mode, **more)
