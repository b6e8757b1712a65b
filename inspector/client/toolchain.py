"""The C++ compiler that Inductor will use, looked for without torch."""

from __future__ import annotations

import os
import shutil
import sys

from inspector.errors import EnvironmentLacking

INSTALL_COMPILER = "Debian, Ubuntu: apt install g++ · Fedora: dnf install gcc-c++ · macOS: xcode-select --install"


def compiler_name() -> str:
    """The command that Inductor calls: `CXX` as one word, else the platform's own, as its configuration has it."""
    return os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")


def find_compiler() -> str | None:
    """The path of the C++ compiler that Inductor will call, or None."""
    return shutil.which(compiler_name())


def require_compiler() -> str:
    """The path of the C++ compiler.

    Raises:
        EnvironmentLacking: there is none; takes a few microseconds, so call it before starting a worker.
    """
    path = find_compiler()
    if path is not None:
        return path
    name = compiler_name()
    if os.environ.get("CXX"):
        raise EnvironmentLacking(
            f"The C++ compiler that CXX names, {name!r}, is not there.",
            "Unset CXX or set it to one compiler's path, without arguments; `inspector doctor` shows what is found.",
        )
    raise EnvironmentLacking(
        f"torch.compile needs a C++ compiler, and {name} is not installed.",
        f"Install it ({INSTALL_COMPILER}) or name another one in CXX; `inspector doctor` checks the rest.",
    )
