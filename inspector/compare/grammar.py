"""How to find names and kinds in the lines of each language that stages are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from inspector.model.artifact import Language

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
"""No part of a dotted path: in `torch.ops.aten.add.Tensor(add, 1)` only the argument is a name."""
_SIGIL = re.compile(r"[%$#!@][\w$.]+|\b[A-Za-z_]\w*")


@dataclass(frozen=True)
class Grammar:
    """One language's patterns; each is tried on a single line."""

    names: re.Pattern[str]
    """What a name may look like."""
    defines: tuple[re.Pattern[str], ...]
    """Each finds definitions; its group 1 holds the name, or several in a list."""
    kind: re.Pattern[str]
    """Its first match outside names is what the statement does."""
    comment: str = ""
    """Begins what is not part of the statement."""
    drops: tuple[re.Pattern[str], ...] = ()
    """Bookkeeping at the line's beginning or end, left out of the key."""
    noise: tuple[re.Pattern[str], ...] = ()
    """Numbering: lines that differ in it alone are the same."""
    lasting: re.Pattern[str] = re.compile(r"(?!)")
    """Names that mean one thing throughout a text; their last definition is the one."""


_PYTHON = Grammar(
    _WORD,
    (
        re.compile(r"\s*((?:\w+, ?)*\w+,?)(?:\s*:\s*[^=]+?)? = (?!=)"),
        re.compile(r"\s*def (\w+)\("),
        re.compile(r"[(,] ?(\w+)(?= ?[,):]| : tl\.)(?=.*\):\s*$)"),
    ),
    re.compile(r"(?<==\s)[A-Za-z_][\w.]*|^\s*[A-Za-z_][\w.]*"),
    "#",
    (re.compile(r";\s+del .*$"),),
)
_PUNCTUATION = (re.compile(r"(?<=[\w⟧•])[,)]$"),)
"""What follows a parameter says only whether another one comes."""
_CPP = Grammar(
    _WORD,
    (
        re.compile(r"\s*(?:const )?[A-Za-z_][\w:]*(?:<.*?>+)?(?:::\w+)?[&*]* (\w+)(?:\[[^\]]*\])? ?(?:=(?!=)|;|\{)"),
        re.compile(r"\s*for\s?\(\w+ (\w+)="),
        re.compile(r"\s*(\w+) = "),
        re.compile(r"[*&]?\s(\w+)(?=,$|\)$)"),
        re.compile(r"(?:.*\()?(?:const )?\w+\* (\w+)(?=,$|\)$)"),
    ),
    re.compile(r"#pragma omp \w+|(?<=\.)store\b|(?:at::vec::|std::)?[A-Za-z_][\w:]*(?=[<(])|[-+*/]=?(?= )"),
    "//",
    _PUNCTUATION,
    _PUNCTUATION,
)
_IR = Grammar(
    re.compile(r"(?<![A-Za-z0-9])(?:op|buf)\d+(?!\d)|(?<!\w)[A-Za-z_]\w*"),
    (
        re.compile(r"(op\d+): \w*Scheduler\w*\("),
        re.compile(r"\s+(buf\d+): [A-Z]\w*$"),
        re.compile(r"\s+(\w+) = (?:ops\.|self\.)"),
        re.compile(r"\s+(index\d+) = "),
    ),
    re.compile(
        r"(?<=ops\.)\w+|(?<=self\.)\w+|\.[a-z_]\w*(?: =|\b)|\w+Buffer|\w*Scheduler\w*|_layout|def \w+|class "
        r"|var_ranges|index\d+|\w+Dep\b|NodeUser|return\b"
    ),
    lasting=re.compile(r"(?:op|buf)\d+"),
)
_CONSTANTS = (re.compile(r"(?<=\[rip)[+-]0x[0-9a-f]+"),)
"""Where a constant lies in the binary."""
_ASM = Grammar(
    re.compile(r"\.L\d+|^[A-Za-z_.$][\w.$@]*(?=:$)"),
    (re.compile(r"(\.L\d+|[A-Za-z_.$][\w.$@]*):$"),),
    re.compile(r"^\s+\S+"),
    "",
    _CONSTANTS,
    _CONSTANTS,
)
_PTX = Grammar(
    re.compile(r"%[a-z]+\d+|\$L\w+"),
    (re.compile(r"(\$L\w+):"), re.compile(r"\s*(?:@!?%\w+ )?[a-z][\w.]*\s+\{?(%[a-z]+\d+)")),
    re.compile(r"(?<=\s)[a-z][\w.]*(?=\s)"),
    "//",
    (re.compile(r"^\s*\.loc.*$"),),
)
_LLVM = Grammar(
    _SIGIL,
    (re.compile(r"\s*(%[\w.$]+)(?::\d+)? = "), re.compile(r"(#loc\d*|[!#]\d+) = ")),
    re.compile(r"(?<== )[a-z][\w.]*|^\s*[a-z][\w.]*"),
    "",
    (re.compile(r"\s*loc\(.*\)$"), re.compile(r", !dbg !\d+$")),
)
_NUMBERING = (
    re.compile(r"^[\s>\d]*(?=[A-Z])"),
    re.compile(r"(?<=[A-Z])\s+\d+(?= \()"),
    re.compile(r"(?<=\()to \d+(?=\)$)"),
)
"""Source lines and offsets, the numbers of names in their tables, and the targets of jumps."""
_BYTECODE = Grammar(
    re.compile(r"\b(?:tmp_\d+|graph_out_\d+|__resume_at_\w+)\b"),
    (re.compile(r".*STORE_FAST\s+\d+ \((\w+)\)"),),
    re.compile(r"\b[A-Z][A-Z_]{2,}\b"),
    "",
    _NUMBERING,
    _NUMBERING,
)
_PLAIN = Grammar(re.compile(r"(?!)"), (), re.compile(r"\S+"))

FX_NOISE = (re.compile(r"\bidx=\d+"), re.compile(r";\s+(?:[^\s;=]+\s*=\s*)+None\s*$"))
"""Places of inputs and outputs in AOTAutograd's comments, and names that are let go after their last use."""

GRAMMARS: Mapping[Language, Grammar] = {
    Language.INDUCTOR: _PYTHON,
    Language.TRITON: _PYTHON,
    Language.CPP: _CPP,
    Language.IR: _IR,
    Language.ASM: _ASM,
    Language.PTX: _PTX,
    Language.LLVM: _LLVM,
    Language.BYTECODE: _BYTECODE,
}
"""Languages whose statements are lines; FX graphs are read by `inspector.link.fxtext`, all others as plain lines."""


def grammar_of(language: Language) -> Grammar:
    """The patterns for a language; of one that has no names, those of plain lines."""
    return GRAMMARS.get(language, _PLAIN)
