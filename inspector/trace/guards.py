"""Guards as torch prints them, cut into what a person reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inspector.model.compile_row import GuardFailure
from inspector.model.guard_words import local, read_words, split_comment
from inspector.model.guards import Guard, GuardManager
from inspector.trace.interned import Strings

_TREE_LINE = re.compile(r"(?P<indent>(?:\| ){0,1000})\+- (?P<kind>\w+)(?:: (?P<rest>.*)| (?P<pair>pair at .*))?$")
_MANAGER = re.compile(r"\w*Manager$")
_INNER = re.compile(r"(?P<kind>\w*GuardManager): (?P<rest>.*)$")
_SOURCE = re.compile(r"source=(?P<source>.+?)(?:, (?=accessed_by=|type=|tag_safe=)|$)")
_ACCESSOR = re.compile(r"accessed_by=(?P<accessor>.+?)(?:, (?=type=|tag_safe=)|$)")
_NAMED = re.compile(r"[LG]\[['\"][^'\"]+['\"]\](?:\.\w+(?!\w*\()|\[[^\[\]]*\])*")
_LATENCY = re.compile(r"^Guard latency = ([\d.]{1,20}) us$", re.MULTILINE)
_AFTER = ("TREE_GUARD", "Guard latency", "+-")


@dataclass(frozen=True)
class GuardPayload:
    """What a `dynamo_cpp_guards_str` payload holds."""

    guards: tuple[Guard, ...]
    managers: tuple[GuardManager, ...]
    seconds: float | None
    """How long torch measured one check of all of them to take."""


def read_guard_tree(text: str) -> GuardPayload:
    """Reads a `dynamo_cpp_guards_str` payload, in its order.

    A relation between several values (no two of them alias) is a guard where torch first prints it; where it only names
    it again, the node points at that one.
    """
    guards: list[Guard] = []
    managers: list[_Manager] = []
    open_at: dict[int, _Manager] = {}
    relations: dict[str, int] = {}
    leaf: tuple[str, list[str], str] | None = None

    def close() -> None:
        nonlocal leaf
        if leaf is not None:
            guards.append(_guard(leaf[0], "\n".join(leaf[1]), leaf[2]))
            leaf = None

    for line in text.split("\n"):
        match = _TREE_LINE.match(line)
        if match is None:
            if leaf is not None and line.strip() and not line.startswith(_AFTER):
                leaf[1].append(line)
            continue
        close()
        depth = len(match["indent"]) // 2
        # Guards that are checked last, after the whole tree, stand at the root's own depth.
        parent = open_at.get(depth - 1) or open_at.get(0)
        kind, rest = match["kind"], match["rest"]
        if _MANAGER.match(kind):
            node = _manager(depth, kind, rest if rest is not None else match["pair"] or "")
            managers.append(node)
            open_at[depth] = node
            continue
        if rest is None and kind not in relations:
            continue  # a line that says nothing but a name that was never explained
        if rest is not None:
            leaf = (kind, [rest], parent.node.source if parent is not None else "")
            relations[kind] = len(guards)
        if parent is not None:
            parent.guards.append(len(guards) if rest is not None else relations[kind])
    close()
    latency = _LATENCY.search(text)
    return GuardPayload(
        tuple(guards),
        tuple(replace(item.node, guards=tuple(item.guards)) for item in managers),
        float(latency[1]) / 1e6 if latency and latency[1].count(".") < 2 and latency[1] != "." else None,
    )


class _Manager:
    """A node whose guards are still being read."""

    def __init__(self, node: GuardManager) -> None:
        self.node = node
        self.guards: list[int] = []


def _manager(depth: int, kind: str, rest: str) -> _Manager:
    inner = _INNER.match(rest)  # `KeyManager: GuardManager: source=…`: the key of a pair, and how it is checked
    if inner is not None:
        rest = inner["rest"]
    source, accessor = _SOURCE.search(rest), _ACCESSOR.search(rest)
    details = rest
    for found in (accessor, source):
        if found is not None:
            details = details[: found.start()] + details[found.end() :]
    return _Manager(
        GuardManager(
            depth,
            kind,
            source["source"] if source else "",
            accessor["accessor"] if accessor else "",
            details.strip(),
        )
    )


def _guard(kind: str, text: str, source: str) -> Guard:
    code, place = _without_place(text)
    return Guard(code, kind, source or _named(code), place)


def _without_place(text: str) -> tuple[str, str]:
    """A guard's expression and where it comes from: `FILE:LINE in NAME: USER'S LINE`."""
    spoken = split_comment(text)
    if not spoken.place and not spoken.remark.startswith("(unknown source"):
        return text.strip(), ""
    return spoken.code, f"{spoken.place}: {spoken.line}" if spoken.line else spoken.place


def _named(code: str) -> str:
    named = _NAMED.search(code)
    return named[0] if named else ""


class GuardFinder:
    """Finds the guard that a reason of a recompile is about."""

    def __init__(self, guards: tuple[Guard, ...]) -> None:
        self.guards = guards
        self._by_code: dict[str, list[int]] = {}
        self._by_reading: dict[tuple[str, str, str], list[int]] = {}
        self._tensors: dict[str, list[int]] = {}
        self._global: list[int] = []
        for position, guard in enumerate(guards):
            code = split_comment(guard.code).code
            self._by_code.setdefault(_squeezed(code), []).append(position)
            source, what, expected, _ = read_words(code).reading
            self._by_reading.setdefault((local(source), what, expected), []).append(position)
            if guard.kind == "TENSOR_MATCH":
                self._tensors.setdefault(local(guard.source), []).append(position)
            elif guard.kind == "GLOBAL_STATE":
                self._global.append(position)

    def find(self, failure: GuardFailure) -> int | None:
        """The guard's position; None where torch's words fit none, or several."""
        if failure.kind in ("tensor", "tensor type"):
            found = self._tensors.get(local(failure.source), [])
        elif failure.kind == "global state":
            found = self._global
        else:
            reading = (local(failure.source), failure.what, failure.expected)
            code = split_comment(failure.text).code
            found = self._by_code.get(_squeezed(code), []) or (failure.what and self._by_reading.get(reading)) or []
        return found[0] if len(found) == 1 else None


def _squeezed(code: str) -> str:
    """An expression without what torch spells in two ways: blanks, and `L['x']` for `x`."""
    return " ".join(local(code).split())


def read_guard_list(items: Iterable[Mapping[str, Any]], strings: Strings) -> tuple[Guard, ...]:
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
        guards.append(Guard(code, str(item.get("type") or ""), _named(code), place))
    return tuple(guards)
