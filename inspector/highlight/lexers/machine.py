"""What runs, and what is nearly it: assembly, PTX and SASS, LLVM IR and Triton's MLIR."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import inherit
from pygments.lexers.asm import LlvmLexer, NasmLexer
from pygments.lexers.ptx import PtxLexer
from pygments.token import Comment, Keyword, Name, Number, Punctuation, String

from inspector.highlight.kinds import Definition, Instruction, Memory, Register

_MASK = r"(?:\{k\d\}(?:\{z\})?)?"
_REGISTER = (
    r"(?:[xyz]mm\d+|k[0-7]|[re]?(?:ax|bx|cx|dx|si|di|bp|sp|ip)|[abcd][lh]|(?:si|di|bp|sp)l|r\d+[bwd]?|[cdefgs]s"
    r"|st(?:\(\d\))?|[wxvqds]\d+(?:\.\w+)?|[wx]zr|lr)\b"
)
"""x86-64 with AVX-512, and ARM64."""


class AsmLexer(NasmLexer):
    """Intel syntax as objdump writes it, with or without addresses."""

    tokens: ClassVar = {
        "root": [
            (r"^\s*[\da-f]+:(?=\s)", Number.Hex),
            (r"^[^\s;#].*:$|^\.?[a-z_]\w*:", Name.Label),
            (r"//.*", Comment),
            (r"^\s*\.\w+", Comment.Preproc, "instruction-args"),
            (r"(?:(?:lock|rep[nz]*e?|bnd|notrack|data16|\{\w+\}) )*[a-z][\w.]*", Instruction, "instruction-args"),
            inherit,
        ],
        "instruction-args": [
            (r",", Punctuation),  # alone, or Pygments takes the bracket after it too
            (r"//.*", Comment),
            (rf"(?:[a-z]*word |[a-z]*byte )?(?:ptr |bcst )?(?:[c-gs]s:)?\[[^]]*\]{_MASK}", Memory),
            (_REGISTER + _MASK, Register),
            (r"<[^>]+>|\.L\w+", Name.Label),
            (r"[\da-f]+(?= <)|#?-?0x[\da-f]+|#-?\d+", Number.Hex),
            inherit,
        ],
    }


class MlirLexer(LlvmLexer):
    """LLVM IR, and the MLIR of Triton's stages above it."""

    tokens: ClassVar = {
        "root": [
            (r"//.*", Comment),
            (r"^\s*%[\w.$-]+(?::\d+)?(?= =)", Definition),
            (r"%[\w.$-]+(?:#\d+)?", Register),
            (r"^[\w.$-]+:|#\w+|loc\(.*\)$|!(?!tt\.)[\w.]+", Name.Label),
            (r"@[\w.$]+|(?:tt|ttg|arith|math|scf|cf|gpu|nvvm|llvm)\.[\w.]+", Name.Function),
            (r"(?:void|u?int\d+|[bf]f?\d+|tensor|memdesc)\b(?!\.)|!tt\.\w+", Keyword.Type),
            (r'"[^"]*"', String),
            (r"(?!0x)(?:\d+x)+|-?\d+(?= ?:)", Number),
            (r"[a-z]\w*(?= :)", Name),  # like a string or a number, a label to Pygments wherever a colon follows
            (r"(?:module|func|public|attributes)\b", Keyword),
            inherit,
            (r"[\w.$-]+", Name),  # whole, or Pygments would find keywords inside it
        ]
    }


class GpuLexer(PtxLexer):
    """PTX, and SASS as nvdisasm writes it."""

    tokens: ClassVar = {
        "root": [
            (r"^\s*[\w$.]+:|\$L\w+", Name.Label),
            (r"^\s*\.\w+", Comment.Preproc),
            (r"%[\w.]+|@!?%?\w+|!?U?(?:R(?:\d+|Z)|P[\dT])\b|SR_[\w.]+", Register),
            (r",", Punctuation),  # to Pygments an operator
            (r"\[[^]]*\]", Memory),
            (r"0[fFdD][\da-fA-F]+", Number),
            (r"\.(?:[busf]\d+(?:x\d)?|pred|reg|global|shared|param|local|const)\b", Keyword.Type),
            (r"(?<!\S)[a-zA-Z][a-z\dA-Z]*(?:\.[\w:]+)*(?=[\s;])", Instruction),
            (r"[a-zA-Z_$][\w$]*", Name),  # whole, or Pygments would find instructions inside it
            inherit,
        ]
    }
