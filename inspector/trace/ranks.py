"""The ranks of a log, compared while one compile id of one rank is in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from inspector.compare.listings import Rank, RankLister, RankListing, SharedListings, split_ranks, split_rows
from inspector.compare.ranks import compare_listings, several
from inspector.model.capture import Capture, LogFile
from inspector.model.compile_row import CompileRow, Warmth
from inspector.model.overview import Overview
from inspector.model.rank_report import RankReport
from inspector.trace.builder import CaptureBuilder
from inspector.trace.compile_ids import Prefixes
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from inspector.trace.reader import BadRecord, Record
from inspector.trace.runs import OPENING, without_run

_GRAPHS = ("dynamo_output_graph", "aot_forward_graph", "aot_inference_graph", "aot_backward_graph")
_SCHEDULE = "artifact:inductor_collective_schedule"
_ESTIMATES = "artifact:inductor_runtime_and_tensor_meta"
_CODE = "inductor_output_code"
_EXECUTION = "artifact:graph_execution"

Told = Callable[[str, int, int], object]
"""Told which rank is being read, how many of its compile ids are, and of how many."""


def read_ranks(log: TraceLog, overview: Overview | None = None, progress: Told = lambda *_: None) -> RankReport:
    """How the ranks of a log differ.

    Args:
        log: indexed to its end here, where it is not yet.
        overview: of the log, where there is one already.
        progress: called before each compile id is read, on this thread; may raise to end it.

    Raises:
        UsageError: the log comes from fewer than two processes, or there is not one record in it.
    """
    overview = overview or read_overview(log, phases=False)
    told = {(item.name, item.prefix): item for item in overview.logs}
    logs = [told.pop((item.file, item.prefix), LogFile(item.file, item.rank, item.prefix)) for item in log.sources]
    logs += told.values()  # processes that wrote into another's log
    several(logs)
    ranks = split_ranks(logs)
    shared = SharedListings()
    rows = split_rows(ranks, overview.rows)
    listings = [_listing(log, *item, shared, progress) for item in zip(ranks, rows, strict=True)]
    return compare_listings(listings, lambda compile_id: log.capture((compile_id,)))


def _listing(
    log: TraceLog, rank: Rank, rows: Sequence[CompileRow], shared: SharedListings, progress: Told
) -> RankListing:
    lister = RankLister(rank, shared)
    light = log.grouped(rank.log.name, (*_GRAPHS, _SCHEDULE, _ESTIMATES))
    # Code is long, and says no more about collectives than a schedule does.
    codes = log.grouped(rank.log.name, (_CODE,))
    scheduled = _SCHEDULE in log.kinds
    for number, row in enumerate(rows):
        progress(rank.label, number, len(rows))
        read = [light.get(row.compile_id)]
        if not scheduled or row.warmth is Warmth.CACHED:
            read.append(codes.get(row.compile_id))
        capture = _capture(rank, (record for records in read if records for record in records()))
        lister.add(row, capture, without_run(row.compile_id))
    return lister.listing(_executions(log, rank).executions if _EXECUTION in log.kinds else ())


def _capture(rank: Rank, records: Iterable[Record | BadRecord]) -> Capture:
    """A capture of a few records of one rank: its compile ids are counted from the first use, whichever it is."""
    prefixes = Prefixes()
    prefixes.set(rank.log.name, rank.log.prefix)
    builder = CaptureBuilder(prefixes, links=False)
    for record in records:
        builder.feed(record)
    return builder.snapshot()


def _executions(log: TraceLog, rank: Rank) -> Capture:
    """A capture of the order in which a rank called its graphs; which use of a compile id it means, its begin tells."""
    begun = log.grouped(rank.log.name, (_EXECUTION, *OPENING))
    records = [record for read in begun.values() for record in read()]
    return _capture(rank, sorted(records, key=lambda record: record.offset))
