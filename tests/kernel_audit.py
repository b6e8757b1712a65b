"""Holds what is said of each kernel against its text and the code around it, by means of its own.

Nothing of `inspector.link` is used but the links between nodes and lines: C++ says by `const` which memory a kernel
may write, Python's `ast` reads the calls, and a value's way from the line that makes it to the line that uses it is
followed by the names in the text. For tests and for the audit in `benchmarks/`.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.fusion import KernelFusion
from inspector.model.link import Origin
from inspector.model.stage import Stage

_PARAMETER = re.compile(r"(?P<const>const )?[\w:]+\*\s+(?P<name>(?:in_out_ptr|in_ptr|out_ptr)\d+)")
_ALL_PARAMETERS = re.compile(r"kernel\(([^)]*)\)")
_FX = re.compile(r'^\s+(\w+): "(\w+)\[([^\]]*)\][^"]*" = ')
_FX_ANY = re.compile(r"^\s+(\w+)(?:: \"[^\"]*\")? = (torch\.ops\.[\w.]+|\w+)\b(.*?)(?:;  .*)?$")
_BITS = {"b8": 8, "bf16": 16}
_VIEWS = (
    "reshape", "view", "permute", "expand", "slice", "unsqueeze", "squeeze", "select", "alias", "t", "transpose",
    "detach", "as_strided", "split", "unbind", "diagonal",
)  # fmt: skip
_HAND_ON = (
    "gather", "index", "_unsafe_index", "constant_pad_nd", "convert_element_type", "rev", "repeat", "clone",
    "select_scatter", "slice_scatter", "cat",
)  # fmt: skip
"""Operators that may give a value on as it is: who uses theirs may use, in the text, what they were given."""
_MARKS = {
    "erf": r"\berf\(", "exp": r"\bexp\(", "tanh": r"\btanh\(", "sin": r"\bsin\(", "cos": r"\bcos\(",
    "rsqrt": r"sqrt\(", "log": r"\blog\(", "sqrt": r"(?<!r)\bsqrt\(", "log1p": r"\blog1p\(",
}  # fmt: skip
"""Operators that are written under their own name, and how."""


@dataclass
class Audit:
    """How many claims were found right, and which were not."""

    right: Counter[str]
    wrong: list[str]

    def judge(self, claim: str, fine: bool, about: str) -> None:
        """Counts one claim."""
        self.right[claim] += fine
        if not fine:
            self.wrong.append(f"{claim}: {about}")


def audit(capture: Capture, found: Audit | None = None) -> Audit:
    """Judges every kernel of a capture whose statements were recorded."""
    found = found or Audit(Counter(), [])
    codes = {(item.compile_id, item.variant): item for item in capture.find(Stage.INDUCTOR)}
    graphs = {(item.compile_id, item.variant): item for item in capture.find(Stage.POST_GRAD)}
    kernels = {(item.compile_id, item.kernel, item.unit): item for item in capture.find(Stage.KERNEL)}
    for fusion in capture.fusions:
        text = kernels.get((fusion.compile_id, fusion.kernel, fusion.unit))
        code, graph = (items.get((fusion.compile_id, fusion.unit)) for items in (codes, graphs))
        if fusion.known and text is not None and code is not None and graph is not None:
            _memory(fusion, text, code, graph, found)
            _operators(fusion, text, graph, found)
            _saved(capture, fusion, text, graph, found)
    return found


def _memory(fusion: KernelFusion, text: Artifact, code: Artifact, graph: Artifact, found: Audit) -> None:
    about = f"{text.id}"
    calls = list(_calls(code.text, fusion.kernel))
    declared = _ALL_PARAMETERS.search(text.text)
    if declared is None or not calls:
        return
    names = [item.split()[-1].lstrip("*") for item in declared[1].split(",")]
    const = {match["name"]: bool(match["const"]) for match in _PARAMETER.finditer(declared[1])}
    before = dict(re.findall(r"^\s+(\w+) = (?:reinterpret_tensor\()?(\w+)\b.*# reuse$", code.text, re.MULTILINE))
    reads: set[str] = set()
    writes: set[str] = set()
    may_read: set[str] = set()
    for call in calls:
        for name, argument in zip(names, call, strict=True):
            if const.get(name):
                reads.add(argument)
            elif name in const:
                if not name.startswith("in_out") or re.search(
                    rf"store\({name}\b|{name}\[.*\] = |transpose_mxn<.*\(tmp\w*, .*, {name}\b", text.text
                ):
                    writes.add(argument)
                if name.startswith("in_out"):
                    may_read.add(before.get(argument, argument))
    claimed = {item.name for item in fusion.loads}
    found.judge("reads", reads <= claimed <= reads | may_read, f"{about}: {claimed} is not {reads} (and {may_read})")
    claimed = {item.name for item in fusion.stores}
    found.judge("writes", claimed == writes, f"{about}: {claimed} is not {writes}")
    sizes = _sizes(code.text)
    for item in (*fusion.loads, *fusion.stores):
        if (size := sizes.get(item.name)) is not None:
            found.judge("sizes", item.size == size, f"{about}: {item.name} has {size} bytes, not {item.size}")


def _calls(code: str, kernel: str) -> Iterator[list[str]]:
    for line in code.splitlines():
        bare = line.strip()
        if bare.startswith(f"{kernel}("):
            call = ast.parse(bare).body[0]
            assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
            yield [_base(item) for item in call.value.args]


def _base(item: ast.expr) -> str:
    while isinstance(item, ast.Call | ast.Subscript):
        item = item.args[0] if isinstance(item, ast.Call) else item.value
    return item.id if isinstance(item, ast.Name) else ""


def _sizes(code: str) -> dict[str, int]:
    """Name → bytes, of what the output code allocates, and of its inputs as its own benchmark makes them."""
    made = re.findall(
        r"^\s+(\w+) = (?:empty_strided_\w+|rand_strided)\(\(([\d, ]*)\), \(([\d, ]*)\),.*?torch\.(\w+)\)",
        code,
        re.MULTILINE,
    )
    return {name: _extent(shape, strides) * _itemsize(dtype) for name, shape, strides, dtype in made}


def _extent(shape: str, strides: str) -> int:
    return math.prod(int(size) for size in shape.split(",") if size.strip())


def _itemsize(dtype: str) -> int:
    bits = re.search(r"\d+", dtype)
    return int(bits[0]) // 8 if bits else 1


def _operators(fusion: KernelFusion, text: Artifact, graph: Artifact, found: Audit) -> None:
    """An operator that is said to be computed is in the text, and one that is in the text is said to be computed."""
    operators = _operators_of(graph)
    body = text.text.partition("{")[2]
    for node in fusion.nodes:
        if (mark := _MARKS.get(operators.get(node, ""))) is not None:
            found.judge("computed", bool(re.search(mark, body)), f"{text.id}: {node} is not in the text")
    for node in fusion.listed:
        mark = _MARKS.get(operators.get(node, ""))
        same = any(operators.get(other) == operators.get(node) for other in fusion.nodes)
        if mark is not None and not same and operators[node] != "exp":  # a sigmoid is written with one
            found.judge("left out", not re.search(mark, body), f"{text.id}: {node} is in the text")


def _operators_of(graph: Artifact) -> dict[str, str]:
    found = (_FX_ANY.match(line) for line in graph.lines)
    return {match[1]: match[2].split(".")[3] for match in found if match and match[2].count(".") >= 3}


def _saved(capture: Capture, fusion: KernelFusion, text: Artifact, graph: Artifact, found: Audit) -> None:
    """A value said never to be in memory is stored by no line, reaches its readers by name, and has its size."""
    lines = _lines(capture, text, graph)
    users, sizes = _users(graph)
    operators = _operators_of(graph)
    stored = {_made_at(text, name, number) for number, line in enumerate(text.lines, 1) for name in _stored(line)}
    for value in fusion.intermediates:
        own = lines.get(value.node, frozenset())
        written = [name for name in users.get(value.node, ()) if name in fusion.nodes]
        readers = [*written, *(name for name in users.get(value.node, ()) if name in fusion.folded)]
        about = f"{text.id}: {value.node}"
        found.judge("never stored", not own & stored, f"{about} is stored from lines {own & stored}")
        if operators.get(value.node) in _HAND_ON:  # what it was given may be what its users take
            own = own.union(*(lines.get(given, ()) for given, taken in users.items() if value.node in taken))
        for reader in written:
            by = [reader, *(users.get(reader, ()) if operators.get(reader) in _HAND_ON else ())]
            used = set().union(*(_used(text, lines.get(name, ())) for name in by))
            found.judge("handed on", bool(own & used), f"{about} is not used by {reader}")
        bytes_ = sizes.get(value.node)
        if bytes_ is not None:
            expected = bytes_ * (value.written + len(readers))
            found.judge("saved", value.saved == expected, f"{about}: {value.saved} bytes are not {expected}")


def _used(text: Artifact, lines: Iterable[int]) -> set[int]:
    """The lines that made what some lines use."""
    return {
        _made_at(text, word, number)
        for number in lines
        for word in re.findall(r"\btmp\w*", text.lines[number - 1].partition(" = ")[2] or text.lines[number - 1])
    }


def _made_at(text: Artifact, name: str, line: int) -> int:
    """The line that a name on some line was made on: the nearest above, for a scope that is closed lies behind."""
    pattern = re.compile(rf"\s*(?:auto )?{name} =(?: |$)")
    return next((number for number in range(line - 1, 0, -1) if pattern.match(text.lines[number - 1])), 0)


def _stored(line: str) -> list[str]:
    if ".store(" in line:  # what goes to such a buffer has the vector's own size: a register, taken apart
        return re.findall(r"(\w+)\.store\((?!tmpbuf|offset)", line)
    if match := re.match(r"\s*\w+(?:ptr|data_)\d+\[.*?\] = (.*);$", line):
        return re.findall(r"\btmp\w*", match[1])
    if match := re.search(r"transpose_mxn<.*>\((\w+), [^,]*, (?:out_ptr|in_out_ptr|local_buffer)", line):
        return [match[1]]
    return re.findall(r"\btmp\w*", line.partition(",")[2]) if "atomic_add" in line else []


def _lines(capture: Capture, text: Artifact, graph: Artifact) -> Mapping[str, frozenset[int]]:
    """Node → the kernel's lines that are exactly linked to it."""
    found: dict[str, set[int]] = {}
    for link in capture.links:
        if link.a.artifact == graph.id and link.b.artifact == text.id and link.origin is Origin.EXACT:
            node = re.match(r"\w+", graph.lines[link.a.start.line - 1][link.a.start.col :])
            if node is not None:
                found.setdefault(node[0], set()).update(range(link.b.start.line, link.b.last_line + 1))
    return {node: frozenset(lines) for node, lines in found.items()}


def _users(graph: Artifact) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Node → the operations that use it, through views; and its bytes, where its sizes are plain numbers."""
    arguments: dict[str, list[str]] = {}
    views: set[str] = set()
    sizes: dict[str, int] = {}
    for line in graph.lines:
        if match := _FX_ANY.match(line):
            arguments[match[1]] = re.findall(r"\b[a-z_]\w*", match[3])
            if any(f".aten.{view}." in match[2] for view in _VIEWS):
                views.add(match[1])
        if (match := _FX.match(line)) and all(size.strip().isdigit() for size in match[3].split(",") if size.strip()):
            bits = _BITS.get(match[2]) or int(re.sub(r"\D", "", match[2]) or 8)
            sizes[match[1]] = math.prod(int(size) for size in match[3].split(",") if size.strip()) * bits // 8
    users: dict[str, list[str]] = {}
    for node in arguments:
        users[node] = list(_through(node, arguments, views))
    return users, sizes


def _through(node: str, arguments: Mapping[str, list[str]], views: set[str]) -> Iterator[str]:
    seen: set[str] = set()
    pending = [node]
    while pending:
        at = pending.pop()
        for other, names in arguments.items():
            if at in names and other not in seen:
                seen.add(other)
                if other in views:
                    pending.append(other)
                else:
                    yield other
