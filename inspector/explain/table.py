"""The tables, read when first asked, and the look-up in them."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from inspector.model.artifact import Language

TABLES = (
    *("aten", "inductor", "ir", "vec", "openmp", "cpp", "triton", "bytecode", "x86"),
    *("ttir", "mlir", "ptx", "sass"),
)
"""Names of the files, in the order in which their entries are shown where no language says better."""

_FITTING: Mapping[Language, tuple[str, ...]] = {
    Language.ASM: ("x86", "cpp"),
    Language.BYTECODE: ("bytecode",),
    Language.LLVM: ("ttir", "mlir"),
    Language.PTX: ("sass", "ptx"),
    Language.CPP: ("vec", "cpp", "openmp", "inductor"),
    Language.TRITON: ("triton", "inductor"),
    Language.INDUCTOR: ("inductor", "vec", "cpp", "openmp", "triton", "aten"),
    Language.IR: ("ir", "inductor", "aten"),
    Language.FX: ("aten", "inductor"),
    Language.PYTHON: ("aten",),
}
"""Language → the tables whose words it is written in, best first."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where it is documented by those who made it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word means."""

    word: str
    """As it stands in the table: `exp` for `aten.exp.default`."""
    kind: str
    """The table's name: `x86`."""
    title: str
    """What the table is about, in words: `x86-64 instruction`."""
    about: str
    """One sentence or a few."""
    source: Reference


@dataclass(frozen=True, slots=True)
class _Table:
    kind: str
    title: str
    entries: Mapping[str, str]
    """Word → about."""
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    source: Reference
    """Its URL may hold `{word}`."""

    def find(self, word: str) -> Meaning | None:
        about = self.entries.get(word)
        if about is None:
            about = next((text for pattern, text in self.patterns if pattern.fullmatch(word)), None)
        if about is None:
            return None
        url = self.source.url.replace("{word}", word)
        return Meaning(word, self.kind, self.title, about, Reference(self.source.name, url))


def explain(text: str, language: Language | None = None) -> tuple[Meaning, ...]:
    """What a word means; several entries where several tables have it.

    Args:
        text: as it stands in a capture: `torch.ops.aten.mm.default`, `at::vec::Vectorized<float>::loadu`, `vdivps`.
        language: what it stands in; its own tables come first, and where they know the word no other is asked.
    """
    fitting = _FITTING.get(language, ()) if language is not None else ()
    found: list[Meaning] = []
    for name in [*fitting, *(name for name in TABLES if name not in fitting)]:
        if found and fitting and name not in fitting:
            break
        table = _table(name)
        entry = next(filter(None, map(table.find, _spellings(text, name))), None)
        if entry is not None:
            found.append(entry)
    return tuple(found[:1] if fitting else found)


def nearest(text: str, count: int = 5) -> tuple[str, ...]:
    """Words of the tables that look most like one that none of them has."""
    spellings = {spelling for name in TABLES for spelling in _spellings(text.lower(), name)}
    words = {word.lower(): word for name in TABLES for word in _table(name).entries}
    scored: dict[str, float] = {}
    for spelling in spellings:
        for near in difflib.get_close_matches(spelling, words, count, 0.6):
            scored[near] = max(scored.get(near, 0), difflib.SequenceMatcher(None, spelling, near).ratio())
    return tuple(words[near] for near in sorted(scored, key=lambda near: -scored[near])[:count])


def kinds() -> Mapping[str, Mapping[str, str]]:
    """Table → its words and what is said of each."""
    return {name: _table(name).entries for name in TABLES}


def _spellings(text: str, kind: str) -> Iterable[str]:
    """The ways a table may spell a word, the whole of it first."""
    word = " ".join(text.split())
    yield word
    if kind == "openmp":
        yield word.removeprefix("#pragma ").strip()
        yield word.removeprefix("#pragma ").split("(")[0].rsplit(" ", 1)[0] if "(" in word else word
        return
    if kind == "x86":
        # Prefixes say how the instruction runs, or only make it longer; the instruction itself comes last.
        yield re.sub(r"^(?:(?:lock|rep|repz|repnz|bnd|notrack|cs|ds|data16) )+", "", word.lower())
        return
    if kind in ("ptx", "sass"):  # what stands behind the first dot says how wide, where, rounded how
        yield word.partition(".")[0]
        return
    if kind in ("ttir", "mlir"):
        return
    plain = re.sub(r"<[^()]*>", "", word).strip("() ")
    yield plain
    if kind == "aten":
        # `torch.ops.aten.mm.default`, `aten::mm`, `aten.add.Tensor`
        parts = re.split(r"::|\.", plain.removeprefix("torch.ops.").removeprefix("torch._ops."))
        if (
            parts[0] in ("aten", "prims", "quantized", "mkldnn", "inductor", "_c10d_functional", "c10d_functional")
            and len(parts) > 1
        ):
            yield f"{parts[0]}.{parts[1]}"
            yield parts[1]
            yield parts[1].removesuffix("_")
            return
        if plain.startswith(("torch.", "F.")):
            yield parts[-1]
        return
    yield re.split(r"::|\.", plain)[-1]


@cache
def _table(name: str) -> _Table:
    text = files("inspector.explain").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    entries = {word: about for words, about in data["entries"].items() for word in words.split()}
    entries |= data.get("phrases", {})
    patterns = tuple((re.compile(pattern), about) for pattern, about in data.get("patterns", {}).items())
    return _Table(name, data["title"], entries, patterns, Reference(data["source"], data["url"]))
