"""Which panes and panels a terminal of a given size shows, and which stages stand in them. No Textual here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inspector.model.stage import Stage

SMALLEST = (60, 15)
"""Columns and rows below which nothing useful can be shown."""


class Layout(NamedTuple):
    """What fits."""

    columns: int
    """Panes side by side."""
    rows: int
    """Panes above each other."""
    panel_rows: int
    """Rows of the bottom panels without their tab row; 0 shows the one-row phase bar instead."""
    panels: int
    """Bottom panels side by side."""

    tall: bool = False
    """Whether the last pane has the last column to itself."""

    @property
    def panes(self) -> int:
        """How many panes are on screen."""
        return self.columns * self.rows - (self.rows - 1 if self.tall else 0)


def too_small(width: int, height: int) -> bool:
    """Whether the terminal is smaller than anything can be shown in."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def layout_for(width: int, height: int) -> Layout:
    """The layout for a terminal of `width` × `height` cells.

    A pane of code wants about 60 columns. Full-height neighbours read better than stacked ones, so a second row
    of panes comes only where each row still has thirty lines; but where two fit side by side, the first column is
    shared by the source, of which a few lines are looked at, and the graph.
    """
    columns = 1 if width < 110 else 2 if width < 165 else 3
    shared = columns == 2 and height >= 36
    rows = 2 if shared or (height >= 72 and columns == 3) else 1
    panel_rows = 0 if height < 32 else 8 if height < 44 else 11 if height < 72 else 15
    panels = 1 if width < 110 else 2 if width < 165 else 3
    return Layout(columns, rows, panel_rows, panels, shared)


_STORY: dict[int, tuple[Stage, ...]] = {
    1: (Stage.SOURCE,),
    2: (Stage.SOURCE, Stage.KERNEL),
    3: (Stage.SOURCE, Stage.ATEN, Stage.KERNEL),
    6: (Stage.SOURCE, Stage.DYNAMO, Stage.ATEN, Stage.INDUCTOR, Stage.KERNEL, Stage.ASM),
}
"""The stages that tell the whole story in so many panes: from what was written to what runs."""


def story(count: int) -> tuple[Stage, ...]:
    """The stages that `count` panes show before anyone has chosen."""
    return _STORY.get(count) or _STORY[6][:count]


def settle(wanted: Sequence[Stage], stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The wanted stages, each missing one replaced by the nearest that exists and is not shown yet.

    Args:
        wanted: in compiler order, each once.
        stages: the stages there are, in compiler order.
    """
    kept = [stage for stage in wanted if stage in stages]
    for missing in (stage for stage in wanted if stage not in stages):
        free = [stage for stage in stages if stage not in kept]
        if free:
            kept.append(min(free, key=lambda stage: (abs(stage.order - missing.order), -stage.order)))
    return tuple(sorted(kept, key=lambda stage: stage.order))


def choose(shown: Sequence[Stage], slot: int, stage: Stage, stages: Sequence[Stage]) -> tuple[tuple[Stage, ...], int]:
    """Puts `stage` into pane `slot`; the other panes give way just enough to stay in compiler order.

    Returns:
        The stages shown, and the slot that `stage` came to stand in.
    """
    if stage in shown:
        return tuple(shown), list(shown).index(stage)
    at = stages.index(stage)
    count = len(shown)
    slot = max(count - (len(stages) - at), min(slot, at))
    places = [stages.index(item) for item in shown]
    places[slot] = at
    for left in range(slot - 1, -1, -1):
        places[left] = min(places[left], places[left + 1] - 1)
    for right in range(slot + 1, count):
        places[right] = max(places[right], places[right - 1] + 1)
    # A pane that only had to give way may have been pushed past the ends: pull it back in.
    for left in range(slot):
        places[left] = max(places[left], left)
    for right in range(slot + 1, count):
        places[right] = min(places[right], len(stages) - count + right)
    return tuple(stages[place] for place in places), slot


def step(shown: Sequence[Stage], slot: int, by: int, stages: Sequence[Stage]) -> tuple[tuple[Stage, ...], int]:
    """Moves pane `slot` to the next (`by` = 1) or previous (-1) stage that no other pane shows."""
    at = stages.index(shown[slot]) + by
    while 0 <= at < len(stages) and stages[at] in shown:
        at += by
    if not 0 <= at < len(stages):
        return tuple(shown), slot
    kept = [stage for index, stage in enumerate(shown) if index != slot] + [stages[at]]
    result = tuple(sorted(kept, key=lambda stage: stage.order))
    return result, result.index(stages[at])


def slide(shown: Sequence[Stage], by: int, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Moves every pane one stage on (`by` = 1) or back (-1); nothing moves when the outermost pane cannot."""
    places = [stages.index(stage) + by for stage in shown]
    if places[0] < 0 or places[-1] >= len(stages):
        return tuple(shown)
    return tuple(stages[place] for place in places)


def resize(shown: Sequence[Stage], slot: int, count: int, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages for `count` panes after a terminal was resized; the one in `slot` stays on screen.

    Shrinking keeps the chosen pane and its nearest neighbours, growing adds from the story.
    """
    if count <= len(shown):
        first = max(0, min(slot - (count - 1) // 2, len(shown) - count))
        return tuple(shown[first : first + count])
    result = list(shown)
    for stage in (*story(count), *stages):
        if len(result) < count and stage not in result and stage in stages:
            result.append(stage)
    return tuple(sorted(result, key=lambda stage: stage.order))


PANELS = ("phases", "latency", "log", "details", "why", "price", "profile", "numerics")
"""All of them; an opened capture has no log, and of what is measured only what it holds."""
WIDE = ("price", "profile", "numerics")
"""Tables that need the whole width; they are made when they are first shown."""
PANEL_KEYS = {
    **{"why": "W", "phases": "P", "latency": "T", "log": "L", "details": "D"},
    **{"price": "R", "profile": "H", "numerics": "U"},
}


def window(names: Sequence[str], active: str, count: int) -> tuple[str, ...]:
    """The panels shown when `count` fit side by side: the active one and its neighbours, or a wide one alone."""
    if active in WIDE:
        return (active,)
    names = [name for name in names if name not in WIDE]
    count = min(count, len(names))
    first = min(max(0, names.index(active) - count + 1), len(names) - count)
    return tuple(names[first : first + count])
