"""An expression keeps its colour from the first stage that is known to the last, and shares it with what it became."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.link.lit import lit_spans
from inspector.model.artifact import Position
from inspector.model.capture import Capture
from inspector.model.link import LinkIndex
from inspector.model.roots import COLOURS
from inspector.model.stage import Stage
from inspector.trace.tail import read_capture

ROOT = Path(__file__).parents[2]
LOGS = ("chains.log", "live_gated_train.log", "graph_break.log")


@cache
def captured(name: str) -> Capture:
    return read(ROOT / "samples" / name) if name.endswith(".inspector") else read_capture(ROOT / "tests/traces" / name)


def colours(capture: Capture, last: Stage) -> dict[str, int | None]:
    """Each linked part of a source line → its colour, while stages behind `last` are still to come."""
    by_id = capture.by_id
    known = [link for link in capture.links if by_id[link.b.artifact].stage.order <= last.order]
    index = LinkIndex(known, capture.index._listings)
    spans = {link.a for link in known if by_id[link.a.artifact].stage is Stage.SOURCE and link.a.start.col}
    return {str(span): None if (group := index.group_of(span)) is None else group % COLOURS for span in spans}


@pytest.mark.parametrize("name", ["llama-mlp.inspector", *LOGS])
def test_a_colour_stays_while_later_stages_arrive(name: str) -> None:
    capture = captured(name)
    stages = sorted({item.stage for item in capture.artifacts if item.stage >= Stage.DYNAMO}, key=lambda s: s.order)
    first: dict[str, int | None] = {}
    for stage in stages:
        for span, colour in colours(capture, stage).items():
            assert first.setdefault(span, colour) == colour, (span, stage)
    assert first or name != "llama-mlp.inspector"


def test_each_expression_of_a_line_has_the_colour_of_its_own_node_and_none_of_another() -> None:
    capture = captured("llama-mlp.inspector")
    index, (source, *_) = capture.index, capture.find(Stage.SOURCE)
    found = lit_spans(index, index.relatives(source.id, 164).by_artifact[source.id], source)[164]
    nodes = {
        capture.by_id[key].lines[item[0].span.start.line - 1].split(":")[0].strip(): index.group(
            key, item[0].span.start.line
        )
        for span in found
        for key, item in index.relatives(source.id, 164, span.start).by_artifact.items()
        if capture.by_id[key].stage is Stage.DYNAMO
    }
    assert len({span.group for span in found}) == len(found) == 5
    assert len({span.group % COLOURS for span in found if span.group is not None}) == 5
    assert set(nodes.values()) <= {span.group for span in found}
    assert [span.start for span in found] == sorted(span.start for span in found), "what lies in another comes after it"


def test_a_whole_line_has_no_columns_of_its_own() -> None:
    capture = captured("llama-mlp.inspector")
    index, (aten, *_) = capture.index, capture.find(Stage.ATEN)
    relatives = index.relatives(aten.id, 17, None)
    assert lit_spans(index, relatives.by_artifact[aten.id], aten) == {17: ()}
    assert relatives.anchors[0].start <= Position(17, 99)
