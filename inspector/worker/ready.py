"""Gets a process ready to compile before it is asked: torch and Inductor imported, something small compiled."""

from __future__ import annotations

import ast
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from importlib.machinery import PathFinder
from pathlib import Path

from inspector.errors import InspectorError
from inspector.model.request import CaptureRequest
from inspector.regular import read_regular
from inspector.worker import settings

_INSTALLED = ("site-packages", "dist-packages")


def prepare(request: CaptureRequest, directory: Path, *, alone: bool) -> str:
    """Imports what compiling needs, and compiles something small.

    Args:
        request: what will be asked for.
        directory: a folder for what is built meanwhile.
        alone: with one thread, and with nothing that a fork could not carry over.

    Returns:
        Why this process must not be forked; empty where it may.

    Raises:
        InspectorError: torch, or what compiling needs, is missing.
    """
    settings.prepare_environment(request, directory)
    if alone:
        os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # which asks the driver and not CUDA
    with suppress(ImportError):
        import numpy  # noqa: F401 (its threads alone are allowed)
    before = _threads()
    settings.import_torch(request)
    import torch
    from torch._dynamo.utils import counters
    from torch._inductor import config

    threads = torch.get_num_threads()
    small = CaptureRequest(target=f"{Path(__file__).with_name('small.py')}:small", torch_logs=request.torch_logs)
    with ExitStack() as stack:
        if alone:
            small = replace(small, threads=1)
            stack.enter_context(config.patch(compile_threads=1))
        settings.configure_torch(small)

        import inspector.worker.bench  # noqa: F401 (a race is asked for soon)
        from inspector.worker.capture import TargetCapture

        capture = TargetCapture(small, lambda _: None)
        try:
            capture.run()
        finally:
            capture.close()
    torch.set_num_threads(threads)
    torch.compiler.reset()
    counters.clear()
    for name in _installed(request):
        with suppress(Exception):  # whoever needs it will say what is wrong with it
            importlib.import_module(name)
    if (tqdm := sys.modules.get("tqdm")) is not None and (monitor := tqdm.tqdm.monitor) is not None:
        monitor.exit()  # its thread looks after progress bars, and is begun again with the next
        tqdm.tqdm.monitor = None
    gc.collect()
    gc.freeze()  # a collection would write to every page, and each child would get a copy
    return _refusal(before)


def adopt(directory: Path) -> None:
    """Has this process, which has been ready for a while, write where a run wants it to: its trace and its output."""
    from torch._logging import structured
    from torch._logging._internal import trace_log

    for number, name in ((1, "out.log"), (2, "err.log")):
        with (directory / name).open("ab") as file:
            os.dup2(file.fileno(), number)
    os.environ["TORCH_TRACE"] = str(directory / "trace")
    structured.INTERN_TABLE.clear()  # the new log has none of the strings
    for handler in trace_log.handlers:
        if hasattr(handler, "root_dir"):
            if (stream := getattr(handler, "stream", None)) is not None:
                handler.stream = None  # type: ignore[attr-defined]
                stream.close()
            handler.root_dir = str(directory / "trace")


def _refusal(before: int) -> str:
    if sys.platform != "linux":
        return f"{sys.platform} lets no process be forked that has begun its libraries"
    import torch

    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return "CUDA was begun"
    more = _threads() - before
    return f"{more} more thread{'s' * (more != 1)} run in it than came with numpy" if more > 0 else ""


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir())) if sys.platform == "linux" else 1


def _installed(request: CaptureRequest) -> Iterator[str]:
    """The installed modules that the target's own file imports, so that no child has to."""
    if request.model is not None:
        yield from ("transformers", "inspector.worker.transformers_models")
        return
    place = (request.target or "").rpartition(":")[0]
    with suppress(OSError, SyntaxError, ValueError, InspectorError):
        if place.endswith(".py"):
            path = Path(place)
        elif place:
            return  # a package's module: finding it would import the package
        else:
            from inspector.targets import find

            path = find(request.target or "").path
        for item in ast.walk(ast.parse(read_regular(path))):
            names = [alias.name for alias in item.names] if isinstance(item, ast.Import) else []
            if isinstance(item, ast.ImportFrom) and item.module and not item.level:
                names = [item.module]
            yield from filter(_is_installed, names)


def _is_installed(name: str) -> bool:
    """Whether a module is not the person's own, which they may be about to change."""
    if name.partition(".")[0] in sys.modules or name.startswith("inspector."):
        return name.startswith(("torch.", "transformers.", "inspector."))
    spec = PathFinder.find_spec(name.partition(".")[0])
    return spec is not None and any(part in _INSTALLED for part in Path(spec.origin or "").parts)
