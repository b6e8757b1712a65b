"""Options as the command line has them, on top of a request: how to compile the same target in another way."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from inspector.errors import UsageError
from inspector.model.request import CacheMode, CaptureRequest

_NUMBERS = ("batch", "seq", "threads", "seed")
_WORDS = ("dtype", "device", "mode")
_FLAGS: dict[str, dict[str, Any]] = {
    "dynamic": {"dynamic": True},
    "static": {"dynamic": False},
    "train": {"train": True},
    "fullgraph": {"fullgraph": True},
    "cold": {"cache": CacheMode.COLD},
    "warm": {"cache": CacheMode.WARM},
}
SUGGESTED = {
    "--dynamic": "dynamic shapes from the start",
    "--static": "never dynamic shapes",
    "--train": "forward and backward",
    "--mode max-autotune": "torch.compile's mode that tries more",
    "--cold": "a true cold start: what the caches are worth",
}
"""What people try first, and in words what it does."""


def with_options(request: CaptureRequest, text: str) -> CaptureRequest:
    """The request with more options.

    Args:
        request: how it was compiled before.
        text: `--dynamic --batch 4`; the options of `inspector TARGET` that say how to compile.

    Raises:
        UsageError: one is unknown, or lacks its value.
    """
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a line of options: {error}.") from error
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or (name in _FLAGS and equals):
            raise UsageError(f"{word!r} is no option.", "One begins with --, such as --dynamic or --batch 4.")
        if name in _FLAGS:
            request = replace(request, **_FLAGS[name])
            continue
        if name not in (*_NUMBERS, *_WORDS, "input", "inductor"):
            known = ", ".join(f"--{item}" for item in (*_FLAGS, *_NUMBERS, *_WORDS, "input", "inductor"))
            raise UsageError(f"There is no option --{name}.", f"There is: {known}.")
        given = value if equals else next(words, None)
        if given is None:
            raise UsageError(f"--{name} needs a value.")
        request = _with_value(request, name, given)
    return request


def _with_value(request: CaptureRequest, name: str, given: str) -> CaptureRequest:
    if name == "input":
        return replace(request, inputs=(*request.inputs, given))
    if name == "inductor":
        key, equals, value = given.partition("=")
        if not key or not equals:
            raise UsageError(f"{given!r} is not KEY=VALUE.", "Such as --inductor max_autotune=True.")
        return replace(request, inductor=(*request.inductor, (key.strip(), value)))
    if name in _WORDS:
        return replace(request, **{name: given})  # type: ignore[arg-type]
    if not (given.isascii() and given.isdigit()) or (int(given) < 1 and name != "seed"):
        raise UsageError(f"--{name} {given} is not a whole number from 1.")
    return replace(request, **{name: int(given)})  # type: ignore[arg-type]
