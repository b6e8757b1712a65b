"""Which call of a kernel a sample lies below, where the processor stands in a library's function."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inspector.worker.kernels import disassemble
from inspector.worker.pricing.images import Images

_INSTRUCTION = re.compile(r"^ +([0-9a-f]+):\t(\S+)", re.MULTILINE)
_CALLS = frozenset({"call", "callq", "bl", "blr"})


@dataclass(frozen=True)
class _Code:
    """The instructions of a kernel's own functions."""

    addresses: frozenset[int]
    calls: dict[int, int]
    """Address that a call returns to → address of the call."""


class Callers:
    """The kernels' binaries, as objdump lists them.

    Args:
        binaries: of all kernels. Without objdump, or where it fails, nothing is known of one.
    """

    def __init__(self, binaries: Iterable[Path]) -> None:
        objdump = shutil.which("objdump")
        self._codes: dict[str, _Code] = {}
        for so in dict.fromkeys(binaries):
            if objdump is not None and (code := _code(objdump, so)) is not None:
                self._codes[str(so)] = code

    def holds(self, file: str, address: int) -> bool:
        """Whether a kernel's own instruction stands there."""
        code = self._codes.get(file)
        return code is not None and address in code.addresses

    def above(self, words: Iterable[int], images: Images) -> tuple[str, int] | None:
        """The kernel's call, as binary and address, that the nearest of some words on the stack returns behind.

        The words are no list of frames: an older return address that was left there may be taken for one, where the
        callee has not written over it. Of a leaf, the first word is the one.
        """
        for word in words:
            image = images.of(word)
            code = self._codes.get(image.file)
            if code is not None and (call := code.calls.get(word - image.bias)) is not None:
                return image.file, call
        return None


def _code(objdump: str, so: Path) -> _Code | None:
    try:
        found = _INSTRUCTION.findall(disassemble(objdump, so))
    except (OSError, subprocess.SubprocessError):
        return None
    places = [int(address, 16) for address, _ in found]
    calls = {after: at for (_, name), at, after in zip(found, places, places[1:], strict=False) if name in _CALLS}
    return _Code(frozenset(places), calls)
