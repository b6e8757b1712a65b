"""What a post-grad node's lowering writes: the statements to expect for each ATen operator.

A pattern is an expression over the node's arguments: `a`, `b`, `c` by position, `n` any number, `x` anything, `me` an
earlier result of the same pattern (sums written out, running values). A node may be written in any of its patterns.
"""

from __future__ import annotations

import ast
from functools import cache


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


VIEWS = _set(
    """alias as_strided detach diagonal expand getitem permute reshape select slice split split_with_sizes squeeze
    t transpose unbind unsafe_split unsqueeze view view_as _unsafe_view lift_fresh_copy unfold
    reinterpret_tensor"""
)
"""Operators that only say how memory is looked at: no statement is theirs, their value is their argument's."""

COPIES = _set(
    """cat clone constant_pad_nd contiguous convert_element_type copy copy_ device_put embedding flip gather index
    index_select prims_convert_element_type repeat roll select_scatter slice_scatter stack _to_copy to_dtype
    _unsafe_index _unsafe_masked_index masked_select inductor_lookup_seed"""
)
"""Operators that hand their arguments' values on, with loads, stores and conversions of their own."""

COUNTING = frozenset(("iota", "arange", "full", "scalar_tensor"))
"""Operators that need nothing but positions and numbers."""

EXTERNAL = frozenset(("mm", "bmm", "index_put", "index_put_"))
"""Operators that a library computes if a kernel does not, or whose result no single statement computes."""

_UNARY = _set(
    """abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc erfinv exp exp2 expm1 floor isinf isnan lgamma
    log log10 log1p log2 neg reciprocal round rsqrt sign sin sinh sqrt tan tanh trunc"""
)

CASTS = frozenset(("convert_element_type", "prims_convert_element_type", "to_dtype", "_to_copy"))
"""Those of them that may change the type."""

SCATTERS = _set("index_put index_put_ scatter scatter_add index_add scatter_reduce index_fill")
"""Operators that write to worked-out positions of what another node made."""

_INDEXING = ("a", "add(b, n)", "lt(b, 0)", "where(lt(b, 0), add(b, n), b)")

PATTERNS: dict[str, tuple[str, ...]] = {
    **{name: (f"{name}(a)",) for name in sorted(_UNARY)},
    "reciprocal": ("reciprocal(a)", "div(1, a)", "rcp(a)"),
    "round": ("nearbyint(a)", "round(a)"),
    "sigmoid": ("sigmoid(a)", "div(1, add(1, exp(neg(a))))"),
    "silu": ("mul(a, sigmoid(a))",),
    "relu": ("max(a, 0)",),
    "add": ("add(a, b)", "add(a, mul(b, n))", "or_(a, b)"),
    "sub": ("sub(a, b)", "sub(a, mul(b, n))"),
    "rsub": ("sub(b, a)",),
    "mul": ("mul(a, b)", "and_(a, b)"),
    "div": ("div(a, b)", "mul(a, n)", "floor(div(a, b))", "trunc(div(a, b))", "floor_divide(a, b)"),
    "pow": (
        "mul(a, a)",
        "mul(mul(a, a), a)",
        "mul(a, mul(a, a))",
        "mul(mul(a, a), mul(a, a))",
        "sqrt(a)",
        "rsqrt(a)",
        "reciprocal(a)",
        "div(1, a)",
        "pow(a, b)",
    ),
    "square": ("mul(a, a)",),
    "fma": ("fma(a, b, c)", "fmadd(a, b, c)", "add(mul(a, b), c)"),
    "addcmul": ("add(a, mul(b, c))", "add(a, mul(mul(b, n), c))", "add(a, mul(n, mul(b, c)))"),
    "maximum": ("max(a, b)",),
    "minimum": ("min(a, b)",),
    "clamp_min": ("max(a, b)",),
    "clamp_max": ("min(a, b)",),
    "clamp": ("min(max(a, b), c)", "max(a, b)", "min(a, c)"),
    "remainder": ("remainder_integral(a, b)", "mod(a, b)", "sub(a, mul(floor_divide(a, b), b))"),
    "fmod": ("fmod(a, b)",),
    "eq": ("eq(a, b)",),
    "ne": ("ne(a, b)",),
    "lt": ("lt(a, b)",),
    "le": ("le(a, b)",),
    "gt": ("gt(a, b)",),
    "ge": ("ge(a, b)",),
    "where": ("where(a, b, c)",),
    "masked_fill": ("where(b, c, a)",),
    "logical_and": ("and_(a, b)",),
    "logical_or": ("or_(a, b)",),
    "logical_not": ("not_(a)", "eq(a, 0)"),
    "bitwise_and": ("and_(a, b)",),
    "bitwise_or": ("or_(a, b)",),
    "bitwise_xor": ("xor(a, b)",),
    "bitwise_not": ("not_(a)",),
    "sum": ("acc_sum(a)", "acc_sum(me)", "add(a, a)", "add(me, a)", "a"),
    "prod": ("acc_prod(a)", "mul(a, a)", "mul(me, a)"),
    "mean": (
        "div(acc_sum(a), n)",
        "mul(acc_sum(a), n)",
        "div(add(a, a), n)",
        "div(me, n)",
        "add(me, a)",
    ),
    "amax": ("acc_max(a)", "max(a, a)", "max(me, a)", "a"),
    "amin": ("acc_min(a)", "min(a, a)", "min(me, a)", "a"),
    "max": ("acc_max(a)", "max(a, a)", "max(me, a)", "acc_argminmax(a)"),
    "min": ("acc_min(a)", "min(a, a)", "min(me, a)", "acc_argminmax(a)"),
    "any": ("acc_any(a)", "or_(a, a)", "or_(me, a)"),
    "argmax": ("acc_argminmax(a)",),
    "argmin": ("acc_argminmax(a)",),
    "var_mean": (
        "acc_welford(a)",
        "div(acc_welford(a), n)",
        "div(acc_sum(a), n)",
        "acc_sum(mul(sub(a, me), sub(a, me)))",
        "div(me, n)",
        "acc_sum(a)",
    ),
    "var": (
        "div(acc_welford(a), n)",
        "div(acc_sum(a), n)",
        "acc_sum(mul(sub(a, me), sub(a, me)))",
        "div(me, n)",
        "acc_sum(a)",
    ),
    "prepare_softmax_online": ("acc_max(a)", "acc_sum(exp(sub(a, me)))"),
    "index_put": _INDEXING[1:],
    "index_put_": _INDEXING[1:],
    "embedding": _INDEXING,
    "index_select": ("a", "add(c, n)", "lt(c, 0)", "where(lt(c, 0), add(c, n), c)"),
    "index": _INDEXING,
    "_unsafe_index": _INDEXING,
    "gather": ("a", "add(c, n)", "lt(c, 0)", "where(lt(c, 0), add(c, n), c)"),
    "cat": ("a", "where(x, a, a)", "where(x, a, me)", "where(x, me, me)", "where(x, a, n)", "where(x, me, n)"),
    "constant_pad_nd": ("a", "where(x, a, n)"),
    "mm": ("acc_sum(mul(a, b))", "add(me, me)", "mul(a, b)"),
    "bmm": ("acc_sum(mul(a, b))", "add(me, me)", "mul(a, b)"),
    "inductor_random": ("normalized_rand_cpu(b, x)", "randn_cpu(b, x)"),
}
"""Operator → what it may be written as. A bare `a` says that the argument's value is the node's as well."""


@cache
def patterns_of(operator: str) -> tuple[ast.expr, ...]:
    """The patterns of an operator, parsed; none for one that the table does not hold."""
    texts = PATTERNS.get(operator)
    if texts is None:
        texts = ("a",) if operator in COPIES else ()
    return tuple(ast.parse(text, mode="eval").body for text in texts)
