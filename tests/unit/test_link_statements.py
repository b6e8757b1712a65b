"""Links between nodes and generated statements, judged by meaning; and what becomes of records that cannot be true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kernel_text import statement_lines

from inspector.link.fxtext import FxNode, read_fx
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.trace import Record, read_log
from inspector.trace.builder import CaptureBuilder
from inspector.trace.registry import kind_of

TRACES = Path(__file__).parent.parent / "traces"
Change = Callable[[dict[str, Any]], dict[str, Any] | None]


def build(name: str, change: Change | None = None, kind: str = "statements") -> Capture:
    """The capture of a recorded log, each record of a kind changed on the way, or left out."""
    builder = CaptureBuilder()
    for record in read_log(TRACES / f"{name}.log"):
        assert isinstance(record, Record)
        if change is not None and kind_of(record) == f"artifact:inspector_{kind}":
            data = change(json.loads(record.payload or ""))
            if data is None:
                continue
            record = replace(record, payload=json.dumps(data))  # noqa: PLW2901
        builder.feed(record)
    return builder.snapshot()


@pytest.fixture(scope="module", params=["live_gated", "live_gated_train"])
def capture(request: pytest.FixtureRequest) -> Capture:
    return build(request.param)


@pytest.fixture(scope="module")
def train() -> Capture:
    return build("live_gated_train")


def statement_links(capture: Capture, stage: Stage = Stage.KERNEL) -> list[Link]:
    """The links from post-grad into the kernels' texts."""
    stages = {artifact.id: artifact.stage for artifact in capture.artifacts}
    return [
        link
        for link in capture.links
        if stages[link.a.artifact] is Stage.POST_GRAD and stages[link.b.artifact] is stage
    ]


def nodes_of(capture: Capture, artifact: str) -> dict[tuple[int, int], FxNode]:
    return {(node.line, node.col): node for node in read_fx(capture.by_id[artifact].text).nodes.values()}


def attributed(capture: Capture) -> Iterator[tuple[Artifact, int, set[FxNode]]]:
    """Every linked kernel line: the kernel, the line's number, its nodes."""
    found: dict[tuple[str, int], set[FxNode]] = {}
    for link in statement_links(capture):
        if link.origin is Origin.EXACT:
            node = nodes_of(capture, link.a.artifact)[link.a.start]
            found.setdefault((link.b.artifact, link.b.start.line), set()).add(node)
    for (kernel, line), nodes in found.items():
        yield capture.by_id[kernel], line, nodes


def operator(node: FxNode) -> str:
    return node.operator.split(".")[3] if node.operator.startswith("torch.ops.") else node.operator


def test_every_statement_has_its_nodes(capture: Capture) -> None:
    linked = {(kernel.id, line) for kernel, line, _ in attributed(capture)}
    kernels = capture.find(Stage.KERNEL)
    assert kernels
    for kernel in kernels:
        statements = statement_lines(kernel.text)
        assert statements
        assert {(kernel.id, line) for line in statements} <= linked


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"= tmp\d+\.exp\(\)", {"exp"}),
        (r"= tmp\d+\.neg\(\)", {"neg"}),
        (r"= tmp\d+\.tanh\(\)|Sleef_tanh", {"tanh"}),
        (r"= tmp\d+ / tmp\d+", {"div"}),
        (r"= tmp\d+ \* tmp\d+", {"mul"}),
        (r"= decltype\(tmp\d+\)\(1\)/", {"sigmoid"}),
    ],
)
def test_statements_do_what_their_nodes_are(capture: Capture, text: str, meant: set[str]) -> None:
    lines = [(kernel, line, nodes) for kernel, line, nodes in attributed(capture)]
    matching = [(kernel, line, nodes) for kernel, line, nodes in lines if re.search(text, kernel.lines[line - 1])]
    for kernel, line, nodes in matching:
        assert meant & {operator(node) for node in nodes}, kernel.lines[line - 1]
    assert matching or "sigmoid" in meant or "decltype" not in text


def test_operands_come_from_the_nodes_inputs(capture: Capture) -> None:
    """Where one statement uses another's value, its node gets its own value from the other's, along the FX graph."""
    by_kernel: dict[str, dict[int, set[FxNode]]] = {}
    for kernel, line, nodes in attributed(capture):
        by_kernel.setdefault(kernel.id, {})[line] = nodes
    checked = 0
    for kernel_id, lines in by_kernel.items():
        kernel = capture.by_id[kernel_id]
        graph = post_grad_of(capture, kernel)
        inputs = {node.name: ancestors(node, graph) for node in graph.values()}
        defined: dict[str, set[FxNode]] = {}
        for number, text in enumerate(map(str.strip, kernel.lines), 1):
            match = re.match(r"auto (tmp\d+) = ", text)
            for used in re.findall(r"\btmp\d+\b", text[match.end() :] if match else text):
                users, sources = lines.get(number, set()), defined.get(used, set())
                if users and sources:
                    assert any(source.name in inputs[user.name] for user in users for source in sources), text
                    checked += 1
            if match:
                defined[match[1]] = lines.get(number, set())
    assert checked >= 10


def post_grad_of(capture: Capture, kernel: Artifact) -> dict[str, FxNode]:
    artifact = "0/0:post_grad:backward" if kernel.id.endswith(":backward") else "0/0:post_grad"
    return dict(read_fx(capture.by_id[artifact].text).nodes) | {"": FxNode(artifact, 0, 0, 0, 0, "", "", None)}


def ancestors(node: FxNode, graph: dict[str, FxNode]) -> set[str]:
    """The node and everything its value is made from, by the names in its expression."""
    lines = CAPTURED_LINES[graph[""].name]
    found: set[str] = set()
    waiting = [node.name]
    while waiting:
        name = waiting.pop()
        if name in found or name not in graph or not name:
            continue
        found.add(name)
        at = graph[name]
        text = "\n".join(lines[at.line - 1 : at.end_line])
        waiting += re.findall(r"\b[a-z_]\w*\b", text[at.col : at.end_col].partition(" = ")[2])
    return found


CAPTURED_LINES: dict[str, list[str]] = {}


@pytest.fixture(autouse=True)
def _lines(request: pytest.FixtureRequest) -> None:
    for name in ("capture", "train"):
        if name in request.fixturenames:
            found: Capture = request.getfixturevalue(name)
            CAPTURED_LINES.update({item.id: item.lines for item in found.find(Stage.POST_GRAD)})


def test_the_output_codes_lines_are_the_kernels(capture: Capture) -> None:
    kernel_lines = {(link.a, capture.by_id[link.b.artifact].lines[link.b.start.line - 1]) for link in exact(capture)}
    code_lines = {
        (link.a, capture.by_id[link.b.artifact].lines[link.b.start.line - 1])
        for link in statement_links(capture, Stage.INDUCTOR)
    }
    assert kernel_lines
    assert kernel_lines <= code_lines


def exact(capture: Capture) -> list[Link]:
    return [link for link in statement_links(capture) if link.origin is Origin.EXACT]


def test_a_node_with_known_lines_is_not_tied_to_the_whole_kernel(capture: Capture) -> None:
    for link in statement_links(capture):
        if link.origin is Origin.KERNEL:
            assert (link.a, link.b.artifact) not in {(other.a, other.b.artifact) for other in exact(capture)}


def test_loop_bodies_say_what_their_nodes_are(capture: Capture) -> None:
    stages = {artifact.id: artifact.stage for artifact in capture.artifacts}
    checked = 0
    for link in capture.links:
        if stages[link.b.artifact] in (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION):
            if stages[link.a.artifact] is not Stage.POST_GRAD:
                continue
            text = capture.by_id[link.b.artifact].lines[link.b.start.line - 1]
            node = nodes_of(capture, link.a.artifact)[link.a.start]
            if match := re.search(r"= ops\.(exp|tanh|neg|sigmoid)\(", text):
                assert operator(node) == match[1], text
                checked += 1
            assert link.origin is Origin.EXACT
    assert checked >= 4


def test_an_older_record_leaves_the_statements_of_the_same_node_and_kind(capture: Capture) -> None:
    """It does not say which definition of a loop body a line was written for, so nothing there is called exact."""
    stages = {artifact.id: artifact.stage for artifact in capture.artifacts}
    seen = set()
    for link in capture.links:
        if (stages[link.a.artifact], stages[link.b.artifact]) == (Stage.IR_POST_FUSION, Stage.KERNEL):
            ir = capture.by_id[link.a.artifact].lines[link.a.start.line - 1]
            kernel = capture.by_id[link.b.artifact].lines[link.b.start.line - 1]
            assert link.origin is not Origin.EXACT
            if (match := re.search(r"ops\.(exp|tanh|neg|load|store)\(", ir)) and link.origin is Origin.ALIGNED:
                seen.add(match[1])
                meant = {"load": r"loadu\(|= tmp\d+|in_ptr|in_out_ptr", "store": r"store\(|\] = "}
                assert re.search(meant.get(match[1], match[1]), kernel), (ir, kernel)
    assert {"exp", "load", "store"} <= seen


def test_allocations_and_reuse_belong_to_the_node_whose_value_they_hold(capture: Capture) -> None:
    ours = [
        (link, capture.by_id[link.b.artifact].lines[link.b.start.line - 1].strip())
        for link in statement_links(capture, Stage.INDUCTOR)
    ]
    buffers = [(link, text) for link, text in ours if re.match(r"buf\d+ = ", text)]
    assert [text for _, text in buffers if "empty_strided_cpu" in text]
    for link, text in buffers:
        node = nodes_of(capture, link.a.artifact)[link.a.start]
        sizes = re.search(r"(?:empty_strided_cpu\(|reinterpret_tensor\(\w+, )\(([\d, ]*)\)", text)
        if sizes and node.type:
            shape = [int(size) for size in re.findall(r"\d+", node.type.partition("[")[2].partition("]")[0])]
            count = eval_product(re.findall(r"\d+", sizes[1]))
            assert eval_product(map(str, shape)) == count, (node, text)


def eval_product(sizes: Any) -> int:
    total = 1
    for size in sizes:
        total *= int(size)
    return total


def test_forward_nodes_are_tied_to_the_nodes_of_their_gradient(train: Capture) -> None:
    pairs = [
        (nodes_of(train, link.a.artifact)[link.a.start], nodes_of(train, link.b.artifact)[link.b.start])
        for link in train.links
        if (link.a.artifact, link.b.artifact) == ("0/0:aten", "0/0:aten_backward")
    ]
    gradients = {(operator(a), operator(b)) for a, b in pairs if not b.placeholder}
    assert ("tanh", "sub") in gradients  # 1 - tanh²
    assert ("exp", "sigmoid") in gradients  # silu is taken apart in both directions
    assert ("tanh", "sigmoid") not in gradients


def test_the_backward_graphs_calls_have_their_nodes(train: Capture) -> None:
    code = train.by_id["0/0:inductor:backward"]
    calls = [
        number for number, line in enumerate(code.lines, 1) if re.match(r"\s+(cpp_fused\w+|extern_kernels\.mm)\(", line)
    ]
    linked = {link.b.start.line for link in statement_links(train, Stage.INDUCTOR) if link.b.artifact == code.id}
    assert calls
    assert set(calls) <= linked
    assert {link.a.artifact for link in exact(train) if link.b.artifact.endswith("backward")} == {
        "0/0:post_grad:backward"
    }


# Records that are missing, damaged, or contradict the texts


def changed_lines(change: Callable[[list[Any]], Any]) -> Change:
    return lambda data: data | {"lines": change(data["lines"])}


def test_without_the_record_links_are_aligned_or_for_the_kernel_only() -> None:
    capture = build("live_gated", lambda _: None)
    assert statement_links(capture)
    assert {link.origin for link in statement_links(capture)} == {Origin.ALIGNED, Origin.KERNEL}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed_lines(lambda rows: [[n, ["no_such_node"], [], kind] for n, _, _, kind in rows]), "does not define"),
        (changed_lines(lambda rows: [[n + 100_000, *rest] for n, *rest in rows]), "that their kernel does not have"),
        (changed_lines(lambda rows: [[-n, *rest] for n, *rest in reversed(rows)]), "that their kernel does not have"),
        (lambda data: data | {"kernel": "cpp_fused_elsewhere_9"}, "whose kernel the output code does not define"),
        (lambda data: data | {"digest": "0123456789abcdef"}, "recorded for another text of their kernel"),
        (lambda data: data | {"subgraph": "true_graph_0"}, "of a graph within the graph"),
    ],
)
def test_what_cannot_be_true_is_counted_and_never_shown(change: Change, told: str) -> None:
    capture = build("live_gated", change)
    assert not exact(capture)
    assert [note for note in capture.notes if note.kind == "warning" and told in note.message]


@pytest.mark.parametrize(
    "change",
    [
        changed_lines(lambda rows: [["one", *rest] for _, *rest in rows]),
        changed_lines(lambda rows: rows[::-1]),
        changed_lines(lambda rows: [rows[0], *rows]),
        changed_lines(lambda rows: [[n, "exp", [], kind] for n, _, _, kind in rows]),
        changed_lines(lambda rows: [row[:2] for row in rows]),
        lambda data: {key: value for key, value in data.items() if key != "lines"},
        lambda data: data | {"backward": True},
        lambda data: data | {"compile_id": None},
    ],
)
def test_a_damaged_record_is_dropped_with_a_note(change: Change) -> None:
    capture = build("live_gated", change)
    assert not exact(capture)
    assert capture.dropped == 1
    assert [note for note in capture.notes if note.kind == "dropped" and "inspector_statements" in note.message]


def test_one_unknown_node_does_not_cost_the_others() -> None:
    whole = set(exact(build("live_gated")))

    def rename(data: dict[str, Any]) -> dict[str, Any]:
        rows = [
            [n, ["gone" if name == "exp" else name for name in names], others, kind]
            for n, names, others, kind in data["lines"]
        ]
        return data | {"lines": rows}

    capture = build("live_gated", rename)
    assert set(exact(capture)) < whole
    assert [note for note in capture.notes if "does not define" in note.message]


def test_a_subgraphs_kernel_does_not_take_torchs_mapping_to_the_outer_nodes() -> None:
    capture = build("live_gated", lambda data: data | {"subgraph": "true_graph_0"})
    assert not statement_links(capture)


def test_operations_without_recorded_nodes_are_tied_by_their_kernel() -> None:
    capture = build("live_gated", lambda data: {k: v for k, v in data.items() if k != "operations"}, "ir")
    stages = {artifact.id: artifact.stage for artifact in capture.artifacts}
    origins = {
        link.origin
        for link in capture.links
        if stages[link.a.artifact] is Stage.POST_GRAD and stages[link.b.artifact] is Stage.IR_POST_FUSION
    }
    assert origins == {Origin.KERNEL}


def test_the_ir_of_a_graph_within_the_graph_stays_apart() -> None:
    plain = build("live_gated")
    capture = build("live_gated", lambda data: data | {"subgraph": "true_graph_0"}, "ir")
    assert "0/0:ir_post_fusion" in plain.by_id
    assert "0/0:ir_post_fusion:true_graph_0" in capture.by_id
    tied = [link for link in capture.links if "ir_p" in link.a.artifact + link.b.artifact]
    assert tied
    assert all("ir_p" in link.a.artifact and "ir_p" in link.b.artifact for link in tied)
