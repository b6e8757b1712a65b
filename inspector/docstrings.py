"""Docstrings that are shown to people, also under `python -OO`, which leaves them out of the compiled code."""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import ModuleType
from typing import Any


def docstring(of: Any) -> str:
    """The docstring of a module or a function; empty where it has none."""
    if of.__doc__ is not None:
        return str(of.__doc__)
    tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
    node = tree if isinstance(of, ModuleType) else tree.body[0]
    assert isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef)
    return ast.get_docstring(node, clean=False) or ""
