"""Takes out of a capture what is nobody else's business: sources, paths, names of people and machines."""

from __future__ import annotations

import getpass
import json
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.link import Link
from inspector.model.stage import Stage
from inspector.notes import moved

T = TypeVar("T")
Change = Callable[[str], str]

_QUOTED = re.compile(
    r"(?m)(?P<place>\.py:\d+ in [\w.<>]+)(?:, code: |: )[^\n]*$"  # above nodes, and behind guards
    r"|#[^#\n]*(?P<behind># ?[^#\n]*\.py:\d+ in )"  # behind guards, the other way round
    r"|(?P<frame>File \"[^\"\n]*\", line \d+, in [^\n]+\n)[^\n]+"  # in a traceback
)
"""The source lines that torch quotes, each beside its place."""
_FRAMES = re.compile(r'(?P<frame>File "[^"\n]*", line \d+, in [^\n]+\n)(?:(?! *File ")[^\n]+\n?)*')
"""Frames of a traceback, each with all the lines that it quotes."""
_FRAME_IN_JSON = 'File \\"'
"""A frame within a text within JSON: what torch calls the stack traces of its kernels is in a metric of a compile."""
_PATH = re.compile(
    r"(?<![\w./<~-])(?:~|\.\.?)?/(?:[\w.+@~=-]+/)*(?P<unix>[\w.+@~=-]*)|\b[A-Za-z]:\\(?:[^\\\s\"':]+\\)*(?P<dos>[^\\\s\"':]*)"
)
_OWNER = re.compile(r"(?:/home/|/Users/|\\Users\\|torchinductor_)([\w.-]+)")
_WHO = frozenset({"user", "username", "login", "host", "hostname", "node", "machine_name"})
_COMMON = frozenset(
    {"root", "user", "users", "home", "runner", "ubuntu", "debian", "localhost", "torch", "cpu", "cuda"}
)
"""Names that say nothing of anybody, and that stand in code for other things."""


def without_source(capture: Capture) -> Capture:
    """The capture without source files, and without the source lines that torch quotes; positions stay as they are.

    What torch logs beside the stages goes too: nobody can say what is in it.
    """
    changed = _rest_mapped(_texts_changed(replace(capture, others=()), _unquoted), _unquoted)
    changed = cast("Capture", _without_code(changed))
    return keeping(changed, lambda item: item.stage is not Stage.SOURCE)


def redacted(capture: Capture) -> Capture:
    """The capture without source, with the last part alone of every path, and without names of people and machines."""
    return anonymous(without_source(capture))


def anonymous(capture: Capture) -> Capture:
    """The capture with the last part alone of every path, and without names of people and machines."""
    names = _names(capture)
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b") if names else None

    def clean(text: str) -> str:
        text = _PATH.sub(_last_part, text)
        return pattern.sub("someone", text) if pattern is not None else text

    capture = _rest_mapped(_texts_changed(capture, clean), clean)
    return replace(
        capture,
        environment={key: value for key, value in capture.environment.items() if key.lower() not in _WHO},
        annotations=tuple(replace(note, author="") for note in capture.annotations),
    )


def keeping(capture: Capture, wanted: Callable[[Artifact], bool]) -> Capture:
    """The capture with some of its artifacts, with links that lead through those that are gone, and all notes."""
    kept = tuple(item for item in capture.artifacts if wanted(item))
    if len(kept) == len(capture.artifacts):
        return capture
    order = {item.id: item.stage.order for item in kept}
    links = [link for link in capture.links if link.a.artifact in order and link.b.artifact in order]
    through: dict[tuple[str, str], dict[tuple[Span, Span], Link]] = {}
    for span in dict.fromkeys(link.a for link in capture.links if link.a.artifact in order):
        for item in capture.index.later(span):
            pair = (span.artifact, item.span.artifact)
            if pair[1] in order:
                through.setdefault(pair, {})[span, item.span] = Link(span, item.span, item.origin)
    reached = _Reached({(link.a.artifact, link.b.artifact) for link in links})
    for pair in sorted(through, key=lambda ends: (order[ends[1]] - order[ends[0]], ends)):
        if pair[1] not in reached.of(pair[0]):  # nearest stages first, so that what leads on over them is not added too
            links += through[pair].values()
            reached.add(pair)
    notes = moved(capture.annotations, capture.index, order)
    return replace(capture, artifacts=kept, links=tuple(links), annotations=notes)


class _Reached:
    """Which artifacts links lead to from which."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._next: dict[str, set[str]] = {}
        for pair in pairs:
            self.add(pair)

    def add(self, pair: tuple[str, str]) -> None:
        """There is a link from the first to the second."""
        self._next.setdefault(pair[0], set()).add(pair[1])

    def of(self, artifact: str) -> set[str]:
        """All that links lead to from there."""
        found: set[str] = set()
        pending = [artifact]
        while pending:
            for other in self._next.get(pending.pop(), ()):
                if other not in found:
                    found.add(other)
                    pending.append(other)
        return found


# --- how it is done ---------------------------------------------------------------------------------------


def _unquoted(text: str) -> str:
    """`text` without the source lines that it quotes; as many lines as before, but within JSON, where nobody counts."""
    if text[:1] in ("{", "[") and _FRAME_IN_JSON in text:
        with suppress(ValueError):
            bare = _mapped(json.loads(text), lambda inner: _FRAMES.sub(lambda match: f"{match['frame']}    …\n", inner))
            return json.dumps(_mapped(bare, _unquoted))
    return _QUOTED.sub(lambda match: match["place"] or match["behind"] or f"{match['frame']}    …", text)


def _last_part(match: re.Match[str]) -> str:
    """`…/model.py`; what is no path (`/`, `./`) stays."""
    whole, name = match[0], match["unix"] or match["dos"] or ""
    return whole if whole.strip("./~") in ("", name) else f"…/{name}"


def _names(capture: Capture) -> list[str]:
    """Users and hosts that the capture or this machine knows of, the longest first."""
    found = {getpass.getuser(), socket.gethostname(), socket.gethostname().partition(".")[0]}
    found |= {str(value) for key, value in capture.environment.items() if key.lower() in _WHO}
    for text in _strings(replace(capture, links=())):
        found |= set(_OWNER.findall(text))
    return sorted((name for name in found if len(name) > 2 and name.lower() not in _COMMON), key=lambda n: (-len(n), n))


def _texts_changed(capture: Capture, change: Change) -> Capture:
    """The capture with other texts; a link into a line that is different now is about the whole line."""
    artifacts, lines = [], {}
    for item in capture.artifacts:
        text = change(item.text)
        path = change(item.path) if item.path is not None else None
        if text != item.text:
            pairs = zip(item.text.split("\n"), text.split("\n"), strict=True)
            lines[item.id] = {number for number, (before, after) in enumerate(pairs, 1) if before != after}
        artifacts.append(replace(item, text=text, path=path))

    def widened(span: Span) -> Span:
        moved = lines.get(span.artifact, ())
        start = Position(span.start.line, 0) if span.start.line in moved else span.start
        end = Position(span.end.line + 1, 0) if span.end.col and span.end.line in moved else span.end
        return Span(span.artifact, start, end)

    links = tuple(Link(widened(a), widened(b), origin) for a, b, origin in capture.links)
    notes = tuple(note if note.span is None else replace(note, span=widened(note.span)) for note in capture.annotations)
    return replace(capture, artifacts=tuple(artifacts), links=links, annotations=notes)


def _rest_mapped(capture: Capture, change: Change) -> Capture:
    """The capture with other strings, except in its artifacts and links."""
    rest = cast("Capture", _mapped(replace(capture, artifacts=(), links=()), change))
    return replace(rest, artifacts=capture.artifacts, links=capture.links)


def _without_code(value: Any) -> Any:
    """Frames without the code that they quote."""
    if is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {}
        for item in fields(value):
            before = getattr(value, item.name)
            is_code = item.name == "code" and any(other.name == "function" for other in fields(value))
            after = "" if is_code else before if item.name in _BULKY else _without_code(before)
            if after is not before:
                changes[item.name] = after
        return replace(value, **changes) if changes else value
    return type(value)(map(_without_code, value)) if type(value) in (tuple, list) else value


_BULKY = frozenset({"artifacts", "links", "others"})


def _mapped(value: Any, change: Change) -> Any:
    """The same data with other strings, all the way down."""
    if isinstance(value, str):
        return value if isinstance(value, Enum) else change(value)
    if isinstance(value, Mapping):
        return {_mapped(key, change): _mapped(item, change) for key, item in value.items()}
    if type(value) in (tuple, list, set, frozenset):
        return type(value)(_mapped(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{item.name: _mapped(getattr(value, item.name), change) for item in fields(value)})
    return value


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from _strings(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _strings(getattr(value, field.name))
