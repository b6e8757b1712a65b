"""A mixture of experts as in Mixtral: 2 of 8 a token.

Small (256 → 512 → 256). The experts run as batched matrix products over gathered weights (`batched_mm` in
transformers), which compiles without a graph break; a loop over the experts that were hit depends on the data.
"""

from __future__ import annotations

from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock

from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.targets.configs import small_mixtral
from inspector.targets.weights import fill

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Input: hidden_states (batch, seq, 256)."""
    config = small_mixtral()
    block = MixtralSparseMoeBlock(config)
    fill(block)  # experts and router come without values of their own
    return options.built(block, lambda batch, seq: Inputs((options.randn(batch, seq, config.hidden_size),)))
