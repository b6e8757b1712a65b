"""The rules about what was measured, and about CUDA graphs: these look at a capture's own records."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.capture import Capture
from inspector.model.latency import LatencyRun, LatencySummary, summarise
from inspector.model.price import PartKind, Price
from inspector.model.profile import Part, Profile
from inspector.notes.cudagraphs import asked, on_cpu
from inspector.notes.cudagraphs import cuda_graphs as notes_on_cuda_graphs
from inspector.say import numerics
from inspector.say.latency import covers, difference_words
from inspector.say.price import doubt_words
from inspector.say.profile import busy_words, guarding, verdict
from inspector.say.units import factor, plural, seconds, share
from inspector.why.verdict import Answer, Sure, Verdict

OVERHEAD = 0.5
"""Share of a compiled call outside kernels and operators, from which on that is what to look at."""
_NOT_READ = "of so many compiles the records were not read: give one with --compile-id"


def numbers(capture: Capture | None) -> Answer:
    """Results that are not what eager's are."""
    if capture is None:
        return Answer("numbers", unknown=_NOT_READ)
    verdicts = [
        Verdict(
            "numbers.wrong",
            f"compiled comes to other numbers than eager at {item.shape}: {numerics.verdict(item)}",
            Sure.MEASURED,
            wrong=True,
            why=(f"the first node that differs is {item.first.node}",) if item.first is not None else (),
            evidence=("numerics --nodes",),
        )
        for item in capture.numerics
        if item.wrong
    ]
    told = {item.shape for item in capture.numerics}
    verdicts += [
        Verdict(
            "numbers.wrong",
            f"compiled comes to other numbers than eager at {run.shape}: {difference_words(run.difference)}",
            Sure.MEASURED,
            wrong=True,
            evidence=("numerics",),
        )
        for run in capture.latency
        if run.difference is not None and run.difference.wrong and run.shape not in told
    ]
    compared = [words for item in capture.numerics if not item.wrong and (words := numerics.verdict(item))]
    compared += [
        f"differences: {difference_words(run.difference)}"
        for run in capture.latency
        if run.difference is not None and run.shape not in told
    ]
    if verdicts:
        return Answer("numbers", tuple(verdicts))
    return Answer("numbers", looked="; ".join(compared), unknown="" if compared else "they were not compared")


def calls(capture: Capture | None) -> Answer:
    """Calls that compiling made slower, or that something else than kernels takes up."""
    if capture is None:
        return Answer("calls", unknown=_NOT_READ)
    runs = [(run, summarise(run)) for run in capture.latency if run.eager and run.compiled]
    verdicts = [found for run, summary in runs if (found := _slower(run, summary)) is not None]
    verdicts += [found for profile in capture.profiles for found in _of_profile(profile)]
    profiled = {profile.shape for profile in capture.profiles}
    priced = [price for price in capture.prices if price.shape not in profiled]
    busy = [f"{price.shape}: {doubt_words(price)}" for price in priced if price.disturbed]
    doubts = [f"{run.shape}: {busy_words(summary.busy).rstrip('.')}" for run, summary in runs if not summary.trusted]
    timed = [
        f"{run.shape}: {factor(summary.speedup)} as fast as eager"
        for run, summary in runs
        if summary.speedup and summary.trusted
    ]
    verdicts += [found for price in priced for found in _of_price(price)]
    doubts += [words.rstrip(".") for words in busy]
    timed += [
        f"{price.shape}: {share(_around(price) / price.parts)} of a call around its kernels"
        for price in priced
        if not price.disturbed and price.parts and not price.gpu
    ]
    if not runs and not capture.profiles and not capture.prices:
        return Answer("calls", unknown="they were not timed")
    return Answer("calls", tuple(verdicts), "" if verdicts else "; ".join(timed), "; ".join(doubts))


def _slower(run: LatencyRun, summary: LatencySummary) -> Verdict | None:
    """A verdict only where the whole interval is below one, on a machine that nobody else used."""
    if not summary.trusted or summary.speedup is None or summary.speedup_interval is None or summary.against_itself:
        return None
    if summary.speedup_interval[1] >= 1:
        return None
    lost = summary.compiled.median - summary.eager.median
    low, high = summary.speedup_interval
    return Verdict(
        "calls.slower",
        f"compiled is slower than eager at {run.shape}: {seconds(summary.compiled.median)} against "
        f"{seconds(summary.eager.median)} ({factor(low)} to {factor(high)}, {covers(summary)})",
        Sure.MEASURED,
        each=lost,
        evidence=("profile",),
        compile_ids=run.compile_ids,
    )


def _of_profile(profile: Profile) -> Iterator[Verdict]:
    if profile.disturbed:
        return
    if words := verdict(profile):
        yield Verdict(
            "calls.launch" if profile.gpu else "calls.nothing_to_gain",
            f"{profile.shape}: {words}",
            Sure.MEASURED,
            each=profile.idle * profile.compiled.seconds if profile.gpu else None,
            evidence=("profile",),
        )
    side = profile.compiled
    around = sum(row.own for row in side.rows if row.part in (Part.RUNTIME, Part.PYTHON))
    if profile.gpu or not side.parts or around < OVERHEAD * side.parts:
        return
    yield Verdict(
        "calls.overhead",
        f"{profile.shape}: {share(around / side.parts)} of a compiled call is spent around the kernels, "
        f"{seconds(around)} of {seconds(side.parts)}",
        Sure.MEASURED,
        each=around,
        why=tuple(filter(None, (guarding(profile),))),
        do=("do more in one call: a larger batch, or a larger part of the model in one compiled function",),
        evidence=("profile",),
    )


def _of_price(price: Price) -> Iterator[Verdict]:
    """Where most of a call lies around kernels and library calls, by the clock, on a machine that nobody else used."""
    around = _around(price)
    if price.disturbed or price.gpu or price.without or not price.parts or around < OVERHEAD * price.parts:
        return
    yield Verdict(
        "calls.overhead",
        f"{price.shape}: {share(around / price.parts)} of a compiled call is spent around the kernels, "
        f"{seconds(around)} of {seconds(price.parts)} (clocked)",
        Sure.MEASURED,
        each=around,
        do=("do more in one call: a larger batch, or a larger part of the model in one compiled function",),
        evidence=("price --by part",),
    )


def _around(price: Price) -> float:
    return sum(site.seconds for site in price.sites if site.part in (PartKind.OUTSIDE, PartKind.WRAPPER))


def cuda_graphs(capture: Capture | None) -> Answer:
    """What CUDA graphs leave out, where they were asked for."""
    if capture is None:
        return Answer("CUDA graphs", unknown=_NOT_READ)
    notes = list(notes_on_cuda_graphs(capture))
    left = [note for note in notes if note.id.rpartition(":")[2].isdigit() and note.id.count(":") > 1]
    left += [note for note in notes if note.id == "cuda_graphs:cpu"]
    verdicts = tuple(
        Verdict(
            "cuda_graphs.none" if note.id == "cuda_graphs:cpu" else "cuda_graphs.left_out",
            note.text.replace("**", "").replace("`", "").replace("\n\n", ", at ").rstrip("."),
            Sure.RECORDED,
            evidence=(f"show --compile-id {note.compile_id}",),
            compile_ids=(note.compile_id,) if note.compile_id else (),
        )
        for note in left
    )
    return Answer("CUDA graphs", verdicts, *((_looked_at(capture)) if not verdicts else ("", "")))


def _looked_at(capture: Capture) -> tuple[str, str]:
    """What is fine about CUDA graphs, and what is not recorded of them."""
    compiled = [item for item in capture.compilations if item.kernels]
    beyond = [item for item in compiled if not on_cpu(item)]
    if not beyond:
        return (
            (f"no kernel of {plural(len(compiled), 'compile')} runs on a GPU", "")
            if compiled
            else ("", "no kernel is recorded that could be in one")
        )
    told = [asked(capture, item) for item in beyond]
    if any(told):
        if "counters" in capture.environment:
            return f"asked for by {plural(sum(map(bool, told)), 'compile')}, and nothing is left out", ""
        return "", "they were asked for; whether they were used when the code was called is not recorded"
    if None in told:
        return "", "whether they were asked for is not recorded"
    return "not asked for", ""
