"""What `explain` says of operators, held against torch itself: names, formulas, what is a view and what a copy."""

# ruff: noqa: PLW0108 (one shape for every row of a table)

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from inspector.explain import explain
from inspector.explain.table import kinds
from inspector.model.artifact import Language

aten = torch.ops.aten
NOT_OPERATORS = {
    *("getitem", "item", "placeholder", "output", "call_function", "get_attr", "call_module", "call_method"),
    *("apply_rotary_pos_emb", "rotate_half", "_set_grad_enabled", "_enter_autocast", "_exit_autocast"),
    *("auto_functionalized", "auto_functionalized_v2", "higher_order", "while_loop", "cond", "scan"),
    *("invoke_subgraph", "triton_kernel_wrapper_mutation", "triton_kernel_wrapper_functional", "flex_attention"),
}
"""FX's own words, higher-order operators, and functions of transformers."""


def known(word: str) -> bool:
    rooms: tuple[Any, ...] = (
        aten,
        torch.ops.prims,
        torch.ops.inductor,
        torch.ops._c10d_functional,
        torch.ops.c10d_functional,
    )
    found = any(hasattr(room, word) for room in (*rooms, torch, torch.Tensor, functional))
    import torch._inductor.inductor_prims as prims

    return found or hasattr(prims, word) or hasattr(prims, f"inductor_{word}")


def test_every_operator_that_is_explained_is_there() -> None:
    assert [word for word in kinds()["aten"] if word not in NOT_OPERATORS and not known(word)] == []


X = torch.linspace(-2.7, 3.1, 24, dtype=torch.float64).reshape(4, 6)
A, B, C = X, X.flip(0) + 0.3, X.abs() + 0.5
P = X.sigmoid()
NAN = torch.tensor([math.nan, 1.0])
ONE = torch.tensor([0.5, math.nan])


def _rms(x: Tensor) -> Tensor:
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()


def _layer(x: Tensor) -> Tensor:
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()


FORMULAS: tuple[tuple[str, str, Callable[[], Tensor], Callable[[], Tensor]], ...] = (
    ("sigmoid", "1 / (1 + e^-x)", lambda: aten.sigmoid(X), lambda: 1 / (1 + (-X).exp())),
    ("logit", "log(x / (1 - x))", lambda: aten.logit(P), lambda: (P / (1 - P)).log()),
    ("log_sigmoid_forward", "log(1 / (1 + e^-x))", lambda: aten.log_sigmoid_forward(X)[0], lambda: X.sigmoid().log()),
    ("silu", "x · sigmoid(x)", lambda: aten.silu(X), lambda: X * X.sigmoid()),
    ("gelu", "x · Φ(x)", lambda: aten.gelu(X), lambda: X * (1 + torch.erf(X / 2**0.5)) / 2),
    ("rsub", "the other way round", lambda: aten.rsub(A, B), lambda: B - A),
    ("add", "`alpha` scales the second operand", lambda: aten.add(A, B, alpha=3), lambda: A + 3 * B),
    ("sub", "`alpha` scales the second operand", lambda: aten.sub(A, B, alpha=3), lambda: A - 3 * B),
    ("floor_divide", "rounded down", lambda: aten.floor_divide(A, C), lambda: (A / C).floor()),
    ("div", "towards 0", lambda: aten.div(A, C, rounding_mode="trunc"), lambda: (A / C).trunc()),
    ("remainder", "divisor's sign", lambda: aten.remainder(A, C).sign().clamp(max=0), lambda: torch.zeros_like(A)),
    ("fmod", "dividend's", lambda: (aten.fmod(A, C).sign() * A.sign()).clamp(max=0), lambda: torch.zeros_like(A)),
    ("fmax", "prefer a number to a NaN", lambda: aten.fmax(NAN, ONE), lambda: torch.tensor([0.5, 1.0])),
    ("fmin", "prefer a number to a NaN", lambda: aten.fmin(NAN, ONE), lambda: torch.tensor([0.5, 1.0])),
    ("frac", "x - trunc(x)", lambda: aten.frac(X), lambda: X - X.trunc()),
    (
        "round",
        "halves to the even one",
        lambda: aten.round(torch.tensor([0.5, 1.5, 2.5])),
        lambda: torch.tensor([0.0, 2, 2]),
    ),
    ("trunc", "towards 0", lambda: aten.trunc(X), lambda: X.sign() * X.abs().floor()),
    ("lerp", "a + w·(b - a)", lambda: aten.lerp(A, B, 0.3), lambda: A + 0.3 * (B - A)),
    ("addcmul", "a + v·b·c", lambda: aten.addcmul(A, B, C, value=2), lambda: A + 2 * B * C),
    ("addcdiv", "a + v·b/c", lambda: aten.addcdiv(A, B, C, value=2), lambda: A + 2 * B / C),
    ("rsqrt", "1/√x", lambda: aten.rsqrt(C), lambda: 1 / C.sqrt()),
    ("reciprocal", "1/x", lambda: aten.reciprocal(C), lambda: 1 / C),
    ("nansum", "NaN for 0", lambda: aten.nansum(NAN), lambda: torch.tensor(1.0)),
    ("logsumexp", "log Σ exp", lambda: aten.logsumexp(X, [1]), lambda: X.exp().sum(1).log()),
    (
        "_softmax",
        "exp(x - max) / Σ",
        lambda: aten._softmax(X, 1, False),
        lambda: X.exp() / X.exp().sum(1, keepdim=True),
    ),
    (
        "var",
        "the count minus `correction`, 1",
        lambda: aten.var(X, [1]),
        lambda: ((X - X.mean(1, True)) ** 2).sum(1) / 5,
    ),
    ("std", "its root", lambda: aten.std(X, [1]), lambda: aten.var(X, [1]).sqrt()),
    (
        "var_mean",
        "that and the mean",
        lambda: torch.stack(aten.var_mean(X, [1])),
        lambda: torch.stack((X.var(1), X.mean(1))),
    ),
    (
        "std_mean",
        "that and the mean",
        lambda: torch.stack(aten.std_mean(X, [1])),
        lambda: torch.stack((X.std(1), X.mean(1))),
    ),
    (
        "native_layer_norm",
        "√(variance + ε)",
        lambda: aten.native_layer_norm(X, [6], None, None, 1e-5)[0],
        lambda: _layer(X),
    ),
    ("rms_norm", "√(mean of the squares + ε)", lambda: aten.rms_norm(X, [6], None, 1e-5), lambda: _rms(X)),
    ("mv", "a matrix and a vector", lambda: aten.mv(X, X[0]), lambda: (X * X[0]).sum(1)),
    (
        "histogramdd",
        "in the cells of a grid",
        lambda: torch.histogramdd(X[:, :2], [2, 2])[0].sum(),
        lambda: torch.tensor(4.0).double(),
    ),
)


@pytest.mark.parametrize(("word", "said", "operator", "formula"), FORMULAS, ids=[item[0] for item in FORMULAS])
def test_a_formula_is_what_the_operator_computes(
    word: str, said: str, operator: Callable[[], Tensor], formula: Callable[[], Tensor]
) -> None:
    entry = next(item for item in explain(word) if item.kind == "aten")
    assert said in entry.about
    torch.testing.assert_close(operator(), formula())


def _shares(made: Tensor, x: Tensor) -> bool:
    return made.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


VIEWS: dict[str, Callable[[Tensor], Any]] = {
    "view": lambda x: aten.view(x, [6, 4]),
    "permute": lambda x: aten.permute(x, [1, 0]),
    "t": aten.t,
    "expand": lambda x: aten.expand(x, [2, 4, 6]),
    "unsqueeze": lambda x: aten.unsqueeze(x, 0),
    "squeeze": lambda x: aten.squeeze(x),
    "slice": lambda x: aten.slice(x, 0, 1, 3),
    "select": lambda x: aten.select(x, 0, 1),
    "split": lambda x: aten.split(x, 2)[1],
    "unbind": lambda x: aten.unbind(x)[1],
    "as_strided": lambda x: aten.as_strided(x, [2, 2], [1, 2]),
    "alias": aten.alias,
    "detach": aten.detach,
    "lift_fresh": aten.lift_fresh,
    "diagonal": aten.diagonal,
    "unfold": lambda x: aten.unfold(x, 0, 2, 1),
}
COPIES: dict[str, Callable[[Tensor], Any]] = {
    "clone": aten.clone,
    "lift_fresh_copy": aten.lift_fresh_copy,
    "index_put": lambda x: aten.index_put(x, [torch.tensor([1])], torch.zeros(6, dtype=x.dtype)),
    "slice_scatter": lambda x: aten.slice_scatter(x, torch.zeros(1, 6, dtype=x.dtype), 0, 0, 1),
    "select_scatter": lambda x: aten.select_scatter(x, torch.zeros(6, dtype=x.dtype), 0, 1),
    "as_strided_scatter": lambda x: aten.as_strided_scatter(x, torch.zeros(2, 2, dtype=x.dtype), [2, 2], [1, 2]),
    "_to_copy": lambda x: aten._to_copy(x, dtype=torch.float32),
}
IN_PLACE: dict[str, Callable[[Tensor], Any]] = {
    "index_put_": lambda x: aten.index_put_(x, [torch.tensor([1])], torch.zeros(6, dtype=x.dtype)),
    "copy_": lambda x: aten.copy_(x, torch.zeros_like(x)),
    "relu_": aten.relu_,
    "fill_": lambda x: aten.fill_(x, 1.0),
    "exp_": aten.exp_,
}


@pytest.mark.parametrize("word", [*VIEWS, *COPIES, *IN_PLACE])
def test_what_is_called_a_view_shares_memory_and_what_is_called_a_copy_does_not(word: str) -> None:
    about = next(item for item in explain(word) if item.kind == "aten").about
    x = X.clone()
    made = (VIEWS | COPIES | IN_PLACE)[word](x)
    assert _shares(made, x) is (word not in COPIES)
    assert torch.equal(x, X) is (word not in IN_PLACE)
    wanted = (
        {"copy"}
        if word in COPIES
        else {"in place", "itself"}
        if word in IN_PLACE
        else {"view", "copying", "same elements"}
    )
    assert any(words in about for words in wanted), about


INSTRUCTIONS = {
    # Intel SDM volume 2: how exact, and which operand does what.
    "vrsqrtps": ("approximation", "1.5 · 2⁻¹²"),
    "vrcpps": ("approximation", "1.5 · 2⁻¹²"),
    "vrsqrt14ps": ("approximation", "at most 2⁻¹⁴"),
    "vrcp14ps": ("approximation", "at most 2⁻¹⁴"),
    "vsqrtps": ("rounded correctly",),
    "vdivps": ("rounded correctly",),
    "vfmadd231ps": ("one rounding", "231 is second × third + first"),
    "vfmsub231ps": ("one rounding", "a·b - c"),
    "vfnmadd231ps": ("one rounding", "c - a·b"),
    "vfnmsub231ps": ("one rounding", "-a·b - c"),
    "vandnps": ("~a & b",),
    "vmaxps": ("NaN it returns the second operand",),
    "vtestps": ("sign bits",),
    "vptestnmd": ("came out zero",),
    "vptestmd": ("not zero",),
}


@pytest.mark.parametrize("word", INSTRUCTIONS)
def test_an_instruction_is_as_exact_as_its_manual_says(word: str) -> None:
    (entry,) = explain(word, Language.ASM)
    assert all(fact in entry.about for fact in INSTRUCTIONS[word]), entry.about
