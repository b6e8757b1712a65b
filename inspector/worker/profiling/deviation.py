"""How far a tensor is from a reference: absolute, relative, in units in the last place, and of how many elements."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inspector.model.deviation import BANDS, Deviation, tolerance_of
from inspector.targets.dtypes import short

_INTEGER = {
    torch.float64: torch.int64,
    torch.float32: torch.int32,
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
}


def deviation(value: Tensor, reference: Tensor) -> Deviation:
    """The differences of a tensor from a reference of the same shape.

    Equal infinities and NaN in both are equal. ULPs are counted in the value's own dtype, to the reference rounded to
    it; an integer's are its units, a complex number's those of the part that is further away. The tolerance is the one
    of the value's dtype.
    """
    if value.layout is not torch.strided or reference.layout is not torch.strided:
        return deviation(value.to_dense(), reference.to_dense())
    if value.is_quantized:
        return deviation(value.dequantize(), reference.dequantize())
    relative, absolute = tolerance_of(short(value.dtype))
    count = value.numel()
    if not count:
        return Deviation(0.0, 0.0, 0.0, elements=0)
    exact = not any(item.is_floating_point() or item.is_complex() for item in (value, reference))
    wide = torch.complex128 if value.is_complex() or reference.is_complex() else torch.float64
    one, other = (item.detach().resolve_conj().to(wide) for item in (value, reference))
    if exact:
        apart = _whole(value, reference)
        same = apart == 0
    else:
        same = (one == other) | (one.isnan() & other.isnan())
        apart = torch.where(same, 0.0, (one - other).abs())
    allowed = absolute + relative * torch.where(other.isfinite(), other.abs(), 0.0)
    largest = apart.max().item()
    beyond = int((~same & ~(apart <= allowed)).sum())
    size = torch.where(other.isfinite(), other.abs(), 0).max().item()
    tiny = 1.0 if exact else torch.finfo(torch.float32).tiny
    steps = ulp_steps(value, reference)
    steps = torch.full_like(apart, math.nan) if steps is None else steps
    steps = torch.where(same.reshape(steps.shape), 0.0, steps)
    worst = int(steps.nan_to_num(math.inf).reshape(-1).argmax())
    counted = steps[~same.reshape(steps.shape)].nan_to_num(math.inf)
    return Deviation(
        largest,
        largest / max(size, tiny),
        steps.reshape(-1)[worst].item(),
        elements=count,
        differing=count - int(same.sum()),
        beyond=beyond,
        excess=_excess(apart, allowed, same),
        steps=tuple(int(((counted >= low) & (counted <= high)).sum()) for low, high in BANDS),
        nearest=nearest if len(counted) and math.isfinite(nearest := counted.min().item()) else None,
        reference=abs(found) if isinstance(found := other.reshape(-1)[worst].item(), complex) else found,
    )


def _whole(value: Tensor, reference: Tensor) -> Tensor:
    """How far apart whole numbers are, in double precision: exactly, also where doubles cannot tell them apart."""
    bits = [
        item.detach().view(torch.int64) if item.dtype is torch.uint64 else item.detach().to(torch.int64)
        for item in (value, reference)
    ]
    rough = (value.detach().double() - reference.detach().double()).abs()
    return _between(bits[0], bits[1], rough)


def _between(one: Tensor, other: Tensor, rough: Tensor | None = None) -> Tensor:
    """How far apart numbers of 64 bits are, in double precision: exactly below 2⁵³, also where doubles cannot tell the
    two apart.

    Args:
        rough: the same by doubles, where the numbers are not what their bits say; None for the numbers themselves.
    """
    rough = (one.double() - other.double()).abs() if rough is None else rough
    fine = (one - other).abs().double()  # of two that are further apart than 2⁶³ this is another number
    return torch.where(rough < 2.0**62, fine, rough)


def _excess(apart: Tensor, allowed: Tensor, same: Tensor) -> float:
    """How many times the tolerance the worst element is away; NaN where only one of the two is NaN."""
    return torch.where(same, 0.0, apart / allowed).max().item()


def ulps(value: Tensor, reference: Tensor) -> float:
    """The most representable numbers of the value's dtype between it and the reference; NaN where only one is NaN."""
    steps = ulp_steps(value, reference)
    return math.nan if steps is None else steps.max().item()


def ulp_steps(value: Tensor, reference: Tensor) -> Tensor | None:
    """Representable numbers of the value's dtype between each element and its reference, in double precision; NaN
    where only one is NaN. An integer's are its units. None of a dtype whose numbers are not in the order of their bits.
    """
    if value.is_complex():
        parts = (torch.view_as_real(item.detach().to(value.dtype).resolve_conj()) for item in (value, reference))
        both = ulp_steps(*parts)
        return None if both is None else both.amax(-1)
    if not value.is_floating_point():
        return _whole(value, reference) if not reference.is_floating_point() else (value - reference).abs().double()
    integer = _INTEGER.get(value.dtype)
    if integer is None:
        return None
    one, other = value.detach(), reference.detach().to(value.dtype)
    nan = one.isnan(), other.isnan()
    steps = [
        _ordered(item.masked_fill(empty, 0).contiguous().view(integer))
        for item, empty in zip((one, other), nan, strict=True)
    ]
    apart = _between(steps[0], steps[1])
    return torch.where(nan[0] & nan[1], 0.0, torch.where(nan[0] | nan[1], math.nan, apart))


def _ordered(bits: Tensor) -> Tensor:
    """Bits of floating-point numbers as whole numbers in the same order, both zeros as 0."""
    lowest = torch.iinfo(bits.dtype).min
    wide = bits.to(torch.int64)
    return torch.where(wide < 0, lowest - wide, wide)
