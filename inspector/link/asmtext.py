"""objdump's listing made readable: labels for jump targets, no addresses, and the kernel line of each instruction."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

_SYMBOL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_INSTRUCTION = re.compile(r"^ +([0-9a-f]+):\t(.*)$")
_KERNEL_LINE = re.compile(r"\.main\.cpp:(\d{1,9})(?!\d)")
_JUMP = re.compile(
    r"^((?:notrack |bnd )?(?:j\w+|call|loop\w*|b[.\w]*|cb\w+|tb\w+))\s+(.*?)\b(?:0x)?([0-9a-f]+) <([^>]+)>$"
)
_COMMENT = re.compile(r"\s+# [0-9a-f]+ <[^>]*>$")
_PADDING = re.compile(r"^(?:data16 |cs )*(?:nop\b|xchg +ax,ax$|int3$)")
_NEVER_FALLS_THROUGH = re.compile(r"^(?:jmp|ret|ud2)\b")


@dataclass(frozen=True)
class Assembly:
    """A kernel's machine code as text."""

    text: str
    source_lines: array[int]
    """For each line of the text the 1-based line in the compiled file, 0 where the line table has none."""
    instructions: int
    """How many of the lines are instructions."""
    addresses: array[int]
    """For each line of the text the instruction's address in its binary, 0 for a label or a blank line."""


@dataclass
class _Instruction:
    address: int
    text: str
    source_line: int


def read_objdump(raw: str) -> Assembly:
    """The readable form of `objdump -d -l --inlines --no-show-raw-insn -M intel`.

    The inline chain above an instruction ends in the compiled file's own line; an instruction without a chain
    of its own continues the one before, and a chain that never reaches the file has no line.
    """
    symbols = sorted(_read_symbols(raw), key=lambda symbol: _prominence(symbol[0]))
    addresses = {item.address for _, body in symbols for item in body}
    names = {body[0].address: name for name, body in symbols}
    labels = _labels(symbols, addresses, names)
    text: list[str] = []
    lines = array("i")
    places = array("q")
    count = 0
    for name, body in symbols:
        for heading in ("", f"{name}:") if text else (f"{name}:",):
            text.append(heading)
            lines.append(0)
            places.append(0)
        for item in body:
            if item.address in labels and item.address not in names:
                text.append(f"{labels[item.address]}:")
                lines.append(0)
                places.append(0)
            text.append(f"        {_readable(item.text, labels)}")
            lines.append(item.source_line)
            places.append(item.address)
            count += 1
    return Assembly("\n".join(text) + "\n" if text else "", lines, count, places)


def _read_symbols(raw: str) -> list[tuple[str, list[_Instruction]]]:
    """The symbols with their instructions; alignment padding that is never executed is left out."""
    symbols: list[tuple[str, list[_Instruction]]] = []
    body: list[_Instruction] | None = None
    current = 0
    chain: list[str] = []
    for line in raw.split("\n"):
        if match := _INSTRUCTION.match(line):
            if chain:
                found = [int(hit[1]) for part in chain for hit in _KERNEL_LINE.finditer(part)]
                current = found[-1] if found else 0
                chain = []
            text = match[2].strip()
            padding = body and _PADDING.match(text) and _falls_nowhere(body[-1].text)
            if body is not None and not padding:
                body.append(_Instruction(int(match[1], 16), text, current))
        elif match := _SYMBOL.match(line):
            body = None if match[2].endswith("@plt") else []
            current, chain = 0, []
            if body is not None:
                symbols.append((match[2], body))
        elif line.strip() and not line.startswith("Disassembly of section"):
            chain.append(line)
    return [(name, body) for name, body in symbols if body]


def _prominence(name: str) -> int:
    """The function itself before what the compiler split off, and the unlikely parts last."""
    return 2 if name.endswith(".cold") else int("." in name)


def _falls_nowhere(text: str) -> bool:
    return bool(_NEVER_FALLS_THROUGH.match(text))


def _labels(
    symbols: list[tuple[str, list[_Instruction]]], addresses: set[int], names: dict[int, str]
) -> dict[int, str]:
    """Jump target → label, numbered in the order of the text; a symbol's start has the symbol's name."""
    targets = {
        int(match[3], 16) for _, body in symbols for item in body if (match := _JUMP.match(item.text)) is not None
    }
    labels = dict(names)
    inside = [item.address for _, body in symbols for item in body if item.address in targets & addresses]
    for address in inside:
        labels.setdefault(address, f".L{len(labels) - len(names) + 1}")
    return labels


def _readable(text: str, labels: dict[int, str]) -> str:
    """One instruction without addresses: `vmovups zmm0,ZMMWORD PTR [rdi+rax*4]`, `jne     .L2`, `call    exp@plt`."""
    text = _COMMENT.sub("", text)
    if match := _JUMP.match(text):
        target = labels.get(int(match[3], 16)) or re.sub(r"@@?Base\b", "", match[4])
        return f"{match[1]:<7} {match[2]}{target}".rstrip()
    mnemonic, _, operands = text.partition(" ")
    return f"{mnemonic:<7} {operands.strip()}".rstrip()
