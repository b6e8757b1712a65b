"""The RMSNorm of Llama-3.2-1B, over 2048 features.

A reduction and what follows it, in one kernel that reads its input twice.
"""

from __future__ import annotations

from transformers.models.llama.modeling_llama import LlamaRMSNorm

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b

BATCH = 1
SEQ = 128


def build(options: TargetOptions) -> Built:
    """Input: hidden_states (batch, seq, 2048)."""
    config = llama_3_2_1b()
    return options.built(
        LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps),
        lambda batch, seq: Inputs((options.randn(batch, seq, config.hidden_size),)),
    )
