"""`inspector.record` around one's own code: nothing changes but the logs that appear."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.output_graph import OutputGraph
from torch._inductor import compile_fx, config
from torch._inductor.utils import run_and_get_code
from torch._logging._internal import trace_log

import inspector
from inspector.errors import UsageError
from inspector.model.link import Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.worker import records
from inspector.worker.trace_file import TraceFile, attached

pytestmark = pytest.mark.compiles


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    torch._dynamo.reset()
    with torch.no_grad():
        yield
    torch._dynamo.reset()


def waved(x: Tensor) -> Tensor:
    return (x.sin() * 2).cos().softmax(-1)


def hooked() -> list[Any]:
    return [
        OutputGraph.call_user_compiler,
        compile_fx.compile_fx,
        compile_fx._compile_fx_inner,
        compile_fx._recursive_post_grad_passes,
        [handler for handler in trace_log.handlers if isinstance(handler, TraceFile)],
        vars(trace_log).get("handle"),
        config.fx_graph_cache,
        config.trace.provenance_tracking_level,
    ]


def test_a_block_is_recorded_and_everything_put_back(tmp_path: Path) -> None:
    before = hooked()
    x = torch.randn(4, 64)
    with inspector.record(tmp_path / "logs") as folder:
        assert torch.allclose(torch.compile(waved)(x), waved(x), atol=1e-6)
        assert config.fx_graph_cache == before[-2], "outside the compile the program's settings hold"
    assert hooked() == before
    assert folder == tmp_path / "logs"
    capture = inspector.open(folder)
    assert [item.function for item in capture.compilations] == ["waved"]
    assert capture.finished
    assert {link.origin for link in capture.links} >= {Origin.EXACT, Origin.DEBUG_INFO}
    torch._dynamo.reset()
    torch.compile(waved)(x)
    assert inspector.open(folder).records == capture.records, "after its end nothing is recorded"


def test_the_generated_code_is_the_same_to_the_byte(tmp_path: Path) -> None:
    x = torch.randn(4, 64)
    with config.patch(fx_graph_cache=False), torch._functorch.config.patch(enable_autograd_cache=False):
        _, plain = run_and_get_code(torch.compile(waved), x)
        torch._dynamo.reset()
        with inspector.record(tmp_path / "logs"):
            _, recorded = run_and_get_code(torch.compile(waved), x)
    numbers = re.compile(r"^# AOT ID: .*\n", re.MULTILINE)  # torch counts its compiles
    assert [numbers.sub("", text) for text in recorded] == [numbers.sub("", text) for text in plain]


def test_two_blocks_one_after_the_other_and_one_inside(tmp_path: Path) -> None:
    x = torch.randn(4, 64)
    with inspector.record(tmp_path / "outer"):
        with inspector.record(tmp_path / "inner"):
            torch.compile(waved)(x)
        torch.compile(lambda x: x.exp() - 1)(x)
    torch._dynamo.reset()
    with inspector.record(tmp_path / "later"):
        torch.compile(waved)(x)
    outer, inner, later = (inspector.open(tmp_path / name) for name in ("outer", "inner", "later"))
    assert [len(item.compilations) for item in (outer, inner, later)] == [2, 1, 1]
    for capture in (outer, inner, later):
        assert [Path(item.path or "").name for item in capture.find(Stage.SOURCE)] == [Path(__file__).name]
        assert capture.find(Stage.ASM), "equal code is loaded once, and belongs to each compile"
        place = capture.compilations[0].place
        assert place is not None and place.file == __file__, "strings that were interned before are in every log"


def test_overlapping_blocks_of_two_threads(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def longer() -> None:
        begun.wait()
        with inspector.record(tmp_path / "longer"):
            go_on.wait()
            torch.compile(waved)(torch.ones(2, 8))

    thread = threading.Thread(target=longer)
    thread.start()
    before = hooked()
    with inspector.record(tmp_path / "shorter"):
        begun.set()
    go_on.set()
    thread.join()
    assert hooked() == before
    assert inspector.open(tmp_path / "longer").find(Stage.KERNEL)
    assert list((tmp_path / "shorter").iterdir()) == [], "a log appears with the first record"


def test_what_is_raised_is_the_programs(tmp_path: Path) -> None:
    before = hooked()

    def failing(graph: Any, inputs: Any) -> Any:
        raise ZeroDivisionError("the backend's own")

    with pytest.raises(Exception, match="the backend's own"), inspector.record(tmp_path / "logs"):
        torch.compile(waved, backend=failing)(torch.ones(2, 8))
    assert hooked() == before
    assert inspector.open(tmp_path / "logs").find(Stage.DYNAMO)


@pytest.mark.parametrize(
    "place", ["graphs.describe", "sources.Sources.add", "kernels.kernels_of", "graph_log._counters"]
)
def test_a_mistake_of_ours_costs_the_recording_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def mistaken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(f"inspector.worker.{place}", mistaken)
    x = torch.randn(4, 64)
    with inspector.record(tmp_path / "logs"):
        assert torch.allclose(torch.compile(waved)(x), waved(x), atol=1e-6)
    notes = [note.message for note in inspector.open(tmp_path / "logs").notes]
    assert any("a mistake of ours" in note for note in notes), notes


@pytest.mark.parametrize(("owner", "name"), [(OutputGraph, "call_user_compiler"), (compile_fx, "_compile_fx_inner")])
def test_another_torch_is_recorded_with_less_and_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    def other(*anything: Any, **named: Any) -> Any:
        return original(*anything, **named)

    monkeypatch.setattr(owner, name, other)
    with inspector.record(tmp_path / "logs"):
        torch.compile(waved)(torch.randn(4, 64))
    assert getattr(owner, name) is other
    capture = inspector.open(tmp_path / "logs")
    assert capture.find(Stage.KERNEL)
    assert any(note.kind == "fallback" and name in note.message for note in capture.notes), capture.notes


def test_torchs_caches_answer_where_that_is_wanted(tmp_path: Path) -> None:
    x = torch.randn(4, 64)
    with config.patch(fx_graph_cache=True), torch._functorch.config.patch(enable_autograd_cache=False):
        for folder in ("first", "second"):
            torch._dynamo.reset()
            with inspector.record(tmp_path / folder, warm=True):
                torch.compile(waved)(x)
    first, second = (inspector.open(tmp_path / name) for name in ("first", "second"))
    assert [item.compilations[0].cache for item in (first, second)] == ["miss", "hit"]
    assert second.find(Stage.ASM)


def test_a_folder_that_cannot_be_is_refused_before_anything_is_hooked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = hooked()
    with pytest.raises(UsageError, match="cannot be written"), inspector.record(tmp_path / "file" / "logs"):
        pass
    assert hooked() == before


def test_a_full_disk_ends_the_recording_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    file = TraceFile(tmp_path, dict)
    with attached(file):
        records.write("note", {"kind": "warning", "message": "fits"})
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            records.write("note", {"kind": "warning", "message": "does not"})
            records.write("note", {"kind": "warning", "message": "is not tried"})
    assert capsys.readouterr().err.count("ends here") == 1
    assert [note.message for note in read_capture(tmp_path).notes] == ["fits"]


def test_a_disabled_logger_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging.config.dictConfig` disables every logger that it does not name."""
    monkeypatch.setattr(trace_log, "disabled", True)
    logging.getLogger("torch")
    with attached(TraceFile(tmp_path, dict)):
        records.write("note", {"kind": "warning", "message": "heard"})
    assert [note.message for note in read_capture(tmp_path).notes] == ["heard"]
