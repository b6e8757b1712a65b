"""The gated MLP of Llama-3.2-1B, 2048 → 8192 → 2048.

Three matrix products around SiLU. The classic first look: `silu(gate) * up` becomes one fused kernel
between the matrix products.
"""

from __future__ import annotations

from transformers.models.llama.modeling_llama import LlamaMLP

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import llama_3_2_1b

BATCH = 1
SEQ = 8


def build(options: TargetOptions) -> Built:
    """Input: x (batch, seq, 2048)."""
    config = llama_3_2_1b()
    return options.built(LlamaMLP(config), lambda batch, seq: Inputs((options.randn(batch, seq, config.hidden_size),)))
