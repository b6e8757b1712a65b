"""What takes long beside the screen of a log tells how far it has come, and ends when nobody waits for it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driving import chosen, notes, ready, until
from logdriving import choose, log_opened, text_of
from logfakes import FakeLog, ranks

from inspector.errors import UsageError
from inspector.model.stage import Stage
from inspector.say.none import no_source
from inspector.trace.log import TraceLog
from inspector.tui.log.intents import OpenCompileId
from inspector.tui.log.parts import LogState
from inspector.tui.log.screen import LogScreen
from inspector.tui.log.source import LogSource
from inspector.tui.task import NobodyListens
from inspector.work import comparing

TRACES = Path(__file__).parent.parent / "traces"


async def test_progress_is_in_the_header_and_a_newer_wish_ends_older_work(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    ended: list[str] = []

    def compared(_log: object, _overview: object, tell: Callable[[str], object]) -> object:
        tell("reading rank 3: 10 of 20")
        assert release.wait(60)
        try:
            tell("reading rank 4: 1 of 20")
        except NobodyListens:
            ended.append("superseded")
            raise
        return None

    monkeypatch.setattr(comparing, "rank_report", compared)
    async with log_opened(FakeLog(ranks())) as (pilot, screen):
        await pilot.press("5")
        await until(pilot, lambda: "reading rank 3: 10 of 20" in text_of(screen))
        screen.turn(OpenCompileId("0/0"))
        await until(pilot, lambda: main_of(screen) is not None)
        release.set()
        await until(pilot, lambda: ended == ["superseded"])
        assert main_of(screen).desk.compile_id == "0/0"
        assert screen.desk.reading is None


async def test_ranks_that_were_given_up_are_compared_once_one_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    gate = threading.Event()

    def compared(*_: object) -> object:
        asked.append("ranks")
        if len(asked) == 1:
            gate.wait(10)
        raise UsageError("Rank 1 wrote nothing.", "Look at it.")

    monkeypatch.setattr(comparing, "rank_report", compared)
    async with log_opened(FakeLog(ranks())) as (pilot, screen):
        await pilot.press("5")
        await until(pilot, lambda: asked == ["ranks"])
        assert "Comparing the ranks" in text_of(screen)
        screen.turn(OpenCompileId("0/0"))
        await until(pilot, lambda: main_of(screen) is not None and ready(screen.app))
        gate.set()
        await pilot.press("escape")
        await until(pilot, lambda: len(asked) == 2)
        await until(pilot, lambda: "Rank 1 wrote nothing." in text_of(screen))
        assert "Comparing the ranks" not in text_of(screen)


async def test_a_real_folder_of_ranks() -> None:
    async with log_opened(TraceLog.open(TRACES / "ranks")) as (pilot, screen):
        await until(pilot, lambda: screen.desk.log.indexed)
        await pilot.press("5")
        await until(pilot, lambda: screen.desk.report is not None)
        shown = text_of(screen)
        for heading in ("compile ids", "graphs", "cache results", "collectives", "tensor metadata", "graph execution"):
            assert f"≠ {heading}" in shown
        screen.outline.go("rank rank 1")
        await until(pilot, lambda: "waits for them" in text_of(screen))
        screen.outline.go("aspect tensors")
        await until(pilot, lambda: "Not compared in full" in text_of(screen))


def test_the_first_compile_ids_do_not_wait_for_much_of_the_log(tmp_path: Path) -> None:
    data = (TRACES / "recompile.log").read_bytes()
    path = tmp_path / "large.log"
    path.write_bytes(data * (1 + (8 << 20) // len(data)))
    states: list[LogState] = []
    source = LogSource(TraceLog.open(path))
    source.run(states.append)
    source.close()
    assert states[0].overview.rows and not states[0].indexed
    assert states[0].progress.done < 2 << 20
    assert states[-1].indexed


def test_a_file_that_is_no_log_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.log"
    path.write_text("nothing of a log\n")
    source = LogSource(TraceLog.open(path))
    with pytest.raises(UsageError, match="no record"):
        source.run(lambda _: None)
    source.close()


def test_a_log_that_is_read_at_once_counts_as_indexed() -> None:
    states: list[LogState] = []
    source = LogSource(TraceLog.open(TRACES / "two_ops.log"))
    source.run(states.append)
    source.close()
    assert states[-1].verified is not None
    assert states[-1].indexed and states[-1].overview.complete and states[-1].overview.rows


def test_a_log_that_is_closed_is_read_no_further() -> None:
    states: list[LogState] = []
    log = FakeLog(steps=1000)
    log.hold = lambda: time.sleep(0.005)
    source = LogSource(log, log.overview, follow=True)
    thread = threading.Thread(target=source.run, args=(states.append,))
    thread.start()
    source.close()
    thread.join(10)
    assert not thread.is_alive()
    assert log.closed and log.done < 1000
    said = len(states)
    source.run(states.append)  # a thread that comes to it late
    assert len(states) == said


def with_source(folder: Path) -> Path:
    """`graph_break.log` with the record that our own recording writes of the file, in its first compile id alone."""
    text = "\n".join(f"line_{number}()" for number in range(1, 60))
    source = json.dumps({"name": "cases.py", "path": "/home/user/project/cases.py", "text": text, "focus": 1})
    head = {
        "artifact": {"name": "inspector_source", "encoding": "json"},
        "frame_id": 0,
        "frame_compile_id": 0,
        "attempt": 0,
        "has_payload": hashlib.md5(source.encode(), usedforsecurity=False).hexdigest(),
    }
    made = folder / "recorded.log"
    record = f"V0101 00:00:09.000000 1000 inspector/worker/records.py:16] {json.dumps(head)}\n\t{source}\n"
    made.write_text((TRACES / "graph_break.log").read_text() + record)
    return made


async def test_a_graph_break_opens_at_its_line(tmp_path: Path) -> None:
    """Of the resumed function too, whose compile id has no record of the source."""
    async with log_opened(TraceLog.open(with_source(tmp_path))) as (pilot, screen):
        await pilot.press("3")
        for row, (compile_id, line) in (("0.0", ("0/0", 21)), ("1.0", ("1/0", 22))):
            choose(screen, row)
            await until(pilot, lambda: main_of(screen) is not None and ready(screen.app))
            await until(pilot, lambda: main_of(screen).desk.stage is Stage.SOURCE)
            main = main_of(screen)
            assert main.desk.compile_id == compile_id
            assert chosen(main).cursor.line == line
            assert chosen(main).artifact.id == "source:cases.py"
            await pilot.press("escape")
            await until(pilot, lambda: main_of(screen) is None)


async def test_a_graph_break_of_a_log_without_sources_says_that_they_were_not_recorded() -> None:
    async with log_opened(TraceLog.open(TRACES / "graph_break.log")) as (pilot, screen):
        await pilot.press("3")
        choose(screen, "0.0")
        await until(pilot, lambda: main_of(screen) is not None and ready(screen.app))
        await until(pilot, lambda: bool(notes(main_of(screen))))
        assert notes(main_of(screen))[-1] == no_source("cases.py:21", others=False)
        assert "`inspector run` records them" in notes(main_of(screen))[-1]


def main_of(screen: LogScreen) -> Any:
    """The compile id that is open over the log; None where there is none."""
    return screen.app.main


async def test_the_strip_counts_compiles_as_the_line_above_it_does() -> None:
    """36 compile ids, one of which a limit refused."""
    async with log_opened(TraceLog.open(TRACES / "chains.log")) as (pilot, screen):
        await until(pilot, lambda: screen.desk.log.indexed)
        assert screen.desk.log.overview.totals.compiles == 35
        (tab,) = (item for item in screen.desk.tabs() if item.name == "compiles")
        assert "35 compiles" in text_of(screen)
        assert "35" in str(tab)
        assert "36" not in str(tab)
