"""The one place where exceptions of torch and of the user's code become something a person can act on."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from inspector.errors import EnvironmentLacking, InspectorError, TargetFailed, spoken
from inspector.model.addresses import without_addresses
from inspector.worker.user_errors import words

_ALLOCATOR = re.compile(r"you tried to allocate (\d+) bytes")
_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "CUDA out of memory",
    "std::bad_alloc",
    "Killed signal terminated program",  # g++, of its own compiler
)


def translate(
    error: BaseException, *, name: str, own: Callable[[Exception], InspectorError], eager: Callable[[], Any]
) -> InspectorError:
    """What to tell a person about an exception that came out of compiling or calling the target.

    Args:
        name: the target, as a person knows it.
        own: what to tell about an exception of the target's own.
        eager: calls the target without torch.compile, which tells its own exceptions from the compiler's.
    """
    detail = "".join(traceback.format_exception(error))
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, InspectorError):
            return cause
        if (full := out_of_memory(cause, detail)) is not None:
            return full
    kinds = {type(cause).__name__: cause for cause in reversed(causes)}
    if (compiler := kinds.get("CppCompileError")) is not None:
        return _compiler_failed(getattr(compiler, "output", str(compiler)), detail)
    try:
        eager()
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is the target's own
        return own(raised)
    if (unsupported := kinds.get("Unsupported") or kinds.get("UserError")) is not None:
        place = _place(unsupported)
        return TargetFailed(
            f"Dynamo cannot make one graph of {name}{place}: {without_addresses(_first_line(str(unsupported)))}",
            "Leave out --fullgraph to see the graph break and what is compiled around it.",
            detail=detail,
        )
    return TargetFailed(
        f"torch.compile failed on {name}: {words(causes[-1])}",
        "The stages up to there are kept. --traceback shows the whole of torch's report.",
        detail=detail,
    )


def _place(error: BaseException) -> str:
    """` (file.py:12)`: where in the user's code Dynamo was, as it keeps it; empty where it does not say."""
    frames = list(getattr(error, "real_stack", None) or ())
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what is inside it, outermost first; torch hides some in `inner_exception`."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "inner_exception", None) or current.__cause__


def out_of_memory(error: BaseException, detail: str) -> TargetFailed | None:
    """What to tell about an allocation that failed, with figures; None for any other error."""
    if not isinstance(error, MemoryError) and not any(words in spoken(error) for words in _MEMORY):
        return None
    memory = psutil.virtual_memory()
    tried = _ALLOCATOR.search(spoken(error))
    wanted = f" for {_gigabytes(int(tried[1]))}" if tried else ""
    return TargetFailed(
        f"There is not enough memory{wanted}: {_gigabytes(memory.available)} of {_gigabytes(memory.total)} are free.",
        "Try a smaller --batch or --seq, --dtype bf16, or a smaller target.",
        detail=detail,
    )


def _compiler_failed(output: str, detail: str) -> EnvironmentLacking | TargetFailed:
    """The C++ compiler's own first error, in place of the page of command lines around it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = next((line for line in lines if re.search(r"\berror\b", line)), lines[-1] if lines else "no message")
    if "No space left" in output:
        return EnvironmentLacking("The C++ compiler found no space left on the disk.", "Free some.", detail=detail)
    return TargetFailed(
        f"The C++ compiler could not build a generated kernel: {told}",
        "`inspector doctor` checks the compiler; CXX names another one.",
        detail=detail,
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _gigabytes(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
