"""Builds the edited text of one kernel as Inductor would build it, and nothing else of its module.

C++ goes through the call that the output module itself makes, with the types of its arguments, so that the command is
Inductor's own; Triton through Inductor's autotuner and Triton's jit. Private parts used:
`CppPythonBindingsCodeCache.load_pybinding`, `AsyncCompile.triton` and `CppCompileError`; without them nothing can be
edited.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from inspector.errors import UsageError
from inspector.model.build import CommandDifference, command_difference
from inspector.model.edit import Problem
from inspector.model.kernel import text_digest
from inspector.worker.builds import COMMANDS
from inspector.worker.capture import TargetCapture
from inspector.worker.options import compile_patches
from inspector.worker.private import PrivateChanged, require
from inspector.worker.profiling.graphs import unrecorded
from inspector.worker.user_errors import words

_USE = "kernel edits"
_FLAG = re.compile(r"-([fmOgDW]\S*|-param=\S+|std=\S+)")
"""Flags that change code; none that names a file."""
_AT = re.compile(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): (?P<kind>fatal error|error): (?P<text>.*)$", re.MULTILINE
)
_FROM = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): +required from here", re.MULTILINE)
_TRITON_AT = re.compile(r"\bat (\d+):(\d+):")
_PYTHON_AT = re.compile(r"^SyntaxError: (?P<text>.*) \([^()]*\.py, line (?P<line>\d+)\)$", re.MULTILINE)
"""As a `SyntaxError` reads whose text is all that another exception kept of it."""


@dataclass(frozen=True)
class KernelPlace:
    """A kernel in the output module that calls it."""

    module: ModuleType
    name: str
    literal: str
    """The text as the module has it, with the newlines around it."""
    types: tuple[str, ...] | None
    """Of a C++ kernel's arguments, `const float*`; None of a Triton kernel."""
    device: str
    """`cuda`, of a Triton kernel."""
    own: Any
    """The compiler's own kernel, as it was loaded."""

    @property
    def binary(self) -> str:
        """The shared object that it comes from; empty of a Triton kernel."""
        return _binary(self.own)

    @property
    def ahead(self) -> int:
        """Lines in the file that is compiled before the text."""
        return len(self.literal) - len(self.literal.lstrip("\n"))


@dataclass(frozen=True)
class BuiltKernel:
    """What takes a kernel's place."""

    loaded: Any
    command: str
    apart: CommandDifference | None
    """As `KernelEdit.apart`."""
    seconds: float

    @property
    def binary(self) -> str:
        """The shared object; empty of a Triton kernel."""
        return _binary(self.loaded)


def _binary(loaded: Any) -> str:
    return str(getattr(getattr(loaded, "__self__", None), "__file__", "") or "")


class NotBuilt(Exception):
    """The text cannot be built."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def find_kernel(capture: TargetCapture, compile_id: str, kernel: str, text: str) -> KernelPlace:
    """The kernel of that text, in the module of that compile id where several have it.

    Raises:
        UsageError: no loaded module has it.
    """
    found: list[tuple[str, KernelPlace]] = []
    for owner, module in capture.modules:
        place = _defined_in(module, kernel) if kernel in vars(module) else None
        if place is not None and text_digest(place.literal.strip("\n")) == text_digest(text.strip("\n")):
            found.append((owner, place))
    if not found:
        raise UsageError(
            f"{kernel} of {compile_id} cannot be edited: no output module that is loaded defines it with this text.",
            "Kernels of a C++ wrapper, of an external library and of a multi-kernel cannot be.",
        )
    return next((place for owner, place in found if owner == compile_id), found[0][1])


def _defined_in(module: ModuleType, kernel: str) -> KernelPlace | None:
    """`NAME = async_compile.cpp_pybinding([TYPES], TEXT)`, or `….triton(NAME, TEXT, device_str=…)`."""
    try:
        body = ast.parse(Path(module.__file__ or "").read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return None
    for node in body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        names = [item.id for item in node.targets if isinstance(item, ast.Name)]
        how = node.value.func.attr if isinstance(node.value.func, ast.Attribute) else ""
        if kernel not in names or how not in ("cpp_pybinding", "triton"):
            continue
        first, text = (ast.literal_eval(item) for item in node.value.args[:2])
        given = {item.arg: ast.literal_eval(item.value) for item in node.value.keywords if item.arg == "device_str"}
        types = tuple(first) if how == "cpp_pybinding" else None
        return KernelPlace(module, kernel, text, types, given.get("device_str", "cuda"), vars(module)[kernel])
    return None


def build(
    capture: TargetCapture, place: KernelPlace, text: str, flags: Sequence[str], settings: Sequence[tuple[str, str]]
) -> BuiltKernel:
    """Builds a text in a kernel's place.

    Args:
        flags: for the C++ compiler, behind Inductor's own.
        settings: Inductor's, as `--inductor` takes them, over those of the capture.

    Raises:
        NotBuilt: a compiler refuses it.
        UsageError: a flag is none that changes code, or a setting is none of Inductor's.
    """
    from torch._inductor import config

    if place.types is None and flags:
        raise UsageError("Flags are the C++ compiler's, and this kernel is Triton's.", "Leave --flags out.")
    for flag in flags:
        if _FLAG.fullmatch(flag) is None:
            raise UsageError(
                f"{flag} is no flag that changes the code of a kernel.", "-f…, -m…, -O…, -D…, --param=… and -std=… are."
            )
    patches = capture.patches | _patches(settings)
    if flags or settings:  # a header that is precompiled for other flags is of no use, and one more takes 150 MB
        patches |= {"cpp_cache_precompile_headers": False}
    source = f"{chr(10) * place.ahead}{text.strip(chr(10))}\n"
    begun = time.perf_counter()
    with unrecorded(), config.patch(patches | {"compile_threads": 1}), _own_denormals():
        try:
            loaded = _cpp(place, source, flags) if place.types is not None else _triton(place, source)
        except PrivateChanged as error:
            raise UsageError(f"No kernel can be edited: {error}.") from error
        except Exception as error:
            raise NotBuilt(problem_of(error, place.ahead, text, triton=place.types is None)) from error
    seconds = time.perf_counter() - begun
    command = COMMANDS.get(_binary(loaded), "")
    own = COMMANDS.get(place.binary, "")
    return BuiltKernel(loaded, command, command_difference(own, command) if own and command else None, seconds)


def _patches(settings: Sequence[tuple[str, str]]) -> dict[str, Any]:
    from inspector.model.request import CaptureRequest

    return compile_patches(CaptureRequest(target="", inductor=tuple(settings)), None) if settings else {}


def _cpp(place: KernelPlace, source: str, flags: Sequence[str]) -> Any:
    load = require(_USE, "torch._inductor.codecache:CppPythonBindingsCodeCache.load_pybinding")
    return load(list(place.types or ()), source, extra_flags=tuple(flags))


def _triton(place: KernelPlace, source: str) -> Any:
    from torch._inductor.async_compile import AsyncCompile

    require(_USE, "torch._inductor.async_compile:AsyncCompile.triton")
    made = AsyncCompile().triton(_name_in(source) or place.name, source, device_str=place.device)
    return made.result() if hasattr(made, "result") else made


def _name_in(source: str) -> str:
    """The function that a text defines under `@triton.jit`: the module may call the kernel otherwise."""
    found = re.search(r"@triton\.jit\s+def (\w+)\(", source)
    return found[1] if found is not None else ""


@contextmanager
def _own_denormals() -> Iterator[None]:
    """What `-ffast-math` links in has the thread that loads it take tiny numbers for 0 from then on: not here."""
    tiny = torch.tensor([1e-40], dtype=torch.float32)
    kept = bool((tiny * 1.0).item())
    try:
        yield
    finally:
        if kept and not (tiny * 1.0).item():
            torch.set_flush_denormal(False)


def problem_of(error: Exception, ahead: int, text: str, *, triton: bool) -> Problem:
    """A compiler's refusal, at its line of the edited text where it names one.

    Args:
        error: as torch raised it.
        ahead: lines before the text in the file that was compiled.
        text: the edited text.
        triton: whether it is Triton.
    """
    said = str(error)
    if triton:
        return _of_triton(error, said, ahead, text)
    output = said.partition("Output:\n")[2] or said
    own = [item for item in _AT.finditer(output) if ".main." in item["file"]]
    if own:
        first = own[0]
        return Problem(first["text"], int(first["line"]) - ahead, int(first["column"]) - 1, output)
    inner = _AT.search(output)  # in a header, for something that the text asks of it
    place = next((item for item in _FROM.finditer(output) if ".main." in item["file"]), None)
    message = inner["text"] if inner is not None else words(error).splitlines()[0]
    if place is not None:
        return Problem(message, int(place["line"]) - ahead, int(place["column"]) - 1, output)
    return Problem(message, None, None, output)


def _of_triton(error: Exception, said: str, ahead: int, text: str) -> Problem:
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return Problem(error.msg, error.lineno - ahead, (error.offset or 1) - 1, said)
    if (python := _PYTHON_AT.search(said)) is not None:
        return Problem(python["text"], int(python["line"]) - ahead, None, said)
    message = next((line for line in reversed(said.splitlines()) if line.strip()), type(error).__name__).strip()
    found = _TRITON_AT.search(said)
    lines = text.strip("\n").split("\n")
    begins = next((at for at, line in enumerate(lines) if line.startswith("def ")), None)
    if found is not None and begins is not None:  # it counts from the line of `def`
        return Problem(message, begins + int(found[1]), int(found[2]), said)
    return Problem(message, None, None, said)
