"""A monkey at the keyboard: keys, clicks, wheel, sizes, pastes, a talking worker, all by chance from a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from comparisons import app_of, shown, trained
from driving import clock, ready, until
from fakes import REQUEST, Factory, FakeLive, latency, llama_mlp, recompiled, with_breaks
from hostile_bundle import HOSTILE_TEXTS, everywhere
from hostile_log import write as write_hostile
from logdriving import log_app
from logdriving import read as log_read
from logfakes import FakeLog, ranks
from profilefakes import numerics, profile
from studyfakes import FakeRuns, cures, layers, live_app, on_screen, results_app, shapes, spot
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.pilot import Pilot, WaitForScreenTimeout

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.lessons import find_lesson
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace.log import TraceLog
from inspector.tui.app import InspectorApp
from inspector.tui.source import LiveSource
from inspector.tui.study.app import StudyApp

SIZES = (
    *((1, 1), (2, 1), (1, 60), (3, 2), (5, 3), (12, 4), (16, 8), (20, 10), (30, 24), (40, 12), (59, 15), (60, 15)),
    *((80, 24), (80, 24), (80, 24), (109, 31), (120, 40), (165, 50), (200, 50)),
)
LARGE = ((300, 80), (500, 200))
MOVES = ("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "escape", "tab", "shift+tab")
OTHERS = (
    *("backspace", "delete", "space", "f1", "f2", "f3", "f5", "shift+up", "shift+down", "shift+left", "shift+right"),
    *(
        "ctrl+p",
        "ctrl+o",
        "ctrl+f",
        "ctrl+s",
        "ctrl+r",
        "ctrl+g",
        "ctrl+a",
        "ctrl+d",
        "ctrl+u",
        "ctrl+home",
        "ctrl+end",
    ),
    *("ctrl+left", "ctrl+right", "ctrl+w", "ctrl+k", "ctrl+x", "ctrl+v", "ctrl+z", "ctrl+y", "alt+x", "f10"),
)
PRINTED = "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789-=+_\\;'[]{}*?!/:#$^%<>.|,~`@&()\""
"""All but q, which leaves."""
TEXTS = (
    "",
    "\n",
    "a",
    "time>1 status:failed",
    "re:(",
    "x" * 300,
    "日本語\u202e\x1b[2J",
    "- [ ] **b**\n> c\n```\n",
    "%s{}[/]",
)
SPELLED = {
    "-": "minus", "=": "equals_sign", "+": "plus", "_": "underscore", "\\": "backslash", ";": "semicolon",
    "'": "apostrophe", "[": "left_square_bracket", "]": "right_square_bracket", "{": "left_curly_bracket",
    "}": "right_curly_bracket", "*": "asterisk", "?": "question_mark", "!": "exclamation_mark", "/": "slash",
    ":": "colon", "#": "number_sign", "$": "dollar_sign", "^": "circumflex_accent", "%": "percent_sign",
    "<": "less_than_sign", ">": "greater_than_sign", ".": "full_stop", "|": "vertical_line", ",": "comma",
    "~": "tilde", "`": "grave_accent", "@": "at", "&": "ampersand", "(": "left_parenthesis",
    ")": "right_parenthesis", '"': "quotation_mark",
}  # fmt: skip


@dataclass
class Ground:
    """One app to play with."""

    app: InspectorApp
    ready: Callable[[], bool]
    tell: Callable[[random.Random], object] = lambda _: None
    """Has the fake behind the app say something by chance."""
    close: Callable[[], object] = lambda: None


def _live(lesson: str = "") -> Ground:
    factory = Factory()
    if lesson:
        found = find_lesson(lesson)
        app = InspectorApp(LiveSource(found.request, factory), lesson=found, title=found.title, clock=clock)
    else:
        app = InspectorApp(LiveSource(REQUEST, factory), title="llama-mlp", clock=clock)

    def begun() -> bool:
        return ready(app) and bool(factory.made) and factory.live.started

    return Ground(app, begun, lambda chance: _say(factory.live, chance))


def _say(worker: FakeLive, chance: random.Random) -> None:
    ids = chance.choice(([], ["0/1"]))
    full = recompiled(llama_mlp())
    said: tuple[Callable[[], object], ...] = (
        worker.compile,
        lambda: worker.until(chance.choice((Stage.DYNAMO, Stage.ATEN, Stage.INDUCTOR))),
        lambda: worker.show(full),
        lambda: worker.show(with_breaks()),
        lambda: worker.show(_measured()),
        lambda: worker.log("a line\nand \x1b[31manother\n" * chance.randrange(1, 4)),
        lambda: worker.event(protocol.Progress("measuring")),
        lambda: worker.event(protocol.LatencyState(chance.choice(("running", "paused", "idle", "warming")))),
        lambda: worker.event(protocol.ShapeChanged("batch 2 · seq 8", 2, 2, 8, ids, 0.1)),
        lambda: worker.event(protocol.Failed("this went wrong", fatal=False)),
        lambda: worker.end(chance.choice(list(OutcomeKind)), "the end", traceback="Traceback\n  line\n"),
    )
    chance.choices(said, (4, 3, 3, 2, 3, 2, 2, 2, 2, 2, 1))[0]()


def _measured() -> Capture:
    return replace(llama_mlp(), profiles=(profile(),), numerics=(numerics(),), latency=(latency(),))


def _opened() -> Ground:
    capture = with_breaks()
    capture = replace(capture, profiles=(profile(),), numerics=(numerics(),))
    app = InspectorApp(capture=capture, title="llama-mlp", clock=clock)
    return Ground(app, lambda: ready(app))


def _log(several: bool = False) -> Ground:
    app = log_app(FakeLog(ranks()) if several else None)
    assert app.log_source is not None
    return Ground(app, lambda: log_read(app), close=app.log_source.close)


def _difference() -> Ground:
    app = app_of(*trained())
    return Ground(app, lambda: shown(app), close=app.close)


def _results() -> Ground:
    app: StudyApp = results_app(spot(), shapes(), layers(), cures())
    return Ground(app, lambda: on_screen(app))


def _study() -> Ground:
    runs = FakeRuns()
    app = live_app(runs)
    at = count(1)

    def say(_: random.Random) -> None:
        number = next(at)
        if number < len(runs.requests):
            runs.say(*runs.up_to(number))

    assert app.study_source is not None
    return Ground(app, lambda: on_screen(app) and runs.control is not None, say, app.study_source.close)


# --- the same screens of what was written to harm whoever looks at it ---------------------------------------


def _hostile(screen: str, kind: str) -> Ground:
    """A screen on which every text is hostile."""
    text = HOSTILE_TEXTS[kind]
    capture, factory = everywhere(text), Factory()
    if screen == "opened":
        app = InspectorApp(capture=capture, title=text, clock=clock)
        return Ground(app, lambda: ready(app))
    if screen == "diff":
        other = app_of(capture, everywhere(f"other{text}"), (f"a{text}", f"b{text}"))
        return Ground(other, lambda: shown(other), close=other.close)
    if screen in _HOSTILE_LOGS:
        with TemporaryDirectory() as folder:  # what an open log has read of its files it goes on reading
            log = TraceLog.open(write_hostile(_HOSTILE_LOGS[screen], text, Path(folder) / "log")).complete()
        of_log = log_app(log)
        assert of_log.log_source is not None
        return Ground(of_log, lambda: log_read(of_log), close=of_log.log_source.close)
    lesson = find_lesson("fusion") if screen == "lesson" else None
    request = lesson.request if lesson is not None else REQUEST
    live = InspectorApp(LiveSource(request, factory), lesson=lesson, title=text, clock=clock)
    said: tuple[Callable[[], object], ...] = (
        lambda: factory.live.show(capture),
        lambda: factory.live.log(f"a line{text}\n"),
        lambda: factory.live.event(protocol.Progress(f"measuring{text}")),
        lambda: factory.live.event(protocol.ShapeChanged(f"batch{text}", 2, 2, 8, ["0/1"], 0.1)),
        lambda: factory.live.event(protocol.Failed(f"wrong{text}", fatal=False)),
        lambda: factory.live.end(OutcomeKind.FAILED, f"the end{text}", traceback=f"Traceback{text}\n"),
    )
    return Ground(
        live,
        lambda: ready(live) and bool(factory.made) and factory.live.started,
        lambda chance: chance.choices(said, (9, 3, 3, 3, 3, 1))[0](),
    )


_HOSTILE_LOGS = {
    "recompiles": ("recompile.log",),
    "breaks": ("graph_break.log",),
    "failure": ("failure.log",),
    "ranks": ("recompile.log", "recompile.log", "graph_break.log"),
}
HOSTILE: dict[str, Callable[[], Ground]] = {
    f"{screen}-{kind}": partial(_hostile, screen, kind)
    for screen, kinds in (
        ("opened", HOSTILE_TEXTS),
        ("live", HOSTILE_TEXTS),
        ("diff", HOSTILE_TEXTS),
        ("lesson", ("marked",)),
        *((screen, ("marked",)) for screen in _HOSTILE_LOGS),
    )
    for kind in kinds
}

SCREENS: dict[str, Callable[[], Ground]] = {
    "live": _live,
    "opened": _opened,
    "log": _log,
    "ranks": lambda: _log(several=True),
    "diff": _difference,
    "results": _results,
    "study": _study,
    "lesson": lambda: _live("fusion"),
}


@dataclass
class Walk:
    """A thousand things done to one kind of screen.

    Args:
        screen: which, of `SCREENS` or `HOSTILE`.
        seed: what happens follows from it.
    """

    screen: str
    seed: int
    done: list[str] = field(default_factory=list)
    """Everything that was done, newest last: what a failure is read from."""

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.screen} {self.seed}")
        self._time = count(1)

    async def go(self, steps: int) -> None:
        """Acts until so much is done; an app that was left is opened anew. Raises what the app raises."""
        left = steps
        while left > 0:
            stage = (SCREENS | HOSTILE)[self.screen]()
            self.done.append("(opened)")
            try:
                async with stage.app.run_test(size=self.chance.choice(((80, 24), (200, 50)))) as pilot:
                    await until(pilot, stage.ready)
                    while left > 0 and stage.app.is_running and stage.app._exception is None:
                        left -= 1
                        self._act(pilot, stage)
                        if left % 10 == 0:
                            await _settled(pilot)
                        else:
                            await asyncio.sleep(0.001)
                    await _settled(pilot)
            finally:
                stage.close()

    def _act(self, pilot: Pilot[int], stage: Ground) -> None:
        chance, app = self.chance, pilot.app
        act = chance.random()
        if act < 0.78:
            printed = chance.choice(PRINTED)
            key = chance.choices(
                (SPELLED.get(printed, printed), chance.choice(MOVES), chance.choice(OTHERS)), (6, 4, 1)
            )[0]
            self._press(app, key, printed if key == SPELLED.get(printed, printed) else None)
        elif act < 0.9:
            self._mouse(app)
        elif act < 0.93:
            self._resize(app, chance.choice(SIZES) if chance.random() < 0.95 else chance.choice(LARGE))
        elif act < 0.95:
            text = chance.choice(TEXTS)
            self.done.append(f"paste {text!r}")
            app.post_message(events.Paste(text))
        elif act < 0.998:
            self.done.append("(said)")
            stage.tell(chance)
        else:
            self._press(app, "q", "q")

    def _press(self, app: InspectorApp, key: str, printed: str | None) -> None:
        self.done.append(key)
        event = events.Key(key, printed)
        event.time = float(next(self._time))  # as a person types: a burst of keys would be a paste
        app.post_message(event)

    def _mouse(self, app: InspectorApp) -> None:
        chance, size = self.chance, app.size
        x, y = chance.randrange(max(1, size.width)), chance.randrange(max(1, size.height))
        kind = chance.choice(("click", "click", "double", "drag", "up", "down", "move"))
        self.done.append(f"{kind} {x},{y}")
        rest = (None, x, y, 0, 0)
        held = (chance.random() < 0.1, False, chance.random() < 0.1, x, y)
        if kind in ("click", "double", "drag"):
            for _ in range(2 if kind == "double" else 1):
                app.post_message(events.MouseDown(*rest, 1, *held))
                if kind == "drag":
                    x, y = chance.randrange(max(1, size.width)), chance.randrange(max(1, size.height))
                    app.post_message(events.MouseMove(None, x, y, 1, 1, 1, *held[:3], x, y))
                app.post_message(events.MouseUp(None, x, y, 0, 0, 1, *held[:3], x, y))
        else:
            made = {"up": events.MouseScrollUp, "down": events.MouseScrollDown, "move": events.MouseMove}[kind]
            app.post_message(made(*rest, 0, *held))

    def _resize(self, app: InspectorApp, size: tuple[int, int]) -> None:
        self.done.append(f"size {size[0]}×{size[1]}")
        assert isinstance(app._driver, HeadlessDriver)
        app._driver._size = Size(*size)
        app.post_message(events.Resize(Size(*size), Size(*size)))


async def _settled(pilot: Pilot[int]) -> None:
    """Waits until every message is handled: what takes the pilot's half minute on a busy machine may take ten."""
    for left in reversed(range(20)):
        try:
            await pilot.pause()
            break
        except WaitForScreenTimeout:
            if not left:
                raise
    if pilot.app.is_running:
        rows = [strip.text for strip in pilot.app.screen._compositor.render_strips(pilot.app.size)]
        assert all(row.isprintable() for row in rows), "what a terminal acts on is drawn"
