"""What a price says in a difference, in Markdown and in the findings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prices import dear, sample

from inspector.bundle.markdown import markdown
from inspector.compare.captures import compare_captures
from inspector.compare.price import doubt_of
from inspector.model.annotation import Fact
from inspector.model.capture import Capture
from inspector.model.difference import CostSide, Doubt, FactChange, PriceChange
from inspector.model.price import Known, PartKind, Price
from inspector.notes.automatic import automatic
from inspector.say.difference_times import prices_section
from inspector.say.doc import Tone
from inspector.why.rules import answers, facts_of

GATE = "self.gate_proj(x)"


def priced(price: Price) -> Capture:
    return replace(sample(), prices=(price,))


def slower(times: float, error: float = 0.1) -> Price:
    """The first product takes so many times as long; every site is off by at most so many seconds."""
    price = dear()
    sites = [replace(site, error=error) for site in price.sites]
    sites[1] = replace(sites[1], seconds=sites[1].seconds * times)
    return replace(price, sites=tuple(sites), seconds=sum(site.seconds for site in sites))


def changes(a: Price, b: Price):
    return compare_captures(priced(a), priced(b), ("one", "other")).prices


def test_the_dearer_expression_is_named_with_how_both_are_known():
    found = {item.expression: item for item in changes(slower(1.0), slower(2.0))}
    assert found[GATE].certain
    assert not found["self.up_proj(x)"].certain
    section = prices_section(changes(slower(1.0), slower(2.0)))
    row = next(row for row in section.rows if row.label == GATE)
    assert row.text == "3.00 s ± 100 ms (clocked) → 6.00 s ± 100 ms (clocked): dearer in B, 2.00 ×"
    assert row.tone is Tone.WARNING
    back = prices_section(changes(slower(2.0), slower(1.0)))
    assert "cheaper in B, 2.00 ×" in next(row.text for row in back.rows if row.label == GATE)


def test_within_chance_nothing_is_dearer():
    found = changes(slower(1.0, error=2.0), slower(1.5, error=2.0))
    assert not any(item.certain for item in found)
    section = prices_section(found)
    assert section.rows[0].text == "No expression differs beyond what calls and samples leave to chance."
    assert not any("dearer" in row.text for row in section.rows)


@pytest.mark.parametrize("side", [0, 1])
def test_a_busy_machine_makes_nothing_dearer(side):
    pair = [slower(1.0), slower(2.0)]
    pair[side] = replace(pair[side], busy=0.9)
    found = changes(*pair)
    assert not any(item.certain for item in found)
    assert "busy machine" in prices_section(found).rows[0].text


def test_other_threads_are_another_measurement():
    found = changes(replace(slower(1.0), threads=2), replace(slower(2.0), threads=4))
    assert not any(item.certain for item in found)
    first, *rows = prices_section(found).rows
    assert first.text == "Priced with different threads (2 and 4), so no difference is told for certain."
    row = next(row for row in rows if row.label == GATE)
    assert row.text.endswith("not certain, priced with different threads (2 and 4)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gpu": "H200"}, "with different GPU (none and H200)"),
        ({"busy": 0.9}, "on a busy machine"),
        ({"busy": 0.9, "threads": 3}, "on a busy machine and with different threads (1 and 3)"),
    ],
)
def test_all_reasons_of_the_prices_as_wholes_are_said(change, said):
    found = changes(replace(slower(1.0), threads=1), replace(slower(2.0), **{"threads": 1, **change}))
    assert prices_section(found).rows[0].text == f"Priced {said}, so no difference is told for certain."


def side(seconds: float, error: float | None = 0.1, shared: float = 0.0) -> CostSide:
    return CostSide(seconds, Known.CLOCKED, error, shared)


@pytest.mark.parametrize(
    ("a", "b", "doubt"),
    [
        (side(1.0), side(2.0), None),
        (side(1.0), side(1.1), Doubt.CHANCE),
        (side(1.0), side(1.1, shared=3.0), Doubt.CHANCE),
        (side(1.0), side(2.0, shared=3.0), Doubt.SHARED),
        (side(0.0, 0.0, 3.0), side(2.0), Doubt.SHARED),
        (side(0.0, 0.0, 3.0), side(0.0, 0.0, 3.0), Doubt.SHARED),
        (side(0.0, 0.0, 0.1), side(2.0), Doubt.UNKNOWN),
        (side(1.0, None), side(2.0), Doubt.UNKNOWN),
    ],
)
def test_what_makes_a_difference_doubtful(a, b, doubt):
    assert doubt_of(a, b) is doubt_of(b, a) is doubt


def test_what_is_shared_is_not_called_chance():
    doubts = [Doubt.CHANCE, Doubt.SHARED, Doubt.SHARED]
    section = prices_section([PriceChange("s", "x", side(1.0), side(2.0), doubt=doubt) for doubt in doubts])
    assert section.rows[0].text == (
        "No expression differs for certain: of 1, no difference beyond chance is known; "
        "of 2, what it shares with others may explain the difference."
    )
    assert section.rows[-1].text.endswith("what it shares with others may explain the difference")
    lone = prices_section([PriceChange("s", "x", side(1.0), None)])
    assert lone.rows[0].text == "No expression has a price on both sides."


def test_each_shape_has_its_own_reason():
    pair = (side(1.0), side(2.0))
    found = [PriceChange("one", "x", *pair), PriceChange("two", "x", *pair, (FactChange("threads", "2", "4"),))]
    (said,) = [row for row in prices_section(found).rows if row.label == "two"]
    assert said.text == "Priced with different threads (2 and 4), so no difference is told for certain."


def test_only_one_side_priced_is_no_difference():
    assert compare_captures(sample(), priced(dear()), ("one", "other")).prices == ()


def test_markdown_names_the_dearest_first_with_how_it_is_known():
    text = markdown(priced(dear()))
    assert "### What a call costs, `batch 1 · seq 8`" in text
    lines = [line for line in text.splitlines() if "of a call" in line and line.startswith("- `self.")]
    assert lines[0].startswith("- `self.gate_proj(x)`: 3.00 s by itself; with what lies in it 30 % of a call")
    assert all("clocked" in line or "sampled" in line for line in lines)
    assert "What a call costs" not in markdown(sample())


def notes_of(price: Price):
    return [note for note in automatic(priced(price)) if note.fact is Fact.PRICE]


def test_the_dearest_expression_has_a_note_where_it_is_beyond_doubt():
    (note,) = notes_of(slower(2.0))
    assert note.text.startswith("`self.gate_proj(x)` is the dearest expression at `batch 1 · seq 8`: 46 % of a call")
    assert "clocked" in note.text
    assert note.span is not None and note.span.start.line == 164
    assert notes_of(replace(slower(2.0), busy=0.9)) == [], "nothing is claimed of a busy machine"


def calls_of(price: Price):
    capture = replace(sample(), latency=(), profiles=(), prices=(price,))
    return next(answer for answer in answers(facts_of(capture)) if answer.topic == "calls")


def test_a_call_that_is_mostly_overhead_is_found_by_its_price():
    price = dear()
    sites = tuple(replace(site, seconds=20.0) if site.part is PartKind.OUTSIDE else site for site in price.sites)
    heavy = replace(price, sites=sites, seconds=29.0)
    (verdict,) = calls_of(heavy).verdicts
    assert verdict.code == "calls.overhead"
    assert "69 % of a compiled call is spent around the kernels, 20.0 s of 29.0 s (clocked)" in verdict.title
    busy = calls_of(replace(heavy, busy=0.9))
    assert not busy.verdicts and "busy machine" in busy.unknown


def test_a_call_that_is_mostly_kernels_is_said_to_be():
    answer = calls_of(dear())
    assert not answer.verdicts
    assert answer.looked == "batch 1 · seq 8: 10 % of a call around its kernels"
