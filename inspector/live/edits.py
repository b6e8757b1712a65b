"""Collects what became of edited kernels, those that took the worker with them included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from inspector import protocol
from inspector.client.outcome import Outcome, OutcomeKind
from inspector.link.asmtext import read_objdump
from inspector.link.gputext import read_llvm, read_ptx, read_sass
from inspector.link.mlirtext import read_mlir
from inspector.model.capture import Capture
from inspector.model.edit import CodeChange, EditedText, Fate, KernelEdit, Problem
from inspector.model.stage import Stage

_READ: Mapping[str, Callable[[str], str]] = {
    "ttir": lambda raw: read_mlir(raw).text,
    "ttgir": lambda raw: read_mlir(raw).text,
    "llir": lambda raw: read_llvm(raw).text,
    "ptx": lambda raw: read_ptx(raw).text,
    "sass": lambda raw: read_sass(raw).text,
}
"""Stage → what makes a readable text of what its tool prints."""


class EditFold:
    """Keeps edits in the order in which they were asked for."""

    def __init__(self) -> None:
        self._edits: dict[int, KernelEdit] = {}
        self._asked: protocol.EditKernel | None = None
        self._called = False
        """Whether the edited kernel has been called: what it destroys may end the worker later."""

    def asked(self, request: protocol.EditKernel) -> None:
        """The worker was asked for an edit; any thread."""
        self._asked, self._called = request, False

    def take(self, event: protocol.Message) -> bool:
        """Takes an event in; whether `edits` are others now."""
        match event:
            case protocol.Calling():
                self._called = True
            case protocol.Failed(fatal=False):
                self._asked = None
            case protocol.KernelEdited(edit):
                texts = tuple(item for item in map(_readable, edit.texts) if item.text)
                self._edits[edit.number] = replace(edit, texts=texts)
                self._asked = None
                return True
        return False

    def lost(self, outcome: Outcome) -> bool:
        """The worker has ended; whether it did while an edit was tried, which is one more then."""
        asked, self._asked = self._asked, None
        if asked is None or outcome.kind in (OutcomeKind.FINISHED, OutcomeKind.CANCELLED):
            return False
        hung = outcome.kind is OutcomeKind.HUNG
        self._edits[asked.number] = KernelEdit(
            asked.number,
            asked.compile_id,
            asked.kernel,
            (Fate.HUNG if hung else Fate.CRASHED) if self._called else Fate.NOT_BUILT,
            asked.before,
            asked.text,
            asked.unit,
            flags=tuple(asked.flags),
            settings=tuple(asked.settings),
            problem=Problem(outcome.message),
            unraced="the worker ended",
        )
        return True

    def edits(self, capture: Capture) -> tuple[KernelEdit, ...]:
        """All of them, with what their machine code is against that of the capture."""
        for number, edit in self._edits.items():
            if edit.code is None and edit.texts:
                self._edits[number] = replace(edit, code=_code(edit, capture))
        return tuple(self._edits[number] for number in sorted(self._edits))


def _readable(raw: EditedText) -> EditedText:
    if raw.stage != Stage.ASM.value:
        return replace(raw, text=_READ[raw.stage](raw.text))
    assembly = read_objdump(raw.text)
    lines = tuple(max(0, line - raw.ahead) for line in assembly.source_lines)
    return replace(raw, text=assembly.text, lines=lines if any(lines) else ())


def _code(edit: KernelEdit, capture: Capture) -> CodeChange | None:
    for stage in (Stage.ASM, Stage.SASS):
        now = edit.text_of(stage.value)
        own = next((item.text for item in capture.find(stage, edit.compile_id) if item.key == edit.key), None)
        if now is not None and own is not None:
            return CodeChange(_instructions(own), _instructions(now), own == now)
    return None


def _instructions(text: str) -> int:
    return sum(line.startswith(" ") for line in text.split("\n"))
