"""A whole Llama, small: 4 layers, 256 wide.

Everything a language model has, from token ids (a vocabulary of 4096) to logits, in a size that compiles
while one watches. The four layers share their kernels.
"""

from __future__ import annotations

from transformers import LlamaForCausalLM

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_tiny

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Input: input_ids (batch, seq)."""
    config = llama_tiny()
    return options.built(
        LlamaForCausalLM(config), lambda batch, seq: Inputs((options.tokens(batch, seq, config.vocab_size),))
    )
