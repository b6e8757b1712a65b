"""Exported programs, which torch writes to its detailed trace alone (`TORCH_DTRACE`): here they are written without it.

The detailed trace makes all of a program slow, for the sake of every symbolic expression. So torch is not asked for it:
what `torch.export` would say to it is heard. Private part used: `dtrace_structured` as `torch.export._trace` holds it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch._logging import _internal as logging

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced
from inspector.worker.startup.imports import forget, when_imported
from inspector.worker.trace_file import for_our_logs_alone

EXPORT = "torch.export._trace"
"""Imported when the first program is exported."""
_WRITTEN = ("export", "exported_program")


@contextmanager
def hearing_exports() -> Iterator[None]:
    """While this lasts, our logs have the records of exports, under torch's own names."""
    with ExitStack() as undo:

        def hook() -> None:
            with records.unless_it_fails("what is exported"):
                try:
                    undo.enter_context(replaced("exports", f"{EXPORT}:dtrace_structured", _wrap))
                except PrivateChanged as error:
                    fallen_back(error)

        when_imported(EXPORT, hook)
        try:
            yield
        finally:
            forget(EXPORT, hook)


def _wrap(original: Any) -> Any:
    @functools.wraps(original)
    def dtrace_structured(name: str, *args: Any, **kwargs: Any) -> None:
        original(name, *args, **kwargs)
        if name in _WRITTEN and not logging.GET_DTRACE_STRUCTURED:
            with records.unless_it_fails("an exported program"), for_our_logs_alone():
                logging.trace_structured(name, *args, **kwargs)

    return dtrace_structured
