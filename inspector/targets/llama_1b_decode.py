"""One decoding step of Llama-3.2-1B, random weights.

A step reads 1.24 billion weights to make one token of each sequence, so that at batch 1 it is the memory that sets the
pace: `inspector profile llama-1b-decode` says how far eager is from that limit. Nothing is downloaded.
"""

from __future__ import annotations

from transformers import LlamaForCausalLM

from inspector.targets.base import Built, TargetOptions
from inspector.targets.configs import llama_3_2_1b
from inspector.targets.decoding import decode_step
from inspector.targets.memory import require_memory
from inspector.targets.weights import parameter_bytes, quickly

BATCH = 1
SEQ = 128
WARNING = "Takes 6 GiB of memory, and minutes"


def build(options: TargetOptions) -> Built:
    """Inputs: input_ids (batch, 1), position (), keys and values of each layer (batch, 8, seq, 64).

    Raises:
        UsageError: the machine has too little memory, or training was asked for.
    """
    config = llama_3_2_1b()
    size = parameter_bytes(lambda: LlamaForCausalLM(config))
    require_memory("llama-1b-decode", size, options, instead="llama-decode has fewer and smaller layers.")
    return decode_step(options, config, lambda: quickly(lambda: LlamaForCausalLM(config)))
