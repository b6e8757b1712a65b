"""Which form a text is read in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from inspector.form.cpp import cpp_form
from inspector.form.form import Form, Ingredient, Row, covered, raw
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


def reading(artifact: Artifact, kept: Collection[Ingredient] = (), opened: Iterable[int] = ()) -> Form:
    """The reading form of a text; the text as it is where its language has none.

    Args:
        artifact: the text.
        kept: what is not to be folded.
        opened: lines, 1-based, whose folds are open: each is shown as it is stored.
    """
    reader = _READERS.get(artifact.language)
    if reader is None:
        return raw(artifact.id, artifact.lines)
    form = reader(artifact, kept)
    if not form.rows:
        return raw(artifact.id, artifact.lines)
    wanted = set(opened)
    if not wanted:
        return form
    rows: list[Row] = []
    stored = raw(artifact.id, artifact.lines).rows
    for row in form.rows:
        open_here = row.ingredient is not None and any(row.first <= line <= row.last for line in wanted)
        rows += stored[row.first - 1 : row.last] if open_here else [row]
    return Form(artifact.id, covered(rows, len(artifact.lines)))
