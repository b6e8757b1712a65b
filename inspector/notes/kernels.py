"""What was fused into each kernel and what that saved, and what bounds its run time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.model.annotation import Annotation, Fact
from inspector.model.artifact import Artifact, Span
from inspector.model.capture import Capture
from inspector.model.fusion import KernelFusion
from inspector.model.profile import Bound, Limit, Part, Profile, ProfileRow
from inspector.model.stage import Stage
from inspector.notes.markup import code, prose
from inspector.say import units
from inspector.say.kernels import FUSED, LISTED, RELATIONS, fusion_rows, fusion_summary, kept_words
from inspector.say.units import seconds

MOST_NEIGHBOURS = 6
_DEFINITION = re.compile(r"\s*(?:extern \"C\"|def \w+\()")
_ROWS = {FUSED: "computes", LISTED: "torch lists, computed here or only loaded:"}
"""Rows' labels → what a note says of them."""


def fusions(capture: Capture) -> Iterator[Annotation]:
    """One note for each kernel that the scheduler's record speaks of, on the whole of its text."""
    texts = {item.key: item for item in capture.find(Stage.KERNEL)}
    for fusion in capture.fusions:
        text = texts.get(fusion.key)
        yield Annotation(
            f"fusion:{fusion.compile_id}:{fusion.key.local}",
            _text(fusion),
            _whole(text) if text is not None else None,
            fusion.compile_id,
            fact=Fact.FUSION,
        )


def _whole(text: Artifact) -> Span:
    """The text from the kernel's own definition on."""
    first = next((number for number, line in enumerate(text.lines, 1) if _DEFINITION.match(line)), 1)
    return Span.of_lines(text.id, first, len(text.lines))


def _text(fusion: KernelFusion) -> str:
    parts = [f"**{code(fusion.kernel)}**: {fusion_summary(fusion)}."]
    rows = list(fusion_rows(fusion))
    inside = [f"- {_ROWS[row.label]} {code(row.text)}" for row in rows if row.label in _ROWS]
    inside += [f"- never in memory: {code(kept_words(item))}" for item in fusion.intermediates]
    parts.append("\n".join(inside))
    neighbours = list(dict.fromkeys((item.name, item.relation, item.why) for item in fusion.neighbours))
    others = [
        f"- not fused with {code(name)}, {RELATIONS[relation]}: {prose(why)}"
        for name, relation, why in neighbours[:MOST_NEIGHBOURS]
    ]
    if len(neighbours) > MOST_NEIGHBOURS:
        others.append(f"- and {len(neighbours) - MOST_NEIGHBOURS} more that it was not fused with")
    if others:
        parts.append("\n".join(others))
    return "\n\n".join(parts)


def bounds(capture: Capture) -> Iterator[Annotation]:
    """One note for each kernel whose run time and work a profile knows, for each shape that was profiled."""
    named: dict[tuple[str | None, str | None], list[Artifact]] = {}
    for item in capture.find(Stage.KERNEL):
        named.setdefault((item.compile_id, item.kernel), []).append(item)
    for number, profile in enumerate(capture.profiles):
        for row in profile.compiled.rows:
            limit = profile.limit(row) if row.part is Part.KERNEL else None
            if limit is None:
                continue
            texts = named.get((row.compile_id, row.name), [])
            text = texts[0] if len(texts) == 1 else None  # the profile does not say which of several
            yield Annotation(
                f"bound:{row.compile_id}:{row.name}" + (f":{number + 1}" if number else ""),
                _bound(profile, row, limit),
                _whole(text) if text is not None else None,
                row.compile_id or None,
                fact=Fact.BOUND,
            )


def _bound(profile: Profile, row: ProfileRow, limit: Limit) -> str:
    share = profile.compiled.share(row)
    shape = f" at {code(profile.shape)}" if profile.shape else ""
    took = f"{seconds(row.each)} a call, {units.share(share)} of the whole"
    least = seconds(limit.seconds)
    if limit.bound is Bound.NEITHER:
        about = (
            f"Its work alone would take {least}, {units.share(limit.share, 1)} of the time; what it waits for in the "
            "rest, a profile does not say."
        )
    elif limit.bound is Bound.LATENCY:
        about = (
            f"Its work alone would take {least}, {units.share(limit.share, 1)} of the time: calling it, and "
            "sharing it out among threads, takes the rest. Larger inputs, or fewer and larger kernels, would use the "
            "machine better."
        )
    else:
        cached = ": its data came out of the caches" if limit.share > 1 else ""
        reached = units.share(min(limit.share, 1))
        about = f"On this machine it takes {least} at least, and is at {reached} of that limit{cached}."
    parts = [f"**{code(row.name)}** is {_BOUNDS[limit.bound]}{shape}: {took}.", about]
    return "\n\n".join(parts)


_BOUNDS = {
    Bound.MEMORY: "bound by memory",
    Bound.COMPUTE: "bound by arithmetic",
    Bound.LATENCY: "so short that calling it takes longest",
    Bound.NEITHER: "bound by neither memory nor arithmetic",
}
