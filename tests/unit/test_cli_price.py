"""`inspector price`: the sentence, tables, JSON, what other tools read, and what is said where something is missing."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from prices import ASM, CALL, LIBRARY, MULTIPLY, eager, price, sample, spot

from inspector.bundle import read, write
from inspector.bundle.redact import redacted
from inspector.cli.main import main
from inspector.model.price import EagerOperator, Loop, PartKind, Price, Sampling
from inspector.model.profile import Ceiling, Ceilings, Work
from inspector.price import Joined, located, modelled, rows_by
from inspector.price.mca import loops_in
from inspector.say import price as say

SENTENCE = "`self.gate_proj(x)`: 30 % of a call, 3.00 s of 10.0 s: mm 30 %"


def priced() -> Price:
    found = price([spot(CALL, 50, LIBRARY), spot(MULTIPLY, 50)])
    return located(replace(found, eager=eager(), system=0.5, faults=300), sample(), {})


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(write(replace(sample(), prices=(priced(),)), tmp_path / "b"))


def test_a_bundle_keeps_it(bundle: str) -> None:
    assert read(Path(bundle)).prices == (priced(),)


def test_the_table_of_expressions(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", bundle]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.lstrip().startswith("self.gate_proj(x)"))
    assert row.split()[2:6] == ["30.0", "%", "3.00", "s"]
    assert "clocked" in row and "4.00 s" in row, "eager beside it"
    depth = {line.strip()[:14]: len(line) - len(line.lstrip()) for line in lines if line.lstrip().startswith("self.")}
    assert depth["self.down_proj"] < depth["self.gate_proj"]
    out = "\n".join(lines)
    assert "1.00 s of a call belongs to no expression that is known" in out
    assert (
        "the parts add up to 10.0 s of 10.0 s by the clock (7 calls); a call without clocks in it takes 9.90 s" in out
    )
    assert "one for each 1.00 ms that a thread runs; a statement may get its neighbour's (± skid)" in out
    assert "500 ms of a call in the operating system, all threads together, 300 page faults" in out
    assert "its operators add up to 4.00 s of 4.50 s a call; the other 500 ms are Python" in out
    assert "of a backward" not in out


def test_eagers_backward_is_in_no_expression_and_is_said() -> None:
    """In training a row's time holds its gradients', and eager's operators of a backward have no place."""
    found = priced()
    assert found.eager is not None
    operators = (*found.eager.operators, EagerOperator("aten::mm", 2.0, 8.0))
    words = say.eager_words(replace(found, eager=replace(found.eager, operators=operators)))
    assert "8.00 s of them stand at no expression that is known, as those of a backward do" in words


@pytest.mark.parametrize("by", say.BY)
def test_every_kind_of_row(bundle: str, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", bundle, "--by", by, "--sort", "time", "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert "% of a call" in out
    assert main(["price", bundle, "--by", by, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["prices"]
    assert found["rows"] and all(0 <= row["share"] <= 1 for row in found["rows"])
    assert sum(row["own"] for row in found["rows"]) <= found["seconds"] * 1.000001


def test_the_sentence() -> None:
    rows = {row.label: row for row in rows_by(Joined(sample(), priced()), "expression")}
    assert say.sentence_of(rows["self.gate_proj(x)"], priced()) == SENTENCE
    limited = with_limit(0.0)
    row = next(row for row in rows_by(Joined(sample(), limited), "expression") if row.label == "self.gate_proj(x)")
    assert say.sentence_of(row, limited) == f"{SENTENCE} (waits for memory: 96 % of the limit)"
    busy = with_limit(0.5)
    row = next(row for row in rows_by(Joined(sample(), busy), "expression") if row.label == "self.gate_proj(x)")
    assert say.sentence_of(row, busy) == SENTENCE, "no share of a limit on a busy machine"
    assert any("others used 50 % of it" in item.text for item in say.told(busy))


def with_limit(busy: float) -> Price:
    """2.88 GB at 1 GB/s, in 3 s."""
    speed = Ceiling(1e9, 0.95e9, 1.05e9, 9)
    work = Work(2_880_000_000, 0, 1_000, "f32")
    found = priced()
    sites = tuple(replace(site, work=work) if site.part is PartKind.LIBRARY else site for site in found.sites)
    return replace(found, sites=sites, ceilings=Ceilings(speed, speed, {"f32": speed}), busy=busy)


def test_the_dearest_is_the_innermost_that_most_of_it_is_spent_in() -> None:
    rows = rows_by(Joined(sample(), priced()), "expression")
    best = say.dearest(rows)
    assert best is not None and best.label == "self.gate_proj(x)", "3 of 4, of 7, of 9 seconds"
    assert say.dearest(()) is None


def test_not_sampled_says_which_setting(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    refused = price(sampling=Sampling(failure="/proc/sys/kernel/perf_event_paranoid is 3"), main=0)
    bundle = write(replace(sample(), prices=(refused,)), tmp_path / "b")
    assert main(["price", str(bundle)]) == 0
    out = capsys.readouterr().out
    assert "none were taken: /proc/sys/kernel/perf_event_paranoid is 3." in out
    assert "within kernels nothing is told" in out
    assert "3.00 s" in out, "the clock's times stand all the same"
    assert main(["price", str(bundle), "--by", "instruction"]) == 0
    assert "Of no instruction is anything known." in capsys.readouterr().out


def test_loops_are_modelled_or_it_is_said_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    absent = modelled(priced(), sample())
    assert absent.loops == () and "llvm-mca is not installed" in absent.modelling
    assert any(row.text.startswith("none: llvm-mca is not installed") for row in say.told(absent))
    assert modelled(price(), sample()).modelling == "no loop of machine code has a sample"
    asked: list[str] = []

    def run(command: list[str]) -> str:
        asked.append(Path(command[-1]).read_text(encoding="utf-8"))
        uses = [{"InstructionIndex": 11, "ResourceIndex": 1, "ResourceUsage": 6.0}]
        region = {
            "SummaryView": {"TotalCycles": 610, "Iterations": 100, "BlockRThroughput": 6},
            "Instructions": [""] * 11,
            "ResourcePressureView": {"ResourcePressureInfo": uses},
        }
        return json.dumps({"CodeRegions": [region], "TargetInfo": {"CPUName": "znver3", "Resources": ["A", "FP1.\0"]}})

    found = modelled(priced(), sample(), run)
    assert found.loops == (Loop(ASM, 65, 82, 6.1, "FP1", "znver3", calls=True),)
    assert "call" not in asked[0] and ".L2:" in asked[0] and "vdivps" in asked[0]
    assert "6.10 cycles an iteration on znver3" in say.loop_words(found.loops[0], "it")
    broken = modelled(priced(), sample(), lambda _: "{}")
    assert broken.loops == () and broken.modelling.startswith("llvm-mca did not model")


def test_loops_of_a_listing() -> None:
    asm = sample().by_id[ASM]
    assert (65, 82) in loops_in(asm.text)


def test_what_other_tools_read(bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("it.folded", "it.speedscope.json", "it.pprof", "it.svg"):
        assert main(["price", bundle, "--export", str(tmp_path / name)]) == 0
    capsys.readouterr()
    folded = (tmp_path / "it.folded").read_text(encoding="utf-8").splitlines()
    assert sum(int(line.rpartition(" ")[2]) for line in folded) == pytest.approx(10e9)
    assert any(line.startswith("gate_proj;") and ";self.gate_proj(x);" in line for line in folded)
    scope = json.loads((tmp_path / "it.speedscope.json").read_text(encoding="utf-8"))
    (profile,) = scope["profiles"]
    assert sum(profile["weights"]) == pytest.approx(profile["endValue"]) == pytest.approx(10.0)
    assert max(number for stack in profile["samples"] for number in stack) < len(scope["shared"]["frames"])
    raw = gzip.decompress((tmp_path / "it.pprof").read_bytes())
    assert b"self.gate_proj(x)" in raw and b"nanoseconds" in raw
    assert sum(values(raw)) == pytest.approx(10e9)
    root = ElementTree.parse(tmp_path / "it.svg").getroot()
    titles = [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("self.gate_proj(x): 30.0 % of a call, 3.00 s") for title in titles)


def values(raw: bytes) -> list[int]:
    """The value of each sample of a pprof profile: field 2 of the messages in field 2."""
    found = []
    for number, body in messages(raw):
        if number == 2:
            found += [varint(inner, 0)[0] for field, inner in messages(body) if field == 2]
    return found


def messages(raw: bytes) -> list[tuple[int, bytes]]:
    place, found = 0, []
    while place < len(raw):
        key, place = varint(raw, place)
        if key & 7 == 2:
            length, place = varint(raw, place)
            found.append((key >> 3, raw[place : place + length]))
            place += length
        else:
            _, place = varint(raw, place)
    return found


def varint(raw: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = raw[place]
        place, number, shift = place + 1, number | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return number, place


def test_refused(bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", bundle, "--export", str(tmp_path / "it.txt")]) == 2
    assert "does not say in which form" in capsys.readouterr().err
    bare = write(sample(), tmp_path / "bare")
    assert main(["price", str(bare)]) == 2
    assert "holds no price" in capsys.readouterr().err


def test_a_redacted_bundle_names_no_folder() -> None:
    found = redacted(replace(sample(), prices=(priced(),)))
    (shown,) = found.prices
    assert "/lib/" not in str(shown)
    assert rows_by(Joined(found, shown), "kernel")
