"""Cuts an artifact's text into statements, each language in its own way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from inspector.compare.grammar import FX, FX_NOISE, GRAMMARS, Grammar, grammar_of
from inspector.compare.statements import SLOT, Mention, Program, Scope, Statement
from inspector.compare.volatile import steady
from inspector.link.fxtext import FxNode, read_fx
from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Language
from inspector.model.difference import Text

_PLACE = re.compile(r"\s*# File: .*? in (?P<function>.*?), code: ?(?P<code>.*)$")
_NO_PLACE = re.compile(r"\s*# No stacktrace found")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_CLEANUP = re.compile(r";\s+(?:[^\s;=]+\s*=\s*)+None\s*(?:#.*)?$")
_TYPE = re.compile(r'\s*: "[^"]*"')
_SYMBOL = re.compile(r"(?<![\w.])[su]\d+(?!\w)")
_NAMED = re.compile(r'\w+(?:\s*:\s*"[^"]*")?')
_SAYS_SOMETHING = re.compile(r"[\w%$#.]")


@dataclass
class _Found:
    """A statement before its names are taken out."""

    line: int
    col: int
    last: int
    defined: tuple[tuple[str, int], ...]
    """Names with their column on `line`."""
    kind: str
    tag: str = ""
    symbol: bool = False
    anchor: bool = False


def read_program(text: Text, known: Mapping[str, str] | None = None) -> Program:
    """The statements of a text.

    Args:
        text: any artifact's, or a list made for comparison.
        known: names that earlier stages define, and what each means on both sides; they become tags.
    """
    known = known or {}
    lines = text.lines
    if text.language is Language.FX:
        return _Builder(lines, known, {}).build(_fx_statements(lines, text.text))
    grammars = _grammars(text)
    return _Builder(lines, known, grammars).build(_line_statements(lines, grammars))


def _grammars(text: Text) -> Mapping[int, Grammar]:
    """1-based line → grammar; Inductor's output code holds kernels in languages of their own."""
    own = grammar_of(text.language)
    found = dict.fromkeys(range(1, len(text.lines) + 1), own)
    if text.language is Language.INDUCTOR:
        for kernel in read_output_code(text.text).kernels:
            inner = GRAMMARS.get(kernel.language, own)
            found.update(dict.fromkeys(range(kernel.first_line, kernel.end_line), inner))
    return found


# --- FX graphs ----------------------------------------------------------------------------------------------


def _fx_statements(lines: Sequence[str], text: str) -> Iterator[_Found]:
    places = _places(lines)
    read = read_fx(text)
    nodes = [*read.nodes.values(), *(replace(item, name=_last(item.name)) for item in read.inner.values())]
    names = frozenset(node.name for node in nodes)
    for node in sorted(nodes, key=lambda item: (item.line, item.col)):
        kind = _fx_kind(node, lines, names)
        anchor = node.placeholder and node.name.startswith(("L_", "l_"))
        tag = node.name if anchor else places[node.line - 1]
        defined = () if kind == "return" else ((node.name, node.col),)
        yield _Found(node.line, node.col, node.end_line, defined, kind, tag, _is_size(node), anchor)


def _last(name: str) -> str:
    """A nested graph's own name of a node."""
    return name.rpartition(".")[2]


def _places(lines: Sequence[str]) -> list[str]:
    """For each line the user's code that the comment above it names."""
    found: list[str] = []
    current = ""
    for line in lines:
        if "# File:" in line and (match := _PLACE.match(line)):
            current = f"{match['function']}: {match['code']}"
        elif _NO_PLACE.match(line) or "def forward(" in line:
            current = ""
        found.append(current)
    return found


def _is_size(node: FxNode) -> bool:
    return node.type.startswith("Sym(") or ".sym_size" in node.operator


def _fx_kind(node: FxNode, lines: Sequence[str], names: frozenset[str]) -> str:
    """The operator without its overload; of an expression on names (`x[0]`, `x + y`) its shape."""
    if node.placeholder:
        return "placeholder"
    parts = node.operator.split(".")
    if node.operator.startswith("torch.ops.") and len(parts) > 3:
        return f"{parts[2]}.{parts[3]}"
    sign = not parts[0].isidentifier() and lines[node.line - 1].startswith(node.name, node.col)  # and none in place
    if parts[0] not in names and not sign:
        return node.operator
    if len(parts) > 1:
        return f"{SLOT}.{'.'.join(parts[1:])}"
    expression = lines[node.line - 1][node.col :].partition(" = ")[2].partition(";")[0]
    return _WORD.sub(lambda match: SLOT if match[0] in names else match[0], expression)


# --- languages whose statements are lines -------------------------------------------------------------------


def _line_statements(lines: Sequence[str], grammars: Mapping[int, Grammar]) -> Iterator[_Found]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        grammar = grammars[number]
        code = line.partition(grammar.comment)[0] if grammar.comment else line
        if not _SAYS_SOMETHING.search(code):
            continue
        defined = _defined(code, grammar, seen)
        seen.update(name for name, _ in defined)
        match = grammar.kind.search(_bare(code, grammar))
        kind = match[0].strip() if match else ""
        kind = SLOT if any(kind == name for name, _ in defined) else kind
        indent = len(line) - len(line.lstrip())
        if len(defined) > 1 and not grammar.open_names:  # `a, b = args`, or a signature: each is a thing of its own
            for name, col in defined:
                yield _Found(number, col, number, ((name, col),), f"{kind} argument")
        else:
            yield _Found(number, indent, number, defined, kind)


def _defined(code: str, grammar: Grammar, seen: Collection[str]) -> tuple[tuple[str, int], ...]:
    """The names that a line defines, with their columns; `seen` are those of the lines above."""
    if grammar.open_names:
        first: dict[str, int] = {}
        for start, _, name in grammar.names_in(code):
            if name not in seen:
                first.setdefault(name, start)
        return tuple(first.items())
    matches = [match for pattern in grammar.defines if (match := pattern.match(code))]
    if grammar.signature.match(code):
        matches += grammar.parameter.finditer(code)
    matches += [match for match in (grammar.assigns.match(code),) if match and match[1] in seen]
    found: dict[str, int] = {}
    for match in sorted(matches, key=lambda item: item.start(1)):
        for part in grammar.names.finditer(match[1]):
            found.setdefault(part[0], match.start(1) + part.start())
    return tuple(found.items())


def _bare(code: str, grammar: Grammar) -> str:
    for pattern in grammar.drops:
        code = pattern.sub("", code)
    return code


# --- from statements to a program ---------------------------------------------------------------------------


class _Builder:
    def __init__(self, lines: Sequence[str], known: Mapping[str, str], grammars: Mapping[int, Grammar]) -> None:
        self._lines = lines
        self._known = known
        self._grammars = grammars
        self._scope = Scope()
        self._sizes: frozenset[int] = frozenset()
        self._defining: defaultdict[int, set[int]] = defaultdict(set)
        """Line → the columns at which it defines names."""
        self._stored: frozenset[str] = frozenset()
        self._symbols = _symbols(lines) if not grammars or grammars[1] is grammar_of(Language.IR) else {}

    def build(self, statements: Iterator[_Found]) -> Program:
        found = list(statements)
        for index, item in enumerate(found):
            for slot, (name, _) in enumerate(item.defined):
                lasting = bool(self._grammars) and self._grammars[item.line].lasting.fullmatch(name) is not None
                self._scope.define(name, item.line, index, slot, lasting=lasting)
        self._sizes = frozenset(index for index, item in enumerate(found) if item.symbol)
        for item in found:
            self._defining[item.line].update(col for _, col in item.defined)
        self._stored = _stored(self._lines) if self._grammar(1).open_names else frozenset()
        mentions = {
            number: mentioned
            for number, line in enumerate(self._lines, 1)
            if (mentioned := tuple(self._mentions(number, line)))
        }
        return Program(
            self._lines,
            [steady(line, self._noise) for line in self._lines],
            tuple(self._statement(item, mentions) for item in found),
            mentions,
            tuple(self._operands(index, item, mentions) for index, item in enumerate(found)),
            self._noise,
            self._symbols,
            frozenset(number for number, line in enumerate(self._lines, 1) if self._says(number, line)),
            frozenset(self._inside_lists()),
            self._grammar(1).ordered,
        )

    def _grammar(self, number: int) -> Grammar:
        return self._grammars.get(number, FX)

    def _says(self, number: int, line: str) -> bool:
        """Whether a line holds more than blanks, braces and a comment."""
        comment = self._grammar(number).comment
        return bool(_SAYS_SOMETHING.search(line)) and not (comment and line.lstrip().startswith(comment))

    def _inside_lists(self) -> Iterator[int]:
        """The lines that begin inside of brackets: arguments, whose order means something."""
        depth, before = 0, self._grammar(1)
        for number, line in enumerate(self._lines, 1):
            grammar = self._grammar(number)
            if grammar is not before:  # a kernel inside a string begins or ends
                depth, before = 0, grammar
            if depth:
                yield number
            opens, closes = grammar.brackets
            if opens:
                code = grammar.code_of(line)
                depth = max(0, depth + sum((letter in opens) - (letter in closes) for letter in code))

    @property
    def _noise(self) -> Sequence[re.Pattern[str]]:
        return self._grammars[1].noise if self._grammars else FX_NOISE

    def _mentions(self, number: int, line: str) -> Iterator[Mention]:
        for start, end, name in self._grammar(number).names_in(line, self._defining.get(number, ())):
            if name in self._scope:
                begin = _slot(line, start) if name in self._stored else start
                yield Mention(begin, end, *self._scope.find(name, number))

    def _statement(self, item: _Found, mentions: Mapping[int, tuple[Mention, ...]]) -> Statement:
        name = item.defined[0][0] if item.defined else ""
        meaning = self._known.get(name, "")
        key = item.kind if item.kind.endswith(" argument") else self._key(item, mentions)
        plain = Statement(item.line, item.col, item.last, name, key, item.kind, item.tag, item.symbol, item.anchor)
        return replace(plain, tag=meaning, anchor=True) if meaning else plain

    def _key(self, item: _Found, mentions: Mapping[int, tuple[Mention, ...]]) -> str:
        parts = []
        for number in range(item.line, item.last + 1):
            line = without_names(self._lines[number - 1], mentions.get(number, ()))
            if self._known:
                line = _WORD.sub(lambda match: self._known.get(match[0], match[0]), line)
            if self._grammars:
                grammar = self._grammars[number]
                line = _bare(line.partition(grammar.comment)[0] if grammar.comment else line, grammar)
            else:
                line = self._fx_part(item, number, line)
            parts.append(steady(without_symbols(line, self._symbols)).strip())
        return " ".join(parts)

    def _fx_part(self, item: _Found, number: int, line: str) -> str:
        """A graph's line without bookkeeping; an argument has a line of the signature only for its own type."""
        if item.kind == "placeholder" and (
            match := _TYPE.match(self._lines[number - 1], item.col + len(item.defined[0][0]))
        ):
            return match[0]
        return _CLEANUP.sub("", line)

    def _operands(self, index: int, item: _Found, mentions: Mapping[int, tuple[Mention, ...]]) -> tuple[int, ...]:
        if item.kind == "placeholder" or item.kind.endswith(" argument"):
            return ()
        own = {col for _, col in item.defined}
        found: list[int] = []
        for number in range(item.line, item.last + 1):
            cleanup = _CLEANUP.search(self._lines[number - 1]) if not self._grammars else None
            for mention in mentions.get(number, ()):
                if cleanup and mention.start > cleanup.start():
                    break
                above = mention.statement < index and mention.statement not in self._sizes
                if above and not (number == item.line and mention.start in own):
                    found.append(mention.statement)
        return tuple(found)


def _stored(lines: Sequence[str]) -> frozenset[str]:
    """The local names of bytecode that are no arguments: something is stored in them before they are read.

    Of an argument the number is its place in the signature; of any other one it is as much a name as the name.
    """
    first: dict[str, bool] = {}
    for line in lines:
        if "_FAST" in line:
            for _, _, name in GRAMMARS[Language.BYTECODE].names_in(line):
                first.setdefault(name, "STORE_FAST" in line)
    return frozenset(name for name, stored in first.items() if stored)


def _slot(line: str, start: int) -> int:
    """Where the number before a local name's parenthesis begins: `3` in `STORE_FAST   3 (y)`."""
    return len(line[: start - 2].rstrip("0123456789")) if line[start - 2 : start] == " (" else start


def _symbols(lines: Sequence[str]) -> dict[str, str]:
    """The symbols that stand for sizes, `s77`, by where they first appear: torch's numbers mean nothing."""
    found = dict.fromkeys(match[0] for line in lines for match in _SYMBOL.finditer(line))
    return {name: f"size{number}" for number, name in enumerate(found)}


def without_symbols(line: str, symbols: Mapping[str, str]) -> str:
    """A line with symbols of sizes by number of appearance."""
    return _SYMBOL.sub(lambda match: symbols.get(match[0], match[0]), line) if symbols else line


def own_text(program: Program, index: int) -> str:
    """A statement's own text: of an argument among others its name and type alone."""
    item = program.statements[index]
    text = program.lines[item.line - 1][item.col :].strip()
    if item.kind == "placeholder" or item.kind.endswith(" argument"):
        match = _NAMED.match(text)
        return match[0] if match else text
    return text if item.last == item.line else f"{text} …"


def without_names(line: str, mentions: Sequence[Mention]) -> str:
    """A line with its names taken out."""
    for mention in reversed(mentions):
        line = f"{line[: mention.start]}{SLOT}{line[mention.end :]}"
    return line
