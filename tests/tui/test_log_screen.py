"""The screen of a log: what it shows while it is read, and where its keys lead."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from driving import chosen, until
from logdriving import keys_of, log_app, log_opened, text_of
from logfakes import FakeLog, overview, ranks, row, rows

from inspector.errors import EXIT_USAGE, UsageError
from inspector.model.difference import Change, Text
from inspector.model.rank_report import Divergence, RankAspect, RankFigures, RankGroup, RankReport
from inspector.say.doc import Item, Show
from inspector.trace.log import TraceLog
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.intents import ShowEvidence
from inspector.tui.log import ranks as rank_rows
from inspector.tui.log.commands import LOG_COMMANDS
from inspector.tui.log.intents import AtRow, OfRow, OpenCompileId
from inspector.tui.screens.guards import GuardsScreen
from inspector.tui.screens.help import HelpScreen
from inspector.tui.screens.texts import TextsScreen
from inspector.why.verdict import ranked

TRACES = Path(__file__).parent.parent / "traces"
FIRST = [item.compile_id for item in rows()]


async def test_the_first_screen_comes_while_indexing_goes_on() -> None:
    gate = threading.Event()
    log = FakeLog(steps=50)
    log.hold = lambda: log.done < 25 or gate.wait(60)
    app = log_app(log)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.log_screen is not None and app.log_screen.desk.log.overview.rows)
        screen = app.log_screen
        assert screen is not None
        await until(pilot, lambda: "indexing" in text_of(screen))
        assert not screen.desk.log.indexed
        assert "0/0" in text_of(screen)
        gate.set()
        await until(pilot, lambda: screen.desk.log.indexed)
        await until(pilot, lambda: "indexing" not in text_of(screen))
        assert set(FIRST) <= set(keys_of(screen))
    assert app.log_source is not None
    app.log_source.close()
    assert log.closed


async def test_a_log_that_cannot_be_read_says_so_and_quits_with_its_code() -> None:
    log = FakeLog()

    def fail() -> None:
        raise UsageError("train.log holds no record of a structured trace.", "Make one with TORCH_TRACE.")

    log.hold = fail
    app = log_app(log)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.log_screen is not None and app.log_screen.desk.log.error is not None)
        assert app.log_screen is not None
        screen = app.log_screen
        await until(pilot, lambda: "holds no record" in text_of(screen))
        await pilot.press("q")
    assert app.return_value == EXIT_USAGE
    assert app.log_source is not None
    app.log_source.close()


async def test_enter_opens_a_compile_id_and_escape_comes_back() -> None:
    log = FakeLog()
    async with log_opened(log) as (pilot, screen):
        screen.outline.go("1/3")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeskScreen))
        main = pilot.app.screen
        assert isinstance(main, DeskScreen)
        await until(pilot, lambda: main.is_mounted and main.desk.compile_id == "1/3")
        assert log.asked == [("1/3",)]
        assert "1/3 of 10" in text_of(screen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.outline.current is not None
        assert screen.outline.current.key == "1/3"


async def test_escape_first_ends_a_search_in_a_pane() -> None:
    async with log_opened() as (pilot, screen):
        screen.outline.go("0/0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeskScreen) and pilot.app.screen.desk.settled)
        main = pilot.app.screen
        assert isinstance(main, DeskScreen)
        await pilot.press("slash", *"def", "enter")
        await until(pilot, lambda: pilot.app.screen is main and chosen(main).find_status.count)
        await pilot.press("escape")
        assert pilot.app.screen is main
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_another_compile_id_is_chosen_from_all_of_the_log() -> None:
    log = FakeLog()
    async with log_opened(log) as (pilot, screen):
        screen.outline.go("0/0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeskScreen) and pilot.app.screen.desk.settled)
        await pilot.press("c", *"2/0", "enter")
        await until(pilot, lambda: log.asked[-1] == ("2/0",) and isinstance(pilot.app.screen, DeskScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_what_cannot_be_read_is_a_toast() -> None:
    log = FakeLog()
    async with log_opened(log) as (pilot, screen):
        screen.turn(OpenCompileId("9/9"))
        await pilot.pause()
        assert any("no compile id 9/9" in note.message for note in pilot.app._notifications)
        log.made = overview(rows()[:1])
        screen.turn(OpenCompileId("2/0"))
        await until(pilot, lambda: any("There is no compile id" in note.message for note in pilot.app._notifications))
        assert pilot.app.screen is screen
        assert screen.desk.reading is None


async def test_the_findings_of_a_log_lead_to_what_they_rest_on() -> None:
    async with log_opened(TraceLog.open(TRACES / "chains.log")) as (pilot, screen):
        await pilot.press("W")
        await until(
            pilot, lambda: screen.desk.found is not None and "pooled is compiled 2 times more" in text_of(screen)
        )
        assert "mark_dynamic(x, 0)" in text_of(screen)
        assert screen.details.has_focus
        verdict = next(item for item in ranked(screen.desk.found or ()) if item.place is not None)
        assert verdict.place is not None
        assert screen.desk.compile_id_of(verdict.place.file, verdict.place.line, None) == verdict.compile_ids[0]
        while not any(f"replayed: {verdict.evidence[0]}" in row for row in text_of(screen).splitlines()):
            await pilot.press("down")
        screen.turn(ShowEvidence(Show(*verdict.evidence[0].split(" --compile-id "))))
        assert screen.desk.active == "recompiles"
        await pilot.press("D")
        assert not screen.desk.why
        assert "pooled is compiled 2 times more" not in text_of(screen)


async def test_the_tree_folds_and_the_table_sorts() -> None:
    async with log_opened() as (pilot, screen):
        tree = keys_of(screen)
        assert tree[0].startswith("stack")
        assert [key for key in tree if key in FIRST] == FIRST
        await pilot.press("J")
        assert "0/0" not in text_of(screen).splitlines()[4]
        await pilot.press("J", "v")
        assert keys_of(screen)[:-1] == FIRST
        await pilot.press("s")
        times = [screen.desk.log.overview.by_id[key].times.seconds for key in keys_of(screen)[:-1]]
        assert times == sorted(times, reverse=True)
        assert "sorted by time" in text_of(screen)


async def test_a_filter_narrows_down_as_one_types_and_escape_shows_all() -> None:
    async with log_opened() as (pilot, screen):
        await pilot.press("v", "slash", *"status:failed")
        await until(pilot, lambda: keys_of(screen) == ["4/0"])
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert keys_of(screen) == ["4/0"]
        await pilot.press("escape")
        assert len(keys_of(screen)) == len(FIRST) + 1
        await pilot.press("slash", *"nothing like this", "escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert len(keys_of(screen)) == len(FIRST) + 1


async def test_every_view_shows_what_it_is_about() -> None:
    async with log_opened() as (pilot, screen):
        for key, words in (
            ("2", "async_compile.wait"),
            ("3", "graph_break()"),
            ("4", "size at index 1 of q"),
            ("6", "records by kind"),
            ("1", "log_metrics"),
        ):
            await pilot.press(key)
            await until(pilot, lambda words=words: words in text_of(screen))
        await pilot.press("5")
        assert screen.desk.active == "compiles"  # one process: nothing to compare
        await pilot.press("right_square_bracket", "right_square_bracket")
        assert screen.desk.active == "breaks"
        await pilot.press("left_square_bracket")
        assert screen.desk.active == "time"


async def test_the_flame_graph_opens_the_compile_id_it_is_part_of() -> None:
    log = FakeLog()
    async with log_opened(log) as (pilot, screen):
        await pilot.press("2", "down", "down", "down")
        assert screen.flame.has_focus
        assert [node.name for node in screen.flame.nodes][-1] == "backend_compile"
        assert "80 % of entire_frame_compile" in text_of(screen)
        await pilot.press("o")
        await until(pilot, lambda: log.asked == [("0/0",)])


async def test_a_recompile_is_shown_as_a_difference() -> None:
    log = FakeLog()
    async with log_opened(log) as (pilot, screen):
        await pilot.press("4")
        screen.outline.go("1/2")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        assert log.asked == [("1/1", "1/2")]
        await until(pilot, lambda: "1/1 ↔ 1/2" in text_of(screen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        screen.outline.go("1/0")
        await pilot.press("d")
        await until(pilot, lambda: any("Only a recompile" in note.message for note in pilot.app._notifications))


async def test_guards_texts_and_help_open_and_close() -> None:
    async with log_opened() as (pilot, screen):
        screen.outline.go("0/0")
        for key, kind in (("u", GuardsScreen), ("A", TextsScreen), ("question_mark", HelpScreen)):
            await pilot.press(key)
            await until(pilot, lambda kind=kind: isinstance(pilot.app.screen, kind))
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
        screen.outline.go("outside")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextsScreen))


def report() -> RankReport:
    sides = [Text(f"rank {n} · compile ids", "text", lines) for n, lines in enumerate(("0/0\n4/0\n", "0/0\n"))]
    from inspector.model.difference import TextDifference, TextRow

    difference = TextDifference(
        "compile ids", *sides, Change.CHANGED, (TextRow(Change.SAME, 1, 1), TextRow(Change.REMOVED, 2, None))
    )
    groups = tuple(RankGroup((f"rank {n}",), side) for n, side in enumerate(sides))
    return RankReport(
        tuple(RankFigures(f"rank {n}", 9 + n, 1 - n, 5, 2, 7, 0, 11.0, None) for n in (0, 1)),
        (
            Divergence(RankAspect.COMPILE_IDS, groups, (), (difference,), first="entry 2: 4/0 on rank 0 alone"),
            Divergence(RankAspect.COLLECTIVES, ()),
        ),
    )


async def test_ranks_part_and_the_difference_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.work import comparing

    monkeypatch.setattr(comparing, "rank_report", lambda *_: report())
    async with log_opened(FakeLog(ranks())) as (pilot, screen):
        await pilot.press("5")
        await until(pilot, lambda: screen.desk.report is not None)
        assert "≠ compile ids" in text_of(screen)
        screen.outline.go("aspect compile_ids")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "rank 0 · compile ids" in text_of(screen))


async def test_a_row_about_all_aspects_leads_to_the_first_that_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.work import comparing

    monkeypatch.setattr(comparing, "rank_report", lambda *_: report())
    async with log_opened(FakeLog(ranks())) as (pilot, screen):
        await pilot.press("5")
        await until(pilot, lambda: screen.desk.report is not None)
        assert "the ranks differ in 1 of 1 aspect" in text_of(screen)
        assert "1 more has nothing to compare" in text_of(screen)
        screen.outline.go("aspects")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "rank 0 · compile ids" in text_of(screen))


def test_why_there_is_no_difference_to_show() -> None:
    parted = report()
    side = parted.aspects[0].groups[0].listing
    agree = replace(parted, aspects=(Divergence(RankAspect.GRAPHS, (RankGroup(("rank 0", "rank 1"), side),)),))
    nothing = replace(parted, aspects=(Divergence(RankAspect.GRAPHS, ()),))

    def said(found: RankReport, key: str) -> str:
        assert rank_rows.differences(found, Item(key, ())) == ((), 0)
        return rank_rows.no_difference(found, Item(key, ()))

    assert said(parted, "aspect collectives") == (
        "collectives in the compiled code, and their order: not recorded on any rank."
    )
    assert said(agree, "aspects") == "The ranks agree in all that their logs speak of."
    assert said(agree, "aspect graphs").startswith("All ranks agree in this: ")
    assert said(nothing, "aspects") == "Nothing was compared."


async def test_what_is_written_meanwhile_appears() -> None:
    log = FakeLog(overview(rows()[:2]))
    async with log_opened(log, follow=True) as (pilot, screen):
        assert "following" in text_of(screen)
        screen.outline.go("1/0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeskScreen) and pilot.app.screen.desk.settled)
        asked = len(log.asked)
        log.made = overview()
        log.steps = log.done + 2
        await until(pilot, lambda: len(screen.desk.log.overview.rows) == len(FIRST))
        await until(pilot, lambda: len(log.asked) > asked)  # what is on screen is read again
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen and "4/0" in keys_of(screen))


async def test_hostile_names_reach_the_terminal_as_marks() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J"
    bad = replace(row("0/0", f"f{evil}", 1, 1.0), error=evil)
    async with log_opened(FakeLog(overview((bad,)))) as (pilot, screen):
        for key in ("1", "2", "3", "4", "6"):
            await pilot.press(key)
            await pilot.pause()
            assert "\x1b" not in text_of(screen)
            assert "\x07" not in text_of(screen)


def test_every_key_has_one_meaning_and_every_help_is_one_sentence() -> None:
    for entry in LOG_COMMANDS.values():
        assert entry.help[0].isupper()
        assert entry.help.endswith(".")
        assert "\n" not in entry.help
    with pytest.raises(ValueError, match="is taken by"):
        LOG_COMMANDS.add(replace(LOG_COMMANDS["sort"], name="other"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (62, 16)])
async def test_every_size_shows_rows(size: tuple[int, int]) -> None:
    async with log_opened(size=size) as (pilot, screen):
        for key in ("1", "2", "3", "4", "6"):
            await pilot.press(key)
            await pilot.pause()
            assert screen.outline.size.height >= 3
        assert "✗1" not in text_of(screen)


async def test_a_condition_that_there_is_not_is_said_and_the_rows_stay() -> None:
    async with log_opened() as (pilot, screen):
        before = keys_of(screen)
        await pilot.press("slash", *"time", "greater_than_sign")
        await until(pilot, lambda: "is no number" in text_of(screen))
        await pilot.press("1")
        await until(pilot, lambda: "is no number" not in text_of(screen))
        assert keys_of(screen)
        assert len(keys_of(screen)) < len(before)
        await pilot.press("home", "delete", "enter")
        await until(pilot, lambda: "no 'ime'" in text_of(screen))
        assert "Did you mean time?" in text_of(screen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert keys_of(screen) == before


async def test_a_row_that_is_chosen_as_another_view_comes_leads_nowhere() -> None:
    async with log_opened() as (pilot, screen):
        item = screen.outline.current
        assert item is not None
        screen.outline.post_message(screen.outline.Chosen(screen.outline, item))
        await pilot.press("3")
        await pilot.pause()
        assert screen.desk.active == "breaks"
        screen.outline.post_message(screen.outline.Chosen(screen.outline, item))
        await pilot.pause()
        screen.turn(AtRow(OfRow.OPEN, item))  # as where the new view's rows are not on screen yet
        await pilot.pause()
        assert pilot.app._exception is None
        assert screen.desk.opened is None
        assert pilot.app.screen is screen
