"""A search over settings, in words: a row for each candidate, what pays and how surely, and why."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.difference import CaptureDifference
from inspector.model.tune import TuneFate, TuneProgress, TuneStanding, TuneTrial, Tuning
from inspector.say import numerics as say_numerics
from inspector.say.difference import kernel_names, kernel_words
from inspector.say.doc import Cell, Column, Item, Row, Tone, sentence
from inspector.say.findings import SideName, Sides
from inspector.say.units import plural, running, seconds
from inspector.say.version import between, bounds, code_rows, numbers_row, percent

NAME, CALL, SURE, COMPILE, NUMBERS, CODE = "setting", "a call takes", "95 %", "first call", "numbers", "code"
COLUMNS = (
    Column(NAME, 24, grow=1),
    Column(CALL, 14),
    Column(SURE, 24, grow=1),
    Column(COMPILE, 10, right=True),
    Column(NUMBERS, 20, grow=1),
    Column(CODE, 30, grow=2),
)
_SIDES: Sides = (SideName("without", "without it", "what there is"), SideName("with", "with it", "it"))
_KERNELS = 6


def items(tuning: Tuning) -> Iterator[Item]:
    """A row for each candidate: finalists first, the fastest on top, then the others as they were tried."""
    finalists = tuning.finalists
    for trial in (*finalists, *(trial for trial in tuning.trials if trial not in finalists)):
        yield _item(trial, tuning)


def _item(trial: TuneTrial, tuning: Tuning) -> Item:
    speed, sure = speed_cells(trial)
    code = ", ".join(row.text for row in why(trial) if not row.depth)
    return Item(
        trial.candidate.name,
        (
            Cell(trial.candidate.name, Tone.GOOD if trial.pays else Tone.TEXT),
            speed,
            sure,
            Cell(_cost(trial.first_call, tuning.first_call)),
            numbers_cell(trial),
            Cell(code, Tone.QUIET),
        ),
    )


def _cost(taken: float | None, before: float | None) -> str:
    if taken is None:
        return ""
    if before is None:
        return seconds(taken)
    return f"{'+' if taken >= before else '-'}{seconds(abs(taken - before))}"


def speed_cells(trial: TuneTrial) -> tuple[Cell, Cell]:
    """By how much a call is faster or slower, and how surely."""
    found = trial.standing
    if found is not None:
        return Cell(_faster(found.ratio), _tone(found)), Cell(sure_words(found), _tone(found))
    fates = {
        TuneFate.UNTRIED: (Tone.QUIET, "not tried", trial.message),
        TuneFate.FAILED: (Tone.ERROR, "failed", trial.message.rstrip(".")),
        TuneFate.WRONG: (Tone.ERROR, "wrong", "never recommended"),
        TuneFate.SAME_CODE: (Tone.QUIET, "the same", "the same code"),
    }
    if trial.fate in fates:
        tone, *words = fates[trial.fate]
        return Cell(words[0], tone), Cell(words[1], tone)
    if not trial.races:
        return Cell("", Tone.QUIET), Cell("not raced", Tone.QUIET)
    return Cell(f"~{_faster(trial.races[-1].ratio)}", Tone.QUIET), Cell("out after a short race", Tone.QUIET)


def _tone(found: TuneStanding) -> Tone:
    return Tone.GOOD if found.pays else Tone.ERROR if found.costs else Tone.STRONG


def _faster(ratio: float) -> str:
    return f"{percent(ratio)} % {'less' if ratio < 1 else 'more'}"


def sure_words(found: TuneStanding) -> str:
    """`15 to 21 % less`; that it cannot be told; that the machine was busy, or the time too short."""
    if found.interval is None:
        return f"not sure: {plural(found.starts, 'start')}"
    if not found.trusted:
        return f"not sure: a busy machine ({between(found.interval)})"
    if found.pays or found.costs:
        return f"{bounds(found.interval)} % {'less' if found.pays else 'more'}"
    return f"cannot be told ({between(found.interval)})"


def numbers_cell(trial: TuneTrial) -> Cell:
    """Its results against eager's, and where they are right against those without it."""
    found = trial.numerics
    if found is not None and found.wrong:
        return Cell(say_numerics.verdict(found), Tone.ERROR)
    if found is not None and (words := say_numerics.doubt(found)):
        return Cell(f"not compared ({words})", Tone.WARNING)
    if found is None:
        if trial.fate in (TuneFate.SAME_CODE, TuneFate.UNTRIED, TuneFate.FAILED):
            return Cell()
        return Cell(f"not compared ({trial.message.rstrip('.')})", Tone.WARNING)
    row = numbers_row(trial.numbers, "they are as eager's within the tolerance")
    return Cell(row.text, row.tone)


def verdict(tuning: Tuning) -> Iterator[Row]:
    """What it comes to, a sentence each: what pays, or that nothing does and what was tried."""
    best = tuning.trial(tuning.recommended) if tuning.recommended else None
    if best is not None and best.standing is not None and best.standing.interval is not None:
        found = best.standing
        assert found.interval is not None
        yield Row(
            f"{best.candidate.name} pays: a call takes {percent(found.ratio)} % less time "
            f"(95 %: {bounds(found.interval)}, over {plural(found.starts, 'start')}).",
            Tone.GOOD,
        )
        yield from _addition(best, tuning)
        return
    tried = [trial for trial in tuning.trials if trial.fate is not TuneFate.UNTRIED]
    count = plural(len(tried), "candidate")
    if not tried:
        yield Row("No candidate was tried, so that nothing is known of what pays.", Tone.WARNING)
    elif any(trial.standing is not None and trial.standing.interval is None for trial in tuning.trials):
        yield Row(f"The time was too short to be sure of any of {count}; none is recommended.", Tone.WARNING)
    elif tuning.busy:
        yield Row(
            f"Others kept the machine busy: of {count}, none is surely faster, and none is recommended.", Tone.WARNING
        )
    else:
        yield Row(f"Nothing pays: none of {count} is faster beyond noise with numbers that were checked.", Tone.STRONG)
    if fastest := next((trial for trial in tuning.finalists if trial.standing and trial.standing.ratio < 1), None):
        assert fastest.standing is not None
        yield Row(
            f"The fastest was {fastest.candidate.name}: {_faster(fastest.standing.ratio)}, "
            f"{sure_words(fastest.standing)}."
        )


def _addition(best: TuneTrial, tuning: Tuning) -> Iterator[Row]:
    """Whether what a combination is made of adds up."""
    parts = [tuning.trial(name) for name in best.candidate.parts]
    ratios = [
        part.standing.ratio if part.standing is not None else part.races[-1].ratio
        for part in parts
        if part and (part.standing or part.races)
    ]
    if not ratios or best.standing is None:
        return
    product = 1.0
    for ratio in ratios:
        product *= ratio
    alone = " and ".join(f"{percent(ratio)} %" for ratio in ratios)
    adds = "they add up" if best.standing.ratio <= product * 1.02 else "they do not add up"
    yield Row(f"Alone its parts save {alone}; {adds}.")


def why(trial: TuneTrial) -> Iterator[Row]:
    """Which kernels differ, by meaning."""
    if trial.difference is None:
        return
    if trial.candidate.wraps:
        yield Row("kernels not compared: they are in the C++ code that calls them", Tone.QUIET)
        return
    yield from code_rows(trial.difference)
    yield from _kernels(trial.difference)


def _kernels(difference: CaptureDifference) -> Iterator[Row]:
    apart = [item for pair in difference.compilations for item in pair.kernels if not item.change.alike]
    for item in apart[:_KERNELS]:
        yield Row(f"{kernel_names(item)}: {kernel_words(item, _SIDES)}", depth=1)
        for words, only in (("computed without it alone", item.only_a), ("computed with it alone", item.only_b)):
            if only:
                yield Row(", ".join(only), label=words, depth=2)
    if len(apart) > _KERNELS:
        yield Row(f"{plural(len(apart) - _KERNELS, 'more kernel')} differ", Tone.QUIET, depth=1)


def trial_words(trial: TuneTrial) -> str:
    """A candidate that was tried, in a line."""
    speed, sure = speed_cells(trial)
    if trial.fate is TuneFate.FINAL and trial.standing is None:
        busy = ", on a busy machine" if trial.races and not trial.races[-1].trusted else ""
        words = f"{_faster(trial.races[-1].ratio)} in a short race{busy}" if trial.races else "not raced"
    elif trial.fate is TuneFate.WRONG:
        words = f"wrong: {numbers_cell(trial).text}"
    else:
        words = ": ".join(dict.fromkeys(filter(None, (speed.text, sure.text))))
    return f"{trial.candidate.name}: {words}"


def progress_words(now: TuneProgress) -> str:
    """`3/11  racing cpp.simdlen=256  1 min 05 s of 10 min 00 s`."""
    return f"{now.done}/{now.total}  {now.doing}  {running(now.elapsed)} of {running(now.budget)}"


def _together(tuning: Tuning) -> str:
    """How sure the intervals are, of the finalists that have one."""
    count = sum(trial.standing is not None and trial.standing.interval is not None for trial in tuning.finalists)
    return f"; the intervals of {plural(count, 'finalist')} hold together with 95 %" if count else ""


LINES, UNSURE_LINES = "Lines for your program", "Lines of the fastest, which is not sure"


def lines_title(tuning: Tuning) -> str:
    """What the lines are of."""
    return LINES if tuning.recommended else UNSURE_LINES


def notes(tuning: Tuning) -> Iterator[Row]:
    """What a reader must know, a sentence each."""
    yield from (Row(sentence(words), Tone.WARNING) for words in tuning.notes)
    if tuning.numerics is not None and tuning.numerics.wrong:
        yield Row(
            sentence(f"Without any of it too the results differ: {say_numerics.verdict(tuning.numerics)}"), Tone.WARNING
        )
    if tuning.finalists:
        kind = "processes that were forked from one parent" if tuning.forked else "new processes"
        yield Row(
            f"Each finalist was raced in {plural(tuning.starts, 'start')}, in {kind}{_together(tuning)}.",
            Tone.QUIET,
        )
