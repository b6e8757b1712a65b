"""The graphs of a function's compiles, held against each other: which made a graph anew that was there already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from inspector.compare.reading import read_program
from inspector.compare.statements import Program
from inspector.compare.texts import compare_texts, text_of
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.difference import Change
from inspector.model.frame import Frame
from inspector.model.stage import Stage
from inspector.say.difference import changed_words, compared_words

STAGES = (Stage.DYNAMO, Stage.ATEN, Stage.ATEN_BACKWARD)
"""What is held against each other, as far as both compiles have it."""
_LITERAL = re.compile(r"(?<![\w.\"])-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])")
_QUOTED = re.compile(r'"[^"]*"')
_PLACE = re.compile(r"^\s*# File: (?P<file>.+?):(?P<line>\d+) in (?P<function>\S+), code: (?P<code>.*)$")
_LONGEST = 5_000
"""Lines of a graph beyond which it is not said how two differ, only that they do."""
_FEW = 3
_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-"}


@dataclass(frozen=True)
class Made:
    """What one compile made, beside what the function's other compiles made."""

    compile_id: str
    same_as: str
    """The first compile whose graphs these are up to names; empty where there is none."""
    words: str
    """How its graphs are to those of another compile, and how much was compared; empty for the first."""
    lines: tuple[Frame, ...]
    """The lines of code whose operations are in its Dynamo graph, and not in those of all."""


def made_by(compile_ids: Sequence[str], capture: Capture) -> tuple[Made, ...]:
    """Holds the graphs of a function's compiles against each other.

    Args:
        compile_ids: in order.
        capture: holds their graphs, as far as they are recorded.
    """
    graphs = {compile_id: _Graphs.of(compile_id, capture) for compile_id in compile_ids}
    recorded = [item for item in graphs.values() if item.texts.get(Stage.DYNAMO)]
    common = set.intersection(*(set(item.lines) for item in recorded)) if recorded else set()
    found: list[Made] = []
    groups: list[_Graphs] = []
    for compile_id, own in graphs.items():
        same, words = _kin(own, groups)
        if not same and own.texts:
            groups.append(own)
        lines = tuple(frame for place, frame in own.lines.items() if place not in common)
        found.append(Made(compile_id, same, words if found else "", lines))
    return tuple(found)


@dataclass(frozen=True)
class _Graphs:
    """The graphs of one compile."""

    compile_id: str
    texts: Mapping[Stage, tuple[Artifact, ...]]

    @classmethod
    def of(cls, compile_id: str, capture: Capture) -> _Graphs:
        found = {stage: tuple(capture.find(stage, compile_id)) for stage in STAGES}
        return cls(compile_id, {stage: texts for stage, texts in found.items() if texts})

    @cached_property
    def programs(self) -> Mapping[Stage, tuple[Program, ...]]:
        return {stage: tuple(read_program(text_of(item)) for item in items) for stage, items in self.texts.items()}

    @cached_property
    def lines(self) -> Mapping[tuple[str, int], Frame]:
        """The lines of code that operations of the Dynamo graph come from; what only counts sizes is none."""
        found: dict[tuple[str, int], Frame] = {}
        for item, program in zip(self.texts.get(Stage.DYNAMO, ()), self.programs.get(Stage.DYNAMO, ()), strict=True):
            begins = {statement.line for statement in program.statements if not statement.symbol}
            at: Frame | None = None
            for number, line in enumerate(item.lines, 1):
                if match := _PLACE.match(line):
                    at = Frame(match["file"], int(match["line"]), match["function"], match["code"])
                elif at is not None and number in begins and not line.lstrip().startswith("return "):
                    found.setdefault((at.file, at.line), at)
        return found


def _kin(own: _Graphs, groups: Iterable[_Graphs]) -> tuple[str, str]:
    """The compile whose graphs these are, and in words how they are to it, or to the nearest one."""
    if not own.texts:
        return "", "its graphs are not recorded"
    nearest = ""
    for other in groups:
        stages = [stage for stage in own.texts if stage in other.texts]
        if not stages:
            continue
        compared = {stage.value: sum(_saying(own, stage)) for stage in stages}
        if all(_alike(own, other, stage) for stage in stages):
            return other.compile_id, f"the same up to names as {other.compile_id}'s: {compared_words(compared)}"
        nearest = nearest or _but_for_numbers(own, other, stages)
    return "", nearest or _how(own, next(iter(groups), None))


def _saying(graphs: _Graphs, stage: Stage) -> list[int]:
    return [len(program.saying) for program in graphs.programs[stage]]


def _meaning(program: Program) -> list[tuple[str, tuple[int, ...], str]]:
    return [
        (item.key, operands, item.name if item.anchor else "")
        for item, operands in zip(program.statements, program.operands, strict=True)
    ]


def _alike(a: _Graphs, b: _Graphs, stage: Stage) -> bool:
    """Whether a stage's texts are the same up to names; most that are not already differ in their statements."""
    ours, theirs = a.programs[stage], b.programs[stage]
    if [_meaning(item) for item in ours] != [_meaning(item) for item in theirs]:
        return False
    return all(
        compare_texts("", text_of(x), text_of(y), stage=stage, programs=(p, q)).difference.change.alike
        for x, y, p, q in zip(b.texts[stage], a.texts[stage], theirs, ours, strict=True)
    )


def _but_for_numbers(own: _Graphs, other: _Graphs, stages: Sequence[Stage]) -> str:
    """That two compiles differ in numbers alone, and which; empty where they differ in more."""
    numbers: dict[str, None] = {}
    for stage in stages:
        for ours, theirs in zip_longest(own.programs[stage], other.programs[stage]):
            if ours is None or theirs is None or len(ours.statements) != len(theirs.statements):
                return ""
            for (key, *rest), (old, *before) in zip(_meaning(ours), _meaning(theirs), strict=True):
                if rest != before or _LITERAL.sub("#", key) != _LITERAL.sub("#", old):
                    return ""
                pairs = zip(_LITERAL.findall(old), _LITERAL.findall(key), strict=True)
                numbers |= dict.fromkeys(f"{was} → {now}" for was, now in pairs if was != now)
    listed = ", ".join([*numbers][:_FEW]) + (", …" if len(numbers) > _FEW else "")
    return f"{other.compile_id}'s but for numbers: {listed}" if numbers else ""


def _how(own: _Graphs, other: _Graphs | None) -> str:
    """In how many lines the first graph is another one than `other`'s."""
    if other is None:
        return "there is no graph to compare"
    stage = next((stage for stage in STAGES if stage in own.texts and stage in other.texts), None)
    if stage is None:
        return f"no graph of both this and {other.compile_id} is recorded"
    (a, *more), (b, *others) = other.texts[stage], own.texts[stage]
    if more or others or max(len(a.lines), len(b.lines)) > _LONGEST:
        return f"other than {other.compile_id}'s"
    difference = compare_texts("", text_of(a), text_of(b), stage=stage).difference
    if difference.change.alike:  # and a later stage differs
        return f"{stage.value} as {other.compile_id}'s, a later stage is not"
    what = [
        item.what if item.change is Change.CHANGED else f"{_SIGNS[item.change]} {item.what}"
        for item in difference.items
    ]
    named = f" ({', '.join(what)})" if len(what) <= _FEW else ""
    return f"other than {other.compile_id}'s: {changed_words(difference)} of {stage.value}{named}"
