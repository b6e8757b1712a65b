"""Recompiles: a failed guard in torch's words cut into what was expected and what came, and the chains they make.

The words are those of `get_guard_fail_reason` (torch/_dynamo/guards.py) and of the tensor check in
torch/csrc/dynamo/guards.cpp.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.frame import Frame

if TYPE_CHECKING:
    from inspector.model.guards import Guard
    from inspector.model.shapes import Symbol

_AGAINST = re.compile(r"^(?:- )?(?P<id>!?\d+/(?:\d+/)*\d+): ")
_STACK = "\nUser stack trace:"
_COMMENT = re.compile(r"\s{2,}# (?P<comment>.*)$", re.DOTALL)
_PLACE = re.compile(r"(?P<place>\S+:\d+ in \S+)(?: \(HINT: .*\))?\s*$", re.DOTALL)
_TENSOR = re.compile(r"^tensor '(?P<source>.+?)' (?P<rest>.*)$", re.DOTALL)
_MISMATCH = re.compile(
    r"^(?P<what>.+?) mismatch(?P<at> at index \d+)?\. [Ee]xpected (?:device index to be |requires_grad=)?"
    r"(?P<expected>.+?)(?:, actual (?P<actual>.+))?$",
    re.DOTALL,
)
_TYPE = re.compile(r"^expected type of '(?P<source>.+?)' to be (?P<expected>.+?),? '?\s*but found (?P<actual>.+)$")
_GLOBAL = re.compile(r"^GLOBAL_STATE changed: (?P<what>.+?)\s*$")
_TYPE_ID = re.compile(r"^___check_type_id\((?P<source>.+), \d+\)(?:, type=(?P<expected>.+))?$")
_OBJECT_ID = re.compile(r"^___check_obj_id\((?P<source>.+), \d+\)(?:, type=(?P<expected>.+))?$")
_SIZE = re.compile(r"^(?P<source>.+?)\.(?P<what>size|stride)\(\)\[(?P<index>\d+)\] == (?P<expected>\d+)$")
_LENGTH = re.compile(r"^len\((?P<source>.+)\) == (?P<expected>\d+)$")
_VALUE = re.compile(r"^(?P<source>[^=<>!]+?) (?:==|is) (?P<expected>[^=<>]+)$")
_BACKEND = re.compile(r"^BACKEND_MATCH failure")
_NONE_FAILED = re.compile(r"^Unexpected recompilation: runtime guards failed even though they passed")
NO_GUARD_FAILED = "no guard failed: perhaps another thread compiled it meanwhile"
"""What is said of a frame that was compiled though a compile of it fits. torch looks for the guard that failed only
once it may compile, and a thread that had to wait until then finds the code that another one made."""
_NAME = re.compile(r"(?:[LG]\['[^']+'\]|\b[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*(?!\w*\()|\[[^\[\]]*\])*")
_NO_SOURCE = frozenset(
    ("not", "in", "is", "len", "hasattr", "isinstance", "list", "dict", "Eq", "Ne", "Mod", "min", "max")
)


@dataclass(frozen=True)
class RecompileChain:
    """A function and all the times it was compiled, in order; the first is no recompile."""

    frame: str
    """What the compile ids share, `rank1/0`."""
    function: str
    place: Frame | None
    rows: tuple[CompileRow, ...]
    """At least two, or one whose guards failed. Each row's `failures` say why it is there."""

    @property
    def seconds(self) -> float:
        """Compile time of the recompiles, without the first compile's."""
        return sum(row.times.seconds for row in self.rows if row.recompiles)

    @property
    def culprits(self) -> tuple[tuple[str, str, int], ...]:
        """What kept failing: source, property, and how many recompiles it caused; most first."""
        causes = Counter((row.failures[0].source, row.failures[0].what) for row in self.rows if row.failures)
        return tuple((source, what, count) for (source, what), count in causes.most_common())


@lru_cache(maxsize=8192)
def read_failure(text: str) -> GuardFailure:
    """Cuts one reason of a `recompile_reasons` record; words that are not known stay whole, as `text`."""
    text = text.strip()
    against = ""
    if match := _AGAINST.match(text):
        against, text = match["id"], text[match.end() :]
    text = text.split(_STACK, 1)[0].strip()
    code, place = _without_comment(text)
    source, what, expected, actual = _parts(code)
    return GuardFailure(text, against, source, what, expected, actual, place)


def _without_comment(text: str) -> tuple[str, str]:
    """A guard's expression and the user's place in the comment behind it."""
    if (match := _COMMENT.search(text)) is None:
        return text, ""
    place = _PLACE.search(match["comment"])
    return text[: match.start()].strip(), place["place"] if place else ""


def _parts(code: str) -> tuple[str, str, str, str]:
    """Source, property, expected and actual value; all empty for words that are not known."""
    for pattern, read in _FORMS:
        if match := pattern.match(code):
            return read(match)
    return (_first_name(code), "condition", code, "") if _looks_like_code(code) else ("", "", "", "")


def _tensor(match: re.Match[str]) -> tuple[str, str, str, str]:
    if found := _MISMATCH.match(match["rest"]):
        return match["source"], _property(found["what"], found["at"]), *_values(found)
    return match["source"], "tensor", "", ""


def _value(match: re.Match[str]) -> tuple[str, str, str, str]:
    if _is_source(match["source"]):
        return match["source"], "value", match["expected"].strip(), ""
    return _first_name(match[0]), "condition", match[0], ""


def _expected(what: str) -> Callable[[re.Match[str]], tuple[str, str, str, str]]:
    return lambda match: (match["source"], what, match["expected"] or "", "")


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str, str, str]]], ...] = (
    (_TENSOR, _tensor),
    (_TYPE, lambda match: (match["source"], "type", match["expected"], match["actual"])),
    (_GLOBAL, lambda match: ("", f"global state: {match['what']}", "", "")),
    (_BACKEND, lambda _: ("", "backend", "", "")),
    (_NONE_FAILED, lambda _: ("", NO_GUARD_FAILED, "", "")),
    (_TYPE_ID, _expected("type")),
    (_OBJECT_ID, _expected("identity")),
    (_LENGTH, _expected("length")),
    (_SIZE, lambda match: (match["source"], f"{match['what']} at index {match['index']}", match["expected"], "")),
    (_VALUE, _value),
)
"""How torch words a guard that did not hold, and how to cut it up."""


def _property(what: str, at: str | None) -> str:
    return what.removeprefix("Tensor ") + (at or "")


def _values(found: re.Match[str]) -> tuple[str, str]:
    """Expected and actual; a flag's actual value is the other one, which torch leaves out."""
    expected, actual = found["expected"].strip(), (found["actual"] or "").strip()
    if found["what"] == "requires_grad" and not actual and expected in ("0", "1"):
        actual = "1" if expected == "0" else "0"
    return expected, actual


def _is_source(text: str) -> bool:
    found = _NAME.fullmatch(text.strip())
    return found is not None and text.strip() not in _NO_SOURCE


def _looks_like_code(code: str) -> bool:
    return re.search(r"[=<>()\[\]]", code) is not None or code.startswith("not ")


def _first_name(code: str) -> str:
    return next((match[0] for match in _NAME.finditer(code) if match[0] not in _NO_SOURCE), "")


def with_actual_values(
    failures: Iterable[GuardFailure], guards: Iterable[Guard], symbols: Iterable[Symbol] = ()
) -> tuple[GuardFailure, ...]:
    """Fills in actual values that torch leaves out, from the new compile: what came is what it expects, or, where torch
    made the value a symbol so as to compile for all, what it first put in for that.

    Args:
        failures: of the recompile.
        guards: of the compile id that it made.
        symbols: of the same.
    """
    came: dict[tuple[str, str], str] = {}
    for guard in guards:
        source, what, expected, _ = _parts(guard.code)
        if what in ("value", "length", "type") or what.startswith(("size", "stride")):
            came.setdefault((_local(source), what), expected)
    for symbol in symbols:
        if symbol.backed and symbol.source:
            source, what, value, _ = _parts(f"{symbol.source} == {symbol.value}")
            came.setdefault((_local(source), what), value)
    return tuple(_with_actual(item, came) for item in failures)


def _with_actual(item: GuardFailure, came: dict[tuple[str, str], str]) -> GuardFailure:
    actual = came.get((_local(item.source), item.what), "")
    return item if item.actual or not actual or actual == item.expected else replace(item, actual=actual)


def _local(source: str) -> str:
    """A source as torch words it in reasons: `x` for `L['x']`."""
    return re.sub(r"\bL\['([^']+)'\]", r"\1", source)


def chains(rows: Iterable[CompileRow]) -> tuple[RecompileChain, ...]:
    """Functions that were compiled more than once, most recompiles first."""
    frames: dict[str, list[CompileRow]] = {}
    for row in rows:
        frames.setdefault(row.frame, []).append(row)
    found = [
        RecompileChain(frame, _function(members), members[-1].place, tuple(members))
        for frame, members in frames.items()
        if frame and (len(members) > 1 or members[0].failures)
    ]
    return tuple(sorted(found, key=lambda chain: -len(chain.rows)))


def _function(members: list[CompileRow]) -> str:
    return next((row.function for row in members if row.function), "")
