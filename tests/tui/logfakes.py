"""A log made by hand: forty compile ids of four functions, with breaks, recompiles, a failure and damage. No files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from fakes import KERNEL, graphs, kernels, llama_mlp

from inspector.errors import UsageError
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame
from inspector.model.compile_row import CompileRow, CompileTimes, GuardFailure, Warmth
from inspector.model.flame import FlameNode, TimeShare
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.model.stage import Stage
from inspector.trace.log import IndexProgress, Source
from inspector.trace.reader import BadRecord, Record

TRAIN = "/home/me/train.py"
MODEL = "/home/me/model.py"
SAYS = "User-inserted graph break."
MAIN = Frame(TRAIN, 88, "main", "train(model, loader)")
TRAIN_STEP = Frame(TRAIN, 41, "train", "loss = step(model, batch)")
STEP = Frame(TRAIN, 12, "step", "out = model(batch)")


def cache(answer: str, reason: str = "") -> CacheLookup:
    return CacheLookup("", "fx_graph", answer, reason=reason)


def row(number: str, function: str, line: int, seconds: float, **changes: object) -> CompileRow:
    """One compile id of `model.py`, called from the training loop."""
    place = Frame(MODEL, line, function)
    made = CompileRow(
        number,
        CompileStatus.DONE,
        function,
        place,
        (MAIN, TRAIN_STEP, STEP, place),
        log="train.log",
        started=1.5,
        times=CompileTimes(seconds, seconds * 0.8, seconds * 0.6, seconds * 0.4),
        caches=(cache("miss"),),
        warmth=Warmth.WARM,
        guards=21,
        operators=9,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rows() -> tuple[CompileRow, ...]:
    """Of one process."""
    attention = [
        row(
            f"1/{again}",
            "attention",
            57,
            0.4 + again / 10,
            recompiles=again,
            failures=(
                GuardFailure(
                    f"tensor 'q' size mismatch at index 1. expected {8 * again}, actual {8 * again + 8}",
                    f"1/{again - 1}",
                    "q",
                    "size at index 1",
                    str(8 * again),
                    str(8 * again + 8),
                    "model.py:61 in attention",
                ),
            )
            if again
            else (),
        )
        for again in range(6)
    ]
    return (
        row("0/0", "forward", 33, 6.2, breaks=1, warmth=Warmth.COLD, restarts=1, restart_reasons=("graph_break",)),
        *attention,
        row("2/0", "mlp", 80, 1.24, caches=(cache("hit"),), warmth=Warmth.CACHED),
        row("3/0", "log_metrics", 120, 0.0, status=CompileStatus.EMPTY, caches=(), warmth=Warmth.NONE, operators=0),
        row(
            "4/0",
            "sample",
            140,
            0.21,
            status=CompileStatus.FAILED,
            error="Unsupported: Dynamic slicing with Tensor arguments",
            error_place=Frame(MODEL, 144, "sample", "return x[:n]"),
            caches=(cache("bypass", "cannot pickle a lambda"),),
            warmth=Warmth.NONE,
        ),
    )


def flame(compile_id: str, function: str, seconds: float) -> FlameNode:
    """The phases of one compile id."""
    kernels = FlameNode("async_compile.wait", seconds * 0.30, 2)
    lowering = FlameNode("GraphLowering.run", seconds * 0.1, 1)
    inductor = FlameNode("inductor_compile", seconds * 0.6, 1, (kernels, lowering))
    backend = FlameNode("backend_compile", seconds * 0.8, 1, (inductor,))
    tracing = FlameNode("bytecode_tracing", seconds * 0.15, 1)
    whole = FlameNode("entire_frame_compile", seconds, 1, (backend, tracing))
    return FlameNode(compile_id, seconds, 1, (whole,), compile_id)


def overview(made: tuple[CompileRow, ...] | None = None) -> Overview:
    """All of it at a glance."""
    made = rows() if made is None else made
    flames = {item.compile_id: flame(item.compile_id, item.function, item.times.seconds) for item in made}
    return Overview(
        rows=made,
        breaks=(
            BreakGroup(
                "Call to `torch._dynamo.graph_break()`",
                ("Remove the `torch._dynamo.graph_break()` call.",),
                "https://docs.pytorch.org/docs/main/compile/graph_breaks.html",
                (
                    BreakPlace(
                        (MAIN, Frame(MODEL, 35, "forward", "torch._dynamo.graph_break()")), ("0/0", "0/0"), SAYS
                    ),
                    BreakPlace((), ("2/0",), SAYS),
                ),
            ),
        ),
        flames=flames,
        shares=(
            TimeShare("async_compile.wait", 20, 4.1, 4.1, 0.41, 9),
            TimeShare("inductor_compile", 10, 8.0, 2.6, 0.26, 9),
            TimeShare("backend_compile", 10, 9.4, 1.9, 0.19, 9),
            TimeShare("bytecode_tracing", 10, 1.4, 1.4, 0.14, 10),
        ),
        environment={"torch": "2.13.0"},
        records=1234,
        complete=True,
    )


def ranks() -> Overview:
    """Two processes that did not compile the same."""
    first = rows()
    second = tuple(
        replace(item, compile_id=f"rank1/{item.compile_id}", log="rank_1.log")
        for item in first
        if item.compile_id != "4/0"
    )
    return overview((*first, *second))


class FakeLog:
    """Indexes in so many steps as it is told; its captures are the Llama MLP's.

    Args:
        made: what it holds.
        steps: how often `advance` finds something.
        bad: the damage in it.
        size: bytes.
    """

    def __init__(
        self, made: Overview | None = None, *, steps: int = 1, bad: tuple[BadRecord, ...] = (), size: int = 64 << 20
    ) -> None:
        self.made = overview() if made is None else made
        self.steps = steps
        self.bad = bad
        self.size = size
        self.done = 0
        self.asked: list[tuple[str, ...]] = []
        self.closed = False
        self.hold: Callable[[], object] = lambda: None
        """Called by `advance` before it does anything: a test can make it wait, or raise."""

    def advance(self, limit: int = 0, /) -> bool:
        self.hold()
        self.done += 1
        return self.done <= self.steps

    def verify(self, limit: int = 0, /) -> bool:
        return False

    def overview(self, complete: bool = True) -> Overview:
        share = 1.0 if complete else min(1.0, self.done / max(1, self.steps))
        kept = self.made.rows[: max(1, round(len(self.made.rows) * share))]
        return replace(self.made, rows=kept, complete=complete)

    def capture(self, compile_ids: Collection[str] | None = None, /) -> Capture:
        wanted = tuple(compile_ids or ())
        self.asked.append(wanted)
        known = {item.compile_id for item in self.made.rows}
        if not known.issuperset(wanted):
            raise UsageError(f"There is no compile id {wanted} in this log.")
        sources = llama_mlp().find(Stage.SOURCE)
        made = tuple(item for compile_id in wanted or ("0/0",) for item in graphs(compile_id) + kernels(compile_id))
        return Capture(
            artifacts=(*sources, *made),
            compilations=tuple(
                Compilation(name, CompileStatus.DONE, "LlamaMLP.forward", kernels=(KERNEL,)) for name in wanted
            ),
        )

    def records(self, compile_ids: Collection[str] | None = None, /) -> Iterator[Record | BadRecord]:
        return iter(())

    def close(self) -> None:
        self.closed = True

    def __len__(self) -> int:
        return min(self.done, self.steps + 1) * 100

    @property
    def progress(self) -> IndexProgress:
        return IndexProgress(self.size * min(self.done, self.steps + 1) // (self.steps + 1), self.size)

    @property
    def verified(self) -> IndexProgress:
        return IndexProgress(self.size, self.size)

    @property
    def sources(self) -> tuple[Source, ...]:
        names = dict.fromkeys(item.log for item in self.made.rows)
        many = len(names) > 1
        return tuple(
            Source(
                name, Path("/logs") / name, number if many else None, 0, f"rank{number}/" if number else "", self.size
            )
            for number, name in enumerate(names)
        )

    @property
    def ignored(self) -> tuple[Path, ...]:
        return (Path("/logs/notes.txt"),)

    @property
    def kinds(self) -> Mapping[str, int]:
        return {"chromium_event": 900, "dynamo_output_graph": 9, "artifact:fx_graph_cache_miss": 7}

    @property
    def compile_ids(self) -> tuple[str, ...]:
        return tuple(item.compile_id for item in self.made.rows)
