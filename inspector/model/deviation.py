"""How far a tensor is from a reference, of how many elements, and what of that is let pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from inspector.jsontext import Real

_TOLERANCES: Mapping[str, tuple[float, float]] = {
    "f16": (1e-3, 1e-5),
    "bf16": (1.6e-2, 1e-5),
    "f32": (1.3e-6, 1e-5),
    "f64": (1e-7, 1e-7),
    "c32": (1e-3, 1e-5),
    "c64": (1.3e-6, 1e-5),
    "c128": (1e-7, 1e-7),
}
BANDS = ((1, 1), (2, 3), (4, 15), (16, 255), (256, math.inf))
"""First and last ULP of the bands that differing elements are counted in."""


def tolerance_of(dtype: str) -> tuple[float, float]:
    """The relative and absolute tolerance of `torch.testing.assert_close` for a dtype, `bf16`: 0 and 0 of integers."""
    return _TOLERANCES.get(dtype, (0.0, 0.0))


@dataclass(frozen=True)
class Deviation:
    """The differences of one tensor from a reference; the largest are NaN where only one of the two is NaN."""

    absolute: Real
    relative: Real
    """max |value − reference| / max |reference| of the tensor."""
    ulp: Real
    """The largest distance in units in the last place of the value's own dtype: how many representable numbers lie
    between value and reference. 0 where they are equal."""
    elements: int | None = None
    """How many were compared; None in a bundle that does not say."""
    differing: int = 0
    """How many of them are not equal."""
    beyond: int = 0
    """How many are beyond the dtype's tolerance: |value − reference| > absolute + relative · |reference|."""
    excess: Real = 0.0
    """How many times that tolerance the furthest one is apart."""
    steps: tuple[int, ...] = ()
    """How many differ by so many ULP, for each of `BANDS`."""
    reference: Real = 0.0
    """What the reference has where the most ULP lie between."""
    nearest: Real | None = None
    """The fewest ULP of an element that differs; None where none does, where that is not known of all, and in a bundle
    that does not say."""

    def passes(self, tolerance: float | None, times: float = 1.0) -> bool:
        """Whether it stays within a tolerance.

        Args:
            tolerance: the largest `relative` that is let pass; None for the dtype's own, element by element.
            times: how many times that is let pass.
        """
        if tolerance is not None or self.elements is None:
            return self.relative <= (1e-5 if tolerance is None else tolerance) * times
        return self.excess <= times
