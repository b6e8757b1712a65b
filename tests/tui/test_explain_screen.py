"""`e` says what the word at the cursor means."""

import pytest
from driving import notes, on_top, opened, pane_of, screen_text
from fakes import llama_mlp

from inspector.explain import explain
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.screens.explain import ExplainScreen


def words(main) -> str:
    """What the screen says, without its frame and its wrapping."""
    return " ".join(screen_text(main).replace("│", " ").split())


def place(pane, part: str) -> tuple[int, int]:
    """Line and column of a text in a pane."""
    for number, line in enumerate(pane.artifact.lines, 1):
        if part in line:
            return number, line.index(part)
    raise AssertionError(f"there is no {part}")


async def ask(pilot, main, stage: str, part: str) -> None:
    pane = pane_of(main, Stage(stage))
    pane.focus()
    pane.goto(*place(pane, part))
    await pilot.pause()
    await pilot.press("e")
    await pilot.pause()


@pytest.mark.parametrize(
    ("stage", "part", "title", "here"),
    [
        ("aten", "torch.ops.aten.mm", "ATen operator", "Linked to"),
        ("kernel", "loadu", "at::vec call", "Nothing is linked to this place."),
    ],
)
async def test_a_word_is_explained_where_it_stands(stage, part, title, here):
    async with opened() as (pilot, main):
        await ask(pilot, main, stage, part)
        assert isinstance(main.app.screen, ExplainScreen)
        assert title in words(main)
        assert "https://" in words(main)
        assert here in words(main)
        await pilot.press("escape")
        assert on_top(main)


async def test_an_unknown_word_is_said_to_be_so():
    async with opened() as (pilot, main):
        main.push(ExplainScreen("vdivpz", explain("vdivpz"), ()))
        await pilot.pause()
        assert "There is no explanation of vdivpz here." in words(main)
        assert "vdivps" in words(main)
        await pilot.press("e")
        assert on_top(main)


async def test_without_a_text_or_a_word_it_says_so():
    async with opened(Capture()) as (pilot, main):
        await pilot.press("e")
        assert notes(main) == ["There is no text to explain yet."]
        assert on_top(main)
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage("kernel"))
        pane.focus()
        line = next(number for number, text in enumerate(pane.artifact.lines, 1) if text.strip() == "}")
        pane.goto(line, 0)
        await pilot.press("e")
        assert notes(main) == ["There is no word at the cursor."]


def test_the_fake_capture_has_what_these_tests_ask_for():
    assert any("loadu" in artifact.text for artifact in llama_mlp().artifacts)
