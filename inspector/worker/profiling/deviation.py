"""How far a tensor is from a reference: absolute, relative and in units in the last place. Imports torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inspector.model.numerics import Deviation

_INTEGER = {
    torch.float64: torch.int64,
    torch.float32: torch.int32,
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
}


def deviation(value: Tensor, reference: Tensor) -> Deviation:
    """The largest differences of a tensor from a reference of the same shape.

    Equal infinities and NaN in both are equal. ULPs are counted in the value's own dtype, to the reference rounded to
    it; an integer's are its units.
    """
    if not value.numel():
        return Deviation(0.0, 0.0, 0.0)
    if not value.is_floating_point():
        if value.is_complex():
            return deviation(torch.view_as_real(value.resolve_conj()), torch.view_as_real(reference.resolve_conj()))
        unequal = (value.to(torch.float64) - reference.to(torch.float64)).abs().max().item()
        return Deviation(unequal, unequal / max(1.0, reference.to(torch.float64).abs().max().item()), unequal)
    one, other = value.detach().double(), reference.detach().double()
    same = (one == other) | (one.isnan() & other.isnan())
    absolute = torch.where(same, 0.0, (one - other).abs()).max().item()
    size = torch.where(other.isfinite(), other.abs(), 0.0).max().item()
    tiny = torch.finfo(torch.float32).tiny
    return Deviation(absolute, absolute / max(size, tiny), ulps(value, reference))


def ulps(value: Tensor, reference: Tensor) -> float:
    """The most representable numbers of the value's dtype between it and the reference; NaN where only one is NaN."""
    integer = _INTEGER.get(value.dtype)
    if integer is None:
        return math.nan
    one, other = value.detach(), reference.detach().to(value.dtype)
    nan = one.isnan(), other.isnan()
    if bool((nan[0] != nan[1]).any()):
        return math.nan
    steps = [_ordered(item.masked_fill(nan[0], 0).contiguous().view(integer)) for item in (one, other)]
    return (steps[0] - steps[1]).abs().max().item()


def _ordered(bits: Tensor) -> Tensor:
    """Bits of floating-point numbers as whole numbers in the same order, both zeros as 0, in double precision.

    A difference of float64's above 2⁵³ is rounded.
    """
    lowest = torch.iinfo(bits.dtype).min
    wide = bits.to(torch.int64)
    return torch.where(wide < 0, lowest - wide, wide).double()
