"""Dynamo's graph ↔ a piece that was cut out of it, by DDP or a server: cutting gives nodes new names.

Only what comes into a piece keeps its name. A node of a piece is the one of Dynamo's that applies the same operator to
the same operands; where several do, none is taken for it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

from inspector.link.fx import Graph
from inspector.link.fxtext import FxNode, FxText

_DEFINITION = re.compile(r'[A-Za-z_]\w*(?:\s*:\s*"[^"]*")?\s*=(?!=)\s*(?P<expression>.+)', re.DOTALL)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


@dataclass(frozen=True)
class CutGraph:
    """A piece's pre-grad graph, and the graph of Dynamo's that it is a piece of."""

    dynamo: Graph
    piece: Graph

    @cached_property
    def names(self) -> dict[str, str]:
        """Node of the piece → the same node of Dynamo's graph."""
        there: defaultdict[str, list[str]] = defaultdict(list)
        own = {name: name for name in self.dynamo.text.nodes}
        for name, node in self.dynamo.text.nodes.items():
            if (said := _said(self.dynamo, node, own)) is not None:
                there[said].append(name)
        found: dict[str, str] = {}
        for name, node in self.piece.text.nodes.items():
            if node.placeholder:
                if name in self.dynamo.text.nodes:
                    found[name] = name
            elif (said := _said(self.piece, node, found)) is not None and len(there[said]) == 1:
                found[name] = there[said][0]
        twice = {name for name, count in Counter(found.values()).items() if count > 1}
        return {name: other for name, other in found.items() if other not in twice}

    @cached_property
    def dynamo_as_cut(self) -> Graph:
        """Dynamo's graph by the names that the piece gives its nodes; what is not in the piece left out."""
        nodes = self.dynamo.text.nodes
        return replace(self.dynamo, text=FxText({name: nodes[other] for name, other in self.names.items()}))

    @cached_property
    def cut_as_dynamo(self) -> Graph:
        """The piece's graph by the names that Dynamo gave its nodes."""
        nodes = self.piece.text.nodes
        return replace(self.piece, text=FxText({other: nodes[name] for name, other in self.names.items()}))


def _said(graph: Graph, node: FxNode, names: dict[str, str]) -> str | None:
    """A node's expression with its operands under the names in `names`; None where it has one that has none there."""
    lines = graph.artifact.lines[node.line - 1 : node.end_line]
    text = "\n".join([*lines[:-1], lines[-1][: node.end_col]])[node.col :]
    match = _DEFINITION.fullmatch(text)
    if match is None or node.placeholder:
        return None
    words = set(_WORD.findall(match["expression"])) & graph.text.nodes.keys()
    if not words <= names.keys():
        return None
    return _WORD.sub(lambda word: f"%{names[word[0]]}" if word[0] in words else word[0], match["expression"])
