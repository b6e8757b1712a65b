"""The parsers, grouped by what the records are about. Importing this registers them all."""

from inspector.trace.kinds import (
    aot,
    autograd,
    builds,
    caches,
    dynamo,
    fusion,
    inductor,
    metrics,
    pgo,
    shapes,
    side,
    statements,
    tensors,
    texts,
)

__all__ = [
    "aot",
    "autograd",
    "builds",
    "caches",
    "dynamo",
    "fusion",
    "inductor",
    "metrics",
    "pgo",
    "shapes",
    "side",
    "statements",
    "tensors",
    "texts",
]
