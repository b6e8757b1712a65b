"""What is measured of a call comes to the expressions, modules and statements that links know, and to nothing finer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prices import ADD, ASM, CALL, DIVIDE, LIBRARY, MULTIPLY, eager, price, sample, spot

from inspector.bundle import write
from inspector.cli.main import main
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.model.price import Cost, Known, Price, Sampled, Sampling, split
from inspector.model.stage import Stage
from inspector.price import Joined, by_instruction, by_line, by_site, located, rows_by, stacks
from inspector.price.atoms import AWAY, WAITING
from inspector.price.skid import waited_for
from inspector.price.sums import short_name

WHOLE = "self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))"
PRODUCT = "self.act_fn(self.gate_proj(x)) * self.up_proj(x)"
ACTIVATED = "self.act_fn(self.gate_proj(x))"
GATE = "self.gate_proj(x)"
SILU = "nn.functional.silu(input)"


def rows(by: str, found: Price, capture: Capture | None = None) -> dict[str, Cost]:
    return {row.label: row for row in rows_by(Joined(capture or sample(), found), by)}


@pytest.fixture
def priced() -> Price:
    """Three of four samples in the division and Sleef, one in the product."""
    return price([spot(CALL, 50, LIBRARY), spot(MULTIPLY, 25), spot(MULTIPLY + 1, 25)])


@pytest.mark.parametrize("by", ["expression", "module", "kernel", "part", "statement"])
def test_nothing_counts_twice(priced: Price, by: str) -> None:
    found = rows_by(Joined(sample(), priced), by)
    wanted = {"expression": 9.0, "module": 9.0, "kernel": 10.0, "part": 10.0, "statement": 1.0}[by]
    assert sum(row.own for row in found) == pytest.approx(wanted), "what lies outside belongs to no expression"


def test_an_expression_holds_what_lies_in_it(priced: Price) -> None:
    found = rows("expression", priced)
    assert found[GATE].seconds == pytest.approx(3.0)
    assert found[WHOLE].seconds == pytest.approx(9.0)
    assert found[WHOLE].own == pytest.approx(2.0), "its own is the last product"
    assert found[ACTIVATED].seconds == pytest.approx(3.0 + found[SILU].seconds), "a call holds what it calls"
    assert found[PRODUCT].seconds == pytest.approx(7.0)
    assert found[GATE].known is Known.CLOCKED
    assert found[WHOLE].known is Known.CLOCKED, "the kernel lies in it whole"


def test_a_statement_goes_to_its_expression(priced: Price) -> None:
    """Samples behind a division are the division's, Sleef's are the call's: both silu's."""
    found = rows("expression", price([spot(CALL, 50, LIBRARY), spot(MULTIPLY, 50)]))
    assert found[SILU].seconds == pytest.approx(1.0)
    assert found[SILU].known is Known.SKID
    assert found[PRODUCT].own == 0
    statements = rows("statement", priced)
    assert statements["auto tmp2 = tmp1.exp();"].seconds == pytest.approx(0.5)
    assert statements["auto tmp2 = tmp1.exp();"].known is Known.SAMPLED, "a call that the stack names has no skid"
    assert statements["auto tmp6 = tmp0 / tmp5;"].seconds == pytest.approx(0.5), (
        "of four instructions before, the slowest"
    )


def test_what_a_kernel_alone_is_known_of_is_shared() -> None:
    """Samples without a line, and waiting, are no node's: they count for what holds all nodes of the kernel."""
    found = rows("expression", price([spot(0, 50)], waiting=50))
    assert SILU in found and found[SILU].seconds == 0 and found[SILU].known is Known.SHARED
    assert found[SILU].shared == pytest.approx(1.0)
    assert found[PRODUCT].own == pytest.approx(1.0), "silu's and mul's common expression"
    assert dict(found[PRODUCT].parts)[WAITING] == pytest.approx(0.5)
    assert found[PRODUCT].shared == 0, "what counts is not shared too"


def test_two_expressions_that_hold_no_other_share(priced: Price) -> None:
    """Without the link to mul's place nothing holds the kernel's two nodes; neither gets what is the kernel's."""
    capture = sample()
    (graph,) = capture.find(Stage.DYNAMO)
    line = next(
        number for number, text in enumerate(graph.lines, 1) if " = silu * " in text or "mul" in text.split(":")[0]
    )
    links = tuple(
        link
        for link in capture.links
        if not (link.b.artifact == graph.id and link.b.touches(line) and link.a.artifact.startswith("source:"))
    )
    assert len(links) < len(capture.links)
    found = rows("expression", price([spot(0, 50)]), replace(capture, links=links))
    assert found[SILU].seconds == 0
    assert found[SILU].shared == pytest.approx(1.0)


def test_what_several_share_is_not_called_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kernel's second that none of its two expressions holds is theirs, and neither guards nor allocation."""
    capture = sample()
    (graph,) = capture.find(Stage.DYNAMO)
    up, product, down = (
        next(n for n, text in enumerate(graph.lines, 1) if text.strip().startswith(f"{name}: "))
        for name in ("linear_1", "mul", "down_proj")
    )
    sources = {
        link.b.start.line: link.a
        for link in capture.links
        if link.b.artifact == graph.id and link.a.artifact.startswith("source:")
    }
    links = tuple(
        link._replace(a=sources[up]) if link.a in (sources[product], sources[down]) else link for link in capture.links
    )
    bundle = write(replace(capture, links=links, prices=(price([spot(0, 50)]),)), tmp_path / "b")
    assert main(["price", str(bundle)]) == 0
    out = capsys.readouterr().out
    assert "1.00 s of a call is shared by expressions of which none holds the others" in out
    assert "1.00 s of a call belongs to no expression that is known: Python, guards, allocation" in out


def test_compiles_that_share_a_file_have_their_own_prices(priced: Price) -> None:
    """Out of torch's cache two compile ids run one output module: each site is its own compile's."""
    capture = sample()
    (code,) = capture.find(Stage.INDUCTOR)
    again = replace(code, id="1/0:inductor", compile_id="1/0")
    both = replace(capture, artifacts=(*capture.artifacts, again))
    sites = (priced.sites[1], replace(priced.sites[1], compile_id="1/0"))
    found = located(replace(priced, sites=sites, spots=()), both, {})
    assert [item.artifact for item in found.sites] == [code.id, "1/0:inductor"]


def test_weak_links_are_told(priced: Price) -> None:
    capture = sample()
    weak = tuple(
        link._replace(origin=Origin.ALIGNED) if link.b.artifact.startswith("0/0:kernel") else link
        for link in capture.links
    )
    assert rows("statement", priced)["auto tmp2 = tmp1.exp();"].link is Origin.EXACT
    assert rows("statement", priced, replace(capture, links=weak))["auto tmp2 = tmp1.exp();"].link is Origin.ALIGNED


def test_without_links_nothing_is_an_expressions(priced: Price) -> None:
    bare = replace(sample(), links=())
    assert rows("expression", priced, bare) == {}
    assert sum(row.seconds for row in rows_by(Joined(bare, priced), "kernel")) == pytest.approx(10.0)


def test_modules_hold_their_children(priced: Price) -> None:
    found = rows("module", priced)
    assert found["gate_proj"].seconds == pytest.approx(3.0)
    assert found["act_fn"].seconds > 0
    assert found[""].seconds == pytest.approx(9.0)
    assert found[""].own == pytest.approx(1.0 - found["act_fn"].seconds), "the product is called by no child"
    tree = rows_by(Joined(sample(), priced), "module")
    assert [tree[row.parent].label for row in tree if row.parent is not None] == [""] * (len(tree) - 1)


def test_eager_stands_beside(priced: Price) -> None:
    found = rows("expression", located(replace(priced, eager=eager()), sample(), {}))
    assert found[GATE].eager == 4.0
    assert found[WHOLE].eager == 4.0, "once, however deep it lies"
    assert found[SILU].eager == 0.0
    assert rows("expression", priced)[GATE].eager is None
    assert rows("module", replace(priced, eager=eager()))["gate_proj"].eager == 4.0
    assert rows("module", replace(priced, eager=eager()))["up_proj"].eager is None, "not 0 s: none was seen there"


def test_parts_add_up_and_waiting_has_its_own() -> None:
    found = rows("part", price([spot(DIVIDE, 60)], waiting=40))
    assert found[WAITING].seconds == pytest.approx(0.4)
    assert found["kernels"].seconds == pytest.approx(0.6)
    assert AWAY not in found
    assert found["guards, Python and dispatcher"].known is Known.CLOCKED


def test_away_is_told_beyond_chance_alone() -> None:
    few = replace(price().sites[3], sampled=Sampled(main=50, working=50, seconds=0.1))
    assert split(few, price().sampling).away == pytest.approx(0.5)
    nearly = replace(few, sampled=Sampled(main=95, working=95, seconds=0.1))
    assert split(nearly, price().sampling).away == 0
    cycles = Sampling("cycles", 2, None, 100)
    assert split(few, cycles).away == 0, "a cycle stands for no time that is known"


def test_without_samples_the_clock_remains() -> None:
    refused = price(sampling=Sampling(failure="/proc/sys/kernel/perf_event_paranoid is 3"), main=0)
    found = rows("expression", refused)
    assert found[GATE].seconds == pytest.approx(3.0)
    assert found[SILU].seconds == 0 and found[SILU].shared == pytest.approx(1.0)
    assert rows("instruction", refused) == {}
    assert rows("part", refused)["kernels"].known is Known.CLOCKED


def test_addresses_become_lines() -> None:
    addresses = {ASM: [0] * 72 + [0x1111] + [0] * 10}
    found = located(
        price([replace(spot(0, 5), address=0x1111), replace(spot(0, 5), address=0x2222)]), sample(), addresses
    )
    assert [(item.artifact, item.line) for item in found.spots] == [(ASM, CALL), ("", 0)]
    (row,) = by_instruction(Joined(sample(), found))
    assert row.label.startswith("call") and row.samples == 5


def test_the_lines_of_any_text(priced: Price) -> None:
    capture = sample()
    graph = capture.find(Stage.ATEN)[0]
    found = {row.label.partition(":")[0]: row for row in by_line(Joined(capture, priced), graph)}
    assert found["mm"].seconds == pytest.approx(3.0)
    assert found["exp"].seconds == pytest.approx(0.5)
    code = next(item for item in capture.artifacts if item.stage is Stage.INDUCTOR)
    assert sum(row.own for row in by_line(Joined(capture, priced), code)) == pytest.approx(9.0), (
        "statements at their definition"
    )


def test_stacks_add_up(priced: Price) -> None:
    found = stacks(Joined(sample(), priced))
    assert sum(seconds for _, seconds in found) == pytest.approx(10.0)
    names = [[frame.name for frame in frames] for frames, _ in found]
    assert ["guards, Python and dispatcher"] in names
    exp = next(frames for frames in names if "auto tmp2 = tmp1.exp();" in frames)
    assert exp.index(WHOLE) < exp.index(ACTIVATED) < exp.index(SILU) < exp.index("auto tmp2 = tmp1.exp();")


def test_a_site_is_a_line_of_the_output_code(priced: Price) -> None:
    found = by_site(Joined(sample(), priced))
    assert [row.span.start.line for row in found if row.span is not None] == [92, 98, 104, 109]
    assert [row.label for row in found if row.span is None] == ["guards, Python and dispatcher"]


LOOP = """kernel:
        mov     eax,0x1
.L1:
        vmovups ymm0,YMMWORD PTR [rdi+rax*4]
        vdivps  ymm0,ymm1,ymm0
        vmovups YMMWORD PTR [rsi+rax*4],ymm0
        add     rax,0x8
        cmp     rax,rdx
        jl      .L1
        ret

other:
        push    rbp
        pop     rbp
"""


@pytest.mark.parametrize(
    ("line", "charged"),
    [
        (7, 5),  # behind the store of a quotient: the division
        (5, 4),  # a division that has not begun waits for its load
        (4, 5),  # the loop's head: behind the jump, which counts as one with its comparison, the quotient is stored
        (13, 13),  # a function's first instruction waits for none of another function
    ],
)
def test_a_sample_is_charged_to_what_it_waited_for(line: int, charged: int) -> None:
    assert waited_for(LOOP, line) == charged


def test_precise_samples_are_not_moved() -> None:
    exact = Sampling("cycles", 2, None, 100)
    found = rows("statement", price([spot(ADD, 50)], sampling=exact))
    assert [row.label for row in found.values() if row.samples] == ["auto tmp5 = tmp2 + tmp4;"]
    assert all(row.known is not Known.SKID for row in found.values())


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("extern_kernels.mm", "mm"),
        ("torch.ops.aten.sort.stable", "sort"),
        ("torch.ops.mine.nap.default", "nap"),
        ("aten.cumsum.out", "cumsum"),
    ],
)
def test_a_library_call_is_named_by_its_operator_and_not_its_overload(called: str, name: str) -> None:
    assert short_name(replace(price().sites[1], name=called)) == name
