"""What a capture was made with, in words a reader can compare."""

from __future__ import annotations

import os
import platform
import re
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from inspector.errors import EnvironmentLacking
from inspector.model.request import CacheMode, CaptureRequest
from inspector.version import __version__


def require_toolchain(request: CaptureRequest) -> str:
    """The C++ compiler's description of itself; empty for a device that needs none.

    Raises:
        EnvironmentLacking: there is no compiler, or no Python headers to build against. Looked for before
            anything is compiled.
    """
    from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    if torch.device(request.device).type != "cpu":
        return ""
    try:
        compiler = get_cpp_compiler()
    except InvalidCxxCompiler as error:
        wanted = os.environ.get("CXX")
        raise EnvironmentLacking(
            f"CXX names the compiler {wanted!r}, which does not run." if wanted else "There is no C++ compiler.",
            "Install one (Debian, Ubuntu: apt install g++ · Fedora: dnf install gcc-c++) or name it in CXX.",
        ) from error
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise EnvironmentLacking(
            "The headers of this Python are missing (Python.h), which Inductor's kernels are built against.",
            "Install them (Debian, Ubuntu: apt install python3-dev · Fedora: dnf install python3-devel).",
        )
    return f"{compiler} {get_compiler_version_info(compiler)}"


def describe_environment(request: CaptureRequest, compiler: str, **known: Any) -> dict[str, Any]:
    """The payload of `inspector_environment` for a request; `known` as `describe_machine` has it."""
    return describe_machine(torch.device(request.device), request.cache, compiler, **known)


def describe_machine(
    device: torch.device, cache: CacheMode, compiler: str, *, reused: Iterable[str] = (), isa: str | None = None
) -> dict[str, Any]:
    """The payload of `inspector_environment`.

    Args:
        device: what the code is compiled for.
        cache: which caches it may be built on.
        compiler: the C++ compiler's description of itself; empty where it is not known or not needed.
        reused: what the cache spared us so far.
        isa: the vector instructions that Inductor chose; None where it has not chosen yet.
    """
    return {
        "inspector": __version__,
        "torch": torch.__version__,
        "transformers": _version("transformers"),
        "triton": _version("triton"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "isa": isa or torch.backends.cpu.get_cpu_capability(),
        "compiler": _short_compiler(compiler),
        "threads": torch.get_num_threads(),
        "device": str(device),
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "cache": {"mode": cache.value, "reused": sorted(reused)},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _short_compiler(compiler: str) -> str:
    """`g++ 12.2.0` of the page that a compiler prints about itself."""
    name, _, about = compiler.partition(" ")
    version = re.search(r"\bversion (\d[\w.]*)", about)
    return f"{Path(name).name} {version[1]}" if version else name
