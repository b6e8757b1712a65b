"""One block of GPT-2, 768 wide, 12 heads.

LayerNorm, attention (SDPA), LayerNorm and MLP, with two residuals.
"""

from __future__ import annotations

from transformers.models.gpt2.modeling_gpt2 import GPT2Block

from inspector.targets import configs
from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Input: hidden_states (batch, seq, 768)."""
    config = configs.gpt2()
    return options.built(
        GPT2Block(config, layer_idx=0), lambda batch, seq: Inputs((options.randn(batch, seq, config.hidden_size),))
    )
