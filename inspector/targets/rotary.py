"""What a Llama layer is handed beside its hidden states. Imports transformers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from inspector.targets.base import TargetOptions


def layer_kwargs(options: TargetOptions, config: LlamaConfig, batch: int, seq: int) -> dict[str, Any]:
    """The keyword arguments that `LlamaModel` gives each of its layers for `seq` tokens from position 0.

    Returns:
        `position_embeddings`: cosines and sines, each (1, seq, head_dim); `attention_mask`: None for SDPA,
        which knows that it is causal, else (batch, 1, seq, seq), 0 where a token may look and the most
        negative number elsewhere.
    """
    position_ids = torch.arange(seq, device=options.device)[None]
    like = torch.empty(0, dtype=options.dtype, device=options.device)
    cos_sin: tuple[Tensor, Tensor] = LlamaRotaryEmbedding(config)(like, position_ids)
    return {"position_embeddings": cos_sin, "attention_mask": _causal_mask(options, config, batch, seq)}


def _causal_mask(options: TargetOptions, config: LlamaConfig, batch: int, seq: int) -> Tensor | None:
    if config._attn_implementation == "sdpa":
        return None
    barred = torch.full((seq, seq), torch.finfo(options.dtype).min, dtype=options.dtype, device=options.device)
    return barred.triu(1).expand(batch, 1, seq, seq)
