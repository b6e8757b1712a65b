"""How the private parts of torch are touched: checked first, put back afterwards, and told about when they changed.

Which parts there are stands in the register; nothing else can be asked for here. A part that is not what it was in the
versions we know raises `PrivateChanged`; whoever asked then takes its fall-back and writes a note.
"""

from __future__ import annotations

import inspect
import logging
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from inspector.worker import records
from inspector.worker.private_part import LOGGER, PrivatePart
from inspector.worker.register import USES

_NONE = object()


class PrivateChanged(Exception):
    """A private part of torch is not there, or not what we know.

    Args:
        use: what it is needed for, as the register calls it.
    """

    def __init__(self, use: str, message: str) -> None:
        super().__init__(message)
        self.use = use


def set_option(config: Any, name: str, value: Any) -> None:
    """Sets an option of torch's for the rest of this process."""
    setattr(config, name, value)


@contextmanager
def swapped(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Gives an attribute another value while the context lasts; afterwards the owner is as it was.

    That holds too for a static method, which reading gives as a function, and for what the owner inherits.
    """
    before = vars(owner).get(name, _NONE)
    setattr(owner, name, staticmethod(value) if isinstance(before, staticmethod) else value)
    try:
        yield
    finally:
        if before is _NONE:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


@contextmanager
def replaced(use: str, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Replaces a function of torch's while the context lasts.

    Args:
        use: what for, as the register calls it.
        name: `torch._inductor.scheduler:Scheduler.codegen`.
        make: takes the original, returns the replacement.

    Raises:
        PrivateChanged: there is no such function, or it takes other parameters. Nothing was replaced then.
    """
    original = require(use, name)
    replacement = make(original)
    if not hasattr(replacement, "__wrapped__"):  # the next one to replace it sees the parameters of torch's
        replacement.__wrapped__ = original
    module, _, path = name.partition(":")
    holder, _, attribute = path.rpartition(".")
    with swapped(pkgutil.resolve_name(f"{module}:{holder}" if holder else module), attribute, replacement):
        yield


def require(use: str, name: str) -> Any:
    """A private part of torch that we rely on.

    Raises:
        PrivateChanged: it is not there, or takes other parameters.
        KeyError: it is not in the register.
    """
    part = {item.name: item for item in USES[use].parts}[name]
    if problem := changed(part):
        raise PrivateChanged(use, f"torch {torch.__version__} {problem}")
    return pkgutil.resolve_name(name)


def changed(part: PrivatePart, *, whole: bool = False) -> str:
    """What is another thing than we know, `has no torch.x.y`; empty where nothing is.

    Args:
        whole: whether the parameters have to be those that the register has and no more.
    """
    if part.name.startswith(LOGGER):
        name = part.name.removeprefix(LOGGER)
        return "" if name in logging.Logger.manager.loggerDict else f"has no logger {name}"
    place = part.name.replace(":", ".")
    try:
        found = pkgutil.resolve_name(part.name)
        if part.parameters is None:
            return ""
        have = tuple(inspect.signature(found).parameters)
    except (ImportError, AttributeError, TypeError, ValueError):
        return "" if part.parameters is None and _is_annotated(part.name) else f"has no {place}"
    if (have if whole else have[: len(part.parameters)]) != part.parameters:
        return f"has another {place}({', '.join(have)})"
    return ""


def _is_annotated(name: str) -> bool:
    """Whether a class says that its instances have such an attribute, which it does not have itself."""
    holder, _, attribute = name.rpartition(".")
    try:
        return any(attribute in vars(base).get("__annotations__", ()) for base in pkgutil.resolve_name(holder).__mro__)
    except (ImportError, AttributeError, ValueError):
        return False


def fallen_back(error: PrivateChanged, use: str = "") -> None:
    """Notes in the trace that a fall-back is taken, and what it costs the reader.

    Args:
        use: where more than the missing part says: what is lost then.
    """
    records.note("fallback", f"{error}: {USES[use or error.use].lost}")
