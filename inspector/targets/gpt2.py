"""The whole of GPT-2 small, 12 blocks, random weights.

124 million weights, a vocabulary of 50257. Nothing is downloaded.
"""

from __future__ import annotations

from transformers import GPT2LMHeadModel

from inspector.targets import configs
from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.weights import quickly

BATCH = 1
SEQ = 32
WARNING = "Takes 1 GiB of memory, and half a minute or more"


def build(options: TargetOptions) -> Built:
    """Input: input_ids (batch, seq), at most 1024 long."""
    config = configs.gpt2()
    model = quickly(lambda: GPT2LMHeadModel(config))
    return options.built(model, lambda batch, seq: Inputs((options.tokens(batch, seq, config.vocab_size),)))
