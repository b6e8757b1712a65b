"""A torch whose private parts changed: the capture goes on with less, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.output_graph import SubgraphTracer
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._inductor import compile_fx, config
from torch._inductor.codecache import PyCodeCache
from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler

from inspector.worker import graphs, records
from inspector.worker import kernels as kernels_module
from inspector.worker.backend import CaptureBackend
from inspector.worker.kernels import Kernels
from inspector.worker.private import PrivateChanged
from inspector.worker.sources import Sources
from inspector.worker.toolchain import ToolchainCache, cache_root


def chained(x: Tensor) -> Tensor:
    return (x.sin()
            + x.cos()
            + x.exp())  # fmt: skip


Written = dict[str, list[Any]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Written]:
    """Everything that is recorded, by name; the compiler's caches are this test's own."""
    found: Written = {}
    monkeypatch.setattr(records, "write", lambda name, payload: found.setdefault(name, []).append(payload))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    compiler = get_cpp_compiler()
    kept = ToolchainCache(cache_root(), f"{compiler} {get_compiler_version_info(compiler)}")
    with (
        kept.in_force(),
        config.patch(fx_graph_cache=False),
        torch._functorch.config.patch(enable_autograd_cache=False),
    ):
        torch._dynamo.reset()
        yield found
        torch._dynamo.reset()


def compile_chained(*, custom_passes: bool = True) -> None:
    backend = CaptureBackend({}, Kernels(), Sources(), custom_passes=custom_passes)
    x = torch.ones(8)
    with backend.recording() as inductor, torch.no_grad():
        assert torch.allclose(torch.compile(chained, backend=inductor)(x), chained(x))


def stages(written: Written) -> list[str]:
    return [graph["stage"] for graph in written["graph"]]


def other_parameters(original: Callable[..., Any]) -> Callable[..., Any]:
    """The same function under a signature that names no parameters."""

    def function(*anything: Any, **named: Any) -> Any:
        return original(*anything, **named)

    return function


@pytest.mark.compiles
def test_without_the_passes_a_custom_pass_sees_post_grad(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    original = compile_fx._recursive_post_grad_passes
    monkeypatch.setattr(compile_fx, "_recursive_post_grad_passes", other_parameters(original))
    compile_chained()
    assert stages(written) == ["dynamo", "aten", "post_grad"]
    (message,) = fallbacks(written)
    assert "_recursive_post_grad_passes" in message
    assert config.post_grad_custom_post_pass is None
    assert compile_fx._recursive_joint_graph_passes.__module__ == "torch._inductor.compile_fx"


def fallbacks(written: Written) -> list[str]:
    """What the notes say about private parts; a torch without line tables has a note about these too."""
    return [note["message"] for note in written["note"] if note["kind"] == "fallback"]


@pytest.mark.compiles
def test_torchs_own_caches_keep_their_keys(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    original = compile_fx._recursive_joint_graph_passes
    monkeypatch.setattr(compile_fx, "_recursive_joint_graph_passes", other_parameters(original))
    compile_chained(custom_passes=False)
    assert stages(written) == ["dynamo", "aten"]
    assert len(fallbacks(written)) == 1


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("owner", "name"), [(InstructionTranslatorBase, "frame_summary"), (SubgraphTracer, "create_proxy")]
)
def test_without_frames_places_are_known_by_line(
    written: Written, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    monkeypatch.setattr(owner, name, other_parameters(getattr(owner, name)))
    compile_chained()
    first = chained.__code__.co_firstlineno
    places = {node["name"]: node["stack"][-1] for node in written["graph"][1]["nodes"] if node["stack"]}
    assert {name: place["line"] - first for name, place in places.items()} == {
        "sin": 1, "cos": 2, "add": 1, "exp": 3, "add_1": 1
    }  # fmt: skip
    assert {place["col"] for place in places.values()} == {None}
    assert "line only" in written["note"][0]["message"]


@pytest.mark.compiles
def test_without_the_list_of_modules_the_kernels_are_found_all_the_same(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(use: str, name: str) -> None:
        raise PrivateChanged(use, "torch has no PyCodeCache.modules")

    monkeypatch.setattr(kernels_module, "require", gone)
    before = len(PyCodeCache.modules)
    compile_chained()
    assert len(PyCodeCache.modules) == before + 1
    names = {kernel["kernel"] for kernel in written["kernel"]}
    assert vars(PyCodeCache.modules[-1]).keys() >= names
    assert any("add" in name for name in names)
    assert written["note"][0]["kind"] == "fallback"


@pytest.mark.compiles
def test_a_recorder_that_fails_does_not_fail_the_compile(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*anything: object) -> None:
        raise LookupError("no such fact")

    monkeypatch.setattr(graphs, "describe", fail)
    compile_chained()
    assert "graph" not in written
    dropped = [note for note in written["note"] if note["kind"] != "missing"]  # line tables, before torch 2.13
    assert [note["kind"] for note in dropped] == ["dropped"] * 3
    assert dropped[1]["message"] == "There is no record of the aten graph of 0/0: LookupError: no such fact"
