"""Which nodes each call of a kernel or library function computes, where torch does not write it down.

torch keeps such a mapping when it is asked to track provenance, and leaves that of backward graphs out of its record.
Asking it is part of a program's settings: its caches have other keys then and its code other comments. So where the
program has not asked, torch's own function is asked call by call, and answers us alone. Private parts used:
`set_kernel_post_grad_provenance_tracing`, as three modules hold it, `reset_provenance_globals` and
`_inductor_triton_kernel_to_post_grad_node_info`, the mapping as it fills it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced, require

_MAPPING = "_inductor_triton_kernel_to_post_grad_node_info"
_FUNCTION = "set_kernel_post_grad_provenance_tracing"
_HOLDERS = ("torch._inductor.debug", "torch._inductor.codegen.cpp", "torch._inductor.codegen.triton")


class _Here(threading.local):
    heard: dict[str, list[str]] | None = None
    """`kernel:number` → nodes of the graph that this thread compiles; None while it compiles none for us."""


class ProvenanceWriter:
    """Writes the nodes of each graph's calls, in the order of the code, as torch's `kernel:number`."""

    def __init__(self) -> None:
        self._here = _Here()

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While this lasts, Inductor's calls are heard; where torch's private parts changed, a note says so."""
        with ExitStack() as stack:
            try:
                for name in (_MAPPING, "reset_provenance_globals"):
                    require("provenance", f"{_HOLDERS[0]}:{name}")
                for holder in _HOLDERS:
                    stack.enter_context(replaced("provenance", f"{holder}:{_FUNCTION}", self._wrap))
            except PrivateChanged as error:
                stack.close()
                fallen_back(error)
            yield

    @contextmanager
    def recording(self, *, backward: bool) -> Iterator[None]:
        """Around the compile of one graph by this thread: writes what torch does not."""
        from torch._inductor import config

        torch_writes = config.trace.provenance_tracking_level != 0 and not backward
        before, self._here.heard = self._here.heard, {}
        try:
            yield
        finally:
            heard, self._here.heard = self._here.heard, before
            if heard and not torch_writes:
                payload = {"backward": backward, "postToPre": {}, "cppCodeToPost": heard}
                records.write("provenance", records.owner() | payload)

    def _wrap(self, original: Any) -> Any:
        from torch._inductor import config, debug

        @functools.wraps(original)
        def set_provenance(node_schedule: Any, kernel_name: Any, *args: Any, **kwargs: Any) -> Any:
            heard = self._here.heard
            if heard is None or not kernel_name:
                return original(node_schedule, kernel_name, *args, **kwargs)
            if asked := config.trace.provenance_tracking_level != 0:
                number = original(node_schedule, kernel_name, *args, **kwargs)
            with records.unless_it_fails(f"the nodes of {kernel_name}"):
                if asked:
                    key, nodes = f"{kernel_name}:{number}", getattr(debug, _MAPPING).get(f"{kernel_name}:{number}")
                else:
                    key = f"{kernel_name}:{len(heard) + 1}"
                    with debug.reset_provenance_globals(), config.patch({"trace.provenance_tracking_level": 1}):
                        original(node_schedule, kernel_name, *args, **kwargs)
                        nodes = next(iter(getattr(debug, _MAPPING).values()), None)
                heard[key] = list(nodes or ())
            return number if asked else None

        return set_provenance
