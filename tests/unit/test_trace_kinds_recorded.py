"""What recorded logs of torch 2.13 become: shapes, resets, compiled autograd, export, collectives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from inspector.model.artifact import Language
from inspector.model.capture import Capture, CompileStatus, Frame
from inspector.model.shapes import ShapeFactKind
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"


@pytest.fixture(scope="module")
def symbols() -> Capture:
    return read_capture(TRACES / "symbols.log")


def test_every_recorded_kind_is_known() -> None:
    for path in TRACES.glob("*.log"):
        capture = read_capture(path)
        assert capture.unknown == {}, path.name
        assert capture.dropped == 0, path.name


def test_a_size_that_was_pinned_says_where(symbols: Capture) -> None:
    first, second = symbols.shapes
    assert (first.compile_id, second.compile_id) == ("0/0", "0/1")
    rows = first.symbols[0]
    assert (rows.value, rows.range, rows.source, rows.backed) == ("12", "[2, int_oo]", "L['x'].size()[0]", True)
    assert rows.stack[-1].code == "y = x * n"
    (pinned,) = second.specializations
    assert (pinned.value, pinned.sources) == ("8", ("L['x'].size()[0]",))
    assert pinned.stack[-1] == Frame("/home/user/project/cases.py", 61, "f", "if x.shape[0] == 8:")
    (guard, *_) = first.facts
    assert (guard.kind, guard.expression) == (ShapeFactKind.GUARD, f"Ne({rows.name}, 8)")


def test_the_guard_that_failed_is_marked_with_the_compile_it_led_to(symbols: Capture) -> None:
    failed = [guard for guard in symbols.compilations[0].guards if guard.failed_for]
    assert [(guard.code, guard.failed_for) for guard in failed] == [("L['x'].size()[0] != 8", ("0/1",))]
    assert failed[0].place.endswith("cases.py:61 in f: if x.shape[0] == 8:")
    (size,) = [guard for guard in read_capture(TRACES / "recompile.log").compilations[0].guards if guard.failed_for]
    assert (size.kind, size.failed_for) == ("TENSOR_MATCH", ("0/1", "0/2"))


def test_inputs_are_described_with_their_memory(symbols: Capture) -> None:
    (first, _) = symbols.inputs
    assert (first.compile_id, first.source) == ("0/0", "L['x']")
    assert (first.meta.shape, first.meta.stride, first.meta.dtype) == (("12", "2"), ("2", "1"), "float32")
    assert (first.meta.device, first.storage, first.storage_bytes) == ("cpu", 0, 12 * 2 * 4)


def test_what_profile_guidance_remembers(symbols: Capture) -> None:
    earlier, later = symbols.code_states
    assert (earlier.written, earlier.store, earlier.dynamic_sources) == (True, "local", ())
    (function,) = earlier.functions
    assert function.code == "/home/user/project/cases.py:58:f"
    assert function.sources == (("L['x']", "tensor size=[12, 2] stride=[S(1), 1]"), ("L['n']", "scalar 3"))
    assert later.dynamic_sources == ("L['x']", "L['n']")


def test_the_guard_tree_holds_every_guard_once(symbols: Capture) -> None:
    for compilation in symbols.compilations:
        tree = compilation.guard_tree
        assert (tree[0].depth, tree[0].kind) == (0, "RootGuardManager")
        assert sorted(number for node in tree for number in node.guards) == list(range(len(compilation.guards)))
        assert all(0 < node.depth <= before.depth + 1 for before, node in pairwise(tree))
        assert compilation.guard_seconds is not None
        assert 0 < compilation.guard_seconds < 1
    (x,) = [node for node in symbols.compilations[0].guard_tree if node.source == "L['x']"]
    assert x.accessor == "FrameLocalsGuardAccessor(key='x', framelocals_idx=0)"
    assert x.details == "type=<class 'torch.Tensor'>, tag_safe=(False, False)"


def test_a_reset_begins_a_compile_of_its_own() -> None:
    capture = read_capture(TRACES / "again.log")
    assert [(item.compile_id, item.status, item.cache) for item in capture.compilations] == [
        ("0/0", CompileStatus.DONE, "miss"),
        ("0/0~2", CompileStatus.DONE, "hit"),
    ]
    lookups = {(item.compile_id, item.cache): item for item in capture.cache_lookups}
    miss, hit = lookups["0/0", "fx_graph"], lookups["0/0~2", "fx_graph"]
    assert (miss.answer, hit.answer, miss.key == hit.key) == ("miss", "hit", True)
    assert miss.saved is None
    assert hit.saved is not None
    assert lookups["0/0", "aotautograd"].reason == "full_miss"
    phases = {item.compile_id: [] for item in capture.compilations} | {}
    for phase in capture.phases:
        phases[phase.compile_id or ""].append(phase.name)
    assert phases["0/0"][0] == phases["0/0~2"][0] == "dynamo"
    assert {item.kernel for item in capture.artifacts if item.compile_id == "0/0~2" and item.kernel}


def test_compiled_autograd_has_ids_and_graphs_of_its_own() -> None:
    capture = read_capture(TRACES / "autograd.log")
    ids = {item.compile_id: item for item in capture.compilations}
    assert list(ids) == ["0/0", "!0", "!0/1/0", "2/0"]
    assert (ids["!0"].status, ids["!0"].function) == (CompileStatus.DONE, "compiled autograd")
    graphs = [item for item in capture.others if item.compile_id == "!0"]
    assert [(item.variant, item.language) for item in graphs] == [
        ("compiled_autograd_graph_pre_reordering", Language.FX),
        ("compiled_autograd_graph", Language.FX),
    ]
    assert ids["0/0"].restarts == 1
    (restart,) = capture.failures
    assert (restart.compile_id, restart.restarted) == ("0/0", True)
    assert restart.reason.startswith("Unsupported Tensor.backward() call")
    names = {item.variant for item in capture.others if item.compile_id == "0/0"}
    assert {"backward_prologue", "compiled_function_forward", "runtime_wrapper_orchestration"} <= names
    (source,) = [item for item in capture.artifacts if item.compile_id is None]
    assert (source.path or "").startswith("<eval_with_key>.")
    assert "def forward" in source.text


def test_an_export_tells_what_every_condition_was_computed_from() -> None:
    capture = read_capture(TRACES / "export.log")
    assert [(item.compile_id, item.status, item.function) for item in capture.compilations] == [
        ("+1", CompileStatus.EXPORTED, "(export)")
    ]
    (shapes,) = capture.shapes
    assert shapes.compile_id == "+1"
    unbacked = [symbol for symbol in shapes.symbols if not symbol.backed]
    assert unbacked
    assert unbacked[0].stack[-1].code == "end = -x.item() // 3 + 5"
    (program,) = capture.others
    assert (program.id, program.compile_id, program.language) == ("+1:other:exported_program", "+1", Language.FX)


def test_a_draft_export_names_the_operator_without_a_fake_kernel() -> None:
    (problem,) = read_capture(TRACES / "draft_export.log").fake_kernels
    assert (problem.operator, problem.missing) == ("cases.twice.default", True)


def test_collectives_estimates_and_the_order_of_calls() -> None:
    capture = read_capture(TRACES / "collectives.log")
    (schedule,) = capture.collectives
    short = [name.removeprefix("torch.ops._c10d_functional.") for name in schedule.operations]
    assert short == [
        "all_reduce_.default",
        "wait_tensor.default",
        "all_gather_into_tensor.default",
        "wait_tensor.default",
    ]
    (estimate,) = capture.estimates
    assert next(item.name for item in estimate.operations if item.collective) == schedule.operations[0]
    assert estimate.operations[0].outputs[0].shape == ("8", "4")
    (execution,) = capture.executions
    assert [graph.compile_id for graph in execution.order] == ["0/0", "0/0"]
    assert [(log.rank, log.prefix) for log in capture.logs] == [(1, "")]


def test_a_failure_has_its_exception_and_the_users_frame() -> None:
    (failure,) = read_capture(TRACES / "failure.log").failures
    assert (failure.kind, failure.restarted) == ("Unsupported", False)
    assert failure.reason.startswith("Data-dependent branching\n")
    assert "Set TORCH" not in failure.reason
    assert failure.place == Frame("/home/user/project/cases.py", 47, "f", "if x.sum() > 0:")
    assert failure.traceback.startswith("Traceback (most recent call last):")


def test_the_calls_that_led_to_a_compile_are_kept() -> None:
    compilation = read_capture(TRACES / "recompile.log").compilations[1]
    assert [frame.function for frame in compilation.stack] == ["<module>", "f"]
    assert compilation.stack[-1] == compilation.place
    assert compilation.log == "recompile.log"
