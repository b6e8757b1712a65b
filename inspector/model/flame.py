"""Phases summed into flame graphs: where the time of one compile id went, and of all of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.model.artifact import Span
from inspector.model.capture import Phase
from inspector.model.number import to_nanoseconds


@dataclass(frozen=True)
class FlameNode:
    """One bar of a flame graph: a phase below the phases that called it, summed over its calls; of a price, what takes
    a part of a call within what it is a part of."""

    name: str
    total: float = 0.0
    """Seconds, children included."""
    calls: int = 0
    children: tuple[FlameNode, ...] = ()
    """Longest first."""
    compile_id: str | None = None
    """On the bar that stands for one compile id; None on the others."""
    span: Span | None = None
    """Of the text that the bar stands for; None where it stands for none."""

    @property
    def own(self) -> float:
        """Seconds in no child."""
        return max(0.0, to_nanoseconds(self.total - sum(child.total for child in self.children)))

    @property
    def depth(self) -> int:
        """Rows that the graph needs, this one included."""
        return 1 + max((child.depth for child in self.children), default=0)


@dataclass(frozen=True)
class TimeShare:
    """One phase, over all compile ids."""

    name: str
    """torch's name for it, `inductor_compile`."""
    calls: int
    total: float
    """Seconds in it, what it calls included; a phase inside itself counts once."""
    own: float
    """Seconds in it and in no phase that it calls."""
    share: float
    """`own` as a part of all phases' time, 0 to 1."""
    compile_ids: int
    """How many compile ids went through it."""


DEEPEST = 100
"""Calls within calls that a flame graph tells apart: torch's own nest some 20 deep."""
DEEPER = f"(nested more than {DEEPEST} deep)"
"""The one bar for all calls below those."""


@dataclass(eq=False)
class _Bar:
    """A bar while it is summed."""

    level: int = 0
    total: float = 0.0
    calls: int = 0
    below: dict[str, _Bar] = field(default_factory=dict)

    def called(self, name: str) -> _Bar:
        """The bar of what is called here; all that is deeper than `DEEPEST` is one bar, which calls itself."""
        if self.level > DEEPEST:
            return self
        return self.below.setdefault(name if self.level < DEEPEST else DEEPER, _Bar(self.level + 1))

    def frozen(self, name: str) -> FlameNode:
        children = [bar.frozen(below) for below, bar in self.below.items()]
        children = [child for child in children if child.calls or child.children]
        children.sort(key=lambda bar: -bar.total)
        return FlameNode(name, to_nanoseconds(self.total), self.calls, tuple(children))


class FlameSums:
    """Flame graphs while they are summed, one for each compile id: memory for the bars, not for the calls."""

    def __init__(self) -> None:
        self._roots: dict[str, _Bar] = {}

    def root(self, compile_id: str) -> _Bar:
        """What the outermost phases of a compile id hang on."""
        return self._roots.setdefault(compile_id, _Bar())

    def add(self, compile_id: str, path: Sequence[str], seconds: float, calls: int = 1) -> None:
        """Adds one call of the last phase of `path`, which the others called, outermost first."""
        bar = self.root(compile_id)
        for name in path:
            bar = bar.called(name)
        bar.total += seconds
        bar.calls += calls

    def flames(self, running: Iterable[PhaseStack] = ()) -> dict[str, FlameNode]:
        """Compile id → its phases below one root.

        Args:
            running: phases that have not ended count as far as the last event of their thread.
        """
        before: list[tuple[_Bar, float, int]] = []
        for stack in running:
            for bar, seconds in stack.so_far():
                before.append((bar, bar.total, bar.calls))
                bar.total += seconds
                bar.calls += 1
        found = {}
        for compile_id, root in self._roots.items():
            children = root.frozen(compile_id).children
            total = to_nanoseconds(sum(child.total for child in children))
            if children:
                found[compile_id] = FlameNode(compile_id, total, 1, children, compile_id or None)
        for bar, total, calls in reversed(before):
            bar.total, bar.calls = total, calls
        return found


@dataclass
class Running:
    """A phase that has begun."""

    name: str
    start: float
    """Seconds, from any zero."""
    compile_id: str
    """`""` outside any compile."""
    bar: _Bar
    lent: float = 0.0
    """Seconds of it that were spent on another compile id, whose own they are."""


class PhaseStack:
    """The phases that run on one thread, outermost first; what ends is added to the sums.

    A compile inside another (a resumed function, a backward that needs a forward) is counted as its own, and taken
    from the one around it, so that the compile ids' times add up to the time that passed.
    """

    def __init__(self, sums: FlameSums) -> None:
        self._sums = sums
        self._running: list[Running] = []
        self._names: Counter[str] = Counter()
        """How many of each name run."""
        self._latest = -math.inf

    def begin(self, name: str, start: float, compile_id: str | None) -> None:
        """A phase begins; one without a compile id belongs to that of the phase around it."""
        self._latest = max(self._latest, start)
        around = self._running[-1] if self._running else None
        of = compile_id or (around.compile_id if around is not None else "")
        within = around.bar if around is not None and around.compile_id == of else self._sums.root(of)
        self._running.append(Running(name, start, of, within.called(name)))
        self._names[name] += 1

    def end(self, name: str, now: float) -> None:
        """The innermost phase of that name ends, and with it what was left open inside it; else nothing."""
        self._latest = max(self._latest, now)
        if self._names[name]:
            while self.end_innermost(now) != name:
                pass

    def end_innermost(self, now: float) -> str:
        """The innermost phase ends, and its name is given; there must be one."""
        name = self._running[-1].name
        bar, seconds = _end_innermost(self._running, now)
        bar.total += seconds
        bar.calls += 1
        self._names[name] -= 1
        return name

    def so_far(self) -> Iterator[tuple[_Bar, float]]:
        """What the running phases would add to their bars if they ended with the last event."""
        running = [replace(phase) for phase in self._running]
        while running:
            yield _end_innermost(running, self._latest)


def _end_innermost(running: list[Running], now: float) -> tuple[_Bar, float]:
    """Takes the innermost phase off; what it took is lent to those around it that are of another compile id."""
    phase = running.pop()
    seconds = max(0.0, now - phase.start - phase.lent)
    if not running:
        return phase.bar, seconds
    around = running[-1]
    around.lent += phase.lent if around.compile_id == phase.compile_id else phase.lent + seconds
    return phase.bar, 0.0 if around.bar is phase.bar else seconds


def flames_of(phases: Iterable[Phase]) -> dict[str, FlameNode]:
    """The flame graphs of a capture's phases, which are in the order they began; what still runs is left out."""
    sums = FlameSums()
    tracks: dict[str, tuple[PhaseStack, list[float]]] = {}
    for phase in phases:
        if phase.duration is None:
            continue
        stack, ends = tracks.setdefault(phase.track, (PhaseStack(sums), []))
        while ends and (phase.depth < len(ends) or ends[-1] <= phase.start):
            stack.end_innermost(ends.pop())
        stack.begin(phase.name, phase.start, phase.compile_id)
        end = phase.start + phase.duration
        ends.append(min(end, ends[-1]) if ends else end)
    for stack, ends in tracks.values():
        while ends:
            stack.end_innermost(ends.pop())
    return sums.flames()


def over_all(flames: Mapping[str, FlameNode], functions: Mapping[str, str]) -> FlameNode:
    """One flame graph: everything → compile id and function → its phases; longest first."""
    bars = [
        FlameNode(f"{compile_id} {functions.get(compile_id, '')}".strip() or "outside any compile", *_of(root))
        for compile_id, root in flames.items()
    ]
    bars.sort(key=lambda bar: -bar.total)
    return FlameNode("all", to_nanoseconds(sum(bar.total for bar in bars)), len(bars), tuple(bars))


def _of(root: FlameNode) -> tuple[float, int, tuple[FlameNode, ...], str | None]:
    return root.total, root.calls, root.children, root.compile_id


def merged(name: str, nodes: Sequence[FlameNode]) -> FlameNode:
    """One bar for several, their children merged by name; longest first."""
    below: dict[str, list[FlameNode]] = defaultdict(list)
    for node in nodes:
        for child in node.children:
            below[child.name].append(child)
    children = sorted((merged(key, group) for key, group in below.items()), key=lambda bar: -bar.total)
    total = to_nanoseconds(sum(node.total for node in nodes))
    return FlameNode(name, total, sum(node.calls for node in nodes), tuple(children))


def shares_of(flames: Mapping[str, FlameNode]) -> tuple[TimeShare, ...]:
    """Where the time went, phase by phase, over all compile ids: longest own time first."""
    own: dict[str, float] = defaultdict(float)
    total: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    ids: dict[str, set[str]] = defaultdict(set)
    for compile_id, root in flames.items():
        for path, node in walk(root):
            own[node.name] += node.own
            calls[node.name] += node.calls
            if node.name not in path:
                total[node.name] += node.total
            if compile_id:
                ids[node.name].add(compile_id)
    everything = sum(own.values()) or 1.0
    found = []
    for name, seconds in own.items():
        took, alone = to_nanoseconds(total[name]), to_nanoseconds(seconds)
        found.append(TimeShare(name, calls[name], took, alone, seconds / everything, len(ids[name])))
    return tuple(sorted(found, key=lambda item: (-item.own, -item.total, item.name)))


def walk(root: FlameNode, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FlameNode]]:
    """Every bar below a root, with the names of the bars above it (the root's own is not among them)."""
    for child in root.children:
        yield path, child
        yield from walk(child, (*path, child.name))
