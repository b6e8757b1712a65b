"""The readers of the compiler's texts."""

from __future__ import annotations

import pytest

from inspector.link.asmtext import read_objdump
from inspector.link.fxtext import read_fx
from inspector.link.irtext import read_ir
from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Language

GRAPH = """class GraphModule(torch.nn.Module):
    def forward(self, L_x_: "f32[8, 16][16, 1]cpu"):
        l_x_ = L_x_

        # File: /home/user/a b.py:7 in f, code: y = torch.relu(x)
        y: "f32[8, 16][16, 1]cpu" = torch.relu(l_x_);  l_x_ = None

         # File: /home/user/a b.py:8 in f, code: return torch.cond(y, (y,))
        cond_0 = self.cond_0
        cond = torch.ops.higher_order.cond(y, cond_0, cond_0, (
            y,  # ) not a bracket
        ));  y = cond_0 = None
        getitem: "f32[8]" = cond[0];  cond = None
        # No stacktrace found for following nodes
        copy_: "f32[8]" = torch.ops.aten.copy_.default(getitem, getitem);  getitem = copy_ = None
        return (
            getitem,
        )

    class cond_0(torch.nn.Module):
        def forward(self, y: "f32[8]"):
            y: "f32[8]" = torch.neg(y)
            return (y,)
"""


def test_every_node_of_a_graph_text_has_its_span_operator_and_place() -> None:
    nodes = read_fx(GRAPH).nodes
    lines = GRAPH.split("\n")
    text = {
        name: "\n".join(lines[node.line - 1 : node.end_line])[
            node.col : None if node.end_line > node.line else node.end_col
        ]
        for name, node in nodes.items()
    }
    assert list(nodes) == ["L_x_", "l_x_", "y", "cond_0", "cond", "getitem", "copy_", "output"]
    assert text["y"] == 'y: "f32[8, 16][16, 1]cpu" = torch.relu(l_x_)'
    assert text["L_x_"] == 'L_x_: "f32[8, 16][16, 1]cpu"'
    assert nodes["y"].place == ("/home/user/a b.py", 7)
    assert nodes["y"].operator == "torch.relu"
    assert nodes["y"].type == "f32[8, 16][16, 1]cpu"
    assert (nodes["cond"].line, nodes["cond"].end_line, nodes["cond"].end_col) == (10, 12, 10)
    assert nodes["cond"].place == ("/home/user/a b.py", 8)
    assert nodes["copy_"].place is None
    assert (nodes["output"].line, nodes["output"].end_line) == (16, 18)
    assert [name for name, node in nodes.items() if node.placeholder] == ["L_x_", "l_x_"]


def test_nodes_of_nested_graphs_are_kept_apart() -> None:
    read = read_fx(GRAPH)
    assert read.nodes["y"].operator == "torch.relu"
    assert {name: (node.line, node.placeholder) for name, node in read.inner.items()} == {
        "cond_0.y": (21, True),
        "cond_0.output": (23, False),
    }


def test_a_text_that_is_no_graph_has_no_nodes() -> None:
    assert not read_fx("").nodes
    assert not read_fx("def f(:\n  (((((\n# File: x\n").nodes


CODE = """# AOT ID: ['3_forward']
# Topologically Sorted Source Nodes: [x, x_1], Original ATen: [aten.relu]
# Graph fragment:
#   %p : Tensor "f32[8]" = PlaceHolder[target=p]
#   %relu : Tensor "f32[8]"[num_users=1] = call_function[target=torch.ops.aten.relu.default](args = (%p,), kwargs = {})
triton_poi_fused_relu_0 = async_compile.triton('triton_poi_fused_relu_0', '''
import triton
def triton_poi_fused_relu_0(in_ptr0): pass
''', device_str='cuda')

cpp_fused_mul_1 = async_compile.cpp_pybinding(['float*'], r'''
#include "x.h"
void kernel() {}
''')
async_compile.wait(globals())
def call(args):
    # Topologically Sorted Source Nodes: [x, x_1], Original ATen: [aten.relu]
    # [Provenance debug handles] triton_poi_fused_relu_0:1
    stream0 = get_raw_stream(0)
    triton_poi_fused_relu_0.run(buf0, stream=stream0)
    # [Provenance debug handles] extern_kernels.mm:10
    extern_kernels.mm(buf0, buf1, out=buf2)
    # [Provenance debug handles] cpp_fused_mul_1:2
    cpp_fused_mul_1(buf2)
    # [Provenance debug handles] extern_kernels.addmm:3
    extern_kernels.addmm(buf0, buf1, out=buf3)
"""


def test_kernels_are_cut_out_of_the_output_code() -> None:
    code = read_output_code(CODE)
    lines = CODE.split("\n")
    triton, cpp = code.kernels
    assert code.aot_id == "3_forward"
    assert (triton.language, cpp.language) == (Language.TRITON, Language.CPP)
    assert cpp.text == '#include "x.h"\nvoid kernel() {}\n'
    for kernel in code.kernels:
        assert kernel.name in lines[kernel.def_line - 1]
        assert lines[kernel.first_line - 1] == kernel.text.split("\n")[0]
        assert lines[kernel.end_line - 1].startswith("'''")
    assert triton.post_grad == ("relu",)
    assert triton.source_nodes == ("x", "x_1")


def test_calls_are_found_by_their_handles_and_exact_names() -> None:
    code = read_output_code(CODE)
    lines = CODE.split("\n")
    calls = [(call.name, call.handle, lines[call.line - 1][call.start : call.end]) for call in code.handled_calls]
    assert calls == [
        ("triton_poi_fused_relu_0", "1", "triton_poi_fused_relu_0.run(buf0, stream=stream0)"),
        ("extern_kernels.mm", "10", "extern_kernels.mm(buf0, buf1, out=buf2)"),
        ("cpp_fused_mul_1", "2", "cpp_fused_mul_1(buf2)"),
        ("extern_kernels.addmm", "3", "extern_kernels.addmm(buf0, buf1, out=buf3)"),
    ]
    assert [call.line for call in code.calls_of(["extern_kernels.mm"])] == [code.handled_calls[1].line]
    assert code.handled_calls[0].source_nodes == ("x", "x_1")


def test_ir_blocks_and_their_buffers() -> None:
    text = """AFTER FUSION
op0: ExternKernelSchedulerNode(ExternKernelOut)
op0.writes = [StarDep(name='buf0', mode=None)]
op0.outputs = [
    buf0: ExternKernelOut
]


op1_op2: FusedSchedulerNode(SchedulerNode,SchedulerNode)
op1_op2.writes =
    [   MemoryDep('buf1', c0, {c0: 128})]
op1_op2.outputs = [
    buf1: ComputedBuffer
    buf1.users = [NodeUser(node=OUTPUT, can_inplace=False, is_weak=False)]
    buf2: ComputedBuffer
]
"""
    first, second = read_ir(text)
    assert (first.name, first.kind, first.buffers, first.first_line, first.last_line) == (
        "op0",
        "ExternKernelSchedulerNode",
        ("buf0",),
        2,
        6,
    )
    assert second.members == {"op1", "op2"}
    assert second.buffers == ("buf1", "buf2")
    assert second.last_line == 16


OBJDUMP = """
k.so:     file format elf64-x86-64

Disassembly of section .text:

0000000000001000 <kernel.cold>:
_Z5throwv():
/usr/include/prefix.h:827
inlined by /tmp/x/ck.main.cpp:9 (kernel)
    1000:\tmov    edi,0x10
    1005:\tcall   900 <__cxa_throw@plt>

0000000000002000 <kernel>:
kernel():
/tmp/x/ck.main.cpp:4
    2000:\tpush   rbp
_ZNK2at3vec3expEv():
/usr/include/vec.h:20
inlined by /tmp/x/ck.main.cpp:7 (kernel)
    2001:\tvmovups zmm0,ZMMWORD PTR [rdi+rax*4]
    2008:\tcall   910 <Sleef_expf16_u10@plt>
/tmp/x/ck.main.cpp:8 (discriminator 2)
    200d:\tlea    rax,[rip+0x295a]        # 5058 <flag@@Base>
    2014:\tjne    2001 <kernel+0x1>
/usr/include/elsewhere.h:3
    2016:\tnop
    2017:\tjne    1000 <kernel.cold>
    2019:\tret
    201a:\tnop    WORD PTR [rax+rax*1+0x0]
    2020:\txchg   ax,ax

0000000000000900 <kernel@plt>:
     900:\tjmp    QWORD PTR [rip+0x2f72]        # 5058 <kernel@@Base+0x2a38>
"""


def test_machine_code_is_made_readable_and_keeps_its_kernel_lines() -> None:
    assembly = read_objdump(OBJDUMP)
    pairs = list(zip(assembly.source_lines, assembly.text.split("\n"), strict=False))
    assert pairs == [
        (0, "kernel:"),
        (4, "        push    rbp"),
        (0, ".L1:"),
        (7, "        vmovups zmm0,ZMMWORD PTR [rdi+rax*4]"),
        (7, "        call    Sleef_expf16_u10@plt"),
        (8, "        lea     rax,[rip+0x295a]"),
        (8, "        jne     .L1"),
        (0, "        nop"),
        (0, "        jne     kernel.cold"),
        (0, "        ret"),
        (0, ""),
        (0, "kernel.cold:"),
        (9, "        mov     edi,0x10"),
        (9, "        call    __cxa_throw@plt"),
    ]
    assert assembly.instructions == 10
    assert read_objdump("nothing here").text == ""


def test_an_operator_that_changes_its_operand_is_a_node_of_its_own() -> None:
    text = (
        "class GraphModule(torch.nn.Module):\n"
        "    def forward(self, L_x_):\n"
        "        # File: /home/user/a.py:3 in f, code: x /= y\n"
        '        x /= y;  x_1: "f32[32, 2][2, 1]cpu" = x;  x = y = None\n'
    )
    node = read_fx(text).nodes["x_1"]
    assert text.split("\n")[3][node.col : node.end_col] == 'x /= y;  x_1: "f32[32, 2][2, 1]cpu" = x'
    assert (node.operator, node.type, node.place) == ("/=", "f32[32, 2][2, 1]cpu", ("/home/user/a.py", 3))


def test_an_assignment_to_a_part_is_a_node_of_its_own() -> None:
    text = (
        "class GraphModule(torch.nn.Module):\n"
        "    def forward(self, L_x_):\n"
        "        # File: /home/user/a.py:3 in f, code: y[:, 3] = v\n"
        "        y[(slice(None, None, None), 3)] = v;  setitem_1 = y;  v = setitem_1 = None\n"
    )
    node = read_fx(text).nodes["setitem_1"]
    assert text.split("\n")[3][node.col : node.end_col] == "y[(slice(None, None, None), 3)] = v;  setitem_1 = y"
    assert (node.operator, node.place) == ("[]=", ("/home/user/a.py", 3))


FUSED = """op0_op1: FusedSchedulerNode(SchedulerNode,SchedulerNode)
op0_op1.outputs = [
    buf0: ComputedBuffer
    buf1: ComputedBuffer
]
op0_op1.snodes[0] =
op0: SchedulerNode(ComputedBuffer)
op0.writes = [MemoryDep('buf0', c0, {c0: 128})]
buf0_layout = FixedLayout('cpu', torch.float32, size=[128], stride=[1])
class op0_loop_body:
    var_ranges = {p0: 128}
    index0 = p0
    def body(self, ops):
        get_index = self.get_index('index0')
        load = ops.load('arg0_1', get_index)
        masked = self.masked_subblock1(load)
        return masked
    def masked_subblock1(self, ops):
        exp = ops.exp(load)
        return exp
op0_op1.snodes[1] =
op1: SchedulerNode(ComputedBuffer)
class op1_loop_body:
    def body(self, ops):
        exp = ops.exp(load)


op2: ExternKernelSchedulerNode(ExternKernelOut)
op2.node.kernel = extern_kernels.mm
"""


def test_a_fused_block_has_its_parts_and_the_lines_of_their_bodies() -> None:
    fused, extern = read_ir(FUSED)
    assert (fused.name, fused.first_line, fused.last_line) == ("op0_op1", 1, 25)
    assert fused.parts == {"op0": (7, 20), "op1": (22, 25)}
    assert {key: (line.line, line.operation) for key, line in fused.lines.items()} == {
        ("op0", "body.get_index"): (14, "get_index"),
        ("op0", "body.load"): (15, "load"),
        ("op0", "body.masked"): (16, "masked_subblock1"),
        ("op0", "masked_subblock1.exp"): (19, "exp"),
        ("op1", "body.exp"): (25, "exp"),
    }
    assert extern.parts == {"op2": (28, 29)}
    assert not extern.lines


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("x * y", "*"),
        ("2.5 * x", "*"),
        ("1 - x", "-"),
        ("-x", "-"),
        ("x[0]", "[]"),
        ("x >= 0", ">="),
        ("view ** 2", "**"),
        ("view.sin()", "view.sin"),
        ("torch.clamp(x, 0)", "torch.clamp"),
        ("x.T", "x.T"),
    ],
)
def test_an_operators_word_is_no_operands_name(text: str, operator: str) -> None:
    """What stands between names is the operator, and `1 - x` is a node as any other."""
    (node,) = read_fx(f'def forward(self):\n    y: "f32[2]" = {text};  x = None\n').nodes.values()
    assert (node.name, node.operator) == ("y", operator)
