"""Which of its arguments a kernel's text reads from memory and which it writes, access by access."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SIGNATURE = re.compile(r"\bkernel\((?P<parameters>[^)]*)\)")
TRITON_SIGNATURE = re.compile(r"^def \w+\((?P<parameters>[^)]*)\):", re.MULTILINE)
_POINTER = re.compile(r"\b(?:in_out_ptr|in_ptr|out_ptr|local_buffer_data_)\d+\b")
_ALIAS = re.compile(r"\s*auto (\w+) = (in_out_ptr\d+);")
_TRANSPOSING = re.compile(r"transpose_mxn<(?:[^<>]|<[^<>]*>)*>\((?P<given>.*)$")
_STORED_BY_CALL = re.compile(r"(\w+)\.store\(\s*$")
_VARIABLE = re.compile(r"\btmp\w*")
_SIZE = re.compile(r"ks\d+|\w*numel\w*|s\d+|u\d+|load_seed_offset\d*")
"""Parameters that are numbers."""
_SCRATCH = "local_buffer_data_"
"""What an outer-loop fusion calls a thread's own memory."""


class Access(NamedTuple):
    """One use of memory in a kernel's text."""

    line: int
    """1-based."""
    pointer: str
    """The parameter, `in_out_ptr0` also where the text gives it another name; or a thread's scratch memory."""
    stores: bool
    """Whether it is written; adding to what is there counts as that alone."""
    variables: tuple[str, ...]
    """Of a store, the variables in what is stored: `tmp31`."""

    @property
    def scratch(self) -> bool:
        """Whether the memory is a thread's own."""
        return self.pointer.startswith(_SCRATCH)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a kernel's text does to memory."""

    parameters: tuple[str, ...]
    """In order, those without constants that are known when it is compiled."""
    accesses: tuple[Access, ...]

    def loaded(self) -> tuple[str, ...]:
        """The parameters that are read before the text writes to them."""
        first: dict[str, bool] = {}
        for access in self.accesses:
            first.setdefault(access.pointer, access.stores)
        return tuple(name for name in self.parameters if first.get(name) is False)

    def stored(self) -> tuple[str, ...]:
        """The parameters that are written."""
        written = {access.pointer for access in self.accesses if access.stores}
        return tuple(name for name in self.parameters if name in written)


def parameters_of(text: str) -> tuple[str, ...] | None:
    """The names of a kernel's parameters, in order; None where the text declares no kernel."""
    signature = SIGNATURE.search(text) or TRITON_SIGNATURE.search(text)
    if signature is None:
        return None
    listed = signature["parameters"].split(",")
    return tuple(item.split()[-1].lstrip("*") for item in listed if item.strip() and "constexpr" not in item)


def read_memory(text: str) -> Memory | None:
    """Every access in a kernel's text, C++ or Triton; None where the text declares no kernel, or calls memory by names
    that are not Inductor's usual ones, as templates of matrix products do."""
    parameters = parameters_of(text)
    if parameters is None or not all(_POINTER.fullmatch(name) or _SIZE.fullmatch(name) for name in parameters):
        return None
    signature = SIGNATURE.search(text) or TRITON_SIGNATURE.search(text)
    assert signature is not None
    body = text.count("\n", 0, signature.end()) + 1
    aliases: dict[str, str] = {}
    found: list[Access] = []
    for number, line in enumerate(text.split("\n"), 1):
        if number <= body:
            continue
        if alias := _ALIAS.match(line):
            aliases[alias[1]] = alias[2]
            continue
        found += _accesses(number, line, aliases)
    return Memory(parameters, tuple(found))


def _accesses(number: int, line: str, aliases: Mapping[str, str]) -> Iterator[Access]:
    """A statement's loads, then its stores: what it stores was worked out before."""
    found = []
    for match in _POINTER.finditer(line):
        name = aliases.get(match[0], match[0])
        before, after = line[: match.start()], line[match.end() :]
        if name.startswith(_SCRATCH) and re.match(r"\s*=", after):
            continue  # its declaration
        stored = _stored(before, after)
        found.append(Access(number, name, stored is not None, stored or ()))
    yield from sorted(found, key=lambda access: access.stores)


def _stored(before: str, after: str) -> tuple[str, ...] | None:
    """The variables that are stored at a pointer; None where it is read."""
    if after.startswith("["):
        rest = after[_closing(after) :].lstrip()
        if "atomic_add" in before:
            return _variables(rest)
        assigned = re.match(r"[-+*/]?=(?!=)(.*)", rest)
        return _variables(assigned[1]) if assigned else None
    if match := _STORED_BY_CALL.search(before):
        return (match[1],)
    return _stored_by_argument(before, after)


def _stored_by_argument(before: str, after: str) -> tuple[str, ...] | None:
    """The same where the pointer is one of a function's arguments."""
    if "atomic_add" in before:
        return _variables(after)
    if re.search(r"\btl\.(?:store|atomic_\w+)\(\s*$", before):
        return _variables(_argument(after, 1))
    if re.search(r"\btl\.store\(\s*tl\.make_block_ptr\(\s*$", before):
        return _variables(after)
    if call := _TRANSPOSING.search(before):  # from its first argument to its third
        return _variables(call["given"]) if _commas(call["given"]) == 2 else None
    return None


def _variables(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def _closing(text: str) -> int:
    """The place behind the bracket that closes the one that `text` begins with."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if depth == 0:
            return place + 1
    return len(text)


def _commas(text: str) -> int:
    """The commas outside all brackets."""
    depth = found = 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        found += character == "," and depth == 0
    return found


def _argument(text: str, number: int) -> str:
    """The argument of that number in the rest of a call."""
    depth, parts = 0, [""]
    for character in text:
        depth += (character in "[(") - (character in "])")
        if depth < 0:
            break
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts[number] if number < len(parts) else ""


def defining_lines(text: str, access: Access) -> Iterator[int]:
    """The lines that define what a store stores, the nearest above it of each variable."""
    lines: Sequence[str] = text.split("\n")
    for variable in access.variables:
        pattern = re.compile(rf"\b{variable} = ")
        found = next((number for number in range(access.line - 1, 0, -1) if pattern.search(lines[number - 1])), None)
        if found is not None:
            yield found
