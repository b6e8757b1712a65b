"""One decoding step of the tiny Llama, with its cache.

A token of each sequence goes in, the logits of the next come out. Keys and values of `--seq` positions lie in
preallocated tensors, as in transformers' StaticCache; the step writes the last position and attends to them all.
"""

from __future__ import annotations

from transformers import LlamaForCausalLM

from inspector.targets.base import Built, TargetOptions
from inspector.targets.configs import llama_tiny
from inspector.targets.decoding import decode_step

BATCH = 1
SEQ = 128


def build(options: TargetOptions) -> Built:
    """Inputs: input_ids (batch, 1), position (), keys and values of each layer (batch, 4, seq, 32).

    Raises:
        UsageError: training was asked for.
    """
    config = llama_tiny()
    return decode_step(options, config, lambda: LlamaForCausalLM(config))
