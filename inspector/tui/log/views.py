"""What stands in each view, and what its tab says; no Textual here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.model.difference import RankReport
from inspector.model.flame import FlameNode
from inspector.say import phases
from inspector.say.compiles import compile_sections
from inspector.say.doc import Item
from inspector.tui.log import about, breaks, compiles, ranks, recompiles, records, times
from inspector.tui.log.commands import VIEWS
from inspector.tui.log.header import Tab
from inspector.tui.log.state import About, LogState, Options, Table

NAMES = tuple(name for name, _, _ in VIEWS)
SORTS: Mapping[str, tuple[str, ...]] = {"compiles": tuple(compiles.SORTS), "time": phases.SORTS}
"""What the rows of a view can be sorted by; views that are missing here have one order."""


@dataclass
class Views:
    """Everything that is on screen, as plain state on the app's thread."""

    state: LogState = field(default_factory=LogState)
    report: RankReport | None = None
    """The ranks compared; None until that is done."""
    active: str = "compiles"
    options: dict[str, Options] = field(default_factory=lambda: {name: Options() for name in NAMES})

    @property
    def names(self) -> tuple[str, ...]:
        """The views that there is something to show in: ranks only where several processes wrote."""
        return tuple(name for name in NAMES if name != "ranks" or self.many)

    @property
    def many(self) -> bool:
        """Whether several processes wrote the log."""
        return len(self.state.overview.processes) > 1 or len(self.state.sources) > 1

    def table(self) -> Table:
        """The rows of the view on screen."""
        options = self.options[self.active]
        match self.active:
            case "compiles":
                return compiles.table(self.state, options)
            case "time":
                return times.table(self.state, options)
            case "breaks":
                return breaks.table(self.state, options)
            case "recompiles":
                return recompiles.table(self.state, options)
            case "ranks":
                return ranks.table(self.report, options)
            case _:
                return records.table(self.state, options)

    def about(self, item: Item | None, below: Sequence[Item] = ()) -> About:
        """What the details say of a row, and of those below it."""
        if item is None:
            return ()
        if (row := self.state.overview.by_id.get(item.key)) is not None and self.active != "time":
            return tuple(compile_sections(self.state.overview, row))
        made: Mapping[str, Callable[[], About]] = {
            "time": lambda: times.about(self.state, item),
            "breaks": lambda: breaks.about(self.state, item),
            "ranks": lambda: ranks.about(self.report, item),
            "records": lambda: records.about(self.state, item),
        }
        return made.get(self.active, lambda: about.of_group(self.state.overview, item, below))()

    def compile_id(self, item: Item | None) -> str | None:
        """The compile id that a row is about; None where it is about several or none."""
        if item is None:
            return None
        if item.key in self.state.overview.by_id:
            return item.key
        if self.active == "breaks" and (found := breaks.of(self.state, item)) is not None and found[1] is not None:
            return next(iter(found[1].compile_ids), None)
        return None

    def flame(self) -> FlameNode:
        """The flame graph, by compile id or, flat, by phase."""
        overview = self.state.overview
        return overview.flame_by_phase if self.options["time"].flat else overview.flame

    def tabs(self) -> tuple[Tab, ...]:
        """The strip of views, with what there is to count."""
        overview = self.state.overview
        parted = sum(item.diverges for item in self.report.aspects) if self.report is not None else 0
        counts = {
            "compiles": (overview.totals.compiles, False),
            "breaks": (overview.totals.breaks, True),
            "recompiles": (overview.totals.recompiles, True),
            "ranks": (parted, True),
            "records": (len(self.state.bad), True),
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
        if self.state.error is not None:
            return f"{self.state.error.message} {self.state.error.hint}".strip()
        return "" if self.state.indexed else "Reading the log…"
