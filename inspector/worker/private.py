"""How the private parts of torch are touched: checked first, put back afterwards, and told about when they changed.

Everything that reaches behind torch's public interface goes through `replaced`. A part that is not what it was
in the versions we know raises `PrivateChanged`; whoever asked then takes its fall-back and writes a note.
The parts are listed where they are used: passes.py, stacks.py, toolchain.py and kernels.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from inspector.worker import records


class PrivateChanged(Exception):
    """A private part of torch is not there, or not what we know."""


@contextmanager
def replaced(owner: Any, name: str, parameters: Sequence[str], make: Callable[[Any], Any]) -> Iterator[None]:
    """Replaces a function of torch's while the context lasts.

    Args:
        owner: the module or class that holds it.
        name: its name there.
        parameters: the names of the leading parameters that the replacement relies on.
        make: takes the original, returns the replacement.

    Raises:
        PrivateChanged: there is no such function, or it takes other parameters. Nothing was replaced then.
    """
    original = require(owner, name, parameters)
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def require(owner: Any, name: str, parameters: Sequence[str] | None = None) -> Any:
    """A private part of torch that we rely on.

    Args:
        parameters: for a function, the names of its leading parameters; None for anything else.

    Raises:
        PrivateChanged: it is not there, or takes other parameters.
    """
    place = f"{getattr(owner, '__module__', '')}.{owner.__name__}.{name}".lstrip(".")
    try:
        found = getattr(owner, name)
        if parameters is None:
            return found
        have = list(inspect.signature(found).parameters)
    except (AttributeError, TypeError, ValueError) as error:
        raise PrivateChanged(f"torch {torch.__version__} has no {place}") from error
    if have[: len(parameters)] != list(parameters):
        raise PrivateChanged(f"torch {torch.__version__} has another {place}({', '.join(have)})")
    return found


def fallen_back(error: PrivateChanged, consequence: str) -> None:
    """Notes in the trace that a fall-back is taken, and what it costs the reader."""
    records.note("fallback", f"{error}: {consequence}")
