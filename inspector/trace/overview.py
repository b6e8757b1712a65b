"""A log at a glance: its light records in, an Overview out, again and again while the log grows.

A log's bulk is texts of graphs and code, which an overview has no use for; they stay on disk. What is read goes through
the same parsers as a Capture's, with what is large and not shown cut away first, so that thousands of compile ids cost
little; phases are summed into flame graphs as they pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from inspector.jsontext import Malformed
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.compile_row import CompileRow, frame_of
from inspector.model.flame import FlameNode, FlameSums, PhaseStack
from inspector.model.graph_digest import graph_digest
from inspector.model.overview import Overview
from inspector.model.overview_of import STATIC, overview_of
from inspector.model.recompiles import qualified, read_failure
from inspector.trace.compile_ids import Prefixes, kind_in
from inspector.trace.feeding import feed, mention
from inspector.trace.kinds import autograd, caches, dynamo, exports, metrics
from inspector.trace.log import Given, TraceLog
from inspector.trace.phases import microseconds
from inspector.trace.reader import BadRecord, Record, read_json
from inspector.trace.registry import UNREADABLE
from inspector.trace.state import CaptureState
from inspector.trace.unnamed import SIGN

_EVENT = "chromium_event"
_GUARDS = ("dynamo_cpp_guards_str", "dynamo_guards")
_CAME = (*_GUARDS, "create_symbol")
"""Kinds that say with what values a frame was compiled."""
_BEGINS = ("dynamo_start", "artifact:recompile_reasons")
_GRAPHS = ("dynamo_output_graph", "aot_inference_graph", "aot_forward_graph", "aot_backward_graph")
_METRICS = ("compilation_metrics", "bwd_compilation_metrics")
_CACHES = (*caches.QUESTIONS, "artifact:aotautograd_cache_hash")
_LIGHT = frozenset(
    (
        *(
            "str",
            "artifact:torch_version",
            "artifact:inspector_environment",
            "artifact:inspector_ended",
            "artifact:inspector_export_failed",
            "compiled_autograd_graph",
            "export",
            "exported_program",
            "artifact:dynamo_graph_break_reason",
            "artifact:dynamo_error",
        ),
        *_BEGINS,
        *_METRICS,
        *_CACHES,
    )
)
"""Kinds that an overview is made of, without its flame graphs."""
_PARSERS = (autograd, caches, dynamo, exports, metrics)
"""Those of all these kinds; importing them registers them."""
_ONE_GRAPH = {
    **{"aot_inference_graph": 1, "aot_forward_graph": 1, "inductor_output_code": 2},
    "artifact:vllm_piecewise_compile_start": 0,
}
"""Kind → how many records of it a compile id of one graph may have that is no server's: its forward and its backward
have a code each."""
_KEPT_METRICS = frozenset(
    (
        *("co_name", "co_filename", "co_firstlineno", "guard_count", "graph_op_count", "has_guarded_code"),
        *("entire_frame_compile_time_s", "dynamo_cumulative_compile_time_us", "duration_us"),
        *("start_time_us", "end_time_us"),
        *("backend_compile_time_s", "aot_autograd_cumulative_compile_time_us"),
        *("inductor_compile_time_s", "inductor_cumulative_compile_time_us", "backward_cumulative_compile_time_us"),
        *("code_gen_time_s", "inductor_code_gen_cumulative_compile_time_us"),
        *("dynamo_time_before_restart_s", "dynamo_compile_time_before_restart_us", "restart_reasons"),
        *("fail_type", "fail_reason", "fail_user_frame_filename", "fail_user_frame_lineno"),
    )
)
"""Of torch's metrics; the rest is mostly torch's whole configuration, once more for each compile id."""


def read_overview(log: TraceLog, *, phases: bool = True, advise: bool = False) -> Overview:
    """The overview of a whole log.

    Args:
        log: indexed to its end here, where it is not yet.
        phases: whether to read the events too, which flame graphs are made of.
        advise: whether to work out what would have spared recompiles, for which the guards of all of them are read.

    Raises:
        UsageError: there is not one record in it.
    """
    builder = OverviewBuilder(log, phases=phases, advise=advise)
    while log.advance():
        builder.read()
    return _with_pieces(builder.overview(), log)


def _with_pieces(overview: Overview, log: TraceLog) -> Overview:
    """The overview, with the graphs of compile ids that have several: for those alone texts are read."""
    several = set().union(*(log.having(kind, one) for kind, one in _ONE_GRAPH.items()))
    if not several:
        return overview
    pieces = log.capture(sorted(several), links=False).pieces
    return replace(
        overview,
        rows=tuple(
            replace(row, pieces=tuple(piece for piece in pieces if piece.compile_id == row.compile_id))
            if row.compile_id in several
            else row
            for row in overview.rows
        ),
    )


def read_phases(log: TraceLog, compile_ids: Collection[str] | None = None) -> Capture:
    """A capture of nothing but the events of an indexed log, each with its time and its details.

    Args:
        log: indexed to its end.
        compile_ids: only of these; None for all, those outside any compile included.
    """
    from inspector.trace.builder import CaptureBuilder

    builder = CaptureBuilder(log.set_prefixes(Prefixes()))
    for record in log.records(kinds=(_EVENT, *_BEGINS)):
        builder.feed(record)
    capture = builder.snapshot()
    if compile_ids is None:
        return capture
    return replace(
        capture,
        phases=tuple(phase for phase in capture.phases if phase.compile_id in compile_ids),
        instants=tuple(instant for instant in capture.instants if instant.compile_id in compile_ids),
    )


def read_graphs(log: TraceLog, compile_ids: Collection[str]) -> Capture:
    """A capture of nothing but the graphs that Dynamo and AOTAutograd made of some compile ids of an indexed log."""
    from inspector.trace.builder import CaptureBuilder

    builder = CaptureBuilder(log.set_prefixes(Prefixes()), links=False)
    for record in log.records(compile_ids=compile_ids, kinds=(*_BEGINS, *_GRAPHS)):
        builder.feed(record)
    return builder.snapshot()


class OverviewBuilder:
    """Makes overviews of a log that grows; each costs what was indexed since the last one.

    Args:
        log: advanced by the thread that asks for overviews, or by nobody meanwhile.
        phases: whether to read the events too.
        advise: whether to work out what would have spared recompiles.
    """

    def __init__(self, log: TraceLog, *, phases: bool = True, advise: bool = False) -> None:
        self._advise = advise
        self._log = log
        self._kinds = _LIGHT | {_EVENT} if phases else _LIGHT
        self._given: Given = {}
        self._state = CaptureState()
        self._started: dict[str, float] = {}
        self._with_guards: set[str] = set()
        self._digests: dict[str, str] = {}
        """Of the graphs that an advice is about, and for which they matter."""
        self._events = _Events()
        log.keep(self._kinds)

    def read(self) -> None:
        """Takes what was indexed since the last call."""
        self._read(self._log.fresh(self._given, self._kinds))

    def _read(self, records: Iterable[Record | BadRecord]) -> None:
        self._log.set_prefixes(self._state.prefixes)
        for record in records:
            if isinstance(record, Record):
                self._take(record)
            elif record.header is not None:
                mention(self._state, record.header)

    def overview(self, complete: bool = True) -> Overview:
        """The overview of what is indexed now.

        Args:
            complete: whether that is the whole log.
        """
        self.read()
        log = self._log
        if complete and log.holds_back(self._given):  # the state cannot take back what turns out otherwise
            now = OverviewBuilder(log, phases=_EVENT in self._kinds, advise=self._advise)
            now._read(log.records(kinds=self._kinds))
            return now._overview(complete)
        return self._overview(complete)

    def _overview(self, complete: bool) -> Overview:
        self._read_failed_guards()
        log = self._log
        capture, flames = _capture(self._state), self._events.flames()
        found = overview_of(capture, flames, self._started, self._digests, complete=complete, advise=self._advise)
        known = found.by_id
        rows = {item: known.get(item) or self._bare(item) for item in log.compile_ids} | dict(known)
        return replace(found, rows=tuple(rows.values()), records=sum(log.kinds.values()), bad=len(log.bad))

    def _bare(self, compile_id: str) -> CompileRow:
        """A compile id that no light record is about: neither its beginning nor its end is recorded."""
        function = "(no compile id)" if SIGN in compile_id else ""
        return CompileRow(compile_id, CompileStatus.UNKNOWN, function, log=self._log.source_of(compile_id).file)

    def _take(self, record: Record) -> None:
        kind, state = kind_in(record.metadata), self._state
        if kind == _EVENT:
            compile_id = state.compile_id_of(record, kind) or ""
            self._events.add(record, compile_id, lambda named: state.qualified(named, record))
            return
        if kind == "exported_program":
            record = replace(record, payload=None)
        taken = feed(state, *_slim(record, kind))
        if kind in _BEGINS:
            self._started.setdefault(taken.draft.compile_id if taken.draft is not None else "", record.time)

    def _read_failed_guards(self) -> None:
        """Reads the guards of the compiles that those recompiles are about whose reasons do not say everything."""
        wanted: set[str] = set()
        known = self._state.compiles
        for item in self._state.recompiles.values():
            failures = [failed for reason in item.reasons if not (failed := read_failure(reason)).complete]
            wanted |= {item.compile_id} if failures else set()
            older = (qualified(failed, item.compile_id, known) for failed in failures if failed.needs_old)
            wanted |= {failed.against for failed in older}
        if self._advise:
            frames = {frame_of(item.compile_id) for item in self._state.recompiles.values()}
            wanted |= {compile_id for compile_id in self._state.compiles if frame_of(compile_id) in frames}
            self._read_graphs()
        wanted -= self._with_guards
        if not wanted:
            return
        from inspector.trace.kinds import shapes  # which most logs do without

        assert shapes
        for record in self._log.records(compile_ids=wanted, kinds=_CAME):
            if isinstance(record, Record):
                if kind_in(record.metadata) in _GUARDS:  # of a log that grows they may be still to come
                    self._with_guards.add(self._log.compile_id_of(record))
                feed(self._state, record)

    def _read_graphs(self) -> None:
        """Reads the graphs of functions that were compiled again for another object: whether they are the same."""
        recompiles = self._state.recompiles.values()
        others = {frame_of(item.compile_id) for item in recompiles if any(map(_is_identity, item.reasons))}
        wanted = {item for item in self._state.compiles if frame_of(item) in others} - self._digests.keys()
        for record in self._log.records(compile_ids=wanted, kinds=_GRAPHS[:1]) if wanted else ():
            if isinstance(record, Record) and record.payload is not None:
                self._digests[self._log.compile_id_of(record)] = graph_digest(record.payload)


def _is_identity(reason: str) -> bool:
    return read_failure(reason).what == "identity"


def _capture(state: CaptureState) -> Capture:
    """What an overview is made of, as a capture without texts and links."""
    return Capture(
        environment=dict(state.environment),
        compilations=tuple(
            Compilation(
                compile_id=draft.compile_id,
                status=draft.status,
                function=draft.function,
                place=draft.place,
                stack=draft.stack,
                log=draft.log,
                restarts=draft.attempt,
                guards=draft.guards,
                guard_tree=draft.guard_tree,
                metrics=draft.metrics,
                error=draft.error,
            )
            for draft in state.compiles.values()
        ),
        graph_breaks=tuple(state.graph_breaks),
        recompiles=tuple(state.recompiles.values()),
        cache_lookups=tuple(state.cache_lookups),
        failures=tuple(state.failures.values()),
        shapes=state.shapes.frozen(),
        records=state.records,
        dropped=state.dropped,
        logs=tuple(state.logs.values()),
    )


class _Events:
    """Chrome trace events on their way into flame graphs."""

    def __init__(self) -> None:
        self._sums = FlameSums()
        self._first: float | None = None
        """Microseconds of the first event: counted from there, a float is exact to the nanosecond."""
        self._stacks: dict[tuple[str, str, str], PhaseStack] = {}
        """Log, process and thread → what runs on it."""

    def flames(self) -> dict[str, FlameNode]:
        """The flame graphs so far."""
        return self._sums.flames(self._stacks.values())

    def add(self, record: Record, compile_id: str, qualified: Callable[[str], str]) -> None:
        """Takes an event; one that is not what an event should be says nothing about time.

        Args:
            record: of the event.
            compile_id: of the record, empty where it has none: then the event may name one.
            qualified: makes that one as this log's compile ids are written.
        """
        try:
            event = read_json((record.payload or "").encode())
            kind, stamp, name = event["ph"], microseconds(event["ts"]), str(event["name"])
            duration = microseconds(event.get("dur", 0.0)) / 1e6
            named = (event.get("args") or {}).get("compile_id")
        except UNREADABLE:
            return
        if kind not in ("B", "E", "X"):
            return
        if self._first is None:
            self._first = stamp
        stamp = (stamp - self._first) / 1e6
        track = (f"{record.file}:{record.pid}", str(event.get("pid")), str(event.get("tid")))
        stack = self._stacks.setdefault(track, PhaseStack(self._sums))
        if kind in "BX":
            if not compile_id and isinstance(named, str) and named not in ("", "None"):
                compile_id = qualified(named)
            stack.begin(name, stamp, compile_id)
        if kind in "EX":
            stack.end(name, stamp + (duration if kind == "X" else 0.0))


def _slim(record: Record, kind: str) -> tuple[Record, Any]:
    """The record without what is large and not shown, and its payload as JSON where that was read."""
    if kind in _METRICS and isinstance(details := record.metadata[kind], dict):
        kept = {key: details[key] for key in _KEPT_METRICS if key in details}
        if STATIC in str(details.get("dynamo_config", "")):
            kept["dynamo_config"] = f"{{{STATIC}}}"
        metadata = {**record.metadata, kind: kept}
        return replace(record, metadata=metadata), None
    if kind in _CACHES and record.payload is not None:
        return record, _without_components(record.payload)
    return record, None


def _without_components(payload: str) -> Any:
    """A cache's answer without the parts of the key, some of which are whole graphs; None where it is no object."""
    try:
        data = read_json(payload.encode())
    except Malformed:  # a bare sentence, or damage: the parser says which
        return None
    if not isinstance(data, dict):
        return None
    return {key: data[key] for key in data if key not in ("components", "triton_bundler_meta")}
