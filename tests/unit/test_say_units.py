"""Every quantity has one form, on every face."""

from __future__ import annotations

import math

import pytest

from inspector.say import units


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 s"),
        (8e-10, "0.8 ns"),
        (7.89e-8, "78.9 ns"),
        (42e-6, "42.0 µs"),
        (1.24e-3, "1.24 ms"),
        (0.0999, "99.9 ms"),
        (0.310, "310 ms"),
        (0.99999, "1.00 s"),
        (99.9, "99.9 s"),
        (99.97, "1 min 40 s"),
        (100, "1 min 40 s"),
        (3_599.4, "59 min 59 s"),
        (3_599.9, "1 h 00 min"),
        (3_700, "1 h 02 min"),
        (360_000, "100 h 00 min"),
        (-0.5, "-500 ms"),
        (math.inf, "inf s"),
        (None, ""),
    ],
)
def test_a_time(value: float | None, words: str) -> None:
    assert units.seconds(value) == words


def test_what_has_no_time_is_called_what_the_caller_knows() -> None:
    assert units.seconds(None, "not recorded") == "not recorded"


def test_a_time_that_is_still_running_is_easy_to_follow() -> None:
    assert [units.running(value) for value in (0.0, 3.24, 59.9, 65, 725)] == [
        "0.0 s",
        "3.2 s",
        "59.9 s",
        "1 min 05 s",
        "12 min 05 s",
    ]


def test_a_range_has_the_unit_of_its_larger_end() -> None:
    assert units.seconds_between(0.0009, 0.0021) == "0.9–2.10 ms"
    assert units.seconds_between(1.234, 1.304) == "1.23–1.30 s"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 B"),
        (300, "300 B"),
        (1023.4, "1023 B"),
        (1023.9, "1.00 KiB"),
        (1536, "1.50 KiB"),
        (512 * 1024, "512 KiB"),
        (1024 * 1024 - 1, "1.00 MiB"),
        (3 << 19, "1.50 MiB"),
        (2 << 30, "2 GiB"),
        (5000 * 2**30, "5000 GiB"),
    ],
)
def test_bytes(value: float, words: str) -> None:
    assert units.size(value) == words


def test_rates_and_work_go_by_powers_of_ten() -> None:
    assert units.amount(38.2e9, "B/s") == "38.2 GB/s"
    assert units.amount(157e9, "flop") == "157 Gflop"
    assert units.amount(12, "flop") == "12 flop"
    assert units.amount(4.94e9, "") == "4.94 G"


@pytest.mark.parametrize(
    ("part", "places", "words"),
    [
        (0, 0, "0 %"),
        (0.001, 0, "<1 %"),
        (0.123, 0, "12 %"),
        (0.1234, 1, "12.3 %"),
        (0.0001, 1, "<0.1 %"),
        (0.9999, 0, ">99 %"),
        (1, 0, "100 %"),
        (1.25, 0, "125 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part: float, places: int, words: str) -> None:
    assert units.share(part, places) == words


def test_counts_and_factors() -> None:
    assert units.plural(1, "graph break") == "1 graph break"
    assert units.plural(1_234, "graph break") == "1,234 graph breaks"
    assert units.plural(2, "match", "matches") == "2 matches"
    assert [units.factor(value) for value in (0.874, 1.5, 12.34, 1234.5)] == ["0.874 ×", "1.50 ×", "12.3 ×", "1,234 ×"]


def test_figures_and_steps() -> None:
    assert [units.figures(value) for value in (0, 0.00123, 0.123, 1.234, 45.67, 999.7, 12345.6)] == [
        "0",
        "0.00123",
        "0.123",
        "1.23",
        "45.7",
        "1,000",
        "12,346",
    ]
    assert [units.nice_step(span, 5) for span in (1.0, 7.0, 23.0, 0.004)] == pytest.approx([0.2, 2, 5, 0.001])
