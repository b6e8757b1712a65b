"""What the guards of one compile say about the call that it was made for."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.model.guard_words import CONDITION, local, read_words, sources_in, split_comment
from inspector.model.number import whole

if TYPE_CHECKING:
    from inspector.model.compile_row import GuardFailure
    from inspector.model.guards import Guard, GuardManager
    from inspector.model.shapes import Symbol

_SAY_NO_VALUE = ("", "not none", "same object")
"""Kinds whose guard bounds a value and does not tell it."""


class CallValues:
    """What a compile's guards, guard tree and symbols say about the call that it was made for.

    All of its guards held for that call, so that a value in an equality is the value that came.
    """

    def __init__(
        self, guards: Iterable[Guard], tree: Iterable[GuardManager] = (), symbols: Iterable[Symbol] = ()
    ) -> None:
        self._values: dict[tuple[str, str], str] = {}
        self._types: dict[str, str] = {}
        self._objects: dict[str, list[str]] = defaultdict(list)
        self._marked: dict[str, list[str]] = defaultdict(list)
        self._conditions: dict[str, None] = {}
        self._absent: dict[str, list[str]] = defaultdict(list)
        self._states: dict[str, str] = {}
        for guard in guards:
            self._take(guard.code)
        for node in tree:
            if node.source and (match := _TYPE.search(node.details)):
                self._types.setdefault(local(node.source), match["type"])
        self._guarded = frozenset(self._values)
        for symbol in symbols:
            if symbol.backed and symbol.source:
                reading = read_words(f"{symbol.source} == {symbol.value}").reading
                self._values.setdefault((local(reading.source), reading.what), symbol.value)

    def _take(self, text: str) -> None:
        code = split_comment(text).code
        kind, (source, what, expected, _) = read_words(code)
        name = local(source)
        if what == CONDITION and "check_tensor(" not in code:
            self._conditions[code] = None
        if kind == "identity":
            self._objects[expected.rpartition(" ")[2]].append(source)
        if kind == "marked dimensions":
            if expected != "none":
                self._marked[name].append(expected)
        elif kind == "attribute" and expected.startswith("has no "):
            self._absent[name].append(expected)
        elif kind == "global state":
            self._states |= state_values(code)
        elif kind not in _SAY_NO_VALUE and what not in ("", CONDITION) and expected not in ("", "a number"):
            self._values.setdefault((name, what), expected)
        for (of, which), value in tensor_values(code).items():
            self._values.setdefault((local(of), which), value)

    def of(self, failure: GuardFailure) -> str:
        """The value of what a failed guard is about; empty where the guards do not say it."""
        if failure.what.startswith("global state"):
            return self._state(failure.what.partition(": ")[2].split(", "))
        if failure.kind == "marked dimensions":
            return "; ".join(f"{of}: {', '.join(dims)}" for of, dims in self._marked.items())
        if failure.what == CONDITION:
            return self._numbers(failure.expected)
        if failure.what == "attribute":
            return ", ".join(self._absent[local(failure.source)])
        found = self._values.get((local(failure.source), failure.what), "")
        return found or self._type(failure)

    def _state(self, names: list[str]) -> str:
        known = [self._states[name] for name in names if name in self._states]
        return ", ".join(known) if len(known) == len(names) else ""

    def _numbers(self, expression: str) -> str:
        """The numbers behind the `x.size()[0]` and `n` of an expression, as far as they are known."""
        known = {local(source): self._number(source) for source in sources_in(expression)}
        words = (f"{source} = {value or 'not recorded'}" for source, value in known.items())
        return ", ".join(words) if any(known.values()) else ""

    def _type(self, failure: GuardFailure) -> str:
        """What is known of a value whose own guards do not say it: that it is None, or its type."""
        name = self._types.get(local(failure.source), "")
        if not name or failure.what not in ("value", "type"):
            return ""
        if name == "NoneType":
            return "None"
        return name if failure.what == "type" else f"a {name}"

    def _number(self, source: str) -> str:
        """The number behind `x.size()[0]` or `n`."""
        reading = read_words(f"{source} == 0").reading
        return self._values.get((local(reading.source), reading.what), "")

    def tensor_type(self, source: str) -> str:
        """The class of a tensor as its guard holds it: `Tensor`, `Parameter`; empty where it is none."""
        return self._values.get((local(source), "tensor type"), "")

    @property
    def all(self) -> Mapping[tuple[str, str], str]:
        """Everything that is known, by source and property."""
        return {
            **{(name, "class"): value for name, value in self._types.items()},
            **{("", f"global state: {name}"): value for name, value in self._states.items()},
            **self._values,
        }

    @property
    def asked(self) -> Mapping[tuple[str, str], str]:
        """What the guards hold a call to: `all` without what is known only of the call that was compiled for."""
        states = {("", f"global state: {name}"): value for name, value in self._states.items()}
        return {**states, **{key: value for key, value in self._values.items() if key in self._guarded}}

    @property
    def conditions(self) -> tuple[str, ...]:
        """What its code asks of sizes and numbers that are symbols in it, less that they are neither 0 nor 1."""
        return tuple(self._conditions)

    def others(self, number: str, besides: str) -> list[str]:
        """Other names under which an object with this id is guarded."""
        return [name for name in dict.fromkeys(self._objects[number]) if local(name) != local(besides)]


_TYPE = re.compile(r"type=<(?:class|enum) '(?P<type>[^']*)'>")


_CHECK_TENSOR = re.compile(
    r"check_tensor\((?P<source>.+?), (?P<type>\w+), (?P<keys>DispatchKeySet\(.*?\)), (?P<dtype>[\w.]+), "
    r"device=(?P<device>.+?), requires_grad=(?P<grad>\w+), size=\[(?P<size>.*?)\], stride=\[(?P<stride>.*?)\]\)"
)
_DTYPES = {
    **{"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int32": "Int"},
    **{"int64": "Long", "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool"},
    **{"complex64": "ComplexFloat", "complex128": "ComplexDouble"},
}
"""torch's dtypes as its tensor check words them."""
_SCALARS = {1: "Char", 3: "Int", 4: "Long", 5: "Half", 6: "Float", 7: "Double", 15: "BFloat16"}
"""c10::ScalarType by number."""
_AUTOCAST = ("cpu", "cuda")
"""The first of at::autocast::_AUTOCAST_SUPPORTED_DEVICES."""


def tensor_values(code: str) -> dict[tuple[str, str], str]:
    """What a `TENSOR_MATCH` guard says of its tensor: (source, property) → value; a dynamic size is left out."""
    match = _CHECK_TENSOR.match(code)
    if match is None:
        return {}
    source = match["source"]
    found = {(source, "tensor type"): match["type"], (source, "dispatch key set"): match["keys"]}
    dtype = match["dtype"].removeprefix("torch.")
    found[(source, "dtype")] = _DTYPES.get(dtype, dtype)
    found[(source, "requires_grad")] = match["grad"]
    for what in ("size", "stride"):
        values = [value.strip() for value in match[what].split(",") if value.strip()]
        found[(source, "rank")] = str(len(values))
        found |= {
            (source, f"{what} at index {at}"): value for at, value in enumerate(values) if whole(value) is not None
        }
    return found


def state_values(code: str) -> dict[str, str]:
    """The global state that a `GLOBAL_STATE` guard holds, by the names that torch gives what changed."""
    _, _, text = code.partition(" against ")
    try:
        state = json.loads(text)
        cast = state.get("autocast_state") or {}
        found = {key: str(value) for key, value in state.items() if isinstance(value, bool | int)}
        if (number := state.get("default_dtype")) in _SCALARS:
            found["default_dtype"] = _SCALARS[number]
        for at, device in enumerate(_AUTOCAST):
            found[f"autocast({device})_enabled"] = str(cast["enabled"][at])
            found[f"autocast({device})_dtype"] = _SCALARS.get(cast["dtype"][at], str(cast["dtype"][at]))
        found["autocast_cache_enabled"] = str(cast["cached_enabled"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}
    return found
