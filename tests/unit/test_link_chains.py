"""Chains of links over all stages, judged by what the linked texts do; and what is said of a whole and its parts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from chain_meaning import done, judge_buffers, judge_chains

from inspector.bundle import read
from inspector.cli.main import main
from inspector.model.artifact import Position, Span
from inspector.model.capture import Capture
from inspector.model.link import Link, LinkIndex, Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"
SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"
UP = "source:modeling_llama.py:164:72"
KERNEL = "0/0:kernel:cpp_fused__unsafe_view_mul_silu_0"


@pytest.fixture(scope="module")
def sample() -> Capture:
    return read(SAMPLE)


def test_a_product_beside_a_fused_kernel_is_its_call_and_the_load_of_its_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["links", str(SAMPLE), "--at", UP, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["at"]["text"][72:].startswith(".up_proj(x)"), answer["at"]["text"]
    texts: dict[str, list[tuple[str, str]]] = {}
    for item in answer["relatives"]:
        texts.setdefault(item["stage"], []).append((item["origin"], item["text"]))
    assert [origin for origin, _ in texts["kernel"]] == ["exact"]
    assert texts["kernel"][0][1].startswith("auto tmp7 = at::vec::Vectorized<float>::loadu(in_ptr0 + ")
    exact = [text for origin, text in texts["inductor"] if origin == "exact"]
    assert [text for text in exact if text.startswith("extern_kernels.mm(") and text.endswith("out=buf1)")]
    assert not [text for text in exact if "cpp_fused" in text]  # it only reads the product
    assert all("mov" in text for _, text in texts["asm"])
    assert not [text for found in texts.values() for _, text in found if "exp()" in text or "neg()" in text]


def test_the_same_is_said_by_the_written_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["links", str(SAMPLE), "--at", UP]) == 0
    said = capsys.readouterr().out
    assert "auto tmp7 = " in said
    assert not [word for word in ("tmp0.neg()", "tmp1.exp()", "tmp0 / tmp5") if word in said]


def test_the_activation_is_its_own_statements(sample: Capture) -> None:
    relatives = sample.index.relatives("source:activations.py", 103, 20)
    lines = sample.by_id[KERNEL].lines
    found = {lines[item.span.start.line - 1].strip() for item in relatives.by_artifact[KERNEL]}
    assert {"auto tmp1 = tmp0.neg();", "auto tmp2 = tmp1.exp();", "auto tmp6 = tmp0 / tmp5;"} <= found
    assert not [text for text in found if " * " in text or "tmp7" in text]


@pytest.mark.parametrize("name", ["live_gated", "live_gated_train", "live_branches_train"])
def test_what_was_recorded_is_judged_by_its_meaning(name: str) -> None:
    capture = read_capture(TRACES / f"{name}.log")
    judged = judge_chains(capture)
    assert not judged.faults
    assert judged.counted["expressions"]


def test_a_gradient_of_a_product_is_not_its_factors() -> None:
    """torch records no forward node of these: Dynamo named the product `gate`, and traced it as `mul`."""
    capture = read_capture(TRACES / "live_gated_train.log")
    index = LinkIndex(capture.links)

    def gradients(col: int) -> set[int]:
        found = index.relatives("source:gated.py", 17, col).by_artifact["0/0:joint"]
        return {47, 48} & {item.span.start.line for item in found}

    line = capture.find(Stage.SOURCE)[0].lines[16]
    assert gradients(line.index("*")) == {47, 48}
    assert (
        gradients(line.index("silu")) == gradients(line.index("self.gate")) == gradients(line.index("self.up")) == set()
    )


def test_the_sample_is_judged_by_its_meaning(sample: Capture) -> None:
    chains, buffers = judge_chains(sample), judge_buffers(sample)
    assert not chains.faults + buffers.faults
    assert chains.counted["statements"] >= 6
    assert buffers.counted["loads"] >= 3


@pytest.mark.parametrize(
    ("statement", "does"),
    [
        ("auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x1 + 16L*x0), 16);", set()),
        ("out_ptr0[static_cast<int64_t>(x0)] = static_cast<float>(tmp_acc0);", set()),
        ("auto tmp3 = static_cast<float>(1.0);", set()),
        ("auto tmp6 = tmp0 / tmp5;", {"div"}),
        ("auto tmp2 = tmp1.exp();", {"exp"}),
        ("tmp_acc0_vec = tmp_acc0_vec + tmp6;", {"sum"}),
        ("auto tmp4 = at::vec::maximum(tmp2, tmp3);", {"max"}),
    ],
)
def test_the_judge_reads_statements(statement: str, does: set[str]) -> None:
    assert done(statement) == does


def test_the_judge_finds_what_is_wrong(sample: Capture) -> None:
    """A link from the product's expression to the activation's statement is what it has to find."""
    product = next(item for item in sample.find(Stage.POST_GRAD)[0].lines if " mul: " in item)
    line = sample.find(Stage.POST_GRAD)[0].lines.index(product) + 1
    node = next(link.a for link in sample.links if link.a.artifact == "0/0:post_grad" and link.a.start.line == line)
    exp = next(number for number, text in enumerate(sample.by_id[KERNEL].lines, 1) if ".exp()" in text)
    wrong = replace(sample, links=(*sample.links, Link(node, Span.of_lines(KERNEL, exp), Origin.EXACT)))
    assert [fault for fault in judge_chains(wrong).faults if "does ['exp']" in fault]


# A whole and its parts


def at(artifact: str, line: int) -> Span:
    return Span(artifact, Position(line, 4), Position(line, 30))


def lines(artifact: str, first: int, last: int | None = None) -> Span:
    return Span.of_lines(artifact, first, last)


VIEW, SINE = at("graph", 1), at("graph", 2)
FOLDED = [
    Link(VIEW, lines("ir", 10, 20), Origin.EXACT),  # as bundles of older versions have it
    Link(SINE, lines("ir", 12), Origin.EXACT),
    Link(lines("ir", 12), lines("kernel", 5), Origin.EXACT),
    Link(lines("ir", 13), lines("kernel", 6), Origin.EXACT),
    Link(lines("ir", 10, 20), at("code", 40), Origin.EXACT),
]


def origins(index: LinkIndex, span: Span, artifact: str) -> dict[int, Origin]:
    found = index.around(span).by_artifact.get(artifact, ())
    return {item.span.start.line: item.origin for item in found}


def test_what_is_tied_to_a_whole_is_not_exactly_each_of_its_parts() -> None:
    index = LinkIndex(FOLDED)
    assert origins(index, VIEW, "code") == {40: Origin.EXACT}
    assert set(origins(index, VIEW, "kernel").values()) == {Origin.KERNEL}
    assert origins(index, SINE, "kernel") == {5: Origin.EXACT}


def test_a_part_is_not_exactly_what_its_whole_was_made_from() -> None:
    index = LinkIndex(FOLDED)
    assert origins(index, lines("kernel", 6), "graph") == {1: Origin.KERNEL}
    assert origins(index, lines("kernel", 5), "graph") == {2: Origin.EXACT}
    assert origins(index, SINE, "code") == {40: Origin.KERNEL}


def test_a_run_of_instructions_is_each_of_them() -> None:
    links = [
        Link(lines("kernel", 5), lines("ptx", 10, 13), Origin.DEBUG_INFO),
        Link(lines("ptx", 12), lines("sass", 3), Origin.DEBUG_INFO),
    ]
    assert origins(LinkIndex(links, {"ptx", "sass"}), lines("kernel", 5), "sass") == {3: Origin.DEBUG_INFO}
    assert origins(LinkIndex(links, {"ptx", "sass"}), lines("sass", 3), "kernel") == {5: Origin.DEBUG_INFO}
    assert origins(LinkIndex(links), lines("kernel", 5), "sass") == {3: Origin.KERNEL}
