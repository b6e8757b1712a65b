"""Doing something as soon as a module has been imported, whoever imports it; nothing is imported for it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # at every start of Python; `typing` would cost it more than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


def when_imported(name: str, action: Callable[[], object]) -> None:
    """Calls `action` once, after the module's code has run: now, or as soon as somebody imports it.

    Args:
        name: full name of the module.
        action: must not raise: the import that it follows would seem to have failed.
    """
    if name in sys.modules:
        action()
        return
    _watch.actions.setdefault(name, []).append(action)
    if _watch not in sys.meta_path:
        sys.meta_path.insert(0, _watch)


def forget(name: str, action: Callable[[], object]) -> None:
    """Takes back what was asked of `when_imported`, where it has not happened yet."""
    if action in (waiting := _watch.actions.get(name, [])):
        waiting.remove(action)


class _Watch:
    """A finder that finds nothing itself: it asks the others, and listens when the module's code is run."""

    def __init__(self) -> None:
        self.actions: dict[str, list[Callable[[], object]]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self.actions.get(name):
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                self._listen(name, spec.loader)
                return spec
        return None

    def _listen(self, name: str, loader: Any) -> None:
        """The loader of a file is made for one module, so that it can be given a method of its own, for once."""
        if loader is None or isinstance(loader, type):
            return
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            for action in self.actions.pop(name, ()):
                action()

        loader.exec_module = exec_module


_watch = _Watch()
