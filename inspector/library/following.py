"""From kept captures to histories: what is alike but for its time, and where it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inspector.bundle import read
from inspector.compare import compare_captures
from inspector.errors import InspectorError
from inspector.library.history import changes
from inspector.library.shelf import Library
from inspector.model.difference import CaptureDifference
from inspector.model.history import History, HistoryChange
from inspector.model.library import KeptCapture
from inspector.say.history import QUANTITIES, TIMED


def histories(listed: Iterable[KeptCapture]) -> list[History]:
    """One for each kind of capture, in time's order; what is not recorded of one is left out of its series."""
    groups: dict[tuple[str, str, str, str], list[KeptCapture]] = {}
    for item in sorted(listed, key=lambda item: (item.kept, item.id)):
        facts = item.facts
        groups.setdefault((facts.title, facts.machine, facts.device, facts.mode), []).append(item)
    return [_history(kind, members) for kind, members in groups.items()]


def _history(kind: tuple[str, str, str, str], members: list[KeptCapture]) -> History:
    """Of what was kept twice, the first: no two runs take the same times to the last digit."""
    runs: dict[object, KeptCapture] = {}
    for item in members:
        facts = item.facts
        times = (facts.compile_seconds, facts.latency)
        runs.setdefault((times, facts.kernels, facts.torch) if facts.compile_seconds is not None else item.id, item)
    first = list(runs.values())
    return History(*kind, tuple(first), tuple(_changes(first)), copies=len(members) - len(first))


def _changes(members: list[KeptCapture]) -> list[HistoryChange]:
    found = []
    for name, of in QUANTITIES.items():
        known = [(item, value) for item in members if (value := of(item)) is not None]
        for change in changes([value for _, value in known], exact=name not in TIMED):
            before, after = known[change.at - 1][0], known[change.at][0]
            found.append(HistoryChange(name, before, after, change.before, change.after, change.chance))
    return found


def differences(library: Library, found: Iterable[History]) -> Mapping[tuple[str, str], CaptureDifference | str]:
    """The ids around each change → how the two captures differ by meaning, or why that cannot be told; each once."""
    pairs = {(change.before.id, change.after.id): change for history in found for change in history.changes}
    told: dict[tuple[str, str], CaptureDifference | str] = {}
    for ids, change in pairs.items():
        try:
            before, after = (read(library.path(item)) for item in (change.before, change.after))
        except (InspectorError, OSError) as error:  # pruned meanwhile, or damaged
            told[ids] = str(error)
        else:
            told[ids] = compare_captures(before, after, ids)
    return told
