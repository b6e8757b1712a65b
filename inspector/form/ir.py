"""The reading form of Inductor's IR: a line for each operation, `op2  buf2 f32 1×8×8192 ← buf0, buf1`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered
from inspector.form.rewrite import contiguous, shape_words, short_dtype
from inspector.highlight import Kind
from inspector.link.irtext import read_ir
from inspector.model.artifact import Artifact

_HEAD = re.compile(r"(?P<name>\w+): (?P<kind>\w+)\((?P<what>[^)]*)\)")
_LAYOUT = re.compile(
    r"\s*(?P<buffer>\w+)\.layout = \w+\('(?P<device>[^']*)', torch\.(?P<dtype>\w+), size=\[(?P<sizes>.*?)\],"
    r" stride=\[(?P<strides>.*?)\]"
)
_DEPENDENCIES = re.compile(r"\w+\.(?:unmet|met)_dependencies =")
_READ = re.compile(r"Dep\((?:name=)?'(\w+)'")
_KERNEL = re.compile(r"\w+\.node\.kernel = (\S+)")
_OPERATION = re.compile(r"\s+\w+ = ops\.(\w+)\(")
_QUIET = frozenset(["load", "store", "constant", "get_index", "index_expr"])
_MOST = 6
"""Operations of a loop that are named."""


def ir_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of the IR's text.

    Args:
        artifact: the IR.
        kept: what is not to be folded.
    """
    lines = artifact.lines
    rows: list[FormRow] = []
    for block in read_ir(artifact.text):
        first, last = block.first_line, block.last_line
        rows.append(_row(lines, first, last))
        if Ingredient.BODIES in kept:
            rows += (
                FormRow(number, number, (Piece(lines[number - 1], number, 0, len(lines[number - 1])),))
                for number in range(first, last + 1)
                if lines[number - 1].strip()
            )
    return Form(artifact.id, covered(rows, len(lines)))


def _row(lines: Sequence[str], first: int, last: int) -> FormRow:
    head = _HEAD.match(lines[first - 1].strip())
    text = [lines[number - 1] for number in range(first, last + 1)]
    name = head["name"] if head is not None else lines[first - 1].strip().rstrip(":")
    start = lines[first - 1].find(name)
    pieces = [Piece(name, first, start, start + len(name), Kind.DEFINITION), Piece("  ")]
    made = [(number, match) for number, line in enumerate(text, first) if (match := _LAYOUT.match(line))]
    own = {match.group(1) for line in text if (match := re.match(r"\s+(\w+): \w+$", line))}
    outputs = {match["buffer"]: (number, match) for number, match in made if match["buffer"] in own}
    for count, (number, match) in enumerate(outputs.values()):
        pieces += [Piece(", ")] if count else []
        pieces.append(Piece(match["buffer"], number, match.start("buffer"), match.end("buffer"), Kind.LABEL))
    read = dict.fromkeys(buffer for line in text if _DEPENDENCIES.match(line.strip()) for buffer in _READ.findall(line))
    if read:
        pieces.append(Piece(f" ← {', '.join(read)}"))
    what = next((match[1] for line in text if (match := _KERNEL.match(line.strip()))), "")
    done = _done(text)
    words = what or (f"loop: {', '.join(done)}" if done else head["what"] if head is not None else "")
    if words:
        pieces.append(Piece(f"  {words}", kind=Kind.COMMENT))
    right = tuple(_types(outputs.values()))
    return FormRow(first, last, tuple(pieces), right, RowLook.CODE, Ingredient.BODIES)


def _done(text: Sequence[str]) -> list[str]:
    """The operations of the loop bodies, each once in a row."""
    found = [match[1] for line in text if (match := _OPERATION.match(line)) and match[1] not in _QUIET]
    return [*found[:_MOST], "…"] if len(found) > _MOST else found


def _types(layouts: Collection[tuple[int, re.Match[str]]]) -> Iterator[Piece]:
    for count, (number, match) in enumerate(layouts):
        sizes = [item.strip() for item in match["sizes"].split(",") if item.strip()]
        strides = [item.strip() for item in match["strides"].split(",") if item.strip()]
        words = f"{short_dtype(match['dtype'])} {shape_words(sizes) if sizes else 'scalar'}"
        if len(sizes) == len(strides) and not contiguous(sizes, strides):
            words += f" strides {','.join(strides)}"
        if count:
            yield Piece(", ")
        yield Piece(words, number, match.start("dtype"), match.end("strides"), Kind.SHAPE)
