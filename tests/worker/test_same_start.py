"""Each call begins from the same state: what eager and compiled come to, in numerics, the race and profiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from worker_driver import Worker, read_trace

from inspector import protocol
from inspector.live.latency import LatencyFold
from inspector.live.profiling import ProfileFold
from inspector.model.latency import summarise
from inspector.model.numerics import Numerics
from inspector.model.request import CaptureRequest
from inspector.say.latency import finding
from inspector.say.numerics import closer, doubt, graph_note, nodes_agree, rounding, spread, verdict
from inspector.say.writes import writing_words
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

EQUAL = "Compiled is equal to eager in all that was compared"

CODE = '''
import torch
from torch import nn


@torch.library.custom_op("same_start::reverse", mutates_args=("out",))
def reverse(values: torch.Tensor, out: torch.Tensor) -> None:
    for index in range(len(values)):
        out[len(values) - 1 - index] = values[index]


class Wrong(nn.Module):
    """Inductor drops the copy, and the operator reads what it writes."""

    def forward(self, x):
        before = x.clone()
        reverse(before, x)
        return x * 2, "words", 3


def wrong():
    return Wrong(), (torch.arange(8.0),)


class Cache(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("keys", torch.zeros(4, 8))
        self.step = 0

    def forward(self, x):
        self.step += 1
        self.keys[self.step] = x
        return self.keys.sum(0) + self.step


def cache():
    return Cache(), (torch.ones(8),)


def rope(queries, cosine, sine):
    low, high = queries.chunk(2, dim=-1)
    return queries * cosine + torch.cat((-high, low), dim=-1) * sine


def rotary():
    torch.manual_seed(123)
    shapes = (1, 2, 7, 16), (7, 16), (7, 16)
    return rope, tuple(torch.randn(shape, dtype=torch.bfloat16) for shape in shapes)


class Apart(nn.Module):
    def forward(self, x):
        return self.inner(x)

    @torch._dynamo.disable
    def inner(self, x):
        return x.sin()


def apart():
    return Apart(), (torch.ones(64),)


class Drawing(nn.Module):
    def forward(self, x):
        y = x.sin()
        torch._dynamo.graph_break()
        torch.manual_seed(3)
        return nn.functional.dropout(y, 0.5, training=True) + torch.randn_like(y)


def drawing():
    return Drawing(), (torch.ones(4, 8),)


def silent(x):
    return None


def nothing():
    return silent, (torch.ones(4),)


def sparse():
    return lambda eye, x: torch.sparse.mm(eye, x), (torch.eye(4).to_sparse(), torch.ones(4, 4))
'''


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("same") / "same.py"
    file.write_text(CODE)
    return file


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path)
    yield made
    made.close()
    made.kill()


def numerics(worker: Worker, request: CaptureRequest, *, nodes: bool = False) -> Numerics:
    """A target's numerics, placed in its capture."""
    worker.start(request)
    worker.wait_for(protocol.Compiled)
    worker.send(protocol.RunProfile(numerics=True, nodes=nodes, times=False))
    fold = ProfileFold()
    assert fold.take(worker.wait_for(protocol.Profiled))
    (found,) = fold.added_to(read_capture(worker.directory / "trace")).numerics
    return found


def race(worker: Worker) -> protocol.Compared:
    worker.send(protocol.RunLatency(2))
    return worker.wait_for(protocol.Compared)


def test_a_compiled_result_that_is_wrong_is_called_so_and_the_operator_is_named(code: Path, worker: Worker) -> None:
    found = numerics(worker, CaptureRequest(target=f"{code}:wrong"), nodes=True)
    output, after = found.outputs
    assert (output.name, output.compiled_eager.absolute, output.compiled_eager.differing) == ("output 0", 14.0, 4)
    assert after.name == "argument 0 `x` after the call"
    assert (after.compiled_eager.absolute, after.compiled_eager.beyond) == (7.0, 4)
    assert found.values == 2, "text and number were compared too"
    assert verdict(found).startswith("8 of 16 elements differ, 4 of output 0 and 1 more tensor beyond")
    assert writing_words(found.writes, found.writes_compiled) == "writes to: argument 0 `x`"
    first = found.first
    assert first is not None
    assert (first.calls, first.line is not None) == ("same_start.reverse.default", True)
    assert first.source is not None
    assert first.source.code == "reverse(before, x)"
    assert read_capture(worker.directory / "trace").target["writes"] == ["argument 0 `x`"]
    compared = race(worker)
    assert (compared.max_abs, compared.differing, compared.elements) == (14.0, 8, 16)
    assert compared.writes == ["argument 0 `x`"]


def test_a_right_result_of_a_target_that_writes_is_called_right_however_often_it_is_called(
    code: Path, worker: Worker
) -> None:
    found = numerics(worker, CaptureRequest(target=f"{code}:cache"))
    assert (
        verdict(found) == f"{EQUAL} (2 tensors, 40 elements, 1 plain value; containers, strides and shared memory too)"
    )
    assert found.writes == found.writes_compiled
    assert set(found.writes) == {"buffer `keys`", "attribute `step`"}
    for _ in range(2):
        compared = race(worker)
        assert (compared.differing, compared.elements, compared.graphs) == (0, 40, 1)
        worker.send(protocol.ResetLatency())
    worker.send(protocol.RunProfile(0.1))
    profile = worker.wait_for(protocol.Profiled).profile
    assert profile is not None
    copies = {row.name: row.calls for row in profile.compiled.rows if row.name == "aten::copy_"}
    assert copies.get("aten::copy_", 0) <= 1, "what puts the state back is no part of a call"
    outputs = [item for item in read_trace(worker.directory / "trace") if item.name == "inductor_output_code"]
    assert len(outputs) == 1, "the step is what the guards expect, at every call"


def test_roundings_that_the_kernel_leaves_out_are_named_and_shown_to_be_the_cause(code: Path, worker: Worker) -> None:
    found = numerics(worker, CaptureRequest(target=f"{code}:rotary"), nodes=True)
    (output,) = found.outputs
    assert spread(output.compiled_eager, "eager") == (
        "69 of 224 differ: 64 by 1–3 ULP, 5 by more, the furthest by 15,056 where eager is 0"
    )
    assert closer(found) == "Compiled is closer to float64: at most 0.0128 away, eager 0.0226 (output 0)"
    assert found.roundings is not None
    assert (found.roundings.nodes, found.roundings.left) == (("mul", "mul_1"), 0)
    assert "(same.py:43), where the kernel does not: without these roundings eager has" in rounding(found)
    (graph,) = found.node_graphs
    assert "in a register is rounded here and not there" in graph_note(graph)


def test_with_eagers_roundings_kept_nothing_differs(code: Path, worker: Worker) -> None:
    request = CaptureRequest(target=f"{code}:rotary", inductor=(("emulate_precision_casts", "True"),))
    found = numerics(worker, request)
    assert verdict(found) == f"{EQUAL} (1 tensor, 224 elements; containers, strides and shared memory too)"
    assert (found.roundings, closer(found)) == (None, "")


def test_eager_against_itself_is_no_race(code: Path, worker: Worker) -> None:
    found = numerics(worker, CaptureRequest(target=f"{code}:apart"))
    assert verdict(found) == "No compiled graph ran in this call: eager was compared with eager"
    worker.send(protocol.RunLatency(6))
    fold = LatencyFold()
    for kind in (protocol.Compared, protocol.Samples):
        fold.take(worker.wait_for(kind))
    summary = summarise(fold.runs()[0])
    assert summary.speedup is None
    assert finding(summary) == "no compiled graph runs in a call: eager was timed against itself"


def test_where_nothing_is_returned_nothing_was_compared(code: Path, worker: Worker) -> None:
    worker.start(CaptureRequest(target=f"{code}:nothing"))
    worker.wait_for(protocol.Compiled)
    worker.send(protocol.RunProfile(numerics=True, times=False))
    found = worker.wait_for(protocol.Profiled).numerics
    assert found is not None
    assert not found.outputs
    assert doubt(found)


def test_where_nothing_was_compiled_the_nodes_are_not_and_torchs_reason_is_given(code: Path, worker: Worker) -> None:
    found = numerics(worker, CaptureRequest(target=f"{code}:sparse"), nodes=True)
    (output,) = found.outputs
    assert output.compiled_eager.elements == 16, "the results were compared all the same"
    assert verdict(found).endswith("eager was compared with eager")
    (left,) = found.graphs_left
    assert "torch.compile does not support sparse Tensors" in left
    assert "--warm" not in left


def test_other_random_numbers_are_no_difference(modules: Path, code: Path, tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "drop.py"
    file.write_text(
        "import torch\n\ndef drop():\n"
        "    return torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Dropout(0.5)), (torch.ones(4, 8),)\n"
    )
    found = numerics(worker, CaptureRequest(target=f"{file}:drop", train=True))
    assert found.chance
    assert "draws other ones than eager: what differs says nothing" in verdict(found)
    assert closer(found) == ""
    assert found.note == "There is no comparison with float64, which draws other random numbers."


def test_graphs_that_draw_are_compared_with_what_was_drawn_and_each_graph_is(code: Path, worker: Worker) -> None:
    """A target that sets the seed itself depends on chance all the same: Inductor's numbers are others."""
    found = numerics(worker, CaptureRequest(target=f"{code}:drawing"), nodes=True)
    assert found.chance
    assert "say" not in closer(found)
    first, second = found.node_graphs
    assert (first.compile_id, first.compared, second.compared) == ("0/0", True, True)
    assert {node.calls for node in found.nodes} >= {"aten.mul.Tensor", "aten.add.Tensor", "aten.sin.default"}
    assert not any("random" in node.calls for node in found.nodes)
    assert found.first is None
    assert nodes_agree(found).startswith("None of")
    assert f"the ATen graphs of 0/0, {second.compile_id} is beyond" in nodes_agree(found)
    (aside,) = found.asides
    draw = "draw" if "," in aside.partition(" of ")[0] else "draws"
    assert aside.endswith(f"of {second.name} {draw} at random: both sides were given the same.")
    assert found.graphs_left == ()
