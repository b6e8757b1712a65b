"""The profile and the numerics on screen: asked for, cancelled, failed, sorted, drawn, and followed to the texts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import live, notes, opened, pane_of, panes, screen_text, text, until
from fakes import KERNEL, llama_mlp
from profilefakes import CEILINGS, SHAPE, measured, numerics, profile

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.model.capture import Note
from inspector.model.latency import LatencyRun
from inspector.model.profile import Work
from inspector.model.stage import Stage

WIDE, NARROW = (200, 50), (80, 24)


def line_of(main, stage):
    pane = pane_of(main, Stage(stage))
    return pane.artifact.lines[pane.cursor.line - 1].strip()


async def shown(pilot, main, *keys):
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    return screen_text(main)


async def compiled(pilot, main, worker):
    worker.compile()
    await until(pilot, lambda: main.desk.compiled)


# --- asking the worker --------------------------------------------------------------------------------------


async def test_space_profiles_and_both_sides_stand_side_by_side():
    async with live() as (pilot, main, worker):
        screen = await shown(pilot, main, "H", "space")
        assert "when the compile is done" in notes(main)[-1]
        await compiled(pilot, main, worker)
        screen = await shown(pilot, main)
        assert "Space profiles eager and compiled" in screen
        await pilot.press("space")
        assert worker.sent[-1] == protocol.RunProfile()
        worker.event(protocol.Progress("profiling: eager, turn 2 of 4"))
        await until(pilot, lambda: "profiling: eager, turn 2 of 4  Esc cancels" in screen_text(main))
        sent = len(worker.sent)
        await pilot.press("space")
        assert len(worker.sent) == sent, "one at a time"
        worker.event(protocol.Profiled(profile()))
        worker.show(measured(profile()))
        await until(pilot, lambda: "eager / compiled 1.019×" in screen_text(main))
        screen = screen_text(main)
        assert "eager  7.55 ms  the parts add up to 99.5 % of 7.61 ms by the clock, +1 % while profiled" in screen
        assert "compiled  7.41 ms  the parts add up to 99.6 % of 7.48 ms by the clock" in screen
        row = next(line for line in screen.splitlines() if line.count("aten::mm ") == 2)
        assert row.split()[:2] == ["aten::mm", "7.42"]
        assert "97 % memory" in row
        assert "Space again" in screen


async def test_escape_cancels_only_what_runs():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("H", "escape")
        assert not [item for item in worker.sent if isinstance(item, protocol.CancelProfile)]
        await pilot.press("space", "escape")
        assert worker.sent[-1] == protocol.CancelProfile()
        assert "cancelling" in screen_text(main)
        worker.event(protocol.Profiled(None, cancelled=True))
        await until(pilot, lambda: "Cancelled." in screen_text(main))
        await pilot.press("space")
        assert worker.sent[-1] == protocol.RunProfile(), "it can be asked for again"


async def test_a_failure_is_told_and_is_not_the_races():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("H", "space")
        worker.event(protocol.Failed("The target failed while profiled.", "Try a smaller batch.", fatal=False))
        await until(pilot, lambda: "The target failed while profiled. Try a smaller batch." in screen_text(main))
        assert "The target failed" in notes(main)[-1]
        assert "The target failed" not in main.desk.race.note
        await pilot.press("space")
        worker.end(OutcomeKind.KILLED, "It was killed.", exit_code=1)
        await until(pilot, lambda: main.desk.outcome)
        await pilot.press("escape")
        await until(pilot, lambda: "The worker ended before it was done." in screen_text(main))


async def test_measured_behind_another_panel_is_told():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("H", "space", "P")
        worker.event(protocol.Profiled(profile()))
        await until(pilot, lambda: "Measured: H shows it." in " ".join(notes(main)))


async def test_the_newest_shape_is_shown_and_others_are_a_key_away():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("H", "space")
        two = profile("batch 2 · seq 8")
        worker.event(protocol.Profiled(profile()))
        worker.show(measured(profile(), two))
        await until(pilot, lambda: f"{SHAPE}  1/2" in screen_text(main))
        assert "batch 2 · seq 8  2/2" in await shown(pilot, main, "n")
        assert f"{SHAPE}  1/2" in await shown(pilot, main, "n")


# --- the tables ---------------------------------------------------------------------------------------------


async def test_a_kernels_row_opens_its_text():
    async with opened(measured(profile())) as (pilot, main):
        await pilot.press("H", "right", "down", "enter")
        await until(pilot, lambda: main.focused is not None and main.focused.id.startswith("pane"))
        assert text(main, "kernel") == f"0/0:kernel:{KERNEL}"
        assert main.desk.stage.value == "kernel"


async def test_an_operators_row_lights_its_nodes():
    async with opened(measured(profile())) as (pilot, main):
        await pilot.press("H", "enter")
        await until(pilot, lambda: main.desk.stage.value == "aten" and main.desk.kept)
        assert line_of(main, "aten").startswith("mm: ")
        assert len(main.desk.kept) == 3
        assert "3 nodes call aten::mm" in notes(main)[-1]
        await pilot.press("H", "down", "down", "down", "down", "enter")
        assert "No ATen node calls aten::linear" in notes(main)[-1]


async def test_where_the_panel_covers_the_panes_it_makes_way():
    async with opened(measured(profile()), NARROW) as (pilot, main):
        screen = await shown(pilot, main, "H")
        assert "eager  7.55 ms" in screen
        assert "aten::silu" in screen and KERNEL[:12] not in screen
        screen = await shown(pilot, main, "right")
        assert KERNEL[:12] in screen and "aten::silu" not in screen
        await pilot.press("down", "enter")
        await until(pilot, lambda: main.desk.panel_size == "")
        assert text(main, "kernel") == f"0/0:kernel:{KERNEL}"


async def test_rows_are_sorted_by_any_column():
    async with opened(measured(profile())) as (pilot, main):
        await pilot.press("H")
        await pilot.pause()
        table = main.panels.profile.tables["eager"]
        assert [item.cells[0].text for item in table.items][:3] == [
            "aten::mm",
            "aten::silu",
            "Python, allocation and calling",
        ]
        await pilot.press("greater_than_sign")
        assert main.panels.profile.sort == "total"
        assert [item.cells[0].text for item in table.items][:2] == ["aten::linear", "aten::mm"]
        await pilot.press("less_than_sign", "less_than_sign")
        assert main.panels.profile.sort == "operator or kernel"
        assert table.items[0].cells[0].text == "aten::linear"


async def test_what_is_not_to_be_trusted_says_so():
    doubtful = replace(profile(), busy=0.4, eager=replace(profile().eager, seconds=0.0151))
    async with opened(measured(doubtful)) as (pilot, main):
        screen = await shown(pilot, main, "H")
        assert "add up to 50.1 % of 15.1 ms by the clock: mistrust them" in screen
        assert "These times are of a busy machine: others used 40 % of the machine meanwhile" in screen
    async with opened(measured(replace(profile(), ceilings=replace(CEILINGS, busy=0.5)))) as (pilot, main):
        screen = await shown(pilot, main, "H")
        assert "the ceilings are unsteady, others used 50 % of the machine meanwhile" in screen


async def test_the_verdict_stands_at_the_top():
    near = replace(profile(), least=Work(205_000_000, 0, 10))
    async with opened(measured(near), NARROW) as (pilot, main):
        screen = await shown(pilot, main, "H")
        assert "Bound by memory, eager already at 97 % of the limit, so compiling cannot pay." in screen


async def test_a_gpus_profile_names_the_gpu_and_what_it_waits_for():
    on_gpu = replace(profile(), gpu="NVIDIA H200", busy=None)
    async with opened(measured(on_gpu)) as (pilot, main):
        screen = await shown(pilot, main, "H", "down", "down")
        assert "NVIDIA H200" in screen
        assert "what the GPU waits for the host" in screen
        assert "while profiled" not in screen, "the profiler leaves its kernels as they are"


async def test_names_of_a_hostile_bundle_reach_no_terminal():
    evil = "\x1b]0;owned\x07aten::x"
    rows = tuple(replace(row, name=evil) for row in profile().eager.rows)
    async with opened(measured(replace(profile(), shape=evil, eager=replace(profile().eager, rows=rows)))) as (
        pilot,
        main,
    ):
        for keys in (("H",), ("v",)):
            screen = await shown(pilot, main, *keys)
            assert "owned" in screen
            assert "\x1b" not in screen and "\x07" not in screen


@pytest.mark.parametrize("capture", [llama_mlp(), measured(profile()), measured(numerics=(numerics(),))])
async def test_an_opened_capture_offers_what_it_holds(capture):
    async with opened(capture) as (pilot, main):
        assert ("profile" in main.panels.names) == bool(capture.profiles)
        assert ("numerics" in main.panels.names) == bool(capture.numerics)
        await pilot.press("H", "space")
        words = "no worker to run" if capture.profiles else "has no profile"
        assert words in " ".join(notes(main)) or not capture.profiles


async def test_tab_goes_on_from_a_table():
    async with opened(measured(profile())) as (pilot, main):
        await pilot.press("H")
        await pilot.pause()
        assert main.focused is main.panels.profile.tables["eager"]
        await pilot.press("tab")
        assert main.focused in panes(main)
        await pilot.press("shift+tab")
        await pilot.pause()
        assert main.focused is main.panels.profile.tables["eager"]


# --- the roofline -------------------------------------------------------------------------------------------


async def test_the_roofline_and_back():
    async with opened(measured(profile())) as (pilot, main):
        screen = await shown(pilot, main, "H", "v")
        for words in ("memory 28.1 GB/s", "f32 327 Gflop/s", "flop/B", "flop/s", "reads 28.1 GB/s, copies 24.4 GB/s"):
            assert words in screen
        assert "bf16 2.10 Tflop/s" in screen, "named among the ceilings, though nothing is calculated in it"
        assert "all samples within 3 % of their median" in screen
        panel = main.panels.profile
        assert [item.cells[0].text for item in panel.legend.items] == ["A", "a", "b", "B", "c"]
        assert KERNEL in await shown(pilot, main, "down", "down", "down")
        await pilot.press("enter")
        await until(pilot, lambda: text(main, "kernel") == f"0/0:kernel:{KERNEL}")
        assert "the parts add up" in await shown(pilot, main, "H", "v")


async def test_ceilings_that_nobody_measured_are_offered():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("H")
        worker.show(measured(replace(profile(), ceilings=None)))
        await until(pilot, lambda: "ceilings were not measured" in screen_text(main))
        assert "r measures them" in screen_text(main)
        assert "of limit" not in screen_text(main)
        assert "this machine's ceilings were not measured" in await shown(pilot, main, "v")
        await pilot.press("r")
        assert worker.sent[-1] == protocol.RunProfile(ceilings=True)


# --- the numerics -------------------------------------------------------------------------------------------


async def test_results_then_nodes_on_demand():
    async with live() as (pilot, main, worker):
        await compiled(pilot, main, worker)
        await pilot.press("U", "space")
        assert worker.sent[-1] == protocol.RunProfile(numerics=True, times=False)
        found = numerics(nodes=False)
        worker.event(protocol.Profiled(None, found))
        worker.show(measured(numerics=(found,)))
        await until(pilot, lambda: "5,210 of 16,384 elements differ, all within 1e-06" in screen_text(main))
        screen = screen_text(main)
        for words in ("compiled − float64", "eager − float64", "output 0  compiled − eager  f32[1,8,2048]", "2,260"):
            assert words in screen
        await pilot.press("G", "enter")
        assert worker.sent[-1] == protocol.RunProfile(numerics=True, times=False, nodes=True, tolerance=1e-6)
        worker.event(protocol.Profiled(None, numerics()))
        worker.show(measured(numerics=(numerics(),)))
        await until(pilot, lambda: "div is the first beyond 1e-06  from modeling_llama.py:164" in screen_text(main))
        await pilot.press("space")
        assert worker.sent[-1].nodes, "the nodes are compared again too"


async def test_a_node_leads_to_its_line_and_lights_the_source():
    async with opened(measured(numerics=(numerics(),))) as (pilot, main):
        await pilot.press("U")
        await pilot.pause()
        assert main.panels.numerics.rows.current.cells[0].text == "div"
        await pilot.press("enter")
        await until(pilot, lambda: main.desk.stage.value == "aten")
        assert line_of(main, "aten").startswith("div: ")
        group = main.desk.group
        assert group is not None
        assert any(name.startswith("source:") for name in group.relatives.by_artifact)


async def test_another_tolerance_and_another_order():
    async with opened(measured(numerics=(numerics(),))) as (pilot, main):
        await pilot.press("U")
        assert "every node is within 1e-05" in await shown(pilot, main, "ctrl+up")
        assert "exp is the first beyond 1e-08" not in screen_text(main)
        assert "mm is the first beyond 1e-08" in await shown(pilot, main, "ctrl+down", "ctrl+down", "ctrl+down")
        await pilot.press("greater_than_sign")
        nodes = [item.cells[0].text for item in main.panels.numerics.rows.items if item.depth and item.opens]
        assert nodes[:2] == ["mul", "div"]


MODE = Note("warning", "f was in training mode and is compiled in evaluation mode.")


@pytest.mark.parametrize("warned", [True, False])
async def test_what_a_capture_warns_of_stands_beside_each_result(warned):
    run = LatencyRun("x", (2.0,) * 8, (1.0,) * 8, busy=0.83)
    capture = replace(measured(profile(), numerics=(numerics(),)), notes=(MODE,) * warned, latency=(run,))
    async with opened(capture, size=WIDE) as (pilot, main):
        for key in ("H", "U"):
            assert (MODE.message in await shown(pilot, main, key)) is warned
        screen = await shown(pilot, main, "T")
        assert ("f was in training mode and is compiled in" in screen) is warned
        assert "These times are of a busy machine:" in screen and "83 %" in screen


async def test_graphs_whose_nodes_were_not_compared_are_named():
    one = replace(numerics(), tolerance=1.0).within(1.0)
    left = replace(one, graphs_left=("1/0's ATen graph: ValueError: no",), asides=("rand of 0/0 draws.",))
    async with opened(measured(numerics=(left,)), size=WIDE) as (pilot, main):
        screen = await shown(pilot, main, "U")
        assert "every node is within" not in screen
        main.panels.numerics.rows.go("left")
        await pilot.pause()
        screen = screen_text(main)
        assert "No node was compared of 1/0's ATen graph: ValueError: no." in screen
        assert "rand of 0/0 draws." in screen
