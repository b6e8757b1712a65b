"""What each of a function's compiled codes is for: what it asks of a call, whose graph it has, which branch it took.

`tests/traces/chains.log` is torch's own record of `scripts/chains.py`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from inspector.cli.main import main
from inspector.compare.again import made_by
from inspector.model.advice import Advice, advice_for
from inspector.model.call_values import CallValues
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.graph_digest import graph_digest
from inspector.model.overview import Overview
from inspector.say.recompiles import advice_words
from inspector.trace import TraceLog
from inspector.trace.overview import read_graphs, read_overview

TRACES = Path(__file__).parent.parent / "traces"
LOG = TRACES / "chains.log"


@pytest.fixture(scope="module")
def chains() -> dict[str, Any]:
    """Function → its chain as `inspector recompiles --json` gives it."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["recompiles", str(LOG), "--json"]) == 0
    return {item["function"]: item for item in json.loads(out.getvalue())["recompiles"]}


@pytest.fixture(scope="module")
def overview() -> Overview:
    with TraceLog.open(LOG) as log:
        return read_overview(log, advise=True)


ASKED = {
    "stack": [
        ["above size at index 0: 2", "below size at index 0: 2"],
        ["above size at index 0: 1", "below size at index 0: 1"],
        ["2 <= above.size()[0]", "2 <= below.size()[0]"],
    ],
    "pooled": [
        ["x size at index 0: 4"],
        ["(x.size()[0] % 2) == 0", "4 <= x.size()[0]"],
        ["(x.size()[0] % 2) != 0", "2 <= x.size()[0]"],
    ],
    "held": [["rate value: 0.01"], ["rate value: 0.02"], ["rate value: 0.03"]],
    "once": [["rate value: 0.01"], ["rate type: float"]],
    "scaled_by_global": [["G['SCALE'] value: 0.01"], ["G['SCALE'] type: float"]],
    "partly": [["act.keywords['other'] value: 2.0"], ["act.keywords['other'] type: float"]],
    "squared": [
        ["global state: grad_mode: True", "x requires_grad: True"],
        ["global state: grad_mode: True", "x requires_grad: False"],
        ["global state: grad_mode: False", "x requires_grad: False"],
    ],
    "halved": [["x dtype: Float"], ["x dtype: Double"]],
    "moved": [["x stride at index 0: 4"], ["x stride at index 0: 1", "2 <= x.stride()[1]"]],
    "untold": [["x tensor type: Tensor"], ["x type: __main__.Tagged", "x tensor type: Tagged"]],
}


@pytest.mark.parametrize("function", ASKED)
def test_each_compiled_code_says_what_it_asks_of_a_call(function: str, chains: dict[str, Any]) -> None:
    assert [item["asks"] for item in chains[function]["compilations"]] == ASKED[function]


BRANCHES = {
    "stack": ["return both.neg()", "return both.exp()", "return both.neg()"],
    "pooled": ["return x.view(2, -1).sum(0)", "return x.view(2, -1).sum(0)", "return x.cumsum(0)"],
    "joined": ["return parts[0].sum()", "return parts[0].sum()", "return torch.stack(parts).sum()"],
    "looked_up": ["return x.neg()", 'return x + options["bias"]'],
    "halved": [None, None],
}


@pytest.mark.parametrize("function", BRANCHES)
def test_the_branch_that_each_compile_took(function: str, chains: dict[str, Any]) -> None:
    lines = [item["made"]["lines"] for item in chains[function]["compilations"]]
    assert [found[0]["code"] if found else None for found in lines] == BRANCHES[function]
    assert all(len(found) <= 1 for found in lines)


def test_a_graph_that_was_there_already_is_told_from_another_one(chains: dict[str, Any]) -> None:
    """Up to names: with how much was compared. A global state that changes no graph is one of these."""
    same = {
        (name, item["compile_id"].rpartition("/")[2]): item["made"]
        for name, chain in chains.items()
        for item in chain["compilations"]
        if item["made"] and item["made"]["same_as"]
    }
    assert set(same) == {("joined", "1"), ("squared", "2")}
    assert same["joined", "1"]["words"] == "the same up to names as 2/0's: 12 lines of dynamo, aten"
    assert same["squared", "2"]["same_as"] == "8/1"


def words(chains: dict[str, Any], function: str) -> list[str]:
    return [item["made"]["words"] for item in chains[function]["compilations"] if item["made"]]


def test_what_differs_is_said_in_a_number_or_an_operator(chains: dict[str, Any]) -> None:
    assert words(chains, "held") == [
        "",
        "4/0's but for numbers: 0.005 → 0.01",
        "4/0's but for numbers: 0.005 → 0.015",
    ]
    assert words(chains, "forward") == [
        "",
        "other than 14/0's: 1 changed of 8 lines of dynamo (torch.relu(•) → torch.tanh(•))",
    ]
    assert words(chains, "squared")[1] == "dynamo as 8/0's, a later stage is not"
    assert words(chains, "halved")[1].startswith("other than 9/0's: 2 changed"), "a dtype is no number"


def test_graphs_that_are_not_recorded_are_not_the_same(chains: dict[str, Any]) -> None:
    from inspector.model.capture import Capture

    first, second = made_by(["0/0", "0/1"], Capture())
    assert (first.same_as, second.same_as, second.words) == ("", "", "its graphs are not recorded")
    with TraceLog.open(LOG) as log:
        log.complete()
        capture = read_graphs(log, ["2/0"])
    first, second = made_by(["2/0", "2/1"], capture)
    assert (second.same_as, second.words, second.lines) == ("", "its graphs are not recorded", ())


def test_what_a_limit_refused_is_no_recompile_and_is_said(
    chains: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recompiles", str(LOG), "--filter", "forward"]) == 0
    out = capsys.readouterr().out
    assert "1 recompile of 1 function" in out
    assert "14/2: not compiled, recompile_limit of 2 exceeded: from here on, forward runs eager" in out
    assert main(["check", str(LOG), "--max-recompiles", "20"]) == 0
    assert "20 recompiles, at most 20 allowed" in capsys.readouterr().out
    assert main(["recompiles", str(LOG)]) == 0
    out = capsys.readouterr().out
    assert "\n20 recompiles of 15 functions" in out
    assert out.count("which call it served is not recorded, for a log holds no calls") == 15
    assert out.count("made graphs that an earlier one had made") == 2


def advice_of(overview: Overview, function: str) -> tuple[Advice, ...]:
    (found,) = (chain.advice for chain in overview.chains if chain.function == function)
    assert found is not None
    return found


def test_advice_that_only_may_help_does_not_say_how_often(overview: Overview) -> None:
    """A tensor that is made while another dtype is the default may have that dtype for it, or not."""
    (advice,) = advice_of(overview, "made")
    assert advice.spared is None
    assert "is not known, for whether x dtype would then be the same is not in a log." in advice_words(advice)
    (advice,) = advice_of(overview, "forward")
    assert advice.recompiles == 1, "the compile that a limit refused is left out"


def test_one_object_for_all_is_an_advice_where_all_compute_the_same(overview: Overview) -> None:
    """`self.act` is relu and then tanh, which the guards do not tell: the graphs do."""
    (advice,) = advice_of(overview, "forward")
    assert (advice.spared, advice.remark) == (0, " The graphs that were made for the others differ.")
    key, rows = ("self.act", "identity"), []
    for number in range(3):
        failed = GuardFailure("it", f"0/{number - 1}", *key, f"id {number - 1}", f"id {number}")
        rows.append(CompileRow(f"0/{number}", CompileStatus.DONE, failures=(failed,) if number else ()))

    def values(compile_id: str) -> CallValues:
        found = {key: f"id {compile_id[-1]}", ("x", "dtype"): "Float"}
        return cast(CallValues, SimpleNamespace(all=found, asked=found, conditions=()))

    for graphs, spared in (("aaa", 2), ("aab", 1), ("abc", 0), ("", None)):
        told = dict(zip([row.compile_id for row in rows], graphs, strict=False))
        (advice,) = advice_for(rows, values, graphs=told)
        assert (advice.spared, bool(advice.remark)) == (spared, spared in (0, 1))


def test_a_graphs_digest_is_of_what_it_computes() -> None:
    text = """class GraphModule(torch.nn.Module):
    def forward(self, L_x_: "f32[4]", L_w_: "f32[4]"):
        l_x_ = L_x_
        # File: a.py:9 in forward, code: return act(x, w)
        plus: "f32[4]" = torch.add(l_x_, L_w_, alpha = 2);  l_x_ = None
        relu: "f32[4]" = torch.relu(plus);  plus = None
        return (relu,)
"""
    same = text.replace("plus", "sum_1").replace("[4]", "[s0]").replace("a.py:9", "a.py:12").replace("L_w_", "L_v_")
    assert graph_digest(same) == graph_digest(text)
    for old, new in (("torch.relu", "torch.tanh"), ("alpha = 2", "alpha = 3"), ("(l_x_, L_w_", "(L_w_, l_x_")):
        assert graph_digest(text.replace(old, new)) != graph_digest(text)


def test_no_caller_is_told_to_see_to_what_a_resumed_function_gets() -> None:
    rows, key = [], ("y", "dtype")
    for number in range(2):
        failed = GuardFailure("y", "0/0", *key, "Float", "Double")
        function = "torch_dynamo_resume_in_f_at_7"
        rows.append(CompileRow(f"0/{number}", CompileStatus.DONE, function, failures=(failed,) if number else ()))
    known = cast(CallValues, SimpleNamespace(all={}, asked={}, conditions=()))
    for function, words in (("torch_dynamo_resume_in_f_at_7", "before the graph break"), ("f", "before the call")):
        renamed = [replace(row, function=function) for row in rows]
        (advice,) = advice_for(renamed, lambda _: known)
        assert advice.words == f"Casting y to one dtype {words}"


def test_no_symbol_is_promised_for_what_torch_held_to_a_number_again(overview: Overview) -> None:
    """`held` was compiled with specialize_float: with dynamic=True too it is compiled three times."""
    told = {item.words: item.spared for item in advice_of(overview, "held")}
    assert told == {"Keeping rate the same": 2, "{0}": None}


@pytest.mark.parametrize(
    ("source", "what", "sure", "asked"),
    [
        ("n", "value", True, ("2", "3", "4")),
        ("x", "size at index 0", False, ("2", "3", "4")),
        ("n", "value", True, ("2", "1")),
    ],
)
def test_what_code_needs_as_a_number_is_not_said_to_be_spared(
    source: str, what: str, sure: bool, asked: tuple[str, ...]
) -> None:
    """As of `for i in range(n)` and `for row in x`: mark_dynamic would be an error there. 1 is a number in any case."""
    key = (source, what)
    rows, values = [], {}
    for number, value in enumerate(asked):
        before = asked[number - 1]
        failed = GuardFailure(f"{source} {what}", f"0/{number - 1}", source, what, before, value)
        rows.append(CompileRow(f"0/{number}", CompileStatus.DONE, failures=(failed,) if number else ()))
        found = {key: value, ("x", "dtype"): "Float"}
        values[f"0/{number}"] = cast(CallValues, SimpleNamespace(all=found, asked=found, conditions=()))
    told = {item.spared for item in advice_for(rows, values.__getitem__) if item.code}
    assert told == ({0} if "1" in asked else {None})
    assert any(not item.code and item.spared == 2 for item in advice_for(rows, values.__getitem__)) == (
        sure and "1" not in asked
    )


@pytest.mark.parametrize(("operators", "spared"), [((2, 3, 4), None), ((2, 2, 2), 1)])
def test_a_modules_number_that_the_graph_is_as_long_as_is_not_said_to_be_spared(
    operators: tuple[int, ...], spared: int | None
) -> None:
    """As of `for _ in range(self.n)`: torch holds a module's numbers constant, so that no compile shows it."""
    rows, values = [], {}
    for number, count in enumerate(operators):
        failed = GuardFailure("self.n", f"0/{number - 1}", "self.n", "value", str(number + 1), str(number + 2))
        row = CompileRow(f"0/{number}", CompileStatus.DONE, operators=count, failures=(failed,) if number else ())
        rows.append(row)
        found = {("self.n", "value"): str(number + 2), ("x", "dtype"): "Float"}
        values[row.compile_id] = cast(CallValues, SimpleNamespace(all=found, asked=found, conditions=()))
    (advice,) = (item for item in advice_for(rows, values.__getitem__) if item.code)
    assert advice.spared == spared
    assert "Code that needs the number itself, for range() or as an index" in advice_words(advice)


def test_advice_that_would_spare_nothing_is_not_given_beside_one_that_would(overview: Overview) -> None:
    for chain in overview.chains:
        spared = [item.spared for item in chain.advice or ()]
        assert 0 not in spared or not any(spared)


def test_of_many_compiles_the_graphs_are_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("inspector.cli.verbs.recompiles._MOST_GRAPHS", 1)
    assert main(["recompiles", str(LOG), "--filter", "halved"]) == 0
    out = capsys.readouterr().out
    assert "graphs of more than 1 compiles are not compared: --compile-id, for one function" in out
    assert "asks x dtype: Float" in out
    assert "same up to names" not in out


def test_where_no_advice_is_known_none_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recompiles", str(TRACES / "guard_kinds.log"), "--filter", "aliasing"]) == 0
    assert "There is no advice for this that the log could vouch for." in capsys.readouterr().out
    assert main(["recompiles", str(LOG)]) == 0
    assert "no advice" not in capsys.readouterr().out


def test_a_bundle_says_the_same_as_its_log(tmp_path: Path, chains: dict[str, Any]) -> None:
    from inspector.bundle import write
    from inspector.cli.verbs.recompiles import made_of
    from inspector.trace import read_capture
    from inspector.work.opening import open_path

    place = write(read_capture(LOG), tmp_path / "it.inspector")
    with open_path(str(place)) as found:
        overview = found.overview(advise=True)
        made = made_of(found, overview.chains)
    for chain in chains.values():
        for item in chain["compilations"]:
            asks = (overview.asked or {}).get(item["compile_id"])
            assert (list(asks) if asks is not None else None) == item["asks"]
            assert (made[item["compile_id"]].words if item["made"] else None) == (item["made"] or {}).get("words")


def test_no_advice_spares_what_was_refused_for_another_reason() -> None:
    """A softmax of [8, 16], then of [8, 32], then of [8, 33] in double: a cast spares the third compile alone.

    This log holds no symbols, so that the second compile's guards do not say its size: the refusal does.
    """
    with TraceLog.open(TRACES / "recompile.log") as log:
        said = {item.words: item for item in advice_of(read_overview(log, advise=True), "f")}
    cast = said["Casting x to one dtype before the call"]
    assert (cast.spared, cast.recompiles) == (1, 2)
    assert "spared no recompile" not in "".join(advice_words(item) for item in said.values())


@pytest.mark.parametrize("automatic", [True, False])
def test_no_symbol_is_advised_by_a_setting_where_dynamic_is_off(automatic: bool, tmp_path: Path) -> None:
    """With `dynamic=False` the setting changes nothing, as was counted: the metrics tell that it was."""
    text = (TRACES / "guard_kinds.log").read_text()
    config = json.dumps({"automatic_dynamic_shapes": automatic})
    metrics = {"compilation_metrics": {"dynamo_config": config}, "frame_id": 11, "frame_compile_id": 0, "attempt": 0}
    text += f"V0101 00:00:59.000000 1000 torch/a.py:1] {json.dumps(metrics)}\n"
    (tmp_path / "a.log").write_text(text)
    with TraceLog.open(tmp_path / "a.log").complete() as log:
        found = read_overview(log, phases=False, advise=True)
    (chain,) = (chain for chain in found.chains if chain.frame == "11")
    advised = [code for item in chain.advice or () for code in item.code]
    assert advised == ["torch._dynamo.config.allow_unspec_int_on_nn_module = True"][: int(automatic)]
