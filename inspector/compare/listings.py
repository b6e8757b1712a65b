"""What one rank did, as lines that are equal where two ranks did the same: one listing for each aspect."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from inspector.compare.reading import read_program
from inspector.compare.texts import text_of
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, LogFile
from inspector.model.difference import RankAspect
from inspector.model.stage import Stage
from inspector.model.tensors import TensorMeta

_COLLECTIVE = re.compile(r"torch\.ops\._c10d_functional\.(\w+)\.\w+\(")


@dataclass(frozen=True)
class Rank:
    """One process's part of a capture."""

    capture: Capture
    label: str
    """`rank 1`; the log's name where it tells no rank."""
    log: LogFile
    others: tuple[str, ...]
    """What stands before other logs' compile ids."""

    def has(self, compile_id: str) -> bool:
        """Whether a qualified compile id is this rank's."""
        if self.log.prefix:
            return compile_id.startswith(self.log.prefix)
        return not compile_id.startswith(self.others)

    def plain(self, compile_id: str) -> str:
        """A compile id as torch prints it."""
        return compile_id.removeprefix(self.log.prefix)


def split_ranks(capture: Capture) -> list[Rank]:
    """The logs of a capture, by rank; a rank that was started again has several."""
    prefixes = [log.prefix for log in capture.logs if log.prefix]
    seen: Counter[int] = Counter()
    ranks = []
    for log in sorted(capture.logs, key=lambda log: (log.rank is None, log.rank or 0)):
        label = log.name
        if log.rank is not None:
            again = f" (restart {seen[log.rank]})" if seen[log.rank] else ""
            label = f"rank {log.rank}{again}"
            seen[log.rank] += 1
        ranks.append(Rank(capture, label, log, tuple(prefix for prefix in prefixes if prefix != log.prefix)))
    return ranks


def graph_of(rank: Rank, compile_id: str) -> Artifact | None:
    """The ATen graph of a plain compile id, or Dynamo's where there is none."""
    for stage in (Stage.ATEN, Stage.DYNAMO):
        if found := rank.capture.find(stage, f"{rank.log.prefix}{compile_id}"):
            return found[0]
    return None


def _compile_ids(rank: Rank) -> Iterator[str]:
    for item in rank.capture.compilations:
        if rank.has(item.compile_id):
            yield f"{rank.plain(item.compile_id)}  {item.function}  {item.status.value}"


def _graphs(rank: Rank) -> Iterator[str]:
    for item in rank.capture.compilations:
        if rank.has(item.compile_id) and (graph := graph_of(rank, rank.plain(item.compile_id))):
            yield f"{rank.plain(item.compile_id)}  {_signature(graph)}"


def _signature(graph: Artifact) -> str:
    """How many operations a graph has, and a digest of them with types and literals but without names."""
    program = read_program(text_of(graph))
    structure = [(item.key, operands) for item, operands in zip(program.statements, program.operands, strict=True)]
    digest = hashlib.sha256(repr(structure).encode(errors="surrogatepass")).hexdigest()[:8]
    count = sum(item.kind not in ("placeholder", "return") for item in program.statements)
    return f"{count} operation{'' if count == 1 else 's'}, structure {digest}"


def _caches(rank: Rank) -> Iterator[str]:
    for item in rank.capture.cache_lookups:
        if rank.has(item.compile_id):
            yield f"{rank.plain(item.compile_id)}  {item.cache}  {item.answer}"


def _collectives(rank: Rank) -> Iterator[str]:
    """As the scheduler ordered them; where no rank's log says that, as the output code calls them, waits left out."""
    if not rank.capture.collectives:
        yield from _collective_calls(rank)
    for schedule in rank.capture.collectives:
        if rank.has(schedule.compile_id):
            for operation in schedule.operations:
                yield f"{rank.plain(schedule.compile_id)}  {operation}"


def _collective_calls(rank: Rank) -> Iterator[str]:
    for code in rank.capture.find(Stage.INDUCTOR):
        if code.compile_id is not None and rank.has(code.compile_id):
            for match in _COLLECTIVE.finditer(code.text):
                if match[1] != "wait_tensor":
                    yield f"{rank.plain(code.compile_id)}  {match[0].removesuffix('(')}"


def _tensors(rank: Rank) -> Iterator[str]:
    for graph in rank.capture.estimates:
        if rank.has(graph.compile_id):
            for operation in graph.operations:
                written = ", ".join(map(_meta, operation.outputs)) or "nothing"
                yield f"{rank.plain(graph.compile_id)}  {operation.name}  {written}"


def _meta(tensor: TensorMeta) -> str:
    stride = f" stride ({', '.join(tensor.stride)})" if tensor.stride else ""
    return f"{tensor.dtype}[{', '.join(tensor.shape)}]{stride}"


def _execution(rank: Rank) -> Iterator[str]:
    for execution in rank.capture.executions:
        if execution.log == rank.log.name:
            for graph in execution.order:
                yield rank.plain(graph.compile_id)


def _runtime(rank: Rank) -> Iterator[str]:
    """Three digits: what differs by less says nothing about the ranks."""
    for graph in rank.capture.estimates:
        if rank.has(graph.compile_id):
            yield f"{rank.plain(graph.compile_id)}  {graph.seconds * 1e6:.3g} µs"


LISTINGS: Mapping[RankAspect, Callable[[Rank], Iterator[str]]] = {
    RankAspect.COMPILE_IDS: _compile_ids,
    RankAspect.GRAPHS: _graphs,
    RankAspect.CACHES: _caches,
    RankAspect.COLLECTIVES: _collectives,
    RankAspect.TENSORS: _tensors,
    RankAspect.EXECUTION: _execution,
    RankAspect.RUNTIME: _runtime,
}
"""Aspect → the lines of one rank; none where its log does not speak of it."""
