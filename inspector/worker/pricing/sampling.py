"""Where the processor stands while something runs: samples of this process's own threads, by the kernel's perf events.

Neither root nor the `perf` program is needed: one event for each thread, opened by `perf_event_open` through ctypes,
each with a ring in memory that is read between two calls. One for each thread, for then it is known which threads are
OpenMP's, and what else the process runs costs nothing; opened after the first calls, when OpenMP's threads exist. User
space only: page faults and sleep show as time in which no sample was taken.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_INTERRUPT = 20e-6
"""Seconds that one sample costs its thread, on a virtual machine: measured in docs/performance.md."""
_SLOWDOWN = 0.02
"""Of a call, that samples may cost."""
_STACK = 256
"""Bytes of the stack that are kept of each sample: the return address of a leaf, or of one that saved registers."""
_PAGES = (128, 32, 8, 2)
"""Sizes of a ring that are tried, largest first: what an ordinary user may lock has a limit."""
_SYSCALL = {"x86_64": 298, "aarch64": 241}
_REGISTERS = {"x86_64": 1 << 7, "aarch64": 1 << 30 | 1 << 31}
"""The stack pointer, on ARM the link register too, in the kernel's numbering: of the stack only what is asked for."""
_HARDWARE, _SOFTWARE = 0, 1
_CYCLES, _CPU_CLOCK = 0, 0
_IP, _TID, _TIME, _REGS_USER, _STACK_USER = 1 << 0, 1 << 1, 1 << 2, 1 << 12, 1 << 13
_DISABLED, _EXCLUDE_KERNEL, _EXCLUDE_HV, _USE_CLOCKID = 1 << 0, 1 << 5, 1 << 6, 1 << 25
_PRECISE = 15
_CLOCK_MONOTONIC = 1
"""The clock of `time.perf_counter`."""
_ENABLE, _DISABLE = 0x2400, 0x2401
_HEAD, _TAIL = 1024, 1032
_SAMPLE, _LOST = 9, 2
_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")


class _Attributes(ctypes.Structure):
    """`struct perf_event_attr`, version 5."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("config", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64),
        ("read_format", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
        ("wakeup", ctypes.c_uint32),
        ("bp_type", ctypes.c_uint32),
        ("config1", ctypes.c_uint64),
        ("config2", ctypes.c_uint64),
        ("branch_type", ctypes.c_uint64),
        ("regs_user", ctypes.c_uint64),
        ("stack_user", ctypes.c_uint32),
        ("clockid", ctypes.c_int32),
        ("regs_intr", ctypes.c_uint64),
        ("aux_watermark", ctypes.c_uint32),
        ("max_stack", ctypes.c_uint16),
        ("reserved", ctypes.c_uint16),
    )


def period_for(threads: int) -> float:
    """Seconds of a thread's processor time between two samples, for so many threads.

    Threads that wait for one another pay for each other's samples, so that more of them are sampled more seldom each.
    """
    return threads * _INTERRUPT / _SLOWDOWN


class NotSampled(Exception):
    """No samples can be taken here; says why, and which setting it is."""


class Sample(NamedTuple):
    """One moment of one thread."""

    thread: int
    time: int
    """Nanoseconds, on the clock of `time.perf_counter_ns`."""
    address: int
    callers: tuple[int, ...]
    """What may be return addresses: the link register and the words on the stack, the nearest first."""


class Sampler:
    """Samples of the threads that there are when it is opened.

    Args:
        period: seconds of a thread's processor time between two samples.

    Attributes:
        clock: `cycles`, or `cpu clock` where the machine has no such counter.
        precise: how precisely an event names its instruction, 0 to 2; 0 means that it may lie some instructions behind.
        seconds: of processor time that a sample stands for; None where the clock counts cycles.
        lost: records that found no room in a ring.
    """

    def __init__(self, period: float) -> None:
        machine = platform.machine()
        if not hasattr(os, "uname") or os.uname().sysname != "Linux" or machine not in _SYSCALL:
            raise NotSampled(f"samples are taken on Linux on {' and '.join(_SYSCALL)} alone, and this is {machine}")
        self.lost = 0
        self.threads = other_threads()
        self._rings: list[_Ring] = []
        self.clock, self.precise, attributes = _available(period)
        self.seconds = period if self.clock == "cpu clock" else None
        try:
            for thread in sorted(self.threads):
                self._rings.append(_Ring(_opened(attributes, thread)))
        except OSError as error:
            self.close()
            raise NotSampled(_reason(error)) from error

    def close(self) -> None:
        while self._rings:
            self._rings.pop().close()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts, samples are taken."""
        for ring in self._rings:
            ring.control(_ENABLE)
        try:
            yield
        finally:
            for ring in self._rings:
                ring.control(_DISABLE)

    def take(self) -> list[Sample]:
        """The samples since the last time, in no order."""
        found: list[Sample] = []
        for ring in self._rings:
            self.lost += _read(ring.take(), found)
        return found


def other_threads() -> frozenset[int]:
    """The calling thread, and those that are not Python's: OpenMP's. What else Python has running only listens."""
    pythons = {thread.native_id for thread in threading.enumerate()} - {threading.get_native_id()}
    return frozenset(int(entry.name) for entry in Path("/proc/self/task").iterdir()) - pythons


def _available(period: float) -> tuple[str, int, _Attributes]:
    """The best clock of this machine.

    Raises:
        NotSampled: there is none that may be used.
    """
    for precise in (2, 1, 0):
        attributes = _attributes(_HARDWARE, _CYCLES, int(period * _hertz()), precise)
        try:
            os.close(_opened(attributes, 0))
        except OSError:
            continue
        return "cycles", precise, attributes
    attributes = _attributes(_SOFTWARE, _CPU_CLOCK, int(period * 1e9), 0)
    try:
        os.close(_opened(attributes, 0))
    except OSError as error:
        raise NotSampled(_reason(error)) from error
    return "cpu clock", 0, attributes


def _attributes(kind: int, config: int, period: int, precise: int) -> _Attributes:
    return _Attributes(
        type=kind,
        size=ctypes.sizeof(_Attributes),
        config=config,
        period=period,
        sample_type=_IP | _TID | _TIME | _REGS_USER | _STACK_USER,
        flags=_DISABLED | _EXCLUDE_KERNEL | _EXCLUDE_HV | _USE_CLOCKID | precise << _PRECISE,
        regs_user=_REGISTERS[platform.machine()],
        stack_user=_STACK,
        clockid=_CLOCK_MONOTONIC,
    )


def _hertz() -> float:
    """About what the processor clocks at: it only decides how often a cycle counter samples."""
    try:
        kilohertz = Path("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq").read_text(encoding="ascii")
        return float(kilohertz) * 1e3
    except (OSError, ValueError):
        return 2.5e9


def _opened(attributes: _Attributes, thread: int) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    found = library.syscall(_SYSCALL[platform.machine()], ctypes.byref(attributes), thread, -1, -1, 0)
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(found)


def _reason(error: OSError) -> str:
    """Which setting forbids it, as far as it can be told."""
    try:
        paranoid = int(_PARANOID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return f"perf_event_open says: {error.strerror}; {_PARANOID} cannot be read, as where a container hides it"
    if paranoid > 2:
        return (
            f"{_PARANOID} is {paranoid}, which forbids it to ordinary users (`sysctl kernel.perf_event_paranoid=2` "
            "allows it)"
        )
    return (
        f"perf_event_open says: {error.strerror}, though {_PARANOID} is {paranoid}: a container's seccomp profile or "
        "the limit on locked memory (kernel.perf_event_mlock_kb) forbids it"
    )


class _Ring:
    """The memory that the kernel writes one thread's samples into."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory, self._size = self._mapped()
        self._page = mmap.PAGESIZE

    def _mapped(self) -> tuple[mmap.mmap, int]:
        problem: OSError | None = None
        for pages in _PAGES:
            try:
                size = pages * mmap.PAGESIZE
                return mmap.mmap(self._descriptor, size + mmap.PAGESIZE), size
            except OSError as error:
                problem = error
        os.close(self._descriptor)
        assert problem is not None
        raise problem

    def control(self, what: int) -> None:
        import fcntl

        fcntl.ioctl(self._descriptor, what, 0)

    def take(self) -> bytes:
        """What was written since the last time."""
        head, tail = (struct.unpack_from("<Q", self._memory, place)[0] for place in (_HEAD, _TAIL))
        begin, length = tail % self._size, head - tail
        first = self._memory[self._page + begin : self._page + min(begin + length, self._size)]
        rest = self._memory[self._page : self._page + length - len(first)]
        struct.pack_into("<Q", self._memory, _TAIL, head)
        return first + rest

    def close(self) -> None:
        self._memory.close()
        os.close(self._descriptor)


def _read(data: bytes, found: list[Sample]) -> int:
    """Adds the samples in a ring's bytes; returns how many were lost."""
    registers = _REGISTERS[platform.machine()].bit_count()
    place = lost = 0
    while place + 8 <= len(data):
        kind, _, size = struct.unpack_from("<IHH", data, place)
        if not size:
            break
        if kind == _LOST:
            lost += struct.unpack_from("<Q", data, place + 16)[0]
        elif kind == _SAMPLE:
            address, _, thread, when, abi = struct.unpack_from("<QIIQQ", data, place + 8)
            at = place + 40
            links: tuple[int, ...] = ()
            if abi:
                links = struct.unpack_from(f"<{registers}Q", data, at)[: registers - 1]
                at += 8 * registers
            (length,) = struct.unpack_from("<Q", data, at)
            kept = struct.unpack_from("<Q", data, at + 8 + length)[0] if length else 0
            words = struct.unpack_from(f"<{min(kept, length) // 8}Q", data, at + 8)
            found.append(Sample(thread, when, address, (*links, *words)))
        place += size
    return lost
