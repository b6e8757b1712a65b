"""How the times of two captures differ, in words: phases, and the latency with how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from inspector.model.difference import CostSide, Doubt, LatencyChange, PhaseChange, PriceChange
from inspector.say.doc import Row, Section, Tone, Values, sentence
from inspector.say.findings import A_AND_B, NOT_RECORDED, Sides
from inspector.say.profile import busy_words
from inspector.say.units import factor, seconds


def phase_values(item: PhaseChange) -> tuple[str, str, str]:
    """Both times, and the second over the first."""
    ratio = f"{item.seconds_b / item.seconds_a:.2f}×" if item.seconds_a and item.seconds_b is not None else ""
    return seconds(item.seconds_a, NOT_RECORDED), seconds(item.seconds_b, NOT_RECORDED), ratio


def phases_section(phases: Sequence[PhaseChange], sides: Sides = A_AND_B) -> Section:
    """Where the time went."""
    a, b = (side.name for side in sides)
    least = min((item.depth for item in phases), default=0)
    table = tuple(
        Values(item.name, phase_values(item), item.depth - least, abs((item.seconds_b or 0) - (item.seconds_a or 0)))
        for item in phases
        if item.seconds_a != item.seconds_b
    )
    note = "One sample of each side: small differences say nothing."
    return Section("phases", "Where the time went", table=table, columns=(a, b, f"{b} / {a}"), note=note)


def latency_words(item: LatencyChange, sides: Sides = A_AND_B) -> tuple[str, Tone]:
    """Which side is faster, as far as its samples can tell."""
    if item.ratio is None:
        missing = sides[0] if item.a is None else sides[1] if item.b is None else None
        return (sentence(f"{missing.subject} was not timed") if missing else "Nothing to compare."), Tone.QUIET
    if item.busy is not None:
        return f"Nothing that could be trusted. {busy_words(item.busy)}", Tone.WARNING
    if not item.certain:
        return "No difference that these samples could tell from chance.", Tone.QUIET
    faster = sides[0 if item.ratio > 1 else 1].subject
    return (
        sentence(f"{faster} is faster, {max(item.ratio, 1 / item.ratio):.2f}×"),
        Tone.WARNING if item.ratio > 1 else Tone.GOOD,
    )


def latency_rows(item: LatencyChange, sides: Sides = A_AND_B) -> Iterator[Row]:
    """One shape: which side is faster, and the figures that say so."""
    words, tone = latency_words(item, sides)
    yield Row(words, tone=tone, label=item.shape)
    for name in ("compiled", "eager"):
        a, b = (seconds(getattr(side, name).median) if side else "not timed" for side in (item.a, item.b))
        yield Row(f"{a} → {b}", label=f"{name}, median", depth=1)
    for label, ratio, interval in (
        (f"{sides[1].name} / {sides[0].name}", item.ratio, item.interval),
        ("each by its eager", item.against_eager, item.against_eager_interval),
    ):
        if ratio is None:
            continue
        if interval is None:
            why = "not to be trusted" if item.busy is not None else "too few samples for an interval"
            yield Row(f"{ratio:.3f} ({why})", label=label, depth=1)
        else:
            low, high = interval
            said = f"{ratio:.3f} (95 % interval {low:.3f} to {high:.3f})"
            yield Row(said, label=label, depth=1, point=(ratio, low, high))
    pairs = " → ".join(str(side.pairs) if side else "none" for side in (item.a, item.b))
    yield Row(pairs, tone=Tone.QUIET, label="pairs of samples", depth=1)


def prices_section(prices: Sequence[PriceChange], sides: Sides = A_AND_B) -> Section:
    """Which expressions became dearer, and which cheaper: beyond chance first, the largest change first."""
    rows = [row for item in sorted(prices, key=_by_weight) if (row := _price_row(item, sides)) is not None]
    shapes = dict.fromkeys(item.shape for item in prices)
    for shape in reversed(shapes):
        here = [item for item in prices if item.shape == shape]
        if not any(item.certain for item in here):
            apart = here[0].unlike or here[0].busy
            told = Row(
                _nothing(here), tone=Tone.WARNING if apart else Tone.QUIET, label=shape if len(shapes) > 1 else ""
            )
            rows.insert(0, told)
    note = "± is chance alone (95 %); drift of the machine is not in it."
    return Section("prices", "What expressions cost", rows=tuple(rows), note=note)


_DOUBTS = {
    Doubt.UNKNOWN: "too little is known of it to tell",
    Doubt.CHANCE: "no difference beyond chance is known",
    Doubt.SHARED: "what it shares with others may explain the difference",
}


def _unlike(item: PriceChange) -> str:
    """Why two prices as wholes say nothing for certain; empty where they may."""
    reasons = [f"with different {fact.name} ({fact.a} and {fact.b})" for fact in item.unlike]
    return " and ".join([*(["on a busy machine"] if item.busy else []), *reasons])


def _nothing(prices: Sequence[PriceChange]) -> str:
    """Why no expression of a shape is dearer or cheaper for certain."""
    if reason := _unlike(prices[0]):
        return f"Priced {reason}, so no difference is told for certain."
    doubts = Counter(item.doubt for item in prices if item.doubt is not None)
    if not doubts:
        return "No expression has a price on both sides."
    if {*doubts} == {Doubt.CHANCE}:
        return "No expression differs beyond what calls and samples leave to chance."
    why = "; ".join(f"of {doubts[doubt]}, {_DOUBTS[doubt]}" for doubt in Doubt if doubts[doubt])
    return f"No expression differs for certain: {why}."


def _by_weight(item: PriceChange) -> tuple[bool, float]:
    a, b = (side.seconds if side is not None else 0.0 for side in (item.a, item.b))
    return not item.certain, -abs(b - a)


def _price_row(item: PriceChange, sides: Sides) -> Row | None:
    if item.a is None or item.b is None:
        there = sides[1 if item.a is None else 0]
        side = item.b or item.a
        return Row(f"{_cost(side)} {there.within} alone", label=item.expression, tone=Tone.QUIET) if side else None
    words = f"{_cost(item.a)} → {_cost(item.b)}"
    if not item.certain:
        why = _DOUBTS[item.doubt] if item.doubt is not None else f"not certain, priced {_unlike(item)}"
        return Row(f"{words}: {why}", label=item.expression, tone=Tone.QUIET)
    dearer = item.b.seconds > item.a.seconds
    ratio = factor(max(item.a.seconds, item.b.seconds) / min(item.a.seconds, item.b.seconds))
    more = f"{'dearer' if dearer else 'cheaper'} {sides[1].within}, {ratio}"
    return Row(f"{words}: {more}", label=item.expression, tone=Tone.WARNING if dearer else Tone.GOOD)


def _cost(side: CostSide) -> str:
    error = f" ± {seconds(side.error)}" if side.error is not None else ""
    return f"{seconds(side.seconds)}{error} ({side.known.value})"


def certainty_words(latency: Sequence[LatencyChange], sides: Sides = A_AND_B) -> str:
    """How much of the latency differs for certain, in a few words."""
    if all(item.ratio is None for item in latency):
        return "timed on one side"
    certain = [item for item in latency if item.certain and item.ratio is not None]
    if len(latency) == 1 and certain and (ratio := certain[0].ratio):
        return f"{sides[0 if ratio > 1 else 1].name} faster, {max(ratio, 1 / ratio):.2f}×"
    return f"{len(certain)} of {len(latency)} certain" if certain else "no certain difference"
