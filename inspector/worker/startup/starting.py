"""What a process does until it is ready, told as it happens: imports, and known steps. Standard library alone.

`inspector start` has it loaded at the start of every Python below. Each line of its file is one thing that took time;
the program's own modules, streams and exit code are what they would be.
"""

from __future__ import annotations

import functools
import importlib.machinery
import json
import os
import sys
import threading
import time

TYPE_CHECKING = False  # as in imports.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_WORKER = (
    ("init_device", "device"),
    ("load_model", "model and weights"),
    ("determine_available_memory", "profiling run"),
    ("initialize_from_config", "KV cache"),
    ("compile_or_warm_up_model", "warm-up"),
)
STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "torch.serialization": (("load", "weights"),),
    "safetensors.torch": (("load_file", "weights"),),
    "vllm.engine.arg_utils": (("EngineArgs.create_engine_config", "configuration"),),
    "vllm.v1.worker.cpu_worker": tuple((f"CPUWorker.{name}", words) for name, words in _WORKER),
    "vllm.v1.worker.gpu_worker": tuple((f"Worker.{name}", words) for name, words in _WORKER),
    "vllm.v1.worker.gpu_model_runner": (("GPUModelRunner.capture_model", "CUDA graphs"),),
}
"""Module → the functions of it that are a step of a start, each with what that is called; what a version lacks is
left out."""
_TIMED = (
    importlib.machinery.SourceFileLoader,
    importlib.machinery.SourcelessFileLoader,
    importlib.machinery.ExtensionFileLoader,
)
"""Loaders of one module each, whose methods can be replaced for once."""


class _Told:
    """Lines that are written once no import runs, or at once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._waiting: list[str] = []
        self._file: tuple[int, int] | None = None
        """Of which process, and its descriptor: a fork writes a file of its own."""

    def say(self, **facts: object) -> None:
        """Keeps a line."""
        self._waiting.append(json.dumps(facts))

    def flush(self) -> None:
        """Writes what was kept; a full disk costs the program nothing."""
        lines, self._waiting = self._waiting, []
        try:
            if self._file is None or self._file[0] != os.getpid():
                path = os.path.join(self._folder, f"start-{os.getpid()}.jsonl")  # noqa: PTH118
                self._file = os.getpid(), os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(self._file[1], "".join(f"{line}\n" for line in lines).encode())
        except OSError:
            pass


class _Imports:
    """A finder that finds nothing itself: it asks the others, and times the module's code."""

    def __init__(self, told: _Told) -> None:
        self._told = told
        self._running = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                if type(spec.loader) in _TIMED:
                    self._listen(name, spec.loader)
                return spec
        return None

    def _listen(self, name: str, loader: Any) -> None:
        for method in ("create_module", "exec_module"):
            self._time(name, loader, method)

    def _time(self, name: str, loader: Any, method: str) -> None:
        work = getattr(loader, method)

        def timed(what: Any) -> Any:
            delattr(loader, method)
            stack = self._running.__dict__.setdefault("stack", [])
            begun, mine = time.time(), [0.0]
            stack.append(mine)
            try:
                return work(what)
            finally:
                took = time.time() - begun
                stack.pop()
                self._told.say(module=name, begin=begun, seconds=took, own=took - mine[0], depth=len(stack))
                if stack:
                    stack[-1][0] += took
                if method == "exec_module" and name in STEPS:
                    _watch(what, STEPS[name], self._told)
                if not stack:
                    self._told.flush()

        setattr(loader, method, timed)


def _watch(module: ModuleType, steps: Sequence[tuple[str, str]], told: _Told) -> None:
    """Times functions of a module that has just been imported."""
    for path, words in steps:
        owner: Any = module
        *classes, name = path.split(".")
        for part in classes:
            owner = getattr(owner, part, None)
        work = vars(owner).get(name) if owner is not None else None
        if callable(work) and hasattr(work, "__code__"):
            setattr(owner, name, _stepping(work, words, told))


def _stepping(work: Callable[..., Any], words: str, told: _Told) -> Callable[..., Any]:
    @functools.wraps(work)
    def step(*args: Any, **named: Any) -> Any:
        begun = time.time()
        try:
            return work(*args, **named)
        finally:
            told.say(step=words, begin=begun, seconds=time.time() - begun)
            told.flush()

    return step


def begin(folder: str) -> None:
    """Begins to tell, for the life of the process."""
    told = _Told(folder)
    told.say(python=time.time())
    told.flush()
    sys.meta_path.insert(0, _Imports(told))
