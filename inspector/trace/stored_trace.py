"""A folder of compiled code told as a trace, so that one reader reads both, and as a list of its keys."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.link.outputcode import read_output_code
from inspector.model.kernel import text_digest
from inspector.model.listing import only_kernel_symbols
from inspector.model.overview import READ_FROM
from inspector.model.stored import Stored, StoredKey, StoredPiece
from inspector.programs import ask
from inspector.regular import read_regular
from inspector.trace.debug_folder import record
from inspector.trace.piece_cells import SECONDS
from inspector.trace.stored import Key, StoredEntry, read_stored

_NOTE = (
    "Read from a folder of compiled code, which has no compile ids and no events: 0/0 stands here for its first key, "
    "1/0 for the second, and a number behind it for a piece."
)
_BINDINGS = "// Python bindings"
"""How the part of a kernel's file begins that is not the kernel's own."""
_CODE = "inductor_output_code"
_MOST_SOURCE, _MOST_LIBRARY = 4 << 20, 64 << 20
_PATIENCE = 30


@dataclass
class _Binaries:
    """The shared objects of a key, by the text of the kernel that each was built of."""

    of: dict[str, Path]

    @classmethod
    def of_key(cls, key: Key) -> _Binaries:
        """Those that lie beside their source."""
        there, found = set(key.files), {}
        for path in key.files:
            library = path.with_name(path.name.removesuffix(".cpp") + ".so")
            if path.name.endswith(".main.cpp") and library in there and path.stat().st_size <= _MOST_SOURCE:
                text = read_regular(path, _MOST_SOURCE).decode(errors="replace").split(_BINDINGS)[0]
                found[_kernel_digest(text)] = library
        return cls(found)

    def kernels(self, entry: StoredEntry) -> Iterator[tuple[str, Path | None]]:
        """The kernels that an entry's code defines, each with its shared object, where that is there."""
        for kind, text in entry.texts.items():
            if kind.endswith(_CODE):
                for kernel in read_output_code(text).kernels:
                    yield kernel.name, self.of.get(_kernel_digest(kernel.text))


def _kernel_digest(text: str) -> str:
    """Tells kernels apart, whatever blank lines stand around them."""
    return text_digest(text.strip())


def stored_in(folder: Path) -> Stored:
    """What a folder holds.

    Raises:
        OSError: it cannot be read.
    """
    keys, left_out = read_stored(folder)
    return Stored(tuple(_key(key, number, folder) for number, key in enumerate(keys)), left_out)


def _key(key: Key, number: int, folder: Path) -> StoredKey:
    binaries = _Binaries.of_key(key)
    opens = _opens(key, number)
    return StoredKey(
        key.folder.relative_to(folder).as_posix() if key.folder.is_relative_to(folder) else ".",
        key.kind,
        tuple(sorted(key.ranks)),
        len(key.files),
        key.size,
        key.newest,
        key.made_with,
        key.factors,
        tuple(_piece(entry, opens, binaries) for entry in key.entries),
        tuple(key.unread),
        key.foreign,
    )


def _opens(key: Key, number: int) -> dict[int, str]:
    """StoredEntry's identity → the compile id that it opens as."""
    own = [entry for entry in key.entries if entry.same_as is None]
    several = len(own) > 1
    return {id(entry): f"{number}/0{f':{at}' if several else ''}" for at, entry in enumerate(own)}


def _piece(entry: StoredEntry, opens: dict[int, str], binaries: _Binaries) -> StoredPiece:
    made = entry.same_as or entry
    kernels = list(binaries.kernels(made))
    return StoredPiece(
        *(entry.name, entry.tokens, entry.rank, opens[id(made)], entry.same_as.name if entry.same_as else ""),
        *(None if entry.same_as else made.seconds, len(kernels), sum(so is not None for _, so in kernels), entry.size),
    )


def as_trace(folder: Path) -> bytes:
    """The trace of all that can be read in a folder.

    Raises:
        OSError: it cannot be read.
    """
    keys, _ = read_stored(folder)
    lines = [record(folder, "artifact:inspector_note", json.dumps({"kind": "warning", "message": _NOTE}))]
    lines.append(record(folder, "artifact:inspector_environment", json.dumps({READ_FROM: "a folder of compiled code"})))
    for number, key in enumerate(keys):
        for what in key.unread:
            message = f"Not read in {key.folder.name}: {what}."
            lines.append(record(folder, "artifact:inspector_note", json.dumps({"kind": "warning", "message": message})))
        for kind, text in key.texts.items():
            lines.append(record(folder, kind, text, number))
        binaries, listings = _Binaries.of_key(key), Listings()
        for at, entry in enumerate(key.entries):
            if entry.same_as is None:
                path = f"{at}-{entry.code_name}"  # unique: two graphs may have one code
                lines += (record(folder, kind, text, number, more) for kind, text, more in _records(key, entry, path))
                for asm in listings.records(f"{number}/0", entry, binaries):
                    lines.append(
                        record(folder, "artifact:inspector_asm", json.dumps({**asm, "output_code": path}), number)
                    )
    return b"".join(lines)


def _records(key: Key, entry: StoredEntry, path: str) -> Iterator[tuple[str, str, dict[str, object]]]:
    if sum(item.same_as is None for item in key.entries) > 1:
        tokens = entry.tokens
        ends = {} if tokens is None else {"compile_range_start": tokens.first, "compile_range_end": tokens.last}
        begun = {"submod_name": entry.name, SECONDS: entry.seconds, **ends}
        yield "artifact:vllm_piecewise_compile_start", json.dumps(begun), {}
    for kind, text in entry.texts.items():
        yield kind.removeprefix("backward:"), text, {"filename": path} if kind.endswith(_CODE) else {}


class Listings:
    """The machine code of kernels; each shared object is read once, and none is ever loaded."""

    def __init__(self) -> None:
        self._objdump = shutil.which("objdump")
        self._known: dict[Path, str] = {}

    def records(self, compile_id: str, entry: StoredEntry, binaries: _Binaries) -> Iterator[dict[str, str]]:
        """What a record of machine code holds, for each kernel whose shared object is there."""
        seen: Counter[str] = Counter()
        for name, library in binaries.kernels(entry):
            seen[name] += 1
            if library is None or seen[name] > 1 or not (text := self._read(library)):
                continue
            yield {"compile_id": compile_id, "kernel": name, "so": str(library), "objdump": text}

    def _read(self, library: Path) -> str:
        if library not in self._known:
            self._known[library] = self._listing(library)
        return self._known[library]

    def _listing(self, library: Path) -> str:
        if self._objdump is None or library.stat().st_size > _MOST_LIBRARY:
            return ""
        command = [self._objdump, "-d", "-l", "--inlines", "--no-show-raw-insn", "-M", "intel", str(library)]
        try:
            said = ask(command, _PATIENCE)
            if said.code:  # of another machine's code, which knows no Intel syntax
                said = ask([part for part in command if part not in ("-M", "intel")], _PATIENCE)
        except (OSError, subprocess.SubprocessError):
            return ""
        return "" if said.code else only_kernel_symbols(said.out)
