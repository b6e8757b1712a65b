"""Whether a thread compiles a forward or a backward graph: autograd compiles the latter on threads of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Direction(threading.local):
    """The calling thread's direction."""

    backward: bool = False
    """Whether the graph that this thread compiles is a backward one."""

    @contextmanager
    def of(self, *, backward: bool) -> Iterator[None]:
        """While this lasts, the calling thread compiles that way."""
        before, self.backward = self.backward, backward
        try:
            yield
        finally:
            self.backward = before
