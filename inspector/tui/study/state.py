"""The screen of a study as a state: where the plan stands, its results, and which page of them is open. No Textual."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from inspector.study.document import Figure, ReportSection
from inspector.study.words import environment_words
from inspector.tui import layout as main_layout
from inspector.tui.choice import Tab
from inspector.tui.study import pages, said
from inspector.tui.study.effects import StudyEffect
from inspector.tui.study.layout import BESIDE, BOTH, CHART, TABLE, StudyLayout, layout_for
from inspector.tui.study.pages import PagePlace
from inspector.tui.study.parts import RunState, StudyState
from inspector.tui.study.results import Results
from inspector.tui.words import wrapped


@dataclass(frozen=True)
class StudyDesk:
    """One moment of the screen; `inspector.tui.study.after` makes the next."""

    title: str = ""
    size: tuple[int, int] = (80, 24)
    plan: StudyState | None = None
    """None where results are only shown."""
    path: Path = field(default_factory=Path)
    """The file that the plan's results are in."""
    results: Results = field(default_factory=Results)
    place: PagePlace = field(default_factory=PagePlace)
    following: bool = False
    """Whether the figure of the last finished run is shown, as nobody chose another."""
    face: str = BOTH
    plan_asked: bool | None = None
    """Whether a person asked for the plan, or put it away; None for whatever fits."""
    effects: tuple[StudyEffect, ...] = ()

    # --- the page -------------------------------------------------------------------------------------------

    @property
    def section(self) -> ReportSection | None:
        """What the page is about; None while there is no result."""
        return pages.section_at(self.results.report, self.place) if self.results.report is not None else None

    def figure(self) -> tuple[Figure | None, int, int]:
        """The figure of the page, its number from 1, and how many there are."""
        return pages.figure_at(self.section, self.place)

    def tabs(self) -> tuple[Tab, ...]:
        """The row of pages."""
        return said.tabs(self.results.report)

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of the sets of results."""
        return pages.sets(self.results.report) if self.results.report is not None else ()

    @property
    def has_faces(self) -> bool:
        """Whether the page has a chart and a table."""
        return self.section is not None and bool(self.section.tables and self.section.figures)

    def words(self) -> list[str]:
        """The sentences below the page."""
        return said.below(self.results.report, self.section, self.place, self.face)

    # --- what fits ------------------------------------------------------------------------------------------

    @property
    def cramped(self) -> bool:
        """Whether the terminal is too small for anything."""
        return main_layout.too_small(*self.size)

    @property
    def layout(self) -> StudyLayout:
        """What fits."""
        wide = layout_for(*self.size, runs=1, plan=None, table=0, words=0).plan == BESIDE
        asked = self.plan_asked
        if asked is None and self.plan is not None and not self.plan.under_way and not wide:
            asked = False
        width = self.size[0]
        room = max(20, width - 3 - (width * 27 // 100 if wide and self.plan is not None else 0))
        words = sum(max(1, len(wrapped(line, room))) for line in self.words())
        runs = len(self.plan.rows) if self.plan is not None else 0
        table = self._table_rows if self.face == BOTH and self._drawn else 0
        return layout_for(*self.size, runs=runs, plan=asked, table=table, words=words)

    @property
    def _drawn(self) -> bool:
        return self.section is None or bool(self.section.figures)

    @property
    def _table_rows(self) -> int:
        tables = self.section.tables if self.section is not None else ()
        return sum(len(table.rows) + 3 for table in tables) - 1 if tables else 0

    def shown(self, fits: StudyLayout) -> frozenset[str]:
        """Which of `CHART` and `TABLE` are in sight."""
        if fits.table_rows:
            return frozenset((CHART, TABLE))
        return frozenset((TABLE if not self._drawn or (self.face == TABLE and self._table_rows) else CHART,))

    # --- around it ------------------------------------------------------------------------------------------

    def environment(self) -> str:
        """Where the results on screen were made."""
        section = self.section
        if self.plan is not None and (section is None or section.set in (self.results.own, "")):
            return environment_words(self.plan.environment)
        return self.results.environment(section.set if section is not None else "")

    def status(self, fits: StudyLayout) -> tuple[str, str]:
        """The bottom row: which figure it is, and the keys that lead on."""
        figure, _, subjects = self.figure()
        where = figure.subject if figure is not None and subjects > 1 else ""
        table = TABLE in self.shown(fits) if self.has_faces else None
        return where, said.keys(self.plan, table=table, subjects=subjects, sets=len(self.sets))

    @property
    def running(self) -> int | None:
        """The place of the run under way in the plan; None where there is none."""
        rows = self.plan.rows if self.plan is not None else ()
        return next((number for number, row in enumerate(rows) if row.state is RunState.RUNNING), None)
