"""A price in the forms of other tools: a flame graph as SVG, folded stacks, speedscope's JSON, pprof's protobuf."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from inspector.bundle.price_svg import flame_svg
from inspector.errors import UsageError
from inspector.model.capture import Capture
from inspector.model.price import Price
from inspector.price import Joined, Stack, StackLevel, stacks
from inspector.version import __version__


def form_of(path: Path) -> str:
    """The ending that says in which form to write.

    Raises:
        UsageError: it says none that is known.
    """
    for ending in _FORMS:
        if path.name.endswith(ending):
            return ending
    raise UsageError(f"{path.name} does not say in which form to write.", f"Its name ends with {', '.join(_FORMS)}.")


def exported(capture: Capture, price: Price, path: Path) -> bytes:
    """The file's contents.

    Raises:
        UsageError: as `form_of`.
    """
    found = stacks(Joined(capture, price))
    title = f"{capture.target.get('name') or 'compiled'}, {price.shape}"
    return _FORMS[form_of(path)](found, title)


def folded(found: Sequence[Stack], _title: str) -> bytes:
    """A line for each stack, its frames between semicolons, then its nanoseconds a call."""
    lines = (
        f"{';'.join(_name(frame).replace(';', ',') for frame in frames)} {round(seconds * 1e9)}\n"
        for frames, seconds in found
    )
    return "".join(lines).encode(errors="replace")


def speedscope(found: Sequence[Stack], title: str) -> bytes:
    """https://www.speedscope.app/file-format-schema.json, a sampled profile with weights in seconds."""
    numbers = _numbered(frame for frames, _ in found for frame in frames)
    weights = [seconds for _, seconds in found]
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": f"inspector {__version__}",
        "name": title,
        "shared": {
            "frames": [
                {"name": _name(frame), **({"file": frame.file, "line": frame.line} if frame.file else {})}
                for frame in numbers
            ]
        },
        "profiles": [
            {
                "type": "sampled",
                "name": title,
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": [[numbers[frame] for frame in frames] for frames, _ in found],
                "weights": weights,
            }
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")


def pprof(found: Sequence[Stack], _title: str) -> bytes:
    """google/pprof's profile.proto, gzipped: one sample for each stack, nanoseconds a call."""
    texts = {"": 0}

    def text(words: str) -> int:
        return texts.setdefault(words, len(texts))

    value_type = _field(1, text("time")) + _field(2, text("nanoseconds"))
    numbers = _numbered(frame for frames, _ in found for frame in frames)
    body = _message(1, value_type)
    for frames, seconds in found:
        locations = b"".join(_varint(numbers[frame] + 1) for frame in reversed(frames))
        body += _message(2, _message(1, locations) + _message(2, _varint(round(seconds * 1e9))))
    for frame, number in numbers.items():
        line = _field(1, number + 1) + _field(2, frame.line)
        body += _message(4, _field(1, number + 1) + _message(4, line))
        function = _field(1, number + 1) + _field(2, text(_name(frame))) + _field(4, text(frame.file))
        body += _message(5, function)
    body += b"".join(_message(6, words.encode(errors="replace")) for words in texts)
    return gzip.compress(body, mtime=0)


def _name(frame: StackLevel) -> str:
    return frame.name.replace("\n", " ") or "?"


def _numbered(frames: Iterable[StackLevel]) -> dict[StackLevel, int]:
    found: dict[StackLevel, int] = {}
    for frame in frames:
        found.setdefault(frame, len(found))
    return found


def _varint(number: int) -> bytes:
    def digits() -> Iterator[int]:
        left = number
        while left >= 0x80:
            yield left & 0x7F | 0x80
            left >>= 7
        yield left

    return bytes(digits())


def _field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _message(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


_FORMS: dict[str, Callable[[Sequence[Stack], str], bytes]] = {
    ".speedscope.json": speedscope,
    ".folded": folded,
    ".pprof": pprof,
    ".svg": flame_svg,
}
"""What a file's name ends with → what writes it."""
