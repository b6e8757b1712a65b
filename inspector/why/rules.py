"""The rules about a log: what failed, ran eager, was compiled again, broke, was not cached, or took long to compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from inspector.model.cache import NOT_STORED
from inspector.model.capture import Capture, CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.compile_time import parts_of
from inspector.model.difference import RankAspect, RankReport
from inspector.model.flame import FlameNode
from inspector.model.limits import Lacking, unrecorded
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.model.recompiles import RecompileChain
from inspector.say.breaks import aftermath, continuing, suggestion
from inspector.say.eager import eager_words
from inspector.say.levers import levers_of
from inspector.say.limits import lacking_words
from inspector.say.recompiles import advice_words
from inspector.say.units import plural, seconds, share
from inspector.why.measured import calls, cuda_graphs, numbers
from inspector.why.verdict import Answer, Sure, Verdict

SLOW = 30.0
"""Seconds of compiling in one process from which on it is worth to say what they went to."""
LARGE = 0.25
"""Share of them that a part has to take."""


@dataclass(frozen=True)
class Facts:
    """What the rules look at."""

    overview: Overview
    """With advice and phases."""
    capture: Capture | None = None
    """None of a log with so many compiles that their records were not read."""
    ranks: RankReport | None = None
    """Where several processes wrote."""


def answers(facts: Facts) -> tuple[Answer, ...]:
    """What every rule says."""
    log: tuple[Callable[[Overview], Answer], ...] = (failures, eager, recompiles, breaks, caches, compile_time)
    found = [rule(facts.overview) for rule in log]
    found += [rule(facts.capture) for rule in (numbers, calls, cuda_graphs)]
    return (*found, ranks(facts.ranks)) if facts.ranks is not None else tuple(found)


def _compiles(rows: Iterable[CompileRow]) -> str:
    return plural(sum(row.compiled for row in rows), "compile")


def _answer(topic: str, verdicts: Iterable[Verdict], none: str, unknown: Lacking | str | None = None) -> Answer:
    found = tuple(verdicts)
    return Answer(
        topic, found, "" if found or unknown else none, unknown if isinstance(unknown, str) else lacking_words(unknown)
    )


# --- what is wrong --------------------------------------------------------------------------------------------


def failures(overview: Overview) -> Answer:
    """Compiles that ended with an exception, those of one error together."""
    by_error: dict[str, list[CompileRow]] = {}
    for row in overview.rows:
        if row.status is CompileStatus.FAILED:
            by_error.setdefault(row.error.strip().split("\n")[0], []).append(row)
    verdicts = (_failed(error, rows) for error, rows in by_error.items())
    none = f"none of {_compiles(overview.rows)} failed"
    return _answer("failures", verdicts, none, unrecorded("max_failures", overview.rows, overview))


def _failed(error: str, rows: list[CompileRow]) -> Verdict:
    ids = tuple(row.compile_id for row in rows)
    return Verdict(
        "failed",
        f"{plural(len(rows), 'compile')} failed ({', '.join(ids[:4])}{', …' if len(ids) > 4 else ''}): "
        f"{error or 'the log does not say why'}",
        Sure.RECORDED,
        sum(row.times.seconds for row in rows) or None,
        wrong=True,
        evidence=(f"show --compile-id {ids[0]}",),
        place=rows[0].error_place or rows[0].place,
        compile_ids=ids,
    )


def eager(overview: Overview) -> Answer:
    """Functions that run eager though they were to be compiled."""
    rows = [row for row in overview.rows if eager_words(row)]
    verdicts = []
    for function in dict.fromkeys((row.function, row.place) for row in rows):
        same = [row for row in rows if (row.function, row.place) == function]
        refused = same[0].status is CompileStatus.REFUSED
        verdicts.append(
            Verdict(
                "eager.limit" if refused else "eager.given_up",
                f"{same[0].function or 'a function'}: {eager_words(same[0])}",
                Sure.RECORDED,
                why=("what its eager calls cost is not recorded",),
                do=("see what it is compiled again for, which the limit is there to stop",) if refused else (),
                evidence=("recompiles",) if refused else ("breaks",),
                place=same[0].place,
                compile_ids=tuple(row.compile_id for row in same),
            )
        )
    unknown = unrecorded("max_failures", overview.rows, overview)
    return _answer("left eager", verdicts, f"none of {_compiles(overview.rows)} was given up or refused", unknown)


# --- what is compiled too often, or in pieces -----------------------------------------------------------------


def recompiles(overview: Overview) -> Answer:
    """Functions that were compiled more than once, with what would have spared it."""
    chains = [chain for chain in overview.chains if chain.again]
    unknown = unrecorded("max_recompiles", overview.rows, overview)
    return _answer("recompiles", map(_again, chains), f"none in {_compiles(overview.rows)}", unknown)


def _again(chain: RecompileChain) -> Verdict:
    """Seconds lost are those of the cheapest recompiles, as many as the best advice would have spared: at least so
    many, for which of them it would have been is not always told."""
    again = len(chain.again)
    advice = [item for item in chain.advice or () if item.spared]
    best = max((item.spared or 0 for item in advice), default=0)
    times = sorted(row.times.seconds for row in chain.again)
    source, what, _ = chain.culprits[0] if chain.culprits else ("", "", 0)
    about = f"{source} {what}".strip()
    kind = what.partition(" ")[0] or "unknown"
    title = f"{chain.function or 'a function'} is compiled {plural(again, 'time')} more, in {seconds(chain.seconds)}"
    why = []
    if best:
        why.append(f"{best} of {plural(again, 'recompile')} could be spared, at least {seconds(sum(times[:best]))}")
    elif any(item.spared is None for item in chain.advice or ()):
        why.append("whether one could be spared is not known")
    elif chain.advice is not None:
        why.append("nothing is known that would spare one")
    return Verdict(
        f"recompiles.{kind}",
        title + (f": {about}" if about else ""),
        Sure.REPLAYED if best else Sure.RECORDED,
        sum(times[:best]) if best else None,
        why=tuple(why),
        do=tuple(advice_words(item) for item in (advice or chain.advice or ())[:2]),
        evidence=(f"recompiles --compile-id {chain.rows[0].compile_id}",),
        place=chain.place,
        compile_ids=tuple(row.compile_id for row in chain.again),
    )


def breaks(overview: Overview) -> Answer:
    """Lines of the user's at which a graph ends."""
    verdicts = [_break(overview, group, place) for group in overview.breaks for place in group.places]
    unknown = unrecorded("max_graph_breaks", overview.rows, overview)
    return _answer("graph breaks", verdicts, f"none in {_compiles(overview.rows)}", unknown)


def _break(overview: Overview, group: BreakGroup, place: BreakPlace) -> Verdict:
    frame = place.stack[-1] if place.stack else None
    rest = continuing(place, overview.rows)
    title = f"a graph ends: {group.reason}"
    if frame is not None and frame.code:
        title += f", at `{frame.code.strip()}`"
    lost = [f"met {plural(place.count, 'time')}", *aftermath(place, overview.rows)]
    do = [item for item in (suggestion(group, place), *group.hints[:1]) if item]
    return Verdict(
        "break",
        title,
        Sure.RECORDED,
        why=(*lost, "what the calls between the graphs cost is not recorded"),
        do=tuple(do),
        evidence=("breaks",),
        place=frame,
        compile_ids=(*dict.fromkeys(place.compile_ids), *rest),
    )


# --- what takes long --------------------------------------------------------------------------------------------


def caches(overview: Overview) -> Answer:
    """Code that no cache can keep, so that every start generates it again."""
    verdicts = []
    reasons: dict[tuple[str, str], list[CompileRow]] = {}
    for row in overview.rows:
        for item in row.caches:
            if item.answer in ("bypass", NOT_STORED):
                rows = reasons.setdefault((item.cache, item.reason.strip().split("\n")[0]), [])
                if row not in rows:
                    rows.append(row)
    for (cache, reason), rows in reasons.items():
        paid = [row for row in rows if row.generated]
        verdicts.append(
            Verdict(
                "cache.not_kept",
                f"{cache} keeps nothing of {plural(len(rows), 'compile')}: {reason or 'torch does not say why'}",
                Sure.RECORDED,
                sum(row.times.seconds for row in paid) or None,
                why=(f"the next start generates the code of {plural(len(paid), 'compile')} again",) if paid else (),
                evidence=(f"show --compile-id {rows[0].compile_id}",),
                compile_ids=tuple(row.compile_id for row in rows),
            )
        )
    asked = [row for row in overview.rows if row.caches]
    unknown = "" if asked or not overview.rows else "no answer of a cache is recorded"
    return _answer("caches", verdicts, f"none of {_compiles(asked)} that asked one was turned away", unknown)


def compile_time(overview: Overview) -> Answer:
    """The parts that a long compile's time went to, and what would avoid each."""
    verdicts: list[Verdict] = []
    took: list[float] = []
    for process in overview.processes or ("",):
        rows = [row for row in overview.rows if row.process == process]
        flames = [flame for row in rows if (flame := overview.flames.get(row.compile_id)) is not None]
        took.append(sum(row.times.seconds for row in rows))
        if took[-1] >= SLOW:
            verdicts += _slow(took[-1], flames, overview.process_name(process))
    unknown = unrecorded("max_compile_time", overview.rows, overview)
    return _answer("compile time", verdicts, f"at most {seconds(max(took))} in a process", unknown)


def _slow(total: float, flames: list[FlameNode], process: str) -> Iterator[Verdict]:
    """What a process's compile time went to; where phases tell of less than half, only how long it is."""
    parts = parts_of(flames)
    whose = f"{process}: " if process else ""
    if sum(parts.values()) < total / 2:
        title = f"{whose}{seconds(total)} of compiling, and what most of it went to is not recorded"
        yield Verdict("slow.unknown", title, Sure.RECORDED, total, evidence=("phases",))
        return
    for part, took in sorted(parts.items(), key=lambda item: -item[1]):
        if took < LARGE * total:
            return
        levers = levers_of(part, packable=False)
        yield Verdict(
            f"slow.{part.name.lower()}",
            f"{whose}{seconds(took)} of {seconds(total)} of compiling ({share(took / total)}) went to {part.value}",
            Sure.RECORDED,
            took,
            do=tuple(f"{lever.how} (costs: {lever.cost})" for lever in levers[:2]),
            evidence=("phases",),
        )


# --- several processes ------------------------------------------------------------------------------------------


def ranks(report: RankReport) -> Answer:
    """What the ranks of one job disagree in."""
    verdicts = [
        Verdict(
            f"ranks.{item.aspect.value}",
            f"the ranks differ in {item.aspect.value.replace('_', ' ')}" + (f": {item.first}" if item.first else ""),
            Sure.RECORDED,
            why=item.reasons,
            evidence=(f"ranks --aspect {item.aspect.value}",),
        )
        for item in report.aspects
        if item.diverges and item.aspect is not RankAspect.RUNTIME  # torch's estimates, which say nothing of the job
    ]
    unknown = "" if report.compared else "nothing that ranks are compared by is recorded"
    same = [item.aspect.value.replace("_", " ") for item in report.aspects if item.groups and not item.diverges]
    return _answer("ranks", verdicts, f"{plural(len(report.ranks), 'rank')} agree in {', '.join(same)}", unknown)
