"""What the scheduler fused, recorded by a real worker: numbers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from worker_driver import Finished, capture

from inspector.model.fusion import KernelFusion
from inspector.model.request import CaptureRequest
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

MODULE = '''
import torch


def apart(x, w):
    """Every line one node; x is 4 × 16 floats, 256 bytes."""
    a = x.sin()
    b = a.neg()
    c = a * b
    d = c @ w
    return d.relu(), c
'''


ATTENTION = '''
import torch


def attend(q):
    """What the library call reads has to be in memory, though torch counts the call to the loop before it."""
    k = q.sin() * 2
    return torch.nn.functional.scaled_dot_product_attention(k, k, k)
'''


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A capture whose user has not asked for torch's fusion log."""
    folder = tmp_path_factory.mktemp("fusion")
    (folder / "apart.py").write_text(MODULE)
    request = CaptureRequest(
        target=f"{folder / 'apart.py'}:apart", inputs=("x=f32[4,16]", "w=f32[16,16]"), torch_logs=("recompiles",)
    )
    return capture(request, folder / "run")


def fusions(finished: Finished) -> list[KernelFusion]:
    return list(read_capture(finished.directory / "trace").fusions)


def test_what_is_saved_is_what_the_shapes_say(quiet: Finished) -> None:
    first, second = fusions(quiet)
    assert first.nodes == ("sin", "neg", "mul")
    # sin: 256 bytes, written once and read by neg and mul; neg: written once, read once. mul is returned.
    assert {value.node: (value.size, value.reads, value.saved) for value in first.intermediates} == {
        "sin": (256, 2, 768),
        "neg": (256, 1, 512),
    }
    assert first.saved_bytes == 1280
    assert second.nodes == ("relu",)
    assert second.saved_bytes == 0


def test_the_library_call_between_them_is_told(quiet: Finished) -> None:
    first, second = fusions(quiet)
    assert [(other.name, other.nodes, other.relation) for other in first.neighbours] == [
        ("extern_kernels.mm", ("mm",), "after")
    ]
    assert [(other.name, other.relation) for other in second.neighbours] == [("extern_kernels.mm", "before")]
    assert "library function" in first.neighbours[0].why


def test_the_log_stays_as_quiet_as_it_was_asked_to_be(quiet: Finished) -> None:
    assert quiet.exit_code == 0
    assert "fus" not in quiet.err


def test_the_capture_has_it_for_every_kernel(quiet: Finished) -> None:
    made = read_capture(quiet.directory / "trace")
    assert [fusion.kernel for fusion in made.fusions] == [name for item in made.compilations for name in item.kernels]


def test_training_has_both_directions(training: Finished) -> None:
    assert [payload["backward"] for payload in training.payloads("fusion")] == [False, True]
    made = read_capture(training.directory / "trace")
    assert [fusion.kernel for fusion in made.fusions] == [name for item in made.compilations for name in item.kernels]


def test_a_reduction_and_its_reader_are_explained(inference: Finished) -> None:
    (fusion,) = fusions(inference)
    # relu, sin, add, cos and add_1 are 4 × 16 floats, each written once and read once; the sum is returned.
    assert sorted(value.node for value in fusion.intermediates) == ["add", "add_1", "cos", "relu", "sin"]
    assert fusion.saved_bytes == 5 * 512


def test_what_a_library_call_reads_is_not_saved(tmp_path: Path) -> None:
    (tmp_path / "attention.py").write_text(ATTENTION)
    request = CaptureRequest(target=f"{tmp_path / 'attention.py'}:attend", inputs=("q=f32[1,2,8,16]",))
    (fusion,) = fusions(capture(request, tmp_path / "run"))
    assert fusion.nodes == ("sin", "mul")
    assert [(value.node, value.saved) for value in fusion.intermediates] == [("sin", 2 * 1024)]
    (attention,) = fusion.neighbours
    assert attention.relation == "after"
    assert [name.startswith("_scaled_dot_product") for name in attention.nodes] == [True]


def test_what_it_relies_on_is_put_back(tmp_path: Path) -> None:
    import logging

    from torch._inductor import scheduler
    from torch._inductor.codegen.cpp import CppScheduling

    from inspector.worker.direction import Direction
    from inspector.worker.fusion import _LOGGER, FusionLog

    logger = logging.getLogger(_LOGGER)
    before = (scheduler.Scheduler.codegen, CppScheduling.define_kernel, logger.level, list(logger.handlers))
    assert scheduler.fusion_log.name == _LOGGER, "the name that torch gives the logger"
    with FusionLog(Direction()).recording():
        assert scheduler.Scheduler.codegen is not before[0]
        assert len(logger.handlers) == len(before[3]) + 1
    assert (scheduler.Scheduler.codegen, CppScheduling.define_kernel, logger.level, list(logger.handlers)) == before


def test_another_torch_is_noted_and_nothing_is_hooked(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import scheduler

    from inspector.worker import records
    from inspector.worker.direction import Direction
    from inspector.worker.fusion import FusionLog

    notes: list[dict[str, str]] = []
    monkeypatch.setattr(records, "write", lambda name, payload: notes.append(payload))
    original = scheduler.Scheduler.codegen
    monkeypatch.delattr(scheduler, "WhyNoFuse")
    with FusionLog(Direction()).recording():
        assert scheduler.Scheduler.codegen is original
    assert [note["kind"] for note in notes] == ["fallback"]
    assert "WhyNoFuse" in notes[0]["message"] and "not explained" in notes[0]["message"]
