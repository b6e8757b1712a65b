"""What a capture of its own, not one of a log, answers to the keys about one compile id among others."""

from __future__ import annotations

from dataclasses import replace

from driving import chosen, notes, on_top, opened, screen_text, until
from fakes import llama_mlp, recompiled

from inspector.model.artifact import Artifact, Language
from inspector.model.guards import Guard, GuardManager
from inspector.model.stage import Stage
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.desk.intents import ShowCompileId
from inspector.tui.screens.guards import GuardsScreen, guard_items


async def test_a_recompile_is_shown_side_by_side_with_the_compile_before() -> None:
    async with opened(recompiled(llama_mlp())) as (pilot, main):
        await pilot.press("d")
        await until(pilot, lambda: any("Only a recompile" in note for note in notes(main)))
        main.turn(ShowCompileId("0/1"))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "0/0 ↔ 0/1" in screen_text(main))
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


async def test_escape_does_nothing_where_there_is_no_log_to_go_back_to() -> None:
    async with opened() as (pilot, main):
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert on_top(main)


def compilation_with_guards():
    compilation = llama_mlp().compilations[0]
    return replace(
        compilation,
        guards=(
            Guard("___check_global_state()", "GLOBAL_STATE"),
            Guard("L['x'].size()[1] == 8", "TENSOR_MATCH", "L['x']", "model.py:12", failed_for=("0/1", "0/2")),
        ),
        guard_tree=(
            GuardManager(0, "RootGuardManager", guards=(0,)),
            GuardManager(1, "GuardManager", "L['x']", "FrameLocalsGuardAccessor", guards=(1,)),
        ),
        guard_seconds=12e-6,
    )


def test_guards_stand_in_their_tree_and_those_that_failed_say_for_whom() -> None:
    items = guard_items(compilation_with_guards())
    assert [(item.depth, item.cells[0].text) for item in items] == [
        (0, "RootGuardManager"),
        (1, "___check_global_state()"),
        (1, "L['x']"),
        (2, "L['x'].size()[1] == 8"),
    ]
    assert items[3].cells[2].text == "0/1 0/2"
    flat = guard_items(replace(compilation_with_guards(), guard_tree=()))
    assert [item.depth for item in flat] == [0, 0]


async def test_the_tree_of_guards_begins_at_the_one_that_failed() -> None:
    capture = replace(llama_mlp(), compilations=(compilation_with_guards(),))
    async with opened(capture) as (pilot, main):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuardsScreen))
        await until(pilot, lambda: "0/0: 2 guards in the tree" in screen_text(main))
        assert "12.0 µs for one check of all, as torch measured it once" in screen_text(main)
        screen = pilot.app.screen
        assert isinstance(screen, GuardsScreen)
        from inspector.tui.widgets.outline import Outline

        current = screen.query_one(Outline).current
        assert current is not None
        assert current.cells[2].text == "0/1 0/2"


async def test_a_text_without_a_stage_is_pinned_to_the_chosen_pane() -> None:
    other = Artifact("0/0:other:fx_graph_runnable", Stage.OTHER, "0/0", None, Language.PYTHON, "import torch\n")
    async with opened(replace(llama_mlp(), others=(other,))) as (pilot, main):
        await pilot.press("A", *"runnable", "enter")
        await until(pilot, lambda: chosen(main) is not None and chosen(main).artifact == other)
        assert "fx_graph_runnable" in screen_text(main)
        await pilot.press("asterisk")
        await until(pilot, lambda: chosen(main) is not None and chosen(main).artifact != other)
