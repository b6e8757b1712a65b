from dataclasses import replace

from driving import live, notes, opened, pane_of, panes, screen_text, shown, text, until
from fakes import KERNEL, OTHER_KERNEL, find_line, kernels, llama_mlp, with_breaks

from inspector.model.artifact import Position, Span
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.tui.desk.intents import ShowStage
from inspector.tui.desk.picture import Picture
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.marks import Strength


def lit(pane, strength=None):
    marks = {line: pane._marks[line] for line in pane._marks}
    return sorted(
        line for line, mark in marks.items() if mark.strength > Strength.OTHER and strength in (None, mark.strength)
    )


async def move(pilot, main, stage, needle, column=False):
    """A person puts the cursor on the line that holds `needle`."""
    pane = pane_of(main, stage)
    line = find_line(pane.artifact, needle)
    col = pane.artifact.lines[line - 1].index(needle) if column else 0
    pane.focus()
    pane.goto(line, col, by_user=True)
    await pilot.pause()
    return pane


async def test_the_targets_line_is_lit_before_anyone_moves():
    async with opened() as (_, main):
        assert main.picture.status.words.startswith("164 down_proj = self.down_proj(")
        assert lit(pane_of(main, Stage.SOURCE)) == [164]
        assert len(lit(pane_of(main, Stage.ATEN))) == 13


async def test_a_move_lights_the_relatives_in_every_other_pane():
    async with opened() as (pilot, main):
        pane = await move(pilot, main, Stage.KERNEL, "auto tmp8")
        assert lit(pane, Strength.ANCHOR) == [25]
        aten = pane_of(main, Stage.ATEN)
        assert lit(aten, Strength.RELATIVE) == [find_line(aten.artifact, " mul: ")]
        assert lit(pane_of(main, Stage.SOURCE)) == [164]


async def test_the_column_picks_the_expression():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.SOURCE, "self.up_proj(x))", column=True)
        aten = pane_of(main, Stage.ATEN)
        assert lit(aten) == [
            find_line(aten.artifact, node) for node in ("permute_1: ", "view_2: ", "mm_1: ", "view_3: ")
        ]


async def test_the_status_line_says_what_and_how_known():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.KERNEL, "auto tmp6")
        assert main.picture.status.words == (
            "103 nn.functional.silu(input) → 1 FX → 1 ATen → 1 Post-grad · exact "
            "→ Kernel:24 auto tmp6 = tmp0 / tmp5; → 2 instructions · from debug info"
        )
        await move(pilot, main, Stage.KERNEL, "#pragma omp for")
        assert main.picture.status.words == "Kernel:11  nothing is linked to this line"


async def test_groups_have_the_same_colour_in_every_pane():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.ATEN, " mul: ")
        groups = {pane._marks[line].group for pane in panes(main) for line in lit(pane)}
        assert len(groups) == 1


async def test_lines_of_other_groups_keep_a_faint_mark():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.ATEN, " mul: ")
        aten = pane_of(main, Stage.ATEN)
        assert aten._marks[find_line(aten.artifact, " exp: ")].strength is Strength.OTHER
        assert aten._marks.get(1) is None


async def test_relatives_scroll_into_sight_and_nothing_echoes():
    long = llama_mlp()
    inductor = long.find(Stage.INDUCTOR)[0]
    async with opened(long, (120, 40)) as (pilot, main):
        await pilot.press("1", "tab", "9")
        assert shown(main) == ["source", "inductor", "kernel"]
        await move(pilot, main, Stage.SOURCE, "self.down_proj(self.act_fn", column=True)
        pane = pane_of(main, Stage.INDUCTOR)
        lines = {row.line for row in pane.visible_rows}
        assert find_line(inductor, "extern_kernels.mm:4") in lines
        assert pane.cursor == Position(1, 0)  # scrolled, but its cursor was not moved
        assert main.picture.status.words.startswith("164 self.down_proj(…) → ")


async def test_scrolling_along_can_be_turned_off():
    async with opened(size=(120, 40)) as (pilot, main):
        await pilot.press("tab", "9", "ctrl+l")
        pane = pane_of(main, Stage.INDUCTOR)
        top = pane.visible_rows[0].line
        await move(pilot, main, Stage.SOURCE, "down_proj = self.down_proj")
        assert pane.visible_rows[0].line == top
        assert lit(pane)


async def test_jump_along_and_back():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.SOURCE, "self.up_proj(x))", column=True)
        await pilot.press("o")
        aten = pane_of(main, Stage.ATEN)
        assert main.focused is aten
        assert aten.cursor.line == find_line(aten.artifact, " permute_1: ")
        await pilot.press("ctrl+o")
        assert main.focused is pane_of(main, Stage.SOURCE)
        assert pane_of(main, Stage.SOURCE).cursor.line == 164


async def test_jump_with_one_pane_goes_to_the_next_linked_stage():
    async with opened(size=(80, 24)) as (pilot, main):
        await pilot.press("o")
        assert shown(main) == ["dynamo"]
        await pilot.press("o")
        assert shown(main) == ["aten"]
        await pilot.press("ctrl+o", "ctrl+o")
        assert shown(main) == ["source"]
        assert pane_of(main, Stage.SOURCE).cursor.line == 164


async def test_jump_from_a_line_without_links_says_so():
    async with opened() as (pilot, main):
        pane = await move(pilot, main, Stage.SOURCE, "class LlamaMLP")
        await pilot.press("o")
        assert main.focused is pane
        assert "Nothing is linked to this place. Links of this text are recorded to: " in notes(main)[-1]


async def test_jump_tells_links_that_were_not_recorded_from_none():
    whole = llama_mlp()
    (bytecode,) = whole.find(Stage.BYTECODE)[:1]
    capture = replace(
        whole, links=tuple(link for link in whole.links if bytecode.id not in (link.a.artifact, link.b.artifact))
    )
    async with opened(capture) as (pilot, main):
        main.turn(ShowStage(Stage.BYTECODE))
        await pilot.pause()
        await pilot.press("o")
        assert f"No link of this text ({bytecode.id}) is recorded" in notes(main)[-1]


async def test_jump_names_the_stages_that_no_pane_shows():
    whole = llama_mlp()
    capture = replace(
        whole,
        links=tuple(
            link
            for link in whole.links
            if (whole.by_id[link.a.artifact].stage, whole.by_id[link.b.artifact].stage) == (Stage.SOURCE, Stage.DYNAMO)
        ),
    )
    async with opened(capture) as (pilot, main):
        assert "dynamo" not in shown(main)
        await move(pilot, main, Stage.SOURCE, "self.up_proj(x))", column=True)
        await pilot.press("o")
        assert notes(main)[-1] == f"No pane shows what is linked to this line: {Stage.DYNAMO.heading}."


def two_kernels():
    """The ATen node `mul` ended up in the first kernel, `view_5` in a second one."""
    capture = llama_mlp()
    other = kernels("0/0", OTHER_KERNEL)
    aten = capture.find(Stage.ATEN)[0]
    link = Link(Span.of_lines(aten.id, find_line(aten, " view_5: ")), Span.of_lines(other[0].id, 5), Origin.EXACT)
    return replace(capture, artifacts=(*capture.artifacts, *other), links=(*capture.links, link))


async def test_a_relative_in_another_kernel_brings_that_kernel():
    async with opened(two_kernels()) as (pilot, main):
        assert text(main, "kernel").endswith(KERNEL)
        await move(pilot, main, Stage.ATEN, " view_5: ")
        assert text(main, "kernel").endswith(OTHER_KERNEL)
        await move(pilot, main, Stage.ATEN, " mul: ")
        assert text(main, "kernel").endswith(KERNEL)


async def test_a_pinned_pane_keeps_its_text():
    async with opened(two_kernels()) as (pilot, main):
        pane_of(main, Stage.KERNEL).focus()
        await pilot.press("asterisk")
        await move(pilot, main, Stage.ATEN, " view_5: ")
        assert text(main, "kernel").endswith(KERNEL)
        pane_of(main, Stage.KERNEL).focus()
        await pilot.press("asterisk")
        await move(pilot, main, Stage.ATEN, " exp: ")
        await move(pilot, main, Stage.ATEN, " view_5: ")
        assert text(main, "kernel").endswith(OTHER_KERNEL)


async def test_a_relative_in_another_source_file_brings_that_file():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.ATEN, " exp: ")
        assert text(main, "source") == "source:activations.py"
        await move(pilot, main, Stage.ATEN, " mm_1: ")
        assert text(main, "source") == "source:modeling_llama.py"


async def test_links_stay_within_the_compile_id_on_screen():
    async with opened(with_breaks()) as (pilot, main):
        await move(pilot, main, Stage.SOURCE, "down_proj = self.down_proj")
        assert text(main, "aten") == "0/0:aten"


async def test_links_light_up_as_they_arrive():
    async with live() as (pilot, main, worker):
        worker.until(Stage.ATEN)
        await until(pilot, lambda: pane_of(main, Stage.ATEN).artifact and main.desk.settled)
        assert len(lit(pane_of(main, Stage.ATEN))) == 13
        worker.until(Stage.ASM)
        await until(pilot, lambda: pane_of(main, Stage.KERNEL).artifact and main.desk.settled)
        assert lit(pane_of(main, Stage.KERNEL)) == [25]


async def test_what_is_kept_lit_stays_while_the_cursor_moves_on():
    async with opened() as (pilot, main):
        kernel = await move(pilot, main, Stage.KERNEL, "auto tmp6")
        aten = pane_of(main, Stage.ATEN)
        kept = find_line(aten.artifact, " div: ")
        await pilot.press("p")
        await move(pilot, main, Stage.KERNEL, "auto tmp8")
        assert lit(aten, Strength.PINNED) == [kept]
        assert lit(aten, Strength.RELATIVE) == [find_line(aten.artifact, " mul: ")]
        assert lit(kernel, Strength.PINNED) == [24]
        assert "1 kept lit" in screen_text(main).splitlines()[0]


async def test_several_groups_are_kept_lit_and_let_go_one_by_one_or_all():
    async with opened() as (pilot, main):
        aten = pane_of(main, Stage.ATEN)
        for needle in ("auto tmp6", "auto tmp8", "auto tmp2"):
            await move(pilot, main, Stage.KERNEL, needle)
            await pilot.press("p")
        await move(pilot, main, Stage.KERNEL, "#pragma omp for")
        assert lit(aten, Strength.PINNED) == [find_line(aten.artifact, node) for node in (" exp: ", " div: ", " mul: ")]
        await move(pilot, main, Stage.KERNEL, "auto tmp8")
        await pilot.press("p")
        await move(pilot, main, Stage.KERNEL, "#pragma omp for")
        assert lit(aten, Strength.PINNED) == [find_line(aten.artifact, node) for node in (" exp: ", " div: ")]
        await pilot.press("x")
        assert lit(aten) == []


async def test_a_line_without_links_cannot_be_kept_lit():
    async with opened() as (pilot, main):
        await move(pilot, main, Stage.KERNEL, "#pragma omp for")
        await pilot.press("p")
        assert main.desk.kept == ()
        assert "nothing to keep lit" in notes(main)[-1]


async def test_what_is_kept_lit_takes_in_links_that_arrive_later():
    async with live() as (pilot, main, worker):
        worker.until(Stage.ATEN)
        await until(pilot, lambda: pane_of(main, Stage.ATEN).artifact and main.desk.settled)
        await move(pilot, main, Stage.ATEN, " mul: ")
        await pilot.press("p")
        await move(pilot, main, Stage.ATEN, "def forward")
        worker.until(Stage.ASM)
        await until(pilot, lambda: pane_of(main, Stage.KERNEL).artifact and main.desk.settled)
        assert lit(pane_of(main, Stage.KERNEL), Strength.PINNED) == [25]


async def test_many_links_are_indexed_beside_the_screen(monkeypatch):
    monkeypatch.setattr("inspector.tui.desk.screen.AT_ONCE", 0)
    async with opened() as (pilot, main):
        assert lit(pane_of(main, Stage.SOURCE)) == [164]
        await move(pilot, main, Stage.KERNEL, "auto tmp8")
        aten = pane_of(main, Stage.ATEN)
        assert lit(aten, Strength.RELATIVE) == [find_line(aten.artifact, " mul: ")]


async def test_a_text_is_painted_before_its_links_are_looked_at(monkeypatch):
    order = []
    painted, relit = CodePane.render_line, Picture.light
    monkeypatch.setattr(
        CodePane, "render_line", lambda pane, y: (pane.artifact and order.append(pane.artifact.id), painted(pane, y))[1]
    )
    monkeypatch.setattr(Picture, "light", lambda *args: (order.append("links"), relit(*args))[1])
    async with live() as (pilot, main, worker):
        await until(pilot, lambda: main.desk.settled)
        order.clear()
        worker.until(Stage.ATEN)
        await until(pilot, lambda: "links" in order)
        assert order.index("0/0:aten") < order.index("links")
