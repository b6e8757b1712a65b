"""Statement links by meaning: what a line says must be what its nodes do, and its operands must come from theirs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
import torch
from kernel_text import statement_lines
from statement_modules import CASES, Case, generated_code
from torch._inductor.virtualized import V

from inspector.worker.statements import KernelStatements, WrittenLine, record_statements

pytestmark = pytest.mark.compiles


@dataclass(frozen=True)
class Recorded:
    """One case compiled plain and recording."""

    plain: list[str]
    recording: list[str]
    reason: str
    kernels: list[tuple[KernelStatements, torch.fx.Graph]] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, WrittenLine, dict[str, torch.fx.Node]]]:
        """Every attributed line: its text, its record, the nodes of its graph by name."""
        for record, graph in self.kernels:
            nodes, texts = by_name(graph), record.source.split("\n")
            for line in record.lines:
                yield texts[line.line - 1].strip(), line, nodes


@cache
def by_name(graph: torch.fx.Graph) -> dict[str, torch.fx.Node]:
    return {node.name: node for node in graph.nodes}


@cache
def ancestors(node: torch.fx.Node) -> frozenset[torch.fx.Node]:
    """The node and everything it is computed from."""
    return frozenset({node}).union(*(ancestors(source) for source in node.all_input_nodes))


def record(case: Case, **options: Any) -> Recorded:
    plain = generated_code(case, **options)
    kernels: list[tuple[KernelStatements, torch.fx.Graph]] = []
    with record_statements(lambda found: kernels.append((found, V.graph.module.graph))) as recording:
        codes = generated_code(case, **options)
    return Recorded(plain, codes, recording.reason, kernels)


@cache
def recorded(name: str) -> Recorded:
    return record(CASES[name]())


def operation(node: torch.fx.Node) -> str:
    """`exp` for aten.exp.default, `index_put` for aten.index_put_.default."""
    return str(getattr(getattr(node.target, "overloadpacket", node.target), "__name__", node.target)).rstrip("_")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Recorded:
    return recorded(request.param)


def test_code_is_byte_identical(case: Recorded) -> None:
    assert case.reason == ""
    assert case.plain
    assert case.recording == case.plain


def test_statements_have_their_nodes(case: Recorded) -> None:
    statements = [(found, line) for found, _ in case.kernels for line in statement_lines(found.source)]
    linked = {(found, line.line) for found, _ in case.kernels for line in found.lines}
    assert statements
    missing = [found.source.split("\n")[line - 1] for found, line in statements if (found, line) not in linked]
    assert len(missing) <= 0.01 * len(statements), missing


def test_nodes_are_nodes_of_the_graph(case: Recorded) -> None:
    for text, line, nodes in case.lines():
        assert line.nodes, text
        assert {*line.nodes, *line.others} <= nodes.keys(), text
        assert not set(line.nodes) & set(line.others), text


def test_source_stands_in_the_output_code(case: Recorded) -> None:
    for found, _ in case.kernels:
        definition = rf"(?ms)^{found.kernel} = async_compile\.cpp_pybinding\([^\n]*r'''\n(.*?)^''\'\)"
        (text,) = [match[1] for code in case.recording if (match := re.search(definition, code))]
        assert found.source == text


UNARY = {
    r"\.exp\(\)|std::exp\(": {"exp"},
    r"\.neg\(\)|\(-tmp\d+\)": {"neg"},
    r"\.erf\(\)|std::erf\(": {"erf"},
    r"\.sin\(\)|std::sin\(": {"sin"},
    r"\.cos\(\)|std::cos\(": {"cos"},
    r"\.tanh\(\)|std::tanh\(": {"tanh"},
    r"\.log\(\)|std::log\(": {"log"},
    r"\.abs\(\)|std::abs\(": {"abs"},
    r"\.rsqrt\(\)|1 / std::sqrt\(": {"rsqrt"},
    r"(?<!r)(?<!1 / std::)sqrt\(": {"sqrt"},
    r"normalized_rand_cpu\(": {"inductor_random"},
    r"atomic_add": {"index_add", "index_put", "scatter_add", "scatter_reduce"},
    r"^TORCH_CHECK\(.*index out of bounds": {"embedding", "index", "gather", "index_put", "index_add"},
}


def test_lines_say_what_their_nodes_do(case: Recorded) -> None:
    for text, line, nodes in case.lines():
        for pattern, meant in UNARY.items():
            if line.kind != "template" and re.search(pattern, text):
                assert {operation(nodes[name]) for name in line.nodes} <= meant, text


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("llama_mlp", r"auto tmp\d+ = tmp\d+\.exp\(\);", "exp"),
        ("llama_mlp", r"auto tmp\d+ = tmp\d+\.neg\(\);", "neg"),
        ("llama_mlp", r"auto tmp\d+ = tmp\d+ / tmp\d+;", "div"),
        ("rms_norm", r"auto tmp\d+ = tmp\d+\.rsqrt\(\);|1 / std::sqrt", "rsqrt"),
        ("rms_norm", r"^tmp_acc0_vec = tmp_acc0_vec \+ tmp\d+;", "mean"),
        ("gpt2_mlp", r"\.tanh\(\)", "tanh"),
        ("training_step", r"\.erf\(\)", "erf"),
        ("training_step", r"\.log\(\)", "log"),
        ("odd_ones", r"argmax_combine", "argmax"),
        ("odd_ones", r"atomic_add|\+= ", "index_put"),
        ("cat_index_embedding", r"^tmp\d+\.store\(out_ptr0", "embedding"),
        ("cat_index_embedding", r"\.sin\(\)", "sin"),
        ("random_numbers", r"normalized_rand_cpu", "inductor_random"),
        ("big_sums", r"welford_combine\(tmp_acc", "var"),
    ],
)
def test_known_line_belongs_to_known_operation(name: str, text: str, meant: str) -> None:
    lines = [(found, line, nodes) for found, line, nodes in recorded(name).lines() if re.search(text, found)]
    assert lines
    assert any({operation(nodes[node]) for node in line.nodes} == {meant} for _, line, nodes in lines), lines


def test_operands_come_from_the_nodes_inputs(case: Recorded) -> None:
    followed = [use for found, graph in case.kernels for use in misplaced(found, graph)]
    assert followed
    assert [use for use in followed if use] == []


def test_operands_tell_right_nodes_from_wrong_ones() -> None:
    ((found, graph),) = recorded("gpt2_mlp").kernels
    nodes = [line.nodes for line in found.lines]
    moved = tuple(replace(line, nodes=other) for line, other in zip(found.lines, reversed(nodes), strict=True))
    uses = list(misplaced(replace(found, lines=moved), graph))
    assert sum(map(bool, uses)) > len(uses) / 4


def misplaced(found: KernelStatements, graph: torch.fx.Graph) -> Iterator[str]:
    """For each use of a temporary: empty where its nodes fit, else the line that has no such operand.

    They fit when a user and a definer are the same node, or the user gets the definer's value with nothing between
    them but nodes that pass values on (views, gathers, and what was folded away).
    """
    nodes = by_name(graph)
    own = {nodes[name] for line in found.lines for name in (*line.nodes, *line.others)}
    own -= {node for node in own if operation(node) in ("gather", "index")}
    for text, line, definition in operands(found):
        users = {nodes[name] for name in (*line.nodes, *line.others)}
        sources = {nodes[name] for name in (*definition.nodes, *definition.others)}
        if line.kind in ("load", "template"):  # a load's position comes from whoever asks for the loaded value
            users = {node for node in graph.nodes if ancestors(node) & users}
        yield "" if any(inputs(user, own) & sources for user in users) else text


def inputs(user: torch.fx.Node, own: set[torch.fx.Node]) -> set[torch.fx.Node]:
    """The node, and the nearest nodes of `own` that it gets its values from."""
    reached, waiting = {user}, list(user.all_input_nodes)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting.extend(() if node in own else node.all_input_nodes)
    return reached


def operands(found: KernelStatements) -> Iterator[tuple[str, WrittenLine, WrittenLine]]:
    """Each use of a temporary: the using line's text and record, and the record of the line that defines it."""
    lines = {line.line: line for line in found.lines}
    scopes: list[dict[str, WrittenLine]] = [{}]
    for number, text in enumerate(map(str.strip, found.source.split("\n")), start=1):
        if text.startswith("}") and len(scopes) > 1:
            scopes.pop()
        if text.endswith("{"):
            scopes.append({})
        if number not in lines:
            continue
        defined = re.match(r"auto (tmp\d+) =", text)
        for used in re.findall(r"\btmp\d+\b", text[defined.end() :] if defined else text):
            for scope in reversed(scopes):
                if used in scope:
                    yield text, lines[number], scope[used]
                    break
        if defined:
            scopes[-1][defined[1]] = lines[number]


def test_every_elementwise_node_has_a_statement(case: Recorded) -> None:
    """No node that only a fused kernel can compute is left without a line."""
    linked = {nodes[name] for _, line, nodes in case.lines() for name in (*line.nodes, *line.others)}
    for graph in {graph for _, graph in case.kernels}:
        for node in graph.nodes:
            if node.op == "call_function" and operation(node) in (
                "exp",
                "erf",
                "rsqrt",
                "tanh",
                "neg",
                "sin",
                "cos",
                "log",
                "where",
            ):
                assert node in linked, node.format_node()


def test_shared_subexpression_names_every_user() -> None:
    def function(x: torch.Tensor) -> torch.Tensor:
        return (x + 2).exp() * (x * 2).sin()

    found = record(Case(function, (torch.randn(8, 64),)))
    shared = [(text, line, nodes) for text, line, nodes in found.lines() if line.others]
    assert {line.kind for _, line, _ in shared} >= {"load"}
    for text, line, nodes in shared:
        users = {operation(nodes[name]) for name in (*line.nodes, *line.others)}
        assert users == {"add", "mul"}, text
        assert re.search(r"loadu\(in_ptr0|\(2\.0\)|Vectorized<float>\(tmp\d+\)|VectorizedN", text), text


def test_equal_reductions_name_both_nodes() -> None:
    def function(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.sum(-1) + 1, x.clone().sum(-1, keepdim=True) * 2

    found = record(Case(function, (torch.randn(8, 64),)))
    sums = [line for text, line, _ in found.lines() if line.kind == "reduction"]
    assert sums
    assert all(len(line.nodes) == 1 and len({*line.nodes, *line.others}) == 2 for line in sums), sums


def test_kernel_shared_by_two_calls_has_one_record_each() -> None:
    weight = torch.randn(32, 32)

    def function(x: torch.Tensor) -> torch.Tensor:
        return (((x @ weight).sin() @ weight).sin() @ weight).sin()

    found = record(Case(function, (torch.randn(32, 32),)))
    records = [record for record, _ in found.kernels]
    assert len({record.kernel for record in records}) == 1
    assert [record.site for record in records] == [0, 1, 2]
    computed = [{line.nodes for line in record.lines if line.kind == "compute"} for record in records]
    assert computed == [{("sin",)}, {("sin_1",)}, {("sin_2",)}]


def test_backward_is_told_from_forward() -> None:
    directions = [found.backward for found, _ in recorded("training_step").kernels]
    assert set(directions) == {False, True}
    assert {found.compile_id for found, _ in recorded("training_step").kernels} == {"0/0"}


def test_graph_within_the_graph_is_told_from_the_outer_one() -> None:
    def function(x: torch.Tensor, flag: torch.Tensor) -> torch.Tensor:
        y = x.sin()
        return torch.cond(flag, lambda y: y.cos() + 1, lambda y: y.exp() * 2, (y,)).neg()

    found = record(Case(function, (torch.randn(8, 64), torch.tensor(True))))
    assert found.reason == ""
    assert found.recording == found.plain
    meant = {}
    for kernel, graph in found.kernels:
        nodes = by_name(graph)
        for line in kernel.lines:
            meant.setdefault(kernel.subgraph, set()).update(operation(nodes[name]) for name in line.nodes)
    assert len(meant) == 3
    assert meant.pop(None) == {"sin", "neg"}
    assert sorted(map(sorted, meant.values())) == [["add", "cos"], ["exp", "mul"]]


def test_scratch_memory_belongs_to_those_who_fill_it() -> None:
    scratch = [(text, line, nodes) for text, line, nodes in recorded("softmax").lines() if line.kind == "buffer"]
    for text, line, nodes in scratch:
        assert "local_buffer_data_" in text
        assert {operation(nodes[name]) for name in line.nodes} == {"exp"}
    assert scratch


def test_template_belongs_to_its_node_and_the_epilogue_to_its_own() -> None:
    lines = list(recorded("gemm_template").lines())
    templates = {operation(nodes[name]) for _, line, nodes in lines if line.kind == "template" for name in line.nodes}
    others = {operation(nodes[name]) for _, line, nodes in lines if line.kind == "compute" for name in line.nodes}
    assert len(templates) == 1
    assert templates & {"addmm", "mm", "linear", "_linear_pointwise", "mkl_linear"} or "linear" in str(templates)
    assert {"erf", "mul", "add"} <= others


def test_payload_is_plain_and_complete() -> None:
    found, _ = recorded("llama_mlp").kernels[0]
    payload = found.to_json()
    assert payload["kernel"] == found.kernel
    assert payload["compile_id"] == "0/0"
    assert payload["site"] == 0
    assert payload["backward"] is False
    assert payload["subgraph"] is None
    assert len(payload["lines"]) == len(found.lines)
    number, nodes, others, kind = payload["lines"][0]
    assert (number, tuple(nodes), tuple(others), kind) == (
        found.lines[0].line,
        found.lines[0].nodes,
        found.lines[0].others,
        found.lines[0].kind,
    )


def test_recorded_binary_computes_the_same_as_eager() -> None:
    case = CASES["llama_mlp"]()
    torch._dynamo.reset()
    with torch.no_grad(), record_statements(lambda found: None) as recording:
        result = torch.compile(case.function)(*case.args)
        torch.testing.assert_close(result, case.function(*case.args))
    assert recording.reason == ""


def test_compiling_in_another_thread_is_recorded() -> None:
    kernels: list[KernelStatements] = []
    failures: list[Exception] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - shown below, in the test's own thread
            failures.append(error)

    with record_statements(kernels.append):
        thread = threading.Thread(target=guarded, args=(lambda: generated_code(CASES["layer_norm"]()),))
        thread.start()
        thread.join()
    assert not failures
    assert [len(found.lines) > 0 for found in kernels] == [True]
