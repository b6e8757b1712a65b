"""The rules about a log: what failed, ran eager, was compiled again, broke, was not cached, or took long to compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from inspector.model.cache import NOT_STORED
from inspector.model.capture import Capture, CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.compile_time import parts_of
from inspector.model.flame import FlameNode
from inspector.model.limits import unrecorded
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.model.pieces import Pieces
from inspector.model.rank_report import RankAspect, RankReport
from inspector.model.recompiles import RecompileChain
from inspector.say.breaks import aftermath, continuing, suggestion
from inspector.say.compiles import compiling_words
from inspector.say.eager import eager_words
from inspector.say.failures import own_caller
from inspector.say.levers import levers_of
from inspector.say.recompiles import advice_words, again_words
from inspector.say.units import plural, seconds, share, untimed_words
from inspector.why.answering import answer_of
from inspector.why.measured import calls, cuda_graphs, numbers
from inspector.why.served import pieces
from inspector.why.verdict import Answer, Sure, Verdict

SLOW = 30.0
"""Seconds of compiling in one process from which on it is worth to say what they went to."""
LARGE = 0.25
"""Share of them that a part has to take."""
_CAUSES = 3
"""Guards of one chain that a finding names."""


@dataclass(frozen=True)
class Evidence:
    """What the rules look at."""

    overview: Overview
    """With advice and phases."""
    capture: Capture | None = None
    """None of a log with so many compiles that their records were not read."""
    ranks: RankReport | None = None
    """Where several processes wrote."""
    pieces: Pieces | None = None
    """Where a server's records are read."""


def facts_of(capture: Capture) -> Evidence:
    """What the rules look at of a capture that is read."""
    from inspector.compare import compare_ranks
    from inspector.model.overview_of import overview_of

    ranks = {log.rank for log in capture.logs} - {None}  # a forked process is none
    report = compare_ranks(capture) if len(ranks) > 1 else None
    return Evidence(overview_of(capture, advise=True), capture, report, Pieces(capture.served))


def answers(facts: Evidence) -> tuple[Answer, ...]:
    """What every rule says."""
    log: tuple[Callable[[Overview], Answer], ...] = (failures, eager, recompiles, breaks, caches, compile_time)
    found = [rule(facts.overview) for rule in log]
    if facts.capture is None or facts.capture.request is None:  # a capture's target is no program
        found.insert(0, program(facts.overview))
    found += [rule(facts.capture) for rule in (numbers, calls, cuda_graphs)]
    if facts.pieces is not None and facts.pieces.models:
        found.append(pieces(facts.pieces))
    return (*found, ranks(facts.ranks)) if facts.ranks is not None else tuple(found)


def _compiles(rows: Iterable[CompileRow]) -> str:
    return plural(sum(row.compiled for row in rows), "compile")


# --- what is wrong --------------------------------------------------------------------------------------------


def program(overview: Overview) -> Answer:
    """An exception that ended the program, which need not be a compile's."""
    verdicts = []
    for item in overview.endings:
        if item.error:
            same = [row.compile_id for row in overview.rows if row.error.startswith(item.error)]
            whose = f"process {item.process}: " if len(overview.endings) > 1 else ""
            verdicts.append(
                Verdict(
                    "program.failed",
                    f"{whose}the program ended with {item.error}",
                    Sure.RECORDED,
                    wrong=True,
                    why=(f"that is what {', '.join(same[:4])} failed with",) if same else (),
                    evidence=("show",),
                    place=item.place,
                    compile_ids=tuple(same),
                )
            )
    none = f"no exception ended {plural(len(overview.endings), 'process', 'processes')}"
    all_told = overview.endings and len(overview.endings) >= len(overview.logs)
    return answer_of("program", verdicts, none, "" if all_told else "whether an exception ended it")


def failures(overview: Overview) -> Answer:
    """Compiles that ended with an exception, those of one error together."""
    by_error: dict[str, list[CompileRow]] = {}
    for row in overview.rows:
        if row.status is CompileStatus.FAILED:
            by_error.setdefault(row.error.strip().split("\n")[0], []).append(row)
    verdicts = (_failed(error, rows) for error, rows in by_error.items())
    none = f"none of {_compiles(overview.rows)} failed"
    return answer_of("failures", verdicts, none, unrecorded("max_failures", overview.rows, overview))


def _failed(error: str, rows: list[CompileRow]) -> Verdict:
    ids = tuple(row.compile_id for row in rows)
    return Verdict(
        "failed",
        f"{plural(len(rows), 'compile')} failed ({', '.join(ids[:4])}{', …' if len(ids) > 4 else ''}): "
        f"{error or 'the log does not say why'}",
        Sure.RECORDED,
        sum(row.times.seconds for row in rows) or None,
        sum(row.untimed for row in rows),
        wrong=True,
        evidence=(f"show --compile-id {ids[0]}",),
        place=rows[0].error_place or rows[0].place,
        compile_ids=ids,
    )


_WITHOUT_GRAPH = (CompileStatus.EMPTY, CompileStatus.EAGER)


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
    if overview.complete and overview.rows and all(row.status in _WITHOUT_GRAPH for row in overview.rows):
        verdicts.insert(
            0,
            Verdict(
                "eager.nothing",
                f"nothing was compiled: no graph came of {_compiles(overview.rows)}, all that is recorded runs eager",
                Sure.RECORDED,
                why=("what its eager calls cost is not recorded",),
                evidence=("breaks",),
                compile_ids=tuple(row.compile_id for row in overview.rows),
            ),
        )
    unknown = unrecorded("max_failures", overview.rows, overview)
    return answer_of("left eager", verdicts, f"none of {_compiles(overview.rows)} was given up or refused", unknown)


# --- what is compiled too often, or in pieces -----------------------------------------------------------------


def recompiles(overview: Overview) -> Answer:
    """Functions that were compiled more than once, with what would have spared it."""
    chains = [chain for chain in overview.chains if chain.again]
    unknown = unrecorded("max_recompiles", overview.rows, overview)
    return answer_of("recompiles", map(_again, chains), f"none in {_compiles(overview.rows)}", unknown)


def _again(chain: RecompileChain) -> Verdict:
    """The seconds are those of the cheapest recompiles, as many as the best advice would have spared: which of them it
    would have been is not always told. What the cure costs is in no log: code for any size may compile longer."""
    again = len(chain.again)
    advice = [item for item in chain.advice or () if item.spared]
    best = max((item.spared or 0 for item in advice), default=0)
    times = sorted(row.times.seconds for row in chain.again)  # nothing for those that are not timed: at least so long
    cheapest = sum(times[:best]) or None
    kind = chain.culprits[0][1].partition(" ")[0] if chain.culprits else ""
    took = f"in {seconds(chain.seconds)}{untimed_words(chain.untimed)}" if chain.seconds else "how long is not recorded"
    title = f"{chain.function or 'a function'} is {again_words(chain)}, {took}"
    why = []
    if best:
        least = "" if best == again and not chain.untimed else "at least "
        spared = f"{best} of {plural(again, 'recompile')} could be spared"
        why.append(f"{spared}, which took {least}{seconds(cheapest)}" if cheapest else spared)
        if any(item.code for item in advice if item.spared == best):  # sizes and numbers become symbols
            why.append("how much longer code for any size or number compiles is not recorded")
    elif any(item.spared is None for item in chain.advice or ()):
        why.append("whether one could be spared is not known")
    elif chain.advice is not None:
        why.append("nothing is known that would spare one")
    return Verdict(
        f"recompiles.{kind or 'unknown'}",
        title + (f": {causes}" if (causes := _causes(chain)) else ""),
        Sure.REPLAYED if best else Sure.RECORDED,
        cheapest,
        chain.untimed if cheapest else 0,
        why=tuple(why),
        do=tuple(advice_words(item) for item in chain.advice or () if item.spared != 0)[:2],
        evidence=(f"recompiles --compile-id {chain.rows[0].compile_id}",),
        place=chain.place,
        compile_ids=tuple(row.compile_id for row in chain.again),
        symbols=any(item.symbols and item.spared != 0 for item in chain.advice or ()),
    )


def _causes(chain: RecompileChain) -> str:
    """Every guard that failed, those that failed most first; with several, how often each did."""
    named = [(f"{source} {what}".strip(), count) for source, what, count in chain.culprits]
    if len(named) < 2:
        return "".join(name for name, _ in named)
    words = [f"{name} {count}×" for name, count in named[:_CAUSES]]
    return ", ".join(words) + (f" and {plural(len(named) - _CAUSES, 'more')}" if len(named) > _CAUSES else "")


def breaks(overview: Overview) -> Answer:
    """Lines of the user's at which a graph ends."""
    verdicts = [_break(overview, group, place) for group in overview.breaks for place in group.places]
    unknown = unrecorded("max_graph_breaks", overview.rows, overview)
    return answer_of("graph breaks", verdicts, f"none in {_compiles(overview.rows)}", unknown)


def _break(overview: Overview, group: BreakGroup, place: BreakPlace) -> Verdict:
    frame = place.stack[-1] if place.stack else None
    rest = continuing(place, overview.rows)
    title = f"a graph ends: {group.reason}"
    if frame is not None and frame.code:
        title += f", at `{frame.code.strip()}`"
    lost = [f"met {plural(place.count, 'time')}", *aftermath(place, overview.rows)]
    if (caller := own_caller(place.stack)) is not None:
        lost.insert(0, f"in a library, called at {caller.file}:{caller.line}: {caller.code.strip()}".rstrip(": "))
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
        paid = [row for row in rows if row.generated and not _kept_elsewhere(row, cache)]
        traced = [row for row in rows if _kept_elsewhere(row, cache)]
        why = [f"the next start generates the code of {plural(len(paid), 'compile')} again"] if paid else []
        if traced:
            of = plural(len(traced), "compile")
            why.append(f"the next start makes the graphs of {of} again; their code the FX cache can keep")
        verdicts.append(
            Verdict(
                "cache.not_kept",
                f"{cache} keeps nothing of {plural(len(rows), 'compile')}: {reason or 'torch does not say why'}",
                Sure.RECORDED,
                sum(row.times.seconds for row in paid) or None,
                sum(row.untimed for row in paid),
                why=tuple(why),
                evidence=(f"show --compile-id {rows[0].compile_id}",),
                compile_ids=tuple(row.compile_id for row in rows),
            )
        )
    asked = [row for row in overview.rows if row.caches]
    unknown = "" if asked else "no answer of a cache is recorded" if overview.rows else "no compile is recorded"
    return answer_of("caches", verdicts, f"none of {_compiles(asked)} that asked one was turned away", unknown)


def _kept_elsewhere(row: CompileRow, cache: str) -> bool:
    """Whether AOTAutograd's cache turned a compile away, and the one below it, which holds code alone, did not."""
    below = [item.answer for item in row.caches if item.cache.startswith("fx_graph")]
    return cache == "aotautograd" and bool(below) and all(answer in ("hit", "miss") for answer in below)


def compile_time(overview: Overview) -> Answer:
    """The parts that a long compile's time went to, and what would avoid each."""
    verdicts: list[Verdict] = []
    took: list[float] = []
    for process in overview.processes or ("",):
        rows = [row for row in overview.rows if row.process == process]
        timed = [row for row in rows if row.times.seconds]
        flames = [flame for row in timed if (flame := overview.flames.get(row.compile_id)) is not None]
        took.append(sum(row.times.seconds for row in timed))
        if took[-1] >= SLOW:
            untimed = sum(row.untimed for row in rows)
            verdicts += _slow(took[-1], untimed, flames, overview.process_name(process))
    unknown = unrecorded("max_compile_time", overview.rows, overview)
    return answer_of("compile time", verdicts, f"at most {seconds(max(took))} in a process", unknown)


def _slow(total: float, untimed: int, flames: list[FlameNode], process: str) -> Iterator[Verdict]:
    """What a process's compile time went to; where phases tell of less than half, only how long it is.

    Args:
        total: seconds of the compiles whose time is recorded.
        untimed: how many others there are.
        flames: of those that are timed.
        process: its name, empty where there is one.
    """
    parts = parts_of(flames)
    whose = f"{process}: " if process else ""
    whole = compiling_words(total, untimed)
    if sum(parts.values()) < total / 2:
        title = f"{whose}{whole}, and what most of it went to is not recorded"
        yield Verdict("slow.unknown", title, Sure.RECORDED, total, untimed, evidence=("phases",))
        return
    for part, took in sorted(parts.items(), key=lambda item: -item[1]):
        if took < LARGE * total:
            return
        levers = levers_of(part, packable=False)
        yield Verdict(
            f"slow.{part.name.lower()}",
            f"{whose}{seconds(took)} ({share(took / total)}) of {whole} went to {part.value}",
            Sure.RECORDED,
            took,
            untimed,
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
    return answer_of("ranks", verdicts, f"{plural(len(report.ranks), 'rank')} agree in {', '.join(same)}", unknown)
