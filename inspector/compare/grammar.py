"""How to find names and kinds in the lines of each language that stages are written in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspector.model.artifact import Language

_WORD = re.compile(r"(?<![\w.])(?<!::)(?<!->)[A-Za-z_]\w*")
"""No part of a path: in `torch.ops.aten.add.Tensor(add, 1)` and `std::exp(exp)` only the argument is a name."""
_SIGIL = re.compile(r"[%$#!@][\w$.]+")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_KEYWORD = re.compile(r"\s?=(?!=)")


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
    assigns: re.Pattern[str] = re.compile(r"(?!)")
    """Gives a new value to a name that a line above defines; of any other name it says nothing."""
    signature: re.Pattern[str] = re.compile(r"(?!)")
    """Begins a line whose names before a comma, a colon or the end of a list are parameters."""
    parameter: re.Pattern[str] = re.compile(r"(?!)")
    """Each match on such a line defines its group 1."""
    open_names: bool = False
    """Whether a name needs no definition: the first line that has it is where it begins."""
    brackets: tuple[str, str] = ("", "")
    """What opens and what closes a list whose order means something."""
    quoted: bool = False
    """Whether generated names stand in strings too."""
    ordered: bool = False
    """Whether the order of statements is what ties them together, and not names: registers, a stack."""

    def names_in(self, line: str, defined: Collection[int] = ()) -> Iterator[tuple[int, int, str]]:
        """What may be a name in a line, as start, end and name, in order; what begins at `defined` columns is one.

        A name is a variable where it stands alone. It is none as an attribute after a dot, as the keyword of an
        argument (`dim=1`), or as a word in a string; a string that is nothing but a generated name (`'buf0'`) is one.
        """
        strings = [match.span() for match in _STRING.finditer(line)] if self.brackets[0] else []
        for match in self.names.finditer(line):
            for group in range(1, self.names.groups + 1) if self.names.groups else (0,):
                start, end = match.span(group)
                if start in defined or (start >= 0 and self._is_name(line, start, end, strings)):
                    yield start, end, match[group]

    def code_of(self, line: str) -> str:
        """A line without its comment, and with its strings emptied."""
        code = _STRING.sub("''", line)
        return code.partition(self.comment)[0] if self.comment else code

    def _is_name(self, line: str, start: int, end: int, strings: Sequence[tuple[int, int]]) -> bool:
        if any(first < start and end < last for first, last in strings):
            whole = any((first + 1, last - 1) == (start, end) for first, last in strings)
            return whole and self.quoted and any(letter.isdigit() for letter in line[start:end])
        if self.brackets[0] and _KEYWORD.match(line, end):
            before = line[:start].rstrip()
            return not (before.endswith(("(", ",")) or (not before and line[end] == "="))
        return True


_PYTHON = Grammar(
    _WORD,
    (
        re.compile(r"\s*((?:\w+, ?)*\w+,?)(?:\s*:\s*[^=]+?)? = (?!=)"),
        re.compile(r"\s*def (\w+)\("),
        re.compile(r"\s*for ((?:\w+, ?)*\w+) in "),
    ),
    re.compile(r"(?<==\s)[A-Za-z_][\w.]*|^\s*[A-Za-z_][\w.]*"),
    "#",
    (re.compile(r";\s+del .*$"),),
    signature=re.compile(r"\s*def \w+\(.*\):\s*$"),
    parameter=re.compile(r"[(,] ?(\w+)(?= ?[,):]| : tl\.)"),
    brackets=("([{", ")]}"),
    quoted=True,
)
_PUNCTUATION = (re.compile(r"(?<=[\w⟧•])[,)]$"),)
"""What follows a parameter says only whether another one comes."""
_CPP = Grammar(
    _WORD,
    (
        re.compile(
            r"\s*(?!(?:return|else|delete|goto|throw|using|case)\b)"
            r"(?:const )?[A-Za-z_][\w:]*(?:<.*?>+)?(?:::\w+)?[&*]* (\w+)(?:\[[^\]]*\])? ?(?:=(?!=)|;|\{)"
        ),
        re.compile(r"\s*for\s?\(\w+ (\w+)="),
        re.compile(r"(?:.*\(|\s*)(?:const )?[A-Za-z_][\w:]*(?:<.*>)?[*&]* (\w+)(?=,$|\)$)"),
    ),
    re.compile(r"#pragma omp \w+|(?<=\.)store\b|(?:at::vec::|std::)?[A-Za-z_][\w:]*(?=[<(])|[-+*/]=?(?= )"),
    "//",
    _PUNCTUATION,
    _PUNCTUATION,
    assigns=re.compile(r"\s*(\w+) = "),
    brackets=("([", ")]"),
)
_IR = Grammar(
    re.compile(r"(?<![A-Za-z0-9])(?:op|buf)\d+(?!\d)|(?<![\w.])[A-Za-z_]\w*"),
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
    brackets=("([{", ")]}"),
    quoted=True,
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
    ordered=True,
)
_PTX = Grammar(
    re.compile(r"%[a-z]+\d+|\$L\w+|(?<=\.entry )\w+|\w+_param_\d+"),
    (
        re.compile(r"(\$L\w+):"),
        re.compile(r"\s*(?:@!?%\w+ )?[a-z][\w.]*\s+\{?(%[a-z]+\d+)"),
        re.compile(r".*\.entry (\w+)"),
        re.compile(r"\s*\.param .* (\w+_param_\d+)"),
    ),
    re.compile(r"(?<=\s)[a-z][\w.]*(?=\s)"),
    "//",
    (re.compile(r"^\s*\.loc.*$"),),
    ordered=True,
)
_LLVM = Grammar(
    _SIGIL,
    (
        re.compile(r"\s*(%[\w.$]+)(?::\d+)? = "),
        re.compile(r"(#[a-z]+\d*|[!#]\d+) = "),
        re.compile(r"(?:.*tt\.func\b|define\b)[^@]*(@\w+)\("),
    ),
    re.compile(r"(?<== )[a-z][\w.]*|^\s*[a-z][\w.]*"),
    "",
    (re.compile(r"\s*loc\(.*\)$"), re.compile(r", !dbg !\d+$")),
    signature=re.compile(r"\s*\^bb|.*\btt\.func\b|define\b"),
    parameter=re.compile(r"(%[\w.$]+)(?=:|,|\))"),
)
_NUMBERING = (re.compile(r"^[\s>\d]*(?=[A-Z⟦•])"), re.compile(r"(?<=[A-Z])(?<!FAST)(?<!DEREF)\s+\d+(?= \()"))
"""Source lines and offsets, and the numbers of constants and global names in their tables."""
_BYTECODE = Grammar(
    re.compile(
        r"(?:FAST|DEREF|CLOSURE|CELL|CLEAR|CHECK|BORROW)\s+\d+ \((\w+)(?:, (\w+))?\)"
        r"|(?<=\(to )(L?\d+)(?=\)$)|>>\s+(\d+)|\b(__(?:resume_at|compiled_fn)_\w+)"
    ),
    (),
    re.compile(r"\b[A-Z][A-Z_]{2,}\b"),
    "",
    _NUMBERING,
    _NUMBERING,
    open_names=True,
    ordered=True,
)
_PLAIN = Grammar(re.compile(r"(?!)"), (), re.compile(r"\S+"))

FX = Grammar(_WORD, (), re.compile(r"\S+"), "#", brackets=("([{", ")]}"))
FX_NOISE = (re.compile(r"\bidx=\d+"), re.compile(r";\s+(?:[^\s;=]+\s*=\s*)+None\s*$"))
"""Places of inputs and outputs in AOTAutograd's comments, and names that are cleared after their last use."""

_SOURCE = Grammar(re.compile(r"(?!)"), (), re.compile(r"\S+"), brackets=("([{", ")]}"))
"""A person's own program: its names are theirs, and compared as they are."""

GRAMMARS: Mapping[Language, Grammar] = {
    Language.PYTHON: _SOURCE,
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
