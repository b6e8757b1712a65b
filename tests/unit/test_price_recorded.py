"""A price that was really measured: samples/block.py on a busy machine, with the real command, cleaned of its paths."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.bundle.page.data import page_data
from inspector.cli.main import main
from inspector.compare.captures import compare_captures
from inspector.model.annotation import Fact
from inspector.model.capture import Capture
from inspector.model.price import Known
from inspector.model.stage import Stage
from inspector.notes.automatic import automatic
from inspector.price import TextPrices, rows_by, stacks
from inspector.say import gutter
from inspector.say import price as say

BUNDLE = Path(__file__).parents[1] / "traces" / "priced_block.inspector"


@cache
def recorded() -> Capture:
    return read(BUNDLE)


@cache
def prices() -> TextPrices:
    return TextPrices(recorded(), recorded().prices[0])


@pytest.mark.parametrize("by", ["module", "expression", "kernel", "part"])
def test_rows_and_what_none_of_them_has_add_up_to_the_call(by):
    rows, price = rows_by(prices().joined, by), prices().price
    left = math.fsum(seconds for seconds, _ in say.left(prices().joined, by, rows))
    assert math.fsum(row.own for row in rows) + left == pytest.approx(price.parts, rel=1e-3)
    assert price.parts == pytest.approx(price.seconds, rel=1e-6)


def test_the_tree_has_the_modules_of_the_file():
    rows = {row.label: row for row in rows_by(prices().joined, "module")}
    assert {"", "norm_1", "qkv", "out", "norm_2", "mlp", "mlp.0", "mlp.1", "mlp.2"} <= rows.keys()
    assert rows["mlp"].seconds >= rows["mlp.0"].seconds + rows["mlp.2"].seconds
    assert rows["mlp.2"].work is not None and rows["mlp.2"].work.flops == 2 * 64 * 512 * 128


def test_what_holds_anothers_text_is_outside_it():
    joined = prices().joined
    paths = {node.path for atom in joined.atoms for node in joined.belongs(atom).nodes}
    assert any(inner != outer and outer.holds(inner) for path in paths for outer in path for inner in path)
    for path in paths:
        for number, inner in enumerate(path):
            assert not any(inner.holds(outer) for outer in path[:number]), path


def test_an_expressions_own_time_and_what_lies_in_it_are_its_time():
    rows = rows_by(prices().joined, "expression")
    below = [math.fsum(row.seconds for row in rows if row.parent == number) for number in range(len(rows))]
    for row, within in zip(rows, below, strict=True):
        assert row.own + within <= row.seconds + 1e-12, row.label
    label = "self.attend(self.norm_1(x), causal)"  # the one call of something that is written elsewhere
    called = math.fsum(row.seconds for row in rows if row.parent is None and row.span.start.line < 35)
    for row, within in zip(rows, below, strict=True):
        elsewhere = called if row.label == label else 0.0
        assert row.own + within + elsewhere == pytest.approx(row.seconds, abs=1e-12), row.label


def test_a_sum_owns_nothing_of_the_call_that_it_adds():
    rows = {row.label: row for row in rows_by(prices().joined, "expression")}
    outer, inner = rows["x + self.mlp(self.norm_2(x))"], rows["self.mlp(self.norm_2(x))"]
    assert outer.own == pytest.approx(outer.seconds - inner.seconds)
    assert inner.own == pytest.approx(inner.seconds - rows["self.norm_2(x)"].seconds)
    stacks_ = [[frame.name for frame in frames] for frames, _ in stacks(prices().joined)]
    both = [frames for frames in stacks_ if {outer.label, inner.label} <= {*frames}]
    assert both and all(frames.index(outer.label) < frames.index(inner.label) for frames in both)


def test_one_number_has_one_origin():
    """Node by node, line by line and expression by expression the same seconds are known in the same way."""
    joined = prices().joined
    nodes = rows_by(joined, "node")
    for row in nodes:
        cost = prices().of(recorded().by_id[row.span.artifact]).of(row.span.start.line)
        assert (cost.seconds, cost.known, cost.error) == (
            pytest.approx(row.seconds),
            row.known,
            pytest.approx(row.error),
        ), row.label
    expressions = {row.label: row for row in rows_by(joined, "expression")}
    product = next(row for row in nodes if row.label.startswith("addmm:"))
    assert product.seconds == pytest.approx(expressions["self.qkv(x)"].seconds)
    assert product.known is expressions["self.qkv(x)"].known is Known.CLOCKED


def test_no_text_holds_more_than_the_call_and_none_twice():
    price = prices().price
    for artifact in recorded().artifacts:
        found = prices().of(artifact)
        whole = found.of(1, len(artifact.lines))
        if whole is None:
            continue
        assert whole.seconds + whole.shared <= price.parts * (1 + 1e-9), artifact.id
        lines = [cost for line in range(1, len(artifact.lines) + 1) if (cost := found.of(line)) is not None]
        assert all(cost.seconds <= whole.seconds + 1e-12 for cost in lines), artifact.id
        if artifact.stage not in (Stage.SOURCE, Stage.KERNEL, Stage.ASM):  # there lines lie in one another
            assert math.fsum(cost.seconds for cost in lines) <= whole.seconds + 1e-9, artifact.id


def test_the_output_code_has_every_call_and_all_that_lies_in_it():
    code = recorded().find(Stage.INDUCTOR)[0]
    inside = math.fsum(site.seconds for site in prices().price.sites if site.artifact)
    assert prices().of(code).of(1, len(code.lines)).seconds == pytest.approx(inside)


TARGETS = ["--batch=1", "--seq", "--device", "--dtype", "--train", "--threads", "--seed", "--model", "--mode", "--cold"]
VALUES = {"--seq": "8", "--device": "cpu", "--dtype": "f32", "--threads": "2", "--seed": "0", "--model": "llama"}
VALUES |= {"--mode": "default", "--seconds": "6", "--tolerance": "1", "--chrome-trace": "new.json", "-o": "new"}


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        *(("price", option) for option in (*TARGETS, "--keep", "--eager", "--seconds", "-o")),
        *(("profile", option) for option in (*TARGETS, "--keep", "--ceilings", "--seconds", "--chrome-trace", "-o")),
        *(("numerics", option) for option in (*TARGETS, "--keep", "--nodes", "--tolerance", "-o")),
    ],
)
def test_a_bundle_is_only_read(verb, option, capsys):
    """Refused even where the value is the default's, and before anything is looked for in the bundle."""
    given = [option, *([VALUES[option]] if option in VALUES else [])]
    assert main([verb, str(BUNDLE), *given]) == 2
    said = " ".join(capsys.readouterr().err.split())
    name = option.partition("=")[0]
    assert f"{name} is for what is measured, and {BUNDLE} is only read." in said
    assert f"Name a target to measure, or leave {name} out" in said
    assert ("`inspector library add" in said) == (option == "--keep")


def test_keeping_all_that_is_measured_is_no_word_against_reading(monkeypatch, capsys):
    monkeypatch.setenv("INSPECTOR_KEEP", "1")
    assert main(["price", str(BUNDLE), "--by", "part"]) == 0
    assert capsys.readouterr().err == ""


def test_eager_is_left_out_where_it_is_not_asked_for(capsys):
    assert main(["price", str(BUNDLE)]) == 0
    assert "  eager  " in capsys.readouterr().out
    assert main(["price", str(BUNDLE), "--no-eager"]) == 0
    assert "eager" not in capsys.readouterr().out
    assert main(["price", str(BUNDLE), "--no-eager", "--json"]) == 0
    (price,) = json.loads(capsys.readouterr().out)["prices"]
    assert all(row["eager"] is None for row in price["rows"])


def test_a_bundle_is_not_timed(capsys):
    assert main(["latency", str(BUNDLE)]) == 2
    assert f"latency times a target, and {BUNDLE} is none." in " ".join(capsys.readouterr().err.split())


def test_a_busy_machine_is_said_and_nothing_is_claimed_of_it():
    price = prices().price
    assert price.disturbed
    assert gutter.title(price, known=True).endswith("busy machine")
    assert "busy machine" in say.doubt_words(price)
    assert not [note for note in automatic(recorded()) if note.fact is Fact.PRICE]
    assert not any(item.certain for item in compare_captures(recorded(), recorded(), ("a", "b")).prices)


def test_the_page_has_finished_words_for_every_line():
    made = page_data(recorded())["price"]
    texts = {name: lines for name, lines, *_ in made["texts"]}
    assert "source:block.py" in texts and "0/0:inductor" in texts
    for lines in texts.values():
        assert all(line["tag"] and line["words"] and 0 <= line["bar"] <= 100 for line in lines)
    assert [table["by"] for table in made["tables"]] == ["module", "expression", "kernel", "part"]
    assert page_data(Capture())["price"] is None
