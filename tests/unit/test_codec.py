"""What comes from outside is of its type and within the bounds, or refused by name; what is written can be read."""

from __future__ import annotations

import json
import math
import os
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.bundle import contents, read
from inspector.bundle.writer import contents as files_of
from inspector.codec import convert, decode, dump, line, plain
from inspector.jsontext import MAX_DEPTH, MAX_INT, MIN_INT, Malformed, Real, is_bounded, load
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture, Compilation, Phase
from inspector.model.guards import Guard, GuardManager
from inspector.model.latency import LatencyRun
from inspector.trace import read_capture
from inspector.trace.reader import read_json

TRACES = Path(__file__).parents[1] / "traces"


@dataclass(frozen=True)
class Sample:
    whole: int
    number: float = 0.0
    real: Real = 0.0
    parts: tuple[tuple[str, int | None], ...] = ()
    anything: Any = None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"whole": 9223372036854775808}', "the number 9223372036854775808 is beyond 64 bits"),
        ('{"whole": -9223372036854775809}', "beyond 64 bits"),
        ('{"whole": 1' + "0" * 5000 + "}", "the number 10000000000000000000… is beyond 64 bits"),
        ('{"whole": 1, "anything": [[9223372036854775808]]}', "beyond 64 bits"),
        ('{"whole": 1, "of the future": 9223372036854775808}', "beyond 64 bits"),
        ('{"whole": 1, "number": 1e999}', "the number 1e999 is beyond a float"),
        ('{"whole": 1, "anything": -1e999}', "beyond a float"),
        ('{"whole": 1, "number": NaN}', "NaN is no number of JSON's"),
        ('{"whole": 1, "number": "nan"}', "number: expected float, got str"),
        ('{"whole": true}', "whole: expected int, got bool"),
        ('{"whole": 1.0}', "whole: expected int, got float"),
        ('{"whole": null}', "whole: expected int, got null"),
        ("{}", "missing required field whole"),
        ('{"whole": 1, "parts": [["a", 1], ["b", "c"]]}', r"parts\[1\]\[1\]: expected int | null, got str"),
        ('{"whole": 1, "parts": [["a"]]}', r"parts\[0\]: expected array of length 2"),
        ('{"whole": "\\ud800"}', "half a surrogate pair where no text may be"),
        ("[]", "expected object, got array"),
        ("{", "not JSON"),
        ('{"whole": 1} {', "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "nested deeper"),
        ('{"whole": 1, "anything": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 100 times"),
    ],
)
def test_what_is_refused_is_told_with_its_place(text: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        decode(text.encode(), Sample)


def test_the_bounds_themselves_are_within() -> None:
    nested = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    text = f'{{"whole": {MIN_INT}, "parts": [["{"[{" * 300}", {MAX_INT}]], "number": 1e308, "anything": {nested}}}'
    found = decode(text.encode(), Sample)
    assert (found.whole, found.parts[0][1], found.number) == (MIN_INT, MAX_INT, 1e308)
    assert convert(load(text.encode()), Sample) == found


def test_numbers_that_json_lacks_come_back_where_they_may_stand() -> None:
    for value in (math.inf, -math.inf, math.nan):
        made = Sample(1, real=value)
        assert repr(decode(dump(made), Sample)) == repr(decode(line(made), Sample)) == repr(made)
        with pytest.raises(Malformed):
            decode(dump(Sample(1, number=value)), Sample)


def test_halves_of_surrogate_pairs_and_names_of_numbers_stay_texts() -> None:
    made = Sample(1, parts=(("\ud800", None), ("nan", 1), ("9" * 30, 2)))
    assert decode(dump(made), Sample) == decode(line(made), Sample) == made


def test_a_log_may_write_what_python_calls_numbers() -> None:
    assert read_json(b'{"a": Infinity, "b": "\\ud800"}') == {"a": math.inf, "b": "\ufffd"}
    for text in (b"9223372036854775808", b"1e999", b"\xff", b"[" * 65 + b"]" * 65):
        with pytest.raises(Malformed):
            read_json(text)


NUMBERS = st.integers() | st.integers(-(2**65), 2**65) | st.floats()
JSON = st.recursive(
    NUMBERS | st.text(st.characters()) | st.booleans() | st.none(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4),
    max_leaves=15,
)


@given(JSON)
def test_both_ways_of_reading_say_the_same(value: Any) -> None:
    data = json.dumps(value).encode()
    try:
        found = repr(load(data))
    except Malformed:
        found = ""
    try:
        if is_bounded(data):
            assert repr(msgspec.json.decode(data)) == found
    except msgspec.MsgspecError:  # what it refuses is left to `load`
        pass
    assert found or "N" in data.decode() or "Inf" in data.decode() or not is_bounded(data)


# --- whatever can be made can be written, and what is written can be read ---------------------------------------

PLACES = st.builds(Position, st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1))
NEVER_FREE: Mapping[tuple[type, str], st.SearchStrategy[Any]] = {
    (Phase, "depth"): st.integers(0, 1000),
    (Guard, "failed_for"): st.just(("0/1", "0/2")),
    (GuardManager, "depth"): st.integers(0, 1000),
    (GuardManager, "guards"): st.just(()),
    (LatencyRun, "starts"): st.just(()),
    (Artifact, "focus"): st.integers(0, MAX_INT),
}
"""Fields whose values have to fit to something else."""


@cache
def made(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind == Real:
        return st.floats()
    if kind is Span:
        return st.builds(Span, st.text(), PLACES, PLACES)
    if is_dataclass(kind) and isinstance(kind, type):
        return st.deferred(lambda: st.builds(kind, **of_fields(kind)))
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return st.deferred(lambda: st.tuples(*map(made, typing.get_type_hints(kind).values())).map(kind._make))
    if origin in (typing.Union, UnionType):
        return st.one_of([made(argument) for argument in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(made(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*map(made, arguments))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(), made(arguments[1]), max_size=2)
    if issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(st.characters()),
        int: st.integers(MIN_INT, MAX_INT),
        float: st.floats(0, 1e9),
        bool: st.booleans(),
        NoneType: st.none(),
        Any: st.none() | st.booleans() | st.text() | st.integers(MIN_INT, MAX_INT) | st.lists(st.text(), max_size=2),
    }
    return known[kind]


def of_fields(kind: type) -> dict[str, st.SearchStrategy[Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    return {name: NEVER_FREE[kind, name] if (kind, name) in NEVER_FREE else made(hints[name]) for name in names}


FILES = [
    *(contents.Facts, contents.Profiles, contents.Latency),
    *(contents.GraphBreaks, contents.Recompiles, contents.Fusion),
]
CASES = int(os.environ.get("FUZZ_CASES", "0"))
SETTINGS = settings(
    max_examples=CASES // 100 or 5, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.__name__)
@SETTINGS
@given(st.data())
def test_every_field_of_every_file_survives(kind: type, data: st.DataObject) -> None:
    value = data.draw(made(kind))
    assert repr(decode(dump(value), kind)) == repr(convert(load(line(value)), kind)) == repr(value)


@st.composite
def captures(draw: st.DrawFn) -> Capture:
    facts = draw(made(contents.Facts))
    names = draw(st.lists(st.text(st.characters()), unique=True, max_size=3))
    told = {name: value for name, value in of_fields(Compilation).items() if name != "compile_id"}
    compilations = [Compilation(name, **draw(st.fixed_dictionaries(told))) for name in names]
    hints = typing.get_type_hints(contents.Manifest)
    told_too = {name: draw(made(hints[name])) for name in ("target", "environment", "request", "notes")}
    return Capture(
        compilations=tuple(compilations),
        artifacts=tuple(draw(st.lists(made(Artifact), max_size=3))),
        phases=tuple(draw(st.lists(made(Phase), max_size=3))),
        graph_breaks=draw(made(contents.GraphBreaks)).graph_breaks,
        fusions=draw(made(contents.Fusion)).kernels,
        latency=draw(made(contents.Latency)).runs,
        **told_too,
        **contents.of_capture(contents.Facts, facts),
    )


@SETTINGS
@given(captures())
def test_a_bundle_of_any_capture_can_be_opened(tmp_path_factory: pytest.TempPathFactory, capture: Capture) -> None:
    once = opened(capture, tmp_path_factory.mktemp("one"))
    assert once.compilations == capture.compilations
    assert opened(once, tmp_path_factory.mktemp("two")) == once


def opened(capture: Capture, folder: Path) -> Capture:
    for name, data in files_of(capture, None).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return read(folder)


@pytest.mark.parametrize("log", sorted(TRACES.glob("*.log")), ids=lambda path: path.stem)
def test_what_is_read_from_a_log_is_of_its_types(log: Path) -> None:
    capture = read_capture(log)
    for kind in (contents.Facts, contents.Profiles):
        assert convert(plain(contents.listed(kind, capture)), kind) == contents.listed(kind, capture)
    for item in capture.compilations:
        assert convert(plain(item), Compilation) == item
