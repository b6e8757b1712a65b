"""The MLP of GPT-2, 768 → 3072 → 768.

Two matrix products around GELU in its tanh approximation, spelled out in Python and fused to one kernel.
"""

from __future__ import annotations

from transformers.models.gpt2.modeling_gpt2 import GPT2MLP

from inspector.targets import configs
from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Input: hidden_states (batch, seq, 768)."""
    config = configs.gpt2()
    return options.built(
        GPT2MLP(4 * config.hidden_size, config),
        lambda batch, seq: Inputs((options.randn(batch, seq, config.hidden_size),)),
    )
