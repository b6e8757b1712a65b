"""Eager's operators by the clock, each with the expression of Python and the module that called it.

A dispatch mode sees each operator behind autograd and composite functions. The clock is read around the operator alone;
looking for the expression lies outside it, so what the mode costs is in the call as a whole and not in an operator.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from inspector.model.price import EagerOperator, EagerPrice, PricedPlace
from inspector.model.profile import Work
from inspector.worker.capture import TargetCapture
from inspector.worker.profiling.work import Account

_TORCH = str(torch.__path__[0])
_MOST_FRAMES = 200
_ROW = 0.02
"""Seconds of calls in a row."""
"""Frames that are looked at on the way out; no model calls deeper."""


class _Key(NamedTuple):
    name: str
    frames: tuple[tuple[int, int], ...]
    """The code's id and the offset of its instruction, innermost first: to hash a code itself takes long."""
    module: str


class _Clocking(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, every operator is clocked."""

    supports_higher_order_operators = True

    def __init__(self, outermost: FrameType | None, paths: dict[int, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._outermost = outermost
        self._paths = paths
        self.codes: dict[int, CodeType] = {}
        self.found: dict[_Key, list[int]] = {}
        """Calls and nanoseconds."""
        self.accounts: dict[_Key, Account] | None = None
        """Where work is counted rather than time taken."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the operator, and keeps how long that takes."""
        key = self._key(func)
        begun = time.perf_counter_ns()
        result = func(*args, **(kwargs or {}))
        taken = time.perf_counter_ns() - begun
        if self.accounts is not None:
            self.accounts.setdefault(key, Account()).add(func, args, kwargs or {}, result)
            return result
        entry = self.found.setdefault(key, [0, 0])
        entry[0] += 1
        entry[1] += taken
        return result

    def _key(self, func: Any) -> _Key:
        frames: list[tuple[int, int]] = []
        module = ""
        named = False
        here = inspect.currentframe()
        frame = here and here.f_back and here.f_back.f_back
        for _ in range(_MOST_FRAMES):
            if frame is None or frame is self._outermost or frame.f_back is None:
                break
            code = frame.f_code
            if not named and "self" in code.co_varnames[:1] and (path := self._path(frame)) is not None:
                module, named = path, True
            if not code.co_filename.startswith(_TORCH):
                self.codes[id(code)] = code  # which keeps it, and its id
                frames.append((id(code), frame.f_lasti))
            frame = frame.f_back
        schema = getattr(func, "_schema", None)
        return _Key(str(schema.name if schema is not None else func), tuple(frames), module)

    def _path(self, frame: FrameType) -> str | None:
        return self._paths.get(id(frame.f_locals.get("self")))


def price_of_eager(capture: TargetCapture, seconds: float) -> EagerPrice:
    """Calls eager for so long, with its operators clocked and without."""
    call, inputs, function = capture.call, capture.inputs, capture.built.call
    paths = {id(module): path for path, module in _modules(function)}
    here = inspect.currentframe()
    mode = _Clocking(here, paths)
    with torch.compiler.set_stance("force_eager"):
        accounts: dict[_Key, Account] = {}
        mode.accounts = accounts
        capture.put_back()
        with mode:
            call.repeat(function, inputs, 1)
        mode.accounts = None
        undisturbed = clocked = 0.0
        calls = 0
        row = 1 if capture.mutates else max(1, int(_ROW / max(capture.seconds_of(function, 1), 1e-6)))
        until = time.perf_counter() + seconds
        while calls < 3 or time.perf_counter() < until:
            undisturbed += capture.seconds_of(function, row)
            capture.put_back()
            with mode:
                begun = time.perf_counter()
                call.repeat(function, inputs, row)
                clocked += time.perf_counter() - begun
            calls += row
    operators = [
        EagerOperator(
            key.name,
            count / calls,
            taken / calls / 1e9,
            tuple(_places(key, mode.codes)),
            key.module,
            _work(accounts.get(key), key.name),
        )
        for key, (count, taken) in mode.found.items()
    ]
    operators.sort(key=lambda item: -item.seconds)
    return EagerPrice(tuple(operators), clocked / calls, undisturbed / calls, calls)


def _work(account: Account | None, name: str) -> Work | None:
    return account.by_name().get(name) if account is not None else None


def _modules(function: Any) -> Iterator[tuple[str, nn.Module]]:
    if isinstance(function, nn.Module):
        yield from function.named_modules()


def _places(key: _Key, codes: dict[int, CodeType]) -> Iterator[PricedPlace]:
    """The frames outermost first, each with its expression."""
    for number, offset in reversed(key.frames):
        code = codes[number]
        line, end_line, col, end_col = next(islice(code.co_positions(), offset // 2, None), (None,) * 4)
        yield PricedPlace(code.co_filename, line or code.co_firstlineno, end_line, col, end_col)
