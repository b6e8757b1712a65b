"""What each JSON file of a bundle holds, as types: `inspector.codec` reads and writes them.

A field with a default is one that bundles of version 1 lack which were written before it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from inspector.codec import Column, Count, Json, Line, plain
from inspector.jsontext import Malformed
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.autotuning import Autotuning
from inspector.model.build import Build
from inspector.model.cache import CacheLookup
from inspector.model.capture import (
    DEEPEST,
    MOST_SECONDS,
    Capture,
    Compilation,
    GraphBreak,
    Guard,
    LogFile,
    Note,
    Recompile,
)
from inspector.model.edit import KernelEdit
from inspector.model.failure import Failure
from inspector.model.fusion import KernelFusion
from inspector.model.guards import GuardManager
from inspector.model.latency import LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.numerics import Numerics
from inspector.model.passes import GraphPasses
from inspector.model.pgo import CodeState
from inspector.model.piece import CompilePiece
from inspector.model.pieces import ModelPieces
from inspector.model.price import Price
from inspector.model.profile import Profile
from inspector.model.request import CaptureRequest
from inspector.model.shapes import FakeKernelProblem, SymbolicShapes
from inspector.model.stage import Stage
from inspector.model.tensors import CollectiveSchedule, GraphEstimate, GraphExecution, TensorInput

# --- manifest.json ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileEntry:
    """What a file has to be."""

    sha256: str
    size: Count


@dataclass(frozen=True)
class ArtifactEntry:
    """An artifact without its text."""

    id: str
    stage: Stage
    compile_id: str | None
    kernel: str | None
    path: str
    """Where its text lies in the bundle."""
    language: Language
    origin: str | None
    focus: Count

    @classmethod
    def of(cls, item: Artifact, path: str) -> ArtifactEntry:
        """An artifact whose text lies at `path`."""
        return cls(item.id, item.stage, item.compile_id, item.kernel, path, item.language, item.path, item.focus)

    def with_text(self, data: bytes) -> Artifact:
        """The artifact.

        Raises:
            Malformed: `data` is no text.
        """
        try:
            text = data.decode(errors="surrogatepass")
        except UnicodeDecodeError as error:
            raise Malformed(f"not UTF-8 from byte {error.start} on") from error
        return Artifact(self.id, self.stage, self.compile_id, self.kernel, self.language, text, self.origin, self.focus)


_ELSEWHERE = ("guards", "guard_tree", "metrics")
"""Fields of a compilation that have files of their own."""


@dataclass(frozen=True)
class CompilationEntry(Compilation):
    """A compilation without what its folder holds."""

    folder: str = ""

    def complete(
        self, guards: tuple[Guard, ...], guard_tree: tuple[GuardManager, ...], metrics: Mapping[str, Any]
    ) -> Compilation:
        """The compilation.

        Raises:
            Malformed: the tree has a guard that is not there.
        """
        if any(place >= len(guards) for item in guard_tree for place in item.guards):
            raise Malformed(f"{self.folder}: the tree of guards has one that is not there")
        told = {item.name: getattr(self, item.name) for item in fields(Compilation)}
        return Compilation(**told | {"guards": guards, "guard_tree": guard_tree, "metrics": metrics})


def compilation_json(item: Compilation, folder: str) -> Json:
    """The entry of a compilation."""
    data = {field.name: plain(getattr(item, field.name)) for field in fields(item) if field.name not in _ELSEWHERE}
    return data | {"folder": folder}


@dataclass(frozen=True)
class Manifest:
    """`manifest.json`."""

    format: str
    version: int
    target: Mapping[str, Any]
    environment: Mapping[str, Any]
    finished: bool
    records: Count
    dropped: Count
    notes: tuple[Note, ...]
    folders: Mapping[str, str]
    compilations: tuple[CompilationEntry, ...]
    artifacts: tuple[ArtifactEntry, ...]
    files: Mapping[str, FileEntry]
    others: tuple[ArtifactEntry, ...] = ()
    request: CaptureRequest | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)


# --- files of a compile id ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class GraphBreaks:
    """`graph_breaks.json`."""

    graph_breaks: tuple[GraphBreak, ...]


@dataclass(frozen=True)
class Recompiles:
    """`recompiles.json`."""

    recompiles: tuple[Recompile, ...]
    whole: bool = False
    """Whether each reason is one guard's; earlier versions of this program cut reasons at their line ends."""


@dataclass(frozen=True)
class Metrics:
    """`metrics.json`."""

    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class GuardTree:
    """`guard_tree.json`."""

    managers: tuple[GuardManager, ...]

    def __post_init__(self) -> None:
        if not all(0 <= item.depth <= DEEPEST and all(place >= 0 for place in item.guards) for item in self.managers):
            raise ValueError("a guard manager is nowhere in a tree")


@dataclass(frozen=True)
class Fusion:
    """`fusion.json`."""

    kernels: tuple[KernelFusion, ...]


def fusion_json(kernels: Iterable[KernelFusion]) -> Json:
    """`fusion.json`; the sums are for other readers."""

    def entry(item: KernelFusion) -> Json:
        values = [{**plain(value), "saved": value.saved} for value in item.intermediates]
        return {**plain(item), "intermediates": values, "saved_bytes": item.saved_bytes}

    return {"kernels": [entry(item) for item in kernels]}


# --- the other files ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Latency:
    """`latency.json`; a run's `summary` is for other readers."""

    runs: tuple[LatencyRun, ...]

    def __post_init__(self) -> None:
        for run in self.runs:
            if not all(0 <= sample <= MOST_SECONDS for sample in (*run.eager, *run.compiled)):
                raise ValueError("a sample is no time")
            if list(run.starts) != sorted(set(run.starts) & set(range(1, len(run.eager)))):
                raise ValueError("the starts of a series are not places in it")


@dataclass(frozen=True)
class Profiles:
    """`profile.json`: each list under the name of the capture's field."""

    version: int
    profiles: tuple[Profile, ...]
    numerics: tuple[Numerics, ...]
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True)
class Edits:
    """`edits.json`."""

    version: int
    edits: tuple[KernelEdit, ...] = ()

    def __post_init__(self) -> None:
        for race in (item.race for item in self.edits if item.race is not None):
            samples = (race.eager, race.compiled, race.edited)
            if len({len(item) for item in samples}) > 1 or not race.edited:
                raise ValueError("a race of an edit has other numbers of samples on its sides")
            if not all(0 <= sample <= MOST_SECONDS for item in samples for sample in item):
                raise ValueError("a sample is no time")


@dataclass(frozen=True)
class Facts:
    """`facts.json`: what a log says beside its texts, each list under the name of the capture's field."""

    version: int
    logs: tuple[LogFile, ...] = ()
    pieces: tuple[CompilePiece, ...] = ()
    inputs: tuple[TensorInput, ...] = ()
    shapes: tuple[SymbolicShapes, ...] = ()
    cache_lookups: tuple[CacheLookup, ...] = ()
    failures: tuple[Failure, ...] = ()
    code_states: tuple[CodeState, ...] = ()
    fake_kernels: tuple[FakeKernelProblem, ...] = ()
    collectives: tuple[CollectiveSchedule, ...] = ()
    estimates: tuple[GraphEstimate, ...] = ()
    autotunings: tuple[Autotuning, ...] = ()
    executions: tuple[GraphExecution, ...] = ()
    builds: tuple[Build, ...] = ()
    served: tuple[ModelPieces, ...] = ()
    passes: tuple[GraphPasses, ...] = ()


def listed(kind: type[Facts | Profiles | Edits], capture: Capture) -> Facts | Profiles | Edits:
    """The file of those fields of a capture."""
    return kind(1, **of_capture(kind, capture))


def of_capture(kind: type[Facts | Profiles | Edits], holder: object) -> dict[str, Any]:
    """The fields that a capture and the file of that kind share, as one of the two has them."""
    return {item.name: getattr(holder, item.name) for item in fields(kind) if item.name != "version"}


class Place(msgspec.Struct, frozen=True, gc=False):
    """A range in an artifact."""

    artifact: str
    start: tuple[Line, Column]
    end: tuple[Line, Column]

    @property
    def span(self) -> Span:
        """As the model has it, its id kept once for all: a large capture has a hundred thousand links."""
        return Span(sys.intern(self.artifact), Position(*self.start), Position(*self.end))


class LinkEntry(msgspec.Struct, frozen=True, gc=False):
    """A link."""

    a: Place
    b: Place
    origin: Origin


class Links(msgspec.Struct, frozen=True):
    """`links.json`."""

    links: tuple[LinkEntry, ...]

    @property
    def known(self) -> tuple[Link, ...]:
        """As the model has them."""
        return tuple(Link(item.a.span, item.b.span, item.origin) for item in self.links)


def span_json(span: Span) -> Json:
    """A range, as links and notes have it."""
    return {"artifact": span.artifact, "start": list(span.start), "end": list(span.end)}


def links_text(links: Iterable[Link]) -> bytes:
    """`links.json`, one link a line, so that `grep` and `git diff` see single links."""
    rows = ",\n".join(
        json.dumps({"a": span_json(link.a), "b": span_json(link.b), "origin": link.origin.value}) for link in links
    )
    return f'{{"version": 1, "links": [\n{rows}\n]}}\n'.encode()


@dataclass(frozen=True)
class NoteEntry:
    """A person's note."""

    id: str
    text: str
    span: Place | None = None
    compile_id: str | None = None
    author: str = ""
    time: str = ""

    @property
    def note(self) -> Annotation:
        """As the model has it."""
        span = self.span.span if self.span is not None else None
        return Annotation(self.id, self.text, span, self.compile_id, self.author, self.time)


@dataclass(frozen=True)
class Annotations:
    """`annotations.json`; the automatic notes in it are for other readers."""

    annotations: tuple[NoteEntry, ...]
