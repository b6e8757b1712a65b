"""Everything that can go wrong with a target, its options or its machine: one line, a way out, an exit code."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from worker_driver import Finished, capture

from inspector import protocol
from inspector.errors import EnvironmentLacking, InspectorError, TargetFailed, UsageError
from inspector.model.request import CaptureRequest
from inspector.worker.failures import translate


def run(request: CaptureRequest, directory: Path, **environment: str) -> Finished:
    finished = capture(request, directory, environment)
    assert finished.failed.fatal
    assert finished.exit_code == finished.failed.exit_code
    assert "\n" not in finished.failed.message
    return finished


@pytest.mark.compiles
def test_graph_breaks_make_several_graphs(modules: Path, tmp_path: Path) -> None:
    finished = capture(CaptureRequest(target=f"{modules}:broken", inputs=("x=f32[4]",)), tmp_path)
    assert finished.exit_code == 0
    assert len(finished.named["dynamo_graph_break_reason"]) >= 2
    compile_ids = [graph["compile_id"] for graph in finished.payloads("graph") if graph["stage"] == "dynamo"]
    assert len(set(compile_ids)) == len(compile_ids) >= 3
    assert {kernel["compile_id"] for kernel in finished.payloads("kernel")} == set(compile_ids)
    assert finished.directory.joinpath("out.log").read_text() == "a side effect\n"


@pytest.mark.compiles
def test_fullgraph_says_what_broke_and_where(modules: Path, tmp_path: Path) -> None:
    request = CaptureRequest(target=f"{modules}:broken", inputs=("x=f32[4]",), fullgraph=True)
    failed = run(request, tmp_path).failed
    line = modules.read_text().splitlines().index('    print("a side effect")') + 1
    assert f"(modules.py:{line})" in failed.message
    assert "print" in failed.traceback
    assert "--fullgraph" in failed.hint
    assert failed.exit_code == TargetFailed.exit_code


@pytest.mark.compiles
def test_inputs_that_do_not_fit_are_the_users(modules: Path, tmp_path: Path) -> None:
    finished = run(CaptureRequest(target=f"{modules}:mistaken", inputs=("x=f32[4,5]",)), tmp_path)
    assert finished.failed.exit_code == UsageError.exit_code
    assert "4x5 and 3x3" in finished.failed.message
    assert "dynamo_start" in finished.named, "what arrived stays in the trace"


FAKE_COMPILER = """#!/bin/sh
case "$1" in --version|-v) echo "g++ version 1.0"; exit 0;; esac
echo "kernel.cpp:3:5: error: this compiler is broken" >&2
exit 1
"""


@pytest.mark.compiles
def test_a_compiler_that_fails_is_quoted(modules: Path, tmp_path: Path) -> None:
    compiler = tmp_path / "g++"
    compiler.write_text(FAKE_COMPILER)
    compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
    request = CaptureRequest(target=f"{modules}:pointwise", inputs=("x=f32[4]",))
    finished = run(request, tmp_path / "run", CXX=str(compiler))
    assert "error: this compiler is broken" in finished.failed.message
    assert finished.failed.exit_code == TargetFailed.exit_code
    assert finished.payloads("ir"), "the stages before the compiler are there"


@pytest.mark.compiles
def test_a_missing_compiler_is_found_before_anything_is_built(modules: Path, tmp_path: Path) -> None:
    request = CaptureRequest(target=f"{modules}:pointwise", inputs=("x=f32[4]",))
    finished = run(request, tmp_path, CXX="no-such-compiler")
    assert "no-such-compiler" in finished.failed.message
    assert finished.failed.exit_code == EnvironmentLacking.exit_code
    phases = [event.phase for event in finished.events if isinstance(event, protocol.Progress)]
    assert phases == ["importing torch"]


@pytest.mark.compiles
def test_an_unknown_log_is_answered_with_the_nearest(modules: Path, tmp_path: Path) -> None:
    failed = run(CaptureRequest(target=f"{modules}:gate", torch_logs=("graph_brakes",)), tmp_path).failed
    assert "graph_breaks" in failed.message
    assert failed.exit_code == UsageError.exit_code


@pytest.mark.compiles
def test_nothing_to_compile_is_said(modules: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("def plain(x):\n    return 1\n")
    request = CaptureRequest(target=f"{tmp_path}/plain.py:plain", inputs=("x=f32[4]",), torch_logs=())
    finished = capture(request, tmp_path / "run")
    assert finished.exit_code == 0
    assert any("Dynamo made no graph of " in note["message"] for note in finished.payloads("note"))


def told(error: Exception, eager: Exception | None = None) -> InspectorError:
    """What `translate` makes of an error, where eager raises `eager` or nothing."""

    def call() -> None:
        if eager is not None:
            raise eager

    return translate(error, name="it", own=lambda raised: TargetFailed(f"own: {raised}"), eager=call)


def test_an_error_of_ours_passes_through() -> None:
    error = RuntimeError("outer")
    error.__cause__ = UsageError("inner")
    assert told(error) is error.__cause__


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 2147483648 bytes."
        ),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("C++ compile error: g++: fatal error: Killed signal terminated program cc1plus"),
    ],
)
def test_memory_comes_with_figures(error: Exception) -> None:
    message = told(error).message
    assert "not enough memory" in message
    assert "GiB are free" in message
    assert ("2.0 GiB:" in message) == ("2147483648" in str(error))


def test_the_targets_own_error_is_told_as_such() -> None:
    assert told(RuntimeError("compiled words"), ValueError("eager words")).message == "own: eager words"


def test_the_innermost_cause_of_a_compiler_failure_is_told() -> None:
    error = RuntimeError("backend raised a page of text")
    error.inner_exception = AssertionError("stride must be positive\nand more")  # type: ignore[attr-defined]
    failed = told(error)
    assert failed.message == "torch.compile failed on it: AssertionError: stride must be positive"
    assert "a page of text" in failed.detail
