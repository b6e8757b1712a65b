"""The program that is advised, compiled and counted: as many recompiles are spared as was said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from inspector.model.advice import Advice
from inspector.say.recompiles import advice_words
from inspector.trace import TraceLog
from inspector.trace.overview import read_overview

PROGRAM = Path(__file__).with_name("advised_program.py")
WORDS = "in words"
BOTH = ("torch._dynamo.mark_dynamic(above, 0)", "torch._dynamo.mark_dynamic(below, 0)")
ONE_OF_TWO = "stack", BOTH[:1]
IN_CODE = {
    "stack": (1, BOTH),
    "first_only": (1, ("torch._dynamo.mark_dynamic(x, 0)",)),
    "pair": (2, ("torch._dynamo.mark_dynamic(x, 0)", "torch._dynamo.mark_dynamic(x, 1)")),
    "branch": (1, ("torch._dynamo.mark_dynamic(x, 0)",)),
    "whole": (1, ("torch.compile(..., dynamic=True)",)),
    "scaled": (1, ("torch.compile(..., dynamic=True)",)),
    "one_or_more": (0, ("torch._dynamo.mark_dynamic(x, 0)",)),
    "forward": (3, ("torch._dynamo.config.allow_unspec_int_on_nn_module = True",)),
}
"""Program → recompiles that the advice would have spared, and its code."""
IN_WORDS = {
    "typed": (1, "Casting x to one dtype"),
    "layout": (1, "Passing x in one memory layout"),
    "ranked": (1, "Passing x with one number of dimensions"),
    "with_gradient": (1, "Calling it always with gradients for x or always without"),
    "gradient_mode": (1, "Setting gradients, autocast"),
    "cast": (1, "Setting gradients, autocast"),
    "lengths": (2, "Passing parts with one length"),
    "keyed": (1, "Passing options with the same keys"),
    "subclassed": (1, "Passing x always as one type"),
    "acting": (1, "One and the same object as of.act"),
    "switched": (1, "Keeping of.fast the same"),
}
"""Program → the same of advice in words, and how it begins."""


SEVERAL = {
    "size_then_dtype": {"torch._dynamo.mark_dynamic(x, 1)": 1, "Casting": 1},
    "size_dtype_gradient": {"torch._dynamo.mark_dynamic(x, 0)": 1, "Casting": 1, "Calling": 1},
    "value_then_dtype": {"torch._dynamo.mark_dynamic(x, 0)": 1, "torch.compile(..., dynamic=True)": 2, "Casting": 1},
}
"""Program → each advice for it by its code, or its first word, and the recompiles that it would have spared."""


APART, INSIDE, THROUGH = ALONE = "acting_apart", "made_inside", "comes_through"
"""Programs of tests of their own."""
DYNAMIC = "torch.compile(..., dynamic=True)"
MARK = "torch._dynamo.mark_dynamic(y, 0)"


class Counted(NamedTuple):
    """Real compiles."""

    before: Mapping[str, int]
    advice: Mapping[str, tuple[Advice, ...]]
    """Function → what is said of the log of these."""
    after: Mapping[str, int]
    """Of each program as it is advised."""
    one_of_two: int
    several: Mapping[tuple[str, str], int]
    """Of each program as it is advised, for each advice."""


def compiles(runs: Sequence[tuple[str, Sequence[str]]], trace: Path | None = None) -> list[int]:
    environment = os.environ | ({"TORCH_TRACE": str(trace)} if trace is not None else {})
    command = [sys.executable, str(PROGRAM), json.dumps(runs)]
    found = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    trace = tmp_path_factory.mktemp("trace")
    names = [*IN_CODE, *IN_WORDS, *SEVERAL, *ALONE]
    before = compiles([(name, ()) for name in names], trace)
    with TraceLog.open(trace) as log:
        chains = read_overview(log, advise=True).chains
    advised: list[tuple[str, Sequence[str]]] = [
        *((name, code) for name, (_, code) in IN_CODE.items()),
        *((name, (WORDS,)) for name in IN_WORDS),
    ]
    each = [(name, advice) for name, advices in SEVERAL.items() for advice in advices]
    each += [(INSIDE, DYNAMIC), (THROUGH, DYNAMIC), (THROUGH, MARK)]
    one_of_two, *after = compiles([ONE_OF_TWO, *advised, *((name, (advice,)) for name, advice in each)])
    return Counted(
        dict(zip(names, before, strict=True)),
        {chain.function: chain.advice or () for chain in chains},
        dict(zip([*IN_CODE, *IN_WORDS], after, strict=False)),
        one_of_two,
        dict(zip(each, after[len(advised) :], strict=True)),
    )


@pytest.mark.compiles
@pytest.mark.parametrize("name", IN_CODE)
def test_advice_in_code_spares_as_many_recompiles_as_it_says(name: str, counted: Counted) -> None:
    spared, code = IN_CODE[name]
    (advice,) = (item for item in counted.advice[name] if item.code)
    assert (advice.code, advice.spared, advice.recompiles) == (code, spared, counted.before[name] - 1)
    assert counted.before[name] - counted.after[name] == spared


@pytest.mark.compiles
@pytest.mark.parametrize("name", IN_WORDS)
def test_advice_in_words_spares_as_many_recompiles_as_it_says(name: str, counted: Counted) -> None:
    spared, begins = IN_WORDS[name]
    (advice,) = counted.advice[name]
    assert advice.words.startswith(begins)
    assert (advice.spared, advice.recompiles) == (spared, counted.before[name] - 1)
    assert counted.before[name] - counted.after[name] == spared


@pytest.mark.compiles
@pytest.mark.parametrize("name", SEVERAL)
def test_what_code_with_symbols_would_have_served_is_counted_too(name: str, counted: Counted) -> None:
    """An advice against one of the things that calls differ in leaves the others to the guards, symbols among them."""
    told = {(item.code or (item.words.partition(" ")[0],))[0]: item.spared for item in counted.advice[name]}
    assert told == SEVERAL[name]
    assert told == {advice: counted.before[name] - counted.several[name, advice] for advice in SEVERAL[name]}


@pytest.mark.compiles
def test_marking_one_of_two_that_change_is_not_advised(counted: Counted) -> None:
    """It changes nothing: the other one fails then."""
    assert counted.one_of_two == counted.before["stack"]
    assert all(item.code != BOTH[:1] for item in counted.advice["stack"])


def test_advice_says_what_it_is_worth() -> None:
    mark = ("mark_dynamic(x, 0)",)
    assert (
        advice_words(Advice(mark, "{0}", 1, 2))
        == "mark_dynamic(x, 0) would have spared 1 of 2 recompiles, as far as the guards tell."
    )
    assert "alone would have spared no recompile" in advice_words(Advice(mark, "{0}", 0, 2))
    assert "is not known, for the log does not hold all their guards" in advice_words(Advice(mark, "{0}", None, 2))


@pytest.mark.compiles
def test_objects_that_compute_other_things_are_not_to_be_made_one(counted: Counted) -> None:
    (advice,) = counted.advice[APART]
    assert (advice.spared, advice.recompiles) == (0, 1)
    assert advice_words(advice).endswith("The graphs that were made for the others differ.")
    (same,) = counted.advice["acting"]
    assert same.spared == 1 and not same.remark


@pytest.mark.compiles
def test_what_is_made_within_a_function_is_not_to_be_marked_by_its_caller(counted: Counted) -> None:
    """Behind the graph break that `x[x > 0]` is: to mark it there is an error, for that is compiled too."""
    (rest,) = (name for name in counted.advice if name.startswith(f"torch_dynamo_resume_in_{INSIDE}_at_"))
    (advice,) = counted.advice[rest]
    assert (advice.code, advice.spared) == ((DYNAMIC,), 1)
    assert counted.before[INSIDE] - counted.several[INSIDE, DYNAMIC] == 1
    assert "To mark it where it is made takes code that is not compiled there (torch._dynamo.disable)" in advice_words(
        advice
    )
    assert "marked by the caller" not in advice_words(advice)


@pytest.mark.compiles
def test_an_argument_that_only_comes_through_a_graph_break_is_marked_by_the_caller(counted: Counted) -> None:
    (rest,) = (name for name in counted.advice if name.startswith(f"torch_dynamo_resume_in_{THROUGH}_at_"))
    (advice,) = counted.advice[rest]
    assert (advice.code, advice.spared) == ((DYNAMIC,), 1)
    assert f"An argument that only comes through is marked by the caller: {MARK} before each call." in advice.remark
    assert {counted.before[THROUGH] - counted.several[THROUGH, code] for code in (DYNAMIC, MARK)} == {1}
