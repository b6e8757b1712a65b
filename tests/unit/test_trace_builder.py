"""From records to a Capture: what each kind becomes, at any moment, in any damage."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.model.artifact import Language
from inspector.model.capture import Capture, CompileStatus, Frame
from inspector.model.stage import Stage
from inspector.trace import BadRecord, CaptureBuilder, Record, read_capture, read_log

TRACES = Path(__file__).parent.parent / "traces"
LOGS = sorted(TRACES.glob("*.log"))


def feed(*records: Record | BadRecord) -> Capture:
    builder = CaptureBuilder()
    for record in records:
        builder.feed(record)
    return builder.snapshot()


def record(
    kind: str, payload: object = None, *, details: object = None, file: str = "a.log", **common: object
) -> Record:
    """A record of compile id 0/0 unless `frame_id` says otherwise."""
    place = {"frame_id": 0, "frame_compile_id": 0, "attempt": 0} | common
    if kind.startswith("artifact:"):
        head: dict[str, object] = {"artifact": {"name": kind.removeprefix("artifact:"), "encoding": "json"}}
    else:
        head = {kind: {} if details is None else details}
    text = payload if isinstance(payload, str) or payload is None else json.dumps(payload)
    return Record(0, 0.0, "torch/x.py:1", {**head, **place}, text, file)


def event(phase: str, name: str, stamp: float, **more: object) -> Record:
    return record("chromium_event", {"name": name, "ph": phase, "ts": stamp, "pid": 0, "tid": 0, "args": {}, **more})


def test_a_recorded_log_becomes_a_whole_capture() -> None:
    capture = read_capture(TRACES / "live_gated.log")
    (compilation,) = capture.compilations
    assert compilation.status is CompileStatus.DONE
    assert compilation.function == "forward"
    assert compilation.place == Frame("/home/user/project/gated.py", 16, "forward")
    assert compilation.kernels == ("cpp_fused_add_mul_silu_tanh_0",)
    assert compilation.metrics["inductor"]["generated_kernel_count"] == 1
    assert [stage.value for stage in capture.stages()] == [
        "source",
        "bytecode",
        "dynamo",
        "pre_grad",
        "aten",
        "post_grad",
        "ir_pre_fusion",
        "ir_post_fusion",
        "inductor",
        "kernel",
        "asm",
    ]
    assert capture.finished
    assert capture.dropped == 0
    assert capture.request is not None
    assert capture.target["name"]
    assert capture.environment["torch"].startswith("2.")
    assert capture.by_id["source:gated.py"].focus > 1


def test_artifacts_come_sources_first_then_by_compile_id_then_by_stage() -> None:
    for path in LOGS:
        capture = read_capture(path)
        ids = [item.compile_id for item in capture.compilations]
        keys = [
            (-1 if item.compile_id is None else ids.index(item.compile_id), item.stage.order)
            for item in capture.artifacts
        ]
        assert keys == sorted(keys), path.name
        assert len(capture.by_id) == len(capture.artifacts) + len(capture.others)


def test_a_training_step_has_both_directions() -> None:
    capture = read_capture(TRACES / "train.log")
    for stage, count in (
        (Stage.JOINT, 1),
        (Stage.ATEN, 1),
        (Stage.ATEN_BACKWARD, 1),
        (Stage.POST_GRAD, 2),
        (Stage.INDUCTOR, 2),
    ):
        assert len(capture.find(stage)) == count, stage
    assert [item.kernel for item in capture.find(Stage.KERNEL)] == list(capture.compilations[0].kernels)
    assert "backward" in capture.compilations[0].metrics


def test_graph_breaks_are_split_into_reason_explanation_hints_and_stack() -> None:
    capture = read_capture(TRACES / "graph_break.log")
    builtin, branch = capture.graph_breaks
    assert builtin.reason == "Failed to trace builtin operator"
    assert builtin.explanation.startswith("Dynamo does not know how to trace builtin operator `print`")
    assert len(builtin.hints) == 3
    assert builtin.hints[0].startswith("Avoid calling builtin `print`")
    assert builtin.stack[-1] == Frame("/home/user/project/cases.py", 21, "f", 'print("between two graphs")')
    assert branch.compile_id == "1/0"
    assert branch.reason == "Data-dependent branching"
    assert "The branch condition involves" in branch.explanation
    assert not any("Developer debug context" in hint for hint in branch.hints)
    assert [item.function for item in capture.compilations] == [
        "f",
        "torch_dynamo_resume_in_f_at_21",
        "torch_dynamo_resume_in_f_at_22",
    ]


def test_recompiles_have_their_reasons() -> None:
    capture = read_capture(TRACES / "recompile.log")
    first, second = capture.recompiles
    assert (first.compile_id, first.function) == ("0/1", "f")
    assert first.reasons == ("0/0: tensor 'x' size mismatch at index 1. expected 16, actual 32",)
    assert len(second.reasons) == 2
    assert [item.cache for item in capture.compilations] == ["miss"] * 3


def test_a_failure_is_told_in_torchs_words() -> None:
    (compilation,) = read_capture(TRACES / "failure.log").compilations
    assert compilation.status is CompileStatus.FAILED
    assert compilation.error.startswith("Unsupported: Data-dependent branching")


def test_guards_are_cut_into_code_kind_source_and_place() -> None:
    guards = read_capture(TRACES / "two_ops.log").compilations[0].guards
    (tensor,) = [item for item in guards if item.kind == "TENSOR_MATCH"]
    assert tensor.code.startswith("check_tensor(L['x'], Tensor,")
    assert tensor.code.endswith(")")
    assert tensor.source == "L['x']"
    assert tensor.place.endswith("in f: y = torch.relu(x)")
    assert not any("GuardManager" in item.kind for item in guards)


def test_phases_nest_and_a_running_one_has_no_duration() -> None:
    begun = [
        event("B", "dynamo", 5e6),
        event("B", "inductor", 6e6),
        event("X", "gcc", 6.5e6, dur=250_000.0),
        event("i", "hit", 7e6),
    ]
    capture = feed(*begun)
    assert [(p.name, p.start, p.duration, p.depth) for p in capture.phases] == [
        ("dynamo", 0.0, None, 0),
        ("inductor", 1.0, None, 1),
        ("gcc", 1.5, 0.25, 2),
    ]
    closed = feed(*begun, event("E", "dynamo", 9e6), event("E", "never begun", 9e6), event("B", "again", 10e6))
    assert [(p.name, p.duration, p.depth) for p in closed.phases] == [
        ("dynamo", 4.0, 0),
        ("inductor", 3.0, 1),
        ("gcc", 0.25, 2),
        ("again", None, 0),
    ]


def test_a_restart_replaces_what_the_attempt_before_left() -> None:
    capture = feed(
        record("dynamo_start", details={"stack": [{"line": 3, "name": "f", "filename": "a.py"}]}),
        record("dynamo_output_graph", "first"),
        record("dynamo_start", details={"stack": [{"line": 3, "name": "f", "filename": "a.py"}]}, attempt=1),
        record("dynamo_output_graph", "second", attempt=1),
    )
    assert [item.text for item in capture.artifacts] == ["second"]
    assert [(item.variant, item.text) for item in capture.others] == [("attempt-0:dynamo", "first")]
    assert capture.compilations[0].restarts == 1
    assert capture.compilations[0].status is CompileStatus.LIVE


def test_a_frame_without_a_graph_is_empty() -> None:
    capture = feed(
        record("dynamo_start", details={"stack": []}), record("compilation_metrics", details={"co_name": "f"})
    )
    assert capture.compilations[0].status is CompileStatus.EMPTY


def test_interned_strings_belong_to_their_own_log() -> None:
    def start(file: str) -> tuple[Record, Record]:
        text = Record(0, 0.0, "", {"str": [f"/home/{file}.py", 7]}, None, file)
        stack = {"stack": [{"line": 1, "name": "f", "filename": 7}]}
        return text, record("dynamo_start", details=stack, file=file)

    capture = feed(*start("trace_rank_0"), *start("trace_rank_3"), *start("third"))
    places = {item.compile_id: item.place.file for item in capture.compilations if item.place}
    assert places == {
        "0/0": "/home/trace_rank_0.py",
        "rank3/0/0": "/home/trace_rank_3.py",
        "log3/0/0": "/home/third.py",
    }


def test_unknown_kinds_are_counted_and_kept() -> None:
    capture = feed(
        record("artifact:new_in_torch_9", "x"),
        record("artifact:new_in_torch_9", "x"),
        record("artifact:new_in_torch_9", {"b": [1]}),
        record("brand_new", details={"size": 3}),
        record("brand_new", details={"size": 4}),
        record("artifact:fx_graph_runnable", "import torch"),
    )
    assert capture.unknown == {"artifact:new_in_torch_9": 3, "brand_new": 2}
    (note,) = capture.notes
    assert (note.kind, "artifact:new_in_torch_9 (3), brand_new (2)" in note.message) == ("unknown", True)
    assert capture.dropped == 0
    assert {item.id: (item.variant, item.language, item.text) for item in capture.others} == {
        "0/0:other:new_in_torch_9": ("new_in_torch_9", Language.TEXT, "x"),
        "0/0:other:new_in_torch_9-2": ("new_in_torch_9-2", Language.JSON, '{\n  "b": [\n    1\n  ]\n}\n'),
        "0/0:other:brand_new": ("brand_new", Language.JSON, '{"size": 3}\n{"size": 4}\n'),
        "0/0:other:fx_graph_runnable": ("fx_graph_runnable", Language.PYTHON, "import torch"),
    }
    assert capture.find(Stage.OTHER, "0/0") == capture.others
    assert Stage.OTHER not in capture.stages()


@pytest.mark.parametrize(
    "bad",
    [
        BadRecord(12, "its payload is cut", "a.log"),
        record("chromium_event", "[1, 2]"),
        record("chromium_event", {"ph": "B"}),
        record("dynamo_output_graph"),
        record("dynamo_start", details=[1]),
        record("dynamo_start", details={"stack": [{"line": "x"}]}),
        record("artifact:inductor_provenance_tracking_node_mappings", {"postToPre": {"a": "b"}}),
        record("artifact:inductor_provenance_tracking_node_mappings", "{"),
        record("artifact:inspector_graph", {"compile_id": "0/0", "stage": "no such stage"}),
        record("artifact:inspector_asm", {"compile_id": "0/0", "kernel": "k", "so": "k.so", "objdump": "?"}),
        record("artifact:inspector_ir", {"compile_id": "0/0", "stage": "aten", "text": "x"}),
        record("dynamo_start", frame_id=None),
        Record(0, 0.0, "", {"str": 3}),
        record("artifact:inspector_note", "[" * 100_000),
    ],
)
def test_a_record_that_cannot_be_read_is_counted_and_noted_and_sinks_nothing(bad: Record | BadRecord) -> None:
    good = record("dynamo_output_graph", "graph"), record("aot_inference_graph", "graph")
    capture = feed(good[0], bad, good[1])
    assert capture.dropped == 1
    assert len([note for note in capture.notes if note.kind == "dropped"]) == 1
    assert [item.stage for item in capture.artifacts][-1] is Stage.ATEN


def test_snapshots_share_what_has_not_changed() -> None:
    builder = CaptureBuilder()
    assert builder.snapshot() is builder.snapshot()
    earlier: Capture | None = None
    for item in read_log(TRACES / "recompile.log"):
        builder.feed(item)
        capture = builder.snapshot()
        assert builder.snapshot() is capture
        if earlier is not None:
            for artifact in earlier.artifacts:
                assert capture.by_id[artifact.id] is artifact or capture.by_id[artifact.id].text != artifact.text
            if capture.links == earlier.links:
                assert capture.links is earlier.links
        earlier = capture
    assert earlier == read_capture(TRACES / "recompile.log")


@pytest.mark.parametrize("name", ["live_gated", "live_gated_train", "train", "recompile"])
def test_links_found_on_the_way_end_where_reading_at_once_ends(name: str) -> None:
    builder = CaptureBuilder()
    for number, item in enumerate(read_log(TRACES / f"{name}.log")):
        builder.feed(item)
        if number % 3 == 0:
            assert all(
                link.a.artifact in (by := builder.snapshot().by_id) and link.b.artifact in by
                for link in builder.snapshot().links
            )
    assert builder.snapshot() == read_capture(TRACES / f"{name}.log")


def test_kernels_are_artifacts_as_soon_as_their_output_code_is_there() -> None:
    builder = CaptureBuilder()
    for item in read_log(TRACES / "two_ops.log"):
        builder.feed(item)
        if isinstance(item, Record) and "inductor_output_code" in item.metadata:
            break
    (kernel,) = builder.snapshot().find(Stage.KERNEL)
    assert kernel.language is Language.CPP
    assert kernel.text.startswith("#include")
    assert builder.snapshot().compilations[0].status is CompileStatus.LIVE


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_log_never_raises_and_never_points_outside(path: Path, seed: int, tmp_path: Path) -> None:
    """Damage that keeps checksums whole is the parsers' affair: payloads and metadata are mutated record by record."""
    rng = random.Random(f"{path.stem}{seed}")
    builder = CaptureBuilder()
    for item in read_log(path):
        builder.feed(mutated(item, rng) if isinstance(item, Record) and rng.random() < 0.3 else item)
        if rng.random() < 0.1:
            builder.snapshot()
    capture = builder.snapshot()
    for link in capture.links:
        for span in (link.a, link.b):
            assert 1 <= span.start.line <= span.last_line <= len(capture.by_id[span.artifact].lines)
    assert capture.dropped == len([note for note in capture.notes if note.kind == "dropped"])


def mutated(item: Record, rng: random.Random) -> Record:
    def bend(text: str) -> str:
        if not text:
            return "x"
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.randrange(1, 400))
        return text[:start] + rng.choice(("", "\n", "}", '"', text[start:end] * 2, "0", "\x00")) + text[end:]

    payload = None if item.payload is None or rng.random() < 0.05 else bend(item.payload)
    metadata = dict(item.metadata)
    if rng.random() < 0.3:
        key = rng.choice(list(metadata))
        metadata[key] = rng.choice((None, 0, "x", [], {}, {"stack": 3}, -1))
    return Record(item.offset, item.time, item.place, metadata, payload, item.file)


def test_a_file_that_is_no_log_is_one_clear_error(tmp_path: Path) -> None:
    for name, data in (("empty.log", b""), ("text.log", b"hello\nworld\n"), ("binary.log", bytes(range(256)) * 40)):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"holds no record|is empty") as caught:
            read_capture(path)
        assert caught.value.hint
    with pytest.raises(UsageError, match="Cannot read"):
        read_capture(tmp_path / "missing.log")
    with pytest.raises(UsageError):
        read_capture(tmp_path)


def test_links_that_cannot_be_made_cost_only_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a text of another kind")

    monkeypatch.setattr("inspector.trace.builder.Linker.link", fails)
    capture = read_capture(TRACES / "live_gated.log")
    assert capture.find(Stage.KERNEL)
    assert capture.links == ()
    assert any("a text of another kind" in note.message for note in capture.notes)
