"""The study's models, their memory, and how fast this machine reads it. Imports torch and transformers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from inspector.errors import UsageError
from inspector.model.study import StudyRequest
from inspector.say.units import size
from inspector.targets.base import TargetOptions, made_with
from inspector.targets.dtypes import parse_floating_dtype
from inspector.targets.memory import available_memory
from inspector.targets.nearest import did_you_mean
from inspector.targets.weights import quickly

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported, by transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, StaticCache

_AROUND = 1 << 30
"""Bytes that torch, Python and the compiler need beside the model."""


@dataclass(frozen=True)
class Subject:
    """A model and what must be known about it."""

    config: Any
    cls: type[PreTrainedModel]
    dtype: torch.dtype

    @property
    def text(self) -> Any:
        """The configuration of the part that writes text."""
        return self.config.get_text_config(decoder=True)

    @property
    def heads(self) -> tuple[int, int]:
        """Key-value heads, and the width of one."""
        text = self.text
        heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
        return heads, getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads

    def cache_bytes(self, batch: int, length: int) -> int:
        """Bytes of keys and values for `length` positions."""
        heads, width = self.heads
        return 2 * int(self.text.num_hidden_layers) * batch * heads * width * length * self.dtype.itemsize


def subject(request: StudyRequest) -> Subject:
    """Finds the model that a request names.

    Raises:
        UsageError: there is none, it is no decoder of text, or the dtype is none.
    """
    from transformers import LlamaForCausalLM

    from inspector.targets import configs
    from inspector.worker.transformers_config import choose_model, split_settings

    dtype = parse_floating_dtype(request.dtype)
    named = {"llama-tiny": configs.llama_tiny, "llama-small": configs.llama_small, "llama-1b": configs.llama_3_2_1b}
    name, changes = split_settings(request.model)
    if name in named:
        return Subject(_changed(named[name], changes, request.model), LlamaForCausalLM, dtype)
    choice = choose_model(request.model)
    if not choice.cls.__name__.endswith(("ForCausalLM", "LMHeadModel")):
        raise UsageError(
            f"The study decodes text, and {request.model} ({choice.cls.__name__}) does not.",
            f"It takes {', '.join(named)}, or a decoder such as llama,num_hidden_layers=2.",
        )
    return Subject(choice.config, choice.cls, dtype)


def _changed(make: Callable[..., Any], changes: dict[str, Any], model: str) -> Any:
    usual = make().to_dict()
    for key in changes:
        if key not in usual:
            raise UsageError(
                f"The configuration of {model.partition(',')[0]} has no {key!r}.{did_you_mean(key, usual)}"
            )
    try:
        return make(**changes)
    except Exception as error:  # a validator's own kind of exception
        raise UsageError(f"There can be no {model}: {' '.join(str(error).split())}") from error


def build(request: StudyRequest) -> tuple[PreTrainedModel, Subject]:
    """The model with random weights, in evaluation mode.

    Raises:
        UsageError: it does not fit into memory (with both figures), or there is no such model.
    """
    chosen = subject(request)
    if request.memory:
        refuse_too_large(request, chosen)
    with made_with(TargetOptions(request.batch, request.prompt, chosen.dtype)):
        model = quickly(lambda: chosen.cls(chosen.config))
    return model.eval(), chosen


def static_cache(chosen: Subject, batch: int, length: int) -> StaticCache:
    """A preallocated key-value cache for `length` positions; it counts them itself."""
    from transformers import StaticCache

    made = StaticCache(config=chosen.config, max_cache_len=length)
    heads, width = chosen.heads
    made.early_initialization(batch, heads, width, chosen.dtype, torch.device("cpu"))
    return made


def step_bytes(model: PreTrainedModel, chosen: Subject, batch: int, length: int) -> int:
    """Bytes that one decoding step reads at least: every weight once, and the cache.

    Of an input embedding that the output layer does not share, one row per sequence is read.
    """
    weights: int = sum(parameter.nbytes for parameter in model.parameters())
    inputs, outputs = model.get_input_embeddings().weight, model.get_output_embeddings()
    if outputs is None or outputs.weight is not inputs:
        weights -= inputs.nbytes
    return weights + chosen.cache_bytes(batch, length)


def needed_bytes(request: StudyRequest, chosen: Subject) -> int:
    """Bytes that a run takes at its peak, roughly: weights, cache, the prefill's activations, and all around."""
    with torch.device("meta"):
        skeleton = chosen.cls(chosen.config)
    weights = sum(parameter.numel() for parameter in skeleton.parameters()) * chosen.dtype.itemsize
    text: Any = chosen.text
    longest = max((request.prompt, *request.prompts))
    tokens = max((request.tokens, *request.lengths))
    inner = getattr(text, "intermediate_size", None) or 4 * text.hidden_size
    rows = request.batch * longest
    activations: int = rows * (8 * text.hidden_size + 3 * inner) * chosen.dtype.itemsize
    logits: int = 2 * request.batch * text.vocab_size * chosen.dtype.itemsize
    return int(1.1 * weights) + chosen.cache_bytes(request.batch, longest + tokens) + activations + logits + _AROUND


def refuse_too_large(request: StudyRequest, chosen: Subject) -> None:
    """Raises before anything is built.

    Raises:
        UsageError: with what it would need and what there is.
    """
    needed, available = needed_bytes(request, chosen), available_memory(torch.device("cpu"))
    if available is not None and needed > available:
        raise UsageError(
            f"{request.model} in {request.dtype} with batch {request.batch} needs about {size(needed)}, and "
            f"{size(available)} are available.",
            "Take smaller batches or prompts, --dtype bf16, a smaller --model, or --no-memory-check.",
        )


def estimate(request: StudyRequest) -> dict[str, Any]:
    """What a run will need and what there is, and how fast memory is read: what a plan must know before it starts.

    Raises:
        UsageError: there is no such model or dtype, or a length that it cannot have.
    """
    if not request.model:
        return {"needed": 0, "available": available_memory(torch.device("cpu")), "bandwidth": None}
    chosen = subject(request)
    limit = getattr(chosen.text, "max_position_embeddings", None)
    length = max((request.prompt, *request.prompts)) + max((request.tokens, *request.lengths))
    if limit is not None and length > limit:
        raise UsageError(
            f"{request.model} has {limit} positions, and the prompt with its tokens takes {length}.",
            "Take a shorter --prompt or fewer --tokens.",
        )
    needed, available = needed_bytes(request, chosen), available_memory(torch.device("cpu"))
    fits = not request.memory or available is None or needed <= available
    speed = read_bandwidth() if request.backend != "eager" and fits else None
    return {"needed": needed, "available": available, "bandwidth": speed}


def read_bandwidth(rows: int = 1 << 17, columns: int = 1 << 10, times: int = 7) -> float:
    """Bytes a second at which a matrix of 512 MiB is read by a product with a vector, which is what decoding does.

    The median of several, after one that is not counted.
    """
    matrix, vector = torch.ones(rows, columns), torch.ones(columns)
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        torch.mv(matrix, vector)
        taken.append(time.perf_counter() - begun)
    return matrix.nbytes / sorted(taken[1:])[times // 2]
