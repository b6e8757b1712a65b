"""What a newcomer sees before any key: operators, the whole expression, one colour for each part of it, one chain."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from driving import clock, opened, pane_of, ready, screen_text, until

from inspector.bundle import read
from inspector.form.form import Extra, Ingredient, Taste
from inspector.model.artifact import Position
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.panes.marks import GROUPS, Strength
from inspector.tui.settings import read_settings

SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"
CHAIN = "down_proj = self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))"


@cache
def sample() -> Capture:
    return read(SAMPLE)


@pytest.mark.parametrize("size", [(120, 40), (200, 50), (300, 80)])
async def test_the_chain_and_its_operators_are_readable_without_a_key(size: tuple[int, int]):
    async with opened(sample(), size, concise=True) as (_, main):
        text = screen_text(main)
        source = pane_of(main, Stage.SOURCE)
        assert source is not None
        shown = "".join(
            "".join(source.render_line(y).text[source.gutter_width :].split()) for y in range(1, source.size.height)
        )
        assert CHAIN.replace(" ", "") in shown
        for operator in (
            *("mm = mm(view, permute)", "neg = neg(view_1)", "exp = exp(neg)", "add = add(exp, 1)"),
            *("div = div(view_1, add)", "mm_1 = mm(view_2, permute_1)", "mul = mul(div, view_3)"),
            *("mm_2 = mm(view_4, permute_2)", "tmp2 = exp(tmp1)", "tmp8 = tmp6 * tmp7"),
        ):
            assert operator in text, operator


async def test_each_expression_has_the_colour_of_what_it_became_in_every_pane():
    async with opened(sample(), concise=True) as (_, main):
        source, aten, kernel = (pane_of(main, stage) for stage in (Stage.SOURCE, Stage.ATEN, Stage.KERNEL))
        assert source is not None and aten is not None and kernel is not None and source.text is not None
        mark = source._marks[164]
        line = source.text.lines[163]
        colours = {line[start:end]: group for (start, end), group in zip(mark.spans, mark.groups, strict=True)}
        assert colours.keys() == {
            "self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))",
            "self.act_fn(self.gate_proj(x)) * self.up_proj(x)",
            "self.act_fn(self.gate_proj(x))",
            "self.gate_proj(x)",
            "self.up_proj(x)",
        }
        assert len({group % GROUPS for group in colours.values()}) == 5, "no two have one colour"
        rows = {
            row.pieces[1].text if len(row.pieces) > 1 else "": aten._marks[number].group
            for number, row in enumerate(aten._laid.form.rows, 1)  # type: ignore[union-attr]
            if number in aten._marks and aten._marks[number].strength is Strength.RELATIVE
        }
        assert rows["mm"] == colours["self.gate_proj(x)"] and rows["mm_1"] == colours["self.up_proj(x)"]
        assert rows["exp"] == colours["self.act_fn(self.gate_proj(x))"]
        assert rows["mul"] == colours["self.act_fn(self.gate_proj(x)) * self.up_proj(x)"]
        of_exp = next(n for n, text in enumerate(kernel._laid.lines, 1) if "exp(tmp1)" in text)  # type: ignore[union-attr]
        assert kernel._marks[of_exp].group == rows["exp"]


async def test_the_bottom_row_is_a_chain_that_nothing_displaces():
    async with opened(sample(), (120, 40), concise=True) as (pilot, main):
        source = pane_of(main, Stage.SOURCE)
        assert source is not None
        source.go(164, 36, by_user=True)
        await until(pilot, lambda: main.desk.asked is not None and main.desk.asked[1] == Position(164, 36))
        await pilot.press("p")
        await pilot.pause()
        row = screen_text(main).splitlines()[-1]
        assert row.strip().startswith("164 self.act_fn(self.gate_proj(x)) → ")
        assert "4 ATen" in row and "7 instructions · debug info" in row and "? help" in row
        assert "1 kept lit" in screen_text(main).splitlines()[0]


async def test_a_choice_of_form_and_ingredients_is_kept_for_the_next_screen(tmp_path: Path):
    file = tmp_path / "config" / "screen.json"
    app = InspectorApp(capture=sample(), title="mlp", clock=clock, settings=file)
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: ready(app))
        assert app.main is not None and "f32 1×8×8192" in screen_text(app.main)
        await pilot.press("I")
        await until(pilot, lambda: app.screen is not app.main)
        await pilot.press(*"shapes", "enter")
        await until(pilot, lambda: "f32 1×8×8192" not in screen_text(app.main))  # type: ignore[arg-type]
        await pilot.press("escape", "escape")
    assert read_settings(file).taste == Taste(True, (), (Extra.SHAPES,))
    again = InspectorApp(capture=sample(), title="mlp", clock=clock, settings=file)
    async with again.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: ready(again))
        assert again.main is not None and "exp = exp(neg)" in screen_text(again.main)
        assert "f32 1×8×8192" not in screen_text(again.main)
        await pilot.press("V")
        await until(pilot, lambda: "torch.ops.aten" in screen_text(again.main))  # type: ignore[arg-type]
    assert read_settings(file).taste.concise is False


async def test_a_fold_opens_where_the_cursor_is_and_folds_again():
    async with opened(sample(), concise=True) as (pilot, main):
        aten = pane_of(main, Stage.ATEN)
        assert aten is not None
        aten.focus()
        aten.go(10, by_user=True)
        await pilot.press("J")
        await pilot.pause()
        assert aten.place.line == 10 and any("torch.ops.aten.permute.default" in row for row in aten._laid.lines)  # type: ignore[union-attr]
        await pilot.press("J")
        await pilot.pause()
        assert not any("torch.ops.aten.permute" in row for row in aten._laid.lines)  # type: ignore[union-attr]


async def test_more_room_goes_to_whichever_pane_is_chosen():
    async with opened(sample(), concise=True) as (pilot, main):
        source, aten = pane_of(main, Stage.SOURCE), pane_of(main, Stage.ATEN)
        assert source is not None and aten is not None
        before = source.size.width
        await pilot.press("Z")
        await until(pilot, lambda: source.size.width > before)
        await pilot.press("tab")
        await until(pilot, lambda: aten.size.width > before > source.size.width)
        await pilot.press("Z")
        await until(pilot, lambda: source.size.width == before)


async def test_a_pane_that_does_not_wrap_scrolls_sideways_to_what_is_lit():
    async with opened(sample(), (120, 40)) as (pilot, main):
        source, kernel = pane_of(main, Stage.SOURCE), pane_of(main, Stage.KERNEL)
        assert source is not None and kernel is not None
        kernel.wrap = False
        source.wrap = False
        kernel.focus()
        kernel.go(20, by_user=True)
        await until(pilot, lambda: main.desk.asked is not None and main.desk.asked[1].line == 20)
        await pilot.pause()
        assert "self.gate_proj(x))" in source.render_line(4).text or source.scroll_x > 0


def test_every_ingredient_has_its_words():
    from inspector.form.form import EXTRAS, INGREDIENTS

    assert set(INGREDIENTS) == set(Ingredient) and set(EXTRAS) == set(Extra)
