"""What a folder holds that torch.compile, or a server that uses it, keeps compiled code in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.pieces import TokenRange


class StoredKind(StrEnum):
    """Whose folder it is."""

    AOT = "vLLM's ahead-of-time artifact"
    VLLM = "vLLM's compile cache"
    INDUCTOR = "Inductor's cache"


@dataclass(frozen=True)
class StoredPiece:
    """One graph with its code, or one that takes another's."""

    name: str
    """`submod_2`; of Inductor's own cache the beginning of its key."""
    tokens: TokenRange | None
    rank: str
    """`rank_0_0`; empty where the folder has no ranks."""
    opens: str
    """The compile id that it opens as, `0/0:3`; of one that takes another's code, that one's."""
    same_as: str = ""
    """The piece whose artifact it takes: `submod_2`; empty where it has its own."""
    seconds: float | None = None
    """What torch says compiling it took; None where it does not."""
    kernels: int = 0
    """Kernels that its output code defines."""
    machine_code: int = 0
    """How many of them have their shared object in the folder."""
    size: int = 0
    """Bytes of its artifact."""


@dataclass(frozen=True)
class StoredKey:
    """What is kept under one key: it is loaded where all factors are the same."""

    name: str
    """Its folder, below the one that was opened: `torch_aot_compile/30d16c…`; `.` for that folder itself."""
    kind: StoredKind
    ranks: tuple[str, ...]
    files: int
    size: int
    """Bytes on disk."""
    newest: float
    """When something in it was written last, in seconds since 1970."""
    made_with: Mapping[str, str]
    """`python`, `torch`, `device`, …, as far as it says."""
    factors: Mapping[str, str]
    """What the key was made of, as far as it is kept: `code: FILE` → a digest, `env: NAME`, `config: NAME`…"""
    pieces: tuple[StoredPiece, ...]
    unread: tuple[str, ...] = ()
    """Files that could not be read, each with why."""
    foreign: int = 0
    """Files of forms that are not read: they are counted in size alone."""


@dataclass(frozen=True)
class Stored:
    """A whole folder."""

    keys: tuple[StoredKey, ...]
    left_out: int = 0
    """Files that were not looked at: links, and what lies too deep or is too many."""


@dataclass(frozen=True)
class FactorChange:
    """One thing that two keys were not made of alike."""

    name: str
    a: str | None
    """None where one side does not have it."""
    b: str | None
