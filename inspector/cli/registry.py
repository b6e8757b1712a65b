"""The verbs, by name. A new verb is a file in `verbs/` and a line here.

A verb's module is imported when it is run, or when its help is wanted: the screen's first paint waits for none of them.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, cast

from inspector.docstrings import docstring


class Verb(Protocol):
    """A module of `verbs/`; its docstring is its help, the first line of it the one-line summary."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the verb's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Does it; returns the exit code."""


def index(verbs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """What is typed → the module in `verbs/`.

    Raises:
        ValueError: two verbs have one name; a mistake in the program, told at start-up.
    """
    found: dict[str, str] = {}
    for name, module in verbs:
        if name in found:
            raise ValueError(f"two verbs are called {name!r}")
        found[name] = module
    return found


GROUPS: Mapping[str, Sequence[str]] = {
    "look": ("targets", "capture", "watch", "edit", "run", "open", "show", "links", "passes", "explain"),
    "logs": ("why", "breaks", "recompiles", "guards", "phases", "check", "ranks"),
    "compare": ("diff", "history", "numerics"),
    "measure": ("latency", "profile", "price", "start", "tune", "sweep", "study"),
    "share": ("library", "export", "notes", "pack"),
    "teach": ("lesson", "serve"),
    "this machine": ("doctor", "completion"),
}
"""What one wants → the verbs for it, in the order of the help."""

_MODULES = {"open": "open_bundle"}
VERBS = index((name, _MODULES.get(name, name)) for names in GROUPS.values() for name in names)


def load(name: str) -> Verb:
    """Imports a verb.

    Raises:
        KeyError: there is none of that name.
        ValueError: it has no docstring, which is its help.
    """
    module = importlib.import_module(f"inspector.cli.verbs.{VERBS[name]}")
    verb = cast(Verb, module)
    verb.__doc__ = docstring(module)
    if not verb.__doc__:
        raise ValueError(f"the verb {name!r} has no docstring, which is its help")
    return verb
