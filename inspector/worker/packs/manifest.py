"""A pack's manifest: what it is, what it needs, and the hashes that it is loaded only with. No torch."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inspector.codec import Count, convert, dump, member, plain
from inspector.errors import UsageError
from inspector.jsontext import Malformed, load

FORMAT = "inspector-pack"
VERSION = 1
MANIFEST = "manifest.json"
PACKAGE = "model.pt2"

_LARGEST = 16 * 1024 * 1024
"""Bytes of a manifest; one has a few thousand."""

_INSTRUCTIONS = re.compile(
    r"^(sse|ssse|avx|amx|fma|bmi|f16c|popcnt|movbe|adx|aes|vaes|pclmul|vpclmul|gfni|sha|lzcnt|abm|asimd|sve|neon|bf16|i8mm|fp16)"
)
"""CPU flags that stand for instructions which a compiler may use."""


@dataclass(frozen=True)
class ExpectedTensor:
    """What one tensor has to be: native code believes what it was compiled for."""

    name: str
    """`x`, `position_embeddings[0]`."""
    dtype: str
    """`f32`."""
    sizes: tuple[Count | None, ...]
    """None for one that may change."""

    def __str__(self) -> str:
        return f"{self.name}={self.dtype}[{','.join('seq' if size is None else str(size) for size in self.sizes)}]"


@dataclass(frozen=True)
class Weight:
    """What one weight that is given later has to be: native code believes its sizes and strides too."""

    dtype: str
    """`f32`."""
    sizes: tuple[Count, ...]
    strides: tuple[Count, ...]
    """In elements."""

    def __str__(self) -> str:
        return (
            f"{self.dtype}[{','.join(map(str, self.sizes))}] with strides {','.join(map(str, self.strides)) or 'none'}"
        )


@dataclass(frozen=True)
class PackManifest:
    """What `manifest.json` holds."""

    target: str
    sha256: str
    """Of `model.pt2`."""
    size: Count
    """Bytes of it."""
    torch: str
    system: str
    """`Linux x86_64`."""
    instructions: tuple[str, ...]
    """CPU flags of the machine that packed: the code may use any of them."""
    isa: str
    """The vector instructions that Inductor chose."""
    compiler: str
    weights: bool
    """Whether they are inside; else whoever loads brings them."""
    inputs: tuple[ExpectedTensor, ...]
    """Its tensors, in the order in which they are passed on."""
    keywords: tuple[str, ...]
    """Names of its named arguments, in that order."""
    dynamic: tuple[str, ...]
    """Sizes that may change: `seq`."""
    wanted: dict[str, Weight]
    """The module's weights by name, where they are not inside."""

    def write(self, folder: Path) -> str:
        """Writes the manifest; returns its own hash, which is what a person trusts."""
        text = dump({"format": FORMAT, "version": VERSION, **plain(self)})
        (folder / MANIFEST).write_bytes(text)
        return hashlib.sha256(text).hexdigest()

    def missing(self, torch_version: str) -> tuple[str, ...]:
        """Why this machine cannot run the pack, a sentence each; nothing where it can."""
        reasons = []
        if (here := system()) != self.system:
            reasons.append(f"It was made for {self.system}, and this is {here}.")
        if torch_version != self.torch:
            reasons.append(f"It was made with torch {self.torch}, and this is {torch_version}.")
        have = set(instructions())
        if lacking := [item for item in self.instructions if item not in have]:
            more = f" and {len(lacking) - 6} more" if len(lacking) > 6 else ""
            reasons.append(f"This CPU lacks {', '.join(lacking[:6])}{more}, which its code may use.")
        return tuple(reasons)


def read(folder: Path) -> tuple[PackManifest, str]:
    """A pack's manifest and its hash. Nothing of the pack is run.

    Raises:
        UsageError: it is no pack, of a newer format, or damaged. The message quotes its words: no terminal obeys them.
    """
    file = folder / MANIFEST
    try:
        with _opened(file) as stream:
            content = stream.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"{folder} is no pack: it has no {MANIFEST}.", "`inspector pack TARGET -o NAME.pack` makes one."
        ) from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(content) > _LARGEST:
        raise UsageError(f"{file} is no manifest of a pack.")
    try:
        data = load(content)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise UsageError(f"{file} is no manifest of a pack.")
        if (version := member(data, "version", int)) > VERSION:
            raise UsageError(
                f"{folder} is of pack version {version!r}; this inspector reads {VERSION}.", "Update inspector."
            )
        return convert(data, PackManifest), hashlib.sha256(content).hexdigest()
    except Malformed as error:
        raise UsageError(f"{file} is damaged: {error}.", "Copy the pack again.") from error


def _opened(file: Path) -> BinaryIO:
    """Opens a plain file; a pipe would wait for whoever writes to it.

    Raises:
        OSError: it cannot be opened.
        UsageError: it is something else.
    """
    stream = open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise UsageError(f"{file} is no file.", "Copy the pack again.")
    return stream


@contextmanager
def checked(folder: Path, manifest: PackManifest) -> Iterator[Path]:
    """The package as it was packed, to be loaded while the block runs.

    What is given is a copy without a name in the temporary folder, made of the very bytes that were hashed: whoever
    writes to the pack meanwhile changes nothing of it.

    Raises:
        UsageError: it is missing, or not what was packed.
    """
    file = folder / PACKAGE
    digest = hashlib.sha256()
    try:
        with _opened(file) as stream, tempfile.TemporaryFile() as copy:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            if digest.hexdigest() != manifest.sha256:
                raise UsageError(
                    f"{file} is not what was packed: its hash is not the manifest's.", "Copy the pack again."
                )
            yield Path(f"/proc/self/fd/{copy.fileno()}")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error


def system() -> str:
    """`Linux x86_64`."""
    return f"{platform.system()} {platform.machine()}"


def instructions() -> tuple[str, ...]:
    """The instruction sets of this CPU, as the kernel names them; nothing where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ()
    line = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return tuple(sorted(item for item in line.partition(":")[2].split() if _INSTRUCTIONS.match(item)))
