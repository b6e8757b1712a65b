"""Since when something is different: change points on made series, and a target's history in the library."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from baselines import MACHINE, start

from inspector.cli.main import main
from inspector.library import Library
from inspector.library.following import histories
from inspector.library.history import LEVEL, changes
from inspector.model.library import KeptCapture, KeptFacts
from inspector.say.history import chart, few_words
from tests import json_schema
from tests.unit.test_check_baseline import whole

SERIES = 150


def noise(seed: int, count: int, *, spread: float = 0.05, wild: float = 0.0) -> list[float]:
    """A time that varies by so much of itself; some share of it takes three times as long."""
    chance = random.Random(seed)
    values = [math.exp(chance.gauss(0, spread)) for _ in range(count)]
    return [value * 3 if chance.random() < wild else value for value in values]


def stepped(seed: int, count: int, at: int, by: float) -> list[float]:
    return [value * (by if place >= at else 1) for place, value in enumerate(noise(seed, count))]


@pytest.mark.parametrize("wild", [0.0, 0.1])
@pytest.mark.parametrize("count", [12, 30])
def test_noise_rarely_alarms_wild_values_in_it_too(count: int, wild: float) -> None:
    """One look at noise alarms in one of a hundred series; more than six of 150 come by chance in one of 300 tests."""
    alarms = sum(bool(changes(noise(seed, count, wild=wild))) for seed in range(SERIES))
    assert alarms <= 6


@pytest.mark.parametrize(("by", "most"), [(1.2, 0), (1.1, 12)])
def test_a_change_is_rarely_missed_and_found_where_it_is(by: float, most: int) -> None:
    """A step of four times the noise's spread in the middle of 24 is never missed, one of twice it in few of 60."""
    missed = off = 0
    for seed in range(60):
        found = changes(stepped(seed, 24, 12, by))
        missed += not found
        off += bool(found) and min(abs(item.at - 12) for item in found) > 2
    assert missed <= most
    assert off <= 6


def test_a_change_says_its_levels_and_how_sure_it_is() -> None:
    (found,) = changes(stepped(1, 24, 12, 1.3))
    assert abs(found.at - 12) <= 1
    assert found.after / found.before == pytest.approx(1.3, rel=0.08)
    assert 0 < found.chance <= LEVEL
    assert changes(stepped(1, 24, 12, 1.3)) == [found]


def test_there_and_back_are_two_changes() -> None:
    values = [value * (1.5 if 12 <= place < 24 else 1) for place, value in enumerate(noise(3, 36))]
    assert [round(item.at / 12) for item in changes(values)] == [1, 2]


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 40, [1.0, 2.0, 1.0, 2.0, 1.0], [1.0] * 4 + [9.0] * 2])
def test_what_is_too_short_or_never_varies_alarms_nobody(values: list[float]) -> None:
    assert changes(values) == []


def test_what_is_counted_has_changed_at_once() -> None:
    assert [(item.at, item.before, item.after) for item in changes([3, 3, 4, 4, 2], exact=True)] == [
        (2, 3, 4),
        (4, 4, 2),
    ]


# --- the library's ------------------------------------------------------------------------------------------


def kept(place: int, latency: float | None, kernels: int = 3, **facts: object) -> KeptCapture:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=place)
    names = tuple(f"cpp_fused_{number}" for number in range(kernels))
    known = KeptFacts("mlp", "2.13.0", "EPYC", device="cpu", kernels=names, compile_seconds=5.0, latency=latency)
    return KeptCapture(f"{when:%Y%m%d}-{place:03}", replace(known, **facts), when.isoformat(), 10)  # type: ignore[arg-type]


def slower(count: int = 24) -> Sequence[KeptCapture]:
    values = stepped(1, count, count // 2, 1.5)
    return [kept(place, value / 1000, 3 if place < 18 else 5) for place, value in enumerate(values)]


def test_a_history_is_of_captures_that_are_made_alike() -> None:
    items = [*slower(), kept(99, 0.5, machine="another"), kept(98, 0.5, mode="max-autotune"), kept(97, 1.0, title="x")]
    found = histories(reversed(items))
    assert [len(item.captures) for item in found] == [24, 1, 1, 1]
    assert [(change.quantity, change.was, change.now) for change in found[0].changes if not change.chance] == [
        ("kernels", 3, 5)
    ]
    (timed,) = (change for change in found[0].changes if change.chance)
    assert timed.quantity == "latency"
    assert timed.now / timed.was == pytest.approx(1.5, rel=0.1)


def test_what_was_kept_twice_is_one_capture_and_not_a_series() -> None:
    copies = [replace(slower()[0], id=f"copy-{number}") for number in range(9)]
    (found,) = histories([slower()[0], *copies])
    assert (len(found.captures), found.copies, found.changes) == (1, 9, ())
    assert few_words(found) == "Nothing was compared: there is one capture of it. 9 more are copies of these."


def test_what_was_not_recorded_is_left_out_and_shown_as_that() -> None:
    items = [
        replace(item, facts=replace(item.facts, latency=None)) if place == 3 else item
        for place, item in enumerate(slower())
    ]
    (found,) = histories(items)
    assert any(change.quantity == "latency" for change in found.changes)
    assert chart(found, "latency")[3] == "·"
    assert chart(found, "recompiles") == ""


def test_the_verb_tells_since_when_and_how_to_see_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["history", "mlp"]) == 2
    assert "no capture of 'mlp'" in capsys.readouterr().err
    monkeypatch.setattr("inspector.library.shelf.Library.all", lambda _self: list(slower()))
    assert main(["history", "mlp"]) == 0
    out = capsys.readouterr().out
    assert "latency 1.0" in out and "× as long, from 202601" in out
    assert "inspector library diff 20260118-017 20260119-018" in out
    assert "kernels 3 → 5, from 20260119-018 on\n" in out
    assert "how they differ cannot be told: There is no" in out  # these were never kept
    assert main(["history", "mlp", "--json"]) == 0
    document = json_schema.check(capsys.readouterr().out)
    assert len(document["histories"][0]["captures"]) == 24
    monkeypatch.setattr("inspector.library.shelf.Library.all", lambda _self: list(slower(4)))
    assert main(["history", "mlp"]) == 0
    assert "a time's change takes about five on each side" in capsys.readouterr().out


def test_below_a_change_stands_how_the_two_captures_around_it_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    library = Library()
    for number, kernels in enumerate((2, 2, 3, 3)):
        torch = "2.13.0" if kernels == 2 else "2.15.0"
        item = start(10.0 + number, kernels=kernels, environment={**MACHINE, "torch": torch})
        library.keep(whole(item))
    one, two = library.all()[2].id, library.all()[1].id
    assert main(["history", "mlp"]) == 0
    out = capsys.readouterr().out
    assert f"kernels 2 → 3, from {two} on" in out
    assert f"library diff {one} {two}" in out
    below = out.partition("library diff")[2]
    assert "Settings that differ" in below
    assert ["torch", "2.13.0", "2.15.0"] in [line.split() for line in below.splitlines()]
    assert main(["history", "mlp", "--json"]) == 0
    (told,) = json_schema.check(capsys.readouterr().out)["differences"]
    assert (told["before"], told["after"]) == (one, two)
    assert told["settings"] == [{"name": "torch", "a": "2.13.0", "b": "2.15.0"}]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (["--tag", "zzz"], "and none with the tag 'zzz'."),
        (["--machine", "zzz"], "and none with a machine with 'zzz' in its name."),
        (["--tag", "mine", "--tag", "zzz"], "and none with the tag 'zzz'."),
        (["--tag", "mine", "--machine", "zen"], "and none with the tag 'mine' and a machine with 'zen' in its name."),
    ],
)
def test_a_filter_that_leaves_none_is_named_with_how_many_there_are(
    filters: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    listed = [replace(kept(0, 0.1), tags=("mine",)), kept(1, 0.1, machine="Zen"), replace(kept(2, 0.1), problem="cut")]
    monkeypatch.setattr("inspector.library.shelf.Library.all", lambda _self: listed)
    assert main(["history", "mlp", *filters]) == 2
    assert f"The library has 2 captures of 'mlp', {said}" in capsys.readouterr().err
    assert main(["history", "other"]) == 2
    assert "no capture of 'other' among those that can be read; 1 cannot." in capsys.readouterr().err
