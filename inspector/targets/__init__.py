"""The built-in gallery: one small file per target.

A target's file is its documentation: the docstring's first line is its line in `inspector targets`, the
constants `BATCH`, `SEQ` and `WARNING` are what the options default to and what a person is told beforehand,
and `build(options)` makes it. The catalog is read from the files' syntax trees, so that listing the
gallery imports neither torch nor a target.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from inspector.errors import UsageError
from inspector.targets.nearest import did_you_mean

GALLERY = (
    "llama-mlp",
    "llama-rmsnorm",
    "llama-attention",
    "llama-attention-eager",
    "llama-decoder-layer",
    "llama-tiny",
    "llama-decode",
    "llama-1b",
    "llama-1b-decode",
    "gpt2-mlp",
    "gpt2-block",
    "gpt2",
    "moe-block",
    "softmax",
    "layer-norm",
    "graph-break",
    "graph-break-repaired",
    "dynamic-shapes",
    "recompiles",
    "recompiles-repaired",
)
"""Every target in the order of the list; `llama-mlp` is `llama_mlp.py` in this folder."""


@dataclass(frozen=True)
class TargetInfo:
    """What can be said about a target without building it."""

    name: str
    summary: str
    """One line, without a full stop."""
    description: str
    """The rest of the docstring; may be empty."""
    batch: int
    """The batch size without `--batch`."""
    seq: int
    """The sequence length without `--seq`."""
    warning: str
    """What to know before starting it (time, memory); empty for most."""
    path: Path

    @property
    def default_inputs(self) -> str:
        """The default shape in words: `batch 1 · seq 8`."""
        return f"batch {self.batch} · seq {self.seq}"


@cache
def catalog() -> tuple[TargetInfo, ...]:
    """The gallery, in its order. Reads the files, imports nothing."""
    return tuple(_read(name) for name in GALLERY)


def find(name: str) -> TargetInfo:
    """The target of that name.

    Raises:
        UsageError: there is none; the message holds the nearest names.
    """
    for info in catalog():
        if info.name == name:
            return info
    raise UsageError(
        f"There is no target named {name!r}.{did_you_mean(name, GALLERY)}",
        "`inspector targets` lists the gallery; your own code is path/to/file.py:name or package.module:name.",
    )


def load(name: str) -> Any:
    """The target's module, imported (and torch with it): its `build` makes the target.

    Raises:
        UsageError: there is no such target.
    """
    return importlib.import_module(f"{__name__}.{find(name).path.stem}")


def _read(name: str) -> TargetInfo:
    path = Path(__file__).with_name(f"{name.replace('-', '_')}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    summary, _, description = (ast.get_docstring(tree) or "").partition("\n")
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _CONSTANTS
    }
    return TargetInfo(
        name=name,
        summary=summary.rstrip("."),
        description=description.strip(),
        batch=constants["BATCH"],
        seq=constants["SEQ"],
        warning=constants.get("WARNING", ""),
        path=path,
    )


_CONSTANTS = frozenset({"BATCH", "SEQ", "WARNING"})
