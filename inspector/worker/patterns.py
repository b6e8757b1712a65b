"""What Inductor's patterns put in the place of what: torch forgets it, so it is heard as it happens.

A pattern takes some nodes out of a graph and puts others in (`amax`, `sub`, `exp`, `sum` become an online softmax). The
new ones carry the names of the old ones in their meta. Private part used: `ReplacementPatternEntry.replace_with_graph`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, require

REPLACES = "inspector_replaces"
"""Key in a node's meta: the names of the nodes that it, and what was put in with it, took the place of."""


@contextmanager
def hearing_patterns() -> Iterator[None]:
    """While this lasts, nodes that a pattern puts into a graph know which ones they took the place of."""
    try:
        from torch._inductor import pattern_matcher

        entry = require(pattern_matcher, "ReplacementPatternEntry")
        original = require(entry, "replace_with_graph", ["match", "graph", "replacement_graph", "args"])
    except (ImportError, PrivateChanged) as error:
        changed = error if isinstance(error, PrivateChanged) else PrivateChanged(str(error))
        fallen_back(changed, "what a pattern put into a graph is not linked to what it took the place of.")
        yield
        return
    kept = vars(entry)["replace_with_graph"]  # a static method, which `getattr` would give back as a function
    entry.replace_with_graph = staticmethod(_wrapped(original))
    try:
        yield
    finally:
        entry.replace_with_graph = kept


def _wrapped(original: Any) -> Any:
    tells = "list" in str(inspect.signature(original).return_annotation)  # which nodes it added: from torch 2.13 on

    @functools.wraps(original)
    def replace_with_graph(match: Any, graph: Any, *args: Any, **kwargs: Any) -> Any:
        before = set() if tells else set(graph.nodes)
        taken = _names(match.nodes)
        result = original(match, graph, *args, **kwargs)
        with records.unless_it_fails("what a pattern replaced"):
            for node in result if tells else [node for node in graph.nodes if node not in before]:
                node.meta[REPLACES] = taken
        return result

    return replace_with_graph


def _names(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The names of nodes, and of those that they themselves took the place of."""
    found = (name for node in nodes for name in (node.name, *node.meta.get(REPLACES, ())))
    return tuple(dict.fromkeys(found))
