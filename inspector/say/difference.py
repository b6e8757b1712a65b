"""How two captures differ, in words: each fact is worded here once, as sections of rows that every face draws.

A face words nothing itself; it has its own names for the sides alone: A and B, or left and right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from inspector.model.artifact import Language
from inspector.model.difference import (
    CacheDifference,
    CaptureDifference,
    CompilationDifference,
    Fact,
    GuardChange,
    KernelChange,
    KernelDifference,
    LatencyChange,
    PhaseChange,
)
from inspector.model.text_difference import Change, ItemChange, TextDifference
from inspector.say.doc import Tone
from inspector.say.findings import A_AND_B, SIGNS, Finding, Sides, Topic, Values
from inspector.say.profile import busy_words
from inspector.say.units import plural, seconds

NOT_RECORDED = "not recorded"
"""What is said of a figure or a setting that one side does not hold."""


# --- verdicts -----------------------------------------------------------------------------------------------

_WORDS = {
    Change.SAME: "identical",
    Change.ABSENT: "not recorded on either side",
    Change.UNRECORDED: "not recorded on one side: its code came from a cache",
    Change.RENAMED: "identical up to names",
    Change.MOVED: "identical up to names and order",
    Change.CHANGED: "different",
}
_COUNTED = (Change.CHANGED, Change.REMOVED, Change.ADDED, Change.MOVED)
_CUT_OTHERWISE = (KernelChange.SPLIT, KernelChange.MERGED, KernelChange.REGROUPED)
_FEW = 8
_GRAPHS = ("dynamo", "aten", "post_grad")
"""The graph whose changed nodes are listed: the first of these that has any."""


def change_words(change: Change, sides: Sides = A_AND_B) -> str:
    """What became of something."""
    only = {Change.REMOVED: sides[0], Change.ADDED: sides[1]}
    return f"only {only[change].within}" if change in only else _WORDS[change]


def compared_words(compared: Mapping[str, int]) -> str:
    """`212 lines of aten, kernel and 30 guards`; says that nothing was compared where that is so."""
    lines = {stage: count for stage, count in compared.items() if stage != "guards"}
    said = [f"{plural(sum(lines.values()), 'line')} of {', '.join(lines)}"] if lines else []
    if guards := compared.get("guards"):
        said.append(plural(guards, "guard"))
    return " and ".join(said) or "nothing was compared"


def whole_words(difference: CaptureDifference | CompilationDifference) -> str:
    """The verdict on a whole, with how much was compared and what could not be."""
    alone = difference.change.compared and not difference.compared  # different by what one side alone has
    said = ["no text is recorded on both sides" if alone else compared_words(difference.compared)]
    pairs = difference.compilations if isinstance(difference, CaptureDifference) else (difference,)
    both = [pair for pair in pairs if pair.a is not None and pair.b is not None]
    if isinstance(difference, CaptureDifference):
        if not both:
            said = ["no compile id of one function is on both sides"]
        absent = [pair.a or "" for pair in both if not pair.change.compared]
        if absent and len(absent) < len(both):
            said.append(f"nothing of {', '.join(absent[:_FEW])}{', …' if len(absent) > _FEW else ''}")
    if any(text.change is Change.UNRECORDED for pair in pairs for text in pair.texts):
        said.append("as far as both logs hold it")
    return f"{change_words(difference.change)} ({'; '.join(said)})"


def text_words(text: TextDifference, sides: Sides = A_AND_B) -> str:
    """What became of a text: `different`; which side lacks it where a cache is why."""
    if text.change is Change.UNRECORDED:
        return f"{NOT_RECORDED} {sides[text.a is not None].within}: its code came from a cache"
    return change_words(text.change, sides)


def amount_words(text: TextDifference) -> str:
    """`2 changed, 1 added of 12 lines`, or of how many lines a verdict is and what its listing does not say."""
    found = [f"{text.counts[change]:,} {change.value}" for change in _COUNTED if text.counts.get(change)]
    if found and text.change is Change.CHANGED:
        return f"{', '.join(found)} of {plural(len(text.rows), 'line')}"
    if not text.compared:
        return ""
    said = plural(text.compared, "line")
    if text.a is not None and text.a.language is Language.ASM:
        loads = sum("[rip" in line for line in text.a.lines)
        said += f"; {plural(loads, 'value')} in memory not listed" if loads else ""
    return said


def verdict_words(text: TextDifference, sides: Sides = A_AND_B) -> str:
    """The verdict on a text, with of how much it is: `different (2 changed of 12 lines)`."""
    amount = amount_words(text)
    return text_words(text, sides) + (f" ({amount})" if amount else "")


def kernel_change(kernel: KernelDifference) -> Change:
    """What became of kernels, as it is said of any text."""
    return Change.CHANGED if kernel.change in _CUT_OTHERWISE else Change(kernel.change.value)


def kernel_words(kernel: KernelDifference, sides: Sides = A_AND_B) -> str:
    """What became of kernels: split ones say into how many, merged ones from how many."""
    several = {
        KernelChange.SPLIT: f"split into {len(kernel.b)}",
        KernelChange.MERGED: f"merged from {len(kernel.a)}",
        KernelChange.REGROUPED: f"regrouped, {len(kernel.a)} into {len(kernel.b)}",
    }
    return several.get(kernel.change) or change_words(kernel_change(kernel), sides)


def pair_title(pair: CompilationDifference) -> str:
    """`0/0` where both sides have it, `0/0 → 0/1`, or `0/1` of one side alone."""
    return _both(pair.a or "", pair.b or "")


def pair_key(pair: CompilationDifference) -> str:
    """What tells a pair of compile ids from the others."""
    return f"{pair.a or ''}|{pair.b or ''}"


def pair_words(pair: CompilationDifference, sides: Sides = A_AND_B) -> str:
    """The verdict on a pair of compile ids."""
    return change_words(pair.change, sides) if pair.a is None or pair.b is None else whole_words(pair)


def clean(change: Change) -> bool:
    """Whether a verdict is a good one: what was not compared never is."""
    return change.alike and change.compared


def _both(a: str, b: str) -> str:
    return " → ".join(dict.fromkeys(filter(None, (a, b))))


# --- the whole ----------------------------------------------------------------------------------------------


def capture_sections(difference: CaptureDifference, sides: Sides = A_AND_B) -> tuple[Topic, ...]:
    """Two captures at a glance: the verdict, then each kind of thing that is compared."""
    pairs, settings = difference.compilations, difference.settings
    verdict = Finding(
        f"{SIGNS[difference.change].sign} {whole_words(difference)}",
        tone=Tone.GOOD if clean(difference.change) else Tone.WARNING,
    )
    titles = (difference.title_a, difference.title_b)
    named = (Finding(title, tone=Tone.STRONG, label=side.name) for title, side in zip(titles, sides, strict=True))
    return tuple(
        section
        for section in (
            Topic("verdict", "What was compiled", (verdict, *named)),
            Topic(
                "pairs",
                "Compile ids, by the function",
                tuple(_pair_row(pair, sides) for pair in pairs),
                count=len(pairs),
                empty="None.",
            ),
            Topic("latency", "Latency", tuple(row for item in difference.latency for row in latency_rows(item, sides))),
            facts_section("settings", "Settings that differ", settings, sides),
            Topic(
                "sources",
                "Sources that differ",
                tuple(
                    Finding(verdict_words(text, sides), text.change, label=text.title) for text in difference.sources
                ),
                count=len(difference.sources),
            ),
            events_section(difference, sides),
            phases_section(difference.phases, sides),
        )
        if section.rows or section.table or section.empty
    )


def _pair_row(pair: CompilationDifference, sides: Sides) -> Finding:
    said = [change_words(pair.change, sides)]
    if pair.a is not None and pair.b is not None:
        counts = (
            (sum(not text.change.alike for text in pair.texts), "stage"),
            (sum(not item.change.alike for item in pair.kernels), "kernel"),
            (len(pair.guards), "guard"),
        )
        said += [plural(count, one) for count, one in counts if count]
    return Finding(f"{pair_title(pair)}  {pair.function}  {' · '.join(said)}", pair.change, pair=pair_key(pair))


def facts_section(key: str, title: str, facts: Sequence[Fact], sides: Sides = A_AND_B) -> Topic:
    """Figures or settings that differ."""
    table = tuple(Values(fact.name, fact_values(fact)) for fact in facts)
    return Topic(key, title, table=table, columns=(sides[0].name, sides[1].name), count=len(facts))


def fact_values(fact: Fact) -> tuple[str, str]:
    """What both sides have of it."""
    return fact.a or NOT_RECORDED, fact.b or NOT_RECORDED


def events_section(difference: CaptureDifference, sides: Sides = A_AND_B) -> Topic:
    """Graph breaks and recompiles that came or went, with torch's words for them."""
    events = [(change, f"graph break: {item.reason}") for change, item in difference.breaks]
    events += [
        (change, f"recompile of {item.function}: {'; '.join(item.reasons)}") for change, item in difference.recompiles
    ]
    rows = tuple(Finding(words, change, label=change_words(change, sides)) for change, words in events)
    return Topic("events", "Graph breaks and recompiles", rows, count=len(rows))


# --- one pair of compile ids --------------------------------------------------------------------------------


def pair_sections(pair: CompilationDifference, sides: Sides = A_AND_B) -> tuple[Topic, ...]:
    """One compile id against another, or that it has no other side."""
    if pair.a is None or pair.b is None:
        only, other = sides if pair.b is None else sides[::-1]
        words = f"{only.subject} alone compiled this function; {other.subject} has nothing to hold against it."
        return (Topic("unpaired", pair_title(pair), (Finding(_sentence(words), tone=Tone.WARNING),)),)
    made = [
        Topic(
            "texts",
            "Stages",
            tuple(Finding(verdict_words(text, sides), text.change, label=text.title) for text in pair.texts),
            count=len(pair.texts),
            empty=_sentence(f"{change_words(Change.ABSENT)}."),
        )
    ]
    if pair.absent and pair.texts:
        lacks = Finding(", ".join(pair.absent), tone=Tone.QUIET)
        made.append(Topic("absent", _sentence(change_words(Change.ABSENT)), (lacks,)))
    graph = next((text for text in pair.texts if text.items and text.stage and text.stage.value in _GRAPHS), None)
    if graph is not None:
        nodes = tuple(map(_item_row, graph.items))
        made.append(Topic("nodes", f"Nodes of {graph.title} that differ", nodes, count=len(nodes)))
    none = "No kernel is recorded on either side."
    rows = tuple(_kernel_rows(pair.kernels, sides))
    made.append(Topic("kernels", "Kernels", rows, count=len(pair.kernels), empty=none))
    same = f"{plural(pair.guards_compared, 'guard')}, the same on both sides."
    apart = _identity_words(pair.identities)
    none = f"{same} {apart}".strip() if pair.guards_compared or apart else "No guard is in a record of both sides."
    rows = tuple(map(_guard_row, pair.guards))
    noted = (*rows, Finding(apart, tone=Tone.QUIET)) if rows and apart else rows
    made.append(Topic("guards", "Guards that differ", noted, count=len(rows), empty=none))
    if pair.facts:
        made.append(facts_section("facts", "Counts that differ", pair.facts, sides))
    if pair.caches:
        made.append(caches_section(pair.caches, sides))
    return tuple(made)


def _identity_words(count: int) -> str:
    if not count:
        return ""
    asking = plural(count, "more guard asks", "more guards ask")
    return f"Which object {asking} for was not compared: objects have other numbers in each process."


def _item_row(item: ItemChange) -> Finding:
    name = _both(item.a, item.b) if item.change is Change.CHANGED else ""
    return Finding(f"{name}: {item.what}" if name else item.what, item.change)


def _kernel_rows(kernels: Sequence[KernelDifference], sides: Sides) -> Iterator[Finding]:
    for kernel in kernels:
        if not kernel.change.alike:
            yield from _kernel(kernel, sides)
    for change in (Change.RENAMED, Change.SAME):
        if alike := [kernel_names(kernel) for kernel in kernels if kernel_change(kernel) is change]:
            words = f"{', '.join(alike)}: {change_words(change)}"
            yield Finding(words if len(alike) == 1 else f"{len(alike):,} kernels, {words}", change)


def kernel_names(kernel: KernelDifference) -> str:
    """`k0`, `k0 → k1`, `k0 → k1 + k2`."""
    return _both(" + ".join(kernel.a), " + ".join(kernel.b))


def _kernel(kernel: KernelDifference, sides: Sides) -> Iterator[Finding]:
    """What became of kernels, what each side computes alone, and by which figures one sees it."""
    yield Finding(f"{kernel_names(kernel)}: {kernel_words(kernel, sides)}", kernel_change(kernel))
    if kernel.shared and kernel.change in _CUT_OTHERWISE:
        yield Finding(", ".join(kernel.shared), label="computed on both sides", depth=1)
    for change, only in ((Change.REMOVED, kernel.only_a), (Change.ADDED, kernel.only_b)):
        if only:
            yield Finding(", ".join(only), change, label=f"computed {change_words(change, sides)}", depth=1)
    if kernel.a and kernel.b:
        for fact in kernel.facts:
            yield Finding(" → ".join(fact_values(fact)), label=fact.name, depth=1)


def _guard_row(item: GuardChange) -> Finding:
    if item.b is not None and item.what:
        return Finding(f"{item.b.kind} {item.b.source}".rstrip() + f": {item.what}", item.change)
    return Finding(_both(item.a.code if item.a else "", item.b.code if item.b else ""), item.change)


def caches_section(caches: Sequence[CacheDifference], sides: Sides = A_AND_B, title: str = "Caches") -> Topic:
    """Look-ups that differ."""
    rows = tuple(row for cache in caches for row in cache_rows(cache, sides))
    return Topic("caches", title, rows, count=len(caches))


def cache_rows(cache: CacheDifference, sides: Sides = A_AND_B) -> Iterator[Finding]:
    """Why a cache missed: the answers, torch's reasons, and the parts of the key that differ."""
    yield Finding(cache.answers, tone=Tone.STRONG, label=cache.asked)
    for reason in dict.fromkeys(filter(None, (cache.reason_a, cache.reason_b))):
        yield Finding(reason, tone=Tone.QUIET, depth=1)
    if cache.key_words:
        yield Finding(cache.key_words, depth=1)
    elif cache.parts:
        differ = "differs" if len(cache.parts) == 1 else "differ"
        yield Finding(f"{plural(len(cache.parts), 'part')} of the key {differ}:", depth=1)
    for part in cache.parts:
        yield Finding(part.part, part.change, depth=1)
        if part.a == part.b:
            yield Finding(f"torch prints both alike: {part.a}", tone=Tone.QUIET, depth=2)
            continue
        for side, value in zip(sides, (part.a, part.b), strict=True):
            if value:
                yield Finding(value, tone=Tone.CODE, label=side.name, depth=2)


# --- time ---------------------------------------------------------------------------------------------------


def phase_values(item: PhaseChange) -> tuple[str, str, str]:
    """Both times, and the second over the first."""
    ratio = f"{item.seconds_b / item.seconds_a:.2f}×" if item.seconds_a and item.seconds_b is not None else ""
    return seconds(item.seconds_a, NOT_RECORDED), seconds(item.seconds_b, NOT_RECORDED), ratio


def phases_section(phases: Sequence[PhaseChange], sides: Sides = A_AND_B) -> Topic:
    """Where the time went."""
    a, b = (side.name for side in sides)
    least = min((item.depth for item in phases), default=0)
    table = tuple(
        Values(item.name, phase_values(item), item.depth - least, abs((item.seconds_b or 0) - (item.seconds_a or 0)))
        for item in phases
        if item.seconds_a != item.seconds_b
    )
    note = "One sample of each side: small differences say nothing."
    return Topic("phases", "Where the time went", table=table, columns=(a, b, f"{b} / {a}"), note=note)


def latency_words(item: LatencyChange, sides: Sides = A_AND_B) -> tuple[str, Tone]:
    """Which side is faster, as far as its samples can tell."""
    if item.ratio is None:
        missing = sides[0] if item.a is None else sides[1] if item.b is None else None
        return (_sentence(f"{missing.subject} was not timed.") if missing else "Nothing to compare."), Tone.QUIET
    if item.busy is not None:
        return f"Nothing that could be trusted. {busy_words(item.busy)}", Tone.WARNING
    if not item.certain:
        return "No difference that these samples could tell from chance.", Tone.QUIET
    faster = sides[0 if item.ratio > 1 else 1].subject
    return (
        _sentence(f"{faster} is faster, {max(item.ratio, 1 / item.ratio):.2f}×."),
        Tone.WARNING if item.ratio > 1 else Tone.GOOD,
    )


def latency_rows(item: LatencyChange, sides: Sides = A_AND_B) -> Iterator[Finding]:
    """One shape: which side is faster, and the figures that say so."""
    words, tone = latency_words(item, sides)
    yield Finding(words, tone=tone, label=item.shape)
    for name in ("compiled", "eager"):
        a, b = (seconds(getattr(side, name).median) if side else "not timed" for side in (item.a, item.b))
        yield Finding(f"{a} → {b}", label=f"{name}, median", depth=1)
    for label, ratio, interval in (
        (f"{sides[1].name} / {sides[0].name}", item.ratio, item.interval),
        ("each by its eager", item.against_eager, item.against_eager_interval),
    ):
        if ratio is None:
            continue
        if interval is None:
            why = "not to be trusted" if item.busy is not None else "too few samples for an interval"
            yield Finding(f"{ratio:.3f} ({why})", label=label, depth=1)
        else:
            low, high = interval
            said = f"{ratio:.3f} (95 % interval {low:.3f} to {high:.3f})"
            yield Finding(said, label=label, depth=1, point=(ratio, low, high))
    pairs = " → ".join(str(side.pairs) if side else "none" for side in (item.a, item.b))
    yield Finding(pairs, tone=Tone.QUIET, label="pairs of samples", depth=1)


def certainty_words(latency: Sequence[LatencyChange], sides: Sides = A_AND_B) -> str:
    """How much of the latency differs for certain, in a few words."""
    if all(item.ratio is None for item in latency):
        return "timed on one side"
    certain = [item for item in latency if item.certain and item.ratio is not None]
    if len(latency) == 1 and certain and (ratio := certain[0].ratio):
        return f"{sides[0 if ratio > 1 else 1].name} faster, {max(ratio, 1 / ratio):.2f}×"
    return f"{len(certain)} of {len(latency)} certain" if certain else "no certain difference"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
