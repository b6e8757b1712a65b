"""What is said of nodes that agree: of how many elements, and nothing where none was compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from inspector.cli.main import main
from inspector.cli.verbs import numerics as numerics_verb
from inspector.errors import EXIT_UNKNOWN
from inspector.model.capture import Capture, Note
from inspector.model.deviation import Deviation
from inspector.model.latency import Difference
from inspector.model.numerics import NodeNumerics, Numerics, OutputNumerics, Roundings
from inspector.say.latency import difference_words
from inspector.say.numerics import nodes_agree, nodes_left, rounding, spread, verdict

MODE = Note("warning", "f was in training mode and is compiled in evaluation mode.")


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
    assert nodes_agree(numerics).startswith(said)
    assert ("element" in nodes_agree(numerics)) is (None not in [n.deviation.elements for n in numerics.nodes])


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (0, ": without these roundings eager has what compiled has, in all 7 elements"),
        (1, ": without these roundings 1 element differs, with them 7"),
        (9, ", but that does not explain the difference: without these roundings 9 elements differ, with them 7"),
    ],
)
def test_roundings_explain_what_no_longer_differs_without_them(left: int, said: str) -> None:
    words = rounding(replace(found(8), roundings=Roundings(("mul",), 7, left)))
    assert words == f"eager rounds to bf16 after mul, where the kernel does not{said}"


def test_each_graph_has_its_nodes_and_those_left_out_are_named() -> None:
    node = found(8).nodes[0]
    several = Numerics(
        "x",
        (),
        None,
        (replace(node, compile_id="0/0"), replace(node, compile_id="0/0", backward=True, apart=True)),
        graphs_left=("1/0's ATen graph: ValueError: no",),
    )
    assert [(graph.name, graph.apart) for graph in several.node_graphs] == [
        ("0/0's ATen graph", False),
        ("0/0's backward ATen graph", True),
    ]
    assert nodes_agree(several).startswith("None of 2 nodes of the ATen graphs of 0/0, 0/0 (backward) is beyond")
    assert nodes_left(several) == "No node was compared of 1/0's ATen graph: ValueError: no."
    assert nodes_left(found(8)) == ""


@pytest.mark.parametrize(("left", "code"), [((), 0), (("1/0's ATen graph: ValueError: no.",), EXIT_UNKNOWN)])
def test_nodes_that_were_asked_for_and_not_compared_are_no_success(
    left: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = Capture(numerics=(replace(found(8), graphs_left=left),), notes=(MODE,))
    monkeypatch.setattr(numerics_verb, "measured", lambda args, request: capture)
    assert main(["numerics", "softmax", "--nodes"]) == code
    out = capsys.readouterr().out
    assert ("No node was compared of 1/0's ATen graph: ValueError: no." in out) is bool(left)
    assert "None of 1 node of 0/0's ATen graph is beyond" in out
    assert MODE.message in out
    assert main(["numerics", "softmax", "--nodes", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["warnings"] == [MODE.message]


@pytest.mark.parametrize(("chance", "said"), [(True, "The results depend on random numbers"), (False, "not alike: n")])
def test_values_that_chance_decides_are_not_called_wrong(chance: bool, said: str) -> None:
    drawn = Numerics("x", (), None, values=1, unlike=("n is 3 in eager and 5 compiled",), chance=chance)
    assert said in verdict(drawn)
    assert drawn.wrong is not chance
    raced = Difference(0.0, 0.0, 0, 1, unlike=drawn.unlike, chance=chance)
    assert ("chance" in difference_words(raced)) is chance
    assert raced.wrong is not chance


@pytest.mark.parametrize(
    ("tolerance", "said"), [(None, "2 of output 0 beyond torch"), (1e-3, ", output 0 beyond 0.001")]
)
def test_elements_beyond_a_tolerance_are_counted_for_the_dtypes_own_alone(tolerance: float | None, said: str) -> None:
    apart = Deviation(1.0, 0.5, 9.0, 8, differing=3, beyond=2, excess=9.0)
    assert said in verdict(Numerics("x", (OutputNumerics("output 0", "f32", (8,), apart),), tolerance))


def test_the_nearest_of_a_band_is_said_where_it_is_known() -> None:
    """Whatever band it is: three that are 3, 9 and 15 ULP apart are not "2–15"."""
    apart = Deviation(1.0, 1.0, 15.0, 8, differing=3, beyond=3, steps=(0, 1, 2, 0, 0))
    assert spread(apart, "eager") == "3 of 8 differ, by at least 2, at most 15 ULP"
    assert spread(replace(apart, nearest=3.0), "eager") == "3 of 8 differ, by 3–15 ULP"
    alike = replace(apart, ulp=10.0, nearest=10.0, steps=(0, 0, 3, 0, 0))
    assert spread(alike, "eager") == "3 of 8 differ, by 10 ULP"


def test_the_begin_of_a_band_is_not_said_to_be_the_nearest_element() -> None:
    """Four elements that are 4,194,304 ULP apart and more: none is as near as 256."""
    far = Deviation(7.0, 1.0, 1_088_421_888.0, 8, differing=4, beyond=4, steps=(0, 0, 0, 0, 4))
    assert spread(far, "eager") == "4 of 8 differ, by at least 256, at most 1,088,421,888 ULP"
    near = replace(far, ulp=3.0, steps=(3, 1, 0, 0, 0))
    assert spread(near, "eager") == "4 of 8 differ, by 1–3 ULP"


def test_the_verdict_says_what_beside_the_numbers_was_compared() -> None:
    same = OutputNumerics("output 0", "f32", (8,), Deviation(0.0, 0.0, 0.0, 8))
    older = Numerics("x", (same,), None)
    assert verdict(older).endswith("(1 tensor, 8 elements; containers, strides and shared memory were not compared)")
    now = replace(older, form=True)
    assert verdict(now).endswith("(1 tensor, 8 elements; containers, strides and shared memory too)")
    laid = replace(now, laid=("output 0 has strides [4, 1] in eager and [1, 2] compiled",))
    assert "all that was compared" not in verdict(laid) and laid.laid[0] in verdict(laid)
    apart = replace(laid, outputs=(replace(same, compiled_eager=Deviation(1.0, 1.0, 1.0, 8, 1, excess=0.5)),))
    assert verdict(apart).endswith(laid.laid[0]) and "1 of 8 elements differ" in verdict(apart)
