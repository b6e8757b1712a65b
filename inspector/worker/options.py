"""torch.compile's `mode` and Inductor's options as a person types them, checked before anything is compiled."""

from __future__ import annotations

import ast
import contextlib
import types
from typing import Any, Literal, Union, get_args, get_origin

from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.nearest import did_you_mean, listed


def compile_patches(request: CaptureRequest, dynamic: bool | None) -> dict[str, Any]:
    """The Inductor configuration that the request's `mode` and `inductor` stand for; the latter wins.

    Raises:
        UsageError: no such mode or key, or a value that the key does not take.
    """
    import torch._inductor as inductor

    modes: dict[str, Any] = inductor.list_mode_options(dynamic=dynamic)
    if request.mode is not None and request.mode not in modes:
        raise UsageError(
            f"torch.compile has no mode {request.mode!r}.{did_you_mean(request.mode, modes)}",
            f"Modes: {listed(modes, 'and')}.",
        )
    patches = dict(modes[request.mode]) if request.mode else {}
    for key, text in request.inductor:
        name, value = inductor_option(key, text)
        patches[name] = value
    return patches


def inductor_option(key: str, text: str) -> tuple[str, Any]:
    """One `KEY=VALUE`: the key as `torch._inductor.config` has it, the value as a Python value of the right type.

    Raises:
        UsageError: an unknown key, or a value of another type.
    """
    from torch._inductor import config

    known: dict[str, Any] = config.get_config_copy()
    name = key.replace("-", "_")
    if name not in known:
        raise UsageError(
            f"Inductor has no option {key!r}.{did_you_mean(name, known)}",
            "`torch._inductor.config` documents its options.",
        )
    wanted = config.get_type(name)  # type: ignore[attr-defined]
    for value in _readings(text):
        if _fits(value, wanted):
            return name, value
    raise UsageError(
        f"Inductor's option {name} cannot be {text!r}.",
        f"It takes {_spell(wanted)}; here it is {known[name]!r} by default.",
    )


def _readings(text: str) -> list[Any]:
    """What a text may mean, most literal first: a Python literal, a switch, or itself."""
    readings: list[Any] = []
    with contextlib.suppress(ValueError, SyntaxError):
        readings.append(ast.literal_eval(text))
    switches = {"true": True, "1": True, "false": False, "0": False, "none": None}
    if text.lower() in switches:
        readings.append(switches[text.lower()])
    return [*readings, text]


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value is of a type as written in torch's configuration."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return any(_fits(value, item) for item in arguments)
    if origin is Literal:
        return value in arguments
    if wanted is Any or wanted is None:
        return wanted is Any or value is None
    if isinstance(value, bool) and wanted in (int, float):
        return False  # Python takes True for a number; a person does not
    kind = (int, float) if wanted is float else origin or wanted
    return isinstance(kind, type | tuple) and isinstance(value, kind)


def _spell(wanted: Any) -> str:
    """A type in words."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return listed(map(_spell, arguments), "or")
    if origin is Literal:
        return listed(map(repr, arguments), "or")
    words = {bool: "True or False", int: "a whole number", float: "a number", str: "text", type(None): "None"}
    return words.get(wanted, str(wanted).removeprefix("typing."))
