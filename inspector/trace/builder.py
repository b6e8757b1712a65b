"""Records in, frozen Captures out, as often as wanted while the trace still grows."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from inspector.errors import UsageError
from inspector.link.linker import Linked, Linker
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Note, Recompile
from inspector.trace import kinds
from inspector.trace.reader import BadRecord, Record, read_log
from inspector.trace.registry import KINDS, PASSED_OVER, UNREADABLE, Incoming, kind_of
from inspector.trace.state import CaptureState, CompileDraft

assert kinds  # importing it registers the parsers

_T = TypeVar("_T")


class CaptureBuilder:
    """Builds one capture from the records of its trace.

    `snapshot` costs little when little has changed: artifacts stay the same objects, a compile id that got no record
    keeps its links, and nothing new at all gives the same Capture again.
    """

    def __init__(self) -> None:
        self._state = CaptureState()
        self._parts: dict[str, _CompilePart] = {}
        self._capture = Capture()
        self._made_from: tuple[object, ...] | None = None

    def feed(self, record: Record | BadRecord) -> None:
        """Takes the next record; one that cannot be read is counted and noted, never raised."""
        state = self._state
        if isinstance(record, BadRecord):
            place = f"{record.file} at byte {record.offset}" if record.file else f"byte {record.offset}"
            state.drop(place, record.reason)
            return
        state.records += 1
        kind = kind_of(record)
        compile_id = state.compile_id_of(record)
        draft = None if compile_id is None else state.draft(compile_id)
        if kind in PASSED_OVER:
            return
        incoming = Incoming(state, record, kind, draft)
        try:
            if (parser := KINDS.get(kind)) is not None:
                parser(incoming)
            elif kind.endswith(("_ORIGINAL_BYTECODE", "_MODIFIED_BYTECODE")):
                kinds.dynamo.bytecode(incoming)
            else:
                state.unknown[kind.removeprefix("artifact:") or "(no kind)"] += 1
        except UNREADABLE as error:
            state.drop(f"{kind} record at byte {record.offset}", _in_words(error))

    def snapshot(self) -> Capture:
        """The capture as it stands; immutable, and the same object while nothing has changed."""
        state = self._state
        versions = (
            state.version,
            state.records,
            state.dropped,
            state.phases.version,
            *(draft.version for draft in state.compiles.values()),
        )
        if versions == self._made_from:
            return self._capture
        self._made_from = versions
        parts = [self._part(draft) for draft in state.compiles.values()]
        before = self._capture
        self._capture = Capture(
            request=state.request,
            target=state.target,
            environment=dict(state.environment),
            artifacts=_unchanged(before.artifacts, self._artifacts(parts)),
            links=_unchanged(before.links, tuple(link for part in parts for link in part.linked.links)),
            compilations=_unchanged(before.compilations, tuple(part.compilation for part in parts)),
            graph_breaks=_unchanged(before.graph_breaks, tuple(state.graph_breaks)),
            recompiles=_unchanged(before.recompiles, self._recompiles()),
            fusions=_unchanged(
                before.fusions, tuple(fusion for draft in state.compiles.values() for fusion in draft.fusions.values())
            ),
            phases=_unchanged(before.phases, tuple(state.phases.phases)),
            notes=_unchanged(before.notes, self._notes(parts)),
            records=state.records,
            dropped=state.dropped,
            finished=state.finished,
        )
        if before.links is self._capture.links and "index" in vars(before):
            vars(self._capture)["index"] = before.index
        return self._capture

    def _part(self, draft: CompileDraft) -> _CompilePart:
        part = self._parts.setdefault(draft.compile_id, _CompilePart())
        part.update(draft, self._state.sources)
        return part

    def _recompiles(self) -> tuple[Recompile, ...]:
        """torch gives the reasons before it says which function is compiled."""
        return tuple(
            item if item.function else replace(item, function=self._state.draft(item.compile_id).function)
            for item in self._state.recompiles
        )

    def _artifacts(self, parts: list[_CompilePart]) -> tuple[Artifact, ...]:
        return (*self._state.sources.values(), *(artifact for part in parts for artifact in part.artifacts))

    def _notes(self, parts: list[_CompilePart]) -> tuple[Note, ...]:
        notes = list(self._state.notes)
        for draft in self._state.compiles.values():
            for unit in draft.view.units:
                if unit.empty_mapping and unit.provenance is None:
                    which = "backward graph" if unit.backward else "graph"
                    message = f"{draft.compile_id}: torch recorded no nodes for the kernels of the {which}."
                    notes.append(Note("missing", message))
        gaps = sum((part.linked.gaps for part in parts), Counter[str]())
        notes += [Note("warning", f"Not linked: {count} {reason}.") for reason, count in gaps.items()]
        if self._state.unknown:
            listed = ", ".join(f"{kind} ({count})" for kind, count in sorted(self._state.unknown.items()))
            notes.append(Note("unknown", f"Records that have no view of their own: {listed}."))
        return tuple(notes)


class _CompilePart:
    """What a snapshot shows of one compile id, made anew only when its draft changed."""

    def __init__(self) -> None:
        self._linker = Linker()
        self._made_from: tuple[object, ...] | None = None
        self.artifacts: tuple[Artifact, ...] = ()
        self.compilation: Compilation
        self.linked = Linked((), Counter())

    def update(self, draft: CompileDraft, sources: Mapping[str, Artifact]) -> None:
        made_from = (draft.version, *map(id, sources.values()))
        if made_from == self._made_from:
            return
        self._made_from = made_from
        self.artifacts = tuple(artifact for _, artifact in sorted(draft.artifacts.values(), key=lambda item: item[0]))
        self.compilation = Compilation(
            compile_id=draft.compile_id,
            status=draft.status,
            function=draft.function,
            place=draft.place,
            restarts=draft.attempt,
            guards=draft.guards,
            kernels=tuple(name for unit in draft.view.units for name in unit.kernels),
            cache=draft.fx_cache or draft.autograd_cache,
            metrics=dict(draft.metrics),
            error=draft.error,
        )
        try:
            self.linked = self._linker.link(draft.view, sources)
        except UNREADABLE as error:  # texts that nobody has met before must cost their links, not the capture
            self.linked = Linked((), Counter({f"compile id ({draft.compile_id}: {_in_words(error)})": 1}))


def _unchanged(old: tuple[_T, ...], new: tuple[_T, ...]) -> tuple[_T, ...]:
    """The old tuple if the new one holds the very same objects, so that a face can compare by identity."""
    return old if len(old) == len(new) and all(map(operator.is_, old, new)) else new


def read_capture(path: Path | str) -> Capture:
    """The capture in a finished log, or in a folder of logs.

    Raises:
        UsageError: there is no such file, it cannot be read, or it holds no record at all.
    """
    path = Path(path)
    builder = CaptureBuilder()
    try:
        for record in read_log(path):
            builder.feed(record)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"Cannot read {path}: {reason}.", "Give a log that TORCH_TRACE wrote, or its folder."
        ) from error
    capture = builder.snapshot()
    if not capture.records:
        raise UsageError(
            f"{path} holds no record of a structured trace.",
            "Make one with TORCH_TRACE=FOLDER python your_script.py and give that folder.",
        )
    return capture


def _in_words(error: Exception) -> str:
    text = str(error).strip()
    return f"no {text}" if isinstance(error, KeyError) else text or type(error).__name__
