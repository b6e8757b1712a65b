"""Clocks in Inductor's output code: how long each statement of `call` takes, while the code stays what it is.

The generated module's text is read once more, the clock is read after each of its statements, and the functions' code
is exchanged for that while it is measured (a function's `__code__`, so whoever holds the function runs it). Kernels,
their binaries and what is called are the same. From one reading to the next is one statement, so the parts of a call
add up to the call by construction.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from inspector.model.price import PartKind
from inspector.worker.kernels import kernels_of
from inspector.worker.private import swapped
from inspector.worker.triton_kernels import tuners_of

_LOG, _NOW = "_inspector_log", "_inspector_now"
_RESULT = "_inspector_result"
_BEGINS, _ENDS, _STATEMENT = 1, 2, 0
_LIBRARIES = ("extern_kernels.", "torch.ops.", "aten.", "inductor_ops.", "_quantized.")
"""What calls of other libraries begin with in an output module."""


class ClockedPlace(NamedTuple):
    """A statement of a generated module."""

    module: int
    """Its number among those that are clocked."""
    line: int


OUTSIDE = ClockedPlace(-1, 0)
"""What lies around the generated code: guards, Python, the dispatcher."""


@dataclass(frozen=True)
class ClockedStatement:
    """What a statement is."""

    part: PartKind
    name: str


class Stretch(NamedTuple):
    """From one reading of the clock to the next."""

    start: int
    end: int
    place: ClockedPlace


class Clocked:
    """Output modules with clocks in them.

    Args:
        modules: compile id and output module.

    Attributes:
        log: two numbers for each reading: which statement ended, and when, in nanoseconds of `time.perf_counter_ns`.
        statements: what each statement is.
        without: files of modules in which no clock could be put: their `call` is no Python.
    """

    def __init__(self, modules: Sequence[tuple[str, ModuleType]]) -> None:
        self.log: list[int] = []
        self.without: list[str] = []
        self.modules = list(modules)
        self._codes: list[tuple[FunctionType, CodeType]] = []
        self.statements: dict[ClockedPlace, ClockedStatement] = {}
        for number, (compile_id, module) in enumerate(self.modules):
            kernels = {kernel.name for kernel in kernels_of(module, compile_id)}
            kernels |= {name for name, _ in tuners_of(module)}
            found = self._of_module(number, module, kernels)
            if not found and hasattr(module, "call"):  # others hold a kernel of Triton's each
                self.without.append(module.__file__ or compile_id)
            self._codes += found

    def statement(self, place: ClockedPlace) -> ClockedStatement:
        """What a statement does."""
        return self.statements.get(place, ClockedStatement(PartKind.WRAPPER, ""))

    def file(self, place: ClockedPlace) -> str:
        """The output module that it stands in; empty for what is around them."""
        return self.modules[place.module][1].__file__ or "" if place.module >= 0 else ""

    @contextmanager
    def running(self, now: Callable[[], int] = time.perf_counter_ns) -> Iterator[None]:
        """While this lasts, the clocks are in the code; `now` reads them."""
        with ExitStack() as stack:
            for _, module in self.modules:
                stack.enter_context(swapped(module, _LOG, self.log.append))
                stack.enter_context(swapped(module, _NOW, now))
            for function, code in self._codes:
                stack.enter_context(_with_code(function, code))
            yield

    def call(self, work: Callable[[], object]) -> list[Stretch]:
        """One call of whatever runs the modules: all of it, cut at each reading of the clock, without a gap."""
        self.log.clear()
        begun = time.perf_counter_ns()
        work()
        ended = time.perf_counter_ns()
        return list(_stretches(begun, ended, self.log))

    def calls(self, run: Callable[[Callable[[], None]], object]) -> list[list[Stretch]]:
        """Calls with nothing between them, as a loop makes them: each cut as `call` cuts, to where the next begins.

        Args:
            run: makes the calls, and tells its argument when each begins.
        """
        self.log.clear()
        begins: list[tuple[int, int]] = []
        run(lambda: begins.append((len(self.log), time.perf_counter_ns())))
        ends = [*begins[1:], (len(self.log), time.perf_counter_ns())]
        return [
            list(_stretches(begun, ended, self.log[first:last]))
            for (first, begun), (last, ended) in zip(begins, ends, strict=True)
        ]

    def _of_module(self, number: int, module: ModuleType, kernels: set[str]) -> list[tuple[FunctionType, CodeType]]:
        """Each function of a module that runs generated code, with its code with clocks."""
        file = Path(module.__file__ or "")
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            return []
        functions = {(item.__code__.co_name, item.__code__.co_firstlineno): item for item in _functions(module)}
        wanted = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _runs_code(node)]
        for node in wanted:
            for statement in _simple(node.body):
                place = ClockedPlace(number, statement.lineno)
                found = _what(statement, kernels)
                if found.part is not PartKind.WRAPPER or place not in self.statements:
                    self.statements[place] = found
            node.body = [*_readings(number, node.lineno, _BEGINS), *_clocked(number, node.body)]
            node.body += _readings(number, node.body[-1].lineno, _ENDS)
        ast.fix_missing_locations(tree)
        codes = {(code.co_name, code.co_firstlineno): code for code in _codes(compile(tree, str(file), "exec"))}
        keys = [(node.name, node.lineno) for node in wanted]
        return [(functions[key], codes[key]) for key in keys if key in functions and key in codes]


def _runs_code(node: ast.FunctionDef) -> bool:
    """`call(args)`, `call(self, args)`, `partition_0(args)`, a graph within the graph."""
    names = [item.arg for item in node.args.args]
    return names in (["args"], ["self", "args"])


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in list(vars(module).values()):
        holders = (
            [value] if isinstance(value, FunctionType) else vars(value).values() if isinstance(value, type) else ()
        )
        yield from (item for item in holders if isinstance(item, FunctionType) and item.__module__ == module.__name__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield from _codes(item)


def _simple(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that hold no others."""
    for statement in body:
        inner = [getattr(statement, name, ()) for name in ("body", "orelse", "finalbody")]
        if any(inner):
            for part in inner:
                yield from _simple(part)
        else:
            yield statement


def _what(statement: ast.stmt, kernels: set[str]) -> ClockedStatement:
    """Whether a statement calls a kernel, a library, or does neither."""
    called = [_dotted(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for name in called:
        if (kernel := name.removesuffix(".run")) in kernels:  # as Triton's are called
            return ClockedStatement(PartKind.KERNEL, kernel)
    for name in called:
        if name.startswith(_LIBRARIES):
            return ClockedStatement(PartKind.LIBRARY, name)
    return ClockedStatement(PartKind.WRAPPER, called[0] if called else type(statement).__name__.lower())


def _dotted(node: ast.expr) -> str:
    """`extern_kernels.mm`; empty for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


def _clocked(module: int, body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements, each with a reading of the clock behind it."""
    made: list[ast.stmt] = []
    for statement in body:
        for name in ("body", "orelse", "finalbody"):
            if inner := getattr(statement, name, ()):
                vars(statement)[name] = _clocked(module, inner)
        if isinstance(statement, ast.Return):
            value = statement.value or ast.Constant(None)
            result = ast.Assign([ast.Name(_RESULT, ast.Store())], value, lineno=statement.lineno, col_offset=0)
            statement.value = ast.Name(_RESULT, ast.Load())
            made += [result, *_readings(module, statement.lineno, _ENDS), statement]
        else:
            made += [statement, *_readings(module, statement.lineno, _STATEMENT)]
    return made


def _readings(module: int, line: int, kind: int) -> list[ast.stmt]:
    """Keeps which statement has ended, and when."""
    log = ast.Name(_LOG, ast.Load())
    now = ast.Call(ast.Name(_NOW, ast.Load()), [], [])
    calls = [ast.Call(log, [ast.Constant(_packed(module, line, kind))], []), ast.Call(log, [now], [])]
    return [ast.Expr(item, lineno=line, col_offset=0) for item in calls]


def _packed(module: int, line: int, kind: int) -> int:
    return module << 34 | line << 2 | kind


def _stretches(begun: int, ended: int, log: Sequence[int]) -> Iterator[Stretch]:
    depth, before = 0, begun
    for packed, now in zip(log[::2], log[1::2], strict=True):
        kind = packed & 3
        place = ClockedPlace(packed >> 34, packed >> 2 & 0xFFFFFFFF)
        yield Stretch(before, now, OUTSIDE if kind == _BEGINS and not depth else place)
        depth += (kind == _BEGINS) - (kind == _ENDS)
        before = now
    yield Stretch(before, ended, OUTSIDE)


@contextmanager
def _with_code(function: Any, code: CodeType) -> Iterator[None]:
    before = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before
