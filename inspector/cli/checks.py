"""What inspector needs of a machine, looked at one thing at a time; used by `inspector doctor`."""

from __future__ import annotations

import importlib.metadata
import json
import locale
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.cache import cache_folder
from inspector.cli.documents.tools import Check, PrivateParts, PrivateUse
from inspector.client.memory import machine_memory
from inspector.client.toolchain import INSTALL_COMPILER, compiler_name, find_compiler
from inspector.codec import decode
from inspector.errors import EnvironmentLacking
from inspector.programs import ask
from inspector.say.units import size

_OLDEST_PYTHON = (3, 11)
_OLDEST_TORCH = (2, 11)
_PATIENCE = 120
"""Seconds for a compiler, or for torch to be imported from a cold disk."""


def all_checks() -> Iterator[Check]:
    """Every check, one after the other: the slow ones (torch, the compiler) take seconds."""
    yield _python()
    probe = _torch_probe()
    yield _torch(probe)
    yield _package("transformers", "pip install 'transformers>=5'")
    yield from _toolchain()
    yield _headers()
    yield _openssl()
    yield _objdump()
    yield Check("CPU", True, _cpu(), required=False)
    yield Check("memory", True, size(machine_memory()), required=False)
    yield Check("GPU", True, _gpu(probe), required=False)
    yield _cache()
    yield _colours()
    yield _unicode()


# --- Python and its packages --------------------------------------------------------------------------------


def _python() -> Check:
    ok = sys.version_info >= _OLDEST_PYTHON
    wanted = ".".join(map(str, _OLDEST_PYTHON))
    return Check("Python", ok, f"{platform.python_version()} ({sys.executable})", f"Install Python {wanted} or newer.")


def _package(name: str, install: str) -> Check:
    try:
        return Check(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, "not installed", install)


_PROBE = """
import json, torch
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "gpus": gpus}))
"""


def _torch_probe() -> dict[str, Any] | str:
    """What torch says of itself, imported in a process of its own; or the last line of why it could not be."""
    try:
        done = ask([sys.executable, "-c", _PROBE], _PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.code:
        return _last_line(done.err) or f"importing it ended with code {done.code}"
    found: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return found


def private_parts() -> PrivateParts:
    """What a worker's look at torch's private parts found.

    Raises:
        EnvironmentLacking: torch is not there, or cannot be imported.
    """
    try:
        done = ask([sys.executable, "-m", "inspector.worker.doctor"], _PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentLacking(f"torch cannot be looked at: {error}.") from error
    if done.code:
        raise EnvironmentLacking(
            f"torch cannot be looked at: {_last_line(done.err)}", "`inspector doctor` checks what inspector needs."
        )
    found = decode(done.out.splitlines()[-1].encode(), _Looked)
    release = ".".join(found.torch.split(".")[:2])
    known = all(release in use.seen for use in found.uses)
    return PrivateParts(found.torch, known, not any(use.changed and not use.test for use in found.uses), found.uses)


@dataclass(frozen=True)
class _Looked:
    torch: str
    uses: tuple[PrivateUse, ...]


def _torch(probe: dict[str, Any] | str) -> Check:
    installed = _package("torch", "pip install 'torch>=2.11'")
    if not installed.ok:
        return installed
    if isinstance(probe, str):
        return Check(
            "torch", False, f"{installed.detail} cannot be imported: {probe}", "Install it anew: pip install torch"
        )
    version = str(probe["version"])
    ok = tuple(int(part) for part in version.split(".")[:2]) >= _OLDEST_TORCH
    return Check("torch", ok, version, "pip install --upgrade 'torch>=2.11'")


# --- the C++ tool chain -------------------------------------------------------------------------------------

_HELLO = "#include <vector>\nint main() { return static_cast<int>(std::vector<int>{}.size()); }\n"
_OPENMP = "#include <omp.h>\nint main() { return omp_get_max_threads() > 0 ? 0 : 1; }\n"


def _toolchain() -> Iterator[Check]:
    compiler = find_compiler()
    if compiler is None:
        yield Check("C++ compiler", False, f"{compiler_name()} is not there", INSTALL_COMPILER)
        return
    version = _version(compiler)
    wrong = _builds(compiler, _HELLO)
    if wrong:
        yield Check("C++ compiler", False, f"{version} does not build a small program: {wrong}", INSTALL_COMPILER)
        return
    yield Check("C++ compiler", True, f"{version} ({compiler})")
    flags = ["-Xpreprocessor", "-fopenmp", "-lomp"] if sys.platform == "darwin" else ["-fopenmp"]
    wrong = _builds(compiler, _OPENMP, *flags)
    advice = "Debian, Ubuntu: apt install libgomp1 g++ · Fedora: dnf install libgomp · macOS: brew install libomp"
    yield Check("OpenMP", not wrong, wrong or "builds, links and runs", advice)


def _version(command: str) -> str:
    try:
        return (ask([command, "--version"], _PATIENCE).out.splitlines() or ["?"])[0]
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)


def _builds(compiler: str, program: str, *flags: str) -> str:
    """Builds and runs a small program; empty where that works, else what went wrong."""
    try:
        with tempfile.TemporaryDirectory(prefix="inspector-doctor-") as folder:
            source, binary = Path(folder, "check.cpp"), Path(folder, "check")
            source.write_text(program)
            for command in ([compiler, "-std=c++17", str(source), *flags, "-o", str(binary)], [str(binary)]):
                done = ask(command, _PATIENCE)
                if done.code:
                    return _last_line(done.err) or f"{Path(command[0]).name} ended with code {done.code}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return ""


def _headers() -> Check:
    header = Path(sysconfig.get_paths()["include"], "Python.h")
    major, minor = sys.version_info[:2]
    advice = (
        f"Debian, Ubuntu: apt install python{major}.{minor}-dev · Fedora: dnf install python3-devel · macOS: python.org"
    )
    return Check("Python headers", header.is_file(), str(header), advice)


def _openssl() -> Check:
    """torch calls it to hash the precompiled header (torch/_inductor/codecache.py, `_precompile_header`)."""
    path = shutil.which("openssl")
    advice = "Debian, Ubuntu: apt install openssl · Fedora: dnf install openssl · macOS: brew install openssl"
    if path is None:
        return Check("openssl", False, "not there: Inductor hashes its precompiled header with it", advice)
    return Check("openssl", True, path)


def _objdump() -> Check:
    path = shutil.which("objdump")
    advice = "Debian, Ubuntu: apt install binutils · Fedora: dnf install binutils · macOS: brew install binutils"
    if path is None:
        return Check("objdump", False, "not there: captures have no machine code", advice, required=False)
    return Check("objdump", True, f"{_version(path)} ({path})", required=False)


# --- the machine and the terminal ---------------------------------------------------------------------------

_ISA = ("amx_tile", "avx512_bf16", "avx512f", "avx2", "avx", "sve", "asimd", "neon")
"""What Inductor vectorises for, strongest first, as /proc/cpuinfo spells it."""


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    facts: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            facts.setdefault(key.strip(), value.strip())
    flags = facts.get("flags", facts.get("Features", "")).split()
    isa = ", ".join(name for name in _ISA if name in flags) or "no vector instructions that Inductor knows"
    return f"{facts.get('model name', platform.machine())}, {os.cpu_count()} cores, {isa}"


def _gpu(probe: dict[str, Any] | str) -> str:
    if isinstance(probe, str) or not probe["gpus"]:
        return "none that torch can use; the CPU will do"
    return f"{', '.join(probe['gpus'])} (CUDA {probe['cuda']})"


def _cache() -> Check:
    try:
        path, problem = cache_folder()
    except EnvironmentLacking as error:
        return Check("cache folder", False, error.message, f"{error.hint} Until then captures need --cold or --warm.")
    return Check("cache folder", True, f"falls back to {path}: {problem}" if problem else str(path), required=False)


def _colours() -> Check:
    if os.environ.get("NO_COLOR"):
        return Check("colours", True, "off, NO_COLOR is set", required=False)
    term = os.environ.get("TERM", "")
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return Check("colours", True, f"16 million ({term})", required=False)
    if "256" in term:
        return Check("colours", True, f"256 ({term})", required=False)
    ok = term not in ("", "dumb")
    advice = "Set TERM=xterm-256color, and COLORTERM=truecolor where the terminal can."
    return Check(
        "colours", ok, f"16 at most ({term})" if ok else f"TERM is {term or 'not set'}", advice, required=False
    )


def _unicode() -> Check:
    encoding = locale.getpreferredencoding(False)
    ok = encoding.replace("-", "").lower() == "utf8"
    return Check("Unicode", ok, encoding, "Set LANG=C.UTF-8 (or another UTF-8 locale).", required=False)


def _last_line(text: str) -> str:
    """The line that says it: the last one with `error` in it, else the last one at all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "")
