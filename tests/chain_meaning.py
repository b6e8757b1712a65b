"""Judges links by what the linked texts do, with tables and readers of its own: the linker does not vouch for itself.

An expression of the source says which operations it may become (`OPERATIONS`), a statement of a C++ kernel which ones
it does (`done`), an instruction which function it calls. A buffer is followed through the output code to the pointers
of a kernel. For tests and for `benchmarks/link_meaning.py`.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.model.stage import Stage

_STATEMENT_DOES = {
    "erf": r"\berf\(|calc_erf",
    "erfc": r"\berfc\(",
    "expm1": r"\bexpm1\(",
    "exp": r"\bexp\(|\bexp_u20\(|fexp_u20",
    "exp2": r"\bexp2\(",
    "log1p": r"\blog1p\(",
    "log2": r"\blog2\(",
    "log10": r"\blog10\(",
    "log": r"\blog\(",
    "tanh": r"\btanh\(",
    "sinh": r"\bsinh\(",
    "cosh": r"\bcosh\(",
    "tan": r"\btan\(",
    "sin": r"\bsin\(",
    "cos": r"\bcos\(",
    "asin": r"\basin\(",
    "acos": r"\bacos\(",
    "atan2": r"\batan2\(",
    "atan": r"\batan\(",
    "asinh": r"\basinh\(",
    "sqrt": r"\bsqrt\(",
    "rsqrt": r"\brsqrt\(",
    "floor": r"\bfloor\(",
    "ceil": r"\bceil\(",
    "round": r"\bround\(|nearbyint",
    "trunc": r"\btrunc\(",
    "abs": r"\babs\(",
    "neg": r"\bneg\(|[=(,] ?-tmp",
    "pow": r"\bpow\(",
    "lgamma": r"\blgamma\(",
    "hypot": r"\bhypot\(",
    "fmod": r"\bfmod\(",
    "copysign": r"\bcopysign\(",
    "max": r"\bmaximum\(|std::max\(|max_propagate_nan|\bclamp_min\(|\bclamp\(|max_masked_reduce",
    "min": r"\bminimum\(|std::min\(|min_propagate_nan|\bclamp_max\(|\bclamp\(|min_masked_reduce",
    "where": r"blendv\(| \? ",
    "compare": r" [<>]=? | [!=]= |VecMask",
    "argbest": r"argm(?:ax|in)_combine|IndexValue",
    "welford": r"[Ww]elford",
    "mul": r" \* |\) ?\* ?",
    "div": r" / |\)/",
    "add": r" \+ |\+=",
    "sub": r" - ",
}
"""Operation → what the text of a C++ statement holds that does it."""

_IN_PLACES = re.compile(r"\b(?:loadu?|store|static_cast<int64_t>|masked_load|index_expr|reinterpret_cast<[^>]*>)\(")
_LAMBDA = re.compile(r"\[&\]\(\w[^{]*\{(.*?)\}")


def done(statement: str) -> set[str]:
    """The operations that a statement of a C++ kernel does; none for one that loads, stores, casts or is a constant."""
    if re.match(r"\s*(?:for|if)\b", statement):
        return set()
    statement = re.sub(r"\balignas\(.*?\)\) ", "", statement)
    text = re.sub(r"\b\w+_ptr\d+\[[^;]*?\](?= [=;+]|;|\)|,)", "PLACE", statement.strip())
    while (match := _IN_PLACES.search(text)) is not None:
        text = text[: match.start()] + "PLACE" + text[_closing(text, match.end()) :]
    text = re.sub(r"[-+]?std::numeric_limits<[\w:]+>::\w+\(\)|static_cast<\w+>\([-+]?[\d.eE+-]+[FL]?\)", "C", text)
    text = re.sub(r"\w+_ptr\d+ \+ PLACE", "PLACE", text)
    text = _LAMBDA.sub(r"{\1}", text)
    if re.search(r"cascade_sum|CascadeSum|sum_masked_reduce", text):
        return {"sum"}
    found = {name for name, pattern in _STATEMENT_DOES.items() if re.search(pattern, text)}
    if "tmp_acc" in text and found & {"add", "max", "min", "mul"}:
        found = {{"add": "sum", "mul": "prod"}.get(name, name) for name in found}
    return found


def _closing(text: str, at: int) -> int:
    """Behind the bracket that closes the one before `at`."""
    depth = 1
    while at < len(text) and depth:
        depth += (text[at] == "(") - (text[at] == ")")
        at += 1
    return at


_SOFTMAX = {"max", "sub", "exp", "sum", "add", "div", "where", "compare"}
_GELU = {"mul", "erf", "add", "tanh", "pow", "sub", "div"}
_NORM = {"welford", "sum", "sub", "mul", "add", "div", "rsqrt", "sqrt", "pow"}
_PRODUCT = {"mul", "sum", "add"}
OPERATIONS: dict[str, set[str]] = {
    **{name: {name} for name in ("erf", "erfc", "exp", "exp2", "log1p", "log2", "log10", "log", "tanh", "sinh")},
    **{
        name: {name}
        for name in ("cosh", "tan", "sin", "cos", "asin", "acos", "atan2", "atan", "asinh", "sqrt", "floor")
    },
    **{name: {name} for name in ("ceil", "round", "trunc", "neg", "lgamma", "hypot", "fmod", "copysign")},
    "expm1": {"expm1", "exp", "sub"},
    "rsqrt": {"rsqrt", "sqrt", "div"},
    "abs": {"abs", "where", "compare", "neg"},
    "pow": {"pow", "mul", "sqrt", "div"},
    "square": {"mul", "pow"},
    "reciprocal": {"div"},
    "sigmoid": {"div", "add", "neg", "exp"},
    "silu": {"div", "add", "neg", "exp", "mul"},
    "softplus": {"exp", "log1p", "compare", "where", "mul", "div"},
    "relu": {"max", "mul", "compare", "where"},
    "gelu": _GELU,
    "maximum": {"max"},
    "minimum": {"min"},
    "clamp": {"max", "min"},
    "where": {"where", "compare"},
    "masked_fill": {"where", "compare"},
    "add": {"add"},
    "sub": {"sub"},
    "mul": {"mul"},
    "div": {"div", "mul"},
    "sum": {"sum", "add"},
    "mean": {"sum", "add", "div", "mul"},
    "amax": {"max"},
    "amin": {"min"},
    "prod": {"prod"},
    "var": {*_NORM},
    "argmax": {"argbest", "compare", "where"},
    "softmax": _SOFTMAX,
    "log_softmax": {*_SOFTMAX, "log"},
    "layer_norm": _NORM,
    "matmul": _PRODUCT,
    "linear": _PRODUCT,
    "to": set(),
    "float": set(),
    **{name: set() for name in ("view", "reshape", "transpose", "permute", "t", "unsqueeze", "squeeze", "expand")},
    **{name: set() for name in ("contiguous", "flatten", "clone")},
    "cat": {"compare", "where"},
}
"""A call's name → the operations that may be done for it."""
_ELSEWHERE = frozenset(("matmul", "linear", "cat"))
"""What a library may do, or nothing but loads and stores."""
_CALLS = {"erf": {"exp"}, "gelu": {"exp"}, "sum": {"sum"}}
"""A call's name → the functions that the processor is given to do it with, beside those of its own name."""

_INFIX: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("sub", "-"),
    ast.Mult: ("mul", "*"),
    ast.Div: ("div", "/"),
    ast.MatMult: ("matmul", "@"),
    ast.Pow: ("pow", "**"),
}

_CALLED = re.compile(r"\bcall\s+(?:Sleef_(\w+?)[df]\d+|_?(?:std::)?(\w+)@plt|(\w+?)f?@plt)")


@dataclass(frozen=True)
class Expression:
    """One expression of a source text whose operation is known."""

    name: str
    """As `OPERATIONS` has it."""
    span: Span
    at: Position
    """A column that is the expression's own and none of its operands'."""
    text: str


def expressions(source: Artifact) -> Iterator[Expression]:
    """The expressions of a Python text that `OPERATIONS` knows; a text that does not parse has none."""
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return
    lines = source.lines
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or node.end_lineno is None or node.end_col_offset is None:
            continue
        found = _named(node, lines)
        if found is not None and found[0] in OPERATIONS:
            span = Span(
                source.id, Position(node.lineno, node.col_offset), Position(node.end_lineno, node.end_col_offset)
            )
            text = ast.get_source_segment(source.text, node) or ""
            yield Expression(found[0], span, found[1], text)


def _named(node: ast.expr, lines: tuple[str, ...]) -> tuple[str, Position] | None:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            assert value.end_lineno is not None
            assert value.end_col_offset is not None
            return name, Position(value.end_lineno, value.end_col_offset)
        case ast.UnaryOp(op=ast.USub()):
            return "neg", Position(node.lineno, node.col_offset)
        case ast.BinOp(left=left, op=operator) if type(operator) in _INFIX:
            name, sign = _INFIX[type(operator)]
            line, col = left.end_lineno or 0, left.end_col_offset or 0
            while line <= len(lines):
                if (at := lines[line - 1].find(sign, col)) >= 0:
                    return name, Position(line, at)
                line, col = line + 1, 0
    return None


@dataclass
class Judged:
    """What was found right and wrong."""

    faults: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def of(self, what: str, *, right: bool, fault: str) -> None:
        """Counts one judgement."""
        self.counted[what] += 1
        if not right:
            self.counted[f"{what}, wrong"] += 1
            self.faults.append(fault)


def judge_chains(capture: Capture, *, complete: bool = False) -> Judged:
    """Whether what is exact, or in the line table, for each expression does what the expression does.

    Args:
        complete: whether an expression that computes must also have a statement that does it: true of modules whose
            kernels hold every operation.
    """
    judged = Judged()
    for source in capture.find(Stage.SOURCE):
        for expression in expressions(source):
            _judge(capture, expression, judged, complete=complete)
    return judged


def _judge(capture: Capture, expression: Expression, judged: Judged, *, complete: bool) -> None:
    relatives = capture.index.relatives(expression.span.artifact, *expression.at)
    if expression.span not in relatives.anchors:
        judged.counted["expressions without links"] += 1
        return
    allowed = OPERATIONS[expression.name]
    judged.counted["expressions"] += 1
    did: set[str] = set()
    computed = False
    for artifact_id, found in relatives.by_artifact.items():
        artifact = capture.by_id[artifact_id]
        computed |= artifact.stage is Stage.INDUCTOR and any(item.origin is Origin.EXACT for item in found)
        if "backward" in artifact_id or (artifact.language is not Language.CPP and artifact.stage is not Stage.ASM):
            continue  # a gradient does something else
        for item in found:
            for line in range(item.span.start.line, item.span.last_line + 1):
                text = artifact.lines[line - 1]
                where = (
                    f"{expression.text!r} (line {expression.span.start.line}) → {artifact_id}:{line}: {text.strip()}"
                )
                if artifact.stage is Stage.KERNEL and item.origin is Origin.EXACT:
                    does = done(text)
                    did |= does
                    judged.of("statements", right=does <= allowed, fault=f"{where} does {sorted(does - allowed)}")
                elif artifact.stage is Stage.ASM and item.origin is Origin.DEBUG_INFO:
                    called = _called(text)
                    if called is not None:
                        may = allowed | _CALLS.get(expression.name, set())
                        judged.of("calls of functions", right=called in may, fault=f"{where} calls {called}")
    if complete and computed and allowed and expression.name not in _ELSEWHERE:
        fault = f"{expression.text!r} has no statement that does any of {sorted(allowed)}"
        judged.of("expressions done", right=not allowed.isdisjoint(did), fault=fault)


def _called(instruction: str) -> str | None:
    """The mathematical function that an instruction calls; None for another instruction."""
    match = _CALLED.search(instruction)
    if match is None:
        return None
    name = next(part for part in match.groups() if part)
    name = name.removesuffix("f") if name.removesuffix("f") in _STATEMENT_DOES else name
    return name if name in _STATEMENT_DOES else None


# Buffers


def judge_buffers(capture: Capture) -> Judged:
    """Whether loads and stores of the loop IR are tied to statements that load from and store to the same buffer."""
    judged = Judged()
    for link in capture.links:
        ir, kernel = capture.by_id[link.a.artifact], capture.by_id[link.b.artifact]
        if ir.stage not in (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION) or kernel.stage is not Stage.KERNEL:
            continue
        definition = re.search(r"= ops\.(load|store|store_reduction)\('(\w+)'", ir.lines[link.a.start.line - 1])
        if definition is None or link.origin is not Origin.EXACT or link.a.start.line != link.a.last_line:
            continue
        statement = kernel.lines[link.b.start.line - 1]
        pointers = set(re.findall(r"\b(?:in_out|in|out)_ptr\d+\b", statement))
        if not pointers:
            judged.counted[f"{definition[1]}s without a pointer"] += 1
            continue
        held = _held(capture, ir, kernel)
        named = _memory(ir, definition[2])
        buffers = set().union(*(held.get(pointer, set()) for pointer in pointers))
        places = f"{ir.id}:{link.a.start.line} {definition[0]} → {kernel.id}:{link.b.start.line}"
        fault = f"{places} {statement.strip()} {buffers}"
        if not buffers:
            judged.counted["calls not read"] += 1
        else:
            judged.of(f"{definition[1]}s", right=not named.isdisjoint(buffers), fault=fault)
    return judged


def _memory(ir: Artifact, buffer: str) -> set[str]:
    """A buffer and those whose memory it writes into or is a part of."""
    found, pending = set[str](), [buffer]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            for listed in re.findall(rf"^\s*{name}\.(?:mutations|aliases) = \[([^\]]*)\]", ir.text, re.MULTILINE):
                pending += re.findall(r"\w+", listed)
    return found


def _held(capture: Capture, ir: Artifact, kernel: Artifact) -> dict[str, set[str]]:
    """Pointer of a kernel → the buffers that its calls hand over, each with those whose memory it took over."""
    found: dict[str, set[str]] = {}
    signature = re.search(r"kernel\((.*?)\)\s*\{", kernel.text, re.DOTALL)
    assert signature is not None
    pointers = re.findall(r"\b(\w+)(?:,|$)", signature[1])
    same = ir.id.partition("ir_p")[2].partition(":")[2]
    for code in capture.find(Stage.INDUCTOR, ir.compile_id):
        if code.id.partition("inductor")[2].lstrip(":") != same:
            continue
        memory: dict[str, set[str]] = {}
        for line in code.lines:
            if renamed := re.match(r"\s+(\w+) = (?:reinterpret_tensor\()?(\w+)\b(?!\().*", line):
                memory[renamed[1]] = {renamed[1]} | memory.get(renamed[2], {renamed[2]})
            if call := re.match(rf"\s+{re.escape(kernel.kernel or '')}\((.*)\)$", line):
                for pointer, argument in zip(pointers, call[1].split(", "), strict=False):
                    found.setdefault(pointer, set()).update(memory.get(argument, {argument}))
    for own, other in re.findall(r"auto (\w+_ptr\d+) = (\w+_ptr\d+);", kernel.text):
        found[own] = found.get(own, set()) | found.get(other, set())
    return found


# Values

_SIZED = re.compile(r"\s+\w+ = (?:empty_strided\w*\(|reinterpret_tensor\(\w+, )\(([\d, ]*)\)")


def judge_values(capture: Capture) -> Judged:
    """Whether the lines that give a buffer its place are tied to nodes of as many elements."""
    judged = Judged()
    for link in capture.links:
        graph, other = capture.by_id[link.a.artifact], capture.by_id[link.b.artifact]
        if graph.stage is not Stage.POST_GRAD or link.origin is not Origin.EXACT:
            continue
        line = other.lines[link.b.start.line - 1]
        node = graph.lines[link.a.start.line - 1][link.a.start.col :]
        shape = re.match(r"\w+: \"\w+\[([\d, ]*)\]", node)
        if shape is None:
            continue
        if other.stage is Stage.INDUCTOR and (size := _SIZED.match(line)) is not None:
            fault = f"{node[:90]} → {other.id}:{link.b.start.line}: {line.strip()}"
            judged.of("buffers", right=_count(shape[1]) == _count(size[1]), fault=fault)
    return judged


def _count(sizes: str) -> int:
    return prod(int(size) for size in sizes.split(",") if size.strip())
