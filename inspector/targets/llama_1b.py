"""The whole of Llama-3.2-1B, 16 layers, random weights.

1.24 billion weights, a vocabulary of 128256. Nothing is downloaded: random weights of the same shape compile
to the same code and take the same time.
"""

from __future__ import annotations

from transformers import LlamaForCausalLM

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b
from inspector.targets.memory import require_memory
from inspector.targets.weights import parameter_bytes, quickly

BATCH = 1
SEQ = 8
WARNING = "Takes 6 GiB of memory (15 with --train), and minutes"


def build(options: TargetOptions) -> Built:
    """Input: input_ids (batch, seq).

    Raises:
        UsageError: the machine has too little memory.
    """
    config = llama_3_2_1b()
    size = parameter_bytes(lambda: LlamaForCausalLM(config))
    require_memory("llama-1b", size, options, instead="llama-tiny is the same model with fewer and smaller layers.")
    model = quickly(lambda: LlamaForCausalLM(config))
    return options.built(model, lambda batch, seq: Inputs((options.tokens(batch, seq, config.vocab_size),)))
