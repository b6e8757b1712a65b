"""The statistics of a latency run, against numbers known beforehand."""

from __future__ import annotations

import random
import statistics

import pytest

from inspector.model.latency import Difference, LatencyRun, quantile, summarise


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


@pytest.mark.parametrize("pairs", [60, 1600])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(pairs: int) -> None:
    """Also above the cap on resampled pairs, where the scatter is shrunk: 40 experiments with a known ratio."""
    held, widths = 0, []
    for seed in range(40):
        chance = random.Random(seed)
        eager = [chance.lognormvariate(0.4, 0.1) for _ in range(pairs)]
        compiled = [chance.lognormvariate(0.0, 0.1) for _ in range(pairs)]
        interval = summarise(run_of(eager, compiled), resamples=150).speedup_interval
        assert interval is not None
        held += interval[0] <= 2.718281828**0.4 <= interval[1]
        widths.append(interval[1] - interval[0])
    assert held >= 34
    # The standard error of a median's log is 1.253 sigma / sqrt(n), of the ratio sqrt(2) times that.
    expected = 2 * 1.96 * 1.253 * 0.1 * 2**0.5 / pairs**0.5 * 2.718281828**0.4
    assert statistics.mean(widths) == pytest.approx(expected, rel=0.25)


def test_too_few_pairs_have_no_interval() -> None:
    assert summarise(run_of([1.0] * 4, [1.0] * 4)).speedup_interval is None


def test_unequal_lengths_are_cut_to_pairs() -> None:
    assert summarise(run_of([1.0, 2.0, 3.0], [1.0, 2.0])).pairs == 2


def test_a_side_that_takes_no_time_cannot_be_compared() -> None:
    summary = summarise(run_of([1.0] * 10, [0.0] * 10, tokens=8))
    assert summary.speedup is None and summary.speedup_interval is None
    assert summary.compiled.tokens_per_second is None


def test_no_samples() -> None:
    with pytest.raises(ValueError, match="without samples"):
        summarise(run_of([], []))
