"""Whether the text of a graph is what torch prints of one, and nothing that somebody else put there.

`repro.py` holds graphs of a log word for word, and a person runs it. A log may come from anybody, so only code that
calls operators of torch on the graph's own values goes in.
"""

from __future__ import annotations

import ast
import re

_STATEMENTS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.AnnAssign, ast.Return)
_EXPRESSIONS = (
    *(ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.Starred, ast.Expr),
    *(ast.Tuple, ast.List, ast.Dict, ast.Slice, ast.Subscript, ast.expr_context),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
_ALLOWED = (*_STATEMENTS, *_EXPRESSIONS)

_OPERATOR = re.compile(
    r"torch\.(?:ops(?:\.\w+){2,3}|_C\._(?:nn|special|linalg|fft)\.\w+|nn\.functional\.\w+|(?:special|linalg|fft|functional)\.\w+"
    r"|nn\.Module|Size|Tensor|[a-z]\w*)"
)
_NEVER = frozenset(
    f"torch.{name}"
    for name in (
        *("load", "save", "from_file", "import_ir_module", "compile", "hub", "jit", "package", "os", "sys", "classes"),
        *("serialization", "multiprocessing", "utils"),
    )
)
_BUILTIN = frozenset({"torch", "device", "inf", "nan", "int", "float", "bool", "max", "min", "sum", "abs", "slice"})


def is_plain(text: str) -> bool:
    """Whether it is one module whose `forward` calls operators of torch, and methods of its own values, alone."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if len(module.body) != 1 or not isinstance(module.body[0], ast.ClassDef):
        return False
    functions = module.body[0].body
    if module.body[0].decorator_list or len(functions) != 1 or not isinstance(functions[0], ast.FunctionDef):
        return False
    known = {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)} - {"self"}
    known |= {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if "torch" in known:
        return False
    inner = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    return not functions[0].decorator_list and all(
        _is_plain_node(node, known, id(node) in inner) for node in ast.walk(module)
    )


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
