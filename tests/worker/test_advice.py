"""The program that is advised, compiled and counted: as many recompiles are spared as was said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.model.advice import Advice
from inspector.model.recompiles import RecompileChain
from inspector.trace import TraceLog
from inspector.trace.overview import read_overview

PROGRAM = Path(__file__).with_name("advised_program.py")
BOTH = ("torch._dynamo.mark_dynamic(above, 0)", "torch._dynamo.mark_dynamic(below, 0)")


def compiles(name: str, *advice: str, trace: Path | None = None) -> int:
    environment = os.environ | ({"TORCH_TRACE": str(trace)} if trace is not None else {})
    done = subprocess.run([sys.executable, str(PROGRAM), name, *advice], env=environment, check=True, stdout=-1)
    return int(done.stdout.split()[-1])


def chain_of(trace: Path) -> RecompileChain:
    with TraceLog.open(trace) as log:
        (chain,) = read_overview(log, advise=True).chains
    return chain


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("name", "spared", "code"),
    [
        ("stack", 1, BOTH),
        ("first_only", 1, ("torch._dynamo.mark_dynamic(x, 0)",)),
        ("pair", 2, ("torch._dynamo.mark_dynamic(x, 0)", "torch._dynamo.mark_dynamic(x, 1)")),
        ("branch", 1, ("torch._dynamo.mark_dynamic(x, 0)",)),
        ("whole", 1, ("torch.compile(..., dynamic=True)",)),
        ("scaled", 1, ("torch.compile(..., dynamic=True)",)),
        ("one_or_more", 0, ("torch._dynamo.mark_dynamic(x, 0)",)),
        ("counting", 3, ("torch._dynamo.config.allow_unspec_int_on_nn_module = True",)),
    ],
)
def test_the_advice_spares_as_many_recompiles_as_it_says(
    name: str, spared: int, code: tuple[str, ...], tmp_path: Path
) -> None:
    before = compiles(name, trace=tmp_path)
    (advice,) = (item for item in chain_of(tmp_path).advice or () if item.code)
    assert (advice.code, advice.spared, advice.recompiles) == (code, spared, before - 1)
    assert before - compiles(name, *advice.code) == spared


@pytest.mark.compiles
def test_marking_one_of_two_that_change_is_not_advised(tmp_path: Path) -> None:
    """It changes nothing: the other one fails then."""
    before = compiles("stack", trace=tmp_path)
    assert compiles("stack", BOTH[0]) == before
    assert all(item.code != BOTH[:1] for item in chain_of(tmp_path).advice or ())


def test_advice_says_what_it_is_worth() -> None:
    mark = ("mark_dynamic(x, 0)",)
    assert (
        Advice(mark, "{0}", 1, 2).sentence()
        == "mark_dynamic(x, 0) would have spared 1 of 2 recompiles, as far as the guards tell."
    )
    assert "alone would have spared no recompile" in Advice(mark, "{0}", 0, 2).sentence()
    assert "is not known, for the log does not hold all their guards" in Advice(mark, "{0}", None, 2).sentence()
