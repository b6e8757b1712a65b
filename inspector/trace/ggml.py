"""What llama.cpp prints with GGML_SCHED_DEBUG=2, read: each graph as its scheduler splits it among backends."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from inspector.model.ggml import GgmlGraph, GgmlLog, GgmlNode, GgmlSplit, GgmlTensor
from inspector.model.number import whole
from inspector.regular import open_regular

MOST = 64 << 20
_SPLIT = re.compile(r"## SPLIT #(?P<number>\d{1,9}): (?P<backend>\S+) # (?P<inputs>\d{1,9}) inputs(?P<copied>.*)")
_COPIED = re.compile(r"\[(?P<name>[^\[\]]*?) \( *\w+\)\]")
_NODE = re.compile(r"node #(?P<number> *\d{1,9}) \((?P<operator>.{10})\): ?(?P<rest>.*)")
_TENSOR = re.compile(r"(?P<name>.{20}) \((?P<size>.{5})\) \[(?P<backend>.{5}) .{8}\]")
"""Columns of fixed width: a name may hold blanks and brackets."""
_RESERVING = re.compile(r".*graph_reserve: reserving a graph for ubatch with n_tokens = *(?P<tokens>\d{1,9})\b")
_REUSED = re.compile(r".*graphs reused = *(?P<count>\d{1,18})\b")
_NODES = re.compile(r".*graph(?:: |_)nodes *= *(?P<count>\d{1,18})\b")
_SYSTEM = re.compile(r"(?:system_info: .*\| )?(?P<what>(?:CPU|CUDA|Metal|Vulkan)\w* : .+)")
_LOOK = 4 << 20


def is_ggml(path: Path) -> bool:
    """Whether a file is an output of llama.cpp with a scheduler's graph near its beginning."""
    try:
        with os.fdopen(open_regular(path), "rb") as stream:
            return b"## SPLIT #" in stream.read(_LOOK)
    except OSError:
        return False


def read_ggml(path: Path) -> GgmlLog:
    """The graphs in an output.

    Raises:
        OSError: it cannot be read.
    """
    with os.fdopen(open_regular(path), "rb") as stream:
        return graphs_in(stream.read(MOST).decode(errors="replace").splitlines())


def graphs_in(lines: Iterable[str]) -> GgmlLog:
    """The graphs in the lines of an output."""
    graphs: list[tuple[int | None, list[tuple[str, tuple[str, ...], list[GgmlNode]]]]] = []
    reserving: int | None = None
    reused = nodes = None
    system, unread = "", 0
    for line in lines:
        if (split := _SPLIT.match(line)) is not None:
            if split["number"] == "0":
                graphs.append((reserving, []))
                reserving = None
            if graphs:
                copied = tuple(match["name"].strip() for match in _COPIED.finditer(split["copied"]))
                graphs[-1][1].append((split["backend"], copied, []))
        elif line.startswith("node #"):
            node = _node(line)
            if node is None or not graphs:
                unread += 1
            else:
                graphs[-1][1][-1][2].append(node)
        elif (found := _RESERVING.match(line)) is not None:
            reserving = whole(found["tokens"])
        elif (found := _REUSED.match(line)) is not None:
            reused = whole(found["count"])
        elif (found := _NODES.match(line)) is not None:
            nodes = whole(found["count"])
        elif (found := _SYSTEM.match(line)) is not None:
            system = found["what"].rstrip(" |")
    made = (GgmlGraph(tokens, tuple(GgmlSplit(a, b, tuple(c)) for a, b, c in splits)) for tokens, splits in graphs)
    return GgmlLog(tuple(made), reused, nodes, system, unread)


def _node(line: str) -> GgmlNode | None:
    """A node's line; None where it is not whole."""
    match = _NODE.match(line)
    if match is None:
        return None
    out, colon, rest = match["rest"].partition(": ")
    if not colon:
        out, rest = match["rest"], ""
    made, inputs = _TENSOR.match(out), [_tensor(item) for item in _TENSOR.finditer(rest)]
    if made is None:
        return None
    return GgmlNode(int(match["number"]), match["operator"].strip(), _tensor(made), tuple(inputs))


def _tensor(match: re.Match[str]) -> GgmlTensor:
    return GgmlTensor(match["name"].strip(), match["size"].strip(), match["backend"].strip())
