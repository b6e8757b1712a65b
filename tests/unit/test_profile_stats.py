"""What profiles say: sums of nested events, the roofline, the verdict, and the parts of a cold start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from captures import full, profile
from hypothesis import given
from hypothesis import strategies as st

from inspector.bundle.contents import Profiles, listed
from inspector.cli.profile_text import profile_lines
from inspector.cli.terminal import Style
from inspector.codec import decode, dump
from inspector.model.compile_time import CompilePart, parts_of
from inspector.model.flame import FlameNode
from inspector.model.profile import GUARDS, Bound, Ceiling, Ceilings, Part, ProfileRow, SideProfile, Work, limit_of
from inspector.model.profile_events import Event, sums
from inspector.model.roofline import roofline
from inspector.say.levers import LEVERS
from inspector.say.profile import doubt, guarding, no_limit, ratio, unsteady, verdict


def ceilings(bandwidth: float = 1e9, peak: float = 1e10) -> Ceilings:
    one = Ceiling(bandwidth, bandwidth, bandwidth, 9)
    return Ceilings(one, one, {"f32": Ceiling(peak, peak, peak, 9)})


def test_own_and_total_time_of_nested_events() -> None:
    found = sums([
        Event("call", 0, 100, 1),
        Event("linear", 10, 50, 1),
        Event("mm", 20, 30, 1),
        Event("copy", 70, 20, 1),
        Event("copy", 75, 5, 1),
        Event("elsewhere", 0, 40, 2),
    ])  # fmt: skip
    own = {name: entry.own for name, entry in found.items()}
    assert own == {"call": 30, "linear": 20, "mm": 30, "copy": 20, "elsewhere": 40}
    assert found["linear"].total == 50
    assert (found["copy"].calls, found["copy"].total) == (1, 20), "one inside another of its name counts once"


def test_an_event_that_ends_after_the_one_around_it_is_cut_off() -> None:
    found = sums([Event("outer", 0, 10, 1), Event("inner", 5, 8, 1), Event("next", 10, 5, 1)])
    assert [found[name].own for name in ("outer", "inner", "next")] == [5, 5, 5]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_own_times_always_add_up_to_the_outermost_event(inner: list[tuple[str, int, int]]) -> None:
    events = [Event("whole", 0, 100, 1), *(Event(name, start, length, 1) for name, start, length in inner)]
    found = sums(events)
    assert sum(entry.own for entry in found.values()) == 100 == found["whole"].total


@pytest.mark.parametrize(
    ("work", "seconds", "bound", "share"),
    [
        (Work(1_000_000, 0, 1_000_000), 0.002, Bound.MEMORY, 0.5),
        (Work(1_000, 0, 100_000_000), 0.02, Bound.COMPUTE, 0.5),
        (Work(100, 0, 100), 0.00001, Bound.LATENCY, 0.01),
        (Work(1_000, 0, 1_000), 0.001, Bound.NEITHER, 0.001),
        (Work(1_000_000, 0, 1_000_000), 0.139, Bound.NEITHER, 1 / 139),
        (Work(1_000_000, 0, 1_000_000), 0.0025, Bound.NEITHER, 0.4),
        (Work(1_000, 0, 100_000_000), 0.025, Bound.NEITHER, 0.4),
        (Work(2_000_000, 0, None), 0.001, Bound.MEMORY, 2.0),
    ],
)
def test_what_bounds_a_part(work: Work, seconds: float, bound: Bound, share: float) -> None:
    found = limit_of(work, seconds, ceilings())
    assert found is not None
    assert found.bound is bound
    assert found.share == pytest.approx(share)


def test_a_part_of_unknown_work_or_ceilings_has_no_limit() -> None:
    assert limit_of(None, 1.0, ceilings()) is None
    assert limit_of(Work(1, 1, 1), 1.0, None) is None
    assert limit_of(Work(0, 0, 0), 1.0, ceilings()) is None


def test_the_verdict_is_given_only_where_eager_leaves_nothing_to_gain() -> None:
    decode = replace(profile(), least=Work(4_940_000_000, 0, 2_470_000_000), ceilings=ceilings(30e9, 1e11))
    near = replace(decode, eager=SideProfile(1, 0.173, 0.173, ()))
    assert verdict(near) == "bound by memory, eager already at 95 % of the limit, so compiling cannot pay"
    assert verdict(replace(decode, eager=SideProfile(1, 0.3, 0.3, ()))) == ""
    assert verdict(replace(near, ceilings=None)) == ""
    beyond = replace(decode, eager=SideProfile(1, 0.1, 0.1, ()))
    assert "at 100 %" in verdict(beyond), "what the caches held is no reason to promise more than all"


def test_ceilings_of_a_busy_machine_are_not_steady() -> None:
    assert ceilings().steady
    uneven = replace(ceilings(), copy=Ceiling(1e9, 0.7e9, 1e9, 9))
    assert not uneven.steady
    assert unsteady(uneven) == "the slowest sample of copying is at 70 % of the median"
    crowded = replace(ceilings(), busy=0.4)
    assert not crowded.steady
    assert unsteady(crowded) == "others used 40 % of the machine meanwhile"
    assert replace(ceilings(), busy=0.05).steady
    assert not replace(ceilings(), read=Ceiling(0.0, 0.0, 0.0, 9)).steady, "whatever a bundle holds"


def test_without_a_quiet_ceiling_no_share_of_a_limit_is_told() -> None:
    quiet = profile()
    assert no_limit(quiet) == ""
    assert any(quiet.limit(row) for row in quiet.eager.rows)
    assert quiet.ceilings is not None
    for ceilings_, why in (
        (None, "this machine's ceilings were not measured"),
        (replace(quiet.ceilings, busy=0.4), "the ceilings are unsteady, others used 40 % of the machine meanwhile"),
        (replace(quiet.ceilings, own=0.5), "the ceilings are unsteady, its threads ran only 50 % of the time"),
        (
            replace(quiet.ceilings, matmul={"f32": Ceiling(1e9, 0.9e9, 200e9, 9)}),
            "the ceilings are unsteady, the median of f32 is at <1 % of the fastest",
        ),
    ):
        loud = replace(quiet, ceilings=ceilings_, least=Work(1_000_000_000, 0, 1))
        assert no_limit(loud) == why
        assert not any(loud.limit(row) for row in (*loud.eager.rows, *loud.compiled.rows))
        assert loud.limit_of_call(loud.eager) is None
        assert verdict(loud) == ""
        assert roofline(loud) is None


def test_a_product_faster_than_the_ceiling_disproves_it() -> None:
    quiet = profile()
    assert quiet.ceilings is not None
    (product,) = (row for row in quiet.eager.rows if row.name == "aten::mm")
    assert product.work is not None
    slow = product.work.flops / product.total / 2 if product.work.flops else 0.0
    low = replace(quiet, ceilings=replace(quiet.ceilings, matmul={"f32": Ceiling(slow, slow, slow, 9)}))
    assert no_limit(low) == "aten::mm calculates at 200 % of the ceiling, which was measured too low"
    assert low.limit(product) is None


def test_ceilings_that_say_nothing_set_no_limit() -> None:
    assert limit_of(Work(1, 1, 1), 1.0, ceilings(0.0)) is None


@pytest.mark.parametrize(("busy", "told"), [(0.09, True), (None, True), (0.6, False)])
def test_no_ratio_and_no_share_of_a_limit_of_a_busy_machine(busy: float | None, told: bool) -> None:
    known = replace(profile(), busy=busy)
    assert known.ceilings is not None
    assert known.ceilings.steady
    assert (known.ratio is not None) is told
    assert (known.limit(known.eager.rows[0]) is not None) is told
    assert (no_limit(known) == "") is told
    assert known.limited is told
    out = "\n".join(profile_lines(known, Style(colour=False), 9, ["f was in training mode."]))
    assert ("eager / compiled    1.583×" in out) is told
    assert ("so no ratio of the two sides is told: others used 60 % of the machine meanwhile" in out) is not told
    assert "f was in training mode." in out
    assert ratio(known) == ("1.583×" if told else "–")


def test_times_of_a_busy_machine_are_told() -> None:
    assert doubt(profile()) == ""
    assert doubt(replace(profile(), busy=0.5)) == "others used 50 % of the machine meanwhile"


def test_the_guards_share_of_a_call_is_told() -> None:
    given = profile()
    assert guarding(given) == "", "the profiler saw none"
    rows = (ProfileRow(GUARDS, Part.RUNTIME, 1, 2e-3, 2e-3), ProfileRow("aten::mm", Part.OPERATOR, 1, 6e-3, 6e-3))
    guarded = replace(given, compiled=SideProfile(1, 8e-3, 8e-3, rows))
    assert guarding(guarded) == "Dynamo's guards (TorchDynamo Cache Lookup) take 25.0 % of a compiled call"


def test_parts_that_do_not_add_up_are_told() -> None:
    side = profile().eager
    assert side.adds_up
    assert not replace(side, seconds=side.seconds * 1.06).adds_up
    assert sum(side.share(row) for row in side.rows) == pytest.approx(1)


def test_profiles_and_numerics_survive_a_bundle() -> None:
    capture = full()
    found = decode(dump(listed(Profiles, capture)), Profiles)
    assert (found.profiles, found.numerics) == (capture.profiles, capture.numerics)


def test_the_first_node_beyond_the_tolerance() -> None:
    (numerics,) = full().numerics
    assert numerics.first is numerics.nodes[0]
    assert replace(numerics, nodes=()).first is None


def test_a_cold_start_taken_apart() -> None:
    probe = FlameNode("vec_isa_probe", 5.0, 3, (FlameNode("compile_file", 4.0, 3),))
    header = FlameNode("precompile_header", 3.0, 1, (FlameNode("compile_file", 2.5, 2),))
    load = FlameNode("PyCodeCache.load_by_key_path", 4.5, 1, (header, FlameNode("async_compile.wait", 1.0, 1)))
    codegen = FlameNode("Scheduler.codegen", 5.5, 1, (probe,))
    passes = FlameNode("_recursive_joint_graph_passes", 0.5, 1, (FlameNode("pass.joint_graph_passes.x", 0.2, 1),))
    lowering = FlameNode("GraphLowering.run", 0.25, 1, (FlameNode("a new name", 0.05, 1),))
    inductor = FlameNode("inductor_compile", 11.0, 1, (codegen, load, lowering))
    aot = FlameNode("create_aot_dispatcher_function", 12.0, 1, (passes, inductor))
    root = FlameNode("0/0", 13.0, 1, (FlameNode("dynamo", 13.0, 1, (aot,)),))
    found = parts_of([root])
    assert found == pytest.approx(
        {
            CompilePart.DYNAMO: 1.0,
            CompilePart.AOT: 0.5,
            CompilePart.PASSES: 0.5,
            CompilePart.INDUCTOR: 0.75,
            CompilePart.CODE: 0.5,
            CompilePart.PROBES: 5.0,
            CompilePart.LOADING: 0.5,
            CompilePart.HEADER: 3.0,
            CompilePart.KERNELS: 1.0,
            CompilePart.LOWERING: 0.2,
            CompilePart.OTHER: 0.05,
        }
    )
    assert sum(found.values()) == pytest.approx(root.total), "nothing is lost and nothing counts twice"
    assert {CompilePart.PROBES, CompilePart.HEADER, CompilePart.KERNELS} <= LEVERS.keys()


@pytest.mark.parametrize(("probes", "waits"), [(True, True), (True, False), (False, True)])
def test_not_every_run_of_the_compiler_is_a_kernels(probes: bool, waits: bool) -> None:
    """As torch alone logs a first compile: a probe while code is written, the header while it is loaded, a kernel.

    Code from a cache is not written, and the probe too runs while it is loaded; in one process no kernel is waited for.
    """
    run = FlameNode("compile_file", 6.0, 1)
    writing = FlameNode("Scheduler.codegen", 8.0, 1, (run,) if probes else ())
    waiting = FlameNode("async_compile.wait", 6.5, 1, (run,)) if waits else run
    loading = FlameNode("PyCodeCache.load_by_key_path", 7.5, 1, (FlameNode("compile_file", 0.5, 1), waiting))
    found = parts_of([FlameNode("0/0", 20.0, 1, (writing, loading))])
    assert found.get(CompilePart.PROBES) == (6.0 if probes else None)
    assert found.get(CompilePart.KERNELS) == (6.5 if waits else None)
    assert found.get(CompilePart.HEADER) == (0.5 if probes and waits else None)
    assert found.get(CompilePart.BUILDS) == (None if probes and waits else 0.5 if waits else 6.5)
