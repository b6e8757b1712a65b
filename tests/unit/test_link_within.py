"""Graphs within the graph: each branch of a `torch.cond` is tied to its own nodes, forward and backward, to no other's.

Both branches, and the graph around them, have nodes of the same names (`sin`, `mul`, `add`), which is where a link by
name alone would go wrong.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernel_text import statement_lines

from inspector.link.fx import Graph
from inspector.link.fxtext import read_fx
from inspector.link.irtext import read_ir
from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Artifact, Language, Span
from inspector.model.capture import Capture
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

LOG = Path(__file__).parent.parent / "traces" / "live_branches_train.log"
GRAPHS = {Stage.DYNAMO, Stage.JOINT, Stage.ATEN, Stage.ATEN_BACKWARD, Stage.POST_GRAD}


@pytest.fixture(scope="module")
def capture() -> Capture:
    return read_capture(LOG)


def branch_of(capture: Capture, span: Span) -> str | None:
    """`warm` or `cold`: the branch whose code a span is, in whichever stage; None for the graph around them."""
    artifact = capture.by_id[span.artifact]
    if artifact.stage in GRAPHS:
        lines = artifact.lines[: span.start.line]
        found = next((m[1] for line in reversed(lines) if (m := re.match(r" *class (.+?)\(", line))), "")
    elif artifact.stage is Stage.INDUCTOR:
        found = read_output_code(artifact.text).within(span.start.line) or ""
    elif artifact.stage in (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION):
        found = artifact.id
    else:
        raise AssertionError(artifact.stage)
    return "warm" if "true" in found else "cold" if "false" in found else None


def between(capture: Capture, one: set[Stage], other: set[Stage]) -> list[Link]:
    stage = {artifact.id: artifact.stage for artifact in capture.artifacts}
    return [link for link in capture.links if stage[link.a.artifact] in one and stage[link.b.artifact] in other]


def test_everything_is_linked_and_nothing_dropped(capture: Capture) -> None:
    assert not [note.message for note in capture.notes if note.message.startswith("Not linked")]


def test_every_statement_of_every_kernel_has_its_nodes(capture: Capture) -> None:
    links = between(capture, {Stage.POST_GRAD}, {Stage.KERNEL})
    kernels = capture.find(Stage.KERNEL)
    assert len(kernels) >= 7
    for kernel in kernels:
        exact = {link.b.start.line for link in links if link.b.artifact == kernel.id and link.origin is Origin.EXACT}
        assert set(statement_lines(kernel.text)) <= exact, kernel.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({Stage.DYNAMO}, {Stage.PRE_GRAD, Stage.JOINT}),
        ({Stage.JOINT}, {Stage.ATEN, Stage.ATEN_BACKWARD}),
        ({Stage.ATEN, Stage.ATEN_BACKWARD}, {Stage.POST_GRAD}),
        ({Stage.POST_GRAD}, {Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION}),
        ({Stage.IR_PRE_FUSION}, {Stage.IR_POST_FUSION}),
        ({Stage.IR_POST_FUSION}, {Stage.INDUCTOR}),
    ],
    ids=lambda stages: "-".join(sorted(stages)),
)
def test_a_branch_is_tied_to_itself_alone(capture: Capture, one: set[Stage], other: set[Stage]) -> None:
    links = [
        link for link in between(capture, one, other) if capture.by_id[link.b.artifact].stage is not Stage.PRE_GRAD
    ]
    pairs = {(branch_of(capture, link.a), branch_of(capture, link.b)) for link in links if called(capture, link)}
    assert {("warm", "warm"), ("cold", "cold"), (None, None)} <= pairs
    # What goes into a branch, and its gradient, is the call's in the graph around it.
    assert pairs <= {("warm", "warm"), ("cold", "cold"), (None, None), (None, "warm"), (None, "cold")}
    crossing = [link for link in links if called(capture, link)]
    crossing = [link for link in crossing if branch_of(capture, link.a) != branch_of(capture, link.b)]
    assert all("cond" in text_of(capture, link.a) for link in crossing)


def called(capture: Capture, link: Link) -> bool:
    """Whether both ends lie in code that runs, and not in the definition of a kernel."""
    for span in (link.a, link.b):
        artifact = capture.by_id[span.artifact]
        if artifact.stage is Stage.INDUCTOR:
            return span.start.line - 1 in set(read_output_code(artifact.text).outside_kernels)
    return True


def text_of(capture: Capture, span: Span) -> str:
    return capture.by_id[span.artifact].lines[span.start.line - 1]


def test_a_branchs_operators_have_their_expressions(capture: Capture) -> None:
    (source,) = capture.find(Stage.SOURCE)
    found: dict[str, set[str]] = {}
    for link in between(capture, {Stage.SOURCE}, {Stage.DYNAMO}):
        if link.a.start.line == link.a.end.line:
            line = source.lines[link.a.start.line - 1]
            node = text_of(capture, link.b).split(" = ")[1].split(";")[0]
            found.setdefault(line[link.a.start.col : link.a.end.col], set()).add(node)
    assert found["y.exp()"] == {"y_1.exp()"}
    assert found["z * z"] == {"z * z"}
    assert found["torch.relu(self.lin(y))"] == {"torch.relu(linear)"}


def test_a_branchs_library_call_is_its_own(capture: Capture) -> None:
    """Both the branch and the graph around it multiply; torch's mapping names the nodes of both alike."""
    for link in between(capture, {Stage.POST_GRAD}, {Stage.INDUCTOR}):
        line = text_of(capture, link.b)
        if "extern_kernels." in line:
            assert branch_of(capture, link.a) == branch_of(capture, link.b), line
            assert link.origin is Origin.EXACT


def test_the_fusion_of_a_branch_is_about_its_own_nodes(capture: Capture) -> None:
    graphs = {item.id: read_fx(item.text) for item in capture.find(Stage.POST_GRAD)}
    inner = {name.rpartition(".")[2] for graph in graphs.values() for name in graph.inner}
    for fusion in capture.fusions:
        code = next(item for item in capture.find(Stage.INDUCTOR) if f"{fusion.kernel} = async" in item.text)
        (call,) = read_output_code(code.text).calls_of([fusion.kernel])
        if call.within is not None:
            assert set(fusion.nodes) <= inner
            assert len(set(fusion.nodes)) == len(fusion.nodes)
            assert "cond" not in fusion.nodes and "gt" not in fusion.nodes


# The texts


def graph(text: str) -> Graph:
    return Graph.of(Artifact("a", Stage.POST_GRAD, "0/0", None, Language.FX, text))


NESTED = """class <lambda>(torch.nn.Module):
    def forward(self, a):
        x = torch.ops.aten.sin.default(a)
        return (x,)

    class outer_0(torch.nn.Module):
        def forward(self, a):
            x = torch.ops.aten.cos.default(a)
            return (x,)

        class inner_0(torch.nn.Module):
            def forward(self, a):
                x = torch.ops.aten.exp.default(a)
                return (x,)

    class other_0(torch.nn.Module):
        def forward(self, a):
            x = torch.ops.aten.tan.default(a)
            return (x,)
"""


def test_graphs_within_graphs_are_named_as_inductor_joins_them() -> None:
    nested = graph(NESTED)
    assert {name: nested.within(name) for name in (None, "outer_0", "outer_0_inner_0", "other_0", "inner_0")} == {
        None: "",
        "outer_0": "outer_0.",
        "outer_0_inner_0": "outer_0.inner_0.",
        "other_0": "other_0.",
        "inner_0": None,
    }
    lines = {name: span.start.line for name in nested.names if (span := nested.span(name)) and name.endswith("x")}
    assert lines == {"x": 3, "outer_0.x": 8, "outer_0.inner_0.x": 13, "other_0.x": 18}


def test_two_graphs_that_join_to_one_name_are_neither() -> None:
    text = NESTED.replace("other_0", "outer_0_inner_0")
    assert graph(text).within("outer_0_inner_0") is None
    assert graph(text).within("outer_0") == "outer_0."


def test_a_branchs_operations_keep_their_names() -> None:
    (block,) = read_ir(
        "true_graph_0_op0_true_graph_0_op1: FusedSchedulerNode(SchedulerNode,SchedulerNode)\n"
        "true_graph_0_op0_true_graph_0_op1.snodes[0] =\n"
        "true_graph_0_op0: SchedulerNode(ComputedBuffer)\n"
        "true_graph_0_op0_true_graph_0_op1.snodes[1] =\n"
        "true_graph_0_op1: SchedulerNode(ComputedBuffer)\n"
    )
    assert list(block.parts) == ["true_graph_0_op0", "true_graph_0_op1"]


CODE = """k_0 = async_compile.cpp_pybinding([], r'''
a
''')

def true_graph_0(args):
    k_0(true_graph_0_buf0)

k_1 = async_compile.cpp_pybinding([], r'''
def false_graph_0(args):
b
''')

async_compile.wait(globals())

def call(args):
    k_0(buf0)
    k_1(buf1)
"""


def test_calls_among_the_definitions_are_seen_and_belong_to_their_graph() -> None:
    calls = read_output_code(CODE).calls_of(["k_0", "k_1"])
    assert [(call.name, call.line, call.within) for call in calls] == [
        ("k_0", 6, "true_graph_0"),
        ("k_0", 16, None),
        ("k_1", 17, None),
    ]
