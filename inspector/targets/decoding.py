"""One step of decoding with a preallocated key-value cache, as a function of tensors. Imports transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import Cache, StaticLayer

from inspector.errors import UsageError
from inspector.targets.base import Built, Inputs, TargetOptions

if TYPE_CHECKING:
    from collections.abc import Callable


class FilledLayer(StaticLayer):  # type: ignore[misc]
    """One layer of a transformers StaticCache over keys and values that are there already.

    Args:
        keys: (batch, key-value heads, length, head width), written at `position`; so are the values.
        position: (), how many positions are filled. A copy is counted up, so that the next call finds the same cache.
    """

    def __init__(self, keys: Tensor, values: Tensor, position: Tensor) -> None:
        # The base class would allocate a counter of its own, which an eager step would pay for in every layer.
        self.keys, self.values = keys, values
        self.device = keys.device
        self.max_cache_len = keys.shape[2]
        self.cumulative_length = position.clone()
        self.is_initialized = True


class DecodeStep(nn.Module):
    """The logits of the token after one more token of each sequence."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, position: Tensor, keys: list[Tensor], values: list[Tensor]) -> Tensor:
        """Token ids (batch, 1) at `position` () → logits (batch, 1, vocabulary); writes that position of the cache."""
        layers = [FilledLayer(key, value, position) for key, value in zip(keys, values, strict=True)]
        logits: Tensor = self.model(input_ids=input_ids, past_key_values=Cache(layers), use_cache=True).logits
        return logits


def decode_step(options: TargetOptions, config: LlamaConfig, make: Callable[[], LlamaForCausalLM]) -> Built:
    """The step at the last position of a cache of `seq` positions, so that all of it is read.

    Every call writes the same position, from the same token, so that one does the same work as the next.

    Raises:
        UsageError: training was asked for.
    """
    if options.train:
        raise UsageError("A step of decoding is not trained.", "Leave out --train; llama-tiny is the model for it.")

    def make_inputs(batch: int, seq: int) -> Inputs:
        shape = (batch, config.num_key_value_heads, seq, config.head_dim)
        caches = [[options.randn(*shape) for _ in range(config.num_hidden_layers)] for _ in ("keys", "values")]
        position = torch.tensor(seq - 1, device=options.device)
        return Inputs((options.tokens(batch, 1, config.vocab_size), position, *caches))

    return options.built(DecodeStep(make()), make_inputs, tokens_per_call=lambda batch, _seq: batch)
