"""Several graphs compiled under one compile id, and compiles that torch gives no id."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.cli.places import ArtifactPlace, find_place, place_text
from inspector.cli.ranges import find_span, spelled
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture, CompileStatus
from inspector.model.stage import Stage
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from tests.unit.trace_text import record

ID = (0, 0)


def fx(operator: str, name: str, size: int = 8) -> str:
    shape = f'"f32[{size}]"'
    return (
        f"class <lambda>(torch.nn.Module):\n    def forward(self, arg0_1: {shape}):\n"
        f"        {name}: {shape} = torch.ops.aten.{operator}.default(arg0_1);  arg0_1 = None\n"
        f"        return ({name},)\n"
    )


def code(name: str, expression: str, size: int = 8) -> str:
    return f"""# AOT ID: ['0_inference']
async_compile = AsyncCompile()


# Graph fragment:
#   %arg0_1 : Tensor = PlaceHolder[target=arg0_1]
#   %{name} : Tensor = call_function[target=torch.ops.aten.{name}](args = (%arg0_1,), kwargs = {{}})
cpp_fused_0 = async_compile.cpp_pybinding(['const float*', 'float*'], r'''
extern "C"  void  kernel(const float* in_ptr0, float* out_ptr0)
{{
    for(int64_t x0=0L; x0<{size}L; x0+=1L)
    {{
        auto tmp0 = in_ptr0[static_cast<int64_t>(x0)];
        auto tmp1 = {expression};
        out_ptr0[static_cast<int64_t>(x0)] = tmp1;
    }}
}}
''')

def call(args):
    arg0_1, = args
    buf0 = empty_strided_cpu(({size}, ), (1, ), torch.float32)
    cpp_fused_0(arg0_1, buf0)
    return (buf0, )
"""


EXP = ("exp", "exp", "std::exp(tmp0)")
SIN = ("sin", "sin", "std::sin(tmp0)")


def aten(what: tuple[str, str, str], **at: object) -> bytes:
    return record("aot_inference_graph", fx(what[0], what[1]), **at)  # type: ignore[arg-type]


def post_grad(what: tuple[str, str, str], **at: object) -> bytes:
    return record("artifact:inductor_post_grad_graph", fx(what[0], what[1]), **at)  # type: ignore[arg-type]


def output_code(what: tuple[str, str, str], **at: object) -> bytes:
    return record("inductor_output_code", code(what[1], what[2]), **at)  # type: ignore[arg-type]


def piece(what: tuple[str, str, str], **at: object) -> bytes:
    return aten(what, **at) + post_grad(what, **at) + output_code(what, **at)


def begins(submod: str, first: int, last: int, **at: object) -> bytes:
    facts = {"submod_name": submod, "compile_range_start": first, "compile_range_end": last}
    return record("artifact:vllm_piecewise_compile_start", json.dumps(facts), **at)  # type: ignore[arg-type]


def event(name: str, phase: str, **more: object) -> bytes:
    facts = {"name": name, "ph": phase, "ts": 1.0, "pid": 0, "tid": 0, "args": {"compile_id": "None"}}
    return record("chromium_event", json.dumps(facts), chromium_event={}, **more)  # type: ignore[arg-type]


def opened(folder: Path, data: bytes) -> TraceLog:
    path = folder / "one.log"
    path.write_bytes(data)
    return TraceLog.open(path).complete()


def capture_of(folder: Path, data: bytes) -> Capture:
    with opened(folder, data) as log:
        return log.capture()


def by_piece(artifacts: Iterable[Artifact], stage: Stage) -> dict[int, str]:
    return {item.piece: item.text for item in artifacts if item.stage is stage}


STAGES = (Stage.ATEN, Stage.POST_GRAD, Stage.INDUCTOR, Stage.KERNEL)
VLLM = b"".join(
    (
        *(begins("submod_0", 1, 64, compile_id=ID), piece(EXP, compile_id=ID)),
        *(begins("submod_2", 1, 64, compile_id=ID), piece(SIN, compile_id=ID)),
        *(begins("submod_2", 1, 1, compile_id=ID), piece(SIN, compile_id=ID)),
        begins("submod_4", 1, 64, compile_id=ID),
    )
)


def test_each_piece_has_its_own_texts_equal_ones_too(tmp_path: Path) -> None:
    capture = capture_of(tmp_path, VLLM)
    for stage in STAGES:
        texts = by_piece(capture.artifacts, stage)
        assert ["exp" in texts[0], "sin" in texts[1], "sin" in texts[2]] == [True] * 3, stage
    assert [item.id for item in capture.artifacts if item.stage is Stage.KERNEL] == [
        "0/0:kernel:cpp_fused_0",
        "0/0:kernel:cpp_fused_0:1",
        "0/0:kernel:cpp_fused_0:2",
    ]


def test_pieces_are_called_what_vllm_calls_them(tmp_path: Path) -> None:
    capture = capture_of(tmp_path, VLLM)
    names = ["submod_0, 1…64 tokens", "submod_2, 1…64 tokens", "submod_2, 1 token"]
    assert [(item.compile_id, item.number, item.name) for item in capture.pieces] == [
        ("0/0", number, name) for number, name in enumerate(names)
    ]


def test_two_pieces_of_one_id_are_held_against_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.log"
    path.write_bytes(VLLM)

    def diff(a: str, b: str) -> tuple[int, str]:
        code = main(["diff", str(path), a, b, "--exit-code"])
        return code, capsys.readouterr().out

    code, out = diff("0/0:0", "0/0:1")
    assert (code, "≠ exp → sin: " in out) == (1, True)
    code, out = diff("0/0:1", "0/0:2")
    assert (code, "What was compiled: identical (" in out) == (0, True)
    assert main(["diff", str(path), "0/0:0", "0/0:9"]) == 2
    assert "0/0 has no piece 9" in capsys.readouterr().err


def test_a_submodule_without_a_compile_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = "class GraphModule(torch.nn.Module):\n    pass\n" + "".join(
        f"    class submod_{number}(torch.nn.Module):\n        pass\n" for number in range(3)
    )
    path = tmp_path / "one.log"
    path.write_bytes(record("artifact:vllm_piecewise_split_graph", split, compile_id=ID) + VLLM)
    assert main(["show", str(path), "--compile-id", "0/0"]) == 0
    out = capsys.readouterr().out
    assert "no compile is recorded of submod_1, which vllm_piecewise_split_graph has too" in out
    assert "not recorded: where in the user's code, Dynamo's graph, torch's metrics, and with them the time" in out


def test_the_overview_says_that_there_are_several_and_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path, VLLM + piece(EXP, compile_id=(1, 0))) as log:
        several, one = read_overview(log).rows
    assert [item.name for item in several.pieces] == [item.name for item in capture_of(tmp_path, VLLM).pieces]
    assert one.pieces == ()
    path = tmp_path / "pieces.log"
    path.write_bytes(VLLM + piece(EXP, compile_id=(1, 0)))
    assert main(["show", str(path)]) == 0
    told = capsys.readouterr().out
    assert "3 graphs under it, each compiled by itself" in told
    assert [line.strip() for line in told.splitlines() if "piece" in line][1:] == [
        "piece 0: submod_0, 1…64 tokens",
        "piece 1: submod_2, 1…64 tokens",
        "piece 2: submod_2, 1 token",
    ]


def test_links_stay_within_a_piece(tmp_path: Path) -> None:
    capture = capture_of(tmp_path, VLLM)
    of = {item.id: item.piece for item in capture.artifacts}
    within = {of[link.a.artifact] for link in capture.links}
    assert within == {0, 1, 2}
    assert all(of[link.a.artifact] == of[link.b.artifact] for link in capture.links)


def test_nothing_is_said_of_an_end_or_a_time_that_is_not_recorded(tmp_path: Path) -> None:
    with opened(tmp_path, VLLM) as log:
        [row] = read_overview(log).rows
    assert (row.compile_id, row.status, row.times.total) == ("0/0", CompileStatus.UNKNOWN, None)


def test_one_graph_is_no_piece(tmp_path: Path) -> None:
    assert capture_of(tmp_path, piece(EXP, compile_id=ID)).pieces == ()


def test_ddps_splits_are_called_what_ddp_calls_them(tmp_path: Path) -> None:
    split = [
        record("optimize_ddp_split_child", "graph", compile_id=ID, optimize_ddp_split_child={"name": name})
        for name in ("submod_0", "submod_1")
    ]
    capture = capture_of(tmp_path, b"".join(split) + piece(EXP, compile_id=ID) + piece(SIN, compile_id=ID))
    assert [item.name for item in capture.pieces] == ["submod_0", "submod_1"]


def test_forward_and_backward_graphs_of_two_pieces_stay_together(tmp_path: Path) -> None:
    def graph(kind: str, argument: str, operator: str) -> bytes:
        return record(kind, fx(operator, operator).replace("arg0_1", argument), compile_id=ID)

    data = b"".join(
        (
            *(graph("aot_forward_graph", "primals_1", "exp"), graph("aot_backward_graph", "tangents_1", "neg")),
            *(graph("aot_forward_graph", "primals_1", "sin"), graph("aot_backward_graph", "tangents_1", "cos")),
            # the backward graphs are compiled later, the last first
            graph("artifact:inductor_post_grad_graph", "tangents_1", "cos"),
            graph("artifact:inductor_post_grad_graph", "tangents_1", "neg"),
        )
    )
    artifacts = capture_of(tmp_path, data).artifacts
    assert {number: "cos" in text for number, text in by_piece(artifacts, Stage.ATEN_BACKWARD).items()} == {
        0: False,
        1: True,
    }
    assert {item.id: "cos" in item.text for item in artifacts if item.stage is Stage.POST_GRAD} == {
        "0/0:post_grad:backward": False,
        "0/0:post_grad:1-backward": True,
    }


# --- compiles without an id -----------------------------------------------------------------------------------


def test_compiles_without_an_id_are_rows_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path, piece(EXP) + piece(SIN) + piece(EXP, compile_id=ID)) as log:
        rows = read_overview(log).rows
        assert [(row.compile_id, row.status, row.recompiles) for row in rows] == [
            ("+1", CompileStatus.UNKNOWN, 0),
            ("+2", CompileStatus.UNKNOWN, 0),
            ("0/0", CompileStatus.UNKNOWN, 0),
        ]
        texts = {item.id: item.text for item in log.capture(["+2"]).artifacts}
    assert set(texts) == {"+2:aten", "+2:post_grad", "+2:inductor", "+2:kernel:cpp_fused_0"}
    assert all("sin" in text for text in texts.values())


ENDS = record("compilation_metrics", compilation_metrics={"start_time_us": 2_000_000, "end_time_us": 5_500_000})
"""What torch writes at the end of an AOTInductor compile: no compile id, and of times only when it began and ended."""


def test_what_is_compiled_ahead_of_time_ends_where_its_metrics_stand(tmp_path: Path) -> None:
    with opened(tmp_path, piece(EXP) + ENDS + piece(SIN)) as log:
        rows = [(row.compile_id, row.status, row.times.total) for row in read_overview(log).rows]
        assert rows == [("+1", CompileStatus.DONE, 3.5), ("+2", CompileStatus.UNKNOWN, None)]
        assert [item.status for item in log.capture().compilations] == [CompileStatus.DONE, CompileStatus.UNKNOWN]


def test_metrics_that_may_end_either_of_two_compiles_end_none(tmp_path: Path) -> None:
    with opened(tmp_path, piece(EXP) + piece(SIN) + ENDS + ENDS) as log:
        assert {row.status for row in read_overview(log).rows} == {CompileStatus.UNKNOWN}
        assert {item.status for item in log.capture().compilations} == {CompileStatus.UNKNOWN}
        assert sum("end_time_us" in item.text for item in log.capture().others) == 1, "the same text twice, kept as one"


def test_what_several_threads_load_at_once_is_told_apart_by_its_text(tmp_path: Path) -> None:
    mixed = b"".join((*(aten(EXP), aten(SIN), post_grad(SIN), post_grad(EXP), output_code(EXP), output_code(SIN)),))
    capture = capture_of(tmp_path, mixed)
    assert [item.compile_id for item in capture.compilations] == ["+1"]
    for stage in STAGES:
        assert {number: "exp" in text for number, text in by_piece(capture.artifacts, stage).items()} == {
            0: True,
            1: False,
        }, stage


NAMED = record("dynamo_output_graph", fx("exp", "exp"), compile_id=ID)


def test_what_runs_within_the_one_event_around_a_compile_is_its_own(tmp_path: Path) -> None:
    data = event("fullgraph_capture", "B") + NAMED + piece(EXP) + event("fullgraph_capture", "E") + piece(SIN)
    capture = capture_of(tmp_path, data)
    owners = {item.id for item in capture.artifacts if item.stage is Stage.INDUCTOR}
    assert owners == {"0/0:inductor", "+1:inductor"}
    [note] = [item.message for item in capture.notes if item.kind == "nested"]
    assert note.startswith("0/0: 3 of its records name no compile id; they stand in the one event")


def test_two_compiles_within_one_event_get_nothing_that_names_neither(tmp_path: Path) -> None:
    other = record("dynamo_output_graph", fx("sin", "sin"), compile_id=(1, 0))
    data = event("fullgraph_capture", "B") + NAMED + other + piece(EXP) + event("fullgraph_capture", "E")
    assert {item.id for item in capture_of(tmp_path, data).artifacts if item.stage is Stage.INDUCTOR} == {"+1:inductor"}


def test_a_compile_that_has_ended_gets_nothing_more(tmp_path: Path) -> None:
    ended = record("compilation_metrics", compile_id=ID, compilation_metrics={"graph_op_count": 1})
    data = event("fullgraph_capture", "B") + NAMED + ended + piece(EXP) + event("fullgraph_capture", "E")
    assert {item.id for item in capture_of(tmp_path, data).artifacts if item.stage is Stage.INDUCTOR} == {"+1:inductor"}


def two_pieces(folder: Path) -> Path:
    path = folder / "two.log"
    path.write_bytes(piece(EXP, compile_id=ID) + piece(SIN, compile_id=ID))
    return path


def test_links_and_notes_of_one_piece(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(two_pieces(tmp_path))
    assert main(["links", log, "--compile-id", "0/0:1", "--at", "aten:3"]) == 0
    found = capsys.readouterr().out
    assert "0/0:aten:1:3  sin" in found and "0/0:kernel:cpp_fused_0:1:6 " in found and "exp" not in found
    assert main(["notes", log, "--compile-id", "0/0:1", "--at", "aten:3"]) == 0


def test_every_place_of_a_piece_means_itself(tmp_path: Path) -> None:
    with TraceLog.open(two_pieces(tmp_path)) as log:
        capture = log.complete().capture()
    for item in capture.artifacts:
        for line, text in enumerate(item.lines, start=1):
            for col in (None, *range(len(text) + 1)):
                told = place_text(capture, item.id, line, col)
                assert find_place(capture, told) == ArtifactPlace(item, line, col), told
                if col is not None and text[col:]:
                    span = Span(item.id, Position(line, col), Position(line, len(text)))
                    assert find_span(capture, spelled(capture, span)) == span


def test_of_two_kernels_of_one_name_each_can_be_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(two_pieces(tmp_path))
    assert main(["links", log, "--at", "kernel:6", "--kernel", "cpp_fused_0"]) == 2
    said = capsys.readouterr().err
    assert "0/0 has 2 kernels of that name" in said
    assert "0/0:kernel:cpp_fused_0:LINE or 0/0:kernel:cpp_fused_0:1:LINE" in said
    assert main(["links", log, "--at", "0/0:kernel:cpp_fused_0:1:6"]) == 0
    first = capsys.readouterr().out
    assert main(["links", log, "--at", "kernel:6", "--kernel", "cpp_fused_0", "--compile-id", "0/0:1"]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize("verb", ["guards", "breaks", "recompiles", "phases"])
def test_what_is_of_whole_compile_ids_says_so_of_a_piece(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(two_pieces(tmp_path))
    assert main([verb, log, "--compile-id", "0/0:1"]) == 2
    assert "0/0:1 is a piece, and this is recorded of whole compile ids.\n  Give 0/0." in capsys.readouterr().err


@pytest.mark.parametrize("verb", [("show",), ("notes",), ("links", "--at", "aten:3")])
@pytest.mark.parametrize(("asked", "said"), [("9/9:1", "no compile id '9/9'"), ("0/0:7", "0/0 has no piece 7")])
def test_a_piece_that_is_not_there(
    verb: tuple[str, ...], asked: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(two_pieces(tmp_path))
    bundle = str(tmp_path / "bundle")
    assert main(["export", log, "-o", bundle]) == 0
    capsys.readouterr()
    for name in (log, bundle):
        assert main([verb[0], name, *verb[1:], "--compile-id", asked]) == 2
        assert said in capsys.readouterr().err
