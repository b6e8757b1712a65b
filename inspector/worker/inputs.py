"""Inputs in words: `x=f32[1,8,2048]`, read and made into tensors.

x=f32[1,8,2048]            a tensor of normally distributed values, for the parameter x
f32[1,8,2048]              the same, for the next parameter that has none
x=f32[batch,seq,2048]      sizes that follow --batch and --seq (1 and 8 without them), also live
ids=i64[1,8]<32000         integers from 0 to 31999; without a bound 0 or 1
mask=bool[1,8]             true or false at random
t=f32[]                    a tensor without dimensions
n=3  scale=0.5  flag=true  past=none  mode='text'
pair=(f32[1,8,64],f32[1,8,64])    a tuple
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

import torch

from inspector.errors import UsageError
from inspector.targets.base import TargetOptions
from inspector.targets.dtypes import parse_dtype

DEFAULT_BATCH = 1
DEFAULT_SEQ = 8

_NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", re.DOTALL)
_TENSOR = re.compile(r"([A-Za-z_][\w.]*)\s*\[([^\]]*)\]\s*(?:<\s*(\S+))?")
_WORDS = {"true": True, "false": False, "none": None}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor to make: `i64[batch,8]<32000`."""

    dtype: torch.dtype
    shape: tuple[int | str, ...]
    """Sizes; `batch` and `seq` stand for what the options say."""
    below: int | None = None
    """Integers are drawn from 0 up to this, exclusive; None where there is no bound."""

    def make(self, batch: int, seq: int, options: TargetOptions) -> torch.Tensor:
        """The tensor, from torch's global random state."""
        sizes = {"batch": batch, "seq": seq}
        shape = [sizes[size] if isinstance(size, str) else size for size in self.shape]
        if self.dtype.is_floating_point or self.dtype.is_complex:
            # drawn in f32 and converted, as not every narrow type has random numbers of its own
            wide = self.dtype if self.dtype.is_complex or self.dtype.itemsize >= 4 else torch.float32
            values = torch.randn(shape, dtype=wide, device=options.device).to(self.dtype)
            return values.requires_grad_(options.train)
        return torch.randint(self.below or 2, shape, device=options.device).to(self.dtype)


Value = Any
"""A `TensorSpec`, a Python scalar, a string, None, or a tuple of values."""


@dataclass(frozen=True)
class InputSpec:
    """One `--input`."""

    name: str | None
    """The parameter; None for the next one that has none."""
    value: Value
    text: str
    """As the person wrote it."""


def parse_input(text: str) -> InputSpec:
    """Reads one `--input`.

    Raises:
        UsageError: with what was wrong in it and an example of a right one.
    """
    named = _NAMED.fullmatch(text)
    name, value = named.groups() if named else (None, text)
    return InputSpec(name, _parse_value(value.strip(), text), text)


def _parse_value(value: str, text: str) -> Value:
    if value.startswith("(") and value.endswith(")"):
        return tuple(_parse_value(part, text) for part in _split(value[1:-1], text))
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if tensor := _TENSOR.fullmatch(value):
        return _parse_tensor(tensor[1], tensor[2], tensor[3], text)
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        raise _wrong(text, f"{value!r} is neither a tensor nor a value" if value else "nothing is given") from None
    if not isinstance(literal, (int, float, complex, str)):
        raise _wrong(text, f"{value} is a {type(literal).__name__}; tuples are written (…, …)")
    return literal


def _parse_tensor(dtype: str, shape: str, below: str | None, text: str) -> TensorSpec:
    element = parse_dtype(dtype)
    sizes: list[int | str] = []
    for size in shape.split(",") if shape.strip() else []:
        word = size.strip()
        if word in ("batch", "seq"):
            sizes.append(word)
        elif word.isdecimal():
            sizes.append(int(word))
        else:
            raise _wrong(text, f"{word!r} is not a size (sizes are whole numbers, `batch` or `seq`)")
    if below is None:
        return TensorSpec(element, tuple(sizes))
    if element.is_floating_point or element.is_complex or element is torch.bool:
        raise _wrong(text, f"a bound is for integers, and {dtype} has none")
    if not below.isdecimal() or int(below) < 1:
        raise _wrong(text, f"{below!r} is not a bound (a whole number of at least 1)")
    if int(below) - 1 > torch.iinfo(element).max:
        raise _wrong(text, f"{dtype} holds no number beyond {torch.iinfo(element).max}")
    return TensorSpec(element, tuple(sizes), int(below))


def _split(value: str, text: str) -> list[str]:
    """The parts between commas that lie in no bracket."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(value):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(value[start:index].strip())
            start = index + 1
    if depth != 0:
        raise _wrong(text, "a bracket is open")
    last = value[start:].strip()
    return [*parts, last] if last else parts


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(
        f"--input '{text}': {why}.",
        "Right ones: 'x=f32[1,8,2048]', 'ids=i64[1,8]<32000', 'n=3', 'flag=true', \"mode='text'\".",
    )


def sizes_in(value: Value) -> frozenset[str]:
    """Which of `batch` and `seq` occur in it, so that other shapes can be made."""
    if isinstance(value, tuple):
        return frozenset().union(*map(sizes_in, value))
    return (
        frozenset(size for size in value.shape if isinstance(size, str))
        if isinstance(value, TensorSpec)
        else frozenset()
    )


def make_value(value: Value, batch: int, seq: int, options: TargetOptions) -> Any:
    """The value that is passed: tensors made, the rest as it is."""
    if isinstance(value, TensorSpec):
        return value.make(batch, seq, options)
    if isinstance(value, tuple):
        return tuple(make_value(item, batch, seq, options) for item in value)
    return value
