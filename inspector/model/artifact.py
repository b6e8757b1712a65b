"""One text of one stage, and positions in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from inspector.model.kernel import KernelKey
from inspector.model.number import whole
from inspector.model.stage import Stage


class Position(NamedTuple):
    """A place in an artifact's stored text."""

    line: int
    """1-based."""
    col: int
    """0-based, in code points."""


class Span(NamedTuple):
    """A range in an artifact; the end is exclusive."""

    artifact: str
    """The artifact's id."""
    start: Position
    end: Position

    @classmethod
    def of_lines(cls, artifact: str, first: int, last: int | None = None) -> Span:
        """Whole lines `first` to `last`, both inclusive and 1-based."""
        return cls(artifact, Position(first, 0), Position((last or first) + 1, 0))

    @property
    def last_line(self) -> int:
        """The last line the span touches: an end at column 0 does not touch its own line."""
        return self.end.line - 1 if self.end.col == 0 and self.end.line > self.start.line else self.end.line

    def touches(self, line: int) -> bool:
        """Whether any of the span lies on `line`."""
        return self.start.line <= line <= self.last_line

    def holds(self, other: Span) -> bool:
        """Whether all of the other lies in this one."""
        return self.artifact == other.artifact and self.start <= other.start and other.end <= self.end


class Language(StrEnum):
    """What an artifact is written in; decides colours and file endings."""

    PYTHON = "python"
    FX = "fx"
    """An FX graph as torch prints it: Python with annotated shapes."""
    BYTECODE = "bytecode"
    INDUCTOR = "inductor"
    """Inductor's output module: Python with kernels inside its strings."""
    IR = "ir"
    """Inductor's loop IR as `TORCH_LOGS=ir_post_fusion` prints it."""
    CPP = "cpp"
    TRITON = "triton"
    ASM = "asm"
    LLVM = "llvm"
    PTX = "ptx"
    TEXT = "text"
    JSON = "json"

    @property
    def ending(self) -> str:
        """The file ending in a bundle, with its dot."""
        return _ENDINGS[self]


_ENDINGS = {
    Language.PYTHON: ".py",
    Language.FX: ".py",
    Language.BYTECODE: ".txt",
    Language.INDUCTOR: ".py",
    Language.IR: ".txt",
    Language.CPP: ".cpp",
    Language.TRITON: ".py",
    Language.ASM: ".s",
    Language.LLVM: ".ll",
    Language.PTX: ".ptx",
    Language.TEXT: ".txt",
    Language.JSON: ".json",
}


@dataclass(frozen=True)
class Artifact:
    """One text of one stage of one compile id."""

    id: str
    """`0/0:aten`, `0/0:kernel:cpp_fused_mul_0`, `source:modeling_llama.py`; unique in a capture."""
    stage: Stage
    compile_id: str | None
    """`0/0`; None for source files, which every compile id shares."""
    kernel: str | None
    """The kernel's name in the Inductor output code; None for stages that are not per kernel."""
    language: Language
    text: str
    path: str | None = None
    """Where the text lay on the machine that made it (a source file, the kernel's shared object)."""
    focus: int = 1
    """The 1-based line to show first: the target's own definition in a long source file."""

    @property
    def variant(self) -> str:
        """The last part of the id where one stage has several texts: `modified` of `0/0:bytecode:modified`."""
        if self.stage is Stage.SOURCE or self.kernel is not None:
            return ""
        return self.id.removeprefix(artifact_id(self.stage, self.compile_id)).lstrip(":")

    @property
    def piece(self) -> int:
        """Which of the graphs that were compiled under its compile id it is of, from 0; 0 for stages before those."""
        if self.compile_id is None or self.stage.order < Stage.PRE_GRAD.order or self.stage is Stage.OTHER:
            return 0
        suffix = self.id.removeprefix(artifact_id(self.stage, self.compile_id, self.kernel)).lstrip(":")
        number = suffix.partition("-")[0]
        return whole(number) or 0

    @property
    def unit(self) -> str:
        """Of a kernel's text, what tells its graph from others of the compile id: empty, `backward`, `1`…"""
        return self.id.removeprefix(artifact_id(self.stage, self.compile_id, self.kernel)).lstrip(":")

    @property
    def key(self) -> KernelKey | None:
        """The kernel that it is a text of; None for stages that are not per kernel."""
        if self.compile_id is None or self.kernel is None:
            return None
        return KernelKey(self.compile_id, self.unit, self.kernel)

    @cached_property
    def lines(self) -> list[str]:
        """The text cut at newlines, without them; at least one line."""
        return self.text.split("\n") if not self.text.endswith("\n") else self.text[:-1].split("\n")


def artifact_id(stage: Stage, compile_id: str | None, kernel: str | None = None, name: str | None = None) -> str:
    """The id of an artifact: `COMPILE_ID:STAGE[:KERNEL]`, or `source:NAME` for a source file."""
    parts = [compile_id, stage.value, kernel, name]
    return ":".join(part for part in parts if part)
