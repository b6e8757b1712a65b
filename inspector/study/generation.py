"""The paper's Table 1 of one's own results, or of its raw files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from inspector.model.study import Experiment, Generation, Mode, StudyRequest, StudyRun
from inspector.study.breakeven import BreakEven, break_even
from inspector.study.statistics import Statistic, measure

QUANTITIES: Mapping[str, Callable[[Generation], float]] = {
    "prefill": lambda run: run.prefill,
    "first token": lambda run: run.first,
    "rest": lambda run: run.rest,
    "per token": lambda run: run.per_token_published,
    "total": lambda run: run.total,
}
"""The columns of Table 1 and how the paper works them out."""

PAPER_BATCHES = (1, 4, 32, 128, 256)
"""The batch sizes that the paper's Table 1 shows; its raw files hold 2 and 8 as well."""


class Setting(NamedTuple):
    """What generations must have in common to stand side by side."""

    model: str
    dtype: str
    batch: int
    prompt: int | None
    tokens: int


@dataclass(frozen=True)
class SettingRow:
    """All repeats of one setting in one mode."""

    setting: Setting
    mode: str
    runs: tuple[Generation, ...]

    @property
    def middle(self) -> Generation:
        """The run whose total is the median (the lower one of two): its stamps stand for the row in plots."""
        return sorted(self.runs, key=lambda run: run.total)[(len(self.runs) - 1) // 2]

    def quantity(self, name: str) -> Statistic:
        """One column of Table 1 over the repeats, in seconds."""
        return measure([QUANTITIES[name](run) for run in self.runs])

    def step(self) -> Statistic | None:
        """Seconds of a decoding step after the first, over all repeats; None where there is none."""
        steps = [step for run in self.runs for step in run.intervals]
        return measure(steps) if steps else None

    def start(self) -> Statistic | None:
        """Seconds from the process's start to the first token; None where nobody recorded it."""
        known = [run.end_prefill - run.started for run in self.runs if run.started is not None]
        return measure(known) if known else None


def rows(runs: Iterable[StudyRun]) -> list[SettingRow]:
    """Generations by setting and mode, settings ascending, modes in the paper's order."""
    groups: dict[tuple[Setting, str], list[Generation]] = {}
    for run in runs:
        result = run.result
        if isinstance(result, Generation) and run.request.experiment is Experiment.SPOT:
            groups.setdefault((setting_of(run.request, result), result.mode), []).append(result)
    order = list(Mode)
    found = [SettingRow(setting, mode, tuple(members)) for (setting, mode), members in groups.items()]
    return sorted(found, key=lambda row: (_order(row.setting), order.index(Mode(row.mode))))


def setting_of(request: StudyRequest, result: Generation) -> Setting:
    """The setting that a generation was made in."""
    return Setting(request.model, request.dtype, result.batch, result.prompt, len(result.stamps))


def _order(setting: Setting) -> tuple[str, str, int, int, int]:
    return (setting.model, setting.dtype, setting.batch, setting.prompt or 0, setting.tokens)


def break_evens(table: Iterable[SettingRow]) -> list[tuple[SettingRow, SettingRow, BreakEven]]:
    """Each compiled row beside the eager one of its setting, and when compiling pays."""
    table = list(table)
    eager = {row.setting: row for row in table if row.mode == Mode.EAGER}
    found = []
    for row in table:
        base = eager.get(row.setting)
        if row.mode == Mode.EAGER or base is None:
            continue
        if min(len(row.middle.stamps), len(base.middle.stamps)) >= 2:
            found.append((base, row, break_even(base.middle, row.middle)))
    return found
