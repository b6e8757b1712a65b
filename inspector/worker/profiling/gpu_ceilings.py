"""What a GPU can do at best: measured once for each kind of GPU and torch, and kept beside the CPU's ceilings.

Times are the GPU's own, between two events in its queue, so that launching counts nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import torch

from inspector.model.profile import Ceiling, Ceilings
from inspector.targets.dtypes import SHORT
from inspector.worker.profiling.ceilings import DTYPES, read_kept
from inspector.worker.toolchain import cache_root, write_atomically

_LARGE = 1 << 30
"""Bytes of what is read and copied, at most: many times the caches of any GPU."""
_SAMPLES = 9
_SIZE = 8192
"""Of the square matrices."""


def gpu_ceilings(device: str, *, anew: bool, progress: Callable[[str], object] = lambda _: None) -> Ceilings:
    """The ceilings of a GPU, from the folder of what is kept, or measured now.

    Args:
        device: `cuda`, `cuda:1`.
        anew: measure in any case.
        progress: told in words what is going on.
    """
    name = torch.cuda.get_device_name(torch.device(device))
    file = _file(name)
    kept = read_kept(file)
    if kept is not None and kept.steady and not anew:
        return kept
    made = measure(torch.device(device), name, progress)
    if made.steady or kept is None or not kept.steady:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(made), indent=1))
    return made


def measure(device: torch.device, name: str, progress: Callable[[str], object] = lambda _: None) -> Ceilings:
    """Measures them, in about a second; with less free memory on smaller tensors."""
    progress(f"measuring {name}: memory")
    read, copy = _memory(device)
    matmul = {}
    for dtype in DTYPES:
        progress(f"measuring {name}: products in {dtype}")
        matmul[dtype] = _product(device, SHORT[dtype])
    torch.cuda.empty_cache()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Ceilings(read, copy, matmul, torch.get_num_threads(), name, torch.__version__, now)


def _memory(device: torch.device) -> tuple[Ceiling, Ceiling]:
    """Bytes a second, of reading and of copying."""
    free, _ = torch.cuda.mem_get_info(device)
    columns = 4096
    rows = max(1, min(_LARGE, free // 8) // (4 * columns))
    source = torch.ones(rows, columns, device=device)
    target, vector = torch.empty_like(source), torch.ones(columns, device=device)
    read = _rate(lambda: torch.mv(source, vector), source.nbytes)
    return read, _rate(lambda: target.copy_(source), 2 * source.nbytes)


def _product(device: torch.device, dtype: torch.dtype) -> Ceiling:
    """Operations a second of a square product. Not of ones: a GPU clocks higher where few bits change."""
    a = torch.randn(_SIZE, _SIZE, device=device).to(dtype)
    out = torch.empty_like(a)
    return _rate(lambda: torch.mm(a, a, out=out), 2 * _SIZE**3)


def _rate(run: Callable[[], object], amount: int) -> Ceiling:
    """So much a second, from the second run on: the first one loads kernels and raises the clock."""
    for _ in range(2):
        run()
    taken = sorted(_seconds(run) for _ in range(_SAMPLES))
    return Ceiling(amount / taken[_SAMPLES // 2], amount / taken[-1], amount / taken[0], _SAMPLES)


def _seconds(run: Callable[[], object]) -> float:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    begin.record()
    run()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1e3


def _file(name: str) -> Path:
    identity = json.dumps([name, torch.__version__, torch.version.cuda, torch.backends.cuda.matmul.allow_tf32])
    return cache_root() / "ceilings" / f"gpu-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"
