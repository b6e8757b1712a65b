"""The screen of a log as a state: how far the log is read, what stands in each view, what is asked for. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.model.flame import FlameNode
from inspector.model.overview import Overview
from inspector.model.rank_report import RankReport
from inspector.say import phases
from inspector.say.compiles import compile_sections
from inspector.say.doc import Item, Section
from inspector.say.units import plural
from inspector.trace.pieces import has_pieces
from inspector.tui import layout as main_layout
from inspector.tui.choice import Tab
from inspector.tui.log import about, breaks, compiles, ranks, recompiles, records, times
from inspector.tui.log.effects import LogEffect, ReadLog
from inspector.tui.log.layout import RIGHT, LogLayout, layout_for
from inspector.tui.log.parts import NAMES, VIEWS, About, LogState, Options, ViewRows
from inspector.tui.pieces import table as pieces
from inspector.tui.pieces.table import PiecesState
from inspector.why.verdict import Answer
from inspector.why.words import sections as findings

_ASKED = Section("why", "What costs most", empty="The rules are being asked…")
SORTS: Mapping[str, tuple[str, ...]] = {"compiles": tuple(compiles.SORTS), "time": phases.SORTS}
"""What the rows of a view can be sorted by; views that are missing here have one order."""
_OF_PIECE = ("Enter opens", "d compares", "E exports")
_DEEPEST = 60
"""Rows of a flame graph beyond which its depth makes no difference to the layout."""


@dataclass(frozen=True)
class LogDesk:
    """One moment of the screen; `inspector.tui.log.after` makes the next."""

    title: str = ""
    """What the log is called."""
    size: tuple[int, int] = (0, 0)
    log: LogState = field(default_factory=LogState)
    active: str = "compiles"
    options: Mapping[str, Options] = field(default_factory=lambda: {name: Options() for name in NAMES})
    details_asked: bool | None = None
    """Whether a person asked for the details, or put them away; None for whatever fits."""
    flame_asked: bool | None = None
    report: RankReport | None = None
    """The ranks compared; None until that is done."""
    pieces: PiecesState = field(default_factory=PiecesState)
    compared: Overview | None = None
    """The overview whose ranks are being compared, or have been."""
    not_compared: str = ""
    """Why they could not be."""
    why: bool = False
    """Whether the details show what the rules say, and not the row under the cursor."""
    found: tuple[Answer, ...] | None = None
    """What they say; None until they have been asked."""
    found_in: Overview | None = None
    """What they were asked about."""
    reading: ReadLog | None = None
    """What is being read; None for nothing."""
    busy: str = ""
    """How far that has come, in words."""
    opened: str | None = None
    """The compile id that is on screen, over the log."""
    effects: tuple[LogEffect, ...] = ()

    # --- rows -----------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The views that there is something to show in: ranks only where several processes wrote, pieces of a server's
        log alone."""
        many = len(self.log.overview.processes) > 1 or len(self.log.sources) > 1
        there = {"ranks": many, "pieces": self.log.stored or has_pieces(self.log.kinds)}
        return tuple(name for name in NAMES if there.get(name, True))

    @property
    def asked(self) -> Options:
        """How the rows on screen are sorted and narrowed down."""
        return self.options[self.active]

    def table(self) -> ViewRows:  # noqa: PLR0911 (a case each)
        """The rows of the view on screen."""
        options = self.asked
        match self.active:
            case "compiles":
                return compiles.table(self.log, options)
            case "time":
                return times.table(self.log, options)
            case "breaks":
                return breaks.table(self.log, options)
            case "recompiles":
                return recompiles.table(self.log, options)
            case "ranks":
                return ranks.table(self.report, options, self.not_compared)
            case "pieces":
                beside = self.layout.details_cells if self.layout.details == RIGHT else 0
                return pieces.table(self.pieces, options, self.size[0] - beside)
            case _:
                return records.table(self.log, options)

    def about(self, item: Item | None, below: Sequence[Item] = ()) -> About:
        """What the details say: the findings, or a row and those below it."""
        if self.why:
            return findings(self.found) if self.found is not None else (_ASKED,)
        if item is None:
            return ()
        if self.active == "pieces":
            return pieces.about(self.pieces, item)
        if (row := self.log.overview.by_id.get(item.key)) is not None and self.active != "time":
            return tuple(compile_sections(self.log.overview, row))
        made: Mapping[str, Callable[[], About]] = {
            "time": lambda: times.about(self.log, item),
            "breaks": lambda: breaks.about(self.log, item),
            "ranks": lambda: ranks.about(self.report, item),
            "records": lambda: records.about(self.log, item),
        }
        return made.get(self.active, lambda: about.of_group(self.log.overview, item, below))()

    def compile_id_of(self, file: str, line: int, item: Item | None) -> str | None:
        """The compile id to open for a place that the details name: the finding's about it, else the row's."""
        for verdict in (verdict for answer in self.found or () for verdict in answer.verdicts if self.why):
            place = verdict.place
            if place is not None and (place.file, place.line) == (file, line) and verdict.compile_ids:
                return verdict.compile_ids[0]
        return self.compile_id(item)

    def compile_id(self, item: Item | None) -> str | None:
        """The compile id that a row is about; None where it is about several or none."""
        if item is None:
            return None
        if self.active == "pieces":
            return self.pieces.compile_id(item)
        if item.key in self.log.overview.by_id:
            return item.key
        if self.active == "breaks" and (found := breaks.of(self.log, item)) is not None and found[1] is not None:
            return next(iter(found[1].compile_ids), None)
        return None

    def flame(self) -> FlameNode:
        """The flame graph, by compile id or, flat, by phase."""
        overview = self.log.overview
        return overview.flame_by_phase if self.options["time"].flat else overview.flame

    # --- around them ----------------------------------------------------------------------------------------

    @property
    def cramped(self) -> bool:
        """Whether the terminal is too small for anything."""
        return main_layout.too_small(*self.size)

    @property
    def layout(self) -> LogLayout:
        """What fits."""
        depth = min(self.flame().depth, _DEEPEST)
        return layout_for(*self.size, self.active, depth, details=self.details_asked, flame=self.flame_asked)

    def tabs(self) -> tuple[Tab, ...]:
        """The strip of views, with what there is to count."""
        overview = self.log.overview
        parted = sum(item.diverges for item in self.report.aspects) if self.report is not None else 0
        counts = {
            "compiles": (overview.totals.compiles, False),
            "breaks": (overview.totals.breaks, True),
            "recompiles": (overview.totals.recompiles, True),
            "ranks": (parted, True),
            "records": (len(self.log.bad), True),
        }
        made: list[Tab] = []
        for number, (name, title, _) in enumerate(VIEWS, 1):
            if name in self.names:
                count, alarming = counts.get(name, (0, False))
                sign = "≠" if name == "ranks" else "✗" if name == "records" else ""
                words = f"{sign}{count:,}" if count else ""
                made.append(Tab(name, title, str(number), words, alarming and count > 0))
        return tuple(made)

    def empty_words(self) -> str:
        """What an empty screen says while nothing has been read."""
        if self.log.error is not None:
            return f"{self.log.error.message} {self.log.error.hint}".strip()
        return "" if self.log.indexed else "Reading the log…"

    def status(self, item: Item | None, rows: int) -> tuple[str, str]:
        """The bottom row of a view: what it is about, and how rows are narrowed down or which keys lead on.

        Args:
            item: the row under the cursor.
            rows: how many there are.
        """
        parts = []
        if self.asked.needle:
            parts.append(f"filter {self.asked.needle!r}: {plural(rows, 'row')} · Esc shows all")
        if self.asked.sort:
            parts.append(f"sorted by {self.asked.sort}")
        compile_id = self.compile_id(item)
        keys = [*(() if self.log.stored else ("← → ranges",)), *(_OF_PIECE if compile_id is not None else ())]
        if self.active == "pieces" and not parts and (words := pieces.chosen_words(self.pieces, item)):
            return words, " · ".join(keys)
        if not parts and compile_id is not None:
            keys = ["Enter opens", "u guards", "A texts", "/ filters"]
            if recompiles.before(self.log, compile_id) is not None:
                keys.insert(1, "d difference")
            if self.active == "compiles":
                keys += ["s sorts", "v tree or table"]
            parts.append(" · ".join(keys))
        views = f"1–{NAMES.index(self.names[-1]) + 1} views"
        return compile_id or "", " · ".join(parts) or f"{views} · / filters · D details · W findings"
