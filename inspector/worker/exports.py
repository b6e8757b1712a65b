"""Exported programs, which torch writes to its detailed trace alone (`TORCH_DTRACE`): here they are written without it.

The detailed trace makes all of a program slow, for the sake of every symbolic expression. So torch is not asked for it:
what `torch.export` would say to it is heard, and where a program's nodes come from is told beside it. An export that
fails is in no trace of torch's; what it tells of it is heard where it logs its use. Private parts used:
`dtrace_structured` and `log_export_usage` as `torch.export._trace` holds them, and that what is given to the first
refers to the program.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch._logging import _internal as logging

from inspector.model.addresses import without_addresses
from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced
from inspector.worker.startup.imports import forget, when_imported
from inspector.worker.trace_file import for_our_logs_alone

EXPORT = "torch.export._trace"
"""Imported when the first program is exported."""
_WRITTEN = ("export", "exported_program")


Told = Callable[[Any, str], None]
"""Takes an exported program and torch's text of it."""


@contextmanager
def hearing_exports(told: Told) -> Iterator[None]:
    """While this lasts, our logs have the records of exports, under torch's own names.

    Args:
        told: of each program that was exported.
    """
    with ExitStack() as undo:

        def hook() -> None:
            with records.unless_it_fails("what is exported"):
                try:
                    undo.enter_context(
                        replaced("exports", f"{EXPORT}:dtrace_structured", functools.partial(_wrap, told))
                    )
                    undo.enter_context(replaced("exports", f"{EXPORT}:log_export_usage", _wrap_usage))
                except PrivateChanged as error:
                    fallen_back(error)

        when_imported(EXPORT, hook)
        try:
            yield
        finally:
            forget(EXPORT, hook)


def _wrap(told: Told, original: Any) -> Any:
    @functools.wraps(original)
    def dtrace_structured(name: str, *args: Any, **kwargs: Any) -> None:
        original(name, *args, **kwargs)
        if name not in _WRITTEN:
            return
        with records.unless_it_fails("an exported program"), for_our_logs_alone():
            if not logging.GET_DTRACE_STRUCTURED:
                logging.trace_structured(name, *args, **kwargs)
            write = kwargs.get("payload_fn")
            if inspect.isfunction(write):
                for program in inspect.getclosurevars(write).nonlocals.values():
                    if type(program).__name__ == "ExportedProgram":
                        told(program, write())

    return dtrace_structured


def _wrap_usage(original: Any) -> Any:
    @functools.wraps(original)
    def log_export_usage(**kwargs: Any) -> None:
        original(**kwargs)
        if str(kwargs.get("event", "")).startswith("export.error"):
            with records.unless_it_fails("an export that failed"):
                words = f"{str(kwargs.get('type', '')).rpartition('.')[2]}: {kwargs.get('message', '')}"
                records.write("export_failed", {"error": without_addresses(words)})

    return log_export_usage
