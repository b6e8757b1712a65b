"""The reading form of Inductor's output code: the calls in their order, and a line for each kernel it defines."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered, fold, runs
from inspector.form.rewrite import Rule, contiguous, rewritten, shape_words, short_dtype
from inspector.highlight import Kind
from inspector.link.outputcode import OutputCode, read_output_code
from inspector.model.artifact import Artifact

_FUNCTION = re.compile(r"\s*def (?P<name>call|partition_\d+|\w+)\((?:self, )?args\):")
_CHECK = re.compile(r"\s*(?:assert_size_stride|assert_alignment)\(")
_HANDLE = re.compile(r"\s*# \[Provenance debug handles\]")
_NODES = re.compile(
    r"\s*# (?:Topologically Sorted|Unsorted) Source Nodes: \[(?P<nodes>[^\]]*)\], Original ATen: \[(?P<aten>[^\]]*)\]"
)
_FREED = re.compile(r"\s*del \w+\s*$")
_ELEMENTS = r"\((?P<{0}>[^()]*(?:\([^()]*\)[^()]*)*)\)"
_VIEW = re.compile(
    rf"reinterpret_tensor\((?P<of>\w+), {_ELEMENTS.format('sizes')}, {_ELEMENTS.format('strides')},"
    r" (?P<offset>[^()]+)\)"
)
_EMPTY = re.compile(
    rf"empty_strided(?:_(?P<device>\w+))?\({_ELEMENTS.format('sizes')}, {_ELEMENTS.format('strides')},"
    r" torch\.(?P<dtype>\w+)\)"
)
_OUT = re.compile(r"(?P<head>extern_kernels\.(?P<name>\w+)\()(?P<rest>.*), out=(?P<out>\w+)\)$")


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _layout(match: re.Match[str]) -> str:
    """`8×2048`, and the strides where the tensor does not lie without gaps."""
    sizes, strides = _list(match["sizes"]), _list(match["strides"])
    words = shape_words(sizes) if sizes else "scalar"
    if len(sizes) == len(strides) and not contiguous(sizes, strides):
        words += f" strides {','.join(strides)}"
    return words


def _view(match: re.Match[str]) -> str:
    offset = "" if match["offset"].strip() == "0" else f" from {match['offset'].strip()}"
    return f"{match['of']} as {_layout(match)}{offset}"


def _empty(match: re.Match[str]) -> str:
    device = f" {match['device']}" if match["device"] and match["device"] != "cpu" else ""
    return f"empty {short_dtype(match['dtype'])} {_layout(match)}{device}"


_RULES: tuple[Rule, ...] = (
    (_VIEW, _view),
    (_EMPTY, _empty),
    (re.compile(r"extern_kernels\.(?=\w)"), ""),
    (re.compile(r"torch\.ops\.(?=\w)"), ""),
)


def wrapper_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of the output code.

    Args:
        artifact: the output code.
        kept: what is not to be folded.
    """
    rows = covered(_Reader(artifact, kept).rows(), len(artifact.lines))
    return Form(artifact.id, rows)


class _Reader:
    def __init__(self, artifact: Artifact, kept: Collection[Ingredient]) -> None:
        self._lines = artifact.lines
        self._kept = kept
        self._code: OutputCode = read_output_code(artifact.text)

    def rows(self) -> Iterator[FormRow]:
        at = 1
        for first, last, words in sorted([*self._kernels(), *self._functions()]):
            if first < at:
                continue
            yield from self._around(at, first - 1)
            yield from words(first, last)
            at = last + 1
        yield from self._around(at, len(self._lines))

    def _around(self, first: int, last: int) -> Iterator[FormRow]:
        """Lines that are neither a kernel nor the graph's own function."""
        there = [number for number in range(first, last + 1) if self._lines[number - 1].strip()]
        if not there:
            return
        if Ingredient.BOILERPLATE in self._kept:
            yield from (self._plain(number) for number in there)
            return
        what = "imports and helpers" if first == 1 else "helpers"
        count = there[-1] - there[0] + 1
        yield fold(
            there[0], there[-1], f"▸ {count} {'line' if count == 1 else 'lines'}: {what}", Ingredient.BOILERPLATE
        )

    def _plain(self, number: int) -> FormRow:
        line = self._lines[number - 1]
        return FormRow(number, number, (Piece(line, number, 0, len(line)),))

    # --- kernels --------------------------------------------------------------------------------------------

    def _kernels(self) -> Iterator[tuple[int, int, Callable[[int, int], Iterator[FormRow]]]]:
        for kernel in self._code.kernels:
            name, language = kernel.name, kernel.language.value

            def words(first: int, last: int, name: str = name, language: str = language) -> Iterator[FormRow]:
                if Ingredient.KERNELS in self._kept:
                    yield from (self._plain(number) for number in range(first, last + 1))
                    return
                line = self._lines[first - 1]
                start = line.find(name)
                title = Piece(name, first, start, start + len(name), Kind.DEFINITION)
                about = {"cpp": "C++", "triton": "Triton"}.get(language, language)
                rest = Piece(f"  ▸ {about} kernel, {last - first + 1} lines", kind=Kind.COMMENT)
                yield FormRow(first, last, (title, rest), (), RowLook.FOLD, Ingredient.KERNELS)

            yield kernel.def_line, kernel.end_line, words

    # --- the calls ------------------------------------------------------------------------------------------

    def _functions(self) -> Iterator[tuple[int, int, Callable[[int, int], Iterator[FormRow]]]]:
        inside = {number for item in self._code.kernels for number in range(item.def_line, item.end_line + 1)}
        for number, line in enumerate(self._lines, 1):
            if number in inside or not _FUNCTION.match(line):
                continue
            indent = len(line) - len(line.lstrip())
            last = number
            for later in range(number + 1, len(self._lines) + 1):
                below = self._lines[later - 1]
                if below.strip() and len(below) - len(below.lstrip()) <= indent:
                    break
                if below.strip():
                    last = later
            yield number, last, self._calls

    def _calls(self, first: int, last: int) -> Iterator[FormRow]:
        head = self._lines[first - 1]
        indent = len(head) - len(head.lstrip())
        yield self._code_row(first, indent)
        checks: list[int] = []
        nodes: list[int] = []
        for number in range(first + 1, last + 1):
            line = self._lines[number - 1]
            if not line.strip():
                continue
            if _CHECK.match(line) and Ingredient.CHECKS not in self._kept:
                checks.append(number)
                continue
            if _HANDLE.match(line) and Ingredient.BOILERPLATE not in self._kept:
                continue
            if checks:
                yield from self._checked(checks)
                checks = []
            if match := _NODES.match(line):
                nodes.append(number)
                yield self._heading(number, match)
                continue
            yield self._code_row(number, indent)
        yield from self._checked(checks)

    def _checked(self, numbers: list[int]) -> Iterator[FormRow]:
        for first, last in runs(numbers):
            count = last - first + 1
            words = f"▸ {count} {'check' if count == 1 else 'checks'} of sizes and alignment"
            yield fold(first, last, words, Ingredient.CHECKS, 2)

    def _heading(self, number: int, match: re.Match[str]) -> FormRow:
        """`linear: view, t, mm`, for torch's comment above a call."""
        names = match["nodes"].lstrip(", ")
        start = match.end("nodes") - len(names)
        nodes = Piece(names or "?", number, start, match.end("nodes"), Kind.LABEL)
        aten = match["aten"].replace("aten.", "").replace("prims.", "")
        rest = Piece(f": {aten}", number, match.start("aten"), match.end("aten"), Kind.COMMENT)
        return FormRow(number, number, (Piece("  "), nodes, rest), (), RowLook.HEADING)

    def _code_row(self, number: int, indent: int) -> FormRow:
        line = self._lines[number - 1].rstrip()
        start = len(line) - len(line.lstrip())
        look = RowLook.QUIET if _FREED.match(line) else RowLook.CODE
        depth = Piece(" " * ((start - indent) // 2))
        text = line[start:]
        if (match := _OUT.match(text)) is not None:
            out = Piece(match["out"], number, start + match.start("out"), start + match.end("out"), Kind.DEFINITION)
            name = Piece(f"{match['name']}(", number, start, start + match.end("head"))
            rest = rewritten(match["rest"], number, start + match.start("rest"), _RULES)
            return FormRow(number, number, (depth, out, Piece(" = "), name, *rest, Piece(")")), (), look)
        return FormRow(number, number, (depth, *rewritten(text, number, start, _RULES)), (), look)
