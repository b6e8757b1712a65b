"""Which function continues which after a graph break: Dynamo names it in the bytecode, and compiles it by itself.

Private part used: `OutputGraph.install_global_unsafe`, through which the resumed function gets its name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType, FunctionType
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced

_PREFIX = "__resume_at_"


class Resumes:
    """The resumed functions that Dynamo made in this process."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[CodeType, dict[str, str]]] = {}
        """By `id` of its code, which is kept: equal code of two functions is two."""

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While this lasts, resumed functions are known by name; where torch changed, a note says so."""
        with ExitStack() as stack:
            try:
                name = "torch._dynamo.output_graph:OutputGraph.install_global_unsafe"
                stack.enter_context(replaced("resumes", name, self._wrap))
            except PrivateChanged as error:
                fallen_back(error)
            yield

    def continued_by(self, code: CodeType) -> dict[str, str] | None:
        """What a function continues: `compile_id`, and the `name` that the bytecode of that one calls it by."""
        found = self._made.get(id(code))
        return None if found is None else found[1]

    def _wrap(self, original: Any) -> Any:
        @functools.wraps(original)
        def install_global_unsafe(output: Any, name: str, value: Any) -> Any:
            if isinstance(value, FunctionType) and name.startswith(_PREFIX):
                of = {"compile_id": records.current_compile_id() or "", "name": name}
                self._made[id(value.__code__)] = value.__code__, of
            return original(output, name, value)

        return install_global_unsafe
