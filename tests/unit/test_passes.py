"""Pass by pass: a recorded log, its words, its documents, and what a node goes through."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.bundle import read, write
from inspector.bundle.markdown import markdown
from inspector.cli.main import main
from inspector.compare.passes import difference_of
from inspector.model.capture import Capture
from inspector.model.difference import Change
from inspector.model.passes import (
    GraphPasses,
    PassChange,
    PassNode,
    PassPhase,
    PatternMatch,
    follow,
    known_nodes,
    numbered,
    places,
)
from inspector.model.stage import Stage
from inspector.say import passes as say
from inspector.work.opening import open_path
from tests import json_schema

TRACES = Path(__file__).parents[1] / "traces"
LOG = TRACES / "live_passes.log"


@pytest.fixture(scope="module")
def capture() -> Capture:
    with open_path(LOG) as found:
        return found.capture()


def printed(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    assert main([*map(str, words)]) == code
    out = capsys.readouterr()
    return out.err if code else out.out


# --- the record ---------------------------------------------------------------------------------------------


def test_every_phase_is_there_in_the_order_of_the_compiler(capture: Capture) -> None:
    assert [passes.phase for passes in capture.passes] == list(PassPhase)
    assert {passes.compile_id for passes in capture.passes} == {"0/0"}
    assert not any(passes.failed or passes.backward or passes.graph for passes in capture.passes)


def test_what_changed_and_what_did_not_add_up(capture: Capture) -> None:
    for passes in capture.passes:
        assert passes.ran == len(passes.same) + len(passes.changes)  # none of these has an unnamed or nested change
        now = set(passes.nodes)
        for change in passes.changes:
            assert len(now) == change.nodes_before
            gone, added = ({node.name for node in nodes} for nodes in (change.gone, change.added))
            assert gone <= now and not added & now
            now = (now - gone) | added
            assert len(now) == change.nodes_after
            assert set(change.changed) <= now
            assert all(set(readers) <= now for readers in change.instead.values())


def test_the_last_graph_is_the_post_grad_graph(capture: Capture) -> None:
    (stage,) = capture.find(Stage.POST_GRAD)
    last = capture.passes[-1]
    assert last.changes[-1].text == stage.text


def test_the_first_graph_of_the_joint_passes_is_the_aten_graph(capture: Capture) -> None:
    (stage,) = capture.find(Stage.ATEN)
    assert capture.passes[1].before == stage.text


def test_a_pattern_names_what_matched_and_what_it_made(capture: Capture) -> None:
    (found,) = [match for place in places(capture.passes) for match in place.change.patterns]
    assert (found.name, found.at, found.nodes) == ("div_softmax_pattern", "sub", ("div", "amax", "sub"))
    assert found.gone == ("div", "amax", "sub")
    assert "amax_default" in found.added


# --- a node's way -------------------------------------------------------------------------------------------


def test_a_node_is_followed_to_the_pass_that_took_it(capture: Capture) -> None:
    before, joint = follow(capture.passes, "div")
    assert (before.begins, before.ends, before.touched) == (True, True, ())
    assert (joint.begins, joint.ends) == (True, False)
    assert [(place.change.name, place.change.touch("div")) for place in joint.touched] == [
        ("remove_noop_ops", "changed"),
        ("pass_pattern_1", "gone"),
    ]


def test_a_node_that_a_pass_made_was_not_there_before(capture: Capture) -> None:
    joint, post = follow(capture.passes, "amax_default")
    assert (joint.begins, joint.ends) == (False, True)
    assert (post.begins, post.ends) == (True, True)
    assert {"div", "amax_default"} <= set(known_nodes(capture.passes))


def test_what_readers_read_instead_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "passes", LOG, "--node", "clone")
    assert "remove_noop_ops: gone; its readers read div_1 from then on" in out
    assert out.rstrip().endswith("not in the graph that the phase ends with")


# --- words --------------------------------------------------------------------------------------------------


def change(**fields: object) -> PassChange:
    return replace(PassChange("a_pass", "after", 3, 3, between=()), **fields)  # type: ignore[arg-type]


def test_code_without_a_name_is_called_that() -> None:
    assert say.pass_name(change(name="", between=("one", "two"))) == f"{say.NAMELESS} after one"
    assert say.pass_name(change(name="", between=("", "two"))) == f"{say.NAMELESS} before two"
    assert say.pass_name(change(name="", between=("", ""))) == say.NAMELESS


def test_a_change_of_no_node_is_said_to_be_one() -> None:
    (row,) = say.change_rows(change())
    assert "no node came, went or changed" in row.text


def test_matches_that_moved_no_node_are_counted_by_name() -> None:
    quiet = tuple(PatternMatch("pointless_view", f"view_{number}", (f"view_{number}",)) for number in range(3))
    rows = list(say.change_rows(change(changed=("add",), patterns=(*quiet, PatternMatch("", "mul", ("mul",))))))
    assert [row.text for row in rows if row.label == "pattern"] == [
        "pointless_view matched 3× at view_0, view_1, view_2; no node came or went",
        "a pattern without a name matched at mul; no node came or went",
    ]


def test_a_phase_says_which_graph_it_is_of_where_there_are_several() -> None:
    one = GraphPasses("0/0", PassPhase.JOINT, (), piece=4)
    two = replace(one, piece=7)
    assert not numbered((one, replace(one)))
    assert numbered((one, two)) == {id(one): "graph 1", id(two): "graph 2"}
    assert say.heading(two, "graph 2").startswith("0/0 graph 2 joint: 0 passes, nothing changed")


def test_a_phase_that_failed_says_where() -> None:
    failed = GraphPasses("0/0", PassPhase.POST_GRAD, (), failed="stable_sort")
    assert say.failed_words(failed) == "an exception in stable_sort ended the phase"


def test_operators_are_counted_as_vllms_passes_are() -> None:
    nodes = tuple(PassNode(f"add_{number}", "aten.add.Tensor") for number in range(2))
    step = change(gone=nodes, added=(PassNode("fma", "prims.fma.default"),)).step
    assert say.step_words(step) == "aten.add.Tensor ×2 → prims.fma.default"


# --- the verb -----------------------------------------------------------------------------------------------


def test_the_table_names_every_change_and_counts_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "passes", LOG)
    assert "0/0 joint: 7 passes, 3 changes, 27 → 31 nodes" in out
    assert "remove_noop_ops  " in out
    assert "div_softmax_pattern matched div, amax, sub; div, amax, sub went" in out
    assert "15 passes changed nothing" in out
    assert say.NOT_SEEN in out


def test_a_step_is_the_graph_before_and_after_and_what_differs(
    capture: Capture, capsys: pytest.CaptureFixture[str]
) -> None:
    (place, *_) = places(capture.passes)
    assert printed(capsys, "passes", LOG, "--step", "1").rstrip("\n") == place.change.text.rstrip("\n")
    before = printed(capsys, "passes", LOG, "--step", "remove_noop_ops", "--before")
    assert before.rstrip("\n") == place.before.rstrip("\n")
    assert "7 removed" in printed(capsys, "passes", LOG, "--step", "1", "--diff")
    assert difference_of(place).change is Change.CHANGED


def test_a_graph_in_another_order_is_moved(capture: Capture) -> None:
    last = places(capture.passes)[-1]
    assert last.change.moved and not (last.change.gone or last.change.added or last.change.changed)
    assert difference_of(last).change is Change.MOVED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--step", "9"], "numbered from 1 to 4"),
        (["--step", "noop"], "Did you mean remove_noop_ops?"),
        (["--step", "stable_sort"], "stable_sort changed nothing."),
        (["--node", "softmix"], "No graph that a pass was given has a node 'softmix'."),
        (["--diff"], "--diff goes with --step."),
        (["--compile-id", "7/7"], "no compile id '7/7'"),
    ],
)
def test_what_is_not_there_is_told_with_a_way_out(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in printed(capsys, "passes", LOG, *words, code=2)


def test_without_a_record_it_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    other = TRACES / "two_ops.log"
    assert printed(capsys, "passes", other).strip() == say.NO_PASSES
    assert say.NO_PASSES in printed(capsys, "passes", other, "--step", "1", code=2)
    assert say.NO_PASSES in printed(capsys, "passes", other, "--node", "add", code=2)
    assert not json.loads(printed(capsys, "passes", other, "--json"))["recorded"]


def test_where_they_were_asked_for_and_none_ran_it_does_not_say_to_ask(capture: Capture) -> None:
    assert say.no_passes(replace(capture, passes=())) == say.NONE_RAN
    assert say.no_passes(Capture(target={"passes": True})) == say.NONE_RAN
    assert say.no_passes(Capture()) == say.NO_PASSES


def test_nodes_that_went_are_told_apart_from_what_is_read_instead(capture: Capture) -> None:
    rows = {row.label: row.text for row in say.change_rows(places(capture.passes)[1].change)}
    assert rows["gone"] == "full (aten.full.default); add (aten.add.Tensor): its readers read div_1"


# --- documents and bundles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["--step", "1"], ["--step", "1", "--diff"], ["--node", "div"]])
def test_documents_are_of_the_schema(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    json_schema.check(printed(capsys, "passes", LOG, *words, "--json"))


def test_a_bundle_keeps_them(capture: Capture, tmp_path: Path) -> None:
    again = read(write(capture, tmp_path / "kept"))
    assert again.passes == capture.passes


def test_a_bundle_without_them_opens(capture: Capture, tmp_path: Path) -> None:
    file = write(capture, tmp_path / "older") / "facts.json"
    facts = json.loads(file.read_text())
    manifest = file.with_name("manifest.json")
    del facts["passes"]
    file.write_text(json.dumps(facts))
    entries = json.loads(manifest.read_text())
    del entries["files"]["facts.json"]
    manifest.write_text(json.dumps(entries))
    assert read(file.parent).passes == ()


def test_markdown_has_the_table(capture: Capture) -> None:
    page = markdown(capture, limit=None)
    assert "0/0 joint: 7 passes, 3 changes" in page
    assert "div_softmax_pattern matched" in page
    assert "Passes, one by one" not in markdown(replace(capture, passes=()), limit=None)
