"""Reads a lesson: Markdown with TOML in front of it and in a few fenced blocks.

    +++
    title = "Fusion in the Llama MLP"
    summary = "…"
    minutes = 10
    [capture]
    target = "llama-mlp"
    +++

    ## A step's title

    Markdown.

    ```show        panes, light, compile_id
    ```predict     question, choices, fact, reveal
    ```claim       fact and what it must be; as many blocks as there are claims
    ```capture     what is compiled from here on
    ```run         batch, seq: call it with this shape; race = true: time it
    ```notes       Markdown for the speaker

A fact is `{ name = "lines", stage = "kernel", text = ".exp()" }`, or its name alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from inspector.codec import convert
from inspector.errors import UsageError
from inspector.jsontext import Malformed
from inspector.lessons.facts import FACTS, OF_A_TEXT
from inspector.lessons.lesson import LETTERS, Claim, Lesson, LessonFact, Light, Prediction, Staging, Step
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

BLOCKS = ("show", "predict", "claim", "capture", "run", "notes")
_HEAD = re.compile(r"\A\+\+\+\n(?P<toml>.*?)\n\+\+\+\n", re.DOTALL)
_STEP = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_BLOCK = re.compile(rf"^```(?P<kind>{'|'.join(BLOCKS)})[ \t]*\n(?P<body>.*?)^```[ \t]*\n?", re.MULTILINE | re.DOTALL)


def parse_lesson(name: str, text: str) -> Lesson:
    """Reads a lesson's text.

    Raises:
        UsageError: it is none; the message says where and what is wrong.
    """
    text = text.replace("\r\n", "\n")
    head = _HEAD.match(text)
    if head is None:
        raise _wrong(name, "it does not begin with TOML between two lines of +++")
    front = _toml(name, "the front matter", head["toml"])
    parts = _STEP.split(text[head.end() :])
    steps = tuple(
        _step(name, number, title.strip(), body)
        for number, (title, body) in enumerate(zip(parts[1::2], parts[2::2], strict=True), 1)
    )
    if not steps:
        raise _wrong(name, "it has no step: a line that begins with ##")
    _known(name, "the front matter", front, ("title", "summary", "minutes", "learnt", "capture"))
    learnt = front.get("learnt", [])
    if not isinstance(learnt, list) or not all(isinstance(item, str) for item in learnt):
        raise _wrong(name, "the front matter: learnt is a list of texts")
    if learnt:
        steps = (*steps, Step("What was learnt", "\n".join(f"- {item}" for item in learnt)))
    return Lesson(
        name,
        _text(name, "the front matter", front, "title"),
        _text(name, "the front matter", front, "summary"),
        _number(name, "the front matter", front, "minutes"),
        _request(name, "the front matter", front.get("capture")),
        steps,
    )


def _step(name: str, number: int, title: str, body: str) -> Step:
    place = f"step {number} ({title})"
    blocks: dict[str, list[str]] = {kind: [] for kind in BLOCKS}
    for match in _BLOCK.finditer(body):
        blocks[match["kind"]].append(match["body"])
    for kind in set(BLOCKS) - {"claim"}:
        if len(blocks[kind]) > 1:
            raise _wrong(name, f"{place} has {len(blocks[kind])} blocks of {kind}")
    tables = {
        kind: [_toml(name, f"{place}, {kind}", text) for text in blocks[kind]] for kind in BLOCKS if kind != "notes"
    }
    one = {kind: found[0] if found else None for kind, found in tables.items()}
    run = one["run"] or {}
    _known(name, f"{place}, run", run, ("batch", "seq", "race"))
    return Step(
        title,
        re.sub(r"\n{3,}", "\n\n", _BLOCK.sub("", body)).strip(),
        "".join(blocks["notes"]).strip(),
        _show(name, f"{place}, show", one["show"] or {}),
        None if one["predict"] is None else _prediction(name, f"{place}, predict", one["predict"]),
        tuple(_claim(name, f"{place}, claim", table) for table in tables["claim"]),
        None if one["capture"] is None else _request(name, f"{place}, capture", one["capture"]),
        (run.get("batch"), run.get("seq")),
        bool(run.get("race", False)),
    )


def _show(name: str, place: str, table: Mapping[str, Any]) -> Staging:
    _known(name, place, table, ("panes", "light", "compile_id"))
    light = table.get("light")
    if light is not None:
        _known(name, f"{place}, light", light, ("stage", "text"))
        light = Light(_stage(name, place, light.get("stage")), _text(name, place, light, "text"))
    panes = tuple(_stage(name, place, item) for item in table.get("panes", ()))
    return Staging(panes, light, table.get("compile_id"))


def _prediction(name: str, place: str, table: Mapping[str, Any]) -> Prediction:
    _known(name, place, table, ("question", "choices", "fact", "reveal", "needs"))
    choices = table.get("choices")
    many = isinstance(choices, list) and 2 <= len(choices) <= len(LETTERS)
    if not isinstance(choices, list) or not many or not all(isinstance(item, str) for item in choices):
        raise _wrong(name, f"{place}: choices are two to {len(LETTERS)} texts")
    return Prediction(
        _text(name, place, table, "question"),
        tuple(choices),
        _fact(name, place, table.get("fact")),
        str(table.get("reveal", "")).strip(),
        str(table.get("needs", "")),
    )


def _claim(name: str, place: str, table: Mapping[str, Any]) -> Claim:
    _known(name, place, table, ("fact", "equal", "at_least", "needs"))
    if ("equal" in table) == ("at_least" in table):
        raise _wrong(name, f"{place}: either equal or at_least says what the fact must be")
    return Claim(
        _fact(name, place, table.get("fact")), table.get("equal"), table.get("at_least"), str(table.get("needs", ""))
    )


def _fact(name: str, place: str, value: object) -> LessonFact:
    table = {"name": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise _wrong(name, f"{place}: fact is a name, or a table with a name")
    _known(name, f"{place}, fact", table, ("name", "stage", "text", "compile_id"))
    if table.get("name") not in FACTS:
        raise _wrong(name, f"{place}: there is no fact {table.get('name')!r}; there are {', '.join(sorted(FACTS))}")
    if table["name"] in OF_A_TEXT and "stage" not in table:
        raise _wrong(name, f"{place}: the fact {table['name']} needs a stage")
    stage = _stage(name, place, table["stage"]) if "stage" in table else None
    return LessonFact(table["name"], stage, str(table.get("text", "")), table.get("compile_id"))


def _request(name: str, place: str, table: object) -> CaptureRequest:
    if not isinstance(table, dict) or "target" not in table:
        raise _wrong(name, f"{place}: capture says at least which target is compiled")
    names = [item.name for item in fields(CaptureRequest)]
    _known(name, f"{place}, capture", table, names)
    try:
        return convert(table, CaptureRequest)
    except Malformed as error:
        raise _wrong(name, f"{place}, capture: {error}") from error


def _stage(name: str, place: str, value: object) -> Stage:
    try:
        return Stage(str(value))
    except ValueError:
        raise _wrong(name, f"{place}: there is no stage {value!r}; there are {', '.join(Stage)}") from None


def _text(name: str, place: str, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name, f"{place}: {key} is missing, or no text")
    return value.strip()


def _number(name: str, place: str, table: Mapping[str, Any], key: str) -> int:
    value = table.get(key)
    if not isinstance(value, int):
        raise _wrong(name, f"{place}: {key} is missing, or no whole number")
    return value


def _toml(name: str, place: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(name, f"{place} is not TOML: {error}") from error


def _known(name: str, place: str, table: Mapping[str, Any], known: tuple[str, ...] | list[str]) -> None:
    for key in table:
        if key not in known:
            raise _wrong(name, f"{place}: {key!r} is not known; known are {', '.join(known)}")


def _wrong(name: str, what: str) -> UsageError:
    return UsageError(f"The lesson {name} cannot be read: {what}.", "docs/lessons.md describes the format.")
