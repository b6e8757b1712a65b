"""Phases summed into flame graphs."""

from __future__ import annotations

import random

import pytest

from inspector.model.capture import Phase
from inspector.model.flame import FlameNode, FlameSums, PhaseStack, flames_of, merged, over_all, shares_of, walk


def bars(root: FlameNode) -> dict[str, tuple[float, int]]:
    """`a;b` → seconds and calls."""
    return {";".join((*path, node.name)): (node.total, node.calls) for path, node in walk(root)}


def test_calls_of_one_phase_are_one_bar() -> None:
    sums = FlameSums()
    stack = PhaseStack(sums)
    for start in (0.0, 10.0):
        stack.begin("frame", start, "0/0")
        stack.begin("backend", start + 1, None)
        stack.end("backend", start + 4)
        stack.end("frame", start + 5)
    flames = sums.flames()
    assert bars(flames["0/0"]) == {"frame": (10.0, 2), "frame;backend": (6.0, 2)}
    assert flames["0/0"].total == 10.0 and flames["0/0"].depth == 3
    assert next(node for _, node in walk(flames["0/0"])).own == 4.0


def test_a_compile_inside_another_is_its_own_and_taken_from_the_one_around_it() -> None:
    sums = FlameSums()
    stack = PhaseStack(sums)
    stack.begin("frame", 0.0, "0/0")
    stack.begin("backend", 1.0, "0/0")
    stack.begin("frame", 2.0, "1/0")
    stack.begin("guards", 3.0, "1/0")
    stack.end("guards", 4.0)
    stack.end("frame", 6.0)
    stack.end("backend", 8.0)
    stack.end("frame", 10.0)
    flames = sums.flames()
    assert bars(flames["1/0"]) == {"frame": (4.0, 1), "frame;guards": (1.0, 1)}
    assert bars(flames["0/0"]) == {"frame": (6.0, 1), "frame;backend": (3.0, 1)}
    assert sum(node.total for node in flames.values()) == 10.0, "no time is counted twice"


def test_an_end_without_begin_is_nothing_and_an_outer_end_ends_what_is_inside() -> None:
    sums = FlameSums()
    stack = PhaseStack(sums)
    stack.end("ghost", 1.0)
    stack.begin("outer", 1.0, "0/0")
    stack.begin("inner", 2.0, "0/0")
    stack.end("outer", 5.0)
    stack.end("inner", 6.0)
    assert bars(sums.flames()["0/0"]) == {"outer": (4.0, 1), "outer;inner": (3.0, 1)}


def test_what_still_runs_counts_as_far_as_the_last_event_and_is_not_counted_for_good() -> None:
    sums = FlameSums()
    stack = PhaseStack(sums)
    stack.begin("frame", 0.0, "0/0")
    stack.begin("backend", 1.0, "0/0")
    stack.begin("lowering", 2.0, "0/0")
    stack.end("lowering", 7.0)
    running = sums.flames((stack,))
    assert bars(running["0/0"]) == {"frame": (7.0, 1), "frame;backend": (6.0, 1), "frame;backend;lowering": (5.0, 1)}
    stack.end("backend", 8.0)
    stack.end("frame", 9.0)
    assert bars(sums.flames((stack,))["0/0"])["frame"] == (9.0, 1)


def test_phases_of_a_capture_give_the_flames_of_the_events_they_came_from() -> None:
    chance = random.Random(7)
    sums = FlameSums()
    stack = PhaseStack(sums)
    phases: list[Phase] = []

    def run(depth: int, now: float) -> float:
        name, start, place = chance.choice("abc"), now, len(phases)
        phases.append(Phase(name, start, None, depth, "0/0"))
        stack.begin(name, start, "0/0")
        now += chance.random()
        for _ in range(chance.randrange(3) if depth < 4 else 0):
            now = run(depth + 1, now) + chance.random()
        stack.end(name, now)
        phases[place] = Phase(name, start, now - start, depth, "0/0")
        return now

    now = 0.0
    for _ in range(5):
        now = run(0, now) + 0.5
    by_events, by_phases = bars(sums.flames()["0/0"]), bars(flames_of(phases)["0/0"])
    assert by_events.keys() == by_phases.keys()
    for key, (seconds, calls) in by_events.items():
        assert by_phases[key] == (pytest.approx(seconds), calls)


def test_phases_of_two_tracks_do_not_nest_in_each_other() -> None:
    phases = [Phase("a", 0.0, 10.0, 0, "0/0", track="one"), Phase("b", 1.0, 2.0, 0, "1/0", track="two")]
    flames = flames_of(phases)
    assert bars(flames["0/0"]) == {"a": (10.0, 1)}
    assert bars(flames["1/0"]) == {"b": (2.0, 1)}


def test_shares_add_up_and_count_a_phase_in_itself_once() -> None:
    sums = FlameSums()
    sums.add("0/0", ("a",), 10.0)
    sums.add("0/0", ("a", "b"), 6.0)
    sums.add("0/0", ("a", "b", "a"), 2.0)
    sums.add("1/0", ("b",), 4.0)
    shares = {item.name: item for item in shares_of(sums.flames())}
    assert (shares["a"].own, shares["a"].total, shares["a"].calls, shares["a"].compile_ids) == (6.0, 10.0, 2, 1)
    assert (shares["b"].own, shares["b"].total, shares["b"].calls, shares["b"].compile_ids) == (8.0, 10.0, 2, 2)
    assert sum(item.share for item in shares.values()) == pytest.approx(1.0)
    assert shares_of({}) == ()


def test_flames_of_all_compile_ids_by_compile_and_by_phase() -> None:
    sums = FlameSums()
    sums.add("0/0", ("a",), 1.0)
    sums.add("1/0", ("a",), 5.0)
    sums.add("", ("c",), 2.0)
    flames = sums.flames()
    by_compile = over_all(flames, {"0/0": "f", "1/0": "g"})
    assert [(bar.name, bar.total, bar.compile_id) for bar in by_compile.children] == [
        ("1/0 g", 5.0, "1/0"),
        ("outside any compile", 2.0, None),
        ("0/0 f", 1.0, "0/0"),
    ]
    by_phase = merged("all", tuple(flames.values()))
    assert [(bar.name, bar.total, bar.calls) for bar in by_phase.children] == [("a", 6.0, 2), ("c", 2.0, 1)]
    assert by_compile.total == by_phase.total == 8.0
