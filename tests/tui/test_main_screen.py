"""What stands where: layouts, resizing, stages, focus, zoom, panels, pickers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import notes, on_top, opened, pane_of, panes, screen_text, shown, text, until
from fakes import KERNEL, OTHER_KERNEL, llama_mlp, with_breaks

from inspector.model.artifact import Position
from inspector.model.capture import Phase
from inspector.model.stage import Stage
from inspector.tui.desk.intents import Do, ShowCompileId
from inspector.tui.panels import Panels
from inspector.tui.widgets import details


async def test_layouts_at_four_sizes():
    for size, stages in {
        (80, 24): ["source"],
        (120, 40): ["source", "aten", "kernel"],
        (200, 50): ["source", "aten", "kernel"],
        (300, 80): ["source", "dynamo", "aten", "inductor", "kernel", "asm"],
    }.items():
        async with opened(size=size) as (_, main):
            assert shown(main) == stages
            regions = [pane.region for pane in panes(main)]
            assert len({(region.x, region.y) for region in regions}) == len(stages)
            least = 10 if size == (120, 40) else 15  # the source shares its column with the graph there
            assert all(region.width >= 55 and region.height >= least for region in regions)


async def test_a_small_terminal_has_a_one_row_phase_bar_and_a_large_one_panels():
    async with opened(size=(80, 24)) as (_, main):
        assert main.panels.size.height == 1
        assert not main.panels.tabs.display
    async with opened(size=(200, 50)) as (_, main):
        assert main.panels.size.height == 12
        assert main.desk.panels_shown == ("why", "latency", "details")


async def test_resizing_keeps_cursor_scroll_and_selection():
    async with opened(size=(300, 80)) as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("down", "down", "down", "shift+down", "shift+right")
        pane = pane_of(main, Stage.ATEN)
        before = (pane.cursor, pane.selected_text, pane.visible_rows[0])
        assert before[1]
        for size in ((80, 24), (120, 40), (200, 50), (300, 80)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert main.focused is pane
            assert (pane.cursor, pane.selected_text, pane.visible_rows[0]) == before
        assert shown(main) == ["source", "dynamo", "aten", "inductor", "kernel", "asm"]


async def test_too_small_is_a_message_and_comes_back():
    async with opened(size=(80, 24)) as (pilot, main):
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert "needs 60×15" in screen_text(main)
        assert "Python source" not in screen_text(main)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "Python source" in screen_text(main)


async def test_number_keys_choose_a_stage_for_the_focused_pane():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("3")
        assert shown(main) == ["source", "dynamo", "kernel"]
        assert pane_of(main, Stage.DYNAMO) is main.focused
        await pilot.press("0")
        assert shown(main) == ["source", "dynamo", "kernel"]
        assert pane_of(main, Stage.KERNEL) is main.focused
        await pilot.press("minus")
        assert shown(main) == ["source", "dynamo", "asm"]


async def test_brackets_step_and_braces_slide():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("right_square_bracket")
        assert shown(main) == ["source", "post_grad", "kernel"]
        await pilot.press("left_square_bracket", "left_square_bracket")
        assert shown(main) == ["source", "pre_grad", "kernel"]
        await pilot.press("right_curly_bracket")
        assert shown(main) == ["bytecode", "aten", "asm"]
        await pilot.press("left_curly_bracket")
        assert shown(main) == ["source", "pre_grad", "kernel"]
        await pilot.press("backspace")
        assert shown(main) == ["source", "aten", "kernel"]


async def test_a_stage_seen_before_comes_back_where_it_was():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("j", "j", "j", "right_square_bracket", "j", "left_square_bracket")
        assert pane_of(main, Stage.ATEN).cursor == Position(4, 0)


async def test_tab_goes_round_panes_and_panels():
    async with opened() as (pilot, main):
        ring = []
        for _ in range(7):
            ring.append(main.focused.id)
            await pilot.press("tab")
        assert ring == [*ring[:3], "why", "latency", "details", ring[0]]
        await pilot.press("shift+tab")
        assert main.focused.id == ring[0]


async def test_a_click_on_the_strip_chooses():
    async with opened() as (pilot, main):
        await pilot.click("#strip", offset=(14, 0))
        await pilot.pause()
        assert "bytecode" in shown(main)


async def test_zoom_and_back():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("z")
        assert shown(main) == ["aten"]
        assert not main.panels.display
        assert "zoomed" in screen_text(main)
        await pilot.press("right_square_bracket")
        assert shown(main) == ["post_grad"]
        await pilot.press("z")
        assert shown(main) == ["source", "post_grad", "kernel"]
        assert main.panels.display


async def test_panels_by_key_and_size():
    async with opened() as (pilot, main):
        await pilot.press("D")
        assert main.focused is main.panels.details
        await pilot.press("m")
        assert main.panels.size.height > 25
        await pilot.press("m")
        assert not main.panels.display
        await pilot.press("m")
        assert main.panels.size.height == 12


async def test_a_small_terminal_opens_a_panel_and_puts_it_away():
    async with opened(size=(80, 24)) as (pilot, main):
        await pilot.press("D")
        assert main.panels.details.display
        assert main.panels.size.height > 10
        assert panes(main)[0].size.height >= 5
        await pilot.press("D")
        assert main.panels.size.height == 1
        assert main.focused is panes(main)[0]


async def test_a_click_on_a_tab_shows_its_panel():
    async with opened(size=(80, 40)) as (pilot, main):
        await pilot.click("PanelTabs", offset=(17, 0))
        await pilot.pause()
        assert main.desk.panel == "latency"


async def test_an_opened_capture_says_that_it_has_no_worker():
    async with opened(llama_mlp(timed=False)) as (pilot, main):
        assert "opened, no worker" in screen_text(main)
        assert isinstance(main.panels, Panels)
        assert main.panels.names == ("why", "details", "phases")
        await pilot.press("space")
        assert "no worker to run" in notes(main)[-1]


async def test_compile_id_picker():
    async with opened(with_breaks()) as (pilot, main):
        assert "0/0 of 2" in screen_text(main)
        await pilot.press("c")
        assert "resume_in_forward" in screen_text(main)
        assert "graph break: Failed to trace builtin operator" in screen_text(main)
        await pilot.press(*"resume", "enter")
        await until(pilot, lambda: on_top(main))
        assert main.desk.compile_id == "1/0"
        assert text(main, "aten") == "1/0:aten"


async def test_kernel_picker():
    async with opened(with_breaks()) as (pilot, main):
        main.turn(ShowCompileId("1/0"))
        await pilot.press("K")
        await pilot.press("down", "enter")
        await until(pilot, lambda: on_top(main))
        assert text(main, "kernel") == f"1/0:kernel:{OTHER_KERNEL}"
        await pilot.press("K", "escape")
        await until(pilot, lambda: on_top(main))
        assert text(main, "kernel") == f"1/0:kernel:{OTHER_KERNEL}"
        main.turn(ShowCompileId("0/0"))
        await pilot.pause()
        assert text(main, "kernel") == f"0/0:kernel:{KERNEL}"


async def test_source_picker():
    async with opened() as (pilot, main):
        await pilot.press("f", *"activ", "enter")
        await until(pilot, lambda: on_top(main))
        assert text(main, "source") == "source:activations.py"


async def test_a_capture_without_graphs_opens():
    from inspector.model.capture import Capture

    async with opened(Capture()) as (pilot, main):
        assert shown(main) == []
        await pilot.press("1", "right_square_bracket", "c", "K", "f", "z", "slash", "colon", "Y", "y", "o", "D", "tab")
        assert on_top(main)


def test_names_of_panels_stand_above_them_where_there_is_room():
    from inspector.tui.layout import PANELS, window
    from inspector.tui.panels import places

    for width, count in ((200, 3), (140, 2), (130, 2), (80, 1), (72, 1)):
        shown = window(PANELS, "phases", count)
        starts = places(PANELS, shown, width)
        assert sorted(starts) == sorted(PANELS)
        if count > 1:
            assert [starts[name] for name in shown] == [width // count * number + 2 for number in range(count)]
        ordered = sorted(starts.items(), key=lambda item: item[1])
        ends = [start + len(name) + 3 for name, start in ordered]
        assert all(end <= start for end, (_, start) in zip(ends, ordered[1:], strict=False))
        assert ends[-1] <= width
    assert window(PANELS, "profile", 3) == ("profile",)
    assert "profile" not in window(PANELS, "details", 3)


async def test_what_never_ended_does_not_go_on_in_a_capture_that_was_opened() -> None:
    capture = replace(llama_mlp(), phases=(Phase("dynamo", 0.0, 2.0, 0, "0/0"), Phase("inductor", 0.5, None, 1, "0/0")))
    async with opened(capture) as (pilot, main):
        chart = main.panels.phases
        await pilot.press("P")
        await until(pilot, lambda: "inductor" in chart.render_line(2).text)
        main.picture._clock = lambda: 1000.0
        main.turn(Do.PANEL_SIZE)
        await pilot.pause()
        assert "1.50 s" in chart.render_line(2).text  # as far as the capture goes


async def test_a_moved_cursor_words_the_details_of_a_capture_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    words = details.capture_sections
    monkeypatch.setattr(details, "capture_sections", lambda *of: made.append(of) or words(*of))
    async with opened() as (pilot, main):
        await until(pilot, lambda: made and main.panels.details.display)
        await pilot.press("3")
        await pilot.pause()
        before = len(made)
        await pilot.press("down", "down", "up")
        await pilot.pause()
        assert len(made) == before
