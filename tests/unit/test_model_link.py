"""The link index: up or down, never both; finest first; honest about the weakest step."""

from __future__ import annotations

import random

import pytest

from inspector.model.artifact import Position, Span
from inspector.model.link import Link, LinkIndex, Origin
from inspector.model.roots import COLOURS
from inspector.model.spans import SpanTable, pack


def at(artifact: str, line: int, start: int = 0, end: int = 10) -> Span:
    return Span(artifact, Position(line, start), Position(line, end))


def lines(artifact: str, first: int, last: int | None = None) -> Span:
    return Span.of_lines(artifact, first, last)


SILU, PRODUCT = at("source", 3, 10, 20), at("source", 3, 10, 40)
LINKS = [
    Link(SILU, at("dynamo", 1), Origin.EXACT),
    Link(PRODUCT, at("dynamo", 2), Origin.EXACT),
    Link(at("dynamo", 1), at("aten", 1), Origin.EXACT),
    Link(at("dynamo", 1), at("aten", 2), Origin.EXACT),
    Link(at("dynamo", 2), at("aten", 3), Origin.ALIGNED),
    Link(at("aten", 1), lines("kernel", 1, 9), Origin.KERNEL),
    Link(at("aten", 2), lines("kernel", 1, 9), Origin.KERNEL),
    Link(at("aten", 3), lines("kernel", 1, 9), Origin.KERNEL),
    *(Link(lines("kernel", n), lines("asm", 10 * n, 10 * n + 5), Origin.DEBUG_INFO) for n in range(1, 10)),
]
INDEX = LinkIndex(LINKS)


def found(index: LinkIndex, artifact: str, line: int, col: int | None = None) -> dict[str, list[int]]:
    relatives = index.relatives(artifact, line, col)
    return {key: [item.span.start.line for item in items] for key, items in relatives.by_artifact.items()}


def test_a_column_picks_the_innermost_expression() -> None:
    assert found(INDEX, "source", 3, 12)["dynamo"] == [1]
    assert found(INDEX, "source", 3, 12)["aten"] == [1, 2]
    assert found(INDEX, "source", 3, 30)["dynamo"] == [2]


def test_a_line_takes_everything_on_it() -> None:
    assert found(INDEX, "source", 3)["dynamo"] == [1, 2]


def test_a_column_beside_every_expression_means_the_line() -> None:
    assert found(INDEX, "source", 3, 60) == found(INDEX, "source", 3)


def test_siblings_in_a_kernel_are_no_relatives() -> None:
    assert found(INDEX, "aten", 1)["aten"] == [1]
    assert found(INDEX, "aten", 1)["dynamo"] == [1]


def test_an_instruction_leads_up_to_the_source_and_not_to_other_instructions() -> None:
    up = found(INDEX, "asm", 42)
    assert up["kernel"] == [4, 1] or up["kernel"] == [1, 4] or up["kernel"] == [4]
    assert up["source"] == [3, 3]
    assert up["asm"] == [40]


def test_the_weakest_step_is_told() -> None:
    relatives = INDEX.relatives("dynamo", 2).by_artifact
    assert [item.origin for item in relatives["aten"]] == [Origin.ALIGNED]
    assert {item.origin for item in relatives["asm"]} == {Origin.KERNEL}
    assert [item.origin for item in INDEX.relatives("asm", 42).by_artifact["kernel"]] == [Origin.DEBUG_INFO]


def test_of_two_ways_the_better_known_counts() -> None:
    index = LinkIndex(
        [
            Link(at("a", 1), at("b", 1), Origin.ALIGNED),
            Link(at("b", 1), at("c", 1), Origin.EXACT),
            Link(at("a", 1), at("c", 1), Origin.EXACT),
        ]
    )
    assert [item.origin for item in index.relatives("a", 1).by_artifact["c"]] == [Origin.EXACT]


def test_a_statement_link_hides_the_whole_kernel() -> None:
    index = LinkIndex([*LINKS, Link(at("aten", 1), lines("kernel", 4), Origin.EXACT)])
    assert found(index, "aten", 1)["kernel"] == [4]
    assert found(index, "aten", 1)["asm"] == [40]
    assert found(index, "kernel", 4)["aten"] == [1]
    assert found(index, "kernel", 5)["aten"] == [1, 2, 3]


def test_a_kernel_link_elsewhere_is_kept_beside_a_stronger_one() -> None:
    index = LinkIndex(
        [Link(at("n", 1), at("code", 50), Origin.EXACT), Link(at("n", 1), lines("code", 5, 20), Origin.KERNEL)]
    )
    assert found(index, "n", 1)["code"] == [5, 50]


def test_nothing_known_is_false_and_empty() -> None:
    for place in (("source", 99, None), ("nowhere", 1, 3), ("kernel", 10, None)):
        relatives = INDEX.relatives(*place)
        assert not relatives
        assert list(relatives) == []
    assert not LinkIndex().relatives("a", 1)
    assert LinkIndex().group("a", 1) is None


def test_groups_follow_the_earliest_span() -> None:
    silu, product = INDEX.group("dynamo", 1), INDEX.group("dynamo", 2)
    assert silu != product
    assert INDEX.group("aten", 1) == INDEX.group("aten", 2) == silu
    assert INDEX.group("aten", 3) == product
    assert INDEX.group("kernel", 5) == INDEX.group("asm", 51) == product  # the expression that holds the other
    assert INDEX.group("kernel", 99) is None


def test_groups_are_few_and_do_not_depend_on_who_asks_first() -> None:
    again = LinkIndex(reversed(LINKS))
    places = [("asm", 51), ("dynamo", 2), ("aten", 1), ("source", 3)]
    assert [again.group(*place) for place in places] == [INDEX.group(*place) for place in reversed(places)][::-1]
    groups = {INDEX.group(*place) for place in places}
    assert len(groups) == 2 and len({group % COLOURS for group in groups if group is not None}) == 2


def test_linked_lines() -> None:
    assert INDEX.linked_lines("aten") == {1, 2, 3}
    assert INDEX.linked_lines("kernel") == set(range(1, 10))
    assert INDEX.linked_lines("nowhere") == frozenset()


def test_the_table_finds_what_a_plain_search_finds() -> None:
    rng = random.Random(5)
    spans = set()
    for _ in range(400):
        first = rng.randrange(1, 120)
        start = Position(first, rng.randrange(0, 30))
        end = Position(first + rng.choice((0, 0, 0, 1, 5, 60)), 31 + rng.randrange(0, 30))
        spans.add(Span(rng.choice("ab"), start, end))
    table = SpanTable(spans)
    assert {table[number] for number in range(len(table))} == spans
    for _ in range(300):
        start = Position(rng.randrange(1, 190), rng.randrange(0, 40))
        end = Position(start.line + rng.randrange(0, 3), start.col + 1)
        expected = {span for span in spans if span.artifact == "a" and span.start < end and span.end > start}
        hits = table.overlapping("a", pack(start), pack(end))
        assert {table[number] for number in hits} == expected
        assert hits == sorted(hits)


@pytest.mark.parametrize("seed", range(5))
def test_look_ups_agree_with_a_plain_walk_over_whole_lines(seed: int) -> None:
    """Without nesting or kernels the answer is plain reachability, in one direction at a time."""
    rng = random.Random(seed)
    stages = "abcd"
    links = [
        Link(lines(stages[stage], rng.randrange(1, 12)), lines(stages[stage + 1], rng.randrange(1, 12)), Origin.EXACT)
        for stage in range(3)
        for _ in range(14)
    ]
    index = LinkIndex(links)

    def reach(start: Span, forward: bool) -> set[Span]:
        seen: set[Span] = set()
        pending = [start]
        while pending:
            here = pending.pop()
            for link in links:
                source, target = (link.a, link.b) if forward else (link.b, link.a)
                if source == here and target not in seen:
                    seen.add(target)
                    pending.append(target)
        return seen

    for stage in stages:
        for line in range(1, 12):
            here = lines(stage, line)
            expected = reach(here, True) | reach(here, False)
            relatives = index.relatives(stage, line)
            assert {item.span for item in relatives} - {here} == expected - {here}
            assert bool(relatives) == bool(expected)


def test_a_way_over_the_whole_kernel_is_not_taken_where_a_finer_one_leads_into_it() -> None:
    links = [
        Link(at("n", 1), at("code", 50), Origin.EXACT),
        Link(at("code", 50), lines("kernel", 1, 9), Origin.KERNEL),
        *(Link(lines("kernel", n), lines("asm", n), Origin.DEBUG_INFO) for n in range(1, 10)),
    ]
    assert found(LinkIndex(links), "n", 1)["asm"] == list(range(1, 10))
    known = LinkIndex([*links, Link(at("n", 1), lines("kernel", 4), Origin.EXACT)])
    assert found(known, "n", 1) == {"n": [1], "code": [50], "kernel": [4], "asm": [4]}
