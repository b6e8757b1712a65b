"""Whether something large fits, asked before it is built. Imports torch."""

from __future__ import annotations

from pathlib import Path

import torch

from inspector.errors import UsageError
from inspector.say import units
from inspector.targets.base import TargetOptions

HEADROOM = 1.25
"""Times the weights: a quarter on top for activations, the reference outputs and the compiler."""

_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Where a container's limit and use are told, in version 2 and version 1: folder, limit, use, droppable part of it."""


def available_memory(device: torch.device) -> int | None:
    """Bytes that can still be used on a device; None where it cannot be known.

    For the CPU the smaller of what the kernel calls available and what the container's limit leaves.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    known = [value for value in (_from_meminfo(), *(_from_cgroup(*files) for files in _CGROUPS)) if value]
    return min(known, default=None)


def require_memory(what: str, weights: int, options: TargetOptions, *, instead: str = "") -> None:
    """Refuses to build what cannot fit.

    Args:
        what: what is to be built, in words.
        weights: bytes of its parameters. Training needs their gradients too, and eager and compiled a set each.
        instead: what the person can do about it.

    Raises:
        UsageError: with both figures.
    """
    needed = int(weights * HEADROOM) + (2 * weights if options.train else 0)
    available = available_memory(options.device)
    if available is not None and needed > available:
        training = " to train" if options.train else ""
        raise UsageError(
            f"{what} needs about {units.size(needed)}{training} (weights {units.size(weights)}) and "
            f"{units.size(available)} are available.",
            instead,
        )


def _from_meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _from_cgroup(folder: Path, limit: str, used: str, droppable: str) -> int | None:
    try:
        left = int((folder / limit).read_text()) - int((folder / used).read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such controller, or "max": no limit
        return None
    return max(1, left + int(stat.get(droppable, 0)))
