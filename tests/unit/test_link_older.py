"""Links of bundles that were saved by earlier versions, and of logs that hold no record of ours."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from chain_meaning import judge_buffers

from inspector.bundle import read, write
from inspector.link.facts import Provenance
from inspector.link.fx import Graph, link_provenance
from inspector.link.older import as_known_today
from inspector.model.artifact import Artifact, Language, Span
from inspector.model.capture import Capture
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"
SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"
LOGS = ["live_gated", "live_gated_train", "live_branches_train", "live_softmax_cuda", "train", "two_ops"]
IR = (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION)


def text_at(capture: Capture, span: Span) -> str:
    return capture.by_id[span.artifact].lines[span.start.line - 1]


def as_earlier_versions_tied(capture: Capture) -> tuple[tuple[Link, ...], tuple[Link, ...], tuple[Link, ...]]:
    """The links with what they called `exact`: all; of these the views; and definitions ↔ statements of others."""
    views = tuple(
        link
        for link in capture.links
        if link.origin is Origin.KERNEL
        and capture.by_id[link.a.artifact].stage is Stage.POST_GRAD
        and (capture.by_id[link.b.artifact].stage in IR or text_at(capture, link.b).strip().startswith("cpp_fused"))
    )
    by_node: defaultdict[Span, tuple[set[Span], set[Span]]] = defaultdict(lambda: (set(), set()))
    for a, b, _ in capture.links:
        if capture.by_id[a.artifact].stage is Stage.POST_GRAD and b.start.line == b.last_line:
            if capture.by_id[b.artifact].stage is Stage.IR_POST_FUSION and "get_index" not in text_at(capture, b):
                by_node[a][0].add(b)
            elif capture.by_id[b.artifact].stage is Stage.KERNEL:
                by_node[a][1].add(b)
    there = {(a, b) for a, b, _ in capture.links}
    crossed = tuple(
        Link(a, b, Origin.EXACT)
        for definitions, statements in by_node.values()
        for a in definitions
        for b in statements
        if (a, b) not in there
    )
    kept = tuple(link._replace(origin=Origin.EXACT) if link in views else link for link in capture.links)
    return (*kept, *crossed), views, crossed


def test_an_old_bundle_is_read_as_it_would_be_tied_today(tmp_path: Path) -> None:
    sample = read(SAMPLE)
    links, views, crossed = as_earlier_versions_tied(sample)
    assert len(views) >= 4
    assert len(crossed) >= 5
    found = read(write(replace(sample, links=links), tmp_path / "old"))
    known = {(link.a, link.b): link.origin for link in found.links}
    assert {known[link.a, link.b] for link in views} == {Origin.KERNEL}
    assert {known[link.a, link.b] for link in crossed} == {Origin.ALIGNED}
    for link in sample.links:
        if capture_stages(sample, link) != (Stage.IR_POST_FUSION, Stage.KERNEL):
            assert known[link.a, link.b] is link.origin


def capture_stages(capture: Capture, link: Link) -> tuple[Stage, Stage]:
    return capture.by_id[link.a.artifact].stage, capture.by_id[link.b.artifact].stage


@pytest.mark.parametrize("name", LOGS)
def test_what_is_tied_today_stays_as_it_is(name: str) -> None:
    capture = read_capture(TRACES / f"{name}.log")
    assert capture.links
    assert as_known_today(capture.links, capture.artifacts) == capture.links


@pytest.mark.parametrize("name", ["live_gated", "live_gated_train", "live_branches_train"])
def test_older_records_tie_loads_and_stores_by_buffer(name: str) -> None:
    """They say of a line which nodes it was written for, and not which definitions: tied only where it is one."""
    capture = read_capture(TRACES / f"{name}.log")
    links = [
        link._replace(origin=Origin.EXACT) if capture_stages(capture, link)[0] in IR else link for link in capture.links
    ]
    judged = judge_buffers(replace(capture, links=tuple(links)))
    assert not judged.faults
    assert judged.counted["loads"] >= 3
    assert judged.counted["stores"] >= 1


# Logs without our records: torch's own lists


def test_a_call_of_several_nodes_is_known_as_a_whole_where_no_lines_are_recorded() -> None:
    capture = read_capture(TRACES / "train.log")
    calls = [
        (link.origin, text_at(capture, link.a).split(":")[0].strip(), text_at(capture, link.b).strip())
        for link in capture.links
        if capture_stages(capture, link) == (Stage.POST_GRAD, Stage.INDUCTOR)
    ]
    exact = {(node, re.split(r"[.(]", call)[1]) for origin, node, call in calls if origin is Origin.EXACT}
    assert exact == {("addmm", "addmm"), ("addmm_1", "addmm")}
    gelu = [(origin, node) for origin, node, call in calls if call.startswith("cpp_fused_gelu_0(")]
    assert {(Origin.ALIGNED, "erf"), (Origin.KERNEL, "erf")} <= set(gelu)


def graph(stage: Stage, *lines: tuple[int, str]) -> Graph:
    body = "\n".join(f"        # File: /m.py:{line} in f, code: x\n        {text}" for line, text in lines)
    text = f'class G:\n    def forward(self, x: "f32[8]"):\n{body}\n        return (last,)\n'
    return Graph.of(
        Artifact(id=stage.value, stage=stage, compile_id="0/0", kernel=None, language=Language.FX, text=text)
    )


def tied(told: tuple[str, ...], post: tuple[int, str], aten: tuple[int, str] | None) -> dict[str, Origin]:
    """What `tan` of the post-grad graph is tied to, where torch tells these origins of it."""
    dynamo = graph(
        Stage.DYNAMO,
        (5, 'flip: "f32[8]" = x.flip(0)'),
        (6, 'turned: "f32[8]" = flip.tan()'),
        (6, 'one: "f32[8]" = turned * 1'),
    )
    before = None if aten is None else graph(Stage.ATEN, aten)
    tally = link_provenance(dynamo, before, graph(Stage.POST_GRAD, post), Provenance(post_to_pre={"tan": told}))
    lines = dynamo.artifact.lines
    return {lines[link.a.start.line - 1].split(":")[0].strip(): link.origin for link in tally.links}


TAN = (6, 'tan: "f32[8]" = torch.ops.aten.tan.default(x)')
SIN = (6, 'tan: "f32[8]" = torch.ops.aten.sin.default(x)')


def test_the_only_origin_of_a_node_is_exact() -> None:
    assert tied(("turned",), TAN, TAN) == {"turned": Origin.EXACT}


def test_what_was_taken_out_on_another_line_is_no_origin_of_a_node_that_stayed() -> None:
    assert tied(("turned", "flip"), TAN, TAN) == {"turned": Origin.EXACT}


def test_of_several_on_one_line_none_is_exact() -> None:
    assert tied(("turned", "one"), TAN, TAN) == {"turned": Origin.ALIGNED, "one": Origin.ALIGNED}


@pytest.mark.parametrize("before", [None, SIN])
def test_what_a_pass_put_in_comes_from_all_of_them(before: tuple[int, str] | None) -> None:
    assert tied(("turned", "flip"), TAN, before) == {"turned": Origin.ALIGNED, "flip": Origin.ALIGNED}


def test_an_only_origin_on_another_line_is_not_exact() -> None:
    assert tied(("flip",), TAN, TAN) == {"flip": Origin.ALIGNED}
