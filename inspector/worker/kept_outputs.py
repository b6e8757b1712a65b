"""What a compiled call came to, kept in a file for another process: two versions of a program, number by number."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inspector.protocol import OutputsCompared
from inspector.say.units import size
from inspector.targets.dtypes import short
from inspector.worker.bench import muted
from inspector.worker.calls import Opaque
from inspector.worker.capture import TargetCapture
from inspector.worker.outcomes import depends_on_chance, outcome
from inspector.worker.profiling.deviation import deviation

_LARGEST = 1 << 28
"""Bytes of outputs that are kept: more would take longer to write and to read than the compile."""


def compare_outputs(capture: TargetCapture, keep: Path, against: Path | None) -> OutputsCompared:
    """Calls the compiled target once, from the state that all calls begin from, and keeps what it comes to.

    Args:
        capture: the target.
        keep: the file that is written, where there is anything that can be compared.
        against: what another process kept; None for nothing to compare with.
    """
    with muted():
        if depends_on_chance(capture, outcome(capture, capture.built.call)):
            return OutputsCompared(unlike=["they depend on chance"])
        found = outcome(capture, capture.compiled)
    kept: dict[str, Any] = {name: _kept(value) for name, value in found.values.items()}
    kept |= {f"{name} after the call": _kept(change.after) for name, change in found.changes.items()}
    tensors = [value for value in kept.values() if isinstance(value, Tensor)]
    if (whole := sum(value.numel() * value.element_size() for value in tensors)) > _LARGEST:
        return OutputsCompared(unlike=[f"they are {size(whole)}, more than is kept"])
    torch.save(kept, keep)
    if against is None:
        return OutputsCompared(unlike=["there is nothing to hold them against"])
    if not against.exists():
        return OutputsCompared(unlike=["those of the version before were not kept"])
    return _compared(torch.load(against, weights_only=True), kept)


def _kept(value: Any) -> Any:
    if isinstance(value, Tensor) and value.layout is torch.strided and not value.is_quantized:
        return value.detach().resolve_conj().resolve_neg().cpu().contiguous()
    if isinstance(value, Tensor):
        return f"a tensor of layout {value.layout}"
    return f"a {value.kind}" if isinstance(value, Opaque) else repr(value)


def _compared(before: dict[str, Any], now: dict[str, Any]) -> OutputsCompared:
    unlike: list[str] = []
    pairs: list[tuple[Tensor, Tensor]] = []
    values = 0
    for name in {**before, **now}:
        one, other = before.get(name), now.get(name)
        if isinstance(one, Tensor) and isinstance(other, Tensor) and _kind(one) == _kind(other):
            pairs.append((other, one))
        elif _kind(one) != _kind(other):
            unlike.append(f"{name} was {_kind(one)} and is {_kind(other)}")
        else:
            values += 1
    if not pairs and not values and not unlike:
        return OutputsCompared(unlike=["a call returns nothing and writes nothing"])
    apart = [deviation(new, old) for new, old in pairs]
    return OutputsCompared(
        max((item.absolute for item in apart), key=_rank, default=0.0),
        max((item.relative for item in apart), key=_rank, default=0.0),
        sum(item.elements or 0 for item in apart),
        sum(item.differing for item in apart),
        sum(item.beyond for item in apart),
        unlike,
        compared=True,
    )


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{short(value.dtype)}{list(value.shape)}"
    return "not there" if value is None else str(value)


def _rank(value: float) -> float:
    """NaN is the largest, so that it is never hidden."""
    return math.inf if math.isnan(value) else value
