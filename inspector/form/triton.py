"""The reading form of Triton kernels: what is loaded, computed and stored, without imports and hints."""

from __future__ import annotations

import re
from collections.abc import Collection

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered, fold
from inspector.form.rewrite import Rule, rewritten
from inspector.model.artifact import Artifact

_DEF = re.compile(r"\s*def \w+\(")
_INDEX = re.compile(
    r"\w+numel = \d+$|\w+: tl\.constexpr = \d+$|\w*BLOCK\w*: tl\.constexpr = \w+$|"
    r"(?:rnumel|RBLOCK|roffset|rindex)\b.* = |"
    r"[xyzr]\d?_?(?:offset|index|mask|base)\b.* = |\w+ = [xyzr]\d?_?index$"
)
"""Lines that say which elements a program works on."""
_CONSTANT = re.compile(r"tmp\d+ = (?:tl\.full\(|[-\d.]+$|tl\.broadcast_to\(|tmp\d+\.to\()")
_RULES: tuple[Rule, ...] = (
    (re.compile(r"tl\.full\(\[[^\]]*\], (?P<value>[^,]+), tl\.\w+\)"), r"\g<value>"),
    (re.compile(r", eviction_policy='\w+'"), ""),
    (re.compile(r", None(?=[,)])"), ""),
    (re.compile(r"(?:libdevice|tl_math|triton_helpers|tl)\.(?=\w)"), ""),
    (re.compile(r"tl\.(?:constexpr)"), "constexpr"),
    (re.compile(r"(?<=\+ )\((?P<sum>(?:(?!tmp)[\w*+ ])+)\)(?=\)|,|$| \+)"), r"\g<sum>"),
    (re.compile(r"\.to\(tl\.(\w+)\)"), r".to(\1)"),
)


def triton_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of a kernel's text.

    Args:
        artifact: the kernel.
        kept: what is not to be folded.
    """
    lines = artifact.lines
    start = next((number for number, line in enumerate(lines, 1) if _DEF.match(line)), 0)
    rows: list[FormRow] = []
    if start > 1 and Ingredient.BOILERPLATE not in kept:
        rows.append(fold(1, start - 1, f"▸ {start - 1} lines: imports, size hints, settings", Ingredient.BOILERPLATE))
    elif start > 1:
        rows += (_row(number, lines[number - 1], RowLook.CODE) for number in range(1, start))
    for number in range(max(start, 1), len(lines) + 1):
        line = lines[number - 1]
        bare = line.strip()
        if not bare:
            continue
        quiet = bool(_INDEX.match(bare) or _CONSTANT.match(bare)) and Ingredient.BOILERPLATE not in kept
        row = _row(number, line, RowLook.QUIET if quiet else RowLook.CODE)
        if quiet and _joins(rows, row, bare):
            before = rows.pop()
            row = FormRow(before.first, number, (*before.pieces, Piece(", "), *row.pieces[1:]), (), RowLook.QUIET)
        rows.append(row)
    return Form(artifact.id, covered(rows, len(lines)))


def _joins(rows: list[FormRow], row: FormRow, bare: str) -> bool:
    """Whether a quiet line shares the row above it: both are about constants, and stand equally deep."""
    if not rows or rows[-1].look is not RowLook.QUIET or not _CONSTANT.match(bare):
        return False
    before = rows[-1].pieces
    return before[0].text == row.pieces[0].text and before[1].text.startswith("tmp")


def _row(number: int, line: str, look: RowLook) -> FormRow:
    start = len(line) - len(line.lstrip())
    pieces = (Piece(" " * (start // 2)), *rewritten(line[start:].rstrip(), number, start, _RULES))
    return FormRow(number, number, pieces, (), look)
