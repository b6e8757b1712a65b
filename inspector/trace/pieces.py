"""From a server's records to what it compiled in pieces: which, for which range, and what became of it.

vLLM says when it begins a piece (`vllm_piecewise_compile_start`) and nothing more; what follows until it begins the
next one in the same process is that piece's. Artifacts that are loaded whole have no beginning. No thread is told from
another in torch's events, so time is counted in which anything runs, and ends are not matched to their begins.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.model.capture import Capture
from inspector.model.number import finite_or_none, integer_or_none
from inspector.model.pieces import ModelPieces, PieceCell, PieceOutcome, Pieces, SizeSymbol, TakenForGranted, TokenRange
from inspector.trace.compile_ids import kind_in
from inspector.trace.guards import read_guard_tree
from inspector.trace.kinds.caches import QUESTIONS
from inspector.trace.log import TraceLog
from inspector.trace.phases import microseconds
from inspector.trace.piece_cells import SECONDS, Moment, OpenCell, at_once, structure, union
from inspector.trace.reader import Record, read_json
from inspector.trace.registry import UNREADABLE
from inspector.trace.split import submodules

_VLLM = "artifact:vllm_"
_START = f"{_VLLM}piecewise_compile_start"
_EVENT = "chromium_event"
_BEFORE = "artifact:before_post_grad_graph"
_GRAPHS = ("aot_inference_graph", "aot_forward_graph")
_CODE = "inductor_output_code"
_BUNDLED = "artifact:fx_graph_bundled_cache_hit"
_STARTS = "vllm_log_compile_start_torch_trace_only"
"""The event that vLLM writes a piece's beginning in."""
_LOADS = "AOTAutogradCache.inductor_load"
_ASKED = tuple(kind for kind in QUESTIONS if kind.startswith("artifact:aotautograd_cache_"))
_SYMBOL, _TREE = "create_symbol", "dynamo_cpp_guards_str"
_RELIED = ("guard_added", "guard_added_fast")
_SIZE = re.compile(r"\.size\(\)\[\d+\]$")
_KINDS = frozenset((*QUESTIONS, *_GRAPHS, _CODE, _EVENT, _BEFORE, _SYMBOL, _TREE, *_RELIED))
_AOT_ID = re.compile(r"^# AOT ID: .*$", re.MULTILINE)


def read_pieces(log: TraceLog) -> Pieces:
    """What servers compiled in pieces, as an indexed log has it; no model where it has no record of one."""
    if not has_pieces(log.kinds):
        return Pieces(())
    own = {kind for kind in log.kinds if kind.startswith(_VLLM)}
    book, unread = PiecesBook(), 0
    for record in log.records(kinds=_KINDS | own):
        if isinstance(record, Record):
            book.add(record, log.compile_id_of(record))
        else:
            unread += 1
    return book.frozen({source.file: source.prefix.rstrip("/") for source in log.sources}, unread)


def with_pieces(log: TraceLog, capture: Capture) -> Capture:
    """A capture of an indexed log, or of a part of it, with what its servers compiled in pieces."""
    return replace(capture, served=read_pieces(log).models) if has_pieces(log.kinds) else capture


def has_pieces(kinds: Iterable[str]) -> bool:
    """Whether a log with records of these kinds has something of a server's."""
    return any(kind == _BUNDLED or kind.startswith(_VLLM) for kind in kinds)


class PiecesBook:
    """Takes records in the order of their log."""

    def __init__(self) -> None:
        self._processes: dict[tuple[str, int], _Process] = {}

    def add(self, record: Record, compile_id: str) -> None:
        """Takes a record; one that is not what its kind promises says nothing here.

        Args:
            compile_id: that it belongs to; empty outside any.
        """
        process = self._processes.setdefault((record.file, record.pid), _Process())
        try:
            kind = kind_in(record.metadata)
            process.add(kind, record.payload or "", compile_id, record.metadata.get(kind))
        except UNREADABLE:
            return

    def frozen(self, names: Mapping[str, str], unread: int = 0) -> Pieces:
        """What came of it.

        Args:
            names: file → what its process is called.
            unread: records that could not be read.
        """
        found: list[ModelPieces] = []
        for (file, pid), process in self._processes.items():
            forked = sum(known == file for known, _ in self._processes) > 1
            name = " ".join(filter(None, (names.get(file, ""), f"pid{pid}" if forked else "")))
            found += process.models(name)
        return Pieces(tuple(found), unread)


@dataclass
class _Model:
    """What is known of one model of a process."""

    configuration: dict[str, str] = field(default_factory=dict)
    split: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    code: str = ""
    cells: list[OpenCell] = field(default_factory=list)
    event: str = ""
    patterns: list[str] = field(default_factory=list)
    hits: int = 0
    graphs: list[tuple[int, str]] = field(default_factory=list)
    """How many cells there were when an artifact with this graph was loaded."""
    loads: list[Moment] = field(default_factory=list)
    compile_id: str | None = None
    """Of the compile that its configuration is recorded in; None where none is."""


@dataclass
class _Traced:
    """What tracing took for granted in one compile."""

    symbols: dict[str, SizeSymbol] = field(default_factory=dict)
    conditions: dict[str, None] = field(default_factory=dict)
    guards: int | None = None


class _Process:
    """One process; a model follows the other."""

    def __init__(self) -> None:
        self._models = [_Model()]
        self._ids: Counter[str] = Counter()
        """Compile id → graphs."""
        self._traced: dict[str, _Traced] = {}
        """Compile id → what was traced there."""
        self._compiling = False
        """Whether pieces are being compiled, which makes symbols and conditions of its own."""
        self._starting: float | None = None
        self._known = False
        """Whether there is a record of a server's."""
        self._event = ""

    def add(self, kind: str, payload: str, compile_id: str, facts: Any) -> None:
        """Takes a record.

        Args:
            kind: of record.
            payload: its text.
            compile_id: that it belongs to.
            facts: what its first line says under its kind.
        """
        if kind == _EVENT:
            self._take_event(payload)
        elif kind in (_SYMBOL, _TREE, *_RELIED):
            self._take_traced(kind, payload, self._traced.setdefault(compile_id, _Traced()), facts)
        elif kind.startswith(_VLLM):
            self._known = True
            self._take_own(kind.removeprefix(_VLLM), payload, compile_id)
        elif kind in _GRAPHS:
            self._take_graph(payload, compile_id)
        elif (cell := self._cell) is not None:
            if kind == _CODE:
                cell.codes.append(_code_digest(payload))
            elif kind == _BEFORE:
                cell.before = payload
            elif kind in QUESTIONS:
                cell.answers.append(QUESTIONS[kind])
        elif kind in _ASKED:  # a compile that no server's record begins: that of a whole model
            self._model.cells.append(OpenCell("", None, answers=[QUESTIONS[kind]]))
        elif kind == _BUNDLED:
            self._known = True
            self._model.hits += 1

    @property
    def _model(self) -> _Model:
        return self._models[-1]

    @property
    def _cell(self) -> OpenCell | None:
        """The cell that records belong to now."""
        cells = self._model.cells
        return cells[-1] if cells and not cells[-1].closed else None

    def _take_graph(self, text: str, compile_id: str) -> None:
        piece = self._ids[compile_id]
        self._ids[compile_id] += 1
        cell, graph = self._cell, structure(text)[0]
        if cell is None:
            self._model.graphs.append((len(self._model.cells), graph))
            return
        cell.graphs.append(graph)
        cell.compile_id, cell.piece = compile_id, piece

    def _take_traced(self, kind: str, payload: str, traced: _Traced, facts: Any) -> None:
        if kind == _TREE:
            if traced.guards is None:
                traced.guards = len(read_guard_tree(payload).guards)
        elif self._compiling:
            return
        elif kind == _SYMBOL:
            name, source = str(facts["symbol"]), str(facts.get("source") or "")
            if _SIZE.search(source):
                traced.symbols.setdefault(name, SizeSymbol(name, source, str(facts.get("vr") or "")))
        else:
            traced.conditions[str(facts["expr"])] = None

    def _take_event(self, payload: str) -> None:
        event = read_json(payload.encode())
        step = {"B": 1, "E": -1}.get(event["ph"])
        if step is None:
            return
        now, name = microseconds(event["ts"]) / 1e6, event["name"]
        if name == _LOADS and self._cell is None:
            self._model.loads.append((now, step))
        if name == _STARTS and step > 0:
            self._close()
            self._starting = now
        elif (cell := self._cell) is not None:
            cell.event(now, step)

    def _take_own(self, name: str, payload: str, compile_id: str) -> None:
        if name == "piecewise_compile_start":
            self._close()
            data = _object(payload)
            first, last = (integer_or_none(data.get(f"compile_range_{end}")) for end in ("start", "end"))
            tokens = TokenRange(first, last) if first is not None and last is not None else None
            whole = finite_or_none(data.get(SECONDS))
            cell = OpenCell(str(data.get("submod_name") or ""), tokens, self._starting, whole)
            if self._starting is not None:
                cell.event(self._starting, 1)
            self._starting = None
            self._model.cells.append(cell)
        elif name == "compilation_config":
            self._close()
            if self._model.configuration or self._model.cells:
                self._models.append(_Model())
            self._model.configuration = {key: _spelled(value) for key, value in _object(payload).items()}
            self._model.event, self._event = self._event, ""
            self._model.compile_id, self._compiling = compile_id, True
        elif name == "compile_event":
            self._event = str(_object(payload).get("type") or "")
        elif name == "piecewise_split_graph":
            self._model.split = payload
        elif name == "execution_code":
            self._close()
            self._model.code, self._compiling = payload, False
        elif name.startswith("patterns."):
            self._model.patterns.append(name.removeprefix("patterns."))
        elif name.startswith("post_grad.") and (now := self._cell) is not None:
            now.passed(name.removeprefix("post_grad."), payload)
        elif name.startswith("submod_"):
            self._model.parts[name] = payload

    def _close(self) -> None:
        if self._model.cells:
            self._model.cells[-1].closed = True

    def models(self, name: str) -> Iterable[ModelPieces]:
        """What came of the process; nothing where no server wrote in it."""
        if not self._known:
            return
        for model in self._models:
            made = self._frozen(model, name)
            if made.configuration or made.cells or made.loaded or made.submodules:
                yield made

    def _frozen(self, model: _Model, name: str) -> ModelPieces:
        parts = submodules(
            model.split, model.parts, model.code, model.configuration, (c.submodule for c in model.cells)
        )
        cells: list[PieceCell] = []
        same = {item.name: item.same_as for item in parts}
        for number, cell in enumerate(model.cells):
            twin = same.get(cell.submodule, "")
            twins = [item.name for item in parts if twin and twin in (item.name, item.same_as)]
            loaded = Counter(graph for before, graph in model.graphs if before <= number)
            loaded.subtract(item.graph for item in cells if item.outcome is PieceOutcome.AGAIN)
            cells.append(cell.frozen(self._ids, +loaded, cells, twins))
        return ModelPieces(
            name,
            model.configuration,
            parts,
            tuple(sorted({item.tokens for item in cells if item.tokens is not None})),
            tuple(cells),
            model.hits,
            sum(item.outcome is PieceOutcome.AGAIN for item in cells),
            union(model.loads) if model.loads else None,
            any(running > 1 for _, running in at_once(model.loads)),
            model.event or self._event,
            tuple(model.patterns),
            self._asked(model),
            tuple(at_once(model.loads)),
        )

    def _asked(self, model: _Model) -> TakenForGranted:
        """What its graph takes for granted; of a model that names no compile, what the only one of the process does."""
        if model.compile_id is not None:
            traced = self._traced.get(model.compile_id, _Traced())
        else:
            traced = next(iter(self._traced.values())) if len(self._traced) == 1 else _Traced()
        return TakenForGranted(tuple(traced.symbols.values()), tuple(traced.conditions), traced.guards)


# --- small things ---------------------------------------------------------------------------------------------


def _object(payload: str) -> dict[str, Any]:
    data = read_json(payload.encode())
    if not isinstance(data, dict):
        raise TypeError("no object")
    return data


def _spelled(value: Any) -> str:
    """A value of the configuration: a text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _code_digest(text: str) -> str:
    """Of an output code, less the number that torch gives each graph of a process."""
    return hashlib.sha256(_AOT_ID.sub("", text).encode(errors="surrogatepass")).hexdigest()
