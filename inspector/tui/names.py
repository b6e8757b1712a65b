"""Short names of the stages, for rows with little room."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.model.stage import Stage

SHORT: Mapping[Stage, str] = {stage: stage.short for stage in Stage}
"""What a stage is called where there is little room."""
