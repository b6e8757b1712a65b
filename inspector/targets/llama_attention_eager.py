"""The same attention written out: products and softmax.

What SDPA hides is here for Inductor to see: scaling, mask and softmax fuse between the two matrix products.
"""

from __future__ import annotations

from inspector.targets import llama_attention
from inspector.targets.base import Built, TargetOptions

BATCH = 1
SEQ = 32


def build(options: TargetOptions) -> Built:
    """Inputs: hidden_states (batch, seq, 2048), position_embeddings, attention_mask (batch, 1, seq, seq)."""
    return llama_attention.build(options, attention="eager")
