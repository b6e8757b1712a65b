"""Records in, frozen Captures out, as often as wanted while the trace still grows."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from inspector.link.fusion import Fusions
from inspector.link.linker import Linked, Linker
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Note, Recompile
from inspector.model.piece import CompilePiece
from inspector.model.recompiles import qualified, read_failure
from inspector.trace.compile_ids import Prefixes
from inspector.trace.feeding import BYTECODE, feed, in_words, mention
from inspector.trace.guards import GuardFinder
from inspector.trace.kinds import register_all
from inspector.trace.kinds.texts import is_known_text
from inspector.trace.others import readable
from inspector.trace.reader import BadRecord, Record
from inspector.trace.registry import KINDS, SHOWN_WHOLE, UNREADABLE, Incoming
from inspector.trace.state import CaptureState, CompileDraft

register_all()

_T = TypeVar("_T")


class CaptureBuilder:
    """Builds one capture from the records of its trace.

    `snapshot` costs little when little has changed: artifacts stay the same objects, a compile id that got no record
    keeps its links, and nothing new at all gives the same Capture again.

    Args:
        prefixes: what stands before the compile ids of each log, where somebody has decided that already; else the
            first log's ids are torch's own, and the later logs' have their rank in front.
        links: whether to work out what belongs to what, which most of a snapshot's time goes into.
    """

    def __init__(self, prefixes: Prefixes | None = None, *, links: bool = True) -> None:
        self._state = CaptureState() if prefixes is None else CaptureState(prefixes)
        self._links = links
        self._parts: dict[str, _CompilePart] = {}
        self._finders: dict[str, GuardFinder] = {}
        self._capture = Capture()
        self._made_from: tuple[object, ...] | None = None

    def feed(self, record: Record | BadRecord) -> None:
        """Takes the next record; one that cannot be read is counted and noted, never raised."""
        state = self._state
        if isinstance(record, BadRecord):
            place = f"{record.file} at byte {record.offset}" if record.file else f"byte {record.offset}"
            state.drop(place, record.reason)
            if record.header is not None:
                mention(state, record.header)
            return
        incoming = feed(state, record)
        self._keep_text(incoming)
        if incoming.draft is not None and incoming.draft.replaced:
            state.keep_replaced(incoming.draft)

    def _keep_text(self, item: Incoming) -> None:
        """Keeps what a record holds beside the stages, unless a stage or the parser has all of it."""
        state, kind, record = self._state, item.kind, item.record
        if kind in SHOWN_WHOLE or kind.startswith("artifact:inspector_") or kind.endswith(BYTECODE):
            return
        name = kind.removeprefix("artifact:") or "(no kind)"
        compile_id = item.draft.compile_id if item.draft is not None else None
        if record.payload is not None:
            details = record.metadata.get("artifact")
            text, language = readable(record.payload, details.get("encoding") if isinstance(details, dict) else "")
            if item.draft is not None:
                text = item.draft.same(text)
            state.keep_other(compile_id, name, text, language)
        elif kind not in KINDS and not is_known_text(kind):
            details = record.metadata.get(kind.partition(":")[0])
            state.others.add_line(compile_id, name, json.dumps(details, ensure_ascii=False))
            state.version += 1

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
        failed = self._failed_guards()
        sources = _Sources(state.sources)
        parts = [self._part(draft, sources, failed.get(draft.compile_id, {})) for draft in state.compiles.values()]
        before = self._capture
        self._capture = Capture(
            request=state.request,
            target=state.target,
            environment=dict(state.environment),
            artifacts=_unchanged(before.artifacts, self._artifacts(parts)),
            pieces=_unchanged(before.pieces, tuple(piece for part in parts for piece in part.pieces)),
            links=_unchanged(before.links, tuple(link for part in parts for link in part.linked.links)),
            compilations=_unchanged(before.compilations, tuple(part.compilation for part in parts)),
            graph_breaks=_unchanged(before.graph_breaks, tuple(state.graph_breaks)),
            recompiles=_unchanged(before.recompiles, self._recompiles()),
            fusions=_unchanged(before.fusions, tuple(fusion for part in parts for fusion in part.fusions.of_units)),
            others=_unchanged(before.others, tuple(state.others)),
            phases=_unchanged(before.phases, tuple(state.phases.phases)),
            builds=_unchanged(before.builds, tuple(state.builds)),
            instants=_unchanged(before.instants, tuple(state.phases.instants)),
            inputs=_unchanged(before.inputs, state.tensors.frozen()),
            shapes=_unchanged(before.shapes, state.shapes.frozen()),
            cache_lookups=_unchanged(before.cache_lookups, tuple(state.cache_lookups)),
            failures=_unchanged(before.failures, tuple(state.failures.values())),
            code_states=_unchanged(before.code_states, tuple(state.code_states)),
            fake_kernels=_unchanged(before.fake_kernels, tuple(state.fake_kernels)),
            collectives=_unchanged(before.collectives, tuple(state.collectives)),
            estimates=_unchanged(before.estimates, tuple(state.estimates)),
            autotunings=_unchanged(before.autotunings, tuple(state.autotunings)),
            executions=_unchanged(before.executions, tuple(state.executions)),
            passes=_unchanged(before.passes, tuple(item for draft in state.compiles.values() for item in draft.passes)),
            notes=_unchanged(before.notes, self._notes(parts)),
            records=state.records,
            dropped=state.dropped,
            finished=state.finished,
            unknown=dict(state.unknown),
            logs=_unchanged(before.logs, tuple(state.logs.values())),
        )
        if before.links is self._capture.links and "index" in vars(before):
            vars(self._capture)["index"] = before.index
        return self._capture

    def addresses(self) -> Mapping[str, Sequence[int]]:
        """Machine code's artifact → for each of its lines the instruction's address in its binary, 0 for none."""
        return {
            unit.asm[name].id: assembly.addresses
            for draft in self._state.compiles.values()
            for unit in draft.view.units
            for name, assembly in unit.assemblies.items()
            if name in unit.asm
        }

    def _part(self, draft: CompileDraft, sources: _Sources, failed: Mapping[int, tuple[str, ...]]) -> _CompilePart:
        part = self._parts.setdefault(draft.compile_id, _CompilePart(self._links))
        part.update(draft, sources, failed)
        return part

    def _failed_guards(self) -> dict[str, dict[int, tuple[str, ...]]]:
        """Compile id → position of a guard of it → the compile ids that exist because that guard did not hold."""
        state = self._state
        found: dict[str, dict[int, tuple[str, ...]]] = {}
        for item in state.recompiles.values():
            for reason in item.reasons:
                failure = qualified(read_failure(reason), item.compile_id, state.compiles)
                draft = state.compiles.get(failure.against)
                position = self._finder(draft).find(failure) if draft is not None else None
                if draft is not None and position is not None:
                    entry = found.setdefault(draft.compile_id, {})
                    entry[position] = (*entry.get(position, ()), item.compile_id)
        return found

    def _finder(self, draft: CompileDraft) -> GuardFinder:
        """Finds guards of a compile; made anew only when there are other guards."""
        finder = self._finders.get(draft.compile_id)
        if finder is None or finder.guards is not draft.guards:
            finder = self._finders[draft.compile_id] = GuardFinder(draft.guards)
        return finder

    def _recompiles(self) -> tuple[Recompile, ...]:
        """torch gives the reasons before it says which function is compiled."""
        return tuple(
            item if item.function else replace(item, function=self._state.draft(item.compile_id).function)
            for item in self._state.recompiles.values()
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
            if draft.nested:
                message = (
                    f"{draft.compile_id}: {draft.nested:,} of its records name no compile id; they stand in the one "
                    "event (fullgraph_capture) that it began in, and no other compile did."
                )
                notes.append(Note("nested", message))
            if draft.unused_pieces:
                which = "; ".join(draft.unused_pieces)
                message = f"{draft.compile_id}: said to begin, and no graph of its own followed: {which}."
                notes.append(Note("pieces", message))
        gaps = sum((part.linked.gaps for part in parts), Counter[str]())
        notes += [Note("warning", f"Not linked: {count} {reason}.") for reason, count in gaps.items()]
        if self._state.unknown:
            listed = ", ".join(f"{kind} ({count})" for kind, count in sorted(self._state.unknown.items()))
            notes.append(Note("unknown", f"Kept as they are, for nothing is known about them: {listed}."))
        return tuple(notes)


class _Sources:
    """The source files of one snapshot, which all its compile ids share."""

    def __init__(self, by_path: Mapping[str, Artifact]) -> None:
        self.by_path = by_path
        self.identity = tuple(map(id, by_path.values()))
        """Equal for two snapshots only if they have the very same artifacts."""


class _CompilePart:
    """What a snapshot shows of one compile id, made anew only when its draft changed."""

    def __init__(self, links: bool) -> None:
        self._linker = Linker() if links else None
        self._made_from: tuple[object, ...] | None = None
        self.artifacts: tuple[Artifact, ...] = ()
        self.pieces: tuple[CompilePiece, ...] = ()
        self.compilation: Compilation
        self.linked = Linked((), Counter())
        self.fusions = Fusions()

    def update(self, draft: CompileDraft, sources: _Sources, failed: Mapping[int, tuple[str, ...]]) -> None:
        """Makes anew what has changed.

        Args:
            failed: position of a guard → the compile ids that exist because it did not hold.
        """
        made_from = (draft.version, tuple(failed.items()), sources.identity)
        if made_from == self._made_from:
            return
        self._made_from = made_from
        self.artifacts = tuple(artifact for _, artifact in sorted(draft.artifacts.values(), key=lambda item: item[0]))
        self.pieces = _unchanged(self.pieces, draft.pieces)
        self.compilation = Compilation(
            compile_id=draft.compile_id,
            status=draft.status,
            function=draft.function,
            place=draft.place,
            stack=draft.stack,
            log=draft.log,
            restarts=draft.attempt,
            guards=tuple(
                replace(guard, failed_for=failed[number]) if number in failed else guard
                for number, guard in enumerate(draft.guards)
            ),
            guard_tree=draft.guard_tree,
            guard_seconds=draft.guard_seconds,
            kernels=tuple(name for unit in draft.view.units for name in unit.kernels),
            cache=draft.fx_cache,
            metrics=dict(draft.metrics),
            error=draft.error,
            autograd_reasons=draft.autograd_reasons,
        )
        self.fusions.update(draft.compile_id, draft.view.units)
        if self._linker is None:
            return
        try:
            self.linked = self._linker.link(draft.view, sources.by_path)
        except UNREADABLE as error:  # texts that nobody has met before must cost their links, not the capture
            self.linked = Linked((), Counter({f"compile id ({draft.compile_id}: {in_words(error)})": 1}))


def _unchanged(old: tuple[_T, ...], new: tuple[_T, ...]) -> tuple[_T, ...]:
    """The old tuple if the new one holds the very same objects, so that a face can compare by identity."""
    return old if len(old) == len(new) and all(map(operator.is_, old, new)) else new
