"""Reads one C++ expression of a generated kernel into a small tree; vector and scalar spelling read the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)(?:L|LL|f|U|UL)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_]\w*(?:::~?[A-Za-z_]\w*)*)|(?P<op>&&|\|\||==|!=|<=|>=|<<|>>|::|[-+*/%<>&|^~!?:(),.\[\]{}]))"
)
_BINARY = {
    "||": (1, "or_"),
    "&&": (2, "and_"),
    "|": (3, "or_"),
    "^": (4, "xor"),
    "&": (5, "and_"),
    "==": (6, "eq"),
    "!=": (6, "ne"),
    "<": (7, "lt"),
    ">": (7, "gt"),
    "<=": (7, "le"),
    ">=": (7, "ge"),
    "<<": (8, "shl"),
    ">>": (8, "shr"),
    "+": (9, "add"),
    "-": (9, "sub"),
    "*": (10, "mul"),
    "/": (10, "div"),
    "%": (10, "mod"),
}
_PASSED_THROUGH = re.compile(
    r"(?:.*::)?(?:convert|static_cast|bit_cast|Vectorized|VectorizedN|VecMask|from|cast|decltype|float|double|bool|int"
    r"|int\d+_t|uint\d+_t|long|half|BFloat16|Half|data|mean|m2|value|index|to|c10_convert)"
)
_SAME = {
    "clamp_min": "max",
    "maximum": "max",
    "max_propagate_nan": "max",
    "minimum": "min",
    "min_propagate_nan": "min",
    "div_floor_floating_vec": "floor_divide",
    "floor_divide_integral": "floor_divide",
}
_LITERALS = {"infinity": float("inf"), "quiet_NaN": float("nan"), "true": 1.0, "false": 0.0}
_POINTER = re.compile(r"(?:in|out|in_out)_ptr\d+|local_buffer\w*")


@dataclass(frozen=True, slots=True)
class Tree:
    """One expression: a name, a number, a load or an operation on others."""

    kind: str
    """`name`, `number`, `load` or `operation`."""
    name: str = ""
    children: tuple[Tree, ...] = ()
    number: float = 0.0
    text: str = ""
    """A load's position, as it is written."""


def parse_expression(text: str) -> Tree | None:
    """The tree of an expression; None where it is in no known form."""
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
        if match.lastgroup == "name" and text[position : position + 1] == "<":
            end = _closing(text, position)
            if end is not None:
                position = end
    try:
        parser = _Parser(tokens)
        tree = parser.expression(0)
    except (_Unknown, RecursionError):
        return None
    return tree if parser.done else None


def _closing(text: str, position: int) -> int | None:
    """Where template arguments end; templates have no space before the bracket, comparisons do."""
    depth = 0
    for index in range(position, len(text)):
        depth += {"<": 1, ">": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
        if text[index] in ";{}":
            return None
    return None


class _Unknown(Exception):
    """An expression in no known form."""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> tuple[str, str]:
        if self._at >= len(self._tokens) or (expected and self._peek() != expected):
            raise _Unknown
        self._at += 1
        return self._tokens[self._at - 1]

    def expression(self, strength: int) -> Tree:
        left = self._unary()
        while True:
            word = self._peek()
            if word == "?" and strength == 0:
                self._take()
                yes = self.expression(0)
                self._take(":")
                left = Tree("operation", "where", (left, yes, self.expression(0)))
            elif word in _BINARY and _BINARY[word][0] > strength:
                self._take()
                power, name = _BINARY[word]
                left = _operation(name, (left, self.expression(power)))
            else:
                return left

    def _unary(self) -> Tree:
        word = self._peek()
        if word == "-":
            self._take()
            inner = self._unary()
            return Tree("number", number=-inner.number) if inner.kind == "number" else _operation("neg", (inner,))
        if word in ("!", "~"):
            self._take()
            return _operation("not_", (self._unary(),))
        if word == "&":
            self._take()
            return self._unary()
        return self._postfix(self._primary())

    def _primary(self) -> Tree:
        group, word = self._take()
        if group == "number":
            return Tree("number", number=float(word.rstrip("LUf")))
        if word == "(":
            inner = self.expression(0)
            self._take(")")
            return inner
        if group != "name":
            raise _Unknown
        if word in _LITERALS:
            return Tree("number", number=_LITERALS[word])
        return Tree("name", word)

    def _postfix(self, tree: Tree) -> Tree:
        while True:
            word = self._peek()
            if word == "(":
                tree = self._call(tree)
            elif word == "[":
                start = self._at
                self._take()
                self.expression(0)
                self._take("]")
                tree = Tree("load", tree.name, text=self._text(start))
            elif word in (".", "::"):
                self._take()
                _, name = self._take()
                if name == "template":
                    _, name = self._take()
                if self._peek() == "(":
                    start = self._at
                    subject = () if word == "::" else (tree,)
                    arguments = (*subject, *self._arguments())
                    tree = _called(name, arguments, self._text(start))
                elif not _PASSED_THROUGH.fullmatch(name):
                    tree = _operation(name, (tree,))
            else:
                return tree

    def _call(self, tree: Tree) -> Tree:
        start = self._at
        arguments = self._arguments()
        if tree.kind != "name":
            # decltype(tmp0)(…): what is in the second pair of brackets counts
            return arguments[0] if len(arguments) == 1 else tree
        if tree.name == "decltype":
            if self._peek() == "(":
                return self._arguments()[0]
            return tree
        return _called(tree.name, arguments, self._text(start))

    def _arguments(self) -> tuple[Tree, ...]:
        self._take("(")
        found: list[Tree] = []
        while self._peek() != ")":
            found.append(self.expression(0))
            if self._peek() == ",":
                self._take()
        self._take(")")
        return tuple(found)

    def _text(self, start: int) -> str:
        return " ".join(word for _, word in self._tokens[start : self._at])


def _called(name: str, arguments: tuple[Tree, ...], text: str) -> Tree:
    short = name.rsplit("::", 1)[-1]
    if short in _LITERALS:
        return Tree("number", number=_LITERALS[short])
    if short == "loadu":
        return Tree("load", _leftmost(arguments[0]), text=text)
    if short == "blendv":
        no, yes, mask = arguments[-3:]
        return Tree("operation", "where", (mask, yes, no))
    if _PASSED_THROUGH.fullmatch(name) and arguments:
        return arguments[0]
    if not arguments:  # the value of a lambda
        return Tree("name", name)
    return _operation(_SAME.get(short, short), arguments)


def _leftmost(tree: Tree) -> str:
    """The pointer in `in_ptr0 + static_cast<int64_t>(x0)`."""
    while tree.kind == "operation" and tree.children:
        tree = tree.children[0]
    return tree.name


def _operation(name: str, children: tuple[Tree, ...]) -> Tree:
    """An operation, with what Inductor writes out for a well-known function put back under its name."""
    match name, children:
        case "div", (Tree(kind="number", number=1.0), Tree(name="sqrt", children=inside)):
            return Tree("operation", "rsqrt", inside)
        case "div", (
            Tree(kind="number", number=1.0),
            Tree(
                name="add",
                children=(
                    Tree(kind="number", number=1.0),
                    Tree(name="exp", children=(Tree(name="neg", children=inside),)),
                ),
            ),
        ):
            return Tree("operation", "sigmoid", inside)
        case _:
            return Tree("operation", name, children)
