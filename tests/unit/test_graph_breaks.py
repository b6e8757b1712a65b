"""A graph break in torch's own words, whole."""

from __future__ import annotations

from pathlib import Path

from inspector.model.frame import Frame
from inspector.say.doc import frame_rows
from inspector.trace.breaks import read_graph_break

IN_A_LOOP = (Path(__file__).parent / "data" / "break_in_a_loop.txt").read_text()


def test_a_break_in_a_loop_is_told_in_the_order_of_cause() -> None:
    """torch's own words: the branch breaks the graph, the loop makes it give the frame up."""
    found = read_graph_break("1/0", IN_A_LOOP)
    assert found.reason == "Data-dependent branching; then graph break in loop"
    lines = found.explanation.split("\n")
    assert lines[0] == "Failed to handle graph break gracefully. Skipping the function and falling back to eager."
    assert lines[1].startswith("Data-dependent branching: Detected data-dependent branching")
    assert lines[-1].startswith("graph break in loop: torch.compile detected a graph break in a for/while loop.")
    assert len(found.hints) == 4, "of both, each once"
    assert (found.stack[-1].line, found.stack[-1].code) == (16, "if differing.sum() == 1:")


def test_the_calls_that_led_to_the_persons_code_are_not_shown_as_theirs() -> None:
    """A capture calls the target from its worker, and a recorded program is run by `runpy`."""
    led = (Frame("<frozen runpy>", 88, "_run_code"), Frame("/opt/x/inspector/worker/calls.py", 38, "__call__"))
    own = (Frame("torch/nn/modules/module.py", 1789, "_call_impl"), Frame("mine.py", 3, "forward"))
    assert [row.text for row in frame_rows((*led, *own))] == [
        "mine.py:3 in forward",
        "torch/nn/modules/module.py:1789 in _call_impl",
    ]
    assert len(list(frame_rows(led))) == 2, "where there is nothing else, they are all that is known"
