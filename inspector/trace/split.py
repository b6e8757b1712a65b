"""vLLM's split graph, or the code that runs it, as the parts in the order of their execution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from textwrap import dedent

from inspector.compare.listings import structure_of
from inspector.model.artifact import Language
from inspector.model.difference import Text
from inspector.model.pieces import Submodule

_CLASS = re.compile(r"^    class (?P<name>\w+)\(torch\.nn\.Module\):\n(?P<body>(?:        .*\n?|\s*\n)*)", re.MULTILINE)
_HEAD = "class GraphModule(torch.nn.Module):\n"
"""As torch calls a graph: what a part is called is no difference."""
_ANY_HEAD = re.compile(r"^class .*\n", re.MULTILINE)
_CALL = re.compile(r"^ +\w+(?:: .*)? = self\.(?P<name>\w+)\(", re.MULTILINE)
_RUN = re.compile(
    r"^    (?P<name>\w+) = (?:__vllm_submods__\[\d+\]|(?P<inlined>__vllm_inlined_submods__\d+))\(", re.MULTILINE
)
_INLINED = re.compile(r"^def (?P<name>__vllm_inlined_submods__\d+)\(.*\n(?P<body>(?:    .*\n?)*)", re.MULTILINE)
_ASSIGNED = re.compile(r"^    +(?P<name>\w+)(?:: [^=]*)? = (?P<value>.*)$", re.MULTILINE)
_PART = re.compile(r"(?:self\.(?P<name>\w+)|__vllm_submods__\[\d+\]|__vllm_inlined_submods__\d+)\(")
_WORD = re.compile(r"\b[A-Za-z_]\w*")
_NAMED = re.compile(r"[\w.:]+")
_OPERATOR = re.compile(r"\btorch\.ops\.(?P<name>\w+\.\w+)")


def submodules(
    split: str, dumps: Mapping[str, str], code: str, configuration: Mapping[str, str], begun: Iterable[str]
) -> tuple[Submodule, ...]:
    """The parts that the graph was split into.

    Args:
        split: the split graph's text; empty where it is not recorded.
        dumps: part → its own graph, where that is recorded beside the split graph's.
        code: what calls the parts in turn, empty where it is not recorded; it tells those that are not compiled.
        configuration: names the operators that the graph is cut at.
        begun: the parts that something was begun for.
    """
    graphs = {name: _ANY_HEAD.sub(_HEAD, text, count=1) for name, text in dumps.items()}
    graphs |= {match["name"]: _HEAD + dedent(match["body"]) for match in _CLASS.finditer(split)}
    top = _CLASS.sub("", split)
    order = [match["name"] for match in _CALL.finditer(top) if match["name"] in graphs]
    inlined = {match["name"]: match["body"] for match in _INLINED.finditer(code)}
    bodies = {match["name"]: inlined.get(match["inlined"] or "", "") for match in _RUN.finditer(code)}
    named = _NAMED.findall(configuration.get("splitting_ops", ""))  # as words between commas, or as a JSON list
    cuts = frozenset(item.replace("::", ".") for item in named)
    reads = _reads(top) or _reads(code)
    seen: dict[str, str] = {}
    found = []
    for name in dict.fromkeys(filter(None, (*order, *bodies, *begun))):
        graph, body = graphs.get(name, ""), bodies.get(name, "")
        cut = tuple(dict.fromkeys(op for op in _OPERATOR.findall(graph) if op in cuts) or _OPERATOR.findall(body))
        digest, kinds = structure_of(Text("", Language.FX, graph, "")) if graph else ("", None)
        same = seen.setdefault(digest, name) if graph and not cut else name
        count = None if kinds is None else kinds.total()
        found.append(Submodule(name, cut, count, "" if same == name else same, reads.get(name)))
    return tuple(found)


def _reads(top: str) -> dict[str, tuple[str, ...]]:
    """Part → the parts whose values it is called with, as what calls them says."""
    made: dict[str, tuple[str, ...]] = {}
    found: dict[str, tuple[str, ...]] = {}
    for match in _ASSIGNED.finditer(top):
        name, value = match["name"], match["value"].partition(";")[0]
        called = _PART.match(value)
        words = _WORD.findall(value[called.end() :] if called is not None else value)
        parts = tuple(dict.fromkeys(part for word in words for part in made.get(word, ())))
        if called is not None:
            part = called["name"] or name
            found[part], parts = parts, (part,)
        made[name] = parts
    return found
