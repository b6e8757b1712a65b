"""Graphs that DDP or a server cuts into pieces: cutting names nodes anew, and a name's namesake is no relative."""

from __future__ import annotations

import pytest

from inspector.link.facts import CompileView, GraphPiece, NodeFacts, Provenance, Unit
from inspector.link.fx import Graph
from inspector.link.linker import Linker
from inspector.link.split import CutGraph
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.link import Link
from inspector.model.stage import Stage

DYNAMO = """class GraphModule(torch.nn.Module):
    def forward(self, L_x_: "f32[4, 8]cpu", L_u_: "f32[8, 8]cpu", L_v_: "f32[8, 8]cpu"):
        l_x_ = L_x_
        l_u_ = L_u_
        l_v_ = L_v_

        # File: a.py:9 in forward, code: hidden = relu(up(x))
        linear: "f32[4, 8]cpu" = torch._C._nn.linear(l_x_, l_u_, None);  l_u_ = None
        relu: "f32[4, 8]cpu" = torch.relu(linear);  linear = None
        # File: a.py:10 in forward, code: return x + down(hidden)
        linear_1: "f32[4, 8]cpu" = torch._C._nn.linear(relu, l_v_, None);  relu = l_v_ = None
        add: "f32[4, 8]cpu" = l_x_ + linear_1;  l_x_ = linear_1 = None
        return (add,)
"""
FIRST = """class GraphModule(torch.nn.Module):
    def forward(self, l_x_: "f32[4, 8]cpu", l_u_: "f32[8, 8]cpu"):
        # File: a.py:9 in forward, code: hidden = relu(up(x))
        linear: "f32[4, 8]cpu" = torch._C._nn.linear(l_x_, l_u_, None);  l_x_ = l_u_ = None
        relu: "f32[4, 8]cpu" = torch.relu(linear);  linear = None
        return (relu,)
"""
SECOND = """class GraphModule(torch.nn.Module):
    def forward(self, relu: "f32[4, 8]cpu", l_v_: "f32[8, 8]cpu", l_x_: "f32[4, 8]cpu"):
        # File: a.py:10 in forward, code: return x + down(hidden)
        linear: "f32[4, 8]cpu" = torch._C._nn.linear(relu, l_v_, None);  relu = l_v_ = None
        add: "f32[4, 8]cpu" = l_x_ + linear;  l_x_ = linear = None
        return (add,)
"""
ATEN = """class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[4, 8]cpu", arg1_1: "f32[8, 8]cpu", arg2_1: "f32[4, 8]cpu"):
        # File: a.py:10 in forward, code: return x + down(hidden)
        permute: "f32[8, 8]cpu" = torch.ops.aten.permute.default(arg1_1, [1, 0]);  arg1_1 = None
        mm: "f32[4, 8]cpu" = torch.ops.aten.mm.default(arg0_1, permute);  arg0_1 = permute = None
        add: "f32[4, 8]cpu" = torch.ops.aten.add.Tensor(arg2_1, mm);  arg2_1 = mm = None
        return (add,)
"""


def text(stage: Stage, words: str, suffix: str = "") -> Artifact:
    return Artifact(artifact_id(stage, "0/0", None, suffix or None), stage, "0/0", None, Language.FX, words)


def view(*, facts: bool, cut: bool = True) -> CompileView:
    pieces = [GraphPiece(0, graphs={Stage.PRE_GRAD: text(Stage.PRE_GRAD, FIRST)})] if cut else []
    pieces.append(GraphPiece(len(pieces), graphs={Stage.PRE_GRAD: text(Stage.PRE_GRAD, SECOND, "1")}))
    unit = Unit(
        "1", piece=len(pieces) - 1, graph=text(Stage.ATEN, ATEN, "1"), post_grad=text(Stage.POST_GRAD, ATEN, "1")
    )
    if facts:  # a recording of ours names the nodes of Dynamo's graph
        made = {"permute": "linear_1", "mm": "linear_1", "add": "add"}
        unit.graph_nodes = {name: NodeFacts(name, (), (origin,)) for name, origin in made.items()}
    else:  # torch's mapping names those of the graph that Inductor was given
        unit.provenance = Provenance({"permute": ("linear",), "mm": ("linear",), "add": ("add",)})
    return CompileView({Stage.DYNAMO: text(Stage.DYNAMO, DYNAMO)}, pieces=pieces, units=[unit])


def said(links: tuple[Link, ...], of: CompileView, a: str, b: str) -> set[tuple[str, str]]:
    """Pairs of nodes, by the first words of what the links join."""
    texts = [*of.graphs.values(), *(item for piece in of.pieces for item in piece.graphs.values())]
    texts += [item for unit in of.units for item in (unit.graph, unit.post_grad) if item is not None]
    known = {item.id: item for item in texts}

    def name(artifact: str, line: int, col: int) -> str:
        return known[artifact].lines[line - 1][col:].partition(":")[0].partition(" ")[0]

    return {
        (name(a, link.a.start.line, link.a.start.col), name(b, link.b.start.line, link.b.start.col))
        for link in links
        if (link.a.artifact, link.b.artifact) == (a, b)
    }


def test_a_node_that_was_named_anew_is_tied_to_itself_and_not_to_its_namesake() -> None:
    of = view(facts=True)
    links = Linker().link(of, {}).links
    assert said(links, of, "0/0:dynamo", "0/0:pre_grad:1") >= {("linear_1", "linear"), ("add", "add"), ("relu", "relu")}
    assert ("linear", "linear") not in said(links, of, "0/0:dynamo", "0/0:pre_grad:1")
    assert ("linear", "linear") in said(links, of, "0/0:dynamo", "0/0:pre_grad")


@pytest.mark.parametrize("facts", [True, False])
def test_what_is_recorded_of_a_pieces_nodes_is_read_by_the_names_that_it_is_written_in(facts: bool) -> None:
    of = view(facts=facts)
    links = Linker().link(of, {}).links
    assert said(links, of, "0/0:dynamo", "0/0:aten:1") == {
        ("linear_1", "permute"), ("linear_1", "mm"), ("add", "add")
    }  # fmt: skip
    later = said(links, of, "0/0:pre_grad:1", "0/0:aten:1")
    assert ("linear", "mm") in later and all(("linear_1", node) not in later for node in ("permute", "mm"))


def test_a_graph_that_was_not_cut_keeps_its_names() -> None:
    of = view(facts=False, cut=False)
    assert not of.is_cut
    assert ("add", "add") in said(Linker().link(of, {}).links, of, "0/0:dynamo", "0/0:pre_grad:1")


def test_of_two_nodes_that_do_the_same_none_is_taken() -> None:
    again = DYNAMO.replace(
        "        add:", '        linear_2: "f32[4, 8]cpu" = torch._C._nn.linear(relu, l_v_, None)\n        add:'
    )
    cut = CutGraph(Graph.of(text(Stage.DYNAMO, again)), Graph.of(text(Stage.PRE_GRAD, SECOND)))
    assert "linear" not in cut.names and "add" not in cut.names and cut.names["l_v_"] == "l_v_"
