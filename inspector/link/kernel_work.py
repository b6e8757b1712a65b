"""What a fused kernel moves and calculates, from its text and the arguments it was called with.

Each access counts the elements that its index runs over: the extents of the loop variables in it, multiplied; never
more than the tensor has, and once however often the text repeats it. What the kernel itself wrote before is not read
from memory. An index that was itself loaded (an embedding) counts what it picks. Each statement that calculates counts
one operation for each element that its loops run over.
Templates (matrix products that Inductor writes itself) are not read: their operations are not known.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.jsontext import MAX_INT
from inspector.model.capture import Capture
from inspector.model.profile import Argument, KernelCall, Part, Profile, ProfileRow, Work
from inspector.model.stage import Stage

_SIGNATURE = re.compile(r"\bkernel\((?P<parameters>[^)]*)\)")
_TRITON_SIGNATURE = re.compile(r"^def triton_\w+\((?P<parameters>[^)]*)\):", re.MULTILINE)
_FOR = re.compile(r"for\s?\((?:int64_t|int|long|auto) (\w+)\s?=\s?([^;]+);\s*\1\s?<\s?([^;]+);")
_POINTER = re.compile(r"\b(?:in_out_ptr|in_ptr|out_ptr)\d+\b")
_CALCULATES = re.compile(r"^(?:auto )?(tmp\w*) = (.+);$")
_ONLY_MOVED = re.compile(
    r"(?:at::vec::)?(?:Vectorized|VectorizedN)<[^()]*>\(\w+\)"
    r"|(?:at::vec::)?(?:Vectorized|VectorizedN)<[^()]*>::loadu\([^()]*(?:\([^()]*\)[^()]*)*\)|tmp\w*\[[^\[\]]*\]"
    r"|static_cast<\w+(?:::\w+)*>\([^()+*/ ]*\)|\w+|[-+]?[\d.][\w.+-]*"
    r"|c10::convert<.*|at::vec::convert<.*|.*\.to_float\(.*"
)
_TEMPLATE = re.compile(r"micro_gemm|\bMx|Kr_blocks|Mt_blocks")


@dataclass
class _Scope:
    """A loop or a condition around statements: what its variable runs over there."""

    indent: int
    variable: str
    extent: int | None


@dataclass
class _Sums:
    read: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    flops: int = 0


def completed(profile: Profile, capture: Capture) -> Profile:
    """The profile with the work of each fused kernel whose text the capture holds."""
    work = works_of(profile.kernel_calls, capture)

    def with_work(row: ProfileRow) -> ProfileRow:
        return replace(row, work=work.get((row.compile_id, row.name))) if row.part is Part.KERNEL else row

    return replace(
        profile, compiled=replace(profile.compiled, rows=tuple(with_work(row) for row in profile.compiled.rows))
    )


def works_of(calls: Sequence[KernelCall], capture: Capture) -> dict[tuple[str, str], Work | None]:
    """Compile id and kernel → the work of all its calls; None where it cannot be told."""
    named: dict[tuple[str, str], set[str]] = {}
    for item in capture.find(Stage.KERNEL):
        named.setdefault((item.compile_id or "", item.kernel or ""), set()).add(item.text)
    # A call names no graph: of several kernels of one name it is not known which was called.
    texts = {key: next(iter(found)) for key, found in named.items() if len(found) == 1}
    work: dict[tuple[str, str], Work | None] = {}
    for call in calls:
        key = (call.compile_id, call.kernel)
        found = work_of_call(texts[key], call) if key in texts else None
        before = work.get(key)
        work[key] = found if key not in work else _both(before, found)
    return work


def _both(one: Work | None, other: Work | None) -> Work | None:
    if one is None or other is None:
        return None
    flops = None if one.flops is None or other.flops is None else one.flops + other.flops
    return Work(one.read + other.read, one.written + other.written, flops, one.dtype)


def work_of_call(text: str, call: KernelCall) -> Work | None:
    """The work of all `call.count` calls; None where the text's parameters are not the call's arguments."""
    found = kernel_work(text, call.arguments)
    if found is None:
        return None
    flops = None if found.flops is None else found.flops * call.count
    return Work(found.read * call.count, found.written * call.count, flops, found.dtype)


def kernel_work(text: str, arguments: Sequence[Argument]) -> Work | None:
    """The work of one call of a kernel; None where its parameters are not these arguments.

    Of a Triton kernel only the memory is counted, each tensor that it is given once.
    """
    signature = _SIGNATURE.search(text) or _TRITON_SIGNATURE.search(text)
    if signature is None:
        return None
    triton = signature.re is _TRITON_SIGNATURE
    names = [
        item.split()[-1].lstrip("*")
        for item in signature["parameters"].split(",")
        if item.strip() and "constexpr" not in item
    ]
    if len(names) != len(arguments):
        return None
    given = dict(zip(names, arguments, strict=True))
    dtype = next((item.dtype for item in arguments if item.dtype in ("f32", "f64", "bf16", "f16")), "i64")
    if triton or _TEMPLATE.search(text):
        read = sum(item.elements * item.itemsize for name, item in given.items() if name.startswith("in_"))
        written = sum(item.elements * item.itemsize for name, item in given.items() if "out_ptr" in name)
        return Work(read, written, None, dtype)
    sizes = {name: item.value for name, item in given.items() if item.value is not None}
    sums = _count(text[signature.end() :], sizes, given)
    if sums is None:
        return None
    moved = {
        side: sum(min(count, given[name].elements) * given[name].itemsize for name, count in counts.items())
        for side, counts in (("read", sums.read), ("written", sums.written))
    }
    return Work(moved["read"], moved["written"], sums.flops, dtype)


def _count(text: str, sizes: Mapping[str, int], given: Mapping[str, Argument]) -> _Sums | None:
    """Elements read and written by pointer, and operations; None where an extent cannot be worked out."""
    sums, scopes = _Sums(), list[_Scope]()
    seen: set[tuple[str, str, int]] = set()
    overwritten: set[str] = set()
    """What the kernel stores to before it loads from it: it loads what it wrote itself."""
    for line in text.splitlines():
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        while scopes and bare and indent <= scopes[-1].indent and bare != "{":
            scopes.pop()
        if match := _FOR.search(bare):
            start, end = (evaluate(part, sizes) for part in (match[2], match[3]))
            scopes.append(_Scope(indent, match[1], None if start is None or end is None else max(0, end - start)))
            continue
        if bare.startswith(("if(C10_", "if (C10_")):
            for clause in _ranges(bare):
                first, last = (evaluate(part, sizes) for part in clause[1:])
                if first is not None and last is not None:
                    scopes.append(_Scope(indent, clause[0], max(0, last - first)))
            continue
        extents = _extents(scopes)
        if extents is None:
            return None
        everything = math.prod(extents.values())
        for pointer, index, stores in _accesses(bare, given):
            if not stores and (pointer.startswith("out_ptr") or pointer in overwritten):
                continue
            if stores and pointer not in sums.read:
                overwritten.add(pointer)
            over = set(re.findall(r"\b[A-Za-z_]\w*", index))
            picked = any(name.startswith("tmp") for name in over)
            count = everything if picked else math.prod(size for name, size in extents.items() if name in over)
            if (pointer, index, count) in seen and not stores:
                continue
            seen.add((pointer, index, count))
            side = sums.written if stores else sums.read
            side[pointer] = side.get(pointer, 0) + count
        if _calculates(bare):
            sums.flops += everything
    return sums


def _extents(scopes: Sequence[_Scope]) -> dict[str, int] | None:
    """Variable → what it runs over here, the innermost word on it; None where one is not known.

    `x1_tail` runs over what the condition around it says of `x1`, `x1_inner` over the lanes of its vectors.
    """
    found: dict[str, int] = {}
    for scope in scopes:
        if scope.extent is None:
            return None
        base, _, kind = scope.variable.partition("_")
        if kind == "inner" and base in found:
            continue
        if kind == "tail":
            found.pop(base, None)
        found[scope.variable] = scope.extent
    return found


def _ranges(line: str) -> list[tuple[str, str, str]]:
    """`x0`, first and end of each `x0 >= A && x0 < B` in a condition."""
    found = []
    for match in re.finditer(r"\b(\w+) >= static_cast<int64_t>\(([^()]*(?:\([^()]*\)[^()]*)*)\) && \1 < ", line):
        end = _balanced(line, match.end())
        found.append((match[1], match[2], end))
    return found


def _balanced(line: str, start: int) -> str:
    """The expression that begins at `start`, up to `&&` or the bracket that it does not open."""
    depth = 0
    for place in range(start, len(line)):
        depth += (line[place] == "(") - (line[place] == ")")
        if depth < 0 or (depth == 0 and line.startswith(" &&", place)):
            return line[start:place]
    return line[start:]


def _accesses(line: str, given: Mapping[str, Argument]) -> list[tuple[str, str, bool]]:
    """Pointer, index, and whether it is written, of every access in a line."""
    found = []
    for match in _POINTER.finditer(line):
        if match[0] not in given:
            continue
        rest = line[match.end() :]
        if rest.startswith("["):
            index = _balanced(rest.replace("[", "(", 1).replace("]", ")"), 1)
            after = rest[len(index) + 2 :].lstrip()
            stores = after.startswith("=") and not after.startswith("==")
        else:
            index = _balanced(rest, 0)
            stores = ".store(" in line[: match.start()]
        if "atomic_add" in line[: match.start()]:
            stores = True
        if "transpose_mxn<" in line[: match.start()]:  # from its first argument into its third
            stores = _commas(line[line.index("transpose_mxn<") : match.start()]) >= 2
        found.append((match[0], index.split(", static_cast")[0], stores))
    return found


def _commas(call: str) -> int:
    """Commas between the arguments of a call that is not closed yet; those of its template are not."""
    depth, found = 0, 0
    for place in range(call.find("(", _template_end(call)) + 1, len(call)):
        depth += (call[place] in "([") - (call[place] in ")]")
        found += call[place] == "," and not depth
    return found


def _template_end(call: str) -> int:
    """Where `<…>` after a name ends."""
    depth = 0
    for place, character in enumerate(call):
        depth += (character == "<") - (character == ">")
        if character == ">" and not depth:
            return place
    return 0


def _calculates(line: str) -> bool:
    match = _CALCULATES.match(line)
    if match is None or _POINTER.search(match[2]):
        return False
    return _ONLY_MOVED.fullmatch(match[2]) is None


_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.floordiv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., int]] = {"min": min, "max": max, "div_floor_integer": operator.floordiv}


def evaluate(text: str, sizes: Mapping[str, int]) -> int | None:
    """The value of a C++ bound, `static_cast<int64_t>(2048L*ks0)`; None where it is anything else than whole numbers,
    sizes that are known, and arithmetic on them."""
    plain = re.sub(r"static_cast<[\w:]+>|c10::|std::", "", text)
    plain = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", plain).strip()
    try:
        value = _value(ast.parse(plain, mode="eval").body, sizes)
        return value if abs(value) <= MAX_INT else None
    except (SyntaxError, ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Name(id=name):
            return sizes[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, sizes), _value(right, sizes))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, sizes)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_value(item, sizes) for item in args))
    raise ValueError("no whole number")
