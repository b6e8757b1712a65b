"""Short names for tensor element types, as in `f32[1,8,2048]`. Imports torch."""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.errors import UsageError
from inspector.targets.nearest import did_you_mean, listed

SHORT = {
    "f64": torch.float64,
    "f32": torch.float32,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "i64": torch.int64,
    "i32": torch.int32,
    "i16": torch.int16,
    "i8": torch.int8,
    "u8": torch.uint8,
    "bool": torch.bool,
    "c64": torch.complex64,
    "c128": torch.complex128,
}
"""Short name → type; torch's own names (`float32`, `torch.float32`, `half`) are understood too."""

_SHORT_OF = {dtype: name for name, dtype in SHORT.items()}


def parse_dtype(text: str) -> torch.dtype:
    """The type that a name stands for.

    Raises:
        UsageError: no such type.
    """
    name = text.strip().removeprefix("torch.")
    dtype = SHORT.get(name.lower(), getattr(torch, name, None))
    if isinstance(dtype, torch.dtype):
        return dtype
    raise UsageError(
        f"There is no dtype named {text!r}.{did_you_mean(name, [*SHORT, *(str(d)[6:] for d in SHORT.values())])}",
        f"Short names are {listed(SHORT, 'and', 20)}; torch's own names work too.",
    )


def parse_floating_dtype(text: str) -> torch.dtype:
    """As `parse_dtype`, for what parameters can be made of.

    Raises:
        UsageError: no such type, or an integer, boolean or complex one.
    """
    dtype = parse_dtype(text)
    if dtype.is_floating_point:
        return dtype
    raise UsageError(
        f"A model cannot be made of {text}.", "`--dtype` takes f32, bf16, f16 or f64; integer inputs are for `--input`."
    )


def short(dtype: torch.dtype) -> str:
    """`f32` for torch.float32; torch's own name where there is no short one."""
    return _SHORT_OF.get(dtype, str(dtype).removeprefix("torch."))


def spell(tensor: Tensor) -> str:
    """Type and shape as `--input` spells them: `f32[1,8,2048]`."""
    return f"{short(tensor.dtype)}[{','.join(str(size) for size in tensor.shape)}]"
