"""Links of a recorded capture, judged by what the linked texts mean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inspector.link.fxtext import read_fx
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"
KERNEL = "0/0:kernel:cpp_fused_add_mul_silu_tanh_0"
ASM = "0/0:asm:cpp_fused_add_mul_silu_tanh_0"


@pytest.fixture(scope="module")
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


@pytest.fixture(scope="module")
def train() -> Capture:
    return read_capture(TRACES / "live_gated_train.log")


def line_of(capture: Capture, artifact: str, text: str) -> int:
    return next(number for number, line in enumerate(capture.by_id[artifact].lines, 1) if text in line)


def words(capture: Capture, artifact: str, relatives: object) -> list[str]:
    """The first word of each relative's text: the node's name in a graph."""
    lines = capture.by_id[artifact].lines
    found = relatives.by_artifact.get(artifact, ())  # type: ignore[attr-defined]
    return [re.match(r"\w+", lines[item.span.start.line - 1][item.span.start.col :])[0] for item in found]  # type: ignore[index]


def test_the_cursor_on_an_expression_finds_what_it_became(gated: Capture) -> None:
    line = line_of(gated, "source:gated.py", "silu(self.gate(x))")
    col = gated.by_id["source:gated.py"].lines[line - 1].index("functional.silu")
    relatives = gated.index.relatives("source:gated.py", line, col)
    assert words(gated, "0/0:dynamo", relatives) == ["silu"]
    assert words(gated, "0/0:pre_grad", relatives) == ["silu"]
    assert words(gated, "0/0:aten", relatives) == ["neg", "exp", "add", "div"]
    assert words(gated, "0/0:post_grad", relatives) == ["neg", "exp", "add", "div"]
    code = [
        (item, gated.by_id["0/0:inductor"].lines[item.span.start.line - 1])
        for item in relatives.by_artifact["0/0:inductor"]
    ]
    assert {item.origin for item, _ in code} == {Origin.EXACT}
    assert [text for _, text in code if text.lstrip().startswith("cpp_fused_add_mul_silu_tanh_0(")]
    kernel = [gated.by_id[KERNEL].lines[item.span.start.line - 1] for item in relatives.by_artifact[KERNEL]]
    assert [text for text in kernel if ".exp()" in text]
    assert not [text for text in kernel if "tanh" in text]
    assert {item.origin for item in relatives.by_artifact[KERNEL]} == {Origin.EXACT}
    assert {item.origin for item in relatives.by_artifact[ASM]} == {Origin.DEBUG_INFO}


@pytest.mark.parametrize(
    ("text", "start", "dynamo", "aten"),
    [
        ("silu(self.gate(x))", "self.gate", ["linear"], ["permute", "mm"]),
        ("silu(self.gate(x))", "self.up", ["linear_1"], ["permute_1", "mm_1"]),
        ("silu(self.gate(x))", " * ", ["gate"], ["mul"]),
        ("gate + torch.tanh(gate)", "torch.tanh", ["tanh"], ["tanh"]),
        ("gate + torch.tanh(gate)", " + ", ["add"], ["add_1"]),
    ],
)
def test_each_expression_has_its_own_nodes(
    gated: Capture, text: str, start: str, dynamo: list[str], aten: list[str]
) -> None:
    line = line_of(gated, "source:gated.py", text)
    col = gated.by_id["source:gated.py"].lines[line - 1].index(start)
    relatives = gated.index.relatives("source:gated.py", line, col)
    assert words(gated, "0/0:dynamo", relatives) == dynamo
    assert words(gated, "0/0:aten", relatives) == aten


def test_a_call_over_several_lines_is_found_from_its_first_line(gated: Capture) -> None:
    line = line_of(gated, "source:gated.py", "return self.down(")
    relatives = gated.index.relatives("source:gated.py", line)
    assert "linear_2" in words(gated, "0/0:dynamo", relatives)


def test_an_instruction_leads_to_its_kernel_line_and_on_to_the_source(gated: Capture) -> None:
    line = line_of(gated, ASM, "call    Sleef_expf16_u10")
    relatives = gated.index.relatives(ASM, line)
    (kernel_line,) = [item for item in relatives.by_artifact[KERNEL] if item.origin is Origin.DEBUG_INFO]
    assert ".exp()" in gated.by_id[KERNEL].lines[kernel_line.span.start.line - 1]
    (code_line,) = [item for item in relatives.by_artifact["0/0:inductor"] if item.origin is Origin.DEBUG_INFO]
    assert ".exp()" in gated.by_id["0/0:inductor"].lines[code_line.span.start.line - 1]
    (expression,) = relatives.by_artifact["source:gated.py"]
    assert expression.origin is Origin.DEBUG_INFO
    start, end = expression.span.start, expression.span.end
    assert gated.by_id["source:gated.py"].lines[start.line - 1][start.col : end.col] == (
        "nn.functional.silu(self.gate(x))"
    )


def test_kernel_lines_are_the_output_codes_lines(gated: Capture) -> None:
    pairs = [
        link
        for link in gated.links
        if link.b.artifact == KERNEL and link.a.artifact == "0/0:inductor" and link.origin is Origin.EXACT
    ]
    kernel, code = gated.by_id[KERNEL].lines, gated.by_id["0/0:inductor"].lines
    assert len(pairs) == sum(bool(line.strip()) for line in kernel)
    assert all(code[link.a.start.line - 1] == kernel[link.b.start.line - 1] for link in pairs)


@pytest.mark.parametrize(
    ("mnemonic", "statement"), [("vdivps", " / "), ("Sleef_expf16", ".exp()"), ("Sleef_tanhf16", "tanh")]
)
def test_machine_code_does_what_its_kernel_line_says(gated: Capture, mnemonic: str, statement: str) -> None:
    asm, kernel = gated.by_id[ASM].lines, gated.by_id[KERNEL].lines
    found = 0
    for link in gated.links:
        if link.b.artifact == ASM:
            body = "\n".join(asm[link.b.start.line - 1 : link.b.last_line])
            if mnemonic in body:
                found += 1
                assert statement in kernel[link.a.start.line - 1]
    assert found


def operator(text: str) -> str:
    return re.sub(r"^(torch\.ops\.aten|torch)\.", "", text).split(".")[0].replace("reshape", "view")


def test_linked_aten_and_post_grad_nodes_have_the_same_operator(gated: Capture, train: Capture) -> None:
    checked = 0
    for capture in (gated, train):
        graphs = {item.id: read_fx(item.text) for item in capture.artifacts if item.language == "fx"}
        by_line = {(key, node.line, node.col): node for key, read in graphs.items() for node in read.nodes.values()}
        for link in capture.links:
            stages = capture.by_id[link.a.artifact].stage, capture.by_id[link.b.artifact].stage
            if stages in {
                (Stage.ATEN, Stage.POST_GRAD),
                (Stage.ATEN_BACKWARD, Stage.POST_GRAD),
                (Stage.JOINT, Stage.ATEN),
                (Stage.DYNAMO, Stage.PRE_GRAD),
            }:
                a, b = (by_line[span.artifact, *span.start] for span in (link.a, link.b))
                # A pass that takes an alias out hands its origin on to what it was an alias of.
                if not a.placeholder and not b.placeholder and operator(a.operator) != "alias":
                    assert operator(a.operator) == operator(b.operator), (a, b)
                    checked += 1
    assert checked > 60


def test_every_operator_is_linked_up_and_down(gated: Capture) -> None:
    for stage in (Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD):
        (artifact,) = gated.find(stage)
        ups = {link.b.start for link in gated.links if link.b.artifact == artifact.id}
        downs = {link.a.start for link in gated.links if link.a.artifact == artifact.id}
        operators = [node for node in read_fx(artifact.text).nodes.values() if not node.placeholder]
        assert all((node.line, node.col) in ups for node in operators if node.name != "output")
        if stage is not Stage.POST_GRAD:  # views and outputs have no kernel
            assert all((node.line, node.col) in downs for node in operators)


def test_the_forward_of_a_training_step_reaches_its_kernel_and_the_backward_stays_apart(train: Capture) -> None:
    line = line_of(train, "source:gated.py", "torch.tanh")
    col = train.by_id["source:gated.py"].lines[line - 1].index("torch.tanh")
    relatives = train.index.relatives("source:gated.py", line, col)
    assert words(train, "0/0:aten", relatives) == ["tanh"]
    assert words(train, "0/0:post_grad", relatives) == ["tanh"]
    backward = {item.id for item in train.artifacts if "backward" in item.id}
    assert {"0/0:aten_backward", "0/0:post_grad:backward", "0/0:inductor:backward"} <= backward
    assert not [note for note in train.notes if note.kind == "missing"]
    joint = words(train, "0/0:joint", relatives)
    assert joint[0] == "tanh"
    assert len(joint) > 1  # its gradient


def test_scheduler_nodes_belong_to_the_call_that_writes_their_buffers(gated: Capture) -> None:
    ir, code = gated.by_id["0/0:ir_post_fusion"].lines, gated.by_id["0/0:inductor"].lines
    pairs = [
        link
        for link in gated.links
        if link.a.artifact == "0/0:ir_post_fusion"
        and link.b.artifact == "0/0:inductor"
        and link.a.start.line != link.a.last_line
    ]
    assert {link.origin for link in pairs} == {Origin.EXACT}
    for link in pairs:
        head, call = ir[link.a.start.line - 1], code[link.b.start.line - 1]
        assert ("Extern" in head) == ("extern_kernels" in call), (head, call)


def test_bytecode_belongs_to_the_lines_of_its_line_table(gated: Capture) -> None:
    bytecode = gated.by_id["0/0:bytecode"].lines
    pairs = [link for link in gated.links if link.b.artifact == "0/0:bytecode"]
    assert pairs
    assert all(bytecode[link.b.start.line - 1].split()[0] == str(link.a.start.line) for link in pairs)


def test_no_link_leaves_its_text(gated: Capture, train: Capture) -> None:
    plain = [read_capture(TRACES / f"{name}.log") for name in ("two_ops", "graph_break", "recompile", "train")]
    for capture in (gated, train, *plain):
        assert capture.links
        for link in capture.links:
            assert capture.by_id[link.a.artifact].stage.order < capture.by_id[link.b.artifact].stage.order
            for span in (link.a, link.b):
                lines = capture.by_id[span.artifact].lines
                assert span.start < span.end
                assert 1 <= span.start.line <= span.last_line <= len(lines)
                assert span.start.col <= len(lines[span.start.line - 1])
