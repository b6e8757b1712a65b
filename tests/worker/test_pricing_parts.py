"""What pricing is made of, without a compiler: clocks in made-up code, samples of made-up bytes, refusals."""

from __future__ import annotations

import errno
import importlib.util
import itertools
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from inspector.model.price import PartKind
from inspector.worker.pricing import sampling
from inspector.worker.pricing.clocking import OUTSIDE, Clocked, ClockedPlace
from inspector.worker.pricing.images import NOWHERE, Images
from inspector.worker.pricing.sampling import NotSampled, Sample, Sampler

CODE = """import math as extern_kernels

def part(args):
    return [item + 1 for item in args]

class Runner:
    def call(self, args):
        first, = args
        args.clear()
        for _ in range(3):
            made = extern_kernels.sqrt(first)
        if made > 1:
            made = part([made])
        else:
            return None
        return (made, )

runner = Runner()
call = runner.call
"""
LOOPED, NESTED, RETURNED, WITHIN = 11, 13, 16, 4


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    file = tmp_path / "made_output.py"
    file.write_text(CODE)
    spec = importlib.util.spec_from_file_location("made_output", file)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules["made_output"] = found
    spec.loader.exec_module(found)
    yield found
    del sys.modules["made_output"]


def test_clocks_leave_no_gap_and_the_code_as_it_was(module: ModuleType) -> None:
    clocked = Clocked([("0/0", module)])
    held = module.call
    before = held.__func__.__code__
    results = []
    with clocked.running():
        assert held.__func__.__code__ is not before, "who holds the function runs the clocks"
        stretches = clocked.call(lambda: results.append(held([16.0])))
    assert held.__func__.__code__ is before
    assert not [name for name in vars(module) if name.startswith("_inspector")]
    assert results == [([5.0],)], "it computes what it did"
    assert all(one.end == other.start for one, other in itertools.pairwise(stretches))
    assert stretches[0].place == stretches[-1].place == OUTSIDE
    places = [stretch.place for stretch in stretches]
    assert places.count(ClockedPlace(0, LOOPED)) == 3, "once each time round"
    assert places.count(OUTSIDE) == 2, "a function within is not outside"
    assert ClockedPlace(0, WITHIN) in places and ClockedPlace(0, RETURNED) in places
    assert clocked.statement(ClockedPlace(0, LOOPED)).part is PartKind.LIBRARY
    assert clocked.statement(ClockedPlace(0, NESTED)).part is PartKind.WRAPPER
    assert clocked.file(ClockedPlace(0, LOOPED)) == module.__file__


def test_calls_in_a_row_are_cut_where_the_next_one_begins(module: ModuleType) -> None:
    """Whatever stood between them would make the next one slower than a loop's calls are."""
    clocked = Clocked([("0/0", module)])

    def run(begin: Callable[[], None]) -> None:
        for number in (16.0, 0.25, 16.0):
            begin()
            module.call([number])

    with clocked.running():
        calls = clocked.calls(run)
    alone = [ClockedPlace(0, WITHIN) in [stretch.place for stretch in call] for call in calls]
    assert alone == [True, False, True]
    row = [stretch for call in calls for stretch in call]
    assert all(one.end == other.start for one, other in itertools.pairwise(row))


def test_threads_that_wait_for_one_another_are_sampled_more_seldom() -> None:
    assert [sampling.period_for(threads) for threads in (1, 2, 16)] == pytest.approx([1e-3, 2e-3, 16e-3])


def test_an_early_return_is_an_end(module: ModuleType) -> None:
    clocked = Clocked([("0/0", module)])
    with clocked.running():
        stretches = clocked.call(lambda: module.call([0.25]))
    assert [stretch.place for stretch in stretches].count(OUTSIDE) == 2


def test_code_that_is_no_python_is_told(tmp_path: Path) -> None:
    made = ModuleType("made")
    made.__file__ = str(tmp_path / "absent.py")
    assert Clocked([("0/0", made)]).without == [], "a module of one of Triton's kernels calls nothing"
    made.call = len  # type: ignore[attr-defined]
    assert Clocked([("0/0", made)]).without == [made.__file__]


def test_images_by_address() -> None:
    maps = (
        "1000-2000 r--p 00000000 08:01 1 /lib/it.so\n"
        "2000-4000 r-xp 00001000 08:01 1 /lib/it.so\n"
        "9000-a000 r-xp 00000000 00:00 0 \n"
    )
    found = Images(maps)
    assert found.of(0x2345).file == "/lib/it.so"
    assert 0x2345 - found.of(0x2345).bias == 0x1345
    assert found.of(0x1500) == NOWHERE, "no code"
    assert found.of(0x9100).file == ""


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<IHH", kind, 0, 8 + len(body)) + body


def test_records_of_a_ring() -> None:
    registers = sampling._REGISTERS[sampling.platform.machine()].bit_count()
    stack = struct.pack("<4Q", 11, 12, 13, 14)
    body = struct.pack("<QIIQQ", 0xABC, 7, 8, 99, 2) + struct.pack(f"<{registers}Q", *range(registers))
    body += struct.pack("<Q", len(stack)) + stack + struct.pack("<Q", 16)
    found: list[Sample] = []
    lost = sampling._read(record(9, body) + record(2, struct.pack("<QQ", 1, 5)), found)
    assert lost == 5
    (sample,) = found
    assert (sample.thread, sample.time, sample.address) == (8, 99, 0xABC)
    assert sample.callers[-2:] == (11, 12), "what the kernel could not read is no word"


@pytest.mark.parametrize(
    ("paranoid", "words"),
    [
        ("3\n", "is 3, which forbids it to ordinary users"),
        ("2\n", "though"),
        (None, "cannot be read"),
    ],
)
def test_a_system_that_refuses_is_told_with_its_setting(
    paranoid: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "perf_event_paranoid"
    if paranoid is not None:
        file.write_text(paranoid)
    monkeypatch.setattr(sampling, "_PARANOID", file)

    def refuse(*_: object) -> int:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(sampling, "_opened", refuse)
    with pytest.raises(NotSampled, match=words):
        Sampler(1e-3)


def test_a_ring_that_may_not_be_locked_is_tried_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def limited(_descriptor: int, length: int) -> object:
        tried.append(length)
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(sampling, "_opened", lambda *_: os.open(os.devnull, os.O_RDONLY))
    monkeypatch.setattr(sampling.mmap, "mmap", limited)
    with pytest.raises(NotSampled):
        Sampler(1e-3)
    assert tried == sorted(tried, reverse=True) and tried[-1] == 3 * mmap.PAGESIZE


def test_samples_of_this_thread() -> None:
    """Where the system lets: they are of this thread, of now, and in Python."""
    try:
        sampler = Sampler(100e-6)
    except NotSampled as refused:
        assert str(refused)
        return
    begun = time.perf_counter_ns()
    with sampler.running():
        while time.perf_counter_ns() - begun < 300_000_000:
            pass
    found = sampler.take()
    sampler.close()
    assert found and sampler.lost == 0
    assert all(begun <= sample.time <= time.perf_counter_ns() for sample in found)
    assert {sample.thread for sample in found} <= sampler.threads
    images = Images()
    assert all(images.of(sample.address).file for sample in found)
    if sampler.seconds is not None:
        assert len(found) * sampler.seconds <= 0.31, "no more than time has passed"
