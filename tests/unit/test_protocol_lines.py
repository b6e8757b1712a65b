"""Every message survives its line; a line that is none is refused."""

from __future__ import annotations

import pytest
from captures import full, profile

from inspector import protocol
from inspector.model.edit import Fate, KernelEdit, Problem
from inspector.model.request import CaptureRequest
from inspector.model.study import Experiment, StudyRequest

EDIT = KernelEdit(1, "0/0", "cpp_fused_0", Fate.NOT_BUILT, "a", "b", problem=Problem("no such name", 3, 4))
REQUEST = CaptureRequest("x", inputs=("a=f32[1]",), inductor=(("k", "v"),), timeout=3.0)

MESSAGES = [
    protocol.Start(REQUEST, "/run"),
    protocol.StartStudy(StudyRequest(Experiment.SPOT, prompts=(1,)), "/run", 1.5, "/home", True),
    protocol.StartPack(REQUEST, "/run", "/out", False, False),
    protocol.RunLatency(5),
    protocol.RunLatency(),
    protocol.PauseLatency(),
    protocol.ResetLatency(),
    protocol.RunProfile(2.0, "/run/t.json", True, True, 1e-3, True, False),
    protocol.CancelProfile(),
    protocol.ChangeShape(2, None),
    protocol.CompareOutputs("/run/outputs", "/before/outputs"),
    protocol.EditKernel(1, "0/0", "cpp_fused_0", "a", "b\n", "1", ["-O2"], [("cpp.simdlen", "256")], 0.5, 2.0),
    protocol.Prepare(REQUEST, "/run"),
    protocol.Shutdown(),
]
EVENTS = [
    protocol.Hello(1),
    protocol.Progress("compiling ↯\nline"),
    protocol.Alive(1, 2),
    protocol.Compiled(1.5, "cold", True, 1, 8),
    protocol.Samples("b", [1.0], [2.0], 3, None, 4),
    protocol.ShapeChanged("b", 1, 2, 3, ["0/1"], 0.5),
    protocol.Compared(0, float("inf"), 0.0),
    protocol.GpuBusy(0, 2e-6, 3e-6),
    protocol.LatencyState("running", 2),
    protocol.Profiled(profile(), full().numerics[0]),
    protocol.Measured("Generation", {"stamps": [1.0]}, {"cpu": "x"}),
    protocol.Failed("m", "h", 2, "t", False),
    protocol.Loaded(["/own/model.py"]),
    protocol.OutputsCompared(0.5, float("inf"), 8, 2, 1, ["f32 and bf16"], True),
    protocol.Prepared("CUDA was begun"),
    protocol.Calling(1, 20.0),
    protocol.KernelEdited(EDIT),
]
TO_PARENT = [
    protocol.Prepare(REQUEST, "/run"),
    protocol.Fork(3, {"TOKEN": "a"}, "/run"),
    protocol.Kill(3, 15),
]
FROM_PARENT = [protocol.Prepared(), protocol.Gone(3, -9), protocol.Failed("m")]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda item: item.type)
def test_requests(message: protocol.Message) -> None:
    line = protocol.encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert protocol.decode(line, protocol.REQUESTS) == message


@pytest.mark.parametrize("message", EVENTS, ids=lambda item: item.type)
def test_events(message: protocol.Message) -> None:
    line = protocol.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert protocol.decode(line, protocol.EVENTS) == message


@pytest.mark.parametrize("message", TO_PARENT + FROM_PARENT, ids=lambda item: item.type)
def test_between_the_front_and_a_parent(message: protocol.Message) -> None:
    kinds = {**protocol.TO_PARENT, **protocol.FROM_PARENT}
    assert protocol.decode(protocol.encode(message), kinds) == message


def test_every_message_is_tried_here() -> None:
    assert {type(item) for item in TO_PARENT} == set(protocol.TO_PARENT.values())
    assert {type(item) for item in FROM_PARENT} == set(protocol.FROM_PARENT.values())
    assert {type(item) for item in MESSAGES} == set(protocol.REQUESTS.values())
    assert {type(item) for item in EVENTS} == set(protocol.EVENTS.values())


def test_the_request_arrives_whole() -> None:
    start = protocol.decode(protocol.encode(protocol.Start(REQUEST, "/run")), protocol.REQUESTS)
    assert isinstance(start, protocol.Start)
    assert start.request == REQUEST


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert protocol.decode(b'{"type": "hello", "pid": 1, "future": 2}', protocol.EVENTS) == protocol.Hello(1)


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"3", b'{"type": "tea"}', b'{"type": "hello"}', b'{"pid": 1}', b"\xff"]
)
def test_what_is_no_message(line: bytes) -> None:
    with pytest.raises(protocol.ProtocolError, match="not a message"):
        protocol.decode(line, protocol.EVENTS)
