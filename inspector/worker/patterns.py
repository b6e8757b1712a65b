"""What Inductor's patterns put in the place of what: torch forgets it, so it is heard as it happens.

A pattern takes some nodes out of a graph and puts others in (`amax`, `sub`, `exp`, `sum` become an online softmax). The
new ones carry the names of the old ones in their meta.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced

REPLACES = "inspector_replaces"
"""Key in a node's meta: the names of the nodes that it, and what was put in with it, took the place of."""


_REPLACING = "torch._inductor.pattern_matcher:ReplacementPatternEntry.replace_with_graph"


@contextmanager
def hearing_patterns() -> Iterator[None]:
    """While this lasts, nodes that a pattern puts into a graph know which ones they took the place of."""
    with ExitStack() as stack:
        try:
            stack.enter_context(replaced("patterns", _REPLACING, _wrapped))
        except PrivateChanged as error:
            fallen_back(error)
        yield


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
