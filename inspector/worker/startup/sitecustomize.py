"""Python imports this by name when it starts, in every process below `inspector run`; it waits for torch.

A process that never imports torch pays for these few lines and nothing else. A `sitecustomize` of the machine's own
is imported as it would be without this one, which takes its folder out of the search path again.
"""

from __future__ import annotations

import importlib.util
import os
import sys

TYPE_CHECKING = False  # as in imports.py
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 - pathlib would cost more than all the rest
_PACKAGE = os.path.dirname(os.path.dirname(_HERE))  # noqa: PTH120


def _wait_for_torch() -> None:
    """torch's own compile workers, which it starts by the dozen, generate no code: they are left alone."""
    if any("compile_worker" in word for word in sys.orig_argv):
        return
    watching: Any = _load("_inspector_imports", os.path.join(_HERE, "imports.py"))  # noqa: PTH118
    watching.when_imported("torch", _begin)


def _begin() -> None:
    """torch is there: begins to record. Whatever may be wrong is said, and the script goes on."""
    try:
        found = sys.modules.get("inspector") or importlib.util.find_spec("inspector")
        place = getattr(found, "__file__", None) or getattr(found, "origin", None)
        if found is None:
            _load("inspector", os.path.join(_PACKAGE, "__init__.py"), [_PACKAGE])  # noqa: PTH118
        elif place is None or os.path.dirname(os.path.realpath(place)) != _PACKAGE:  # noqa: PTH120
            raise ImportError(f"the script has a module of its own called inspector: {place}")
        from inspector.worker.record import begin

        begin()
    except Exception as error:  # noqa: BLE001 - it is ours, and must cost the script nothing
        sys.stderr.write(f"inspector: process {os.getpid()} is not recorded: {type(error).__name__}: {error}\n")


def _load(name: str, file: str, inside: list[str] | None = None) -> object:
    """Imports a file under a name without touching the search path."""
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no {file}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _make_way() -> None:
    """Lets the machine's own `sitecustomize` have its turn; what it raises is Python's to report."""
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != _HERE]
    ours = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", ours)


def _tell_of_the_start(folder: str) -> None:
    """For `inspector start`: tells what takes time. What may be wrong with that costs the program nothing."""
    try:
        starting: Any = _load("_inspector_starting", os.path.join(_HERE, "starting.py"))  # noqa: PTH118
        starting.begin(folder)
    except Exception as error:  # noqa: BLE001 - it is ours
        sys.stderr.write(f"inspector: the start of {os.getpid()} is not told: {type(error).__name__}: {error}\n")


if __name__ == "sitecustomize":
    if _start := os.environ.get("INSPECTOR_START"):
        _tell_of_the_start(_start)
    else:
        _wait_for_torch()
    _make_way()
