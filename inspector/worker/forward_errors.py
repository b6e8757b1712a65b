"""What a failed first call means: inputs that do not fit, or code that raises. Imports torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from inspector.errors import InspectorError, TargetFailed, UsageError, spoken
from inspector.model.addresses import without_addresses
from inspector.targets.base import Built, Inputs, named_tensors
from inspector.targets.dtypes import spell
from inspector.worker.user_errors import user_line, user_traceback, words

_MISFIT = re.compile(
    r"shapes? .*(cannot be multiplied|invalid|mismatch|not aligned|incompatible)"
    r"|[Ss]ize mismatch|size of tensor a|must match the size|[Ss]izes of tensors must match|same reduction dim"
    r"|[Gg]iven normalized_shape|Expected (more than|\d|input|size|hidden|.*-?[Dd]imension)|expected (input|size)"
    r"|must have (the )?same (dtype|size|shape|number of dim)|expected .*dtype|expected scalar type|dtypes? .*match"
    r"|index out of range|out of bounds|[Dd]imension out of range|broadcast|to be equal size"
    r"|[Ii]nput.*(channels|dimension|shape)|missing \d+ required positional|unexpected keyword|takes .* positional"
    r"|not enough values to unpack|too many values to unpack|shape '.*' is invalid|[Ii]nvalid shape|weight of size"
    r"|only Tensors of floating point|Expected tensor for argument .* scalar types?|inconsistent tensor size"
)
"""What torch and Python say when a call's arguments do not fit what is called."""

_INNER = re.compile(r"got (\w+)\((['\"])(.*?)\2\)", re.DOTALL)
"""The operator's own error, in Dynamo's account of a failure on fake tensors."""
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


def explain_forward_error(built: Built, error: BaseException) -> InspectorError:
    """The first call of a target raised, eager or compiled: what to tell the person.

    Returns:
        A `UsageError` where the inputs do not fit and the command line had a say in them, else a
        `TargetFailed`: with what the module said and the inputs it was given. The traceback is its `detail`.
    """
    if isinstance(error, InspectorError):
        return error
    inputs = Inputs(built.args, built.kwargs)
    return forward_failure(error, built.call, inputs, built.name, from_user=built.from_user)


def forward_failure(
    error: BaseException, call: Callable[..., Any], inputs: Inputs, name: str, *, from_user: bool
) -> InspectorError:
    """As `explain_forward_error`, for a call that is no target itself (the model around a submodule)."""
    said, line = _said(error)
    given = ", ".join(f"{key}={spell(value)}" for key, value in named_tensors(call, inputs)) or "none"
    hint = f"Inputs: {given}. At {line}." if line else f"Inputs: {given}."
    detail = user_traceback(error)
    if _is_out_of_memory(error):
        return TargetFailed(f"{name} ran out of memory: {said}", "Try a smaller --batch or --seq.", detail=detail)
    misfit = isinstance(error, (RuntimeError, TypeError, ValueError, IndexError)) and _MISFIT.search(said)
    if misfit and from_user:
        return UsageError(f"{name} does not take these inputs: {said}", hint, detail=detail)
    return TargetFailed(f"{name} raised {said}", hint, detail=detail)


def _said(error: BaseException) -> tuple[str, str]:
    """What went wrong in the module's own words, and the line where it did."""
    text = spoken(error)
    inner = _INNER.search(text)
    said = without_addresses(f"{inner[1]}: {inner[3].splitlines()[0]}") if inner else words(error)
    user_code = text.partition("from user code:")[2]
    frames = _FRAME.findall(user_code)
    return said, f"{frames[-1][0]}:{frames[-1][1]}" if frames else user_line(error)


def _is_out_of_memory(error: BaseException) -> bool:
    text = spoken(error)
    return isinstance(error, MemoryError) or "can't allocate memory" in text or "out of memory" in text
