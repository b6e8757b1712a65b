"""The hooks come and go without a trace, keep off a torch they do not know, and never trouble the compiler."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from statement_modules import CASES, generated_code

from inspector.worker.statements import KernelStatements, hooks, record_statements, session
from inspector.worker.statements.recorder import Recorder
from inspector.worker.statements.tags import MARK, GenerationScope, TaggedLine, strip


def installed() -> list[Any]:
    """What each hooked class holds under the hooked name; None where it inherits."""
    return [vars(session._owner(hook)).get(hook.name) for hook in session.HOOKS]


@pytest.fixture
def originals() -> list[Any]:
    return installed()


def test_context_installs_and_undoes_everything(originals: list[Any]) -> None:
    with record_statements(lambda found: None) as recording:
        assert recording.active
        assert all(now is not before for now, before in zip(installed(), originals, strict=True))
    assert all(now is before for now, before in zip(installed(), originals, strict=True))


def test_context_undoes_everything_after_an_error(originals: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), record_statements(lambda found: None):
        raise ZeroDivisionError
    assert all(now is before for now, before in zip(installed(), originals, strict=True))


def test_hook_that_cannot_be_made_leaves_nothing_behind(originals: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(original: Any, recorder: Recorder) -> Any:
        raise ValueError("no such luck")

    monkeypatch.setattr(session, "HOOKS", (*session.HOOKS[:-1], _replaced(session.HOOKS[-1], make=broken)))
    with record_statements(lambda found: None) as recording:
        assert "no such luck" in recording.reason
        assert installed() == originals
    with record_statements(lambda found: None):
        pass  # the lock is free again


def _replaced(hook: session.Hook, **changes: Any) -> session.Hook:
    from dataclasses import replace

    return replace(hook, **changes)


def test_unknown_release_installs_nothing(originals: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "9.9.0")
    with record_statements(lambda found: None) as recording:
        assert not recording.active
        assert "9.9.0" in recording.reason
        assert installed() == originals


def test_other_signature_installs_nothing(originals: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor.codegen.cpp import CppScheduling

    def define_kernel(self: Any, source: str) -> str:
        raise AssertionError("never called")

    monkeypatch.setattr(CppScheduling, "define_kernel", define_kernel)
    before = installed()
    with record_statements(lambda found: None) as recording:
        assert not recording.active
        assert "another torch._inductor.codegen.cpp.CppScheduling.define_kernel(self, source)" in recording.reason
        assert installed() == before


def test_missing_function_installs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor.codegen.cpp import CppKernel

    monkeypatch.delattr(CppKernel, "_gen_reduction_prefix")
    before = installed()
    with record_statements(lambda found: None) as recording:
        assert not recording.active
        assert "CppKernel._gen_reduction_prefix" in recording.reason
        assert installed() == before


def test_second_recording_is_refused() -> None:
    with record_statements(lambda found: None) as first, record_statements(lambda found: None) as second:
        assert first.active
        assert "already" in second.reason


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (GenerationScope, "tag"),
        (Recorder, "kind"),
        (Recorder, "lowered_node"),
        (Recorder, "report"),
        (Recorder, "define"),
    ],
)
def test_failure_inside_a_hook_ends_the_recording_and_nothing_else(
    owner: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES["softmax"]()
    plain = generated_code(case)
    original, calls = getattr(owner, name), []

    def fails_the_third_time(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == (3 if owner is GenerationScope else 1):
            raise LookupError("out of luck")
        return original(*args)

    monkeypatch.setattr(owner, name, fails_the_third_time)
    with record_statements(lambda found: None) as recording:
        assert generated_code(case) == plain
    assert calls
    assert "LookupError: out of luck" in recording.reason


@pytest.mark.compiles
@pytest.mark.parametrize("name", ["_origin", "_share_variable", "_share_reduction"])
def test_failure_in_a_hooks_helper_ends_the_recording_and_nothing_else(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any) -> Any:
        raise LookupError("out of luck")

    case = CASES["softmax"]()
    plain = generated_code(case)
    monkeypatch.setattr(hooks, name, fails)
    kernels: list[KernelStatements] = []
    with record_statements(kernels.append) as recording:
        assert generated_code(case) == plain
    assert "LookupError: out of luck" in recording.reason
    assert not kernels


@pytest.mark.compiles
def test_failing_sink_ends_the_recording_and_nothing_else() -> None:
    def sink(found: KernelStatements) -> None:
        raise OSError("disk full")

    case = CASES["layer_norm"]()
    plain = generated_code(case)
    with record_statements(sink) as recording:
        assert generated_code(case) == plain
    assert "OSError: disk full" in recording.reason


@pytest.mark.compiles
def test_user_error_in_the_compiler_passes_through() -> None:
    def function(x: torch.Tensor) -> torch.Tensor:
        return x.view(7, 7)

    with record_statements(lambda found: None) as recording, pytest.raises(Exception, match="view"):
        torch._dynamo.reset()
        torch.compile(function, fullgraph=True)(torch.randn(8))
    assert recording.reason == ""


def test_tags_come_off_whole_texts() -> None:
    scope = GenerationScope()
    scope.node = "exp"
    tagged = scope.tag("auto tmp1 = tmp0.exp();", "compute")
    assert MARK in tagged
    assert strip(tagged) == "auto tmp1 = tmp0.exp();"
    text = f"{{\n    {tagged}\n}}"
    assert scope.lines(text) == {1: TaggedLine(("exp",), (), "compute", ())}
    scope.node = "mul"
    scope.share([0])
    assert scope.lines(text) == {1: TaggedLine(("exp",), ("mul",), "compute", ())}


def test_tags_leave_special_lines_alone() -> None:
    scope = GenerationScope()
    assert scope.tag("x = 1;", "compute") == "x = 1;"  # on nobody's behalf
    scope.node = "exp"
    once = scope.tag("x = 1;", "compute")
    assert scope.tag(once, "compute") == once
    assert scope.tag("   ", "compute") == "   "
    assert scope.tag("continued \\", "compute") == "continued \\"
    both = scope.tag("first\nsecond", "compute")
    assert list(scope.lines(both)) == [0, 1]
