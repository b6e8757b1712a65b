"""What the page tells beside the texts: guards, caches, shapes, failures, every compile id; and picked lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pages import TRACES, Open, gated, huge, seen, status, told

from inspector.bundle.export import export
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame
from inspector.model.failure import Failure
from inspector.model.guards import Guard, GuardManager
from inspector.model.pgo import CodeShapes, CodeState
from inspector.model.shapes import (
    FakeKernelProblem,
    ShapeFact,
    ShapeFactKind,
    Specialization,
    Symbol,
    SymbolicShapes,
)
from inspector.model.tensors import (
    CollectiveSchedule,
    ExecutedGraph,
    GraphEstimate,
    GraphExecution,
    GraphOperation,
    TensorInput,
    TensorMeta,
)
from inspector.trace import read_capture

NASTY = "<img src=x onerror='window.taken=1'>\u202e\x1b[31m"
FRAME = Frame("/there/model.py", 2, "forward", "return act(x)")


def guarded(depth: int = 0) -> Compilation:
    """Three guards, of which one failed, below managers of which one says that it lies very deep."""
    return replace(
        told().compilations[0],
        guards=(
            Guard("___check_global_state()", "GLOBAL_STATE"),
            Guard("L['x'].size()[0] == 1", "TENSOR_MATCH", "L['x']", "model.py:2", ("0/1",)),
            Guard(NASTY, NASTY, NASTY, NASTY),
        ),
        guard_tree=(
            GuardManager(0, "RootGuardManager", guards=(0,)),
            GuardManager(1, "GuardManager", "L['self']", "FrameLocalsGuardAccessor"),
            GuardManager(2, "DictGuardManager", "L['self'].__dict__", guards=(2,)),
            GuardManager(1 + depth, "GuardManager", "L['x']", "FrameLocalsGuardAccessor", "type=Tensor", (1, 99)),
        ),
    )


def test_guards_are_a_tree_open_where_one_failed(open_page: Open) -> None:
    for depth in (0, 10**9, -7):
        page = open_page(replace(told(), compilations=(guarded(depth), told().compilations[1])))
        assert page.locator(".tree").count() == 0, "made when it is unfolded"
        page.locator(".guards > summary").click()
        page.wait_for_selector(".tree")
        shown = page.locator(".tree > details > summary").all_inner_texts()
        assert shown[0].split() == ["RootGuardManager"]
        assert page.locator(".guard .warning").inner_text().strip() == "did not hold for 0/1"
        assert page.locator(".guard .warning").is_visible()
        assert page.locator(".tree .guard").count() == 3
        page.locator(".tree summary", has_text="L['self'].__dict__").evaluate("(e) => { e.parentNode.open = true }")
        assert page.evaluate("window.taken") is None
        page.close()


def test_a_list_of_guards_stays_a_list(open_page: Open) -> None:
    page = open_page(replace(told(), compilations=(replace(guarded(), guard_tree=()),)))
    page.locator(".guards > summary").click()
    page.wait_for_selector(".tree")
    assert page.locator(".tree > .guard").count() == 3


def test_caches_shapes_and_failures_are_told(open_page: Open) -> None:
    capture = replace(
        told(),
        cache_lookups=(
            CacheLookup("0/0", "fx_graph", "miss", "fkey", "no luck", (KeyPart("d", "gm", "f() " * 200),), None, True),
            CacheLookup("", "dynamo", "bypass", reason=f"outside {NASTY}"),
        ),
        shapes=(
            SymbolicShapes(
                "0/0",
                "",
                (Symbol("s77", "8", "[2, int_oo]", "L['x'].size()[0]", (FRAME,)), Symbol("u0")),
                (Specialization("s1", "4", ("L['y']",), "it had to be", (FRAME,)),),
                (
                    ShapeFact(ShapeFactKind.GUARD, "s77 < 9", stack=(FRAME,)),
                    ShapeFact(ShapeFactKind.EXPRESSION, "s77 + 1"),
                ),
            ),
        ),
        failures=(
            Failure("0/0", "", "a size changed", restarted=True, seconds=0.5),
            Failure("0/0", "Unsupported", NASTY, False, FRAME, (), "Traceback (most recent call last)…"),
        ),
        fake_kernels=(FakeKernelProblem("lib.op.default", "they differ", "0/0"),),
    )
    page = open_page(capture)
    details = page.locator("#panels .details")
    for summary in details.locator("summary").all():
        summary.evaluate("(e) => { e.parentNode.open = true }")
    page.wait_for_timeout(50)
    shown = " ".join(details.inner_text().split())
    for words in (
        "fx graph miss of the backward graph no luck",
        "f() … (800 characters)",
        "dynamo bypass outside <img",
        "s77 L['x'].size()[0], was 8, in [2, int_oo] /there/model.py:2 in forward",
        "u0 known only when it runs",
        "s1, specialised y became 4, the condition that did it is not recorded",
        "must hold s77 < 9",
        "begun again a size changed 500 ms thrown away",
        "failed Unsupported: <img",
        "Traceback (most recent call last)",
        "lib.op.default has a wrong fake kernel: they differ",
    ):
        assert words in shown, words
    assert "computed of them s77 + 1" in shown
    assert page.evaluate("window.taken") is None
    assert page.locator("img").count() == 0
    assert details.locator("[data-section=failures] .frame a").count() == 1


def test_what_a_job_of_several_ranks_logs_is_told(open_page: Open) -> None:
    capture = replace(
        told(),
        inputs=(TensorInput("0/0", "L['x']", TensorMeta(("8", "4"), ("4", "1"), "float32", "cpu")),),
        collectives=(CollectiveSchedule("0/0", ("all_reduce_", "wait_tensor")),),
        estimates=(GraphEstimate("0/0", (GraphOperation("op0", False, 2e-6),)),),
        executions=(GraphExecution("it.log", (ExecutedGraph("0/0"), ExecutedGraph("0/1"), ExecutedGraph("0/0"))),),
        code_states=(CodeState("0/0", True, "local", (CodeShapes("it.py:2:f", (("L['x']", "size=[?]"),)),), ("x",)),),
    )
    page = open_page(capture)
    sections = page.locator("#panels .details [data-section]")
    shown = {
        item.get_attribute("data-section"): " ".join((item.text_content() or "").split()) for item in sections.all()
    }
    assert shown["inputs"] == "Tensors of 0/0L['x'] float32[8, 4] stride (4, 1) on cpu"
    assert shown["collectives"] == "Collectives of 0/0collective 1 all_reduce_waits wait_tensor"
    assert "2.00 µs in 1 operation" in shown["estimates"] and "op0 2.00 µs" in shown["estimates"]
    assert shown["executions"] == "Calls of 0/0ran as call 1, 3"
    assert "stored in the local store: 1 function" in shown["pgo"]
    assert "L['x'] size=[?]" in shown["pgo"] and "dynamic from the start x" in shown["pgo"]


def many(count: int) -> Capture:
    statuses = list(CompileStatus)
    return replace(
        gated(),
        compilations=(
            *gated().compilations,
            *(
                Compilation(
                    f"{number}/0",
                    statuses[number % len(statuses)],
                    f"function_{number}",
                    FRAME,
                    restarts=number % 3,
                    metrics={"entire_frame_compile_time_s": float(number)},
                )
                for number in range(1, count)
            ),
        ),
    )


def test_every_compile_id_is_listed_with_its_status(open_page: Open) -> None:
    page = open_page(many(2500))
    page.keyboard.press("C")
    rows = page.locator(".compiles tbody tr")
    assert rows.count() == 2000
    assert "500 further compile ids" in page.locator(".compiles").inner_text()
    assert page.locator(".compiles tr.now .to").inner_text() == "0/0"
    page.locator(".compiles th button", has_text="time").click()
    assert rows.first.locator("td").all_inner_texts()[:4] == [
        "function_2499 model.py:2",
        "2499/0",
        "no graph",
        "41 min 39 s",
    ]
    rows.nth(1).locator(".to").click()
    assert page.locator("#compilation").input_value() == "2498/0"
    assert page.locator(".compiles tr.now .to").inner_text() == "2498/0"


def test_one_compile_id_needs_no_list(open_page: Open) -> None:
    page = open_page(gated())
    assert not page.locator("[role=tab]", has_text="Compile ids").is_visible()


def test_a_recompile_leads_to_its_difference(browser: Any, tmp_path: Path) -> None:
    place = export(read_capture(TRACES / "recompile.log"), tmp_path / "it")
    page = browser.new_page()
    page.goto((place / "index.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator("#compilation").select_option("0/1")
    page.locator(".details a", has_text="side by side with 0/0").click()
    page.wait_for_url("**/differences/*.html")
    assert page.title() == "0/0 ↔ 0/1"
    page.close()


# --- lines that are picked --------------------------------------------------------------------------------


def test_picked_lines_outlive_scrolling_and_are_copied(open_page: Open) -> None:
    page = open_page(huge(3_000), "#0/0:aten:100")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    pane = page.locator(".pane.active")
    first = min(seen(page, 1))
    pane.locator(".row .number", has_text=str(first + 3)).first.click()
    assert f"Line {first + 3}: y copies it." in status(page)
    page.keyboard.press("Shift+PageDown")
    pane.locator(".code").evaluate("(e) => { e.scrollTop += 1500 * 18 }")
    page.wait_for_timeout(50)
    assert pane.locator(".row.picked").count() == 0, "its rows are out of sight"
    last = max(seen(page, 1)) - 2
    pane.locator(".row .number", has_text=str(last)).first.click(modifiers=["Shift"])
    assert f"Lines {first + 3} to {last}: y copies them." in status(page)
    page.keyboard.press("y")
    page.wait_for_timeout(100)
    lines = huge(3_000).by_id["0/0:aten"].lines[first + 2 : last]
    assert len(lines) > 1400
    assert page.evaluate("navigator.clipboard.readText()") == "\n".join(lines)
    page.keyboard.press("Escape")
    assert pane.locator(".row.picked").count() == 0


def test_picking_by_dragging_moves_no_cursor(open_page: Open) -> None:
    page = open_page(gated())
    pane = page.locator(".pane").first
    cursor = pane.locator(".row.cursor .number").inner_text()
    numbers = pane.locator(".row .number")
    boxes = [numbers.nth(index).bounding_box() for index in (8, 12)]
    page.mouse.move(boxes[0]["x"] + 4, boxes[0]["y"] + 4)
    page.mouse.down()
    page.mouse.move(boxes[1]["x"] + 4, boxes[1]["y"] + 4, steps=4)
    page.mouse.up()
    assert pane.locator(".row.picked").count() == 5
    assert pane.locator(".row.cursor .number").inner_text() == cursor
    pane.locator(".row code").nth(3).click()
    assert pane.locator(".row.picked").count() == 0
