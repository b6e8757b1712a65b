"""The reading form of machine code and bytecode: what runs, with its loops marked and the rest folded."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered, fold
from inspector.highlight import Kind
from inspector.model.artifact import Artifact

_FUNCTION = re.compile(r"(?P<name>[^\s.][^\s:]*):$")
_LABEL = re.compile(r"(?P<name>\.L\w+):$")
_JUMP = re.compile(r"\s*(?:j\w+|loop\w*)\s+(?P<to>\.L\w+)\b")
_LEAVES = re.compile(r"\s*(?:jmp|ret\w*|ud2|hlt)\b")
_MANGLED = re.compile(r"_Z\w+")
_THROWN = re.compile(r"\.cold\b|_Unwind_|__cxa_|__clang_call_terminate")
_LIBRARY = re.compile(r"_ZNK?(?:S|3c10|2at|5torch)|_ZSt|_init$|_fini$|_start$|frame_dummy$|register_tm|deregister_tm")


@lru_cache(maxsize=1024)
def _demangled(names: tuple[str, ...]) -> dict[str, str]:
    """C++ names as they were written, by binutils' `c++filt`; as they are where it is not installed."""
    if not names or (program := shutil.which("c++filt")) is None:
        return {}
    try:
        done = subprocess.run(
            [program, "--no-params"], input="\n".join(names), capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    found = done.stdout.split("\n")
    return dict(zip(names, found, strict=False))


def asm_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of a kernel's machine code.

    Args:
        artifact: the listing.
        kept: what is not to be folded.
    """
    lines = artifact.lines
    names = _demangled(tuple(dict.fromkeys(_MANGLED.findall(artifact.text))))
    rows: list[FormRow] = []
    for first, last in _functions(lines):
        name = lines[first - 1].rstrip(":")
        why = "" if Ingredient.UNWINDING in kept else _aside(name)
        if why:
            words = f"▸ {last - first + 1} lines: {names.get(name, name)}, {why}"
            rows.append(fold(first, last, words, Ingredient.UNWINDING))
            continue
        arrows = _arrows(lines, first, last)
        rows += (
            _row(lines[number - 1], number, arrows, names)
            for number in range(first, last + 1)
            if lines[number - 1].strip()
        )
    return Form(artifact.id, covered(rows, len(lines)))


def _functions(lines: Sequence[str]) -> Iterable[tuple[int, int]]:
    starts = [number for number, line in enumerate(lines, 1) if _FUNCTION.match(line)]
    if not starts or starts[0] > 1:
        starts = [1, *starts]
    return zip(starts, [*(start - 1 for start in starts[1:]), len(lines)], strict=True)


def _aside(name: str) -> str:
    """Why a function is not what a reader came for; empty for the kernel's own."""
    if _THROWN.search(name):
        return "runs only when something is thrown"
    return "the library's own" if _LIBRARY.match(name) else ""


def _arrows(lines: Sequence[str], first: int, last: int) -> dict[int, str]:
    """For each line between the head of a loop and its last jump back, the sign that leads there.

    A jump backwards is a loop only where its target leads to it again: code that is rarely run stands behind the rest
    and jumps back as well. The innermost loop around a line is drawn.
    """
    labels = {match["name"]: number for number in range(first, last + 1) if (match := _LABEL.match(lines[number - 1]))}
    after = {number: _next(lines[number - 1], number, last, labels) for number in range(first, last + 1)}
    loops = sorted(
        (start, number)
        for number in range(first, last + 1)
        if (jump := _JUMP.match(lines[number - 1]))
        and (start := labels.get(jump["to"], number + 1)) <= number
        and number in _reached(start, after)
    )
    signs: dict[int, str] = {}
    for start, end in loops:
        signs.update(dict.fromkeys(range(start + 1, end), "│"))
        signs[start] = "╭"
        signs[end] = "╰"
    return signs


def _next(line: str, number: int, last: int, labels: Mapping[str, int]) -> tuple[int, ...]:
    """The lines that may run after a line of the same function."""
    jump = _JUMP.match(line)
    target = labels.get(jump["to"]) if jump is not None else None
    found = (target,) if target is not None else ()
    leaves = _LEAVES.match(line) is not None
    return found if leaves or number == last else (*found, number + 1)


def _reached(start: int, after: Mapping[int, tuple[int, ...]]) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += after[number]
    return found


def _row(line: str, number: int, arrows: Mapping[int, str], names: Mapping[str, str]) -> FormRow:
    sign = Piece(f"{arrows.get(number, ' ')} ", kind=Kind.COMMENT)
    start = len(line) - len(line.lstrip())
    depth = Piece("  " if start else "")
    pieces = [sign, depth]
    at = start
    for match in _MANGLED.finditer(line):
        if match[0] in names:
            pieces.append(Piece(line[at : match.start()], number, at, match.start()))
            pieces.append(Piece(names[match[0]], number, match.start(), match.end(), Kind.FUNCTION))
            at = match.end()
    pieces.append(Piece(line[at:], number, at, len(line)))
    return FormRow(number, number, tuple(piece for piece in pieces if piece.text))


_SILENT = re.compile(r"(?:\s*\d+)?\s+\d+ (?:PRECALL|CACHE|RESUME|NOP|PUSH_NULL|COPY_FREE_VARS)\b")
_OFFSET = re.compile(r"(?P<line>\s*\d+)?(?P<mark>\s+(?:>>)?\s*)(?P<at>\d+) (?P<rest>[A-Z].*)$")


def bytecode_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of a function's bytecode: without what says nothing of what it does.

    Args:
        artifact: the bytecode.
        kept: what is not to be folded.
    """
    rows = []
    for number, line in enumerate(artifact.lines, 1):
        if not line.strip() or (_SILENT.match(line) and Ingredient.BOILERPLATE not in kept):
            continue
        rows.append(_instruction(line.rstrip(), number))
    return Form(artifact.id, covered(rows, len(artifact.lines)))


def _instruction(line: str, number: int) -> FormRow:
    match = _OFFSET.match(line)
    if match is None:
        return FormRow(number, number, (Piece(line, number, 0, len(line)),))
    pieces = []
    if match["line"] is not None and match["line"].strip():
        pieces.append(Piece(f"{match['line'].strip():>4} ", number, match.start("line"), match.end("line"), Kind.LABEL))
    else:
        pieces.append(Piece("     "))
    mark = ">> " if ">>" in match["mark"] else "   "
    pieces.append(Piece(mark, number, match.start("mark"), match.end("at")))
    pieces.append(Piece(match["rest"], number, match.start("rest"), match.end("rest")))
    return FormRow(number, number, tuple(pieces), (), RowLook.CODE)
