"""Conditions on sizes and numbers, as guards of symbolic code state them, held against what is known of a call."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from inspector.model.guard_words import local

WHOLE = re.compile(r"-?\d+")
_OPERATIONS: Mapping[type[ast.AST], Callable[..., int | float | bool]] = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv},
    **{ast.Mod: operator.mod, ast.Div: operator.truediv, ast.USub: operator.neg, ast.Not: operator.not_},
    **{ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge},
    **{ast.Eq: operator.eq, ast.NotEq: operator.ne},
}


def holds(condition: str, values: Mapping[tuple[str, str], str]) -> bool | None:
    """Whether a condition on sizes and numbers holds for a call; None where that cannot be told."""
    try:
        return bool(_evaluated(ast.parse(local(condition), mode="eval").body, values))
    except (SyntaxError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return None


def _evaluated(node: ast.expr, values: Mapping[tuple[str, str], str]) -> int | float | bool:
    found: int | float | bool
    match node:
        case ast.Constant(value=int() | float() as number):
            found = number
        case ast.BinOp(left=left, op=op, right=right):
            found = _OPERATIONS[type(op)](_evaluated(left, values), _evaluated(right, values))
        case ast.UnaryOp(op=sign, operand=operand):
            found = _OPERATIONS[type(sign)](_evaluated(operand, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            found = all(_evaluated(part, values) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            found = any(_evaluated(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            numbers = [_evaluated(part, values) for part in (left, *others)]
            found = all(_OPERATIONS[type(op)](a, b) for op, a, b in zip(ops, numbers, numbers[1:], strict=False))
        case _:
            found = _number_of(ast.unparse(node), values)
    return found


def _number_of(source: str, values: Mapping[tuple[str, str], str]) -> int | float:
    if (match := re.fullmatch(r"(.+)\.size\(\)\[(\d+)\]", source)) is not None:
        return int(values[(match[1], f"size at index {match[2]}")])
    value = values[(source, "value")]
    return int(value) if WHOLE.fullmatch(value) else float(value)
