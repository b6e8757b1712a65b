"""What never changes on a machine, kept between captures: vector-ISA answers and precompiled headers.

Before its first C++ kernel Inductor builds and loads small programs to learn which vector instructions work here,
and precompiles a large header: more than half of a cold compile. Neither depends on what is compiled, so both are
kept in a folder of our own, one for each CPU, compiler and torch. Kernels are never kept. Private parts used:
`VecISA.check_build`, `_precompile_header`, `_HEADER_DIR` and `_HEADER_LOCK_DIR`.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from inspector.cache import cache_folder
from inspector.regular import read_regular
from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced, require, swapped

ISA_PROBES = "vector-ISA probes"
HEADER = "precompiled header"

_UNUSED = 90 * 24 * 3600
"""Seconds after which the folder of another CPU, compiler or torch is thrown away: a header takes 150 MB."""


def cache_root() -> Path:
    """The folder for everything that inspector keeps on a machine; a note says where it is not the usual one.

    Raises:
        EnvironmentLacking: there is no folder that can be written.
    """
    path, problem = cache_folder()
    if problem:
        records.note("fallback", f"What never changes on this machine is kept in {path}, as {problem}.")
    return path


class ToolchainCache:
    """The kept answers for this CPU, compiler and torch.

    Several processes may use one folder: entries appear whole or not at all, and one that is not as it was written
    is ignored, told about, and made anew.

    Args:
        root: the folder that holds one folder for each machine.
        compiler: the C++ compiler's version, as it describes itself.
    """

    def __init__(self, root: Path, compiler: str) -> None:
        self.reused: set[str] = set()
        """What did not have to be found out anew: `ISA_PROBES`, `HEADER`."""
        identity = {"cpu": cpu_identity(), "compiler": compiler, "torch": [torch.__version__, torch.__file__]}
        key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
        self._folder = root / "toolchain" / key
        if not self._folder.exists():
            _discard_unused(self._folder.parent)
        (self._folder / "headers").mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / "about.json", json.dumps(identity, indent=1))

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """While this lasts, Inductor asks here first; where its private parts changed, a note says what is lost."""
        with ExitStack() as stack:
            for keeping in (self._keeping_isa_answers, self._keeping_headers):
                try:
                    stack.enter_context(keeping())
                except PrivateChanged as error:
                    fallen_back(error)
            yield

    @contextmanager
    def _keeping_isa_answers(self) -> Iterator[None]:
        vectors = "torch._inductor.cpu_vec_isa:VecISA"
        require("kept probes", f"{vectors}.build_arch_flags")
        with replaced("kept probes", f"{vectors}.check_build", self._wrap_check_build):
            yield

    def _wrap_check_build(self, original: Any) -> Any:
        def check_build(isa: Any, code: str) -> bool:
            key = hashlib.sha256(f"{isa.build_arch_flags()}\0{code}".encode()).hexdigest()[:32]
            entry = self._folder / f"isa-{key}.json"
            if self._read_answer(entry):
                self.reused.add(ISA_PROBES)
                return True
            works = bool(original(isa, code))
            if works:  # a "no" may be a full disk or a slow moment, so it is asked again
                write_atomically(entry, json.dumps({"isa": str(isa), "works": True}))
            return works

        return check_build

    def _read_answer(self, entry: Path) -> bool:
        try:
            return json.loads(read_regular(entry))["works"] is True
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError) as error:
            records.note("warning", f"A kept vector-ISA answer is damaged and is found out anew: {error!r}")
            return False

    @contextmanager
    def _keeping_headers(self) -> Iterator[None]:
        from torch._inductor import codecache

        use, holder = "kept header", "torch._inductor.codecache"
        headers = {"_HEADER_DIR": self._folder / "headers", "_HEADER_LOCK_DIR": self._folder / "headers" / "locks"}
        with ExitStack() as stack:
            stack.enter_context(replaced(use, f"{holder}:_precompile_header", self._wrap_precompile_header))
            for name, folder in headers.items():
                require(use, f"{holder}:{name}")
                stack.enter_context(swapped(codecache, name, str(folder)))
            yield

    def _wrap_precompile_header(self, original: Any) -> Any:
        uncached = getattr(original, "__wrapped__", original)

        @functools.cache
        def precompile_header(header: str, hashable_cmd_line: str, **command: Any) -> str:
            with _locked(self._folder / "headers.lock"):
                there = set((self._folder / "headers").iterdir())
                path = Path(uncached(header, hashable_cmd_line, **command))
                if path not in there:
                    _stamp(path)
                elif _is_as_stamped(path):
                    self.reused.add(HEADER)
                else:
                    records.note("warning", "The kept precompiled header is damaged and is built anew.")
                    for file in _family(path):
                        file.unlink()
                    path = Path(uncached(header, hashable_cmd_line, **command))
                    _stamp(path)
                return str(path)

        return precompile_header


def _family(header: Path) -> list[Path]:
    """A header, what the compiler made of it, and the stamp."""
    return sorted(header.parent.glob(f"{header.name}*"))


def _stamp(header: Path) -> None:
    """Writes down what is there, so that a build that was cut short is told from a finished one."""
    write_atomically(_stamp_file(header), json.dumps(_state(header)))


def _is_as_stamped(header: Path) -> bool:
    try:
        return bool(json.loads(read_regular(_stamp_file(header))) == _state(header))
    except (OSError, ValueError):
        return False


def _stamp_file(header: Path) -> Path:
    return header.with_name(f"{header.name}.stamp")


def _state(header: Path) -> dict[str, list[int]]:
    """File name → size in bytes and time of change."""
    files = [file for file in _family(header) if file != _stamp_file(header)]
    return {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in files}


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Holds a lock that the kernel releases however this process ends."""
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def write_atomically(file: Path, text: str) -> None:
    """Writes a file that others see whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".", delete=False) as stream:
        stream.write(text)
    Path(stream.name).replace(file)


def _discard_unused(folder: Path) -> None:
    """Throws away what other compilers, CPUs or torches left, once it has long been unused."""
    for about in folder.glob("*/about.json"):
        if time.time() - about.stat().st_mtime > _UNUSED:
            shutil.rmtree(about.parent, ignore_errors=True)


def cpu_identity() -> str:
    """The CPU's model and the instructions it offers."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    found = dict(line.split(":", 1) for line in lines if line.startswith(wanted) and ":" in line)
    return " ".join(" ".join(value.split()) for value in found.values()) or platform.machine()
