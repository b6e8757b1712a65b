"""A graph break in torch's own words, whole."""

from __future__ import annotations

from pathlib import Path

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
