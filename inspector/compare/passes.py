"""What a pass did, as the difference by meaning of the graph before it and the one after it."""

from __future__ import annotations

from inspector.compare.texts import compare_texts
from inspector.model.artifact import Language
from inspector.model.difference import Text, TextDifference
from inspector.model.passes import PassPhase, PassPlace
from inspector.model.stage import Stage

_STAGES = {PassPhase.PRE_GRAD: Stage.DYNAMO, PassPhase.JOINT: Stage.ATEN, PassPhase.POST_GRAD: Stage.POST_GRAD}
"""Which stage's graph it is written like."""


def difference_of(place: PassPlace) -> TextDifference:
    """The difference."""
    name = place.change.name or "code without a name"
    before, after = (Text(f"{when} {name}", Language.FX, text) for when, text in _sides(place))
    return compare_texts(name, before, after, stage=_STAGES[place.passes.phase]).difference


def _sides(place: PassPlace) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("before", place.before), ("after", place.change.text)
