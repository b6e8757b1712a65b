"""Statements tied to FX nodes from texts alone: what is certain must be right, what is not must stay open."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.link import align_solver
from inspector.link.align import AlignedCall, aligned_statements
from inspector.link.outputcode import OutputCode, read_call, read_output_code
from inspector.model.link import Origin
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"

Nodes = dict[str, tuple[str, ...]]
"""Call → the nodes that it is known to compute."""


def align(code: OutputCode, post_grad: str, nodes: Nodes | None = None) -> dict[str, AlignedCall]:
    known = nodes or {}
    names = [*(kernel.name for kernel in code.kernels), *known]
    calls = sorted(set(code.calls_of(names)), key=lambda call: call.line)
    return {
        item.kernel: item for item in aligned_statements(code, [(c, known.get(c.name, ())) for c in calls], post_grad)
    }


def recorded(log: str, unit: str = "") -> tuple[OutputCode, str]:
    capture = read_capture(TRACES / log)
    return read_output_code(capture.by_id[f"0/0:inductor{unit}"].text), capture.by_id[f"0/0:post_grad{unit}"].text


def by_text(code: OutputCode, aligned: AlignedCall) -> dict[str, set[str]]:
    """Statement → its nodes."""
    (kernel,) = [item for item in code.kernels if item.name == aligned.kernel]
    lines = kernel.text.split("\n")
    found: dict[str, set[str]] = {}
    for line, node in aligned.lines:
        found.setdefault(lines[line - 1].strip(), set()).add(node)
    return found


def kernel_code(body: str, *, call: str = "kern(arg0_1, buf0)", parameters: str = "") -> OutputCode:
    """An output code with one kernel of these statements, and its call."""
    parameters = parameters or "const float* in_ptr0, float* out_ptr0"
    lines = "\n".join(f"        {line}" for line in body.strip().split("\n"))
    return read_output_code(
        "kern = async_compile.cpp_pybinding(['float*'], r'''\n"
        f'extern "C" void kernel({parameters})\n{{\n'
        "    for(int64_t x0=0L; x0<64L; x0+=16L)\n    {\n"
        f"{lines}\n    }}\n}}\n''')\n\n"
        "def call(self, args):\n"
        "    buf0 = empty_strided_cpu((64, ), (1, ), torch.float32)\n"
        f"    {call}\n    return (buf0, )\n"
    )


def graph(*nodes: str, inputs: str = 'arg0_1: "f32[64][1]cpu"') -> str:
    body = "\n".join(f"        {node}" for node in nodes)
    return f"class <lambda>(torch.nn.Module):\n    def forward(self, {inputs}):\n{body}\n        return (out,)\n"


def node(name: str, expression: str) -> str:
    return f'{name}: "f32[64][1]cpu" = torch.ops.aten.{expression}'


LOAD = "auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x0), static_cast<int64_t>(16));"
STORE = "tmp{}.store(out_ptr0 + static_cast<int64_t>(x0));"


def test_every_statement_of_a_gated_unit_finds_its_node() -> None:
    code, post_grad = recorded("live_gated.log")
    kernel = "cpp_fused_add_mul_silu_tanh_0"
    found = by_text(code, align(code, post_grad, {"extern_kernels.mm": ()})[kernel])
    assert found["auto tmp1 = tmp0.neg();"] == {"neg"}
    assert found["auto tmp2 = tmp1.exp();"] == {"exp"}
    assert found["auto tmp3 = static_cast<float>(1.0);"] == {"add"}
    assert found["auto tmp4 = at::vec::Vectorized<float>(tmp3);"] == {"add"}
    assert found["auto tmp5 = tmp2 + tmp4;"] == {"add"}
    assert found["auto tmp6 = tmp0 / tmp5;"] == {"div"}
    assert found["auto tmp8 = tmp6 * tmp7;"] == {"mul"}
    assert found["auto tmp9 = tmp8.tanh();"] == {"tanh"}
    assert found["auto tmp10 = tmp8 + tmp9;"] == {"add_1"}
    assert found["tmp10.store(in_out_ptr0 + static_cast<int64_t>(x0));"] == {"add_1"}
    loads = {text.split()[1]: nodes for text, nodes in found.items() if "loadu" in text}
    assert loads == {"tmp0": {"neg", "div"}, "tmp7": {"mul"}}


def test_a_backward_graph_without_a_mapping_is_aligned_by_constants_and_data_flow() -> None:
    code, post_grad = recorded("train.log", ":backward")
    found = by_text(code, align(code, post_grad)["cpp_fused_gelu_gelu_backward_sum_0"])
    assert found["auto tmp4 = tmp1 * tmp3;"] == {"mul_1"}  # by 0.7071
    assert found["auto tmp11 = tmp8 * tmp10;"] == {"mul_4"}  # by 0.5
    assert found["auto tmp12 = tmp1 * tmp1;"] == {"mul_5"}
    assert found["auto tmp15 = tmp12 * tmp14;"] == {"mul_6"}  # by -0.5
    assert found["auto tmp19 = tmp16 * tmp18;"] == {"mul_7"}
    assert found["auto tmp20 = tmp1 * tmp19;"] == {"mul_8"}
    assert found["auto tmp21 = tmp11 + tmp20;"] == {"add_2"}
    assert found["auto tmp22 = tmp0 * tmp21;"] == {"mul_9"}


def test_a_buffer_carries_its_node_into_the_next_kernel() -> None:
    code, post_grad = recorded("train.log", ":backward")
    found = by_text(code, align(code, post_grad)["cpp_fused_sum_1"])
    assert found
    assert set().union(*found.values()) == {"sum_2"}  # of mul_9, which the kernel before stored; sum_1 is of an input


def test_what_an_external_call_computes_is_known_by_its_operator_and_what_it_is_given() -> None:
    code = kernel_code(
        "auto tmp0 = in_ptr0[static_cast<int64_t>(x0)];\nauto tmp1 = static_cast<float>(tmp0 + tmp0);\n"
        "out_ptr0[static_cast<int64_t>(x0)] = tmp1;",
        call="extern_kernels.mm(arg0_1, reinterpret_tensor(arg2_1, (8, 8), (1, 8), 0), out=buf1)\n    kern(buf1, buf0)",
    )
    post_grad = graph(
        node("permute", "permute.default(arg1_1, [1, 0])"),
        node("mm", "mm.default(arg0_1, permute)"),
        node("permute_1", "permute.default(arg2_1, [1, 0])"),
        node("mm_1", "mm.default(arg0_1, permute_1)"),
        node("add", "add.Tensor(mm, mm)"),
        node("add_1", "add.Tensor(mm_1, mm_1)"),
        inputs='arg0_1: "f32[8, 8]cpu", arg1_1: "f32[8, 8]cpu", arg2_1: "f32[8, 8]cpu"',
    )
    assert {name for _, name in align(code, post_grad)["kern"].lines} == {"add_1"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "extern_kernels.mm(buf0, reinterpret_tensor(arg1_1, (8, 8), (1, 8), 0), out=buf1)",
            ("mm", ("buf0", "arg1_1")),
        ),
        ("buf2 = torch.ops.aten.sort.stable(buf0[0], stable=True)", ("sort", ("buf0",))),
        ("return (buf0, )", None),
        ("buf0 = empty_strided_cpu((64, ), (1, ), torch.float32); del buf1", ("empty_strided_cpu", ())),
        ("extern_kernels.mm(", None),
    ],
)
def test_the_operator_and_the_tensors_of_a_call(line: str, expected: object) -> None:
    assert read_call(line) == expected


def test_vector_and_scalar_spelling_are_the_same() -> None:
    post_grad = graph(node("out", "sigmoid.default(arg0_1)"))
    vector = "auto tmp1 = decltype(tmp0)(1)/(decltype(tmp0)(1) + tmp0.neg().exp());"
    scalar = "auto tmp1 = decltype(tmp0)(1) / (decltype(tmp0)(1) + std::exp(-tmp0));"
    for spelled in (vector, scalar):
        code = kernel_code("\n".join((LOAD, spelled, STORE.format(1))))
        assert by_text(code, align(code, post_grad)["kern"])[spelled] == {"out"}


def test_statements_that_two_nodes_could_mean_stay_open() -> None:
    post_grad = graph(
        node("exp", "exp.default(arg0_1)"), node("exp_1", "exp.default(arg0_1)"), node("out", "abs.default(exp)")
    )
    code = kernel_code("\n".join((LOAD, "auto tmp1 = tmp0.exp();", "tmp1.store(out_ptr0 + static_cast<int64_t>(x0));")))
    assert align(code, post_grad)["kern"].lines == ()


def test_the_nodes_known_for_a_kernel_decide_between_equal_ones() -> None:
    post_grad = graph(node("exp", "exp.default(arg0_1)"), node("out", "exp.default(arg0_1)"))
    code = kernel_code("\n".join((LOAD, "auto tmp1 = tmp0.exp();", STORE.format(1))))
    found = by_text(code, align(code, post_grad, {"kern": ("out",)})["kern"])
    assert set().union(*found.values()) == {"out"}


def test_a_constant_decides_between_equal_operations() -> None:
    post_grad = graph(node("mul", "mul.Tensor(arg0_1, 2)"), node("out", "mul.Tensor(arg0_1, 3)"))
    code = kernel_code(
        "\n".join((LOAD, "auto tmp1 = static_cast<float>(3.0);", "auto tmp2 = tmp0 * tmp1;", STORE.format(2)))
    )
    found = by_text(code, align(code, post_grad)["kern"])
    assert found["auto tmp2 = tmp0 * tmp1;"] == {"out"}
    assert found["auto tmp1 = static_cast<float>(3.0);"] == {"out"}


@pytest.mark.parametrize(
    "nodes",
    [
        (node("out", "sin.default(arg0_1)"),),  # nothing in the graph is an exponential
        (node("neg", "neg.default(arg0_1)"), node("out", "exp.default(neg)")),  # of something the kernel never makes
        ("out = damaged(((",),
        (),
    ],
)
def test_texts_that_contradict_each_other_give_no_link(nodes: tuple[str, ...]) -> None:
    code = kernel_code("\n".join((LOAD, "auto tmp1 = tmp0.exp();", STORE.format(1))))
    assert align(code, graph(*nodes))["kern"].lines == ()


def test_a_call_with_other_arguments_than_the_kernel_gives_no_link() -> None:
    code = kernel_code("\n".join((LOAD, "auto tmp1 = tmp0.exp();", STORE.format(1))), call="kern(arg0_1)")
    assert align(code, graph(node("out", "exp.default(arg0_1)")))["kern"].lines == ()


def test_a_kernel_over_the_budget_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    code, post_grad = recorded("live_gated.log")
    monkeypatch.setattr(align_solver, "BUDGET", 3)
    assert [item.lines for item in align(code, post_grad).values()] == [()]


def cut(text: str) -> str:
    return text[: len(text) // 2]


def shuffled(text: str) -> str:
    return "\n".join(sorted(text.split("\n")))


@pytest.mark.parametrize("damage", [cut, shuffled, lambda text: text.replace("tmp", "("), lambda text: ""])
def test_damaged_texts_never_raise(damage: Callable[[str], str]) -> None:
    for log, unit in (("live_gated.log", ""), ("train.log", ":backward")):
        code, post_grad = recorded(log, unit)
        text = "\n".join(code.lines)
        align(code, damage(post_grad))
        align(read_output_code(damage(text)), post_grad)
        inside = re.sub(r"(?s)(?<=r''')(.*?)(?=''')", lambda match: damage(match[1]), text)
        align(read_output_code(inside), post_grad)


def test_lines_are_lines_of_the_kernel_and_nodes_are_nodes_of_the_graph() -> None:
    for log, unit in (("live_gated.log", ""), ("train.log", ""), ("train.log", ":backward"), ("two_ops.log", "")):
        code, post_grad = recorded(log, unit)
        for name, aligned in align(code, post_grad).items():
            (kernel,) = [item for item in code.kernels if item.name == name]
            lines = kernel.text.split("\n")
            assert aligned.lines
            for line, found in aligned.lines:
                assert lines[line - 1].strip().endswith(";")
                assert re.search(rf"\b{found}: ", post_grad)


def test_a_foreign_log_shows_its_statements_as_aligned() -> None:
    capture = read_capture(TRACES / "train.log")
    kernel = next(item for item in capture.artifacts if item.id.endswith("cpp_fused_gelu_0"))
    links = [link for link in capture.links if link.b.artifact == kernel.id and link.origin is Origin.ALIGNED]
    graph_lines = capture.by_id["0/0:post_grad"].lines
    found = {kernel.lines[link.b.start.line - 1].strip(): graph_lines[link.a.start.line - 1].strip() for link in links}
    assert found["auto tmp7 = tmp6.erf();"].startswith("erf:")
    assert found["auto tmp6 = tmp0 * tmp5;"].startswith("mul_1:")
    assert {link.a.artifact for link in links} == {"0/0:post_grad"}
    assert {
        link.origin for link in capture.links if link.b.artifact == kernel.id and link.a in {x.a for x in links}
    } <= {
        Origin.ALIGNED,
        Origin.KERNEL,
    }


def test_a_kernel_with_an_exact_record_is_not_aligned() -> None:
    capture = read_capture(TRACES / "live_gated.log")
    lines = [
        link for link in capture.links if link.b.artifact.startswith("0/0:kernel:") and "post_grad" in link.a.artifact
    ]
    assert Origin.EXACT in {link.origin for link in lines}
    assert Origin.ALIGNED not in {link.origin for link in lines}
