"""JSON with one field replaced by what nobody should write there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

DEEP = 10_000
PLACE = "the value goes here"

VALUES = {
    "2^63": "9223372036854775808",
    "-2^63-1": "-9223372036854775809",
    "2^63-1": "9223372036854775807",
    "-2^63": "-9223372036854775808",
    "-1": "-1",
    "10^400": "1" + "0" * 400,
    "10^5000": "1" + "0" * 5000,
    "1e999": "1e999",
    "1e308": "1e308",
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "long text": json.dumps("x" * 10**6),
    "deep list": "[" * DEEP + "]" * DEEP,
    "deep object": '{"a":' * DEEP + "1" + "}" * DEEP,
    "as deep as it may be": "[" * 60 + "]" * 60,
    "null": "null",
    "true": "true",
    "text": '"7"',
    "number": "7.5",
    "list": "[[1], {}]",
    "object": '{"a": [1]}',
    "half a pair": '"\\ud800"',
    "zero byte": '"\\u0000"',
    "prototype": '"__proto__"',
}
"""What it is called → JSON of it."""
EDITS = ("missing", "extra", "twice")


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every field and element; of a list the first two elements, whose kin have the same types."""
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(data, dict):
        items = iter(data.items())
    elif isinstance(data, list):
        items = enumerate(data[:2])
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def edited(data: Any, path: tuple[str | int, ...], what: str) -> str:
    """The JSON text of `data` with the field at `path` edited."""
    data = copy.deepcopy(data)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if what == "missing":
        del holder[key]
    elif what == "extra":
        extra = {"a field of the future": [1]}
        holder[key] = {**holder[key], **extra} if isinstance(holder[key], dict) else extra
    elif what == "twice" and isinstance(holder, dict):
        name = json.dumps(key)
        value = json.dumps(holder[key])
        holder[key] = PLACE
        return json.dumps(data).replace(json.dumps(PLACE), f"7, {name}: {value}, {name}: {value}")
    else:
        holder[key] = PLACE
        return json.dumps(data).replace(json.dumps(PLACE), VALUES.get(what, "7"))
    return json.dumps(data)
