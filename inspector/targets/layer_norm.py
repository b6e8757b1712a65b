"""A LayerNorm over 768 features.

Mean, variance, scale and shift: several loops over each row, all in one kernel.
"""

from __future__ import annotations

from torch import nn

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 128
FEATURES = 768


def build(options: TargetOptions) -> Built:
    """Input: input (batch, seq, 768)."""
    return options.built(nn.LayerNorm(FEATURES), lambda batch, seq: Inputs((options.randn(batch, seq, FEATURES),)))
