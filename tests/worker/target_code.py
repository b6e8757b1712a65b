"""The output code that one side generates for gallery targets: `python target_code.py plain|capture OUT NAME…`.

Run by `test_target_code.py`, each side in a process of its own. C++ kernels are not built, so that a call's results
are void; where what is compiled next depends on them, they are.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from inspector.model.request import CaptureRequest
from inspector.worker import settings

BUILT = frozenset(("graph-break",))
"""Targets that branch on their data."""


def main() -> None:
    side, out, *names = sys.argv[1:]
    request = CaptureRequest(target=names[0], torch_logs=())
    settings.prepare_environment(request, Path(out).parent)
    settings.import_torch(request)
    settings.configure_torch(request)
    Path(out).write_text(json.dumps({name: generated(side, name) for name in names}))


def generated(side: str, name: str) -> list[str]:
    """The output code of each graph that calling the target compiles, in order."""
    import torch
    from torch._functorch import aot_autograd
    from torch._inductor.graph import GraphLowering

    target, _, train = name.partition("+")
    request = CaptureRequest(target=target, train=bool(train), torch_logs=())
    torch._dynamo.reset()
    aot_autograd.AOT_COUNTER = itertools.count()  # its number stands in the output code's first line
    codes: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(GraphLowering, "save_output_code", staticmethod(codes.append)))
        if target not in BUILT:
            stack.enter_context(nothing_built())
        (capture if side == "capture" else plain)(request)
    return codes


def plain(request: CaptureRequest) -> None:
    """What a user's program would do, with nothing of ours in torch but the kept probes, which only save time."""
    import torch
    from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler

    from inspector.targets.base import Inputs
    from inspector.worker.calls import Caller
    from inspector.worker.resolve import resolve
    from inspector.worker.toolchain import ToolchainCache, cache_root

    torch.manual_seed(request.seed)
    built = resolve(request)
    call = Caller(built.call, train=request.train)
    compiled = torch.compile(built.call, dynamic=built.dynamic)
    compiler = get_cpp_compiler()
    with ToolchainCache(cache_root(), f"{compiler} {get_compiler_version_info(compiler)}").in_force():
        for inputs in (Inputs(built.args, built.kwargs), *built.further_calls):
            call(compiled, inputs)


def capture(request: CaptureRequest) -> None:
    """The worker's capture, all recorders on."""
    from inspector.worker.capture import TargetCapture

    captured = TargetCapture(request, lambda _: None)
    try:
        captured.run()
    finally:
        captured.close()


@contextmanager
def nothing_built() -> Iterator[None]:
    """C++ kernels do nothing."""
    from torch._inductor.async_compile import AsyncCompile

    def not_built(*_: Any, **__: Any) -> Any:
        return lambda *arguments: None

    with mock.patch.object(AsyncCompile, "cpp_pybinding", not_built):
        yield


if __name__ == "__main__":
    main()
