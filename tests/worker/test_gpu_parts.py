"""What the worker does for a GPU, on a machine without one: fakes of torch's and Triton's objects."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import sympy
import torch
from torch._inductor import pattern_matcher
from torch._inductor.runtime import triton_heuristics
from torch.autograd import DeviceType

from inspector.model.profile import Argument, Part
from inspector.worker import gpu_clock, records, triton_kernels
from inspector.worker.fusion import _ranges
from inspector.worker.kernels import Kernels
from inspector.worker.patterns import REPLACES, hearing_patterns
from inspector.worker.private import PrivateChanged
from inspector.worker.profiling import gpu
from inspector.worker.triton_kernels import TritonKernels, tuners_of

Written = list[tuple[str, Any]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    found: Written = []
    monkeypatch.setattr(records, "write", lambda name, payload: found.append((name, payload)))
    return found


def test_ranges_are_loops_for_cpp_and_products_for_triton() -> None:
    assert _ranges(((4, 8), ())) == [["4", "8"], []]
    assert _ranges((sympy.Integer(1536), sympy.Symbol("s0") * 2)) == [["1536"], ["2*s0"]]


# --- Triton's stages -------------------------------------------------------------------------------------------------


def launcher(**changes: Any) -> Any:
    config = SimpleNamespace(kwargs={"XBLOCK": 64}, num_warps=2, num_ctas=1, num_stages=1, maxnreg=None)
    return SimpleNamespace(cache_hash="HASH", config=config, n_regs=19, n_spills=0, shared=8, **changes)


def tuner(*launchers: Any) -> Any:
    made: Any = object.__new__(triton_heuristics.CachingAutotuner)
    made.launchers, made.compile_results = list(launchers), list(launchers)
    made.triton_meta, made.filename = {"device": 0}, "/tmp/run/hx/k.py"
    return made


def output_module(**kernels: Any) -> ModuleType:
    module = ModuleType("output_code")
    module.__file__ = "/tmp/run/he/code.py"
    vars(module).update(call=lambda args: args, AsyncCompile=object, **kernels)
    return module


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Triton's cache with one configuration in it, and a disassembler."""
    folder = tmp_path / "HASH"
    folder.mkdir()
    for stage in ("ttir", "ttgir", "llir", "ptx"):
        (folder / f"k.{stage}").write_text(f"the {stage}")
    (folder / "k.cubin").write_bytes(b"\x7fELF")
    (folder / "__grp__k.json").write_text("{}")
    tool = tmp_path / "nvdisasm"
    tool.write_text(f"#!{sys.executable}\nimport sys\nprint(*sys.argv[1:])\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return folder


def collected(module: ModuleType, *, last: bool = True) -> TritonKernels:
    kernels = TritonKernels(lambda work: work())
    kernels.collect(module, "0/0", backward=False)
    kernels.write(last=last)
    return kernels


def test_a_kernel_that_runs_is_written_with_all_its_stages(cache: Path, written: Written) -> None:
    collected(output_module(triton_poi_0=tuner(launcher())))
    ((name, payload),) = written
    assert name == "triton"
    assert payload["kernel"] == "triton_poi_0" and payload["file"] == "/tmp/run/hx/k.py"
    assert payload["output_code"] == "/tmp/run/he/code.py"
    assert payload["launch"] == {
        "XBLOCK": 64, "num_warps": 2, "num_ctas": 1, "num_stages": 1, "registers": 19, "spills": 0, "shared_bytes": 8,
    }  # fmt: skip
    assert payload["texts"]["ptx"] == "the ptx"
    assert payload["texts"]["sass"].split() == ["-g", "-gp", "-c", str(cache / "k.cubin")]


def test_the_configuration_that_is_chosen_later_is_the_one_written(cache: Path, written: Written) -> None:
    waiting = tuner(launcher(), launcher())
    kernels = collected(output_module(k=waiting), last=False)
    assert not written, "several configurations are left until the kernel has run"
    waiting.launchers = waiting.launchers[:1]
    kernels.write()
    assert [name for name, _ in written] == ["triton"]
    kernels.write(last=True)
    assert len(written) == 1


def test_a_kernel_that_never_ran_is_told_of(cache: Path, written: Written) -> None:
    collected(output_module(k=tuner(launcher(), launcher())))
    ((name, note),) = written
    assert name == "note" and "never ran, so none of its 2 configurations is chosen" in note["message"]


def test_without_nvdisasm_there_is_no_sass_and_a_note(
    cache: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triton_kernels, "find_nvdisasm", lambda: None)
    collected(output_module(a=tuner(launcher()), b=tuner(launcher())))
    notes = [payload["message"] for name, payload in written if name == "note"]
    assert notes == ["There is no SASS: nvdisasm is not installed (it comes with CUDA's toolkit, and Triton)."]
    assert all("sass" not in payload["texts"] for name, payload in written if name == "triton")


def test_a_disassembler_that_fails_costs_only_the_sass(cache: Path, written: Written) -> None:
    (cache.parent / "nvdisasm").write_text(f"#!{sys.executable}\nraise SystemExit(3)\n")
    collected(output_module(k=tuner(launcher())))
    (_, note), (_, payload) = written
    assert "The SASS of k could not be read" in note["message"]
    assert sorted(payload["texts"]) == ["llir", "ptx", "ttgir", "ttir"]


def test_an_empty_cache_is_told_of(cache: Path, written: Written) -> None:
    for file in cache.iterdir():
        file.unlink()
    collected(output_module(k=tuner(launcher())))
    assert written[0][1]["message"] == "Triton's cache holds no ttir, ttgir, llir, ptx of k."


@pytest.mark.parametrize("missing", ["call", "AsyncCompile"])
def test_other_modules_with_kernels_are_left_alone(cache: Path, written: Written, missing: str) -> None:
    """A kernel's own module, and the one that a template is tried out in."""
    module = output_module(k=tuner(launcher()))
    del vars(module)[missing]
    collected(module)
    assert not written


def test_another_torch_costs_the_stages_and_a_note(
    cache: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = output_module(k=tuner(launcher()))
    monkeypatch.delattr(triton_heuristics, "CachingAutotuner")
    kernels = collected(module)
    kernels.collect(module, "0/1", backward=False)
    ((name, note),) = written
    assert name == "note" and note["kind"] == "fallback"
    assert "CachingAutotuner: Triton kernels have neither IR nor machine code." in note["message"]
    with pytest.raises(PrivateChanged):
        list(tuners_of(module))


def test_kernels_collects_them_and_a_fork_forgets_those_that_wait(cache: Path, written: Written) -> None:
    kernels = Kernels()
    kernels._write(output_module(k=tuner(launcher())), "0/0", backward=False)
    kernels._write(output_module(late=tuner(launcher(), launcher())), "0/1", backward=False)
    kernels.finish(last=False)
    kernels.after_fork()
    kernels.finish()
    assert [payload["kernel"] for name, payload in written if name == "triton"] == ["k"]


# --- patterns --------------------------------------------------------------------------------------------------------


def test_what_a_pattern_puts_in_knows_what_it_replaced() -> None:
    kept = vars(pattern_matcher.ReplacementPatternEntry)["replace_with_graph"]
    patterns = pattern_matcher.PatternMatcherPass()

    def before(x: torch.Tensor) -> torch.Tensor:
        return x.sin().cos()

    def after(x: torch.Tensor) -> torch.Tensor:
        return x.tan().exp()

    with hearing_patterns():
        pattern_matcher.register_replacement(before, after, [torch.ones(3)], pattern_matcher.fwd_only, patterns)
        graph = pattern_matcher.fwd_only(lambda x: x.sin().cos() + 1, [torch.ones(3)])
        taken = {node.target: node.name for node in graph.graph.nodes}
        assert patterns.apply(graph.graph) == 1
    found = {node.target: node.meta.get(REPLACES) for node in graph.graph.nodes if node.op == "call_function"}
    aten = torch.ops.aten
    replaced = {taken[aten.sin.default], taken[aten.cos.default]}
    assert set(found[aten.tan.default] or ()) == set(found[aten.exp.default] or ()) == replaced
    assert found[aten.add.Tensor] is None
    assert vars(pattern_matcher.ReplacementPatternEntry)["replace_with_graph"] is kept


def test_patterns_of_another_torch_cost_only_their_links(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pattern_matcher.ReplacementPatternEntry, "replace_with_graph")
    with hearing_patterns():
        pass
    ((_, note),) = written
    assert "what a pattern put into a graph is not linked" in note["message"]


# --- the GPU's clock -------------------------------------------------------------------------------------------------


class Event:
    """One of the profiler's events."""

    def __init__(self, name: str, start: int, length: int, number: int, linked: int = 0, *, gpu: bool = False) -> None:
        self._said = {
            "name": name,
            "start_ns": start,
            "duration_ns": length,
            "correlation_id": number,
            "linked_correlation_id": linked,
            "device_type": DeviceType.CUDA if gpu else DeviceType.CPU,
            "start_thread_id": 1,
            "is_user_annotation": name.startswith("range"),
        }

    def __getattr__(self, name: str) -> Callable[[], Any]:
        return lambda: self._said[name]


EVENTS = [
    Event("aten::mm", 0, 50, 1),
    Event("cudaLaunchKernel", 10, 5, 7, 1),
    Event("sgemm", 100, 40, 7, 1, gpu=True),
    Event("splitk_reduce", 140, 10, 8, 1, gpu=True),
    Event("inspector.kernel/0/0/triton_poi_0", 60, 30, 2),
    Event("triton_poi_0", 65, 20, 3),
    Event("triton_poi_0", 200, 30, 9, 3, gpu=True),
    Event("Memset (Device)", 145, 10, 10, 0, gpu=True),
    Event("range of mine", 0, 999, 11, 0, gpu=True),
]


def test_the_gpu_is_at_work_where_any_kernel_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpu_clock.union([(0, 10), (5, 12), (20, 30), (21, 22)]) == 22
    monkeypatch.setattr(gpu_clock, "profiled", lambda run, cpu: EVENTS)
    assert gpu_clock.busy_seconds(lambda: None) == pytest.approx(85e-9)


def test_each_kernel_belongs_to_what_launched_it() -> None:
    found = {(kernel.name, kernel.part, kernel.compile_id) for kernel in gpu._kernels(EVENTS, {})}
    assert found == {
        ("aten::mm", Part.OPERATOR, ""),
        ("triton_poi_0", Part.KERNEL, "0/0"),
        ("Memset (Device)", Part.RUNTIME, ""),
    }
    attention = [
        Event("aten::attention", 0, 90, 1),
        Event("aten::_flash", 10, 50, 2),
        Event("flash_fwd", 100, 9, 3, 2, gpu=True),
    ]
    assert [kernel.name for kernel in gpu._kernels(attention, {})] == ["aten::_flash"]
    assert [kernel.name for kernel in gpu._kernels(attention, {}, {"aten::attention"})] == ["aten::attention"]
    met = [Event("aten::mm", 0, 90, 7), Event("cudaLaunchKernel", 95, 5, 7, 3), Event("gemm", 100, 9, 8, 7, gpu=True)]
    assert [kernel.name for kernel in gpu._kernels(met, {})] == ["aten::mm"]
    of_a_graph = [Event("cudaGraphLaunch", 0, 9, 5), Event("triton_poi_0", 20, 9, 5, 5, gpu=True)]
    (kernel,) = gpu._kernels(of_a_graph, {"triton_poi_0": "0/1"})
    assert (kernel.name, kernel.part, kernel.compile_id) == ("triton_poi_0", Part.KERNEL, "0/1")


def test_the_rows_and_what_is_left_add_up_to_the_call() -> None:
    kernels = list(gpu._kernels(EVENTS, {}))
    side = gpu._Side(print, undisturbed=400e-9, timed=1, profiled=1, kernels=kernels, busy=85)
    summed = gpu._summed(side, {})
    rows = {row.name: row for row in summed.rows}
    assert rows["aten::mm"].calls == 1 and rows["aten::mm"].own == pytest.approx(50e-9)
    assert rows[gpu.IDLE].own == pytest.approx(315e-9) and rows[gpu.IDLE].part is Part.PYTHON
    assert summed.rows[0].name == gpu.IDLE


def test_launches_are_counted_and_left_as_they_were() -> None:
    class Launched:
        def run(self, *args: Any, **kwargs: Any) -> int:
            return len(args)

    made = tuner(launcher())
    made.__class__ = type("Tuner", (triton_heuristics.CachingAutotuner,), {"run": Launched.run})
    module = output_module(k=made)
    vars(module)["k"].__class__.__name__ = "CachingAutotuner"
    with gpu.launches_counted([("0/0", module)]) as seen:
        assert made.run(torch.ones(4, 2), 8, stream=0) == 2
    (call,) = seen()
    assert (call.compile_id, call.kernel, call.count) == ("0/0", "k", 1)
    assert call.arguments == (Argument("f32", 8, 4), Argument(value=8))
    assert "run" not in vars(made)
