"""The source of a target before anything is imported: the file is there, and its syntax tree has the name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from inspector.errors import InspectorError
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.regular import read_regular

_LARGEST = 1 << 20
"""Bytes of a file that is looked at."""


class _Name(NamedTuple):
    """A name in a file."""

    path: Path
    name: str


def early_source(request: CaptureRequest) -> Artifact | None:
    """The file that a target is written in, on the line where it begins; None where that takes an import to know.

    What the worker finds by running is what counts: it takes the place of this as soon as it is there.
    """
    if request.target is None:
        return None
    with suppress(OSError, ValueError, SyntaxError, RecursionError, InspectorError):
        found = _own(request.target) if ":" in request.target else _of_gallery(request.target)
        if found is not None:
            return _artifact(found)
    return None


def _own(target: str) -> _Name | None:
    """`path/to/file.py:name` or `package.module:name`."""
    where, _, name = target.rpartition(":")
    path = Path(where).expanduser() if where.endswith(".py") else _module(where, [str(Path.cwd()), *sys.path])
    return _Name(path.resolve(), name.partition(".")[0]) if path is not None else None


def _module(name: str, places: list[str]) -> Path | None:
    """The file of a module, found without importing the packages that it is in."""
    top, *rest = name.split(".")
    spec = PathFinder.find_spec(top, places)
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        base = Path(folder, *rest)
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
    return None


def _of_gallery(target: str) -> _Name | None:
    """The class or function that a target of the gallery builds."""
    from inspector.targets import find

    path = find(target).path
    tree = ast.parse(read_regular(path))
    build = next((item for item in tree.body if isinstance(item, ast.FunctionDef) and item.name == "build"), None)
    call = next((item for item in ast.walk(build or tree) if _is_built(item)), None)
    if build is None or not isinstance(call, ast.Call) or not call.args:
        return None
    given = {
        item.targets[0].id: item.value
        for item in ast.walk(build)
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)
    }
    defined = {item.name for item in tree.body if isinstance(item, ast.FunctionDef | ast.ClassDef)}
    imported = {
        (alias.asname or alias.name): (item.module, alias.name)
        for item in tree.body
        if isinstance(item, ast.ImportFrom) and item.module
        for alias in item.names
    }
    for name in _names(call.args[0], given):
        if name in defined:
            return _Name(path, name)
        module, original = imported.get(name, ("", ""))
        if name[:1].isupper() and (file := _module(module, sys.path) if module else None) is not None:
            return _Name(file, original)
    return None


def _is_built(item: ast.AST) -> bool:
    return isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr == "built"


def _names(value: ast.expr, given: dict[str, ast.expr]) -> Iterator[str]:
    """The names in an expression; a variable's are those of what it was given."""
    for item in ast.walk(value):
        if isinstance(item, ast.Name):
            if item.id in given and given[item.id] is not value:
                yield from _names(given[item.id], {key: kept for key, kept in given.items() if key != item.id})
            else:
                yield item.id


def _artifact(found: _Name) -> Artifact | None:
    text = read_regular(found.path, _LARGEST).decode()
    line = _line(ast.parse(text), found.name)
    if line is None:
        return None
    key = artifact_id(Stage.SOURCE, None, None, found.path.name)
    return Artifact(key, Stage.SOURCE, None, None, Language.PYTHON, text, str(found.path), line)


def _line(tree: ast.Module, name: str) -> int | None:
    """Where what is called begins: a module's `forward`, a function."""
    for item in tree.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == name:
            return item.lineno
        if isinstance(item, ast.ClassDef) and item.name == name:
            forward = (part for part in item.body if isinstance(part, ast.FunctionDef) and part.name == "forward")
            return next((part.lineno for part in forward), item.lineno)
        if isinstance(item, ast.Assign) and any(isinstance(at, ast.Name) and at.id == name for at in item.targets):
            return item.lineno
    return None
