"""What a place is linked to, in words: the same sentence on every face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.model.artifact import Artifact
from inspector.model.kernel import KernelKey
from inspector.model.link import Origin, Relatives
from inspector.model.stage import NODES, Stage
from inspector.say.units import plural

ORIGINS: Mapping[Origin, str] = {
    Origin.EXACT: "exact",
    Origin.DEBUG_INFO: "from debug info",
    Origin.ALIGNED: "aligned afterwards",
    Origin.KERNEL: "by whole kernel",
}
"""How a link is known, as the status line says it."""


class LinkShare(NamedTuple):
    """One stage's share of what a place is linked to."""

    rank: int
    """0 stays longest where there is little room."""
    words: str
    origin: Origin


@dataclass(frozen=True)
class Described:
    """What a place is linked to, in words."""

    parts: tuple[LinkShare, ...]
    """In stage order."""

    def fitting(self, width: int) -> str:
        """The words that fit into `width` cells; at least one part stays."""
        kept = list(self.parts)
        while len(kept) > 1 and len(_joined(kept)) > width:
            kept.remove(max(kept, key=lambda part: part.rank))
        return _joined(kept)

    def __str__(self) -> str:
        return _joined(self.parts)


def _joined(parts: Sequence[LinkShare]) -> str:
    """`4 ATen nodes, 1 kernel, 9 statements · exact; 15 instructions · from debug info`."""
    origins = dict.fromkeys(part.origin for part in parts)
    return "; ".join(
        f"{', '.join(part.words for part in parts if part.origin is origin)} · {ORIGINS[origin]}" for origin in origins
    )


RANKS = (
    Stage.ATEN,
    Stage.KERNEL,
    Stage.SOURCE,
    Stage.ASM,
    Stage.SASS,
    Stage.DYNAMO,
    Stage.INDUCTOR,
    Stage.POST_GRAD,
    Stage.PTX,
)
"""Stages in the order of how much their part of a sentence says."""


def describe(relatives: Relatives, asked: str, by_id: Mapping[str, Artifact]) -> Described:
    """What a place is linked to, and how that is known of each stage.

    Args:
        relatives: the answer of the link index.
        asked: id of the artifact that the cursor is in.
        by_id: the artifacts that count, those of the compile id on screen.
    """
    counts: dict[Stage, int] = {}
    kernels: set[KernelKey] = set()
    weakest: dict[Stage, Origin] = {}
    for artifact_id, found in relatives.by_artifact.items():
        artifact = by_id.get(artifact_id)
        if artifact is None or artifact_id == asked or not found:
            continue
        if artifact.stage in NODES:
            amount = len(found)
        else:
            amount = len({line for item in found for line in range(item.span.start.line, item.span.last_line + 1)})
        counts[artifact.stage] = counts.get(artifact.stage, 0) + amount
        if artifact.stage is Stage.KERNEL and artifact.key is not None:
            kernels.add(artifact.key)
        worst = max((item.origin for item in found), key=lambda origin: origin.rank)
        known = weakest.get(artifact.stage)
        weakest[artifact.stage] = worst if known is None or worst.rank > known.rank else known
    parts: list[LinkShare] = []
    for stage in sorted(counts, key=lambda stage: stage.order):
        one, many = stage.units
        words = plural(counts[stage], one, many)
        if stage is Stage.KERNEL:
            whole = weakest[stage] is Origin.KERNEL  # then no statement is known, only where they are
            words = plural(len(kernels), "kernel", "kernels") + ("" if whole else f", {words}")
        parts.append(LinkShare(RANKS.index(stage) if stage in RANKS else len(RANKS), words, weakest[stage]))
    return Described(tuple(parts))
