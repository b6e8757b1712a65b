"""Finds the object that `path/to/file.py:name` or `package.module:name` stands for."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from inspector.errors import InspectorError, UsageError
from inspector.targets.nearest import did_you_mean, listed
from inspector.worker.user_errors import user_failure


def fetch(target: str) -> Any:
    """The object itself; importing runs the person's code.

    Args:
        target: `path/to/file.py:name` or `package.module:name`, where name may go on with dots.

    Raises:
        UsageError: no such file, module or name.
        TargetFailed: the code raised while it was imported.
    """
    _compile_from_text()
    place, _, name = target.rpartition(":")
    module = _import_file(Path(place)) if place.endswith(".py") or "/" in place else _import_module(place)
    if not name:
        raise UsageError(f"{target} does not say which object to compile.", _offer(module))
    value: Any = module
    path = place
    for part in name.split("."):
        value = _attribute(value, part, path, module)
        path = f"{path}:{part}" if path == place else f"{path}.{part}"
    return value


def names_to_compile(module: ModuleType) -> list[str]:
    """The module's own public names that could be targets: functions, modules and module classes."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (isinstance(value, nn.Module) or getattr(value, "__module__", None) == module.__name__)
        and callable(value)
        and not (isinstance(value, type) and not issubclass(value, nn.Module))
    ]


def _attribute(value: Any, name: str, path: str, module: ModuleType) -> Any:
    if isinstance(value, (nn.ModuleList, nn.Sequential)) and name.lstrip("-").isdecimal():
        known: Iterable[str] = [str(index) for index in range(len(value))]
        if name in known:
            return value[int(name)]
    elif hasattr(value, name):
        return getattr(value, name)
    else:
        known = [item for item in dir(value) if not item.startswith("_")]
    if value is module:
        raise UsageError(f"{path} has no {name!r}.{did_you_mean(name, known)}", _offer(module))
    raise UsageError(f"{path} has no {name!r}.{did_you_mean(name, known)}")


def _offer(module: ModuleType) -> str:
    names = names_to_compile(module)
    return f"What it defines: {listed(names)}." if names else "It defines no function and no Module."


def _compile_from_text() -> None:
    """Has the person's files read and not Python's cache of them, which knows a text by a second and a size.

    What was saved twice within a second would be the first one still; and nothing is left beside the file.
    """
    SourceFileLoader.path_stats = _path_stats  # type: ignore[method-assign, assignment]


_stats = SourceFileLoader.path_stats
_INSTALLED = tuple(
    f"{folder}{os.sep}"
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(torch.__file__).parent,  # also where it is edited in place
        Path(__file__).parents[1],
    )
)


def _path_stats(loader: SourceFileLoader, path: str) -> Mapping[str, object]:
    if path.startswith(_INSTALLED):
        return _stats(loader, path)
    raise OSError  # for which a loader neither looks for a cache nor writes one


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        folder = path.parent
        near = did_you_mean(path.name, [item.name for item in folder.glob("*.py")]) if folder.is_dir() else ""
        reason = "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
        raise UsageError(f"{path} {reason}.{near}", "A target is path/to/file.py:name.")
    path = path.resolve()
    root, name = _package_of(path)
    for entry in (str(root), str(path.parent)):
        if entry not in sys.path:
            sys.path.insert(0, entry)
    if "." in name:  # inside a package: imported by its full name, so that its relative imports work
        return _guarded(lambda: importlib.import_module(name), str(path))
    return _guarded(lambda: _execute(path, name), str(path))


def _package_of(path: Path) -> tuple[Path, str]:
    """The folder that must be on `sys.path`, and the module's full name seen from there."""
    names = [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _execute(path: Path, name: str) -> ModuleType:
    """Imports a file that lies in no package, also where its name is taken (a `test.py`, an `inspector.py`)."""
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"_target_{name}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs, as dataclasses and pickling inside it look themselves up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return _guarded(lambda: importlib.import_module(name), name)
    except InspectorError as error:
        cause = error.__cause__
        # the module that was asked for is missing, rather than one that it imports
        if isinstance(cause, ModuleNotFoundError) and f"{name}.".startswith(f"{cause.name}."):
            raise UsageError(
                f"There is no module named {cause.name!r}.",
                "It is looked for where Python looks, and in the working directory; a file is path/to/file.py:name.",
            ) from cause
        raise


def _guarded(work: Callable[[], ModuleType], name: str) -> ModuleType:
    try:
        return work()
    except SystemExit as error:
        raise UsageError(
            f"{name} calls sys.exit({error.code!r}) while it is imported.",
            'What it does as a program belongs under `if __name__ == "__main__":`.',
        ) from error
    except Exception as error:
        raise user_failure(error, f"{name} could not be imported") from error
