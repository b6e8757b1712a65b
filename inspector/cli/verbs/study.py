"""Rerun the experiments of the paper behind this project, and beyond them: when does torch.compile pay?

  inspector study spot      prefill and decoding from a cold start, eager and compiled; --cures: prepared starts
  inspector study shapes    prompts of changing length, and what is recompiled for them
  inspector study layers    whole-model against regional compilation, and what equal layers share
  inspector study report    tables and figures from results, one's own or the paper's

Every run is a fresh process, and its result a line of a JSON lines file; the same command goes on where it was
interrupted. With --tui each of them is a screen with charts. `inspector study spot --help` says the rest.
"""

from __future__ import annotations

import argparse
import importlib
from typing import Any, cast

from inspector.cli.registry import Verb
from inspector.docstrings import docstring
from inspector.errors import UsageError

STUDIES = ("spot", "shapes", "layers", "report")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the sub-verbs."""
    kind = type(parser)

    def sub_parser(**settings: Any) -> argparse.ArgumentParser:
        return kind(settings["prog"], settings["description"])

    made = parser.add_subparsers(dest="study", metavar="EXPERIMENT", parser_class=cast(Any, sub_parser))
    for name in STUDIES:
        study = _load(name)
        study.add_arguments(made.add_parser(name, description=docstring(study)))


def run(args: argparse.Namespace) -> int:
    """Runs the sub-verb."""
    if args.study is None:
        raise UsageError("Which experiment?", f"`inspector study` takes {', '.join(STUDIES)}; --help says more.")
    return _load(args.study).run(args)


def _load(name: str) -> Verb:
    return cast(Verb, importlib.import_module(f"inspector.cli.studies.{name}"))
