"""What the machine can do at best: measured once for each CPU, number of threads and torch, and kept.

A ceiling is the best that the machine can do only where nobody else uses it. So the processors' time is read before
and after: what this process did not use of it, others did; and where its own threads had work, how much of the time
they ran. Ceilings of a busy machine, or ones whose samples scatter, are handed out with that said, no share of a limit
is told by them, and they are measured again the next time (`Ceilings.doubt`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from inspector.model.profile import Ceiling, Ceilings
from inspector.regular import read_regular
from inspector.targets.dtypes import SHORT
from inspector.worker.profiling.processors import Processors, RunningTime
from inspector.worker.toolchain import cache_root, cpu_identity, write_atomically

DTYPES = ("f32", "bf16", "f16", "f64")
_LARGE = 256 << 20
"""Bytes of what is read and copied: several times what caches hold."""
_SAMPLES = 9
_PATIENCE = 0.25
"""Seconds that one product may take."""
_FORMAT = 3
"""Of the file. What an earlier one holds was kept however busy the machine was."""


def ceilings(*, anew: bool, progress: Callable[[str], object] = lambda _: None) -> Ceilings:
    """The ceilings of this CPU with the present number of threads, from the folder of what is kept, or measured now.

    Unsteady ones are kept only until there are better ones: the next call measures again.

    Args:
        anew: measure in any case.
        progress: told in words what is going on; an exception that it raises ends the measuring, and nothing is kept.
    """
    file = _file()
    kept = read_kept(file)
    if kept is not None and kept.steady and not anew:
        return kept
    made = measure(progress=progress)
    if made.steady or kept is None or not kept.steady:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(made), indent=1))
    return made


def measure(
    large: int = _LARGE, samples: int = _SAMPLES, progress: Callable[[str], object] = lambda _: None
) -> Ceilings:
    """Measures them: some seconds of all threads.

    Args:
        large: bytes of what is read and copied.
        samples: of each, after one that is not counted.
        progress: told what is measured next.
    """
    begun = Processors()
    progress("measuring the machine: memory")
    columns = 1024
    source = torch.ones(large // (4 * columns), columns)
    target, vector = torch.empty_like(source), torch.ones(columns)
    running = RunningTime(torch.get_num_threads())
    with running.measured():
        read = _rate(lambda: torch.mv(source, vector), source.nbytes, samples)
    copy = _rate(lambda: target.copy_(source), 2 * source.nbytes, samples)
    matmul = {}
    for name in DTYPES:
        progress(f"measuring the machine: products in {name}")
        with running.measured() if name == "f32" else nullcontext():
            matmul[name] = _product(SHORT[name], samples)
    return Ceilings(
        read,
        copy,
        matmul,
        torch.get_num_threads(),
        cpu_identity().partition(" fpu")[0],
        torch.__version__,
        datetime.now(UTC).isoformat(timespec="seconds"),
        begun.others(),
        running.share,
    )


def _product(dtype: torch.dtype, samples: int) -> Ceiling:
    """Operations a second of a square product, as large as fits into `_PATIENCE`: small ones do not reach the peak."""
    size = 256
    while True:
        a = torch.ones(size, size, dtype=dtype)
        run = _bound(a)
        run()
        taken = _seconds(run)
        if size >= 2048 or taken * 8 > _PATIENCE:
            return _rate(run, 2 * size**3, samples)
        size *= 2


def _bound(matrix: torch.Tensor) -> Callable[[], object]:
    out = torch.empty_like(matrix)
    return lambda: torch.mm(matrix, matrix, out=out)


def _rate(run: Callable[[], object], amount: int, samples: int) -> Ceiling:
    run()
    taken = sorted(_seconds(run) for _ in range(samples))
    return Ceiling(amount / taken[samples // 2], amount / taken[-1], amount / taken[0], samples)


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _file() -> Path:
    identity = json.dumps([_FORMAT, cpu_identity(), torch.get_num_threads(), torch.__version__])
    return cache_root() / "ceilings" / f"{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"


def read_kept(file: Path) -> Ceilings | None:
    """What is kept; None where there is nothing, or nothing that can be read, which is then measured anew."""
    try:
        data: dict[str, Any] = json.loads(read_regular(file))
        return Ceilings(
            **{
                **data,
                "read": Ceiling(**data["read"]),
                "copy": Ceiling(**data["copy"]),
                "matmul": {name: Ceiling(**item) for name, item in data["matmul"].items()},
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
