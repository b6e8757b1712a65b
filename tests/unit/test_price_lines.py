"""What the lines of a text cost, over the sample's real links: each line, folded rows, and the dearest places."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prices import ASM, GATE, KERNEL, dear, sample

from inspector.model.artifact import Artifact, Position
from inspector.model.link import Origin
from inspector.model.price import Cost, Known
from inspector.price import Joined, TextPrice, rows_by
from inspector.say.gutter import heat_of, tag, title


def text_price(key: str) -> tuple[TextPrice, Artifact]:
    artifact = sample().by_id[key]
    return TextPrice(Joined(sample(), dear()), artifact), artifact


def line_of(artifact: Artifact, words: str) -> int:
    return next(number for number, line in enumerate(artifact.lines, 1) if words in line)


def words(found: TextPrice, line: int) -> str:
    cost = found.of(line)
    return tag(cost, found.price).words if cost is not None else ""


def test_a_line_of_python_holds_all_its_expressions_once():
    found, source = text_price("source:modeling_llama.py")
    line = line_of(source, "self.down_proj(self.act_fn")
    cost = found.of(line)
    assert cost is not None
    assert cost.seconds == pytest.approx(9.0), "three products and the kernel, none of them twice"
    assert (cost.known, words(found, line)) == (Known.CLOCKED, "90 %")
    assert found.of(line - 1) is None, "nothing is known of the line above, which is not nothing"


def test_a_place_in_a_line_is_the_smallest_expression_around_it():
    found, source = text_price("source:modeling_llama.py")
    line = line_of(source, "self.down_proj(self.act_fn")
    at = source.lines[line - 1].index("self.gate_proj(x)")
    inner, whole = found.at(Position(line, at)), found.at(Position(line, 0))
    assert inner is not None and whole is not None
    assert (inner.label, inner.seconds) == ("self.gate_proj(x)", pytest.approx(3.0))
    assert whole.seconds == pytest.approx(9.0), "in the indent the line is meant"


def test_a_line_of_a_graph_says_how_it_is_known():
    found, graph = text_price("0/0:aten")
    assert words(found, line_of(graph, "aten.mm.default")) == "30 %", "a call that is clocked"
    exp, neg = line_of(graph, "aten.exp"), line_of(graph, "aten.neg")
    assert words(found, exp).startswith("±"), "a statement's samples"
    assert words(found, neg) == "≤1.0 %", "only what the kernel's nodes share"
    cost = found.of(neg)
    assert cost is not None and (cost.seconds, cost.known) == (0.0, Known.SHARED)


def test_a_small_share_of_several_is_said_once_to_be_small():
    cost = Cost("x", 0.0, 0.0, Known.SHARED, shared=0.004)
    assert tag(cost, dear()).words == "<0.1 %"
    assert tag(replace(cost, seconds=0.005, known=Known.SKID), dear()).words == "±<0.1 %"
    assert tag(replace(cost, seconds=4.0, known=Known.CLOCKED, link=Origin.ALIGNED), dear()).words == "~40 %"


def test_a_row_that_stands_for_several_lines_has_what_lies_in_all_of_them():
    found, graph = text_price("0/0:aten")
    first, last = line_of(graph, "aten.neg"), line_of(graph, "aten.mul")
    row = found.of(first, last)
    lines = [cost for line in range(first, last + 1) if (cost := found.of(line)) is not None]
    assert row is not None
    inside = [cost for cost in lines if "mm" in dict(cost.parts)]
    fused = row.seconds - sum(cost.seconds for cost in inside)
    assert fused == pytest.approx(1.0), "what the fused nodes share is the row's own where it holds them all"
    assert row.shared == pytest.approx(0.0)
    assert all(cost.seconds <= row.seconds for cost in lines)


def test_a_kernels_head_is_the_whole_kernel():
    found, kernel = text_price(f"0/0:kernel:{KERNEL}")
    head = found.of(line_of(kernel, 'extern "C"'))
    assert head is not None
    assert (head.seconds, head.known) == (pytest.approx(1.0), Known.CLOCKED)
    statements = [cost for line in range(10, len(kernel.lines) + 1) if (cost := found.of(line)) is not None]
    assert {cost.known for cost in statements} <= {Known.SKID, Known.SAMPLED}
    assert sum(cost.seconds for cost in statements) <= head.seconds
    listing, _ = text_price(ASM)
    assert listing.of(1) is not None and listing.of(1).seconds == pytest.approx(1.0)


def test_the_output_code_is_clocked_statement_by_statement():
    found, _ = text_price("0/0:inductor")
    assert words(found, GATE) == "30 %"
    assert found.of(GATE).known is Known.CLOCKED


def test_the_dearest_places_come_in_order_and_no_head_is_among_them():
    found, source = text_price("source:modeling_llama.py")
    line = line_of(source, "self.down_proj(self.act_fn")
    named = [found.at(place).label for place in found.dearest]
    assert named[:3] == ["self.gate_proj(x)", "self.up_proj(x)", source.lines[line - 1].strip().partition(" = ")[2]]
    own = [found.at(place).own for place in found.dearest]
    assert own == sorted(own, reverse=True)
    kernel, text = text_price(f"0/0:kernel:{KERNEL}")
    heads = line_of(text, 'extern "C"')
    assert kernel.dearest and all(place.line != heads for place in kernel.dearest)


def test_a_text_that_no_link_leads_to_has_no_cost():
    found, bytecode = text_price("0/0:bytecode")
    assert not found
    assert all(found.of(line) is None for line in range(1, len(bytecode.lines) + 1))
    assert title(found.price, known=bool(found)) == "no cost is known here"


def test_lines_add_up_to_what_the_rows_say():
    """Two ways to the same sums: line by line here, node by node there."""
    joined = Joined(sample(), dear())
    graph = sample().by_id["0/0:aten"]
    by_line = TextPrice(joined, graph)
    rows = rows_by(joined, "node")
    assert rows
    for row in rows:
        cost = by_line.of(row.span.start.line)
        assert (cost.seconds, cost.shared) == (pytest.approx(row.seconds), pytest.approx(row.shared))


@pytest.mark.parametrize(("share", "heat"), [(0.0, 0), (0.019, 0), (0.02, 1), (0.3, 3), (1.0, 4)])
def test_heat(share, heat):
    assert heat_of(share) == heat
