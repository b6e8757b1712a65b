"""Modules made at random in which every operator occurs once, as source texts: for judging links by meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from hypothesis import strategies as st

Shape = tuple[int, ...]

BASE: Shape = (8, 16)
"""The shape of every function's two inputs."""
_SHAPES: tuple[Shape, ...] = ((8, 16), (16, 8), (4, 32), (2, 8, 8), (128,))
"""Shapes of as many elements, which views lead between."""
_UNARY = (
    *(f"torch.{name}({{}})" for name in ("erf", "sin", "cos", "tanh", "exp", "floor", "ceil", "sigmoid", "relu")),
    *("torch.abs({})", "-{}", "{}.square()", "torch.expm1({})", "torch.atan({})", "torch.round({})"),
    *("torch.sqrt({}.abs() + 1)", "torch.log1p({}.abs())", "torch.rsqrt({}.abs() + 1)"),
)
_BINARY = ("({} + {})", "({} - {})", "({} * {})", "({} / {})", "torch.maximum({}, {})", "torch.minimum({}, {})")
_REDUCTIONS = ("{}.sum({})", "{}.amax({})", "{}.mean({})", "{}.amin({})")
_DEEPEST = 5


@dataclass
class _Left:
    """What a function has not used yet: each operator stands in it once."""

    unary: list[str]
    binary: list[str]
    reductions: list[str]
    others: list[str]
    lines: list[str] = field(default_factory=list)


@st.composite
def functions(draw: st.DrawFn, count: int = 4) -> str:
    """The text of a file with `step`, which calls that many functions of random expressions, each compiled alone."""
    texts = [_function(draw, number) for number in range(count)]
    calls = "\n    torch._dynamo.graph_break()\n".join(f"    r{number} = f{number}(x, y)" for number in range(count))
    results = ", ".join(f"r{number}" for number in range(count))
    return "import torch\n\n\n" + "\n\n\n".join(texts) + f"\n\n\ndef step(x, y):\n{calls}\n    return {results}\n"


def _function(draw: st.DrawFn, number: int) -> str:
    left = _Left(list(_UNARY), list(_BINARY), list(_REDUCTIONS), ["matmul", "softmax", "cat", "where"])
    result = _expression(draw, draw(st.sampled_from((*_SHAPES, (8,), (16, 1)))), left, 0)
    return "\n".join([f"def f{number}(x, y):", *(f"    {line}" for line in left.lines), f"    return {result}"])


def _expression(draw: st.DrawFn, shape: Shape, left: _Left, depth: int) -> str:
    """An expression of that shape; now and then it gets a line and a name of its own."""
    text = _operation(draw, shape, left, depth)
    if depth and draw(st.integers(0, 3)) == 0:
        left.lines.append(f"v{len(left.lines)} = {text}")
        return f"v{len(left.lines) - 1}"
    return text


def _operation(draw: st.DrawFn, shape: Shape, left: _Left, depth: int) -> str:
    whole = prod(shape) == prod(BASE)
    choices = []
    if depth < _DEEPEST:
        choices += ["unary"] * 3 * bool(left.unary) + ["binary"] * 2 * bool(left.binary)
        choices += ["view"] * whole + ["other"] * (whole and shape == BASE and bool(left.others))
        choices += ["broadcast"] * (len(shape) == 2 and bool(left.binary) and bool(left.reductions))
    if not whole:
        choices = ["reduction"] if left.reductions else ["slice"]
    kind = draw(st.sampled_from(choices or ["leaf"]))
    deeper = depth + 1
    match kind:
        case "unary":
            return _take(draw, left.unary).format(_expression(draw, shape, left, deeper))
        case "binary":
            form = _take(draw, left.binary)
            return form.format(_expression(draw, shape, left, deeper), _expression(draw, shape, left, deeper))
        case "broadcast":
            form, reduction = _take(draw, left.binary), _take(draw, left.reductions)
            narrow = reduction.format(_expression(draw, shape, left, deeper), "-1, keepdim=True")
            return form.format(_expression(draw, shape, left, deeper), narrow)
        case "reduction":
            return _reduction(draw, shape, left, deeper)
        case "view":
            return _view(draw, shape, left, deeper)
        case "other":
            return _other(draw, left, deeper)
        case "slice":
            return f"x.reshape(-1)[:{prod(shape)}].view{shape}"
    leaf = draw(st.sampled_from("xy"))
    return leaf if shape == BASE else f"{leaf}.reshape{shape}"


def _reduction(draw: st.DrawFn, shape: Shape, left: _Left, depth: int) -> str:
    form = _take(draw, left.reductions)
    if shape[-1] == 1:
        return form.format(_expression(draw, (*shape[:-1], prod(BASE) // prod(shape)), left, depth), "-1, keepdim=True")
    return form.format(_expression(draw, (prod(BASE) // prod(shape), *shape), left, depth), "0")


def _view(draw: st.DrawFn, shape: Shape, left: _Left, depth: int) -> str:
    if len(shape) == 2 and draw(st.booleans()):
        turned = _expression(draw, shape[::-1], left, depth)
        return f"{turned}.{draw(st.sampled_from(('t()', 'transpose(0, 1)', 'permute(1, 0)', 't().contiguous()')))}"
    inner = draw(st.sampled_from([other for other in _SHAPES if other != shape]))
    return f"{_expression(draw, inner, left, depth)}.reshape{shape}"


def _other(draw: st.DrawFn, left: _Left, depth: int) -> str:
    kind = _take(draw, left.others)
    inner = _expression(draw, BASE, left, depth)
    match kind:
        case "matmul":
            return f"({inner} @ y.reshape(8, 16)[:, :16].t().reshape(16, 8).repeat(1, 2))"
        case "softmax":
            return f"torch.softmax({inner}, -1)"
        case "cat":
            return f"torch.cat([{inner}[:, :8], y[:, 8:]], -1)"
    return f"torch.where(x > 0, {inner}, y)"


def _take(draw: st.DrawFn, forms: list[str]) -> str:
    form = draw(st.sampled_from(forms))
    forms.remove(form)
    return form
