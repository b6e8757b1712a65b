"""The attention of Llama-3.2-1B over SDPA, 32 heads.

With 8 key-value heads and rotary positions. scaled_dot_product_attention is one operator that Inductor calls
and does not look into; `llama-attention-eager` has it written out.
"""

from __future__ import annotations

from transformers.models.llama.modeling_llama import LlamaAttention

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b
from inspector.targets.rotary import layer_kwargs

BATCH = 1
SEQ = 32


def build(options: TargetOptions, attention: str = "sdpa") -> Built:
    """Inputs: hidden_states (batch, seq, 2048), position_embeddings, and a causal mask where there is no SDPA."""
    config = llama_3_2_1b(attn_implementation=attention)
    return options.built(
        LlamaAttention(config, layer_idx=0),
        lambda batch, seq: Inputs(
            (options.randn(batch, seq, config.hidden_size),), layer_kwargs(options, config, batch, seq)
        ),
    )
