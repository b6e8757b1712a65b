"""What a builder knows so far: mutable, filled by the parsers, turned into a frozen Capture by snapshots."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.link.facts import CompileView, Unit
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.capture import CompileStatus, Frame, GraphBreak, Guard, Note, Recompile
from inspector.model.fusion import KernelFusion
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace.phases import PhaseBook
from inspector.trace.reader import Record

MAX_NOTES = 200
"""Notes about dropped records beyond which only their number is told."""


@dataclass
class CompileDraft:
    """One compile id while its records arrive."""

    compile_id: str
    function: str = ""
    place: Frame | None = None
    attempt: int = 0
    guards: tuple[Guard, ...] = ()
    fx_cache: str = ""
    autograd_cache: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    fusions: dict[str, KernelFusion] = field(default_factory=dict)
    """By kernel, in the order of their definition."""
    finished: bool = False
    error: str = ""
    artifacts: dict[str, tuple[tuple[int, int, int], Artifact]] = field(default_factory=dict)
    """Artifact id → its place in the order and the artifact."""
    view: CompileView = field(default_factory=CompileView)
    current: Unit | None = None
    """The Inductor unit that records without a direction of their own belong to."""
    version: int = 0
    """Goes up with every change, so that a snapshot knows what to make anew."""

    @property
    def status(self) -> CompileStatus:
        """Where the compile stands."""
        if self.error:
            return CompileStatus.FAILED
        if not self.finished:
            return CompileStatus.LIVE
        return CompileStatus.DONE if Stage.DYNAMO in self.view.graphs or self.view.units else CompileStatus.EMPTY

    def restart(self, attempt: int) -> None:
        """A new attempt replaces what the one before left behind."""
        self.attempt = attempt
        self.artifacts.clear()
        self.view = CompileView(function_file=self.view.function_file)
        self.current = None
        self.guards = ()
        self.fusions.clear()
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
        """Keeps a text as an artifact; the same text again keeps the same object."""
        key = artifact_id(stage, self.compile_id, kernel, suffix or None)
        known = self.artifacts.get(key)
        if known is not None and known[1].text == text and known[1].path in (path, None):
            return known[1]
        artifact = Artifact(key, stage, self.compile_id, kernel, language, text, path)
        self.artifacts[key] = ((stage.order, *order), artifact)
        self.version += 1
        return artifact

    def unit_number(self, unit: Unit) -> int:
        """The unit's place in the order of artifacts."""
        return next((number for number, item in enumerate(self.view.units) if item is unit), len(self.view.units))


@dataclass
class CaptureState:
    """A capture while its records arrive."""

    strings: dict[str, dict[int, str]] = field(default_factory=dict)
    """Log file → interned strings."""
    compiles: dict[str, CompileDraft] = field(default_factory=dict)
    sources: dict[str, Artifact] = field(default_factory=dict)
    """Path → source artifact."""
    phases: PhaseBook = field(default_factory=PhaseBook)
    graph_breaks: list[GraphBreak] = field(default_factory=list)
    recompiles: list[Recompile] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    """Kinds without a parser, and how many records of each there were."""
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
    _first_file: str = ""
    """The log whose compile ids are shown as torch prints them."""
    _tags: dict[str, str] = field(default_factory=dict)
    """Other log → what stands before its compile ids."""

    def draft(self, compile_id: str) -> CompileDraft:
        """The draft of a compile id, begun on first use."""
        if compile_id not in self.compiles:
            self.compiles[compile_id] = CompileDraft(compile_id)
        return self.compiles[compile_id]

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

    def compile_id_of(self, record: Record) -> str | None:
        """The record's compile id as torch prints it, `0/1`; None outside any compile.

        Logs of several processes count from 0/0 each: the later files' ids get the file's rank or number in front.
        """
        data = record.metadata
        frame, again, autograd = data.get("frame_id"), data.get("frame_compile_id"), data.get("compiled_autograd_id")
        if frame is None and autograd is None:
            return None
        plain = "" if frame is None else f"{frame}/{0 if again is None else again}"
        if autograd is not None:
            plain = f"!{autograd}/{plain}".rstrip("/")
        return self.qualified(plain, record)

    def qualified(self, compile_id: str, record: Record) -> str:
        """A compile id that no other log file uses."""
        first = self._first_file = self._first_file or record.file
        return compile_id if record.file == first else f"{self._file_tag(record)}/{compile_id}"

    def _file_tag(self, record: Record) -> str:
        if record.file not in self._tags:
            rank = record.metadata.get("rank")
            match = re.search(r"_rank_(\d+)", record.file)
            tag = f"rank{rank}" if rank is not None else f"rank{match[1]}" if match else f"log{len(self._tags) + 1}"
            self._tags[record.file] = f"log{len(self._tags) + 1}" if tag in self._tags.values() else tag
        return self._tags[record.file]
