"""The parsers, grouped by what the records are about. Importing one of the modules registers those in it."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "aot",
    "autograd",
    "autotuning",
    "builds",
    "caches",
    "dynamo",
    "exports",
    "fusion",
    "inductor",
    "metrics",
    "passes",
    "pgo",
    "shapes",
    "side",
    "statements",
    "tensors",
    "texts",
    "triton",
    "vllm",
)


def register_all() -> None:
    """Registers every parser: for whole captures; an overview does with a few."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
