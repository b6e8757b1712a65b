"""The errors a person can meet, each with a way out and an exit code.

Foreign exceptions are translated into these at one boundary (the worker for torch, the bundle reader for
files) and reported at one exit: one line on the command line, a modal in the terminal face.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_TARGET_FAILED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3
EXIT_UNKNOWN = 4
"""What was asked cannot be told from what is recorded: neither yes nor no."""
EXIT_INTERRUPTED = 130


class InspectorError(Exception):
    """Something went wrong that a person can act on.

    Args:
        message: what was wrong, one sentence, no trailing newline.
        hint: what to do about it; empty when there is nothing useful to say.
        detail: the long form (a traceback, the end of a log), shown on request only.
    """

    exit_code: int = EXIT_TARGET_FAILED

    def __init__(self, message: str, hint: str = "", *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class TargetFailed(InspectorError):
    """The user's code, or the compiler on it, raised: exit code 1."""


class UsageError(InspectorError):
    """The command line, a target's name, an input or a file is not what it should be: exit code 2."""

    exit_code = EXIT_USAGE


class EnvironmentLacking(InspectorError):
    """The machine lacks something the command needs (a compiler, torch, objdump): exit code 3."""

    exit_code = EXIT_ENVIRONMENT


class Interrupted(InspectorError):
    """The person stopped it: exit code 130."""

    exit_code = EXIT_INTERRUPTED


_BY_CODE: dict[int, type[InspectorError]] = {
    cls.exit_code: cls for cls in (TargetFailed, UsageError, EnvironmentLacking, Interrupted)
}


def from_exit_code(code: int, message: str, hint: str = "", *, detail: str = "") -> InspectorError:
    """The error whose exit code is `code`; an unknown code is a failed target."""
    return _BY_CODE.get(code, TargetFailed)(message, hint, detail=detail)


def spoken(error: BaseException) -> str:
    """What an exception says of itself; where it cannot even do that, what Python prints in place of it."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - it is anybody's code
        return "<exception str() failed>"
