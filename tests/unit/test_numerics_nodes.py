"""What is said of nodes that agree: of how many elements, and nothing where none was compared."""

from __future__ import annotations

import pytest

from inspector.model.numerics import Deviation, NodeNumerics, Numerics


def found(*elements: int | None, apart: bool = False) -> Numerics:
    nodes = tuple(
        NodeNumerics(f"mul_{at}", Deviation(0.0, 0.0, 0.0, count), True, at + 1) for at, count in enumerate(elements)
    )
    return Numerics("x", (), None, nodes, "0/0", apart=apart)


@pytest.mark.parametrize(
    ("numerics", "said"),
    [
        (found(0), "Nothing was compared in 1 node of 0/0's ATen graph: none has an element"),
        (found(0, 8), "None of 2 nodes of 0/0's ATen graph is beyond"),
        (found(8, apart=True), "None of 1 node of 0/0's ATen graph compiled one at a time is beyond"),
        (found(None), "None of 1 node of 0/0's ATen graph is beyond"),
    ],
)
def test_agreement_says_how_much_was_compared(numerics: Numerics, said: str) -> None:
    assert numerics.nodes_agree.startswith(said)
    assert ("element" in numerics.nodes_agree) is (None not in [n.deviation.elements for n in numerics.nodes])
