"""The statistics of a latency run, against numbers known beforehand."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace

import pytest

from inspector.cli.documents.encoding import data
from inspector.cli.terminal import Style
from inspector.cli.verbs.latency import _lines
from inspector.compare.latency import compare_latency
from inspector.model.capture import Capture, Note
from inspector.model.latency import Difference, LatencyRun, joined, quantile, summarise
from inspector.say.difference_times import latency_rows
from inspector.say.latency import covers, said, speedup_words, verdict


def run_of(eager: list[float], compiled: list[float], tokens: int | None = None) -> LatencyRun:
    return LatencyRun("batch 1", tuple(eager), tuple(compiled), tokens, Difference(1e-6, 1e-4))


def test_quantile_is_the_inclusive_one() -> None:
    values = sorted(random.Random(3).random() for _ in range(37))
    assert [quantile(values, i / 10) for i in range(1, 10)] == pytest.approx(
        statistics.quantiles(values, n=10, method="inclusive")
    )
    assert quantile([5.0], 0.9) == 5.0


def test_known_numbers() -> None:
    summary = summarise(run_of([float(i) for i in range(1, 102)], [0.5 * i for i in range(1, 102)], tokens=510))
    assert (summary.eager.median, summary.eager.p90, summary.eager.p99) == (51.0, 91.0, 100.0)
    assert (summary.eager.spread, summary.eager.minimum, summary.eager.outliers) == (50.0, 1.0, 0)
    assert summary.speedup == 2.0
    assert summary.eager.tokens_per_second == 10.0 and summary.compiled.tokens_per_second == 20.0
    assert summary.pairs == 101 and summary.difference == Difference(1e-6, 1e-4)


def test_tukey_outliers_on_both_sides() -> None:
    usual = [10.0, 11.0, 12.0, 13.0, 14.0] * 10
    assert summarise(run_of([*usual, 30.0, 31.0, 1.0], [1.0] * 53)).eager.outliers == 3


def test_same_samples_same_answer() -> None:
    chance = random.Random(1)
    run = run_of([chance.gauss(10, 1) for _ in range(50)], [chance.gauss(8, 1) for _ in range(50)])
    assert summarise(run) == summarise(run)


def test_pairing_cancels_drift() -> None:
    """Both sides drift over a factor of two together: the ratio is known all the same."""
    drift = [1 + i / 99 for i in range(100)]
    low, high = summarise(run_of([2 * d for d in drift], drift)).speedup_interval or (0, 9)
    assert low == pytest.approx(2.0) and high == pytest.approx(2.0)


def correlated(pairs: int, length: float, size: float, chance: random.Random) -> list[float]:
    """A disturbance that forgets itself after so many samples (an autoregressive series)."""
    keeps, found = math.exp(-1 / length), [chance.gauss(0, size)]
    while len(found) < pairs:
        found.append(keeps * found[-1] + chance.gauss(0, size * math.sqrt(1 - keeps**2)))
    return found


@pytest.mark.parametrize(
    ("pairs", "length", "drift", "least"),
    [
        (60, 0.0, 0.0, 0.92),  # samples that know nothing of one another
        (1000, 0.0, 0.0, 0.92),
        (400, 0.0, 0.4, 0.92),  # both sides become half as fast again
        (400, 5.0, 0.0, 0.92),  # one side is disturbed for 5 samples at a time, 20, 60
        (400, 20.0, 0.2, 0.9),
        (1000, 60.0, 0.0, 0.88),
    ],
)
def test_the_interval_holds_the_truth_about_as_often_as_it_says(
    pairs: int, length: float, drift: float, least: float
) -> None:
    """200 races with a known ratio, whose samples are as those of machines: they drift, and neighbours are alike."""
    held = 0
    for seed in range(200):
        chance = random.Random(seed)
        apart = correlated(pairs, length, 0.05, chance) if length else [0.0] * pairs
        common = [drift * at / pairs for at in range(pairs)]
        eager = [math.exp(0.4 + both + chance.gauss(0, 0.05)) for both in common]
        compiled = [math.exp(both + own + chance.gauss(0, 0.05)) for both, own in zip(common, apart, strict=True)]
        interval = summarise(run_of(eager, compiled)).speedup_interval
        assert interval is not None
        held += interval[0] <= math.exp(0.4) <= interval[1]
    assert held >= least * 200


def test_samples_that_know_nothing_of_one_another_have_a_narrow_interval() -> None:
    widths = []
    for seed in range(60):
        chance = random.Random(seed)
        eager, compiled = ([chance.lognormvariate(0.0, 0.1) for _ in range(1600)] for _ in range(2))
        low, high = summarise(run_of(eager, compiled)).speedup_interval or (0.0, 9.0)
        widths.append(high - low)
    # The standard error of a median's log is 1.253 sigma / sqrt(n), of the ratio sqrt(2) times that.
    least = 2 * 1.96 * 1.253 * 0.1 * 2**0.5 / 1600**0.5
    assert least < statistics.mean(widths) < 1.8 * least


def test_two_races_of_one_thing_agree_where_the_machine_changes_slowly() -> None:
    """Intervals of samples as if they knew nothing of one another would lie apart here more often than not."""
    apart = 0
    for seed in range(60):
        chance = random.Random(seed)
        ends = []
        for _ in range(2):
            own = correlated(500, 30, 0.05, chance)
            compiled = [math.exp(item + chance.gauss(0, 0.02)) for item in own]
            ends.append(summarise(run_of([1.0] * 500, compiled)).speedup_interval or (0.0, 9.0))
        apart += ends[0][1] < ends[1][0] or ends[1][1] < ends[0][0]
    assert apart <= 3


def test_of_several_starts_each_is_one_value() -> None:
    """Each process is steady within itself and they differ by a tenth: the interval is as wide as that."""
    runs = [run_of([2.0 * level] * 50, [1.0] * 50) for level in (1.0, 1.1, 1.05)]
    (run,) = joined([(run,) for run in runs])
    assert (run.starts, len(run.eager)) == ((50, 100), 150)
    summary = summarise(run)
    assert (summary.processes, covers(summary)) == (3, "over 3 starts")
    low, high = summary.speedup_interval or (0.0, 9.0)
    assert low < 2.0 and high > 2.2
    assert covers(summarise(runs[0])) == "within this start"


def test_too_few_pairs_have_no_interval() -> None:
    assert summarise(run_of([1.0] * 4, [1.0] * 4)).speedup_interval is None


def test_unequal_lengths_are_cut_to_pairs() -> None:
    assert summarise(run_of([1.0, 2.0, 3.0], [1.0, 2.0])).pairs == 2


def test_a_side_that_takes_no_time_cannot_be_compared() -> None:
    summary = summarise(run_of([1.0] * 10, [0.0] * 10, tokens=8))
    assert summary.speedup is None and summary.speedup_interval is None
    assert summary.compiled.tokens_per_second is None


@pytest.mark.parametrize(("busy", "told"), [(None, False), (0.05, False), (0.83, True)])
def test_a_race_on_a_busy_machine_says_so(busy: float | None, told: bool) -> None:
    run = LatencyRun("x", (2.0,) * 8, (1.0,) * 8, busy=busy)
    words = "These times are of a busy machine: others used 83 % of the machine meanwhile"
    assert (f"{words}." in [row.text for row in said(summarise(run))]) is told
    mode = Note("warning", "f was in training mode and is compiled in evaluation mode.")
    lines = list(_lines(Capture(latency=(run,), notes=(mode,)), Style(colour=False)))
    assert (f"{words}." in lines) is told
    assert mode.message in lines
    assert ("speed-up  2.000× (95 % interval 2.000 to 2.000, within this start): 2.00× faster" in lines) is not told
    assert ("speed-up  2.000× is not to be trusted: the machine was busy" in lines) is told


@pytest.mark.parametrize("busy", [None, 0.05, 0.4])
def test_no_ratio_of_a_busy_machine_is_a_claim_anywhere(busy: float | None) -> None:
    """Ten times as fast, without a doubt by the samples: nothing of that is said where others used the machine."""
    quiet = LatencyRun("x", (2.0,) * 40, (1.0,) * 40)
    run = replace(quiet, compiled=(0.1,) * 40, busy=busy)
    summary = summarise(run)
    assert summary.speedup == pytest.approx(20)
    assert (summary.speedup_interval is not None) is summary.trusted is (busy != 0.4)
    printed = data(run)["summary"]
    assert (printed["trusted"], printed["speedup_interval"] is None) == (busy != 0.4, busy == 0.4)
    for one, other in ((quiet, run), (run, quiet)):
        (change,) = compare_latency([one], [other])
        assert change.certain is (busy != 0.4)
        words = " ".join(row.text for row in latency_rows(change))
        assert ("not to be trusted" in words and "busy machine" in words and "faster" not in words) is (busy == 0.4)
    drawn, _ = verdict(summary)
    assert drawn.text == ("20.00× on a busy machine: not to be trusted" if busy == 0.4 else "20.00× faster")
    words = "20.000× is not to be trusted: the machine was busy"
    assert (speedup_words(summary) == words) is (busy == 0.4)


def test_of_several_starts_the_busiest_counts() -> None:
    one, other = (LatencyRun("x", (2.0,), (1.0,), busy=busy) for busy in (0.4, 0.2))
    (both,) = joined([(one,), (other,)])
    assert both.busy == 0.4
    (unknown,) = joined([(replace(one, busy=None),), (replace(other, busy=None),)])
    assert unknown.busy is None


def test_no_samples() -> None:
    with pytest.raises(ValueError, match="without samples"):
        summarise(run_of([], []))
