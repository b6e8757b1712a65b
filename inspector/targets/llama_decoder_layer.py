"""One whole decoder layer of Llama-3.2-1B.

RMSNorm, attention (SDPA), RMSNorm and MLP, with two residuals.
"""

from __future__ import annotations

from transformers.models.llama.modeling_llama import LlamaDecoderLayer

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b
from inspector.targets.rotary import layer_kwargs

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Inputs: hidden_states (batch, seq, 2048) and position_embeddings."""
    config = llama_3_2_1b()
    return options.built(
        LlamaDecoderLayer(config, layer_idx=0),
        lambda batch, seq: Inputs(
            (options.randn(batch, seq, config.hidden_size),), layer_kwargs(options, config, batch, seq)
        ),
    )
