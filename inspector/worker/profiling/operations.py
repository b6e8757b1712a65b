"""How many floating-point operations an operator does: products by formula, other arithmetic one for each element.

Of a product 2·m·n·k are counted, whatever the numbers are (of `_int_mm` they are integers); of anything elementwise or
a reduction one for each element of its largest tensor; of what only moves or compares none. Of everything else nobody
knows here (None): a sort, a Fourier transform, a solver, a recurrent layer, an operator that somebody wrote.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

from inspector.worker.calls import tensors

_MOVES = {
    "embedding", "index", "index_select", "gather", "_unsafe_index", "take", "slice_scatter", "select_scatter",
    "as_strided_scatter", "diagonal_scatter", "masked_select", "index_put", "index_copy", "index_fill", "scatter",
    "masked_scatter", "put", "_index_put_impl", "copy", "_to_copy", "clone", "cat", "stack", "fill", "zero", "zeros",
    "ones", "full", "arange", "zeros_like", "ones_like", "full_like", "scalar_tensor", "constant_pad_nd", "contiguous",
    "masked_fill", "where", "new_zeros", "new_ones", "new_full", "repeat", "flip", "roll", "tril", "triu", "eye",
    "reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d", "pixel_shuffle", "nonzero",
    "convert_element_type", "_local_scalar_dense", "repeat_interleave", "one_hot", "channel_shuffle", "im2col",
}  # fmt: skip
"""Operators that move data and calculate nothing; working in place, `fill_`, they are the same."""
_ARITHMETIC = {
    "sum", "mean", "prod", "amax", "amin", "aminmax", "max", "min", "argmax", "argmin", "any", "all", "var", "std",
    "var_mean", "std_mean", "norm", "linalg_vector_norm", "logsumexp", "cumsum", "cumprod", "cummax", "cummin",
    "logcumsumexp", "_softmax", "_log_softmax", "_softmax_backward_data", "_log_softmax_backward_data", "_safe_softmax",
    "native_layer_norm", "native_layer_norm_backward", "native_group_norm", "native_group_norm_backward",
    "native_batch_norm", "native_batch_norm_backward", "_native_batch_norm_legit",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit_functional", "cudnn_batch_norm", "_fused_rms_norm", "native_dropout",
    "native_dropout_backward", "index_add", "index_reduce", "scatter_add", "scatter_reduce", "embedding_dense_backward",
    "nll_loss_forward", "nll_loss_backward", "mse_loss", "mse_loss_backward", "l1_loss", "smooth_l1_loss", "huber_loss",
    "binary_cross_entropy", "count_nonzero", "_embedding_bag", "_embedding_bag_forward_only", "lerp",
}  # fmt: skip
"""Reductions, normalisations and losses: one operation for each element of the largest tensor."""
_LINEAR = {"_linear_pointwise", "_mkl_linear", "_weight_int8pack_mm", "qlinear_pointwise", "linear_dynamic", "linear"}
"""Products of the last dimension of their first tensor, under names of libraries."""


def operations(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> int | None:
    """Of one call of an operator overload; None where nobody knows."""
    name = str(function._schema.name.partition("::")[2]).removesuffix("_")
    product: int | None = _product(name, function, args, kwargs, result)
    if product is not None:
        return product
    around = [*tensors(args), *tensors(dict(kwargs)), *tensors(result)]
    elements = max((item.numel() for item in around), default=0)
    floating = any(item.is_floating_point() or item.is_complex() for item in around)
    arithmetic = torch.Tag.pointwise in function.tags or name in _ARITHMETIC
    if name in _MOVES or not floating:
        return 0 if name in _MOVES or arithmetic else None
    return elements if arithmetic else None


def _product(name: str, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> int | None:
    """Of a product, a convolution or attention; None of anything else."""
    if name.startswith("_scaled_dot_product"):
        return _attention(name, args)
    if name == "convolution_backward":
        return _convolution_backward(*args[:3], transposed=bool(args[7]), mask=args[10])
    if name == "_convolution_pointwise":
        return 2 * int(result.numel()) * int(args[1][0].numel())
    if name in _LINEAR and isinstance(result, Tensor):
        return 2 * int(result.numel()) * int(args[0].shape[-1])
    sizes = _OF_SIZES.get(name)
    if sizes is not None:
        return 2 * int(math.prod(sizes(*args[:3])))
    packet = getattr(torch.ops.aten, name, None) if function._schema.name.startswith("aten::") else None
    formula = flop_registry.get(packet) or flop_registry.get(function._overloadpacket)
    plain = {key: value for key, value in kwargs.items() if key != "out"}
    return int(formula(*args, **plain, out_val=result)) if formula is not None else None


_OF_SIZES: Mapping[str, Any] = {
    "_int_mm": lambda one, other, *_: (*one.shape, other.shape[-1]),
    "_weight_int4pack_mm": lambda one, other, *_: (*one.shape, other.shape[0] * (8 if other.ndim == 4 else 1)),
    "mv": lambda matrix, *_: matrix.shape,
    "addmv": lambda _, matrix, *__: matrix.shape,
    "dot": lambda one, *_: one.shape,
    "vdot": lambda one, *_: one.shape,
    "addr": lambda _, one, other: (one.numel(), other.numel()),
    "addbmm": lambda _, one, other: (*one.shape, other.shape[-1]),
    "_addmm_activation": lambda _, one, other: (*one.shape, other.shape[-1]),
}
"""Product → the sizes whose product is half its operations, from its first three arguments."""


def _attention(name: str, args: Sequence[Any]) -> int:
    """All pairs of queries and keys, whatever a mask leaves out; as many heads of keys as there are, however few."""
    backward = name.endswith("backward")
    query, key, value = args[1:4] if backward else args[:3]
    products = (3, 2) if backward else (1, 1)  # with keys, backward one of them anew, and with values
    width = products[0] * query.shape[-1] + products[1] * value.shape[-1]
    return int(2 * query.shape[:-1].numel() * key.shape[-2] * width)


def _convolution_backward(
    grad: Tensor, source: Tensor, weight: Tensor, *, transposed: bool, mask: Sequence[bool]
) -> int:
    """Each of the gradients of input and weight is a convolution of as many operations as the forward one."""
    places = (source if transposed else grad).numel()
    forward = 2 * places * math.prod(weight.shape[1:])
    return forward * sum(mask[:2]) + (grad.numel() if mask[2] else 0)
