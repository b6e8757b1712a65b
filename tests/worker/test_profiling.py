"""Profiles, ceilings and numerics of really compiled code: what they count, not how long anything takes."""

from __future__ import annotations

import json
import math
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import nn
from worker_driver import Finished, Worker, read_trace

from inspector import protocol
from inspector.live.profiling import ProfileFold
from inspector.model.profile import Ceiling, Ceilings, Part, Profile
from inspector.model.request import CaptureRequest
from inspector.say.numerics import spread
from inspector.targets.base import Inputs
from inspector.trace import read_capture
from inspector.worker.calls import Caller
from inspector.worker.profiling import ceilings, processors
from inspector.worker.profiling.deviation import deviation, ulps
from inspector.worker.profiling.graphs import copies
from inspector.worker.profiling.marks import touched
from inspector.worker.profiling.work import Account, Counting

pytestmark = pytest.mark.compiles

EVEN = Ceiling(1e9, 0.9e9, 1.1e9, 9)


@pytest.fixture(scope="module")
def profiling(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    known = ceilings._file()  # measuring the machine takes long where others use it
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(json.dumps(asdict(Ceilings(EVEN, EVEN, dict.fromkeys(ceilings.DTYPES, EVEN), busy=0.0))))
    worker = Worker(tmp_path_factory.mktemp("profiling"))
    worker.start(CaptureRequest(target=f"{modules}:gate"))
    worker.wait_for(protocol.Compiled)
    yield worker
    worker.close()
    worker.kill()


@pytest.fixture(scope="module")
def profiled(profiling: Worker, tmp_path_factory: pytest.TempPathFactory) -> tuple[Profile, Path]:
    trace = tmp_path_factory.mktemp("chrome") / "trace.json"
    profiling.send(protocol.RunProfile(0.2, str(trace)))
    answer = profiling.wait_for(protocol.Profiled)
    assert answer.profile is not None
    return answer.profile, trace


def test_both_sides_have_their_rows_and_the_parts_add_up(profiled: tuple[Profile, Path]) -> None:
    profile, _ = profiled
    assert profile.ceilings is not None
    assert profile.ceilings.read == EVEN, "what is kept is not measured again"
    assert profile.busy is None or 0 <= profile.busy <= 1
    eager = {row.name: row for row in profile.eager.rows}
    assert {"aten::relu", "aten::sin", "aten::cos", "aten::sum"} <= eager.keys()
    assert eager["aten::add"].calls == 2
    assert not any(row.part is Part.KERNEL for row in profile.eager.rows)
    (kernel,) = (row for row in profile.compiled.rows if row.part is Part.KERNEL)
    assert kernel.name.startswith("cpp_fused_")
    assert (kernel.compile_id, kernel.calls) == ("0/0", 1)
    assert not any(row.name == "aten::relu" for row in profile.compiled.rows)
    for side in (profile.eager, profile.compiled):
        assert side.calls >= 4
        assert side.undisturbed > 0
        assert all(0 <= row.own <= row.total + 1e-9 for row in side.rows)
        assert side.parts == pytest.approx(side.seconds, rel=0.5), "a call of microseconds; larger ones are within 5 %"


def test_work_is_counted_from_shapes(profiled: tuple[Profile, Path], profiling: Worker) -> None:
    profile, _ = profiled
    work = {row.name: row.work for row in profile.eager.rows}
    product = work["aten::addmm"]
    assert product is not None
    assert product.flops == 2 * 4 * 16 * 16
    assert (product.read, product.written) == ((16 + 4 * 16 + 16 * 16) * 4, 4 * 16 * 4)
    assert work["aten::t"] is None, "a view moves nothing"
    (extern,) = (row for row in profile.compiled.rows if row.name == "aten::addmm")
    assert extern.work == product, "the library's product is the same one"
    assert profile.least is not None
    assert profile.least.read == (16 + 4 * 16 + 16 * 16) * 4, "bias, input and weight once"
    assert profile.least.written == 4 * 4
    fold = ProfileFold()
    assert fold.take(profiling_answer(profiling))
    (complete,) = fold.added_to(read_capture(profiling.directory / "trace")).profiles
    (kernel,) = (row for row in complete.compiled.rows if row.part is Part.KERNEL)
    assert kernel.work is not None
    assert (kernel.work.read, kernel.work.written) == (2 * 4 * 16 * 4, 4 * 4)
    assert kernel.work.flops == 6 * 64 + 4, "relu, sin, cos, two additions, the sum, and its last step for each row"


def profiling_answer(worker: Worker) -> protocol.Profiled:
    return next(item for item in reversed(worker.said) if isinstance(item, protocol.Profiled) and item.profile)


def test_the_chrome_trace_has_both_sides(profiled: tuple[Profile, Path]) -> None:
    _, file = profiled
    events = json.loads(file.read_text())["traceEvents"]
    named = {event["pid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    assert set(named.values()) == {"eager", "compiled"}
    kernels = [event for event in events if event.get("cat") == "kernel"]
    assert {named[event["pid"]] for event in kernels} == {"compiled"}
    assert all(event["args"]["compile_id"] == "0/0" and event["dur"] >= 0 for event in kernels)


def test_profiling_leaves_the_compiled_code_as_it_was(profiled: tuple[Profile, Path], profiling: Worker) -> None:
    before = len([item for item in read_trace(profiling.directory / "trace") if item.name == "inductor_output_code"])
    profiling.send(protocol.RunLatency(2))
    profiling.wait_for(protocol.Samples)
    after = [item for item in read_trace(profiling.directory / "trace") if item.name == "inductor_output_code"]
    assert len(after) == before == 1


def test_numerics_of_outputs_and_nodes(profiling: Worker) -> None:
    profiling.send(protocol.RunProfile(numerics=True, nodes=True, times=False, tolerance=1e-4))
    answer = profiling.wait_for(protocol.Profiled)
    assert answer.profile is None
    assert answer.numerics is not None
    found = answer.numerics
    (output,) = found.outputs
    assert (output.name, output.dtype, output.shape) == ("output 0", "f32", (4,))
    assert output.compiled_eager.relative < 1e-5
    assert output.compiled_double is not None
    assert 0 < output.compiled_double.relative < 1e-5, "sums of floats are not exact"
    assert {"addmm", "relu", "sin", "cos", "sum_1"} <= {node.node for node in found.nodes}
    assert found.first is None
    assert (found.compile_id, found.backward) == ("0/0", False)
    fold = ProfileFold()
    assert fold.take(answer)
    capture = read_capture(profiling.directory / "trace")
    (placed,) = fold.added_to(capture).numerics
    sources = {node.node: node.source for node in placed.nodes}
    assert all(node.line is not None for node in placed.nodes)
    assert {name: found.code for name, found in sources.items() if found is not None and name in ("relu", "cos")} == {
        "relu": "return (torch.relu(self.lin(x))",
        "cos": "+ x.cos()).sum(-1)",
    }
    profiling.send(protocol.RunProfile(numerics=True, nodes=True, times=False, tolerance=0.0))
    strict = profiling.wait_for(protocol.Profiled).numerics
    assert strict is not None
    inexact = [node.node for node in strict.nodes if node.deviation.relative > 0]
    assert (strict.first.node if strict.first else None) == next(iter(inexact), None)
    assert len([item for item in read_trace(profiling.directory / "trace") if item.name == "inductor_output_code"]) == 1


def test_builds_and_probes_are_told_apart(inference: Finished) -> None:
    capture = read_capture(inference.directory / "trace")
    (build,) = capture.builds
    assert build.so.endswith(".so")
    assert build.seconds > 0
    assert not any("compiler runs" in note.message for note in capture.notes)
    assert {"vec_isa_probe", "precompile_header"} <= {phase.name for phase in capture.phases}


def measured_as(monkeypatch: pytest.MonkeyPatch, made: Ceilings | None) -> None:
    """The next measuring gives this; None forbids one."""
    answer = (lambda **_: made) if made is not None else (lambda **_: pytest.fail("it is kept"))
    monkeypatch.setattr(ceilings, "measure", answer)


def test_ceilings_are_measured_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    made = ceilings.measure(large=1 << 20, samples=3, progress=told.append)
    for item in (made.read, made.copy, *made.matmul.values()):
        assert 0 < item.low <= item.median <= item.high
    assert set(made.matmul) == set(ceilings.DTYPES)
    assert made.busy is None or 0 <= made.busy <= 1
    assert len(told) == 1 + len(ceilings.DTYPES)
    quiet = replace(made, busy=0.0, own=1.0, read=EVEN, copy=EVEN, matmul=dict.fromkeys(made.matmul, EVEN))
    measured_as(monkeypatch, quiet)
    assert ceilings.ceilings(anew=False) == quiet
    measured_as(monkeypatch, None)
    assert ceilings.ceilings(anew=False) == quiet
    (kept,) = (tmp_path / "inspector" / "ceilings").iterdir()
    kept.write_text("{")
    measured_as(monkeypatch, quiet)
    assert ceilings.ceilings(anew=False) == quiet, "a damaged file is measured anew"


def test_ceilings_of_a_busy_machine_are_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    quiet = Ceilings(EVEN, EVEN, {"f32": EVEN}, 2, busy=0.0)
    busy = replace(quiet, busy=0.6, measured="under load")
    measured_as(monkeypatch, busy)
    assert ceilings.ceilings(anew=False) == busy
    measured_as(monkeypatch, quiet)
    assert ceilings.ceilings(anew=False) == quiet
    measured_as(monkeypatch, busy)
    assert ceilings.ceilings(anew=True) == busy, "as it was asked for"
    measured_as(monkeypatch, None)
    assert ceilings.ceilings(anew=False) == quiet, "what was measured in the quiet is not lost to what was not"


def test_what_others_use_is_what_this_process_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    times = namedtuple("times", "user system idle iowait steal guest")
    clock = iter([times(10, 5, 100, 1, 0, 3), times(14, 6, 112, 2, 2, 9)])
    own = iter([1.0, 4.0])
    monkeypatch.setattr(processors.psutil, "cpu_times", lambda: next(clock))
    monkeypatch.setattr(processors.time, "process_time", lambda: next(own))
    assert processors.Processors().others() == pytest.approx((4 + 1 + 2 - 3) / 20), "a guest's time is its host's"
    still = times(0, 0, 0, 0, 0, 0)
    monkeypatch.setattr(processors.psutil, "cpu_times", lambda: still)
    monkeypatch.setattr(processors.time, "process_time", lambda: 0.0)
    assert processors.Processors().others() is None


def test_a_profile_that_is_cancelled_answers_and_leaves_the_worker_able(profiling: Worker) -> None:
    profiling.send(protocol.RunProfile(600.0))
    while not profiling.wait_for(protocol.Progress).phase.startswith("profiling: eager"):
        pass
    profiling.send(protocol.CancelProfile())
    answer = profiling.wait_for(protocol.Profiled)
    assert (answer.cancelled, answer.profile) == (True, None)
    profiling.send(protocol.CancelProfile())
    profiling.send(protocol.RunProfile(numerics=True, times=False))
    assert not profiling.wait_for(protocol.Profiled).cancelled, "a cancel that came too late is not for the next one"


def test_look_ups_and_expanded_tensors_count_what_is_touched() -> None:
    account = Account()
    table, ids = torch.ones(1000, 8), torch.tensor([1, 2])
    with Counting(account):
        picked = torch.nn.functional.embedding(ids, table)
        out = picked + torch.ones(1, 1).expand(2, 8)
    work = account.by_name()
    assert (work["aten::embedding"].read, work["aten::embedding"].flops) == (2 * 8 * 4 + 2 * 8, 0)
    assert work["aten::add"].read == 2 * 8 * 4 + 4
    assert work["aten::add"].flops == 16
    least = account.least(out)
    assert least is not None
    assert least.read == 2 * 8 * 4 + 2 * 8
    assert touched(torch.ones(1, 3).expand(5, 3)) == 3


def test_ulps_are_steps_between_representable_numbers() -> None:
    one = torch.tensor([1.0, -1.0, 0.0])
    assert ulps(one, one) == 0
    assert ulps(torch.nextafter(one, one + 1), one) == 1
    assert ulps(torch.tensor([-0.0]), torch.tensor([0.0])) == 0
    tiny = torch.finfo(torch.float32).smallest_normal * 2**-23
    assert ulps(torch.tensor([tiny]), torch.tensor([-tiny])) == 2
    assert ulps(torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([1.0078125])) == 1
    assert ulps(torch.tensor([torch.nan]), torch.tensor([torch.nan])) == 0
    assert math.isnan(ulps(torch.tensor([torch.nan]), torch.tensor([1.0])))


def test_deviations() -> None:
    reference = torch.tensor([0.0, 4.0, torch.inf, torch.nan])
    value = torch.tensor([1.0, 4.0, torch.inf, torch.nan])
    found = deviation(value, reference)
    assert (found.absolute, found.relative) == (1.0, 0.25)
    assert math.isnan(deviation(torch.tensor([1.0]), torch.tensor([torch.nan])).absolute)
    assert deviation(torch.tensor([3]), torch.tensor([1])).absolute == 2
    assert deviation(torch.empty(0), torch.empty(0)).ulp == 0


def test_deviations_of_whole_numbers_that_doubles_do_not_tell_apart() -> None:
    for dtype in (torch.int64, torch.uint64):
        big = torch.tensor([2**60, 7], dtype=dtype)
        found = deviation(torch.tensor([2**60 + 3, 7], dtype=dtype), big)
        assert (found.absolute, found.differing, found.beyond, found.ulp) == (3.0, 1, 1, 3.0)
        assert deviation(big, big).differing == 0
    lowest, highest = (torch.tensor([getattr(torch.iinfo(torch.int64), name)]) for name in ("min", "max"))
    assert deviation(lowest, highest).absolute == 2.0**64


def test_a_complex_number_is_one_element() -> None:
    reference = torch.tensor([1 + 1j, 2 + 2j, complex("nan")])
    apart = torch.tensor([1 + 1j, 2 + 5j, complex("nan")])
    found = deviation(apart, reference)
    assert (found.elements, found.differing, found.beyond, found.absolute) == (3, 1, 1, 3.0)
    assert found.ulp == ulps(torch.tensor([5.0]), torch.tensor([2.0]))
    assert spread(deviation(reference, reference), "eager") == "all 3 equal"
    assert deviation(reference.conj(), reference.conj().resolve_conj()).differing == 0


def test_the_leaves_of_a_caller_are_parameters_and_inputs() -> None:
    module = nn.Linear(2, 2)
    x = torch.ones(1, 2, requires_grad=True)
    assert len(list(Caller(module, train=True).leaves(Inputs((x,), {})))) == 3


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(3.0).expand(4, 3),
        torch.arange(4.0)[:, None].expand(4, 5),
        torch.arange(24.0).view(4, 6).t(),
        torch.arange(8.0).as_strided((4, 3), (1, 1)),
    ],
)
def test_copies_of_inputs_have_the_strides_that_generated_code_relies_on(tensor: torch.Tensor) -> None:
    (copy,) = copies([tensor])
    assert copy.stride() == tensor.stride()
    assert torch.equal(copy, tensor)
    assert copy.data_ptr() != tensor.data_ptr()
