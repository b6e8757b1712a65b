"""A GPU's price: what its parts are called, and the samples of Nsight Compute at the lines of the SASS."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.bundle import read, write
from inspector.cli.main import main
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.price import PartKind, Price, Site
from inspector.model.stage import Stage
from inspector.price.nsight import opcode
from inspector.trace import read_capture

LOG = Path(__file__).parents[1] / "traces" / "live_softmax_cuda.log"
COLUMNS = ("Address", "Source", "# Samples", "stall_long_sb", "stall_wait", "stall_wait (Not Issued)")


def sass(capture: Capture) -> Artifact:
    return capture.find(Stage.SASS)[0]


def instructions(listing: Artifact) -> list[int]:
    return [number for number, line in enumerate(listing.lines, 1) if line.rstrip().endswith(";")]


@pytest.fixture(scope="module")
def capture() -> Capture:
    found = read_capture(LOG)
    listing, code = sass(found), found.find(Stage.INDUCTOR)[0]
    line = next(number for number, text in enumerate(code.lines, 1) if f"{listing.kernel}.run(" in text)
    name = listing.kernel or ""
    kernel = Site(PartKind.KERNEL, name, "", line, 1.0, 3e-6, 1e-8, compile_id="0/0", artifact=code.id)
    idle = Site(PartKind.IDLE, "", "", 0, 1.0, 7e-6, None)
    price = Price("4 · 4096", 1e-5, 1e-5, 100, (idle, kernel), gpu="NVIDIA H200")
    return replace(found, prices=(price,))


def report(kernel: str, opcodes: Sequence[str], dear: int, samples: int = 90) -> str:
    """As ncu prints it: nothing but the instruction numbered `dear` is sampled, two thirds of it wait for memory."""
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL)
    rows.writerow(("Kernel Name", kernel))
    rows.writerow(COLUMNS)
    for number, code in enumerate([*opcodes, "NOP", "NOP"]):
        count = samples if number == dear else 0
        rows.writerow((hex(16 * number), f"      {code} R1, R2", count, count * 2 // 3, count // 3, "-"))
    return out.getvalue()


@pytest.fixture
def bundle(capture: Capture, tmp_path: Path) -> Path:
    return write(capture, tmp_path / "b")


def opcodes(capture: Capture) -> list[str]:
    listing = sass(capture)
    return [opcode(listing.lines[number - 1]) for number in instructions(listing)]


def test_the_parts_of_a_call(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", str(bundle), "--by", "part"]) == 0
    out = capsys.readouterr().out
    assert "NVIDIA H200" in out and "the GPU waits for the host" in out and "70.0 %" in out
    assert "none were taken, so within kernels nothing is told" in out
    assert "not clocked on a GPU" in out
    assert "llvm-mca" not in out and "guards, Python" not in out


def test_samples_stand_at_the_lines_of_the_machine_code(
    bundle: Path, capture: Capture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = sass(capture)
    numbers = instructions(listing)
    dear = next(index for index, number in enumerate(numbers) if "LDG" in listing.lines[number - 1])
    text = report(listing.kernel or "", opcodes(capture), dear)
    (tmp_path / "r.csv").write_text(text)
    told = ["price", str(bundle), "--ncu", str(tmp_path / "r.csv")]
    assert main([*told, "--by", "instruction", "-o", str(tmp_path / "kept"), "--json"]) == 0
    [price] = json.loads(capsys.readouterr().out)["prices"]
    [row] = price["rows"]
    assert row["span"]["start"][0] == numbers[dear]
    assert row["seconds"] == pytest.approx(3e-6)
    assert [[name, round(part / row["seconds"], 2)] for name, part in row["parts"]] == [
        ["waits for global or local memory", 0.67],
        ["waits a fixed number of cycles", 0.33],
    ]
    assert read(tmp_path / "kept").prices[0].sampling.samples == 90
    assert main([*told, "--by", "statement"]) == 0
    assert "tl.load(" in capsys.readouterr().out


def test_another_builds_machine_code_is_told_and_left_out(
    bundle: Path, capture: Capture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel, codes = sass(capture).kernel or "", opcodes(capture)
    (tmp_path / "r.csv").write_text(report(kernel, ["EXIT", *codes[1:]], 1) + report("another", codes, 1))
    assert main(["price", str(bundle), "--ncu", str(tmp_path / "r.csv"), "--by", "instruction"]) == 0
    out = capsys.readouterr().out
    assert f"the report's machine code of {kernel} is another's, so it was left out" in out
    assert "Of no instruction is anything known" in out
    (tmp_path / "r.csv").write_text(report("another", codes, 1))
    assert main(["price", str(bundle), "--ncu", str(tmp_path / "r.csv")]) == 0
    assert f"not in the report, or without SASS here: {kernel}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("==ERROR== Could not open report file", "No instruction of a kernel has samples in it"),
        (report("k", ["LDG"], 0).replace('"90"', '"9e9e"'), "no report of Nsight Compute's"),
        (report("k", ["LDG"], 0).replace('"90"', '"-4"'), "no report of Nsight Compute's"),
        (report("k", ["LDG"], 0).replace('"90"', f'"{"9" * 5000}"'), "no report of Nsight Compute's"),
    ],
)
def test_what_is_no_report(
    text: str, told: str, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.csv").write_text(text)
    assert main(["price", str(bundle), "--ncu", str(tmp_path / "r.csv")]) == 2
    assert told in capsys.readouterr().err
    assert main(["price", str(bundle), "--ncu", str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_nothing_is_replaced_unasked_and_nothing_is_compiled_in_vain(
    bundle: Path, capture: Capture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.csv").write_text(report(sass(capture).kernel or "", opcodes(capture), 1))
    ncu = ["--ncu", str(tmp_path / "r.csv")]
    kept = write(capture, tmp_path / "kept")
    assert main(["price", str(bundle), *ncu, "-o", str(kept)]) == 2
    assert "--force" in capsys.readouterr().err and read(kept).prices[0].sampling.samples == 0
    assert main(["price", str(bundle), *ncu, "-o", str(kept), "--force"]) == 0
    assert read(kept).prices[0].sampling.samples == 90
    capsys.readouterr()
    assert main(["price", str(bundle), "-o", str(tmp_path / "other")]) == 2
    assert "-o is for what is measured" in capsys.readouterr().err and not (tmp_path / "other").exists()
    assert main(["price", "llama-mlp", *ncu]) == 2  # at once: no worker is started for it
    assert "--ncu is for prices of a GPU" in capsys.readouterr().err
