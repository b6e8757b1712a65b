"""What is said of machine code that a capture does not hold: that it was not recorded, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.cli.report import overview
from inspector.cli.terminal import Style
from inspector.model.capture import Capture, CompileStatus
from inspector.model.stage import Stage
from inspector.say.none import no_machine_code
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"


def of(capture: Capture) -> str:
    (compilation,) = capture.compilations
    return no_machine_code(capture, compilation)


@pytest.fixture(scope="module")
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


def test_nothing_is_said_where_all_is_there(gated: Capture, capsys: pytest.CaptureFixture[str]) -> None:
    assert gated.find(Stage.ASM)
    assert of(gated) == ""
    assert main(["show", str(TRACES / "live_gated.log")]) == 0
    assert "machine code not recorded" not in capsys.readouterr().out


def test_torchs_own_trace_holds_none(capsys: pytest.CaptureFixture[str]) -> None:
    said = "machine code not recorded: torch's own trace does not hold it; `inspector run` records it"
    assert of(read_capture(TRACES / "two_ops.log")) == said
    assert main(["show", str(TRACES / "two_ops.log"), "--compile-id", "0/0"]) == 0
    assert said in capsys.readouterr().out


def test_what_keeps_it_out_of_our_own_records(gated: Capture) -> None:
    """A compile that failed; one that was cut off; a package, whose kernels are one library; and whatever else."""
    bare = replace(gated, artifacts=tuple(item for item in gated.artifacts if item.stage is not Stage.ASM))
    (compilation,) = bare.compilations

    def why(capture: Capture, **changes: object) -> str:
        return of(replace(capture, compilations=(replace(compilation, **changes),))).partition(": ")[2]

    assert why(bare, status=CompileStatus.FAILED) == "the compile failed"
    assert why(replace(bare, finished=False)) == "the record ends before it"
    assert why(bare).startswith("no binary of theirs was loaded")
    moved = tuple(replace(item, compile_id="+1") if item.compile_id else item for item in bare.artifacts)
    assert why(replace(bare, artifacts=moved), compile_id="+1").startswith("ahead of time, all kernels of a package")


def test_a_package_names_where_its_code_is(gated: Capture) -> None:
    """torch records it as no stage; that there are no kernels would be wrong."""
    (compilation,) = gated.compilations
    code = replace(gated.find(Stage.KERNEL)[0], id="0/0:other:inductor_aot_kernel_code", stage=Stage.OTHER, kernel=None)
    package = replace(gated, artifacts=(), others=(code,), compilations=(replace(compilation, kernels=()),))
    assert of(package).endswith(
        "one library, which is not read; the kernels' own code: --other inductor_aot_kernel_code"
    )
    lines = list(overview(package, Style(colour=False)))
    assert any(of(package) in line for line in lines)
    assert any("kernels not counted" in line for line in lines)
    assert not any("0 kernels" in line for line in lines)


def test_of_several_kernels_it_is_said_how_many_lack_it(gated: Capture) -> None:
    (kernel,) = gated.find(Stage.KERNEL)
    other = replace(kernel, id=f"{kernel.id}_1", kernel=f"{kernel.kernel}_1")
    said = of(replace(gated, artifacts=(*gated.artifacts, other)))
    assert said.startswith("machine code of 1 of 2 kernels not recorded: ")


def test_a_compile_without_kernels_lacks_none(gated: Capture) -> None:
    assert of(replace(gated, artifacts=gated.find(Stage.ATEN))) == ""
