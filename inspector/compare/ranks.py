"""All ranks of one job: in what they agree, and where they part, shown as a difference between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from inspector.compare.caches import compare_lookups
from inspector.compare.listings import LISTINGS, Rank, graph_of, split_ranks
from inspector.compare.texts import compare_texts, text_of
from inspector.errors import UsageError
from inspector.model.artifact import Language
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, CompileStatus
from inspector.model.difference import (
    CacheDifference,
    Change,
    Divergence,
    RankAspect,
    RankFigures,
    RankGroup,
    RankReport,
    Row,
    Text,
    TextDifference,
)


def compare_ranks(capture: Capture) -> RankReport:
    """How the ranks of one job differ, whose logs were read into one capture.

    Raises:
        UsageError: the capture comes from fewer than two logs.
    """
    ranks = split_ranks(capture)
    if len(ranks) < 2:
        raise UsageError(
            f"There {'is one log' if ranks else 'is no log'} here: ranks are compared between two or more.",
            "Give the folder that holds every rank's log.",
        )
    return RankReport(tuple(_figures(rank) for rank in ranks), tuple(_aspect(aspect, ranks) for aspect in RankAspect))


def _aspect(aspect: RankAspect, ranks: Sequence[Rank]) -> Divergence:
    found: dict[str, list[Rank]] = {}
    absent = []
    for rank in ranks:
        lines = list(LISTINGS[aspect](rank))
        if lines:
            found.setdefault("\n".join(lines) + "\n", []).append(rank)
        else:
            absent.append(rank.label)
    if not found:
        return Divergence(aspect, ())
    members = sorted(found.items(), key=lambda item: -len(item[1]))
    groups = tuple(
        RankGroup(
            tuple(rank.label for rank in group),
            Text(f"{group[0].label} · {aspect.heading}", Language.TEXT, listing),
        )
        for listing, group in members
    )
    firsts = [group[0] for _, group in members]
    differences = [compare_texts(aspect.heading, groups[0].listing, group.listing).difference for group in groups[1:]]
    result = Divergence(aspect, groups, tuple(absent), tuple(differences), first=_first(groups, differences, absent))
    if aspect is RankAspect.GRAPHS:
        return replace(result, differences=(*differences, *_graphs(firsts)))
    if aspect is RankAspect.CACHES:
        return replace(result, caches=tuple(_caches(firsts)))
    return result


# --- where they part ----------------------------------------------------------------------------------------


def _first(groups: Sequence[RankGroup], differences: Sequence[TextDifference], absent: Sequence[str]) -> str:
    """The first row that differs, in words."""
    for difference, group in zip(differences, groups[1:], strict=True):
        row = next((row for row in difference.rows if row.change is not Change.SAME), None)
        if row is not None:
            return (
                f"entry {row.a or row.b}: {_said(groups[0].listing, row.a)} on {groups[0].ranks[0]}, "
                f"{_said(group.listing, row.b)} on {group.ranks[0]}{_counterpart(row)}"
            )
    return f"{', '.join(absent)}: nothing in the log" if absent else ""


def _said(listing: Text, line: int | None) -> str:
    return "nothing" if line is None else " ".join(listing.lines[line - 1].split())


def _counterpart(row: Row) -> str:
    return f" (there it is entry {row.other})" if row.other else ""


def _graphs(firsts: Sequence[Rank]) -> Iterator[TextDifference]:
    """For each further group the first graph that is another one than the first group's."""
    signatures = [dict(_graph_lines(rank)) for rank in firsts]
    for rank, theirs in zip(firsts[1:], signatures[1:], strict=True):
        for compile_id, signature in signatures[0].items():
            if theirs.get(compile_id, signature) != signature:
                a, b = graph_of(firsts[0], compile_id), graph_of(rank, compile_id)
                if a and b:
                    title = f"{compile_id} {a.stage.heading} on {firsts[0].label} and {rank.label}"
                    yield compare_texts(title, text_of(a), text_of(b), stage=a.stage).difference
                    break


def _graph_lines(rank: Rank) -> Iterator[tuple[str, str]]:
    for line in LISTINGS[RankAspect.GRAPHS](rank):
        compile_id, _, rest = line.partition(" ")
        yield compile_id, rest


def _caches(firsts: Sequence[Rank]) -> Iterator[CacheDifference]:
    """For each further group the first look-up with another answer than the first group's, and its key's parts."""
    ours = _by_question(firsts[0])
    for rank in firsts[1:]:
        theirs = _by_question(rank)
        for question, lookup in ours.items():
            other = theirs.get(question)
            if other is not None and other.answer != lookup.answer:
                yield compare_lookups(lookup, other)
                break


def _by_question(rank: Rank) -> Mapping[tuple[str, str, int], CacheLookup]:
    """Compile id, cache and how often it was asked before → look-up."""
    found: dict[tuple[str, str, int], CacheLookup] = {}
    for lookup in rank.capture.cache_lookups:
        if rank.has(lookup.compile_id):
            asked = sum(key[:2] == (rank.plain(lookup.compile_id), lookup.cache) for key in found)
            found[rank.plain(lookup.compile_id), lookup.cache, asked] = lookup
    return found


# --- figures ------------------------------------------------------------------------------------------------


def _figures(rank: Rank) -> RankFigures:
    capture = rank.capture
    compilations = [item for item in capture.compilations if rank.has(item.compile_id)]
    lookups = [item for item in capture.cache_lookups if rank.has(item.compile_id) and item.cache == "fx_graph"]
    phases = [item for item in capture.phases if item.compile_id and item.duration and rank.has(item.compile_id)]
    estimates = [item.seconds for item in capture.estimates if rank.has(item.compile_id)]
    seconds = (
        max(item.start + (item.duration or 0.0) for item in phases) - min(item.start for item in phases)
        if phases
        else None
    )
    return RankFigures(
        rank.label,
        len(compilations),
        sum(item.status is CompileStatus.FAILED for item in compilations),
        sum(rank.has(item.compile_id) for item in capture.recompiles),
        sum(item.answer == "hit" for item in lookups),
        sum(item.answer == "miss" for item in lookups),
        sum(len(item.operations) for item in capture.collectives if rank.has(item.compile_id)),
        seconds,
        1e3 * sum(estimates) if estimates else None,
    )
