"""Foreign exceptions in a person's own words and lines: what they wrote, not what torch or inspector did with it."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any

import torch

from inspector.errors import TargetFailed, spoken
from inspector.model.addresses import without_addresses

_OURS = str(Path(__file__).parents[1])
_GALLERY = str(Path(_OURS) / "targets")
_TORCH = str(Path(torch.__file__).parent)
_PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_LIBRARIES = (_TORCH, *_PACKAGES, sysconfig.get_path("stdlib"))

_SPEECHLESS = ("Error", "Exception")
"""How a first line ends that names an exception and says nothing more."""


def is_users(file: str) -> bool:
    """Whether a traceback's file is the person's own: not inspector, torch, an installed package or Python."""
    if file.startswith("<") or _is_generated(file) or (file.startswith(_OURS) and not file.startswith(_GALLERY)):
        return False
    return not file.startswith(_LIBRARIES)


def _is_generated(file: str) -> bool:
    """Whether it is code of Inductor's, which lies in its cache."""
    cache = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    return "/torchinductor_" in file or (bool(cache) and file.startswith(f"{cache}/"))


def user_line(error: BaseException) -> str:
    """`file.py:12` of the innermost line that the person wrote, else of a package's that is neither torch nor ours.

    Empty where there is none of these.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if is_users(frame.filename)]
    packages = [
        frame for frame in frames if frame.filename.startswith(_PACKAGES) and not frame.filename.startswith(_TORCH)
    ]
    best = theirs or packages
    return f"{best[-1].filename}:{best[-1].lineno}" if best else ""


def words(error: BaseException) -> str:
    """`ValueError: the first line of what it says`; of one that says nothing, where it was raised."""
    text = error.msg if isinstance(error, SyntaxError) else spoken(error)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "").rstrip(": ")
    said = without_addresses(f"{type(error).__name__}: {first}" if first else type(error).__name__)
    if not said.endswith(_SPEECHLESS):
        return said
    frames = traceback.extract_tb(_innermost(error).__traceback__)
    return f"{said} in {frames[-1].name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else said


def _innermost(error: BaseException) -> BaseException:
    """What an exception was raised from, if it was."""
    return error if error.__cause__ is None else _innermost(error.__cause__)


def user_traceback(error: BaseException) -> str:
    """The traceback from the first line that the person wrote, without what led there."""
    if isinstance(error, SyntaxError):  # raised before any of it ran, so that no frame is theirs
        return "".join(traceback.format_exception_only(error))
    trace = error.__traceback__
    while trace is not None and not is_users(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))


def user_failure(error: BaseException, what: str) -> TargetFailed:
    """The person's code raised.

    Args:
        error: what it raised.
        what: what was being done, in words: `model.py could not be imported`.
    """
    line = user_line(error)
    return TargetFailed(f"{what}: {words(error)}", f"At {line}." if line else "", detail=user_traceback(error))


def ending() -> dict[str, Any]:
    """The exception that Python had to report itself before this process ended, and the user's line of it.

    Python keeps it before it calls `sys.excepthook`, which is the program's; an exit code is not kept anywhere.
    """
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if not isinstance(error, BaseException):
        return {"error": ""}
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    told: dict[str, Any] = {"error": words(error)}
    if own:
        last = own[-1]
        told |= {"file": last.filename, "line": last.lineno, "function": last.name, "code": last.line or ""}
    return told
