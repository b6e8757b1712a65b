"""LLVM IR, PTX and SASS as Triton and NVIDIA's tools write them, made readable, with what their line tables say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inspector.link.listing import NOWHERE, Chain, Frame, Listing, ListingLines, Places, base_name

_METADATA = re.compile(r"^(!\d+) = (?:distinct )?!(\w+)\((.*)\)$")
_DBG = re.compile(r",? !dbg (!\d+)")
_FILENAME = re.compile(r'filename: "((?:[^"\\]|\\.)*)"')
_DEEP = 16
"""Calls that a place is followed through: hostile metadata may go in circles."""

_PTX_FILE = re.compile(r'^\s*\.file\s+(\d{1,9})\s+"([^"]*)"(?:\s+"([^"]*)")?')
_PTX_LOC = re.compile(
    r"^\s*\.loc\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\b"
    r"(?:,.*?\binlined_at\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\b)?"
)
_PTX_PLACE = re.compile(r"([^\s:@\[\]/]+):(\d{1,9}):(\d{1,9})(?!\d)")
_PTX_DEBUG = re.compile(r"^\s*\.section\s+\.debug")
_PTX_ASIDE = re.compile(r"^\s*(?:\.file\s|//)|^\$L__(?:tmp|func_|info_string|section_)\w*:")
"""Lines that only the line table and its readers need."""
_TAB = re.compile(r" *\t *")

_SASS_FILE = re.compile(r'^\s*//## File "([^"]*)", line (\d{1,9})(?!\d)')
_SASS_INSTRUCTION = re.compile(r"^\s+/\*[0-9a-f]+\*/ (\s*)(.*?)\s*;\s*$")
_SASS_LABEL = re.compile(r"^(\.L\w+|[A-Za-z_$][\w$.]*):\s*$")
_PTX_TEXT = ".nv_debug_ptx_txt"
"""What the machine code's line table calls the PTX that it was assembled from."""


def read_llvm(raw: str) -> Listing:
    """The readable form of an `.llir` text: its functions, without metadata.

    A place is `!DILocation`, whose file is its scope's, and whose caller is `inlinedAt`
    (https://llvm.org/docs/LangRef.html#dilocation).
    """
    rows = raw.split("\n")
    known = _Metadata({match[1]: (match[2], match[3]) for row in rows if (match := _METADATA.match(row)) is not None})
    lines = ListingLines()
    for number, row in enumerate(rows, start=1):
        if row.startswith(("!", "attributes #")):
            continue
        match = _DBG.search(row)
        lines.add(_DBG.sub("", row), known.places(match[1]) if match else NOWHERE, number)
    return lines.listing()


class _Metadata:
    """The numbered nodes at the end of an LLVM text."""

    def __init__(self, nodes: Mapping[str, tuple[str, str]]) -> None:
        self._nodes = nodes
        self._known: dict[str, Places] = {}

    def places(self, number: str) -> Places:
        if number not in self._known:
            chain = tuple(self._frames(number))
            self._known[number] = frozenset({chain} if chain else ())
        return self._known[number]

    def _frames(self, number: str) -> list[Frame]:
        frames: list[Frame] = []
        while number and len(frames) < _DEEP:
            kind, fields = self._nodes.get(number, ("", ""))
            if kind == "DISubprogram":
                frames.append((self._file(number), _number(fields, "line"), 0))
            if kind != "DILocation":
                break
            frames.append((self._file(_reference(fields, "scope")), _number(fields, "line"), _number(fields, "column")))
            number = _reference(fields, "inlinedAt")
        return [frame for frame in frames if frame[1]]

    def _file(self, scope: str) -> str:
        for _ in range(_DEEP):
            kind, fields = self._nodes.get(scope, ("", ""))
            if kind == "DIFile":
                found = _FILENAME.search(fields)
                return base_name(found[1]) if found else ""
            scope = _reference(fields, "file") or _reference(fields, "scope")
        return ""


def _reference(fields: str, name: str) -> str:
    found = re.search(rf"\b{name}: (!\d+)", fields)
    return found[1] if found else ""


def _number(fields: str, name: str) -> int:
    found = re.search(rf"\b{name}: (\d{{1,9}})(?!\d)", fields)
    return int(found[1]) if found else 0


def read_ptx(raw: str) -> Listing:
    """The readable form of a `.ptx` text: no comments, no `.loc`, no debug sections, no labels that only those use.

    A `.loc` holds for all that follows; LLVM writes its whole inline chain behind it as a comment
    (https://docs.nvidia.com/cuda/parallel-thread-execution/#debugging-directives-loc).
    """
    rows = raw.split("\n")
    files = {match[1]: base_name(match[3] or match[2]) for row in rows if (match := _PTX_FILE.match(row)) is not None}
    lines = ListingLines()
    here = NOWHERE
    in_debug = False
    for number, row in enumerate(rows, start=1):
        if in_debug or _PTX_DEBUG.match(row):
            in_debug = not row.rstrip().endswith("}")
            continue
        if (match := _PTX_LOC.match(row)) is not None:
            chain = _ptx_chain(match, row, files)
            here = frozenset({chain} if chain else ())
        elif not _PTX_ASIDE.match(row):
            text = f"    {row.strip()}" if row[:1].isspace() else row
            lines.add(_TAB.sub(" ", text), here if _is_ptx_code(row) else NOWHERE, number)
            if row.startswith("}"):
                here = NOWHERE
    return lines.listing()


def _ptx_chain(match: re.Match[str], row: str, files: Mapping[str, str]) -> Chain:
    comment = row.partition("//")[2]
    said = tuple((name, int(line), int(column)) for name, line, column in _PTX_PLACE.findall(comment))
    if not said:
        places = (match.group(1, 2, 3), match.group(4, 5, 6))
        said = tuple((files.get(file, ""), int(line), int(column)) for file, line, column in places if file)
    return tuple(frame for frame in said if frame[1])


def _is_ptx_code(row: str) -> bool:
    text = row.strip()
    return bool(text) and not text.startswith(("//", ".", "{", "}", "$", ")"))


def read_sass(raw: str) -> Listing:
    """The readable form of `nvdisasm -g -gp -c`: instructions and jump targets.

    `-gp` says for each instruction which line of the PTX it was assembled from, `-g` which source line; the first is
    kept until it changes, and so is the second. The `NOP`s at the end are padding.
    """
    lines = ListingLines()
    ptx_line, place = 0, NOWHERE
    count = 0
    for number, row in _without_padding(raw.split("\n")):
        if (match := _SASS_FILE.match(row)) is not None:
            if match[1] == _PTX_TEXT:
                ptx_line = int(match[2])
            else:
                place = frozenset({((base_name(match[1]), int(match[2]), 0),)})
        elif (match := _SASS_INSTRUCTION.match(row)) is not None:
            predicate, _, rest = match[2].partition(" ") if match[2].startswith("@") else ("", "", match[2])
            lines.add(f"    {predicate:>5} {rest.strip()} ;", place, number, ptx_line)
            count += 1
        elif (match := _SASS_LABEL.match(row)) is not None and not match[1].startswith(".text."):
            lines.add(f"{match[1]}:", NOWHERE, number)
    return lines.listing(count)


def _without_padding(rows: list[str]) -> list[tuple[int, str]]:
    """The numbered rows up to the last instruction that is no `NOP`; a label behind it marks only the end."""
    last = 0
    for number, row in enumerate(rows, start=1):
        if (match := _SASS_INSTRUCTION.match(row)) is not None and match[2] != "NOP":
            last = number
    return list(enumerate(rows[:last], start=1))
