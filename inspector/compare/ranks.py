"""All ranks of one job: in what they agree, and where they differ, shown as a difference between two of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from inspector.compare.caches import compare_lookups
from inspector.compare.listings import (
    SEQUENCES,
    ListingBlock,
    RankLister,
    RankListing,
    SharedListings,
    graphs_in,
    split_ranks,
    split_rows,
)
from inspector.compare.rank_names import normalised, not_expected, shared_device
from inspector.compare.rank_times import alone_compiling, compiled_again, tips
from inspector.compare.texts import compare_texts, text_of
from inspector.errors import UsageError
from inspector.model.artifact import Language
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture
from inspector.model.difference import CacheDifference, Text, TextDifference
from inspector.model.grouping import grouped
from inspector.model.overview_of import overview_of
from inspector.model.rank_report import Divergence, RankAspect, RankGroup, RankReport
from inspector.say.ranks import ranks_in_words

Look = Callable[[str], Capture]
"""Gives a capture with the graph and the cache look-ups of a qualified compile id."""

_AT_CODE_GENERATION = frozenset((RankAspect.COLLECTIVES, RankAspect.TENSORS, RankAspect.RUNTIME))
"""Aspects that torch records when it generates code, and not when a cache has the code already."""


def compare_ranks(capture: Capture) -> RankReport:
    """How the ranks of one job differ, whose logs were read into one capture.

    Raises:
        UsageError: the capture comes from fewer than two logs.
    """
    several(capture.logs)
    ranks = split_ranks(capture.logs)
    executions = grouped(capture.executions, lambda item: item.log)
    shared = SharedListings()
    listings = []
    for rank, rows in zip(ranks, split_rows(ranks, overview_of(capture).rows), strict=True):
        lister = RankLister(rank, shared)
        for row in rows:
            lister.add(row, capture)
        listings.append(lister.listing(executions.get(rank.log.name, ())))
    return compare_listings(listings, lambda _: capture)


def several(logs: Sequence[object]) -> None:
    """Looks whether there are logs of several processes.

    Raises:
        UsageError: there are fewer than two.
    """
    if len(logs) < 2:
        raise UsageError(
            "This is of one process, and ranks are compared between two or more.",
            "Give the folder that holds every rank's log.",
        )


def compare_listings(ranks: Sequence[RankListing], look: Look) -> RankReport:
    """How ranks differ that were taken in one by one.

    Args:
        ranks: two or more.
        look: reads what is shown of a compile id in which ranks differ.
    """
    figures = tuple(rank.figures for rank in ranks)
    names = [rank.names for rank in ranks]
    elsewhere = not_expected({rank.rank.log.rank: rank.names for rank in ranks if rank.rank.log.rank is not None})
    told = [_on_its_device(rank) if rank.names in elsewhere else rank for rank in ranks]
    aspects = tuple(_aspect(aspect, told, look) for aspect in RankAspect)
    remarks = [*alone_compiling(ranks), *tips(ranks)]
    if all(rank.rank.log.rank is None for rank in ranks):
        remarks.insert(0, "No log says which rank it is of: that these processes are ranks of one job is not known.")
    if device := shared_device(names):
        remarks.append(
            f"All ranks compiled for {device}: each sees its own device under that index, or they share one."
        )
    return RankReport(figures, aspects, tuple(normalised(names)), tuple(remarks))


def _on_its_device(rank: RankListing) -> RankListing:
    """A rank on a device that is not its own: its graphs are no other rank's."""
    graphs = [
        replace(block, said=tuple(f"{said} on {rank.names.device}" for said in block.said))
        for block in rank.blocks[RankAspect.GRAPHS]
    ]
    return replace(rank, blocks={**rank.blocks, RankAspect.GRAPHS: graphs})


def _aspect(aspect: RankAspect, ranks: Sequence[RankListing], look: Look) -> Divergence:
    spoken = [rank for rank in ranks if rank.blocks[aspect]]
    remarks = tuple(_remarks(aspect, spoken))
    if not any(block.known for rank in spoken for block in rank.blocks[aspect]):
        found = Divergence(aspect, (), remarks=remarks if len(spoken) == len(ranks) else ())
        searched = aspect is RankAspect.COLLECTIVES and all(rank.code_read for rank in ranks)
        return replace(found, nothing="none in the code that the logs hold") if searched else found
    absent = tuple(rank.rank.label for rank in ranks if not rank.blocks[aspect])
    members = _agreeing(aspect, spoken)
    groups = tuple(_group(aspect, group, ranks) for group in members)
    firsts = [group[0] for group in members]
    differences = [_difference(aspect, groups[0].listing, group.listing) for group in groups[1:]]
    result = Divergence(
        aspect, groups, absent, tuple(differences), first=_first(aspect, firsts, absent), remarks=remarks
    )
    if aspect is RankAspect.GRAPHS:
        alike = () if len(groups) == 1 else tuple(_counterparts(firsts))
        return replace(result, differences=(*differences, *_graphs(firsts, look)), remarks=(*remarks, *alike))
    if aspect is RankAspect.COLLECTIVES and len(groups) > 1:
        return replace(result, remarks=(*remarks, *_same_order(firsts)))
    if aspect is RankAspect.COMPILE_IDS:
        return replace(result, reasons=tuple(compiled_again(firsts)))
    if aspect is RankAspect.CACHES:
        return replace(result, caches=tuple(_caches(firsts, look)))
    return result


# --- who agrees ---------------------------------------------------------------------------------------------


def _agreeing(aspect: RankAspect, ranks: Sequence[RankListing]) -> list[list[RankListing]]:
    """The ranks in groups that agree, the largest first; a group's first rank is one whose log says the most."""
    complete = sorted(ranks, key=lambda rank: sum(not block.known for block in rank.blocks[aspect]))
    groups: list[list[RankListing]] = []
    misnamed = aspect is RankAspect.EXECUTION and any(rank.cached for rank in ranks)
    alike: dict[Hashable, list[RankListing]] = {}
    """What is said → the group that says it: there may be thousands of ranks, and what says all is not searched for."""
    for rank in complete:
        blocks = rank.blocks[aspect]
        same = (tuple(blocks) if aspect in SEQUENCES else frozenset(blocks), rank.cached if misnamed else ())
        found = alike.get(same)
        if found is None and (misnamed or not all(block.known for block in blocks)):
            found = next((group for group in groups if _parting(aspect, group[0], rank) is None), None)
        if found is None:
            found = []
            groups.append(found)
        found.append(rank)
        alike.setdefault(same, found)
    order = {id(rank): number for number, rank in enumerate(ranks)}
    return sorted(groups, key=lambda group: (-len(group), min(order[id(rank)] for rank in group)))


class _Parting(NamedTuple):
    """Two blocks that disagree; None for what a side lacks."""

    where: str
    """The compile id; of a sequence, which entry."""
    a: ListingBlock | None
    b: ListingBlock | None


def _parting(aspect: RankAspect, a: RankListing, b: RankListing) -> _Parting | None:
    """Where two ranks differ first; None where they agree, as far as their logs say."""
    ours, theirs = a.blocks[aspect], b.blocks[aspect]
    if aspect in SEQUENCES:
        pairs = [_Parting(f"entry {number}", *pair) for number, pair in enumerate(zip_longest(ours, theirs), 1)]
    else:
        known_a, known_b = ({block.compile_id: block for block in side} for side in (ours, theirs))
        pairs = [_Parting(key, known_a.get(key), known_b.get(key)) for key in dict.fromkeys((*known_a, *known_b))]
    if aspect is RankAspect.EXECUTION:
        pairs = [pair for pair in pairs if not (_misnamed(pair.a, pair.b, b) or _misnamed(pair.b, pair.a, a))]
    return next((pair for pair in pairs if pair.a != pair.b and all(_is_known(block) for block in pair[1:])), None)


def _is_known(block: ListingBlock | None) -> bool:
    return block is None or block.known


def _misnamed(one: ListingBlock | None, other: ListingBlock | None, other_rank: RankListing) -> bool:
    """Whether the other rank may mean the graph that one names: torch names one that came from a cache wrongly."""
    return one is not None and other is not None and one.compile_id in other_rank.cached


def _group(aspect: RankAspect, members: Sequence[RankListing], ranks: Sequence[RankListing]) -> RankGroup:
    """What a group agrees on, as its first member says it."""
    of_it = set(map(id, members))
    labels = tuple(rank.rank.label for rank in ranks if id(rank) in of_it)
    lines = [line for block in members[0].blocks[aspect] for line in block.lines]
    title = f"{members[0].rank.label} · {aspect.heading}"
    return RankGroup(labels, Text(title, Language.TEXT, "\n".join(lines) + "\n"))


def _remarks(aspect: RankAspect, ranks: Sequence[RankListing]) -> Iterator[str]:
    """What keeps the ranks from being compared in full."""
    for rank in ranks:
        unknown = [block.compile_id for block in rank.blocks[aspect] if not block.known]
        if unknown and aspect in _AT_CODE_GENERATION:
            yield (
                f"{rank.rank.label}: {_listed(unknown)} came from a cache; torch records {aspect.heading} only where "
                "it generates code."
            )
        elif aspect is RankAspect.EXECUTION and rank.cached:
            yield (
                f"{rank.rank.label}: {_listed(rank.cached)} came from a cache; torch lists such a graph under the "
                "number it had in the process that stored it, so an entry may mean another graph than it names."
            )
        elif unknown:
            yield f"{rank.rank.label}: torch did not name {len(unknown)} of the graphs it called."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


# --- where they differ --------------------------------------------------------------------------------------


def _difference(aspect: RankAspect, a: Text, b: Text) -> TextDifference:
    return compare_texts(aspect.heading, a, b).difference


def _first(aspect: RankAspect, firsts: Sequence[RankListing], absent: Sequence[str]) -> str:
    """The first place where ranks differ, in words."""
    ours, *others = firsts
    for theirs in others:
        if (parting := _parting(aspect, ours, theirs)) is not None:
            words = _in_sequence(parting) if aspect in SEQUENCES else _in_block(parting)
            said = (f"{word} on {side.rank.label}" for word, side in zip(words, (ours, theirs), strict=True))
            return f"{parting.where}: {', '.join(said)}"
    return f"{ranks_in_words(absent)}: nothing in the log" if absent else ""


def _in_sequence(parting: _Parting) -> list[str]:
    return ["nothing" if block is None else " ".join(block.lines[0].split()) for block in parting[1:]]


def _in_block(parting: _Parting) -> list[str]:
    """What both sides say at the first line that differs, without the compile id."""
    sides = [() if block is None else block.said for block in parting[1:]]
    a, b = next(pair for pair in zip_longest(*sides) if pair[0] != pair[1])
    return ["nothing" if said is None else " ".join(said.split()) for said in (a, b)]


def _graphs(firsts: Sequence[RankListing], look: Look) -> Iterator[TextDifference]:
    """For each further group the first graph that is another one than the first group's."""
    ours, *others = firsts
    for theirs in others:
        for compile_id, number in _other_graphs(ours.blocks[RankAspect.GRAPHS], theirs.blocks[RankAspect.GRAPHS]):
            ids = [f"{side.rank.log.prefix}{compile_id}" for side in (ours, theirs)]
            a, b = (graphs_in(look(each), each)[number] for each in ids)
            title = f"{compile_id} {a.stage.heading} on {ours.rank.label} and {theirs.rank.label}"
            texts = (
                replace(text_of(graph), text=side.names.plain(graph.text)) for graph, side in ((a, ours), (b, theirs))
            )
            yield compare_texts(title, *texts, stage=a.stage).difference
            break


def _counterparts(firsts: Sequence[RankListing]) -> Iterator[str]:
    """Which compile ids have equal graphs on both sides, and which have nothing to be held against."""
    ours, *others = firsts
    a = {block.compile_id: block.said for block in ours.blocks[RankAspect.GRAPHS]}
    for theirs in others:
        b = {block.compile_id: block.said for block in theirs.blocks[RankAspect.GRAPHS]}
        if equal := [key for key, said in a.items() if b.get(key) == said]:
            yield f"{_listed(equal)}: equal on {ours.rank.label} and {theirs.rank.label}."
        for side, own, other in ((ours, a, b), (theirs, b, a)):
            if alone := [key for key in own if key not in other]:
                yield f"{_listed(alone)}: on {side.rank.label} alone, with nothing to be held against."


def _same_order(firsts: Sequence[RankListing]) -> Iterator[str]:
    """Of the compile ids that two groups have: where the same collectives are called in the same order."""
    ours, *others = firsts
    for theirs in others:
        a, b = ({block.compile_id: block for block in side.blocks[RankAspect.COLLECTIVES]} for side in (ours, theirs))
        both = [key for key, block in a.items() if key in b and block.known and b[key].known]
        if both and all(a[key] == b[key] for key in both):
            where = f"{ours.rank.label} and {theirs.rank.label}"
            yield f"{_listed(both)}: the same collectives in the same order on {where}."


def _other_graphs(a: Sequence[ListingBlock], b: Sequence[ListingBlock]) -> Iterator[tuple[str, int]]:
    """The graphs that both ranks have, and not the same: compile id, and which of its graphs."""
    theirs = {block.compile_id: block.said for block in b}
    for block in a:
        for number, (x, y) in enumerate(zip(block.said, theirs.get(block.compile_id, ()), strict=False)):
            if x != y:
                yield block.compile_id, number


def _caches(firsts: Sequence[RankListing], look: Look) -> Iterator[CacheDifference]:
    """For each further group the first look-up with another answer than the first group's, and its key's parts."""
    ours, *others = firsts
    for theirs in others:
        asked = next((key for key, answer in ours.answers.items() if theirs.answers.get(key, answer) != answer), None)
        if asked is not None:
            a, b = (_lookup(side, asked, look) for side in (ours, theirs))
            if a is not None and b is not None:
                yield compare_lookups(a, b)


def _lookup(side: RankListing, asked: tuple[str, str, int], look: Look) -> CacheLookup | None:
    compile_id, cache, number = f"{side.rank.log.prefix}{asked[0]}", asked[1], asked[2]
    found = [item for item in look(compile_id).cache_lookups if (item.compile_id, item.cache) == (compile_id, cache)]
    return found[number] if number < len(found) else None
