"""A baseline out of the library: what it kept of the same target, made most alike, since anything last changed."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.errors import UsageError
from inspector.library import Library
from inspector.library.facts import facts_of
from inspector.library.following import histories
from inspector.library.shelf import Search
from inspector.model.library import KeptCapture
from inspector.study.baseline import StartOf
from inspector.targets.nearest import did_you_mean
from inspector.work.opening import open_path

_MOST_READ = 64
"""Of a target's captures, the newest."""
_MOST = 12
"""Starts of a baseline: more make its interval little narrower."""


def kept_baseline(library: Library, query: str, now: Sequence[StartOf]) -> list[StartOf]:
    """The starts that a query stands for, the oldest first.

    Args:
        library: where to look.
        query: empty, an ID, or `tag=nightly,torch=2.13`: the words of a search.
        now: what is held against it; none of these is in the baseline, though it be kept already.

    Raises:
        UsageError: the query is none, or the library has nothing of the kind.
    """
    if query and "=" not in query:
        return [_read(library, library.find(query))]
    search = _search(query)
    mine = [facts_of(start.capture) for start in now]
    target = search.target or mine[0].title
    found = [
        item
        for item in library.all()
        if not item.problem
        and item.facts not in mine
        and search.finds(item)
        and (search.target or item.facts.title == target)
    ]
    if not found:
        what = f"like {query!r} " if query else ""
        same = any(item.facts in mine for item in library.all())
        other = "no other capture" if same else "no capture"
        raise UsageError(
            f"The library has {other} {what}of {target!r} to hold this against.",
            "`inspector capture TARGET --keep` adds one; `inspector library` lists what is there.",
        )
    starts = {item.id: _read(library, item) for item in found[:_MOST_READ]}
    apart = {name: _apart(start, now[0]) for name, start in starts.items()}
    least = min(apart.values())
    alike = [item for item in found if apart.get(item.id) == least]
    alike = [item for item in alike if starts[item.id].depends == starts[alike[0].id].depends]
    return [starts[item.id] for item in _since_a_change(alike)[-_MOST:]]


def _apart(one: StartOf, other: StartOf) -> int:
    """In how much of what a time depends on two starts differ."""
    return len(dict(one.depends.items() ^ other.depends.items()))


def _since_a_change(alike: Sequence[KeptCapture]) -> Sequence[KeptCapture]:
    """The captures from the last change of anything on, the oldest first: before it, it was another thing."""
    (history,) = histories(alike)
    begins = {change.after.id for change in history.changes}
    places = [place for place, item in enumerate(history.captures) if item.id in begins]
    return history.captures[max(places, default=0) :]


def _read(library: Library, item: KeptCapture) -> StartOf:
    with open_path(library.path(item)) as found:
        return StartOf(item.id, found.capture(), found.overview())


def _search(query: str) -> Search:
    known = ("target", "torch", "machine", "kernel", "operator", "tag")
    words: dict[str, str] = {}
    tags = []
    for part in filter(None, query.split(",")):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in known or not value:
            hint = did_you_mean(name, known).strip() or f"There is {', '.join(known)}."
            raise UsageError(f"library:{query} is no search: {part!r}.", f"{hint} For example: library:tag=nightly")
        if name == "tag":
            tags.append(value)
        else:
            words[name] = value
    target, torch, machine, kernel, operator = (words.get(name, "") for name in known[:-1])
    return Search(target, torch, machine, kernel, operator, tuple(tags))
