"""Whether the text of a graph is what torch prints of one, and nothing that somebody else put there.

`repro.py` holds graphs of a log word for word, and a person runs it. A log may come from anybody, so only code that
calls operators of torch on the graph's own values goes in.
"""

from __future__ import annotations

import ast
import re

_STATEMENTS = (
    ast.Module,
    ast.ClassDef,
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Return,
)
_EXPRESSIONS = (
    *(ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.Starred, ast.Expr),
    *(ast.Tuple, ast.List, ast.Dict, ast.Slice, ast.Subscript, ast.expr_context),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
_ALLOWED = (*_STATEMENTS, *_EXPRESSIONS)

_LONGEST = 80
"""Characters of what is refused that are told."""
_OPERATOR = re.compile(
    r"torch\.(?:ops(?:\.\w+){2,3}|_C\._(?:nn|special|linalg|fft)\.\w+|nn\.functional\.\w+|(?:special|linalg|fft|functional)\.\w+"
    r"|_C\._(?:set_grad_enabled|log_api_usage_once)|amp\.autocast_mode\._(?:enter|exit)_autocast"
    r"|nn\.Module|Size|Tensor|[a-z]\w*)"
)
_REGISTERED = re.compile(r"\btorch\.ops\.(\w+)\.(\w+)")
_OWN = frozenset(
    (
        *("aten", "prim", "prims", "debugprims", "rngprims", "higher_order", "inductor", "inductor_prims", "flex_lib"),
        *("c10d", "c10d_functional", "_c10d_functional", "_c10d_functional_autograd", "_dtensor", "symm_mem", "fsdp"),
        *("quantized", "_quantized", "quantization", "mkl", "mkldnn", "mkldnn_prepacked", "onednn", "sparse"),
        *("export", "profiler", "streams", "static_runtime", "onnx", "onnx_symbolic", "debug_mode_ops", "_native"),
    )
)
"""Libraries of operators that `import torch` registers (torch._C._dispatch_get_all_op_names, torch 2.13)."""
_NEVER = frozenset(
    f"torch.{name}"
    for name in (
        *("load", "save", "from_file", "import_ir_module", "compile", "hub", "jit", "package", "os", "sys", "classes"),
        *("serialization", "multiprocessing", "utils"),
    )
)
_BUILTIN = frozenset(
    {"torch", "device", "inf", "nan", "Ellipsis", "int", "float", "bool", "max", "min", "sum", "abs", "slice"}
)


def refused(text: str) -> str:
    """Why it is more than one module whose `forward` calls operators of torch, and methods of its own values, alone.

    Returns:
        Words that follow `0/0: `; empty where it is no more.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "its text is no Python"
    return _no_module(module) or _no_operator(module)


def _no_module(module: ast.Module) -> str:
    if len(module.body) != 1 or not isinstance(module.body[0], ast.ClassDef) or module.body[0].decorator_list:
        return "its text is no module"
    functions = module.body[0].body
    if any(isinstance(item, ast.ClassDef) for item in functions):
        return "it holds graphs within, as torch.cond and torch's other operators on functions make them"
    if len(functions) != 1 or not isinstance(functions[0], ast.FunctionDef) or functions[0].decorator_list:
        return "its text is no module with a forward alone"
    return ""


def _no_operator(module: ast.Module) -> str:
    known = {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)} - {"self"}
    known |= {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if "torch" in known:
        return "it gives torch another meaning"
    inner = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    for node in ast.walk(module):
        if not _is_plain_node(node, known, id(node) in inner):
            return f"it holds {ast.unparse(node)[:_LONGEST]}, which is no operator of torch's on its inputs"
    return ""


def foreign_operators(text: str) -> tuple[str, ...]:
    """The operators that a library registers beside torch's own, `mylib.foo`, in the order of the text."""
    found = _REGISTERED.findall(text)
    return tuple(dict.fromkeys(f"{library}.{name}" for library, name in found if library not in _OWN))


def is_size(text: str) -> bool:
    """Whether it is a size as torch prints one: numbers and symbols (`s27`, `u0`) and arithmetic on them alone."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_size_node(node) for node in ast.walk(tree))


def _is_size_node(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return re.fullmatch(r"[su]\d+", name) is not None
        case ast.Constant(value=value):
            return type(value) is int
        case ast.BinOp(op=operator):
            return isinstance(operator, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod)
    return isinstance(node, ast.Expression | ast.operator | ast.expr_context | ast.UnaryOp | ast.USub)


def _is_plain_node(node: ast.AST, known: set[str], inner: bool) -> bool:
    """Whether one node is allowed; `inner` if a longer dotted name goes on after it."""
    match node:
        case ast.Name():
            return node.id in known or node.id in _BUILTIN
        case ast.Attribute(attr=attribute):
            return not attribute.startswith("__") and _is_plain_name(ast.unparse(node), inner)
        case ast.FunctionDef(name=name):
            return name == "forward"
    return isinstance(node, _ALLOWED)


def _is_plain_name(name: str, inner: bool) -> bool:
    """Whether a dotted name is a value's own, or an operator of torch's."""
    if name.partition(".")[0] != "torch":
        return True
    return name not in _NEVER and (inner or _OPERATOR.fullmatch(name) is not None)
