"""The reading form of an FX graph: `exp = exp(neg)` on the left, `f32 1×8×8192` on the right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered, fold, text_piece
from inspector.form.rewrite import Rule, contiguous, rewritten, shape_words, short_dtype
from inspector.highlight import Kind
from inspector.link.fxtext import FxNode, FxText, read_fx
from inspector.model.artifact import Artifact

_FILE = re.compile(r"\s*# File: (?P<file>.+?):(?P<line>\d{1,9}) in (?P<function>.*?), code: ?(?P<code>.*)$")
_MODULE = re.compile(r"\s*class (?P<name>[^(:]*).*:\s*$")
_TYPE = re.compile(r"(?P<dtype>\w+)\[(?P<sizes>[^\]]*)\](?:\[(?P<strides>[^\]]*)\])?(?P<device>[\w:]*)$")
_NAME = re.compile(r"[A-Za-z_]\w*")
_VIEWS = frozenset(
    [
        "view",
        "reshape",
        "_unsafe_view",
        "permute",
        "transpose",
        "t",
        "mT",
        "T",
        "unsqueeze",
        "squeeze",
        "expand",
        "flatten",
        "unflatten",
        "alias",
        "detach",
        "movedim",
        "swapaxes",
        "view_as",
        "expand_as",
        "contiguous_view",
    ]
)
"""Operators that move no data: what comes out lies in the same memory (a reshape may copy; it is quiet, not denied)."""
_CASTS = frozenset(["_to_copy", "convert_element_type", "to", "float", "double", "half", "bfloat16", "type_as"])
_PARAMETER = re.compile(
    r"\b[Ll]_(?P<root>[A-Za-z]\w*?)_modules_(?P<path>\w+?)_(?:parameters|buffers)_(?P<leaf>\w+?)_(?!\w)"
)
_MANY_INPUTS = 12
"""Inputs beyond which they are folded."""
_DEPTH = "  "


def _operator(match: re.Match[str]) -> str:
    space, name = match["space"], match["name"]
    return name if space in ("aten", "prims") else f"{space}.{name}"


def _path(match: re.Match[str]) -> str:
    """`self.gate_proj.weight` for Dynamo's `L_self_modules_gate_proj_parameters_weight_`."""
    return f"{match['root']}.{match['path'].replace('_modules_', '.')}.{match['leaf']}"


_SHORT: tuple[Rule, ...] = (
    (re.compile(r"torch\.ops\.(?P<space>\w+)\.(?P<name>\w+)\.\w+(?=\()"), _operator),
    (re.compile(r"torch\.ops\.(?P<space>\w+)\.(?P<name>\w+)(?=\()"), _operator),
)
_ALWAYS: tuple[Rule, ...] = (
    (_PARAMETER, _path),
    (re.compile(r"torch\.(?:_C\._nn|_C\._special|_C\._fft|_C\._linalg|nn\.functional)\.(\w+)(?=\()"), r"\1"),
    (re.compile(r"torch\.ops\.(?=\w)"), ""),
    (re.compile(r"torch\.(?P<name>bool|u?int\d+|b?float\d\w*|complex\d+)\b"), lambda m: short_dtype(m["name"])),
    (re.compile(r"torch\.(\w+)(?=\()"), r"\1"),
    (re.compile(r", (?:layout = torch\.strided|pin_memory = False)(?=[,)])"), ""),
    (re.compile(r"device\(type='(\w+)'(?:, index=(\d+))?\)"), lambda m: m[1] + (f":{m[2]}" if m[2] else "")),
    (re.compile(r"(?<=\w) = (?=\S)"), "="),
)


def fx_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of a graph's text.

    Args:
        artifact: the graph.
        kept: what is not to be folded.
    """
    return _Reader(artifact, kept).read()


@dataclass(frozen=True)
class _Made:
    """A row, and what it computes from which names."""

    row: FormRow
    operator: str
    node: FxNode


class _Reader:
    def __init__(self, artifact: Artifact, kept: Collection[Ingredient]) -> None:
        self._artifact = artifact
        self._lines = artifact.lines
        self._kept = kept
        self._rules = (*(() if Ingredient.OVERLOADS in kept else _SHORT), *_ALWAYS)
        self._text: FxText = read_fx(artifact.text)
        nodes = list(chain(self._text.nodes.values(), self._text.inner.values()))
        self._by_line: dict[int, list[FxNode]] = {}
        for node in nodes:
            self._by_line.setdefault(node.line, []).append(node)
        devices = Counter(match["device"] for node in nodes if (match := _TYPE.match(node.type)) and match["device"])
        self._device = devices.most_common(1)[0][0] if devices else ""
        self._depth = ""

    def read(self) -> Form:
        rows: list[FormRow] = []
        pending: list[_Made] = []
        """Views that follow one another, to be folded into one row."""
        number = 1
        while number <= len(self._lines):
            made, number = self._line(number)
            for item in made:
                if isinstance(item, _Made) and self._is_view(item) and Ingredient.VIEWS not in self._kept:
                    pending.append(item)
                    continue
                rows += self._views(pending)
                pending = []
                rows.append(item.row if isinstance(item, _Made) else item)
        rows += self._views(pending)
        return Form(self._artifact.id, covered(rows, len(self._lines)))

    def _line(self, number: int) -> tuple[list[_Made | FormRow], int]:  # noqa: PLR0911 (a kind of line each)
        """What a line becomes, and the line to go on with."""
        line = self._lines[number - 1]
        if match := _FILE.match(line):
            return [self._heading(number, match)], number + 1
        if match := _MODULE.match(line):
            if match["name"] == "<lambda>":  # what torch calls a graph without a name
                return [], number + 1
            self._depth = _DEPTH * ((len(line) - len(line.lstrip())) // 4)
            return [self._module(number, match)], number + 1
        if nodes := self._by_line.get(number):
            if nodes[0].placeholder:
                return self._inputs(number)
            return [self._node(nodes[0])], nodes[0].end_line + 1
        if line.lstrip().startswith("def forward("):
            return self._inputs(number)
        bare = line.strip()
        if not bare or bare in ("):", "(", ")"):
            return [], number + 1
        indent = len(line) - len(line.lstrip())
        look = RowLook.HEADING if bare.startswith("#") else RowLook.CODE
        kind = Kind.COMMENT if bare.startswith("#") else None
        pieces = (text_piece(bare, number, indent, kind),) if kind else self._pieces(bare, number, indent)
        return [FormRow(number, number, (Piece(self._depth), *pieces), (), look)], number + 1

    # --- headings -------------------------------------------------------------------------------------------

    def _heading(self, number: int, match: re.Match[str]) -> FormRow:
        """`modeling_llama.py:164  down_proj = …`, for the comment and the empty line above it."""
        name = re.split(r"[/\\]", match["file"])[-1]
        line = match.string
        start = line.index(match["file"]) + len(match["file"]) - len(name)
        pieces = (
            Piece(self._depth),
            Piece(f"{name}:{match['line']}", number, start, match.end("line"), Kind.LABEL),
            Piece("  "),
            text_piece(match["code"], number, match.start("code"), Kind.COMMENT),
        )
        return FormRow(self._above(number), number, pieces, (), RowLook.HEADING)

    def _above(self, number: int) -> int:
        return number - 1 if number > 1 and not self._lines[number - 2].strip() else number

    def _module(self, number: int, match: re.Match[str]) -> FormRow:
        name = text_piece(match["name"], number, match.start("name"), Kind.TYPE)
        return FormRow(self._above(number), number, (Piece(self._depth), name), (), RowLook.HEADING)

    # --- inputs ---------------------------------------------------------------------------------------------

    def _inputs(self, number: int) -> tuple[list[_Made | FormRow], int]:
        """The lines of a signature, or those that give inputs other names, and the line after them."""
        first = last = number
        while last < len(self._lines) and self._goes_on(last + 1):
            last += 1
        nodes = [node for at in range(first, last + 1) for node in self._by_line.get(at, ()) if node.placeholder]
        again = [node for node in nodes if self._is_renamed(node)]
        own = [node for node in nodes if node not in again]
        if Ingredient.INPUTS in self._kept:
            return [self._input(node) for node in nodes], last + 1
        rows: list[_Made | FormRow] = [self._input(node) for node in own]
        if len(own) > _MANY_INPUTS:
            end = again[0].line - 1 if again else last
            rows = [fold(first, max(end, first), f"▸ {len(own)} inputs", Ingredient.INPUTS, len(self._depth))]
        if again:
            words = f"▸ {len(again)} {'input' if len(again) == 1 else 'inputs'} by a second name"
            rows.append(fold(again[0].line, last, words, Ingredient.INPUTS, len(self._depth)))
        return rows, last + 1

    def _is_renamed(self, node: FxNode) -> bool:
        """Whether a line only gives an input another name: `l_x_ = L_x_`."""
        return not node.type and " = " in self._lines[node.line - 1][node.col : node.end_col]

    def _goes_on(self, number: int) -> bool:
        """Whether a line still belongs to the inputs above it."""
        nodes = self._by_line.get(number)
        if nodes:
            return nodes[0].placeholder
        return self._lines[number - 1].strip() in ("self,", "):", ")", "")

    def _input(self, node: FxNode) -> FormRow:
        pieces = [Piece(self._depth), self._name(node)]
        equals = self._lines[node.line - 1].find(" = ", node.col, node.end_col)
        if equals >= 0 and not node.type:
            rest = self._lines[node.line - 1][equals : node.end_col]
            pieces += self._pieces(rest, node.line, equals)
        else:
            pieces.append(Piece("  input", kind=Kind.COMMENT))
        return FormRow(node.line, node.line, tuple(pieces), self._type(node))

    # --- nodes ----------------------------------------------------------------------------------------------

    def _node(self, node: FxNode) -> _Made:
        line = self._lines[node.line - 1]
        end = node.end_col if node.end_line == node.line else len(line)
        if node.operator == "return":
            return _Made(self._returned(node), "return", node)
        head = re.match(rf"{re.escape(node.name)}(?:\s*:\s*\"[^\"]*\")?\s*=\s*", line[node.col :])
        if head is None:
            # An operator in place, or an assignment to a part: torch's own words say best what happens.
            pieces = self._pieces(line[node.col : end], node.line, node.col)
        else:
            start = node.col + head.end()
            pieces = [self._name(node), Piece(" = "), *self._pieces(line[start:end], node.line, start)]
        pieces += self._further(node)
        operator = node.operator.removeprefix("torch.ops.")
        name = operator.split(".")[1] if operator.startswith(("aten.", "prims.")) else operator.split(".")[-1]
        look = RowLook.QUIET if name in _VIEWS or name in _CASTS else RowLook.CODE
        return _Made(
            FormRow(node.line, node.end_line, (Piece(self._depth), *pieces), self._type(node), look), name, node
        )

    def _name(self, node: FxNode) -> Piece:
        """The name that a line gives to its result."""
        words = _PARAMETER.sub(_path, node.name)
        return Piece(words, node.line, node.col, node.col + len(node.name), Kind.DEFINITION)

    def _further(self, node: FxNode) -> Iterator[Piece]:
        """The other lines of a statement over several."""
        for number in range(node.line + 1, node.end_line + 1):
            line = self._lines[number - 1]
            end = node.end_col if number == node.end_line else len(line)
            indent = len(line) - len(line.lstrip())
            yield Piece(" ")
            yield from self._pieces(line[indent:end].rstrip(), number, indent)

    def _returned(self, node: FxNode) -> FormRow:
        """`return view_5`, without the brackets over several lines and torch's comments behind each value."""
        found: list[Piece] = []
        for number in range(node.line, node.end_line + 1):
            line = re.sub(r"\s*# (?:\w+AOTOutput\(.*\)|None)$", "", self._lines[number - 1])
            indent = len(line) - len(line.lstrip())
            if found and line.strip() and not found[-1].text.endswith("("):
                found.append(Piece(" "))
            found += self._pieces(line[indent:].rstrip(), number, indent)
        return FormRow(node.line, node.end_line, (Piece(self._depth), *found))

    def _pieces(self, text: str, line: int, start: int) -> list[Piece]:
        return list(rewritten(text, line, start, self._rules))

    def _type(self, node: FxNode) -> tuple[Piece, ...]:
        """`f32 1×8×8192`, with strides and device where they are not what one expects."""
        line = self._lines[node.line - 1]
        at = line.find(f'"{node.type}"', node.col) if node.type else -1
        if at < 0:
            return ()
        return (Piece(self._type_words(node.type), node.line, at, at + len(node.type) + 2, Kind.SHAPE),)

    def _type_words(self, text: str) -> str:
        match = _TYPE.match(text)
        if match is None:
            return text
        sizes = [size.strip() for size in match["sizes"].split(",") if size.strip()]
        words = f"{match['dtype']} {shape_words(sizes)}" if sizes else f"{match['dtype']} scalar"
        strides = [item.strip() for item in (match["strides"] or "").split(",") if item.strip()]
        always = Ingredient.STRIDES in self._kept
        if strides and len(strides) == len(sizes) and (always or not contiguous(sizes, strides)):
            words += f" strides {','.join(strides)}"
        if match["device"] and (always or match["device"] != self._device):
            words += f" {match['device']}"
        return words

    # --- views ----------------------------------------------------------------------------------------------

    def _is_view(self, made: _Made) -> bool:
        return made.operator in _VIEWS

    def _views(self, made: list[_Made]) -> Iterable[FormRow]:
        """One view as its own quiet row; several that follow one another as one row."""
        if len(made) < 2:
            return [item.row for item in made]
        pieces = [Piece(self._depth)]
        for item in made:
            if len(pieces) > 1:
                pieces.append(Piece(", "))
            pieces.append(self._name(item.node))
        own = {item.node.name for item in made}
        of = dict.fromkeys(
            name
            for item in made
            for name in _NAME.findall(self._arguments(item.node))
            if name in self._text.nodes and name not in own
        )
        words = ", ".join(_PARAMETER.sub(_path, name) for name in of)
        pieces.append(Piece(f"  ▸ {len(made)} views of {words}" if of else f"  ▸ {len(made)} views"))
        row = FormRow(made[0].row.first, made[-1].row.last, tuple(pieces), (), RowLook.QUIET, Ingredient.VIEWS)
        return [row]

    def _arguments(self, node: FxNode) -> str:
        """What a node is made of: its expression without the operator's own name."""
        line = self._lines[node.line - 1][node.col :]
        expression = line[: node.end_col - node.col if node.end_line == node.line else None].partition(" = ")[2]
        return expression.partition("(")[2] if expression.startswith("torch.") else expression
