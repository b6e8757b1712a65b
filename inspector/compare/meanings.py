"""What two compilations' names and places mean, as far as the stages compared so far tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from inspector.compare.reading import read_program
from inspector.compare.sides import CompileSide, unit_of
from inspector.compare.statements import Program
from inspector.compare.texts import Aligned, NameMeanings, compare_texts, text_of
from inspector.link.fxtext import read_fx
from inspector.model.artifact import Artifact, Language
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage

_WIDEST = 4
"""Statements that one link may cover and still say which of them it is about."""
_GRAPHS = (Stage.ATEN, Stage.ATEN_BACKWARD, Stage.POST_GRAD)
_ARGUMENT = re.compile(r"PlainAOTInput\(idx=(\d{1,9})\)")
"""In AOTAutograd's comments: which argument of Dynamo's graph an input is."""


class Meanings:
    """Aligns the stages of two compilations one after the other, each with the help of the ones before."""

    def __init__(self, a: CompileSide, b: CompileSide) -> None:
        self.sides = (a, b)
        self._programs: dict[int, dict[str, tuple[Program, Mapping[int, str]]]] = {0: {}, 1: {}}
        """Side → artifact → its program, and what its statements mean."""
        self._locals: tuple[dict[str, str], dict[str, str]] = ({}, {})
        """The user's local names, and what the first side calls them, as the bytecode's alignment found them."""
        self._dynamo: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._graph: defaultdict[str, tuple[dict[str, str], dict[str, str]]] = defaultdict(lambda: ({}, {}))
        """Unit → names of its ATen and post-grad nodes, for each side."""
        self._inputs: defaultdict[str, tuple[dict[str, str], dict[str, str]]] = defaultdict(lambda: ({}, {}))
        """Unit → names that the output code shares with earlier stages: graph inputs, buffers, kernels."""

    def compare(self, title: str, a: Artifact, b: Artifact) -> Aligned:
        """Aligns two artifacts of one stage, and remembers what that says about their names."""
        texts = text_of(a), text_of(b)
        names = self._names(0, a), self._names(1, b)
        programs = tuple(read_program(text, name.defined) for text, name in zip(texts, names, strict=True))
        aligned = compare_texts(
            title,
            *texts,
            stage=a.stage,
            kernels=(a.kernel, b.kernel),
            names=names,
            tags=(self._tags(0, a, programs[0]), self._tags(1, b, programs[1])),
            programs=(programs[0], programs[1]),
        )
        self._remember(a, b, aligned)
        return aligned

    def local_names(self) -> Mapping[str, str]:
        """The second side's local names in the user's function, and what the first side calls them."""
        return self._locals[1]

    def node(self, side: int, unit: str, name: str) -> str:
        """What a graph node means; of one without counterpart, something that only this side has."""
        return self._graph[unit][side].get(name) or f"{side}:{name}"

    def name_kernels(self, unit_a: str, a: str, unit_b: str, b: str) -> None:
        """Remembers that two kernels are one."""
        self._inputs[unit_a][0][a] = self._inputs[unit_b][1][b] = f"kernel {a}"

    def _names(self, side: int, artifact: Artifact) -> NameMeanings:
        unit = unit_of(artifact)
        if artifact.stage in (
            Stage.DYNAMO,
            Stage.PRE_GRAD,
        ):  # `L_x_` is an argument of the user's function, `l_x_` its value
            found = self._locals[side].items()
            return NameMeanings({f"{sign}_{name}_": f"{sign}_{first}_" for name, first in found for sign in "Ll"})
        if artifact.stage in (Stage.JOINT, Stage.ATEN):
            return NameMeanings(self._arguments(side, artifact))
        if artifact.stage is Stage.ATEN_BACKWARD:
            known = {**self._graph[unit.removesuffix("backward").rstrip("-")][side], **self._inputs[unit][side]}
            placeholders = read_fx(artifact.text).placeholders
            return NameMeanings({name: meaning for name, meaning in known.items() if name in placeholders})
        if artifact.stage is Stage.POST_GRAD:
            return NameMeanings(self._inputs[unit][side])
        if artifact.stage.order < Stage.IR_PRE_FUSION.order:
            return NameMeanings()
        shared = self._inputs[unit][side]
        if artifact.language is Language.IR:  # a tensor's layout has its name
            shared = {**shared, **{f"{name}_layout": f"{meaning} layout" for name, meaning in shared.items()}}
        return NameMeanings(shared, {**self._dynamo[side], **self._graph[unit][side], **shared})

    def _arguments(self, side: int, artifact: Artifact) -> dict[str, str]:
        """What a graph's inputs are among the arguments of Dynamo's: a weight is that weight, wherever it stands."""
        dynamo = next((item for (stage, _), item in self.sides[side].texts.items() if stage is Stage.DYNAMO), None)
        arguments = [node.name for node in read_fx(dynamo.text).nodes.values() if node.placeholder] if dynamo else []
        lines, found = artifact.lines, {}
        for node in read_fx(artifact.text).nodes.values():
            comment = lines[node.line - 1].partition("# ")[2] if node.placeholder else ""
            match = _ARGUMENT.search(comment)
            if match and int(match[1]) < len(arguments):
                meaning = self._dynamo[side].get(arguments[int(match[1])])
                if meaning:
                    found[node.name] = comment.replace(match[0], meaning).strip()
        return found

    def _tags(self, side: int, artifact: Artifact, program: Program) -> Mapping[int, str]:
        """Statement → the earlier statements that links lead from."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for link in self.sides[side].linked.into.get(artifact.id, ()):
            if link.origin is Origin.KERNEL or link.a.artifact not in self._programs[side]:
                continue
            earlier, meanings = self._programs[side][link.a.artifact]
            causes = {meanings[index] for index in _at(earlier, link, first=True) if index in meanings}
            for index in _at(program, link, first=False) if causes else ():
                found[index] |= causes
        return {index: " ".join(sorted(causes)) for index, causes in found.items()}

    def _remember(self, a: Artifact, b: Artifact, aligned: Aligned) -> None:
        meanings: tuple[dict[int, str], dict[int, str]] = ({}, {})
        unit = unit_of(a), unit_of(b)
        for ours, theirs in aligned.pairs:
            first, second = aligned.a.statements[ours], aligned.b.statements[theirs]
            meanings[0][ours] = meanings[1][theirs] = f"{a.stage}#{ours}"
            for side, item in enumerate((first, second)):
                if not item.name:
                    continue
                if a.stage is Stage.BYTECODE:
                    self._locals[side][item.name] = first.name
                elif a.stage is Stage.DYNAMO:
                    self._dynamo[side][item.name] = f"dynamo {first.name}"
                elif a.stage in _GRAPHS:
                    self._graph[unit[side]][side][item.name] = f"node {first.name}"
                    if item.kind == "placeholder":
                        self._inputs[unit[side]][side][item.name] = f"input {first.name}"
                elif a.stage is Stage.IR_POST_FUSION and item.name.startswith("buf"):
                    self._inputs[unit[side]][side][item.name] = f"buffer {first.name}"
        self._programs[0][a.id] = (aligned.a, meanings[0])
        self._programs[1][b.id] = (aligned.b, meanings[1])


def _at(program: Program, link: Link, *, first: bool) -> list[int]:
    """The statements at one end of a link; none where it covers too many to mean one."""
    span = link.a if first else link.b
    if span.end.line == span.start.line:
        found = program.at(*span.start)
        return [] if found is None else [found]
    indices = program.on(span.start.line, span.last_line)
    return indices if len(indices) <= _WIDEST else []
