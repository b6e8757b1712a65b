"""From a row of the log into what lies behind it: a compile id, its guards, a difference."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from inspector.model.capture import Capture
from inspector.model.difference import RankReport
from inspector.say.doc import Item
from inspector.tui.desk.behind import Behind
from inspector.tui.desk.intents import GoToPlace, Grown
from inspector.tui.log import breaks, ranks, recompiles
from inspector.tui.log.compiles import OUTSIDE
from inspector.tui.log.state import LogState

if TYPE_CHECKING:
    from inspector.tui.desk.intents import Intent
    from inspector.tui.desk.screen import DeskScreen
    from inspector.tui.log.screen import LogScreen

Place = tuple[str, int]
"""A source file and a 1-based line."""


class Opener:
    """Opens what a row stands for, reading it from the log first.

    Args:
        screen: the screen of the log.
    """

    def __init__(self, screen: LogScreen) -> None:
        self._screen = screen
        self._main: DeskScreen | None = None
        """The compile id that is on screen, over the log's own screen."""
        self._ranks_of: object = None

    # --- a compile id ---------------------------------------------------------------------------------------

    def choose(self, item: Item) -> None:
        """What enter on a row does."""
        views = self._screen.views
        if views.active == "ranks":
            self.show_difference(item)
            return
        if item.key == OUTSIDE:
            self.show_texts(None)
            return
        compile_id = views.compile_id(item)
        if compile_id is None:
            return
        place = None
        if views.active == "breaks" and (found := breaks.of(views.state, item)) is not None:
            spot = found[1]
            place = (spot.stack[-1].file, spot.stack[-1].line) if spot is not None and spot.stack else None
        self.open(compile_id, place)

    def open(self, compile_id: str, place: Place | None = None, then: Intent | None = None) -> None:
        """Puts a compile id on screen, at a place in the source if one is given, or with something else to do there."""
        if compile_id not in self._screen.views.state.overview.by_id:
            self._screen.notify(f"This log has no compile id {compile_id}.", severity="warning", timeout=4)
            return
        source = self._screen.source
        self._screen.reading.run(
            f"reading {compile_id}",
            lambda: source.capture((compile_id,)),
            partial(self._opened, compile_id, GoToPlace(*place) if place is not None else then),
        )

    def _opened(self, compile_id: str, then: Intent | None, capture: object) -> None:
        from inspector.tui.desk.screen import DeskScreen

        screen = self._screen
        app = screen.app
        assert isinstance(capture, Capture)
        if self._main is not None:  # another one was chosen from there
            self.close()
        behind = Behind(
            lambda: screen.views.state.overview.rows,
            screen.source.capture,
            self.close,
            self.pick,
            self.show_difference_of,
        )
        main = DeskScreen(
            None,
            capture,
            screen.heading,
            screen.clock,
            behind=behind,
            compile_id=compile_id,
            notebook=screen.notebook,
        )
        self._main = app.main = main  # type: ignore[attr-defined]
        screen.opening = app.push_screen(main)
        if then is not None:
            main.call_after_refresh(main.turn, then)

    def close(self) -> None:
        """Goes back to the screen of the log."""
        if self._main is not None:
            self._main = None
            app = self._screen.app
            app.main = None  # type: ignore[attr-defined]
            while app.screen is not self._screen:
                app.pop_screen()  # what stands over it goes too
            if self._screen.is_mounted:
                self._screen.draw()

    def state_changed(self, before: LogState) -> None:
        """More of a followed log has arrived: what is on screen of it is read again."""
        now = self._screen.views.state
        if self._screen.views.active == "ranks" and self._screen.views.report is None:
            self.compare_ranks()
        if self._main is None or now.records == before.records or not now.followed:
            return
        compile_id = self._main.desk.compile_id
        if compile_id is not None and not self._screen.reading.busy:
            source = self._screen.source
            self._screen.reading.run(
                f"reading {compile_id}", lambda: source.capture((compile_id,)), partial(self._grown, self._main)
            )

    def _grown(self, main: DeskScreen, capture: object) -> None:
        assert isinstance(capture, Capture)
        if main is self._main and main.is_mounted:
            main.turn(Grown(capture, main.clock()))

    # --- differences and guards -----------------------------------------------------------------------------

    def other_side(self, compile_id: str) -> str | None:
        """The compile id that this one is to be held against; None where there is none."""
        return recompiles.before(self._screen.views.state, compile_id)

    def show_difference(self, item: Item | None) -> None:
        """How a recompile differs from the compile before it, or ranks from one another."""
        views, screen = self._screen.views, self._screen
        if item is not None and views.active == "ranks":
            self._rank_difference(item)
            return
        if (compile_id := views.compile_id(item)) is not None:
            self.show_difference_of(compile_id)
        else:
            screen.notify("This row is no compile id.", timeout=3)

    def show_difference_of(self, compile_id: str) -> None:
        """How a recompile differs from the compile before it."""
        screen = self._screen
        before = self.other_side(compile_id)
        if before is None:
            screen.notify("Only a recompile has a compile before it to differ from.", timeout=4)
            return
        source = screen.source

        def work() -> object:
            from inspector.tui.screens.differing import compared

            return compared(source.capture((before, compile_id)), before, compile_id)

        screen.reading.run(f"comparing {before} with {compile_id}", work, self._show)

    def _show(self, difference: object) -> None:
        from inspector.model.difference import CompilationDifference
        from inspector.tui.screens.difference import of_compilations

        self._screen.push(of_compilations(cast("CompilationDifference", difference)))

    def _rank_difference(self, item: Item) -> None:
        from inspector.tui.compare.parts import text_parts
        from inspector.tui.screens.difference import DifferenceScreen

        report = self._screen.views.report
        found, at = ranks.differences(report, item) if report is not None else ((), 0)
        if not found:
            words = "The ranks are still being compared." if report is None else ranks.no_difference(report, item)
            self._screen.notify(words, timeout=4)
            return
        self._screen.push(DifferenceScreen(("ranks",), found[at].title, text_parts(found), at))

    def compare_ranks(self) -> None:
        """Compares the ranks, once for each state of a finished index."""
        state = self._screen.views.state
        if self._ranks_of is state.overview or not state.indexed:
            return
        self._ranks_of = state.overview
        log = self._screen.source.log

        def work(tell: Callable[[str], None]) -> object:
            from inspector.tui.screens.differing import rank_report

            return rank_report(log, state.overview, tell)

        self._screen.reading.run_telling("comparing the ranks", work, self._compared)

    def _compared(self, report: object) -> None:
        assert isinstance(report, RankReport)
        self._screen.views.report = report
        self._screen.draw()

    def show_guards(self, compile_id: str) -> None:
        """The guards of a compile id as a tree."""
        source = self._screen.source

        def show(capture: object) -> None:
            from inspector.tui.screens.guards import GuardsScreen

            assert isinstance(capture, Capture)
            if (compilation := capture.compilation(compile_id)) is not None:
                self._screen.push(GuardsScreen(compilation))

        self._screen.reading.run(f"reading {compile_id}", lambda: source.capture((compile_id,)), show)

    def show_texts(self, compile_id: str | None) -> None:
        """Every text of a compile id, or what was logged outside any."""
        source = self._screen.source

        def show(capture: object) -> None:
            from inspector.tui.screens.texts import TextsScreen

            assert isinstance(capture, Capture)
            self._screen.push(TextsScreen(capture, compile_id))

        def work() -> Capture:
            return source.outside() if compile_id is None else source.capture((compile_id,))

        self._screen.reading.run(f"reading {compile_id or 'the rest'}", work, show)

    # --- choosing from a list -------------------------------------------------------------------------------

    def pick(self, current: str | None) -> None:
        """Lists every compile id of the log; the chosen one takes the place of the one on screen."""
        from inspector.say.compiles import reason_words, status_words, trouble_words
        from inspector.say.names import place
        from inspector.say.units import seconds
        from inspector.tui.choice import Choice
        from inspector.tui.screens.picker import Picker

        choices = []
        for row in self._screen.views.state.overview.rows:
            where = place(row.place.file, row.place.line) if row.place is not None else ""
            took = seconds(row.times.seconds) if row.times.seconds else ""
            detail = " · ".join(filter(None, (row.function, where, status_words(row.status), took)))
            reason = reason_words(row)
            below = trouble_words(row) or (f"recompiled: {reason}" if reason else "")
            choices.append(Choice(row.compile_id, row.compile_id, detail, below))

        def chosen(key: str | None) -> None:
            if key is not None and key != current:
                self.open(key)

        self._screen.push(Picker("Compile ids", choices, current), chosen)
