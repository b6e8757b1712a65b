"""What each line costs, on the screen: the column, the dearest places, the bottom row, the panel, and live."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import clock, live, notes, opened, pane_of, ready, screen_text, taken, until
from prices import dear, sample
from textual.pilot import Pilot

from inspector import protocol
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.panes.palette import Palette, contrast
from inspector.tui.settings import read_settings

PRICED = dear()


def priced() -> Capture:
    return replace(sample(), prices=(PRICED,))


def line(main: DeskScreen, words: str) -> str:
    """The first row of the screen with these words."""
    return next((row for row in screen_text(main).splitlines() if words in row), "")


def in_pane(main: DeskScreen, stage: Stage, words: str) -> str:
    """The first row of a stage's pane with these words."""
    pane = pane_of(main, stage)
    rows = (pane.render_line(y).text for y in range(1, pane.size.height))
    return next((row for row in rows if words in row), "")


async def column(pilot: Pilot[int], main: DeskScreen) -> None:
    await pilot.press("dollar_sign")
    await until(pilot, lambda: "% of 10.0 s" in screen_text(main))


async def test_the_column_comes_goes_and_is_kept(tmp_path):
    file = tmp_path / "screen.json"
    app = InspectorApp(capture=priced(), title="llama-mlp", clock=clock, settings=file)
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: ready(app))
        main = app.main
        assert "% of 10.0 s" not in screen_text(main)
        await column(pilot, main)
        assert "90 %" in line(main, "down_proj = ")
        assert "30 %" in line(main, "mm = mm(")
        assert "±6.3 %" in line(main, "exp = exp(")
        assert "≤1.0 %" in line(main, "neg = neg(")
        assert "%" not in in_pane(main, Stage.ATEN, "arg0_1"), "a line that nothing is known of has no number"
        assert read_settings(file).taste.costs
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "% of 10.0 s" not in screen_text(main))
        assert "90 %" not in line(main, "down_proj = ")
        assert not read_settings(file).taste.costs


async def test_it_stands_beside_texts_as_they_are_stored():
    async with opened(priced(), (300, 80)) as (pilot, main):
        await column(pilot, main)
        assert "±6.3 %" in in_pane(main, Stage.ATEN, "exp: ")
        await pilot.press("9", "tab")
        await until(pilot, lambda: pane_of(main, Stage.INDUCTOR) is not None)
        pane_of(main, Stage.INDUCTOR).go(92, 8, by_user=True)
        await until(pilot, lambda: "30 %" in line(main, "  extern_kernels.mm("))


async def test_a_row_that_stands_for_many_lines_sums_them():
    async with opened(priced(), concise=True) as (pilot, main):
        await column(pilot, main)
        await pilot.press("tab", "tab")
        kernel = pane_of(main, Stage.KERNEL)
        head = next(row for row in range(1, 4) if kernel._lines_of(row)[0] <= 2 <= kernel._lines_of(row)[1])
        assert kernel._price.of(*kernel._lines_of(head)).seconds == pytest.approx(1.0)
        assert "10 %" in line(main, "kernel(float*")


async def test_the_dearest_places_are_one_key_away_and_said_in_words():
    async with opened(priced()) as (pilot, main):
        await column(pilot, main)
        await pilot.press("b")
        await pilot.pause()
        assert "self.gate_proj(x)  30 % of a call, 3.00 s of 10.0 s, clocked: mm 30 %" in main.picture.status.words
        await pilot.press("b")
        assert "self.up_proj(x)  30 % of a call" in main.picture.status.words
        await pilot.press("B")
        assert "self.gate_proj(x)  30 %" in main.picture.status.words
        await pilot.press("tab", "tab", "b")
        assert "auto tmp2 = tmp1.exp();  6.3 % of a call, 630 ms of 10.0 s, sampled" in main.picture.status.words
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "→" in main.picture.status.words)


async def test_the_first_press_for_the_dearest_shows_the_column():
    async with opened(priced()) as (pilot, main):
        await pilot.press("b")
        await until(pilot, lambda: "% of 10.0 s" in screen_text(main))


async def test_where_nothing_was_priced_it_is_said_what_would():
    async with opened(sample()) as (pilot, main):
        await pilot.press("dollar_sign")
        said = notes(main)[-1]
        assert said.startswith("This capture holds no price. `inspector price llama-mlp")
        assert said.endswith(" -o priced` records one.")
        assert not main.desk.taste.costs


async def test_a_text_without_a_known_cost_says_so():
    async with opened(priced()) as (pilot, main):
        await column(pilot, main)
        await pilot.press("2")
        await until(pilot, lambda: "no cost is known here" in screen_text(main))
        await pilot.press("b")
        assert "No cost is known in" in notes(main)[-1]


async def test_live_it_is_measured_and_the_race_goes_on_afterwards():
    async with live() as (pilot, main, worker):
        await pilot.press("dollar_sign")
        assert "when the compile is done" in notes(main)[-1]
        worker.compile()
        await until(pilot, lambda: main.desk.compiled and taken(main))
        worker.event(protocol.LatencyState("running", 0))
        await until(pilot, lambda: main.desk.runner == "running")
        await pilot.press("dollar_sign")
        assert worker.sent[-1] == protocol.RunProfile(seconds=6.0, times=False, price=True)
        assert "the race rests meanwhile" in notes(main)[-1]
        assert "% of 10.0 s" not in screen_text(main), "no column before there are samples"
        worker.event(protocol.LatencyState("paused", 0))
        worker.event(protocol.Profiled(None, price=PRICED))
        worker.show(priced())
        await until(pilot, lambda: "% of 10.0 s" in screen_text(main))
        assert isinstance(worker.sent[-1], protocol.RunLatency)


# --- the panel ----------------------------------------------------------------------------------------------


async def test_the_panel_accounts_for_the_whole_call():
    async with opened(priced()) as (pilot, main):
        await pilot.press("R")
        await until(pilot, lambda: "gate_proj" in line(main, "30.0 %"))
        screen = screen_text(main)
        assert "10.0 s a call, by module" in screen
        assert "90.0 %" in line(main, "(the outermost module)")
        assert "10.0 %" in line(main, "(belongs to no module that is known")
        assert "4.00 s" in line(main, " gate_proj "), "eager stands beside it"


async def test_the_panel_sorts_and_leads_to_an_expression():
    async with opened(priced()) as (pilot, main):
        await pilot.press("R", "v")
        await until(pilot, lambda: "by expression" in screen_text(main))
        rows = main.panels.price.rows
        names = [item.cells[0].text for item in rows.items]
        assert names.index("self.gate_proj(x)") < names.index("nn.functional.silu(input)")
        await pilot.press("greater_than_sign")
        assert main.panels.price.sort == "own"
        rows.go(next(item.key for item in rows.items if item.cells[0].text == "self.up_proj(x)"))
        await pilot.press("enter")
        source = pane_of(main, Stage.SOURCE)
        await until(pilot, lambda: main.focused is source)
        assert source.text.lines[source.place.line - 1][source.place.col :].startswith("self.up_proj")


async def test_what_is_found_everywhere_has_its_cost_and_the_dearest_comes_first():
    async with opened(priced(), (160, 50)) as (pilot, main):
        await pilot.press("ctrl+f", *"mm = mm(")
        await until(pilot, lambda: "mm = mm(" in screen_text(main))
        assert "dearest first" not in screen_text(main), "no column, no costs"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is main)
        await column(pilot, main)
        await pilot.press("ctrl+f", *"sigmoid", *["backspace"] * 7, *"exp")
        await until(pilot, lambda: "dearest first" in screen_text(main))
        from textual.widgets import OptionList

        rows = [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]
        shares = [float(row.split("%")[0].strip(" ±≤~<")) for row in rows if "%" in row[:10]]
        assert shares and shares == sorted(shares, reverse=True)


async def test_the_panel_draws_a_flame_graph_whose_bars_lead_to_their_texts():
    async with opened(priced(), (200, 50)) as (pilot, main):
        await pilot.press("R", "v", "v", "v", "v")
        await until(pilot, lambda: "v flame graph" in screen_text(main))
        await pilot.press("v")
        await until(pilot, lambda: "a call 10.0 s" in screen_text(main))
        panel = main.panels.price
        assert main.focused is panel.flame
        bars = panel.flame.nodes[0].children
        assert sum(bar.total for bar in bars) == pytest.approx(10.0), "all of a call has a bar"
        await pilot.press(*["down"] * 5)
        assert panel.flame.nodes[-1].name == "self.gate_proj(x)"
        await until(pilot, lambda: "30.0 % of a call" in panel.about.text)
        await pilot.press("o")
        source = pane_of(main, Stage.SOURCE)
        await until(pilot, lambda: main.focused is source)
        assert source.text.lines[source.place.line - 1][source.place.col :].startswith("self.gate_proj")


async def test_a_bundle_without_a_price_has_no_such_panel():
    async with opened() as (_, main):
        assert "Price" not in line(main, "Details")


# --- colours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [True, False])
def test_every_degree_can_be_read_on_every_ground(dark):
    palette = Palette({}, dark=dark, ansi=False)
    for degree in range(5):
        for tint in (None, palette.cursor_line):
            style = palette.heat(degree, tint)
            pair = [type(palette.background).from_rich_color(color) for color in (style.color, style.bgcolor)]
            assert contrast(*pair) >= 4.5


def test_no_colour_means_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    palette = Palette({}, dark=True, ansi=True)
    assert {palette.heat(degree).color.name for degree in range(5)} == {"default"}
    assert palette.heat(4).bold and palette.heat(0).dim
