"""How two captures differ, in words: each fact is worded here once, as sections of rows that every face draws.

A face words nothing itself; it has its own names for the sides alone: A and B, or left and right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from inspector.model.artifact import Language
from inspector.model.compile_row import GuardFailure
from inspector.model.difference import (
    CaptureDifference,
    CompilationDifference,
    FactChange,
    GuardChange,
    KernelChange,
    KernelDifference,
)
from inspector.model.recompiles import read_failure
from inspector.model.stage import Stage
from inspector.model.text_difference import Change, ItemChange, TextDifference
from inspector.say.compiles import failure_words
from inspector.say.difference_caches import caches_section
from inspector.say.difference_times import latency_rows, phases_section, prices_section
from inspector.say.doc import Compile, Row, Section, Tone, Values, capitalised, sentence
from inspector.say.findings import A_AND_B, NOT_RECORDED, SIGNS, Sides
from inspector.say.recompiles import chain_words, fate_words
from inspector.say.units import plural

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


def changed_words(text: TextDifference) -> str:
    """`2 changed, 1 added of 12 and 13 lines`, which are all lines of each side; empty where no line is another."""
    found = [f"{text.counts[change]:,} {change.value}" for change in _COUNTED if text.counts.get(change)]
    lines = dict.fromkeys(len(side.lines) for side in (text.a, text.b) if side is not None)
    return f"{', '.join(found)} of {' and '.join(f'{count:,}' for count in lines)} lines" if found else ""


def amount_words(text: TextDifference) -> str:
    """`2 changed, 1 added of 12 lines`, or of how many lines a verdict is and what its listing does not say."""
    if text.change is Change.CHANGED and (words := changed_words(text)):
        return words
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


def capture_sections(difference: CaptureDifference, sides: Sides = A_AND_B) -> tuple[Section, ...]:
    """Two captures at a glance: the verdict, then each kind of thing that is compared."""
    pairs, settings = difference.compilations, difference.settings
    verdict = Row(
        f"{SIGNS[difference.change].sign} {whole_words(difference)}",
        tone=Tone.GOOD if clean(difference.change) else Tone.WARNING,
    )
    titles = (difference.title_a, difference.title_b)
    named = (Row(title, tone=Tone.STRONG, label=side.name) for title, side in zip(titles, sides, strict=True))
    return tuple(
        section
        for section in (
            Section("verdict", "What was compiled", rows=(verdict, *named)),
            facts_section("settings", "Settings that differ", settings, sides),
            events_section(difference, sides),
            Section(
                "pairs",
                "Compile ids, by the function",
                rows=tuple(_pair_row(pair, sides) for pair in pairs),
                count=len(pairs),
                empty="None.",
            ),
            Section(
                "latency",
                "Latency",
                rows=tuple(row for item in difference.latency for row in latency_rows(item, sides)),
            ),
            prices_section(difference.prices, sides),
            Section(
                "sources",
                "Sources that differ",
                rows=tuple(
                    Row(verdict_words(text, sides), change=text.change, label=text.title) for text in difference.sources
                ),
                count=len(difference.sources),
            ),
            phases_section(difference.phases, sides),
        )
        if section.rows or section.table or section.empty
    )


def _pair_row(pair: CompilationDifference, sides: Sides) -> Row:
    said = [change_words(pair.change, sides)]
    if pair.a is not None and pair.b is not None:
        counts = (
            (sum(not text.change.alike for text in pair.texts), "stage"),
            (sum(not item.change.alike for item in pair.kernels), "kernel"),
            (len(pair.guards), "guard"),
        )
        said += [plural(count, one) for count, one in counts if count]
    return Row(
        f"{pair_title(pair)}  {pair.function}  {' · '.join(said)}", change=pair.change, to=Compile(pair_key(pair))
    )


def facts_section(key: str, title: str, facts: Sequence[FactChange], sides: Sides = A_AND_B) -> Section:
    """Figures or settings that differ."""
    table = tuple(Values(fact.name, fact_values(fact)) for fact in facts)
    return Section(key, title, table=table, columns=(sides[0].name, sides[1].name), count=len(facts))


def fact_values(fact: FactChange) -> tuple[str, str]:
    """What both sides have of it."""
    return fact.a or NOT_RECORDED, fact.b or NOT_RECORDED


def events_section(difference: CaptureDifference, sides: Sides = A_AND_B) -> Section:
    """Recompiles and graph breaks that came or went; of several pairs of compile ids what made each from the other."""
    pairs = difference.compilations if len(difference.compilations) > 1 else ()
    told = {pair.b for pair in difference.compilations if pair.reasons}
    fates = {(change, of): _fate(pair, at) for pair in difference.compilations for at, change, of in _of_sides(pair)}
    again: list[tuple[Change | None, str, Sequence[GuardFailure]]]
    again = [(None, f"{pair.function}{_fate(pair, 1)}", pair.reasons) for pair in pairs if pair.reasons]
    again += [
        (change, f"{item.function}{fates.get((change, item.compile_id), '')}", tuple(map(read_failure, item.reasons)))
        for change, item in difference.recompiles
        if change is Change.REMOVED or item.compile_id not in told
    ]
    grouped: dict[tuple[Change | None, str], list[Sequence[GuardFailure]]] = {}
    for change, function, reasons in again:
        grouped.setdefault((change, function), []).append(reasons)
    events: list[tuple[Change | None, str]] = [
        (change, f"recompile of {function}: {'; '.join(chain_words(members))}")
        for (change, function), members in grouped.items()
    ]
    events += [(change, f"graph break: {item.reason}") for change, item in difference.breaks]
    rows = [
        Row(words, tone=Tone.WARNING, change=change, label=change_words(change, sides) if change else "")
        for change, words in events
    ]
    both = [pair for pair in difference.compilations if pair.recompiled]
    rows += [row for pair in both for row in _recompiled(pair, sides)]
    count = len(again) + len(difference.breaks) + len(both)
    return Section("events", "Recompiles and graph breaks", rows=tuple(rows), count=count)


def _of_sides(pair: CompilationDifference) -> tuple[tuple[int, Change, str | None], ...]:
    return (0, Change.REMOVED, pair.a), (1, Change.ADDED, pair.b)


def _fate(pair: CompilationDifference, side: int) -> str:
    """What stands behind a recompile's name where no code came of it: `, tried and refused`."""
    words = fate_words(pair.statuses[side])
    return f", {words}" if words != fate_words(None) else ""


def _recompiled(pair: CompilationDifference, sides: Sides) -> Iterator[Row]:
    """Two recompiles, and the guards that failed for each."""
    words = f"recompile of {pair.function} on both sides, not for the same"
    yield Row(words, tone=Tone.WARNING, change=Change.CHANGED)
    for side, failures in zip(sides, zip(*pair.recompiled, strict=True), strict=True):
        if not any(failures):
            yield Row(f"why is {NOT_RECORDED} {side.within}", tone=Tone.QUIET, depth=1)
    for a, b in pair.recompiled:
        change, failure = (Change.REMOVED, a) if b is None else (Change.ADDED, b)
        if failure is None:
            continue
        if a is not None and b is not None:
            change, came = Change.SAME, dict.fromkeys(item.actual or NOT_RECORDED for item in (a, b))
            failure = replace(a, actual=" → ".join(came) if a.actual or b.actual else "")
        label = "on both sides" if change is Change.SAME else change_words(change, sides)
        whose = f" (guard of {failure.against})" if failure.against else ""
        yield Row(f"{failure_words(failure)}{whose}", change=change, label=label, depth=1)


# --- one pair of compile ids --------------------------------------------------------------------------------


def pair_sections(pair: CompilationDifference, sides: Sides = A_AND_B) -> tuple[Section, ...]:
    """One compile id against another, or that it has no other side."""
    if pair.a is None or pair.b is None:
        only, other = sides if pair.b is None else sides[::-1]
        words = (
            f"{capitalised(only.subject)} alone compiled this function; {other.subject} has nothing to hold against it."
        )
        return (Section("unpaired", pair_title(pair), rows=(Row(words, tone=Tone.WARNING),)),)
    made = []
    if pair.reasons:
        reasons = [Row(failure_words(item), tone=Tone.WARNING) for item in pair.reasons]
        if pair.trouble:
            reasons.append(Row(f"{pair.b}: {pair.trouble}", tone=Tone.ERROR))
        title = f"Why {pair.b} was {fate_words(pair.statuses[1])}: a guard of {pair.a} did not hold"
        made.append(Section("reason", title, rows=tuple(reasons)))
    same = f"{plural(pair.guards_compared, 'guard')}, the same on both sides."
    apart = _identity_words(pair.identities)
    none = f"{same} {apart}".strip() if pair.guards_compared or apart else "No guard is in a record of both sides."
    rows = tuple(map(_guard_row, pair.guards))
    noted = (*rows, Row(apart, tone=Tone.QUIET)) if rows and apart else rows
    made.append(Section("guards", "Guards that differ", rows=noted, count=len(rows), empty=none))
    none = "No kernel is recorded on either side."
    rows = tuple(_kernel_rows(pair.kernels, sides))
    made.append(Section("kernels", "Kernels", rows=rows, count=len(pair.kernels), empty=none))
    graph = next((text for text in pair.texts if text.items and text.stage and text.stage.value in _GRAPHS), None)
    if graph is not None:
        nodes = tuple(map(_item_row, graph.items))
        made.append(Section("nodes", f"Nodes of {graph.title} that differ", rows=nodes, count=len(nodes)))
    made.append(
        Section(
            "texts",
            "Stages",
            rows=tuple(Row(verdict_words(text, sides), change=text.change, label=text.title) for text in told(pair)),
            count=len(pair.texts),
            empty=sentence(change_words(Change.ABSENT)),
        )
    )
    if pair.absent and pair.texts:
        lacks = Row(", ".join(pair.absent), tone=Tone.QUIET)
        made.append(Section("absent", capitalised(change_words(Change.ABSENT)), rows=(lacks,)))
    if pair.facts:
        made.append(facts_section("facts", "Counts that differ", pair.facts, sides))
    if pair.caches:
        made.append(caches_section(pair.caches, sides))
    return tuple(made)


def told(pair: CompilationDifference) -> tuple[TextDifference, ...]:
    """The texts in the order to tell of them: the compiler's, with the bytecode behind what is compiled of it."""
    return tuple(sorted(pair.texts, key=lambda text: text.stage is Stage.BYTECODE))


def _identity_words(count: int) -> str:
    if not count:
        return ""
    asking = plural(count, "more guard asks", "more guards ask")
    return f"Which object {asking} for was not compared: objects have other numbers in each process."


def _item_row(item: ItemChange) -> Row:
    name = _both(item.a, item.b) if item.change is Change.CHANGED else ""
    return Row(f"{name}: {item.what}" if name else item.what, change=item.change)


def _kernel_rows(kernels: Sequence[KernelDifference], sides: Sides) -> Iterator[Row]:
    for kernel in kernels:
        if not kernel.change.alike:
            yield from _kernel(kernel, sides)
    for change in (Change.RENAMED, Change.SAME):
        if alike := [kernel_names(kernel) for kernel in kernels if kernel_change(kernel) is change]:
            words = f"{', '.join(alike)}: {change_words(change)}"
            yield Row(words if len(alike) == 1 else f"{len(alike):,} kernels, {words}", change=change)


def kernel_names(kernel: KernelDifference) -> str:
    """`k0`, `k0 → k1`, `k0 → k1 + k2`."""
    return _both(" + ".join(kernel.a), " + ".join(kernel.b))


def _kernel(kernel: KernelDifference, sides: Sides) -> Iterator[Row]:
    """What became of kernels, what each side computes alone, and by which figures one sees it."""
    yield Row(f"{kernel_names(kernel)}: {kernel_words(kernel, sides)}", change=kernel_change(kernel))
    if kernel.shared and kernel.change in _CUT_OTHERWISE:
        yield Row(", ".join(kernel.shared), label="computed on both sides", depth=1)
    for change, only in ((Change.REMOVED, kernel.only_a), (Change.ADDED, kernel.only_b)):
        if only:
            yield Row(", ".join(only), change=change, label=f"computed {change_words(change, sides)}", depth=1)
    if kernel.a and kernel.b:
        for fact in kernel.facts:
            yield Row(" → ".join(fact_values(fact)), label=fact.name, depth=1)


def _guard_row(item: GuardChange) -> Row:
    if item.b is not None and item.what:
        return Row(f"{item.b.kind} {item.b.source}".rstrip() + f": {item.what}", change=item.change)
    return Row(_both(item.a.code if item.a else "", item.b.code if item.b else ""), change=item.change)
