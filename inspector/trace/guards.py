"""Guards as torch prints them, cut into what a person reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from inspector.model.capture import Guard

_TREE_LINE = re.compile(r"(?P<indent>(?:\| )*)\+- (?P<kind>\w+): (?P<rest>.*)$")
_MANAGER = re.compile(r"\w*GuardManager\w*$")
_SOURCE = re.compile(r"source=(.+?), accessed_by=")
_PLACE = re.compile(r"\s{2,}# (?P<code>.*?)  # (?P<place>\S+:\d+ in \S+)(?: \(HINT: .*\))?\s*$")
_TORCH_PLACE = re.compile(r"\s{2,}# (?P<place>\S+:\d+ in \S+)(?: \(HINT: .*\))?\s*$")
_NAMED = re.compile(r"[LG]\[['\"][^'\"]+['\"]\](?:\.\w+(?!\w*\()|\[[^\[\]]*\])*")


def read_guard_tree(text: str) -> tuple[Guard, ...]:
    """The guards of a `dynamo_cpp_guards_str` payload, in its order; the managers are the tree, not guards."""
    guards: list[Guard] = []
    sources: dict[int, str] = {}
    pending: tuple[str, str, str] | None = None
    for line in text.split("\n"):
        match = _TREE_LINE.match(line)
        if match is None:
            if pending is not None and line.strip() and not line.startswith(("TREE_GUARD", "Guard latency", "+-")):
                pending = (pending[0], f"{pending[1]}\n{line}", pending[2])
            continue
        if pending is not None:
            guards.append(_guard(*pending))
            pending = None
        depth = len(match["indent"]) // 2
        if _MANAGER.search(match["kind"]):
            found = _SOURCE.search(match["rest"])
            sources[depth] = found[1] if found else ""
        else:
            pending = (match["kind"], match["rest"], sources.get(depth - 1, ""))
    if pending is not None:
        guards.append(_guard(*pending))
    return tuple(guards)


def _guard(kind: str, text: str, source: str) -> Guard:
    place = ""
    if match := _PLACE.search(text):
        place = f"{match['place']}: {match['code'].strip()}"
    elif match := _TORCH_PLACE.search(text):
        place = match["place"]
    code = text[: match.start()] if match else text
    if not source:
        named = _NAMED.search(code)
        source = named[0] if named else ""
    return Guard(code.strip(), kind, source, place)


def read_guard_list(items: Iterable[Mapping[str, Any]], strings: Mapping[int, str]) -> tuple[Guard, ...]:
    """The guards of an older log's `dynamo_guards` payload."""
    guards = []
    for item in items:
        code = str(item["code"])
        frames = item.get("user_stack") or item.get("stack") or ()
        place = ""
        if frames:
            frame = frames[-1]
            file = strings.get(frame.get("filename"), "?")
            place = f"{file}:{frame.get('line')} in {frame.get('name')}"
        named = _NAMED.search(code)
        guards.append(Guard(code, str(item.get("type") or ""), named[0] if named else "", place))
    return tuple(guards)
