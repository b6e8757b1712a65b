"""The values of a graph's operations, as a kernel keeps them to itself or writes them to memory."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.fx import Node


def stored_values(loops: Iterable[Any], elsewhere: Collection[str]) -> list[str]:
    """The nodes whose values some loops of one kernel write to memory.

    A buffer that only its own kernel uses has been removed by the time that the code is written.

    Args:
        elsewhere: names of the nodes that library functions compute.
    """
    from torch._inductor.virtualized import V

    stored: dict[str, None] = {}
    for loop in loops:
        origins = operations(loop, elsewhere)
        kept = [buffer for buffer in loop.get_outputs() if buffer.get_name() not in V.graph.removed_buffers]
        if not kept:
            continue
        known = [found for found in map(_origin_of, kept) if found is not None]
        # Without a word from torch, a loop writes what none of its own operations uses any more.
        for node in known if len(known) == len(kept) else last_of(origins):
            stored[base(node).name] = None
    return list(stored)


def last_of(nodes: Sequence[Node]) -> list[Node]:
    """Those of some operations whose values none of the others uses."""
    return [node for node in nodes if not any(reader in nodes for reader in readers(node))]


def _origin_of(buffer: Any) -> Node | None:
    return _origin_of_buffer(buffer.node)


def _origin_of_buffer(node: Any) -> Node | None:
    found = getattr(node, "origin_node", None) or getattr(getattr(node, "data", None), "origin_node", None)
    return found if isinstance(found, Node) else None


def operations(loop: Any, elsewhere: Collection[str]) -> list[Node]:
    """The operations that a loop computes; of one with several results, the results too.

    torch also counts the library function that a loop only makes the inputs of; that one is `elsewhere`. For a graph
    within the graph it counts what the outer graph computes its inputs with; those are not its own.
    """
    from torch._inductor.virtualized import V

    graph = V.graph.module.graph
    origins = [
        node
        for node in getattr(loop.node, "origins", None) or ()
        if node.op == "call_function" and node.graph is graph and node.name not in elsewhere
    ]
    parts = [user for node in origins for user in node.users if user.target is operator.getitem]
    return list(dict.fromkeys([*origins, *parts]))


def described_values(kernels: Mapping[str, Iterable[Any]], elsewhere: Collection[str]) -> list[dict[str, Any]]:
    """What one must know of every operation of the graph to say what became of its value.

    Args:
        kernels: kernel → its loops, in the order of their definition.
        elsewhere: names of the nodes that library functions compute.

    Returns:
        For each operation, in the graph's order, `name`, `computes` (false for a view, or one of several results),
        `kernels` whose loops torch counts it among the origins of (computed there or not), and of its value `shape`,
        `dtype`, `bytes` (0 where it is no tensor, or only another view of one; None where it depends on values),
        `readers` (operations that use it, through views) and `output` (whether the graph returns it).
    """
    from torch._inductor.virtualized import V

    graph: Any = V.graph.module.graph
    found: dict[Node, list[str]] = {node: [] for node in graph.nodes if node.op == "call_function"}
    for kernel, loops in kernels.items():
        for loop in loops:
            for node in operations(loop, elsewhere):
                within = found.setdefault(node, [])
                if kernel not in within:
                    within.append(kernel)
    return [
        {
            "name": node.name,
            "computes": not is_view(node) and node.target is not operator.getitem,
            "kernels": kernels_of,
            **_size(node),
            "readers": list(dict.fromkeys(reader.name for reader in readers(node) if reader.op != "output")),
            "output": any(reader.op == "output" for reader in readers(node)),
        }
        for node, kernels_of in found.items()
    ]


def described_buffers() -> list[dict[str, Any]]:
    """The memory that the code being written names: for each input and each buffer that was not removed, `name`, the
    `node` whose value it holds (None where Inductor does not say), and `bytes` (None where its size is not known)."""
    from torch._inductor.virtualized import V

    buffers = {name: item for name, item in V.graph.name_to_buffer.items() if name not in V.graph.removed_buffers}
    return [
        {"name": name, "node": node.name if node is not None else None, "bytes": _bytes(item)}
        for name, item, node in (
            *((name, item, None) for name, item in V.graph.graph_inputs.items()),
            *((name, item, _made_by(item)) for name, item in buffers.items()),
        )
    ]


def _made_by(buffer: Any) -> Node | None:
    from torch._inductor.virtualized import V

    graph: Any = V.graph.module.graph
    node = _origin_of_buffer(buffer)
    return node if node is not None and node.graph is graph else None


def _bytes(buffer: Any) -> int | None:
    """The size of a tensor; None for what is none, or has a size that depends on values, which torch only guesses."""
    from torch._inductor.virtualized import V
    from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols

    sizes: Any = V.graph.sizevars
    try:
        if free_unbacked_symbols(buffer.get_numel()):
            return None
        hint = getattr(sizes, "optimization_hint", None) or sizes.size_hint
        return int(hint(buffer.get_numel())) * int(buffer.get_dtype().itemsize)
    except Exception:  # noqa: BLE001 # several results in one buffer, a symbol, a torch whose buffers are others: not known
        return None


def _size(node: Node) -> dict[str, Any]:
    value = node.meta.get("val")
    if not isinstance(value, torch.Tensor) or is_view(node):
        return {"shape": [], "dtype": "", "bytes": 0}
    count = _hint(value.numel())
    return {
        "shape": [str(size) for size in value.shape],
        "dtype": str(value.dtype).removeprefix("torch."),
        "bytes": None if count is None else count * value.element_size(),
    }


def _hint(number: int | torch.SymInt) -> int | None:
    """A size; of a symbolic one, what it is for the inputs that the graph was made with, None where that depends on
    their values."""
    if isinstance(number, int):
        return number
    return int(number.node.hint) if number.node.has_hint() and number.node.hint is not None else None


def readers(node: Node) -> Iterator[Node]:
    """The operations, and the graph's output, that use a value; views of it are passed through."""
    for user in node.users:
        if is_view(user):
            yield from readers(user)
        else:
            yield user


def base(node: Node) -> Node:
    """The operation whose value a view shows; the node itself where it is none."""
    while is_view(node) and node.all_input_nodes:
        node = node.all_input_nodes[0]
    return node


def is_view(node: Node) -> bool:
    """Whether an operation only looks at its input in another way, and computes nothing."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    returned = node.target._schema.returns
    return bool(returned) and returned[0].alias_info is not None and not returned[0].alias_info.is_write
