"""Pass by pass: Inductor's graph after every pass that changed it, and what its patterns matched (`--passes`).

torch puts each of its passes into a `GraphTransformObserver`, whose two ends are heard here: nothing is put into a
graph, and no setting changes. A look at a graph costs little where the very same objects are in it as before; it is
printed only where they are not. What changes between two observers is the work of code that torch names nowhere, and
is called that. Private parts: the observer, the three entries of the passes, and the patterns' `apply`.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch.fx import Graph, GraphModule, Node
from torch.fx.node import map_arg

from inspector.model.kernel import text_digest
from inspector.worker import records
from inspector.worker.direction import Direction
from inspector.worker.graphs import spell_target
from inspector.worker.private import PrivateChanged, fallen_back, replaced

USE = "pass by pass"
_OBSERVER = "torch.fx.passes.graph_transform_observer:GraphTransformObserver"
_PHASES = {
    "pre_grad": "torch._inductor.compile_fx:_recursive_pre_grad_passes",
    "joint": "torch._inductor.compile_fx:_recursive_joint_graph_passes",
    "post_grad": "torch._inductor.compile_fx:_recursive_post_grad_passes",
}
_PATTERNS = tuple(
    f"torch._inductor.pattern_matcher:{kind}.apply"
    for kind in ("ReplacementPatternEntry", "GraphPatternEntry", "LoweringPatternEntry")
)
UNNAMED = "(code between passes)"
_ANY_PATTERNS = "pattern_matcher"
"""What torch calls the observer of patterns that have no name; inside another, that one's name says more."""


class _Said(NamedTuple):
    """What a node is, in words: objects may not be compared, for that of symbolic sizes makes guards."""

    words: str
    target: str
    inputs: tuple[str, ...]
    """The nodes that it reads, in order, each as often as it reads it."""

    @classmethod
    def of(cls, node: Node) -> _Said:
        inputs: list[str] = []
        collect = functools.partial(_collect, inputs)
        map_arg((node.args, node.kwargs), collect)
        target = node.target if isinstance(node.target, str) else spell_target(node.target)
        return cls(f"{node.op} {target} {node.args!r} {node.kwargs!r}", target, tuple(inputs))


def _collect(names: list[str], node: Node) -> Node:
    names.append(node.name)
    return node


def _objects(graph: Graph) -> list[Any]:
    """What a graph is made of: the very same objects as before are the same graph."""
    found: list[Any] = []
    for node in graph.nodes:
        meta = node.meta
        value = meta.get("val", meta.get("example_value"))
        found += (node, node.name, node.target, node.args, node.kwargs, value, meta.get("stack_trace"))
    return found


@dataclass
class _Pass:
    """A pass that is running."""

    name: str
    module: GraphModule
    started: float
    spent: float
    """What had been spent on looking when it began."""
    changed: bool = False
    told: float = 0.0
    """Seconds of it that a step has already."""


@dataclass
class _Phase:
    """One call of a phase, for one graph."""

    name: str
    module: GraphModule
    path: str
    started: float
    objects: list[Any] = field(default_factory=list)
    text: str = ""
    nodes: dict[str, _Said] = field(default_factory=dict)
    before: str = ""
    """The text that it began with."""
    names: list[str] = field(default_factory=list)
    """The nodes that it began with."""
    open: list[_Pass] = field(default_factory=list)
    ended: str = ""
    """The last pass that ended."""
    failing: str = ""
    """The pass that the exception under way came from."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    ran: int = 0
    same: list[str] = field(default_factory=list)
    same_seconds: float = 0.0
    matches: list[dict[str, Any]] = field(default_factory=list)
    """Of patterns, since the last step."""
    idle: int = 0
    """Matches in passes that left the graph as it was."""
    spent: float = 0.0
    """Seconds that were spent on looking."""
    stale: bool = False
    """Whether a graph within it was worked on since the last look."""


class PassLog:
    """Writes a record for every phase of Inductor's passes.

    Args:
        direction: whose graph is compiled.
    """

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._here = _Running()

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While this lasts, passes are seen."""
        with ExitStack() as stack:
            halfway = ExitStack()
            try:
                for phase, name in _PHASES.items():
                    halfway.enter_context(replaced(USE, name, functools.partial(self._wrap_phase, phase)))
                halfway.enter_context(replaced(USE, f"{_OBSERVER}.__enter__", self._wrap_enter))
                halfway.enter_context(replaced(USE, f"{_OBSERVER}.__exit__", self._wrap_exit))
                for name in _PATTERNS:
                    halfway.enter_context(replaced(USE, name, self._wrap_pattern))
            except PrivateChanged as error:
                halfway.close()
                fallen_back(error)
            stack.enter_context(halfway)
            yield

    # --- what is heard -------------------------------------------------------------------------------------------

    def _wrap_phase(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def phase(gm: GraphModule, *args: Any, **kwargs: Any) -> Any:
            begun = self._begin(name, gm)
            failed = True
            try:
                result = original(gm, *args, **kwargs)
                failed = False
            finally:
                if begun is not None:
                    self._end(begun, result if not failed and isinstance(result, GraphModule) else None, failed=failed)
            return result

        return phase

    def _wrap_enter(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def enter(observer: Any) -> Any:
            with records.unless_it_fails("what a pass begins with"):
                self._enter(observer)
            return original(observer)

        return enter

    def _wrap_exit(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def leave(observer: Any, *error: Any) -> Any:
            with records.unless_it_fails("what a pass did"):
                self._exit(observer, failed=bool(error) and error[0] is not None)
            return original(observer, *error)

        return leave

    def _wrap_pattern(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def apply(entry: Any, match: Any, graph: Graph, node: Node) -> Any:
            phase = self._phase_of(graph)
            if phase is None:
                return original(entry, match, graph, node)
            told: dict[str, Any] = {}
            with _looking(phase, "a pattern that matched"):
                told = {"name": _pattern_name(entry), "at": node.name, "nodes": _names(match.nodes)}
                before = _names(graph.nodes)
            result = original(entry, match, graph, node)
            with _looking(phase, "what a pattern did"):
                after = _names(graph.nodes)
                there, known = set(after), set(before)
                told["gone"] = [name for name in before if name not in there]
                told["added"] = [name for name in after if name not in known]
                phase.matches.append(told)
            return result

        return apply

    # --- what is made of it --------------------------------------------------------------------------------------

    def _begin(self, name: str, module: GraphModule) -> _Phase | None:
        begun: _Phase | None = None
        with records.unless_it_fails(f"the {name} passes"):
            outer = self._here.phases[-1] if self._here.phases else None
            path = "" if outer is None else _path_within(outer, module)
            phase = _Phase(name, module, path, time.perf_counter())
            phase.objects, phase.text, phase.nodes = _objects(module.graph), _printed(module), _said(module.graph)
            phase.before, phase.names = phase.text, list(phase.nodes)
            phase.spent = time.perf_counter() - phase.started
            self._here.phases.append(phase)
            begun = phase
        return begun

    def _end(self, phase: _Phase, result: GraphModule | None, *, failed: bool) -> None:
        with records.unless_it_fails(f"the {phase.name} passes"):
            while self._here.phases and self._here.phases.pop() is not phase:
                pass
            if result is not None:
                phase.module = result
            _look(phase, "", then="", exactly=True)
            described: dict[str, Any] = {
                "phase": phase.name,
                "backward": self._direction.backward,
                "graph": phase.path,
                "before": phase.before if phase.steps else "",
                "nodes": phase.names,
                "changes": phase.steps,
                "digest": text_digest(phase.text),
                "ran": phase.ran,
                "same": phase.same,
                "same_seconds": phase.same_seconds,
                "idle_matches": phase.idle + len(phase.matches),
                "seconds": time.perf_counter() - phase.started - phase.spent,
                "looking": phase.spent,
                "failed": (phase.failing or UNNAMED) if failed else "",
            }
            records.write("passes", records.owner() | described)
            if self._here.phases:  # what was done to a graph within is no change of the one around it
                outer = self._here.phases[-1]
                outer.spent += time.perf_counter() - phase.started
                outer.stale = True

    def _phase_of(self, graph: Graph) -> _Phase | None:
        phase = self._here.phases[-1] if self._here.phases else None
        return phase if phase is not None and phase.module.graph is graph else None

    def _enter(self, observer: Any) -> None:
        phase = self._here.phases[-1] if self._here.phases else None
        module, name = observer.gm, str(observer.passname)
        if phase is None or not isinstance(module, GraphModule):
            return
        if phase.open and (phase.open[-1].module is not module or name in (_ANY_PATTERNS, phase.open[-1].name)):
            return
        phase.module = module
        around = phase.open[-1] if phase.open else None
        _look(phase, around.name if around else "", then=name, running=around)
        phase.open.append(_Pass(name, module, time.perf_counter(), phase.spent))
        observer.inspector_seen = True

    def _exit(self, observer: Any, *, failed: bool) -> None:
        if not vars(observer).pop("inspector_seen", False) or not self._here.phases:
            return
        phase = self._here.phases[-1]
        ending = phase.open[-1]
        _look(phase, ending.name, then="", running=ending)
        phase.open.pop()
        phase.ran += 1
        phase.ended = ending.name
        phase.failing = (phase.failing or ending.name) if failed else ""
        if not (ending.changed or failed):
            phase.same.append(ending.name)
            phase.same_seconds += time.perf_counter() - ending.started - (phase.spent - ending.spent)
            phase.idle += len(phase.matches)
            phase.matches = []


class _Running(threading.local):
    """The phases that the calling thread is in, the outermost first."""

    def __init__(self) -> None:
        self.phases: list[_Phase] = []


def _look(phase: _Phase, name: str, *, then: str, running: _Pass | None = None, exactly: bool = False) -> None:
    """Looks whether the graph has changed since the last look, and keeps a step if it has.

    Args:
        name: the pass whose work that is; empty for code between two passes.
        then: the pass that begins.
        exactly: print the graph, however the same it looks.
    """
    started = time.perf_counter()
    took = None if running is None else started - running.started - (phase.spent - running.spent) - running.told
    objects = _objects(phase.module.graph)
    alike = len(objects) == len(phase.objects) and all(a is b for a, b in zip(objects, phase.objects, strict=True))
    if not alike or exactly or phase.stale:
        phase.objects = objects
        text = _printed(phase.module)
        if alike and phase.stale:
            phase.text = text
            phase.before = phase.before if phase.steps else text
        phase.stale = False
        if text != phase.text:
            nodes = _said(phase.module.graph)
            step: dict[str, Any] = {"name": name, "between": [] if name else [phase.ended, then], "seconds": took}
            step |= {"nodes_before": len(phase.nodes), "nodes_after": len(nodes), "patterns": phase.matches}
            phase.steps.append(step | _changes(phase.nodes, nodes) | {"text": text})
            phase.text, phase.nodes, phase.matches = text, nodes, []
            if running is not None and took is not None:
                running.changed = True
                running.told += took
    phase.spent += time.perf_counter() - started


def _changes(before: dict[str, _Said], after: dict[str, _Said]) -> dict[str, Any]:
    """What came, went and reads something else."""
    kept = [name for name in after if name in before]
    changed = [name for name in kept if after[name].words != before[name].words]
    instead: dict[str, dict[str, None]] = {}
    for name in changed:
        old, new = before[name].inputs, after[name].inputs
        if len(old) == len(new):
            for gone, now in zip(old, new, strict=True):
                if gone != now and gone not in after:
                    instead.setdefault(gone, {})[now] = None
    return {
        "added": [[name, after[name].target] for name in after if name not in before],
        "gone": [[name, said.target] for name, said in before.items() if name not in after],
        "changed": changed,
        "moved": [name for name in before if name in after] != kept,
        "instead": {gone: list(now) for gone, now in instead.items()},
    }


@contextmanager
def _looking(phase: _Phase, what: str) -> Iterator[None]:
    """While this lasts, the time is ours and not the pass's."""
    started = time.perf_counter()
    with records.unless_it_fails(what):
        yield
    phase.spent += time.perf_counter() - started


def _names(nodes: Iterable[Node]) -> list[str]:
    return [node.name for node in nodes]


def _said(graph: Graph) -> dict[str, _Said]:
    return {node.name: _Said.of(node) for node in graph.nodes}


def _printed(module: GraphModule) -> str:
    return str(module.print_readable(print_output=False, include_stride=True, include_device=True))


def _path_within(outer: _Phase, module: GraphModule) -> str:
    """What stands before the names of the nodes of a graph within: `true_graph_0.`."""
    for name, child in outer.module.named_children():
        if child is module:
            return f"{outer.path}{name}."
    return f"{outer.path}?."


def _pattern_name(entry: Any) -> str:
    """What torch calls a pattern; the name of what it calls on a match where it has none; empty where neither is."""
    if named := getattr(entry, "pattern_name", None):
        return str(named)
    handler = getattr(entry, "handler", None)
    while isinstance(handler, functools.partial):
        handler = handler.func
    return str(getattr(handler, "__name__", ""))
