"""The widgets around the panes, by what stands on their rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from driving import until
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import OptionList

from inspector.model.capture import (
    Capture,
    Compilation,
    CompileStatus,
    Frame,
    GraphBreak,
    Guard,
    Note,
    Phase,
    Recompile,
)
from inspector.tui.dialog import OptionRows, _CommandRows
from inspector.tui.widgets import glyphs as alphabet
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.log import MAX_LINES, LogView
from inspector.tui.widgets.phases import PhaseChart
from inspector.tui.widgets.stages import StageItem, StageStrip
from inspector.tui.widgets.state import StageState


class One(App[None]):
    """One widget, filling the screen, and what it said."""

    CSS = "Screen > * { height: 1fr; width: 1fr; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_stage_strip_selected(self, message: StageStrip.Selected) -> None:
        self.said.append(message.key)

    def on_details_place_chosen(self, message: Details.PlaceChosen) -> None:
        self.said.append((message.file, message.line))

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        self.said.append(message.compile_id)

    def rows(self) -> list[str]:
        return [self.widget.render_line(y).text.rstrip() for y in range(self.widget.size.height)]


@pytest.fixture
def ascii_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("INSPECTOR_ASCII", "1")
    alphabet.glyphs.cache_clear()
    yield
    alphabet.glyphs.cache_clear()


# --- stages ----------------------------------------------------------------------------------------------------

STAGES = [
    StageItem("source", "Python source", "source", StageState.DONE, visible=True),
    StageItem("dynamo", "Dynamo FX graph", "dynamo", StageState.DONE),
    StageItem("aten", "AOT ATen graph", "aten", StageState.LIVE),
    StageItem("inductor", "Inductor output code", "inductor"),
    StageItem("asm", "Machine code", "asm", StageState.FAILED),
]


async def strip_row(width: int, items: list[StageItem], selected: str | None) -> str:
    app = One(StageStrip())
    async with app.run_test(size=(width, 1)):
        app.widget.update_stages(items, selected)  # type: ignore[attr-defined]
        return app.rows()[0]


async def test_full_labels_where_they_fit() -> None:
    row = await strip_row(140, STAGES, "dynamo")
    assert (
        row == " 1 ✓ Python source  2 ✓ Dynamo FX graph  3 ◐ AOT ATen graph  4 · Inductor output code  5 ✗ Machine code"
    )


async def test_short_labels_else() -> None:
    assert await strip_row(80, STAGES, "dynamo") == " 1 ✓ source  2 ✓ dynamo  3 ◐ aten  4 · inductor  5 ✗ asm"


async def test_all_stages_fit_eighty_columns_as_numbers_and_states() -> None:
    items = [StageItem(f"s{i}", f"A long stage {i}", f"stage{i}", StageState.DONE) for i in range(1, 13)]
    row = await strip_row(80, items, "s7")
    assert "stage7" in row and "12 ✓" in row and "stage8" not in row


async def test_a_window_around_the_chosen_stage_where_nothing_fits() -> None:
    items = [StageItem(f"s{i}", "x" * 30, f"stage{i}", StageState.DONE) for i in range(1, 13)]
    row = await strip_row(20, items, "s7")
    assert row.startswith("‹") and row.endswith("›") and "stage7" in row


@pytest.mark.usefixtures("ascii_only")
async def test_strip_in_ascii() -> None:
    row = await strip_row(80, STAGES, "dynamo")
    assert row.isascii() and " 1 + source" in row and "5 x asm" in row


async def test_a_click_and_a_number_choose() -> None:
    app = One(StageStrip())
    async with app.run_test(size=(80, 1)) as pilot:
        strip = app.widget
        assert isinstance(strip, StageStrip)
        strip.update_stages(STAGES, "dynamo")
        await pilot.pause()
        await pilot.click(strip, offset=Offset(app.rows()[0].index("aten"), 0))
        strip.choose(5)
        strip.choose(9)
        await pilot.pause()
        assert app.said == ["aten", "asm"]


async def test_only_a_live_stage_turns() -> None:
    app = One(StageStrip())
    async with app.run_test(size=(80, 1)):
        strip = app.widget
        assert isinstance(strip, StageStrip)
        strip.update_stages(STAGES)
        assert strip._pulse is not None
        strip.update_stages([dataclasses.replace(item, state=StageState.DONE) for item in STAGES])
        assert strip._pulse is None


# --- phases ----------------------------------------------------------------------------------------------------

PHASES = (
    Phase("entire_frame_compile", 0.0, None, 0),
    Phase("bytecode_tracing", 0.0, 0.5, 1),
    Phase("inductor_compile", 0.5, None, 1),
)


async def test_bars_start_and_end_on_a_shared_axis() -> None:
    app = One(PhaseChart(clock=lambda: 0.0))
    async with app.run_test(size=(80, 8)):
        app.widget.update_phases(PHASES, now=1.0)  # type: ignore[attr-defined]
        axis, whole, first, second, *rest = app.rows()
        assert axis.split()[0] == "phase" and axis.endswith("1.00 s")
        assert whole.count("█") == pytest.approx(first.count("█") + second.count("█"), abs=2)
        assert second.index("█") == pytest.approx(first.rindex("█") + 1, abs=1)
        assert whole.endswith("1.00 s") and first.endswith("500 ms") and second.endswith("500 ms")
        assert rest == ["", "", "", ""]


async def test_live_phases_grow_by_themselves() -> None:
    now = [100.0]
    app = One(PhaseChart(clock=lambda: now[0]))
    async with app.run_test(size=(80, 6)):
        app.widget.update_phases(PHASES, now=1.0)  # type: ignore[attr-defined]
        now[0] += 3.0
        assert app.rows()[1].endswith("4.00 s") and app.rows()[2].endswith("500 ms")


async def test_a_frozen_chart_has_no_timer() -> None:
    app = One(PhaseChart())
    async with app.run_test(size=(80, 6)):
        chart = app.widget
        assert isinstance(chart, PhaseChart)
        chart.update_phases(PHASES, now=1.0)
        assert chart._pulse is not None
        chart.update_phases(PHASES[:2], now=None)
        assert chart._pulse is None


async def test_one_row_of_phases() -> None:
    app = One(PhaseChart(clock=lambda: 0.0))
    async with app.run_test(size=(80, 1)):
        chart = app.widget
        assert isinstance(chart, PhaseChart)
        chart.update_phases(PHASES, now=1.0)
        assert app.rows()[0].startswith(" inductor_compile 500 ms █") and app.rows()[0].endswith("1.00 s")
        chart.update_phases(PHASES[1:2])
        assert app.rows()[0].startswith(" compiled █")


@pytest.mark.usefixtures("ascii_only")
@pytest.mark.parametrize("height", [1, 8])
async def test_phases_in_ascii_and_without_any(height: int) -> None:
    app = One(PhaseChart(clock=lambda: 0.0))
    async with app.run_test(size=(60, height)):
        assert app.rows()[0] == " no phase yet"
        app.widget.update_phases(PHASES, now=1.0)  # type: ignore[attr-defined]
        assert all(row.isascii() for row in app.rows()) and "###" in "".join(app.rows())


async def test_a_sliver_is_left_of_the_shortest_phase() -> None:
    app = One(PhaseChart())
    async with app.run_test(size=(60, 4)):
        app.widget.update_phases([Phase("a", 0, 10.0, 0), Phase("b", 10.0, 1e-6, 1)])  # type: ignore[attr-defined]
        assert "▏" in app.rows()[2] and app.rows()[2].endswith("1.00 µs")


# --- log -------------------------------------------------------------------------------------------------------


async def test_log_shows_lines_and_nothing_raw() -> None:
    app = One(LogView())
    async with app.run_test(size=(60, 6)):
        log = app.widget
        assert isinstance(log, LogView)
        assert app.rows()[0] == " nothing logged yet"
        log.append("out", "red \x1b[31mword\x1b[0m \x1b]0;title\x07end\n10%\r50%\r99%\npart")
        log.append("err", "other\x08\n")
        log.append("out", "ial\n")
        assert log.text.split("\n") == ["red word end", "99%", "other␈", "partial"]
        assert app.rows()[0] == "┃ red word end"


async def test_log_is_bounded_and_follows_its_end() -> None:
    app = One(LogView())
    async with app.run_test(size=(40, 5)) as pilot:
        log = app.widget
        assert isinstance(log, LogView)
        log.append("out", "".join(f"line {i}\n" for i in range(MAX_LINES + 10)))
        await pilot.pause()
        await pilot.pause()
        assert app.rows()[-1].endswith(f"line {MAX_LINES + 9}") and log.dropped == 10
        log.focus()
        log.scroll_to(y=100, animate=False)
        await pilot.pause()
        assert log.follow is False
        log.append("out", "more\n")
        await pilot.pause()
        assert log.scroll_offset.y == 100
        log.follow = True
        await pilot.pause()
        assert app.rows()[-1].endswith("more")
        log.clear()
        assert log.text == ""


# --- details ---------------------------------------------------------------------------------------------------

CAPTURE = Capture(
    target={"name": "llama-mlp", "inputs": [{"name": "x", "dtype": "f32", "shape": [1, 8]}], "parameter_bytes": 2**21},
    environment={"torch": "2.13.0", "cache": {"mode": "kept"}, "gpu": None},
    compilations=(
        Compilation(
            "0/0",
            CompileStatus.DONE,
            guards=(Guard("L['x'].size()[1] == 8", "TENSOR_MATCH"),),
            metrics={"compile_s": 0.5, "bytes": 123456},
        ),
        Compilation("0/1", CompileStatus.FAILED, error="boom \x1b[2J"),
    ),
    graph_breaks=(
        GraphBreak("0/0", "print is not traceable", hints=("Do not.",), stack=(Frame("a.py", 7, "f", "print(x)"),)),
    ),
    recompiles=(Recompile("0/1", "f", ("size mismatch",)),),
    notes=(Note("dropped", "one record"),),
)


async def test_details_say_why() -> None:
    app = One(Details())
    async with app.run_test(size=(80, 40)):
        app.widget.update_capture(CAPTURE, "0/0")  # type: ignore[attr-defined]
        text = "\n".join(app.rows())
        for words in ("Graph breaks 1", "hint  Do not.", "a.py:7 in f", "Recompiles 1", "size mismatch", "one record"):
            assert words in text
        for words in ("compile s", "500 ms", "123,456", "x: f32[1, 8]", "weights  2 MiB"):
            assert words in text
        assert "Guards of 0/0 1" in text and "L['x']" not in text, "folded at first"
        app.widget.update_capture(CAPTURE, "0/1")  # type: ignore[attr-defined]
        assert "boom ␛[2J" in "\n".join(app.rows())


async def test_details_fold_and_lead_somewhere() -> None:
    app = One(Details())
    async with app.run_test(size=(80, 40)) as pilot:
        details = app.widget
        assert isinstance(details, Details)
        details.update_capture(CAPTURE, "0/0")
        details.focus()
        await pilot.press("down", "enter", "down", "down", "enter")
        assert app.said == ["0/0", ("a.py", 7)]
        await pilot.press("home", "enter")
        assert "print is not traceable" not in "\n".join(app.rows())
        details.show_section("guards")
        assert "L['x'].size()[1] == 8" in "\n".join(app.rows())
        await pilot.click(details, offset=Offset(3, app.rows().index("▾ Recompiles 1") + 1))
        assert app.said[-1] == "0/1"


async def test_an_empty_capture_says_so() -> None:
    app = One(Details())
    async with app.run_test(size=(80, 30)) as pilot:
        app.widget.update_capture(Capture(), None)  # type: ignore[attr-defined]
        assert "No compile is recorded, and so no graph break." in "\n".join(app.rows())
        app.widget.focus()
        await pilot.press("up", "down", "enter", "end", "pageup")


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("kind", [OptionRows, _CommandRows])
async def test_a_page_of_a_list_that_has_no_room(kind: type[OptionList], hidden: bool) -> None:
    class Lists(App[None]):
        def compose(self) -> ComposeResult:
            rows = kind(*(str(number) for number in range(50)))
            if hidden:
                rows.display = False
            else:
                rows.styles.height = 0
            yield rows

    app = Lists()
    async with app.run_test() as pilot:
        rows = app.query_one(kind)
        rows.highlighted = 1
        rows.action_page_down()
        rows.action_page_up()
        assert rows.highlighted == 1
        rows.display = rows.visible = True
        rows.styles.height = 10
        await until(pilot, lambda: rows.scrollable_content_region)
        rows.action_page_down()
        assert rows.highlighted > 1
