"""How much memory there is, and whether the kernel killed for want of it."""

from __future__ import annotations

from pathlib import Path

import psutil

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def machine_memory() -> int:
    """Bytes that processes here may use together: the machine's, or the container's where that is less."""
    total = int(psutil.virtual_memory().total)
    return min([total, *(limit for limit in map(_number, _LIMITS) if limit)])


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # not there, not readable, or the word `max`
        return None


def oom_kills() -> int:
    """How often the kernel has killed for memory since boot; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
