"""Whether the roundings that fused kernels leave out are why compiled results differ, found by leaving them out.

Inductor calculates f16 and bf16 in float32 and rounds where a kernel stores; eager rounds after every operator. So the
captured graph is run in eager once more with pointwise operators and reductions in float32 and no rounding before
something else needs the values (a product, an output). Elements that the captured code has as that run has them differ
from eager by these roundings and by nothing else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node
from torch.fx.node import map_arg

from inspector.model.numerics import Roundings
from inspector.targets.dtypes import short
from inspector.worker.capture import TargetCapture
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.graphs import as_compiled, called_graphs, copies, eagerly

_NARROW = (torch.float16, torch.bfloat16)
_REDUCTIONS = {"sum", "mean", "amax", "amin", "var", "var_mean", "prod"}
_CASTS = {"_to_copy", "convert_element_type"}
_MOVES = {
    "cat",
    "clone",
    "slice",
    "select",
    "view",
    "_unsafe_view",
    "expand",
    "permute",
    "unsqueeze",
    "squeeze",
    "alias",
    "t",
}


def roundings_of(capture: TargetCapture) -> Roundings | None:
    """What leaving the roundings out explains in the first graph that differs; None where no graph calculates in a
    narrow dtype, where none differs, or where a graph cannot be run so."""
    for called in called_graphs(capture):
        compiled, args = called.compiled, called.args
        vals = [node.meta.get("val") for node in compiled.nodes.nodes]
        dtype = next((val.dtype for val in vals if isinstance(val, Tensor) and val.dtype in _NARROW), None)
        if dtype is None:
            continue
        wide = _Unrounded(GraphModule(compiled.owner, compiled.nodes))
        given = copies(args)
        try:
            eager, made = eagerly(compiled, args), as_compiled(compiled, args)
            differing = sum(deviation(one, other).differing for one, other in zip(made, eager, strict=True))
            if not differing:
                continue
            outputs = wide.run(*given)
        except Exception:  # noqa: BLE001 - a graph that cannot run alone, an operator that takes no float32: not known
            return None
        found = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        rounded = [item for item in (*found, *given) if isinstance(item, Tensor)]
        left = sum(deviation(one, other).differing for one, other in zip(made, rounded, strict=True))
        return Roundings(tuple(wide.left_out), differing, left, short(dtype))
    return None


class _Unrounded(Interpreter):
    """Runs a graph with float32 in place of f16 and bf16 between operators that a kernel fuses."""

    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.left_out: list[str] = []
        """Nodes after which eager would have changed a value by rounding it."""

    def run_node(self, n: Node) -> Any:
        """One node; its result may be wider than its dtype."""
        if n.op not in ("call_function", "output"):
            return super().run_node(n)
        fused = _fuses(n)

        def loaded(item: Node) -> Any:
            value = self.env[item]
            return _wide(value) if fused else _rounded(value, item)

        args: Any = map_arg(n.args, loaded)
        kwargs: Any = map_arg(n.kwargs, loaded)
        if n.op == "output":
            return args[0]
        val = n.meta.get("val")
        if not fused or not isinstance(val, Tensor) or val.dtype not in _NARROW:
            return n.target(*args, **kwargs)  # type: ignore[operator]
        result = args[0] if _name(n) in _CASTS else n.target(*args, **kwargs)  # type: ignore[operator]
        returned = any(user.op == "output" for user in n.users)
        if _name(n) not in _MOVES and not returned and not torch.equal(result.to(val.dtype).to(result.dtype), result):
            self.left_out.append(n.name)
        return result


def _name(node: Node) -> str:
    return node.target._schema.name.partition("::")[2] if isinstance(node.target, torch._ops.OpOverload) else ""


def _fuses(node: Node) -> bool:
    """Whether Inductor keeps what an operator makes in registers for the next one."""
    if not isinstance(node.target, torch._ops.OpOverload) or node.target._schema.is_mutable:
        return False
    return torch.Tag.pointwise in node.target.tags or _name(node) in _REDUCTIONS | _MOVES | _CASTS


def _wide(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) and value.dtype in _NARROW else value


def _rounded(value: Any, node: Node) -> Any:
    val = node.meta.get("val")
    return value.to(val.dtype) if isinstance(value, Tensor) and isinstance(val, Tensor) else value
