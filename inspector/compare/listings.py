"""What one rank did, as lines that are equal where two ranks did the same: one listing for each aspect.

A listing is made of blocks, one for each compile id or call, and a rank is taken in one compile id at a time, so that
the ranks of a log of gigabytes are compared without any of them being in memory.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.compare.rank_names import RankNames
from inspector.compare.reading import read_program
from inspector.compare.rows import AlignedSide
from inspector.compare.texts import text_of
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, CompileStatus, LogFile
from inspector.model.compile_row import CompileRow, Warmth, process_of
from inspector.model.difference import Text
from inspector.model.grouping import grouped
from inspector.model.rank_report import RankAspect, RankFigures
from inspector.model.stage import Stage
from inspector.model.tensors import GraphEstimate, GraphExecution, TensorMeta, is_wait
from inspector.say import units
from inspector.say.compiles import status_words

_CALL = re.compile(r"torch\.ops\._c10d_functional\.\w+\.\w+(?=\()")
_FUNCTIONAL = re.compile(r"^torch\.ops\._c10d_functional\.(\w+)\.default$")
_SCHEDULED = re.compile(r"op\d+(?:_op\d+)*$")
"""What the scheduler numbers: the same operation is `op3` on one rank and `op5` on another."""
SEQUENCES = frozenset((RankAspect.COMPILE_IDS, RankAspect.EXECUTION))
"""Aspects whose blocks have an order of their own; the others' stand by compile id."""


@dataclass(frozen=True)
class Rank:
    """One process of a job."""

    label: str
    """`rank 1`; the log's name where it tells no rank."""
    log: LogFile

    def plain(self, compile_id: str) -> str:
        """A compile id as torch prints it."""
        return compile_id.removeprefix(self.log.prefix)


def split_ranks(logs: Iterable[LogFile]) -> list[Rank]:
    """The logs of a job, by rank; a rank that was started again has several."""
    logs = list(logs)
    seen: Counter[int] = Counter()
    ranks = []
    for log in sorted(logs, key=lambda log: (log.rank is None, log.rank or 0)):
        label = log.name if log.rank is None else f"rank {log.rank}"
        if log.process is not None:  # several processes wrote into this log
            label += f", process {log.process}"
        elif log.rank is not None:
            label += f" (restart {seen[log.rank]})" if seen[log.rank] else ""
            seen[log.rank] += 1
        ranks.append(Rank(label, log))
    return ranks


def split_rows(ranks: Sequence[Rank], rows: Iterable[CompileRow]) -> list[Sequence[CompileRow]]:
    """Each rank's own rows; what no other rank's prefix stands before is the first log's, which has none."""
    prefixes = {rank.log.prefix for rank in ranks}

    def prefix_of(row: CompileRow) -> str:
        prefix = f"{process_of(row.compile_id)}/"
        return prefix if prefix in prefixes else ""

    found = grouped(rows, prefix_of)
    return [found.get(rank.log.prefix, ()) for rank in ranks]


@dataclass(frozen=True)
class ListingBlock:
    """What a rank's log says in one aspect about one compile id, or one call of a graph."""

    compile_id: str
    """As torch prints it; empty where the log does not say."""
    said: tuple[str, ...]
    """One for each line of the listing."""
    known: bool = True
    """False where torch did not record it, so that it agrees with whatever another rank says of that compile id."""

    @property
    def lines(self) -> list[str]:
        """As they stand in the listing."""
        return [f"{self.compile_id}  {words}".strip() for words in self.said]


@dataclass(frozen=True)
class RankListing:
    """One rank, ready to be compared."""

    rank: Rank
    figures: RankFigures
    blocks: Mapping[RankAspect, Sequence[ListingBlock]]
    answers: Mapping[tuple[str, str, int], str]
    """Compile id, cache and how often it was asked before → what it answered."""
    cached: tuple[str, ...]
    """Compile ids, as torch prints them, whose code came from a cache."""
    names: RankNames
    code_read: bool
    """Whether there was code, or a scheduler's order, to look for collectives in."""
    rows: Sequence[CompileRow]


@dataclass
class SharedListings:
    """What the listings of one job have in common, in memory once: ranks mostly do the same."""

    signatures: dict[bytes, str] = field(default_factory=dict)
    """Digest of a graph's text → its signature."""
    blocks: dict[ListingBlock, ListingBlock] = field(default_factory=dict)


class RankLister:
    """Takes a rank in, one compile id at a time, in the order they began.

    Args:
        rank: whose compile ids they are.
        shared: the same for all ranks of the job.
    """

    def __init__(self, rank: Rank, shared: SharedListings) -> None:
        self.rank = rank
        self._shared = shared
        self._blocks: dict[RankAspect, list[ListingBlock]] = {aspect: [] for aspect in RankAspect}
        self._rows: list[CompileRow] = []
        self._answers: dict[tuple[str, str, int], str] = {}
        self._estimated = 0.0
        self._waits = 0
        self._names = RankNames(rank.label)
        self._code_read = False

    def add(self, row: CompileRow, capture: Capture, compile_id: str | None = None) -> None:
        """Takes a compile id in.

        Args:
            row: of the overview.
            capture: a capture that holds it, with its graphs, estimates and collectives.
            compile_id: what that capture calls it; None where it is the row's.
        """
        plain = self.rank.plain(row.compile_id)
        known_as = row.compile_id if compile_id is None else compile_id
        self._rows.append(row)
        self._block(RankAspect.COMPILE_IDS, plain, (f"{row.function}  {status_words(row.status)}",))
        self._block(RankAspect.GRAPHS, plain, map(self._signature, graphs_in(capture, known_as)))
        self._add_answers(row, plain)
        estimates = [item for item in capture.estimates if item.compile_id == known_as]
        cached = row.warmth is Warmth.CACHED
        self._block(RankAspect.TENSORS, plain, _tensors(estimates), missing=cached)
        seconds = [item.seconds for item in estimates if item.seconds]
        self._estimated += sum(seconds)
        self._block(RankAspect.RUNTIME, plain, [units.seconds(item) for item in seconds], missing=cached)
        operations = _collective_operations(known_as, capture)
        collectives = [_short(item) for item in operations if not is_wait(item)]
        self._waits += len(operations) - len(collectives)
        # Of a cached compile no schedule is recorded, but its code is, and that calls them in the same order.
        has_code = bool(capture.find(Stage.INDUCTOR, known_as))
        self._code_read = self._code_read or has_code or bool(operations)
        self._block(RankAspect.COLLECTIVES, plain, collectives, missing=cached and not has_code)

    def listing(self, executions: Iterable[GraphExecution] = ()) -> RankListing:
        """The rank, once all its compile ids are in.

        Args:
            executions: those of the rank's log.
        """
        for execution in executions:
            for call in execution.order:
                plain = self.rank.plain(call.compile_id)
                self._block(RankAspect.EXECUTION, plain, ("",) if plain else (), missing=not plain)
        rows = self._rows
        graph_answers = [answer for (_, cache, _), answer in self._answers.items() if cache == "fx_graph"]
        figures = RankFigures(
            self.rank.label,
            len(rows),
            sum(row.status is CompileStatus.FAILED for row in rows),
            sum(row.recompiles > 0 and row.compiled for row in rows),
            graph_answers.count("hit"),
            graph_answers.count("miss"),
            sum(len(block.said) for block in self._blocks[RankAspect.COLLECTIVES] if block.known),
            sum(row.times.seconds for row in rows) or None,
            1e3 * self._estimated if self._estimated else None,
            self._waits,
            sum(row.untimed for row in rows),
        )
        cached = tuple(self.rank.plain(row.compile_id) for row in rows if row.warmth is Warmth.CACHED)
        blocks, answers = self._blocks, self._answers
        return RankListing(self.rank, figures, blocks, answers, cached, self._names, self._code_read, rows)

    def _block(self, aspect: RankAspect, compile_id: str, said: Iterable[str], *, missing: bool = False) -> None:
        """Keeps a block.

        Args:
            missing: whether nothing said means that torch did not record it, rather than that there was nothing.
        """
        made = ListingBlock(compile_id, tuple(" ".join(words.splitlines()) for words in said))
        if not made.said and not missing:
            return
        if not made.said:
            why = "not recorded: its code came from a cache" if compile_id else "a graph that torch did not name"
            made = ListingBlock(compile_id, (why,), known=False)
        self._blocks[aspect].append(self._shared.blocks.setdefault(made, made))

    def _add_answers(self, row: CompileRow, plain: str) -> None:
        """By cache: which of them torch logs first depends on what they answer."""
        asked: Counter[str] = Counter()
        for lookup in row.caches:
            self._answers[plain, lookup.cache, asked[lookup.cache]] = lookup.answer
            asked[lookup.cache] += 1
        lines = [f"{item.cache}  {item.answer}" for item in sorted(row.caches, key=lambda item: item.cache)]
        self._block(RankAspect.CACHES, plain, lines)

    def _signature(self, graph: Artifact) -> str:
        text = replace(text_of(graph), text=self._names.plain(graph.text))
        key = hashlib.sha256(text.text.encode(errors="surrogatepass")).digest()
        if key not in self._shared.signatures:
            self._shared.signatures[key] = _signature(text)
        which = ("backward" if graph.stage is Stage.ATEN_BACKWARD else "", graph.variant)
        return f"{' '.join(filter(None, which))} {self._shared.signatures[key]}".lstrip()


def graphs_in(capture: Capture, compile_id: str) -> Sequence[Artifact]:
    """The ATen graphs of a compile id, forward and then backward, or Dynamo's where there is none."""
    aten = (*capture.find(Stage.ATEN, compile_id), *capture.find(Stage.ATEN_BACKWARD, compile_id))
    return aten or capture.find(Stage.DYNAMO, compile_id)


def _signature(graph: Text) -> str:
    """How many operations a graph has, and a digest of its lines with each name as the number of what defines it."""
    digest, kinds = structure_of(graph)
    count = kinds.total()
    return f"{count} operation{'' if count == 1 else 's'}, structure {digest[:8]}"


def structure_of(graph: Text) -> tuple[str, Counter[str]]:
    """A digest of a graph's lines with each name as the number of what defines it, and its operations by kind."""
    program = read_program(graph)
    side = AlignedSide(program, {index: str(index) for index in range(len(program.statements))}, {}, {})
    structure = "\n".join(line for number, line in enumerate(side.lines, 1) if number in program.saying)
    digest = hashlib.sha256(structure.encode(errors="surrogatepass")).hexdigest()
    kinds = (item.kind for item in program.statements)
    return digest, Counter(kind for kind in kinds if kind not in ("placeholder", "return"))


def _collective_operations(compile_id: str, capture: Capture) -> list[str]:
    """Collectives and waits in the scheduler's order; where that is not recorded, as the output code calls them."""
    schedules = [item for item in capture.collectives if item.compile_id == compile_id]
    if schedules:
        return [operation for item in schedules for operation in item.operations]
    return [call for code in capture.find(Stage.INDUCTOR, compile_id) for call in _CALL.findall(code.text)]


def _short(operation: str) -> str:
    """`all_reduce_` of `torch.ops._c10d_functional.all_reduce_.default`; other libraries' functions in full."""
    match = _FUNCTIONAL.match(operation)
    return match[1] if match else operation


def _tensors(estimates: Collection[GraphEstimate]) -> Iterator[str]:
    """What each operation writes; waits write nothing of their own."""
    for graph in estimates:
        for operation in graph.operations:
            if not is_wait(operation.name):
                name = "computes" if _SCHEDULED.match(operation.name) else _short(operation.name)
                written = ", ".join(_meta(output) for output in operation.outputs if output.dtype) or "in place"
                yield f"{name}  {written}"


def _meta(tensor: TensorMeta) -> str:
    stride = f" stride ({', '.join(tensor.stride)})" if tensor.stride else ""
    return f"{tensor.dtype}[{', '.join(tensor.shape)}]{stride}"
