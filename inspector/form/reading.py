"""Which form a text is read in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from inspector.form.cpp import cpp_form
from inspector.form.form import Extra, Form, FormRow, Ingredient, RowLook, covered, raw
from inspector.form.fx import fx_form
from inspector.form.ir import ir_form
from inspector.form.listing import asm_form, bytecode_form
from inspector.form.triton import triton_form
from inspector.form.wrapper import wrapper_form
from inspector.model.artifact import Artifact, Language

_Reader = Callable[[Artifact, Collection[Ingredient]], Form]

_READERS: dict[Language, _Reader] = {
    Language.FX: fx_form,
    Language.CPP: cpp_form,
    Language.TRITON: triton_form,
    Language.INDUCTOR: wrapper_form,
    Language.IR: ir_form,
    Language.ASM: asm_form,
    Language.BYTECODE: bytecode_form,
}


def has_form(artifact: Artifact) -> bool:
    """Whether a text has a reading form of its own."""
    return artifact.language in _READERS


def reading(
    artifact: Artifact,
    kept: Collection[Ingredient] = (),
    opened: Iterable[int] = (),
    without: Collection[Extra] = (),
) -> Form:
    """The reading form of a text; the text as it is where its language has none.

    Args:
        artifact: the text.
        kept: what is not to be folded.
        opened: lines, 1-based, whose folds are open: each is shown as it is stored.
        without: what is left out beside the code.
    """
    reader = _READERS.get(artifact.language)
    if reader is None:
        return raw(artifact.id, artifact.lines)
    form = reader(artifact, kept)
    if not form.rows:
        return raw(artifact.id, artifact.lines)
    if without:
        form = Form(artifact.id, covered(_plainer(form.rows, without), len(artifact.lines)))
    wanted = set(opened)
    if not wanted or not form.rows:
        return form
    rows: list[FormRow] = []
    stored = raw(artifact.id, artifact.lines).rows
    for row in form.rows:
        open_here = row.ingredient is not None and any(row.first <= line <= row.last for line in wanted)
        rows += stored[row.first - 1 : row.last] if open_here else [row]
    return Form(artifact.id, covered(rows, len(artifact.lines)))


def _plainer(rows: Iterable[FormRow], without: Collection[Extra]) -> list[FormRow]:
    """Rows without what is to be left out; all of them where nothing else were left."""
    found = list(rows)
    if Extra.SHAPES in without:
        found = [replace(row, right=()) for row in found]
    if Extra.DIMMING in without:
        found = [replace(row, look=RowLook.CODE) if row.look is RowLook.QUIET else row for row in found]
    if Extra.HEADINGS in without:
        found = [row for row in found if row.look is not RowLook.HEADING] or found
    return found
