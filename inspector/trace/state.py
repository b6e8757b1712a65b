"""What a builder knows so far: mutable, filled by the parsers, turned into a frozen Capture by snapshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inspector.link.facts import CompileView, Unit
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.capture import CompileStatus, Frame, GraphBreak, LogFile, Note, Recompile
from inspector.model.number import integer_or_none
from inspector.model.piece import CompilePiece
from inspector.model.stage import Stage
from inspector.trace.compile_ids import Prefixes, compile_id_in, rank_in
from inspector.trace.interned import InternedBook
from inspector.trace.others import Others
from inspector.trace.phases import PhaseBook
from inspector.trace.reader import Record
from inspector.trace.runs import RunCounter
from inspector.trace.shapebook import ShapeBook
from inspector.trace.tensorbook import TensorBook
from inspector.trace.unnamed import AOT, AROUND, SIGN, PieceRecord, Unnamed, may_belong

if TYPE_CHECKING:
    from inspector.model.autotuning import Autotuning
    from inspector.model.build import Build
    from inspector.model.cache import CacheLookup
    from inspector.model.guards import Guard, GuardManager
    from inspector.model.passes import GraphPasses
    from inspector.model.pgo import CodeState
    from inspector.model.request import CaptureRequest
    from inspector.model.shapes import FakeKernelProblem
    from inspector.model.tensors import CollectiveSchedule, GraphEstimate, GraphExecution
    from inspector.trace.failures import Failures

MAX_NOTES = 200
"""Notes about dropped records beyond which only their number is told."""


@dataclass
class CompileDraft:
    """One compile id while its records arrive."""

    compile_id: str
    log: str = ""
    function: str = ""
    place: Frame | None = None
    stack: tuple[Frame, ...] = ()
    attempt: int = 0
    guards: tuple[Guard, ...] = ()
    guard_tree: tuple[GuardManager, ...] = ()
    guard_seconds: float | None = None
    fx_cache: str = ""
    autograd_reasons: tuple[str, ...] = ()
    metrics: dict[str, Any] = field(default_factory=dict)
    passes: list[GraphPasses] = field(default_factory=list)
    started: bool = False
    """Whether its beginning is recorded: then its end would be too."""
    finished: bool = False
    given_up: bool = False
    """Whether a graph break made Dynamo skip the whole frame."""
    refused: bool = False
    """Whether a limit on recompiles forbade it."""
    exported: bool = False
    """Whether it is the export of a program."""
    nested: int = 0
    """Records of it that do not name it: they stand in the one event that it began in."""
    has_graph: bool = False
    """Whether there is a graph that is no stage's: compiled autograd's."""
    error: str = ""
    artifacts: dict[str, tuple[tuple[int, int, int], Artifact]] = field(default_factory=dict)
    """Artifact id → its place in the order and the artifact."""
    replaced: list[Artifact] = field(default_factory=list)
    """Texts that a later one took the place of, until the state keeps them among the others."""
    view: CompileView = field(default_factory=CompileView)
    current: Unit | None = None
    """The Inductor unit that records without a direction of their own belong to."""
    next_piece: str = ""
    """What the next piece of its graph is called; empty where nothing says so."""
    split_names: list[str] = field(default_factory=list)
    """What DDP calls the graphs that it split Dynamo's into, in order."""
    unused_pieces: list[str] = field(default_factory=list)
    """What was said to begin, and left no graph."""
    version: int = 0
    """Goes up with every change, so that a snapshot knows what to make anew."""

    @property
    def status(self) -> CompileStatus:
        if self.refused:
            return CompileStatus.REFUSED
        if self.error:
            return CompileStatus.EAGER if self.given_up else CompileStatus.FAILED
        if self.exported:
            return CompileStatus.EXPORTED
        if not self.finished:
            return CompileStatus.LIVE if self.started else CompileStatus.UNKNOWN
        graphs = self.has_graph or Stage.DYNAMO in self.view.graphs or self.view.units
        return CompileStatus.DONE if graphs else CompileStatus.EMPTY

    def restart(self, attempt: int) -> None:
        """A new attempt replaces what the one before left behind, but for the bytecode that all attempts begin with."""
        self.attempt = attempt
        self.artifacts = {
            key: item for key, item in self.artifacts.items() if item[1].stage is Stage.BYTECODE and not item[1].variant
        }
        bytecode = [artifact for _, artifact in self.artifacts.values()]
        self.view = CompileView(function_file=self.view.function_file, bytecode=bytecode)
        self.current = None
        self.next_piece, self.split_names, self.unused_pieces = "", [], []
        self.guards, self.guard_tree, self.guard_seconds, self.passes = (), (), None, []
        self.error = ""
        self.finished = False
        self.version += 1

    def put(
        self,
        stage: Stage,
        language: Language,
        text: str,
        *,
        kernel: str | None = None,
        suffix: str = "",
        path: str | None = None,
        order: tuple[int, int] = (0, 0),
    ) -> Artifact:
        """Keeps a text as an artifact; the same text again keeps the same object.

        Another text of the same place in the compile takes the first one's, which goes to `replaced`.
        """
        key = artifact_id(stage, self.compile_id, kernel, suffix or None)
        known = self.artifacts.get(key)
        if known is not None:
            if known[1].text == text and known[1].path in (path, None):
                return known[1]
            if known[1].text != text:
                self.replaced.append(known[1])
        artifact = Artifact(key, stage, self.compile_id, kernel, language, text, path)
        self.artifacts[key] = ((stage.order, *order), artifact)
        self.version += 1
        return artifact

    def same(self, text: str) -> str:
        """The text, or a stage's that reads the same: graphs that a pass left alone are many, and in memory once."""
        return next((artifact.text for _, artifact in self.artifacts.values() if artifact.text == text), text)

    @property
    def pieces(self) -> tuple[CompilePiece, ...]:
        """The graphs that were compiled by themselves, where there are several, or the log names them."""
        compiled = {unit.piece for unit in self.view.units}
        there = [piece for piece in self.view.pieces if piece.graphs or piece.number in compiled]
        names = self.split_names if len(self.split_names) == len(there) else [piece.name for piece in there]
        if len(there) < 2 and not any(names):
            return ()
        return tuple(
            CompilePiece(self.compile_id, piece.number, name) for piece, name in zip(there, names, strict=True)
        )

    def unit_number(self, unit: Unit) -> int:
        """The unit's place in the order of artifacts."""
        return next((number for number, item in enumerate(self.view.units) if item is unit), len(self.view.units))


@dataclass
class CaptureState:
    """A capture while its records arrive."""

    prefixes: Prefixes = field(default_factory=Prefixes)
    """What stands before the compile ids of each log."""
    runs: RunCounter = field(default_factory=RunCounter)
    unnamed: Unnamed = field(default_factory=Unnamed)
    strings: InternedBook = field(default_factory=InternedBook)
    compiles: dict[str, CompileDraft] = field(default_factory=dict)
    sources: dict[str, Artifact] = field(default_factory=dict)
    """Path → source artifact."""
    others: Others = field(default_factory=Others)
    phases: PhaseBook = field(default_factory=PhaseBook)
    builds: list[Build] = field(default_factory=list)
    shapes: ShapeBook = field(default_factory=ShapeBook)
    tensors: TensorBook = field(default_factory=TensorBook)
    graph_breaks: dict[GraphBreak, None] = field(default_factory=dict)
    """In the order of the log, each once."""
    recompiles: dict[str, Recompile] = field(default_factory=dict)
    """By compile id."""
    cache_lookups: list[CacheLookup] = field(default_factory=list)
    failures: Failures = field(default_factory=dict)
    code_states: list[CodeState] = field(default_factory=list)
    fake_kernels: list[FakeKernelProblem] = field(default_factory=list)
    collectives: list[CollectiveSchedule] = field(default_factory=list)
    estimates: list[GraphEstimate] = field(default_factory=list)
    autotunings: list[Autotuning] = field(default_factory=list)
    executions: list[GraphExecution] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    """Kinds without a parser, and how many records of each there were."""
    logs: dict[tuple[str, str], LogFile] = field(default_factory=dict)
    """By name and what stands before the process's compile ids, in the order of reading."""
    request: CaptureRequest | None = None
    target: Mapping[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    kernel_units: dict[str, tuple[str, Unit]] = field(default_factory=dict)
    """Shared object → compile id and unit of the kernel in it."""
    records: int = 0
    dropped: int = 0
    finished: bool = False
    version: int = 0
    """Goes up with every change that is not a compile id's own."""

    def draft(self, compile_id: str) -> CompileDraft:
        """The draft of a compile id, begun on first use."""
        if compile_id not in self.compiles:
            draft = self.compiles[compile_id] = CompileDraft(compile_id)
            if compile_id.rpartition("/")[2].startswith(SIGN):
                draft.function = "(no compile id)"
        return self.compiles[compile_id]

    def keep_other(
        self, compile_id: str | None, name: str, text: str, language: Language, path: str | None = None
    ) -> None:
        """Keeps a text beside the stages' own."""
        if self.others.keep(compile_id, name, text, language, path):
            self.version += 1

    def restart(self, draft: CompileDraft, attempt: int) -> None:
        """Begins a later attempt at a compile; what the one before left is kept beside the stages."""
        before = list(draft.artifacts.values())
        number = draft.attempt
        draft.restart(attempt)
        for _, artifact in sorted(before, key=lambda item: item[0]):
            if artifact.id in draft.artifacts:
                continue
            name = artifact.id.removeprefix(f"{draft.compile_id}:")
            self.keep_other(
                draft.compile_id, f"attempt-{number}:{name}", artifact.text, artifact.language, artifact.path
            )

    def keep_replaced(self, draft: CompileDraft) -> None:
        """Keeps what a later text of the same stage took the place of, under that stage's name."""
        for artifact in draft.replaced:
            name = f"earlier:{artifact.id.removeprefix(f'{draft.compile_id}:')}"
            self.keep_other(draft.compile_id, name, artifact.text, artifact.language, artifact.path)
        draft.replaced.clear()

    def drop(self, place: str, reason: str) -> None:
        """Counts a record that could not be read."""
        self.dropped += 1
        if self.dropped <= MAX_NOTES:
            self.notes.append(Note("dropped", f"{place}: {reason}."))

    def note(self, kind: str, message: str) -> None:
        """Tells the reader something about the capture, once."""
        note = Note(kind, message)
        if note not in self.notes:
            self.notes.append(note)
            self.version += 1

    def see_log(self, record: Record) -> None:
        """Notes which log a record is from, and whose rank that is as soon as a record says it."""
        rank = record.metadata.get("rank")
        prefix = self.prefixes.of(record.file, rank, record.pid)
        known = self.logs.get((record.file, prefix))
        if known is not None and (known.rank is not None or type(rank) is not int):
            return
        rank = rank if type(rank) is int else rank_in(record.file)
        owner = self.prefixes.owner(record.file)
        foreign = owner not in (0, record.pid) and record.pid != 0
        self.logs[record.file, prefix] = LogFile(record.file, rank, prefix, record.pid if foreign else None)
        first = (record.file, self.prefixes.of(record.file))
        if foreign and first in self.logs:
            self.logs[first] = replace(self.logs[first], process=owner)
        self.version += 1

    def compile_id_of(self, record: Record, kind: str) -> str | None:
        """The record's compile id as torch prints it, `0/1`; None outside any compile.

        Logs of several processes count from 0/0 each, and so does one after a reset: the later ones' ids get the log's
        prefix in front and their run behind.
        """
        plain = compile_id_in(record.metadata)
        if plain is None:
            return self._owner_of(record, kind)
        prefixed = self.prefixes.of(record.file, record.metadata.get("rank"), record.pid) + plain
        compile_id = self.runs.seen(prefixed, kind, attempt_of(record), record.payload)
        if self.unnamed.waiting:
            self.unnamed.named(prefixed.removesuffix(plain), compile_id, kind)
        return compile_id

    def _owner_of(self, record: Record, kind: str) -> str | None:
        """The compile id of a record that names none: as its log's index found out, else as it is found out here."""
        if record.compile_id is None:
            process = self.prefixes.of(record.file, record.metadata.get("rank"), record.pid)
            if kind == "chromium_event":
                self._hear_event(process, record.payload or "")
            if kind.startswith("artifact:inspector_"):
                piece = PieceRecord.read(record.payload or "")
                return None if piece is None else self.unnamed.piece(process, piece)
            return (self.unnamed.owner(process, kind) or None) if may_belong(kind) else None
        return record.compile_id or None

    def _hear_event(self, process: str, payload: str) -> None:
        for name in (AROUND, AOT):
            if f'"name": "{name}"' in payload and ('"ph": "B"' in payload or '"ph": "E"' in payload):
                self.unnamed.event(process, name, begins='"ph": "B"' in payload)

    def qualified(self, compile_id: str, record: Record) -> str:
        """A compile id that a record names in its payload, as no other log file uses it."""
        return self.runs.latest(self.prefixes.of(record.file, record.metadata.get("rank"), record.pid) + compile_id)


def attempt_of(record: Record) -> int:
    """Which of Dynamo's attempts at its compile id a record is from; 0 where it does not say."""
    attempt = record.metadata.get("attempt")
    return max(integer_or_none(attempt) or 0, 0)
