"""A whole Llama, small: 4 layers, 256 wide.

Everything a language model has, from token ids (a vocabulary of 4096) to logits, in a size that compiles
while one watches. The four layers share their kernels.
"""

from __future__ import annotations

from transformers import LlamaForCausalLM

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Input: input_ids (batch, seq)."""
    config = llama_3_2_1b(
        vocab_size=4096,
        hidden_size=256,
        intermediate_size=1024,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=32,
    )
    return options.built(
        LlamaForCausalLM(config), lambda batch, seq: Inputs((options.tokens(batch, seq, config.vocab_size),))
    )
