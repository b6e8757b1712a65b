"""Reads a fused C++ kernel's text: which values its statements compute, from what, and what they store where.

    auto tmp5 = tmp2 + tmp4;            a value of kind `add` with two operands
    tmp10.store(in_out_ptr0 + …);       a store of a value

Vector and scalar spelling give the same kind, and casts are values that are the same as their operand. Only the text
is read: what the statements are for is the solver's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from inspector.link.align_cpp import Tree, parse_expression

_DEFINITION = re.compile(
    r"(?:const )?(?P<type>[A-Za-z_][\w:]*(?:<.*?>+)?(?:::\w+)?[&*]?) (?P<name>\w+) = ?(?P<value>.*)$"
)
_BARE = re.compile(r"(?:alignas\(.*?\)|__at_align__)?\s*[\w:]+(?:<.*>)? (?P<name>\w+)(?:\[.*\])?;$")
_ACCUMULATOR = re.compile(r"\b(?:masked_)?(?P<name>tmp_acc\d+)(?:_\w+)?\b")
_HELPER = re.compile(r"\b\w*(?:helper|wrecps)\d+\b")
_STORE = re.compile(r"(?P<value>\w+)\.store\((?P<to>\w+)(?P<rest>.*)$")
_ASSIGN = re.compile(r"(?P<to>\w+)\[(?P<index>.*?)\] (?P<op>\+?=) (?P<value>.*);$")
_ATOMIC = re.compile(r"atomic_add(?:_vec)?(?:<.*?>)?\(&?(?P<to>\w+)(?P<rest>.*), (?P<value>tmp\w+)\);$")
_TRANSPOSE = re.compile(r"(?:at::vec::)?transpose_mxn<.*?>\((?P<a>.*), (?P<b>.*)\);$")
_RETURN = re.compile(r"(?:else )?(?:if .*)?return (?P<value>.*?);")
_SKIPPED = re.compile(
    r"#|//|extern |for\b|else\b|int tid = |int max_threads = |std::atomic<int> |inductor_cpu_|const \S+ \w+_ptr\d+[,)]"
    r"|\S+\* +\w+_ptr\d+[,)]"
)
_SECOND_NAME = re.compile(r"auto (\w+_ptr\d+) = (\w+_ptr\d+);$")
_PARAMETER = re.compile(r"(?:const )?(?P<type>[\w:]+)\*? +(?P<name>\w+)\s*[,)]")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SCRATCH = re.compile(r"(?:buf_)?(?P<name>local_buffer_data_\d+)")
_ASKING = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "not_", "where"))
"""Operations that may be a node's own even where they are about loop variables."""
_BROADCAST = re.compile(r"at::vec::Vectorized(?:N)?<[^()]*>\(tmp\d+\)")
_COMBINE = (
    (re.compile(r"argmax|argmin"), "argminmax"),
    (re.compile(r"welford"), "welford"),
    (re.compile(r"cascade_sum|sum_masked_reduce"), "sum"),
    (re.compile(r"max_propagate_nan|vec::maximum|max_masked_reduce|std::max"), "max"),
    (re.compile(r"min_propagate_nan|vec::minimum|min_masked_reduce|std::min"), "min"),
    (re.compile(r"prod_masked_reduce| \* "), "prod"),
    (re.compile(r"any_masked_reduce| \|\| | \| "), "any"),
    (re.compile(r" \+ "), "sum"),
)


@dataclass
class ComputedValue:
    """What one definition computes; an accumulator is one value with all its lines."""

    kind: str
    """`add`, `load`, `const`, `index` (of loop variables and constants), `acc_sum`, `same` (as its first operand)…"""
    operands: tuple[int, ...] = ()
    """Indices of values; of a load, those that its position is worked out from."""
    literal: float | None = None
    """A constant's value."""
    pointer: str = ""
    """What a load reads: a parameter or a buffer inside the kernel."""
    lines: list[int] = field(default_factory=list)
    """1-based lines of the text that belong to it."""
    nest: int = 0
    """Which of the kernel's outermost loops it stands in."""
    carrier: bool = False
    """Whether it is a lambda or memory that carries its operand's value, rather than a cast or a broadcast."""

    @property
    def gathers(self) -> bool:
        """Whether it is a reduction's accumulator."""
        return self.kind.startswith("acc_")

    @property
    def same(self) -> bool:
        """Whether its value is that of its first operand."""
        return self.kind in ("same", "broadcast")


@dataclass(frozen=True, slots=True)
class MemoryWrite:
    """One write to memory."""

    pointer: str
    value: int
    line: int
    nest: int
    adds: bool = False
    """Whether it adds to what is there."""
    position: tuple[int, ...] = ()
    """The values that the position is worked out from."""


@dataclass(frozen=True)
class KernelText:
    """The statements of one kernel, as a graph of values."""

    parameters: tuple[tuple[str, str], ...]
    """Name and C++ type, in the order of the call's arguments."""
    values: tuple[ComputedValue, ...]
    stores: tuple[MemoryWrite, ...]
    extra: tuple[tuple[int, int], ...]
    """Further lines that belong to a value: checks of an index, memory that it is handed through."""
    scratch: tuple[tuple[int, str], ...]
    """Lines that set up memory for what is stored to a pointer."""


def read_kernel(text: str) -> KernelText:
    """Reads a kernel's text; lines in no known form are passed over."""
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self._values: list[ComputedValue] = []
        self._stores: list[MemoryWrite] = []
        self._second_names: dict[str, str] = {}
        self._extra: list[tuple[int, int]] = []
        self._scratch: list[tuple[int, str]] = []
        self._scopes: list[dict[str, int]] = [{}]
        self._blocks: list[tuple[int, str]] = []
        """Depth and name of the lambdas whose value is being worked out."""
        self._awaited = ""
        """The name that the lambda about to open will define."""
        self._nest = 0
        self._line = 0

    def read(self, text: str) -> KernelText:
        head, _, _ = text.partition("{")
        for number, line in enumerate(text.split("\n"), 1):
            self._line = number
            self._statement(line.strip())
        return KernelText(
            tuple((match["name"], match["type"]) for match in _PARAMETER.finditer(head[head.rfind("(") :])),
            tuple(self._values),
            tuple(self._stores),
            tuple(self._extra),
            tuple(self._scratch),
        )

    def _statement(self, line: str) -> None:
        if line.startswith("for") and len(self._scopes) <= 4:
            self._nest = self._line
        opened, closed = line.count("{"), line.count("}")
        if line.endswith("[&]") or (line.endswith(" =") and "auto" in line):
            match = re.match(r"auto (\w+) =", line)
            if match:
                self._awaited = match[1]
                self._define(match[1], ComputedValue("block", carrier=True))
            return
        if opened > closed:
            for _ in range(opened - closed):
                self._scopes.append({})
            if self._awaited:
                self._blocks.append((len(self._scopes), self._awaited))
                self._awaited = ""
        if line and not _SKIPPED.match(line):
            self._read_line(line)
        if closed > opened:
            for _ in range(closed - opened):
                if len(self._scopes) > 1:
                    self._scopes.pop()
            while self._blocks and self._blocks[-1][0] > len(self._scopes):
                self._blocks.pop()

    def _read_line(self, line: str) -> None:
        if match := _SECOND_NAME.match(line):
            self._second_names[match[1]] = match[2]
        elif (match := _RETURN.match(line)) and self._blocks:
            self._returned(match["value"])
        elif accumulator := _ACCUMULATOR.search(line):
            self._accumulator(line, accumulator["name"])
        elif (match := _ATOMIC.match(line)) or (match := _STORE.match(line)):
            self._store(match["to"], match["value"], match["rest"], adds="atomic" in line)
        elif match := _TRANSPOSE.match(line):
            self._transpose(match["a"], match["b"])
        elif match := _ASSIGN.match(line):
            self._store(match["to"], match["value"], match["index"], adds=match["op"] == "+=")
        elif match := _DEFINITION.match(line):
            self._definition(match["name"], match["value"].rstrip(";"))
        elif match := _BARE.match(line):
            self._define(match["name"], ComputedValue("memory", carrier=True))
        else:
            self._mention(line)

    # Values

    def _define(self, name: str, value: ComputedValue) -> int:
        value.lines.append(self._line)
        value.nest = self._nest
        self._values.append(value)
        self._scopes[-1][name] = len(self._values) - 1
        return len(self._values) - 1

    def _find(self, name: str) -> int | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def _pointer(self, name: str) -> str:
        """The parameter that a pointer is."""
        return self._second_names.get(name, name)

    def _definition(self, name: str, value: str) -> None:
        if scratch := _SCRATCH.fullmatch(name):
            self._scratch.append((self._line, scratch["name"]))
        elif _HELPER.fullmatch(name):
            self._define(name, ComputedValue("memory", carrier=True))
        else:
            self._define(name, self._value(value))

    def _value(self, text: str) -> ComputedValue:
        tree = parse_expression(text)
        value = ComputedValue("unknown", self._words(text)) if tree is None else self._of_tree(tree)
        if value.kind == "same" and _BROADCAST.fullmatch(text):
            value.kind = "broadcast"
        return value

    def _of_tree(self, tree: Tree) -> ComputedValue:
        """The value of an expression; the operations inside it become values of their own, without lines."""
        if tree.kind == "number":
            return ComputedValue("const", literal=tree.number)
        if tree.kind == "name":
            accumulator = _ACCUMULATOR.fullmatch(tree.name)
            found = self._find(accumulator["name"] if accumulator else tree.name)
            return ComputedValue("index") if found is None else ComputedValue("same", (found,))
        if tree.kind == "load":
            known = self._find(tree.name)
            if known is not None:  # memory inside the kernel
                return ComputedValue("same", (known, *self._words(tree.text)), carrier=True)
            return ComputedValue("load", self._words(tree.text), pointer=self._pointer(tree.name))
        operands = [self._operand(child) for child in tree.children]
        made_of = {self._values[operand].kind for operand in operands}
        if made_of <= {"index", "const"} and tree.name not in _ASKING:
            return ComputedValue("index", tuple(operands))
        return ComputedValue(tree.name, tuple(operands))

    def _operand(self, tree: Tree) -> int:
        value = self._of_tree(tree)
        if value.same and len(value.operands) == 1:
            return value.operands[0]
        value.nest = self._nest
        self._values.append(value)
        return len(self._values) - 1

    def _words(self, text: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(found for word in _WORD.findall(text) if (found := self._find(word)) is not None))

    def _returned(self, text: str) -> None:
        block = self._find(self._blocks[-1][1])
        if block is None:
            return
        found = self._value(text)
        value = self._values[block]
        value.lines.append(self._line)
        if value.kind == "block" or found.kind not in ("const", "same", "broadcast"):
            value.kind, value.literal, value.pointer = found.kind, found.literal, found.pointer
            value.operands = found.operands
            if found.kind == "const":
                value.kind = "block_const"

    def _accumulator(self, line: str, name: str) -> None:
        """All that happens to `tmp_acc0` and its vector, masked and per-thread twins is one value."""
        match = re.match(r"(?:const )?(?:auto|[\w:]+(?:<.*>)?) (tmp\d+) = (.*);$", line)
        stored = _ASSIGN.match(line)
        store = _STORE.match(line)
        index = self._find(name)
        if index is not None:
            if match:
                self._define(match[1], self._value(match[2]))
                return
            if stored and not _ACCUMULATOR.match(stored["to"]):
                self._store(stored["to"], stored["value"], stored["index"], adds=stored["op"] == "+=")
                return
            if store:
                self._store(store["to"], store["value"])
                return
        if index is None:
            index = self._define(name, ComputedValue("acc"))
        value = self._values[index]
        if value.lines[-1] != self._line:
            value.lines.append(self._line)
        _, _, right = line.partition(" = ")
        operands = tuple(item for item in self._words(right) if item != index and self._values[item].kind != "memory")
        for item in self._words(right):
            if self._values[item].kind == "memory":
                self._extra.extend((line, index) for line in self._values[item].lines)
        if operands and ("tmp_acc" in right or "combine" in right):
            value.operands = tuple(dict.fromkeys((*value.operands, *operands)))
            for pattern, word in _COMBINE:
                if pattern.search(right):
                    value.kind = f"acc_{word}"
                    break

    # Memory

    def _store(self, to: str, text: str, position: str = "", *, adds: bool = False) -> None:
        name = accumulator["name"] if (accumulator := _ACCUMULATOR.fullmatch(text)) else text
        value = self._find(name)
        if value is None:
            made = self._value(text)
            made.nest = self._nest
            made.lines.append(self._line)
            self._values.append(made)
            value = len(self._values) - 1
        target = self._find(to)
        if target is None:
            self._stores.append(
                MemoryWrite(self._pointer(to), value, self._line, self._nest, adds, self._words(position))
            )
            return
        memory = self._values[target]
        memory.lines.append(self._line)
        if memory.kind in ("memory", "same"):
            memory.kind, memory.operands = "same", tuple(dict.fromkeys((*memory.operands, value)))

    def _transpose(self, source: str, target: str) -> None:
        """A tile goes through memory inside the kernel: on the way in it is a load, on the way out a store."""
        words = _WORD.findall(f"{source}, {target}")
        pointers = [word for word in words if re.fullmatch(r"(?:in|out|in_out)_ptr\d+|local_buffer\w*", word)]
        tiles = [found for word in words if word not in pointers and (found := self._find(word)) is not None]
        tiles = [tile for tile in tiles if self._values[tile].kind in ("memory", "same")]
        if not pointers or not tiles:
            return
        tile = self._values[tiles[0]]
        if tile.kind == "memory":
            tile.kind, tile.pointer = "load", self._pointer(pointers[0])
            tile.lines.append(self._line)
        else:
            self._stores.append(MemoryWrite(self._pointer(pointers[0]), tiles[0], self._line, self._nest))

    def _mention(self, line: str) -> None:
        """A check or a statement in no known form belongs to the value that it names first."""
        if (words := self._words(line)) and line.endswith((";", ")")):
            self._extra.append((self._line, words[0]))
