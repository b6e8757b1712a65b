"""What Triton makes of a kernel, from TTIR to SASS, recorded on an H200: texts, links, and what hostile ones do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.link.gputext import read_llvm, read_ptx, read_sass
from inspector.link.listing import Listing
from inspector.link.mlirtext import read_mlir, without_locations
from inspector.link.triton import STAGES
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.kernel import KernelKey
from inspector.model.link import Origin
from inspector.model.stage import Stage
from inspector.say.kernels import facts_of, facts_rows
from inspector.trace import Record, read_capture, read_log
from inspector.trace.builder import CaptureBuilder

LOG = Path(__file__).parents[1] / "traces" / "live_softmax_cuda.log"


@pytest.fixture(scope="module")
def capture() -> Capture:
    return read_capture(LOG)


def text(capture: Capture, stage: Stage) -> Artifact:
    (found,) = capture.find(stage)
    return found


def line_of(artifact: Artifact, needle: str) -> int:
    return next(number for number, line in enumerate(artifact.lines, 1) if needle in line)


def related(capture: Capture, at: Artifact, needle: str, stage: Stage) -> set[str]:
    """The lines of a stage that belong to the line of `at` that holds `needle`."""
    other = text(capture, stage)
    found = capture.index.relatives(at.id, line_of(at, needle)).by_artifact.get(other.id, ())
    assert all(item.origin in (Origin.EXACT, Origin.DEBUG_INFO) for item in found)
    return {
        other.lines[line - 1].strip() for item in found for line in range(item.span.start.line, item.span.last_line + 1)
    }


def test_every_stage_is_there_and_readable(capture: Capture) -> None:
    assert not capture.notes, "a record of ours names its compile in the payload"
    texts = {stage: text(capture, stage).text for stage in STAGES}
    assert "tt.load" in texts[Stage.TTIR] and "#blocked" in texts[Stage.TTGIR]
    assert "loc(" not in texts[Stage.TTIR] + texts[Stage.TTGIR]
    assert "!dbg" not in texts[Stage.LLIR] and "DILocation" not in texts[Stage.LLIR]
    assert "ld.global" in texts[Stage.PTX] and not {".loc", ".file", "//"} & set(texts[Stage.PTX].split())
    assert "LDG" in texts[Stage.SASS] and "//##" not in texts[Stage.SASS]
    assert not texts[Stage.SASS].rstrip().endswith("NOP ;"), "what pads a function is no part of it"


def test_the_launch_is_told(capture: Capture) -> None:
    (kernel,) = capture.compilations[0].kernels
    facts = facts_of(capture, KernelKey("0/0", "", kernel))
    assert facts is not None and facts.launch["num_warps"] in (1, 2, 4, 8)
    rows = {row.label: row.text for row in facts_rows(facts)}
    assert rows["launch"].startswith("XBLOCK ") and "a thread, none of them spilled" in rows["registers"]
    assert rows["instructions"].endswith("100 % of them with a kernel line")
    assert "spills" not in rows


def test_a_statement_lights_up_the_instructions_that_it_became(capture: Capture) -> None:
    kernel = text(capture, Stage.KERNEL)
    assert any("LDG" in line for line in related(capture, kernel, "tl.load", Stage.SASS))
    assert any("STG.E" in line for line in related(capture, kernel, "tl.store", Stage.SASS))
    assert any("ld.global" in line for line in related(capture, kernel, "tl.load", Stage.PTX))
    assert any("tt.load" in line for line in related(capture, kernel, "tl.load", Stage.TTIR))
    assert any("MUFU.EX2" in line for line in related(capture, kernel, "tmp8 = ", Stage.SASS))
    assert not any("MUFU.EX2" in line for line in related(capture, kernel, "tmp12 = ", Stage.SASS))


def test_an_instruction_leads_back_to_its_statement_and_its_node(capture: Capture) -> None:
    sass = text(capture, Stage.SASS)
    assert {line.partition(" = ")[0] for line in related(capture, sass, "MUFU.RCP", Stage.KERNEL)} == {"tmp15"}
    assert any(line.startswith("div:") for line in related(capture, sass, "MUFU.RCP", Stage.POST_GRAD))
    assert all("shfl.sync" in line for line in related(capture, sass, "SHFL.BFLY", Stage.PTX))


def test_what_is_inlined_leads_to_the_line_that_calls_it(capture: Capture) -> None:
    """`max2` and `sum` are helpers in files of their own; in the machine code's own line table they end there."""
    ptx = text(capture, Stage.PTX)
    assert {line.partition(" = ")[0] for line in related(capture, ptx, "setp.nan", Stage.KERNEL)} == {"tmp6"}
    assert all("arith.cmpf une" in line for line in related(capture, ptx, "setp.nan", Stage.TTIR))


def test_all_instructions_are_linked(capture: Capture) -> None:
    sass = text(capture, Stage.SASS)
    linked = capture.index.linked_lines(sass.id)
    code = [number for number, line in enumerate(sass.lines, 1) if line.startswith("    ")]
    assert len(code) > 80 and not [number for number in code if number not in linked]


def fed(change: Any) -> Capture:
    """The recorded log with its Triton record changed."""
    builder = CaptureBuilder()
    for record in read_log(LOG):
        assert isinstance(record, Record)
        details = record.metadata.get("artifact")
        if isinstance(details, dict) and details.get("name") == "inspector_triton":
            data = json.loads(record.payload or "")
            change(data)
            record = replace(record, payload=json.dumps(data))  # noqa: PLW2901
        builder.feed(record)
    return builder.snapshot()


def test_stages_that_are_missing_cost_only_themselves() -> None:
    def without_ptx(data: dict[str, Any]) -> None:
        del data["texts"]["ptx"]

    capture = fed(without_ptx)
    assert not capture.find(Stage.PTX) and capture.find(Stage.SASS)
    kernel = text(capture, Stage.KERNEL)
    assert any("STG" in line for line in related(capture, kernel, "tl.store", Stage.SASS)), "its own line table is left"


def test_places_in_another_file_that_held_the_same_function() -> None:
    """Triton's cache answers with the places of what it compiled first, here three lines further down."""

    def moved(data: dict[str, Any]) -> None:
        file = re.escape(data["file"].rpartition("/")[2])
        for stage in ("ttir", "ttgir"):
            text = data["texts"][stage].replace("@triton_per_fused", "@earlier")
            data["texts"][stage] = re.sub(rf'{file}":(\d+)', lambda at: f'first.py":{int(at[1]) + 3}', text)
        data["texts"] = {stage: data["texts"][stage] for stage in ("ttir", "ttgir")}

    capture = fed(moved)
    kernel = text(capture, Stage.KERNEL)
    assert any("tt.load" in line for line in related(capture, kernel, "tl.load", Stage.TTIR))
    assert any("tt.store" in line for line in related(capture, kernel, "tl.store", Stage.TTGIR))
    assert not any("tt.store" in line for line in related(capture, kernel, "tl.load", Stage.TTGIR))


def test_a_text_without_locations_is_known_for_the_kernel_as_a_whole() -> None:
    def bare(data: dict[str, Any]) -> None:
        data["texts"] = {"sass": "k:\n        /*0000*/                   EXIT ;\n"}

    capture = fed(bare)
    sass = text(capture, Stage.SASS)
    assert {link.origin for link in capture.links if link.b.artifact == sass.id} == {Origin.KERNEL}


@pytest.mark.parametrize(
    "wrong",
    [{"kernel": "no_such_kernel"}, {"texts": {"ttir": ""}, "kernel": 1}, {"texts": None}, {"texts": {"sass": "\n"}}],
)
def test_records_that_are_wrong_are_dropped(wrong: dict[str, Any]) -> None:
    capture = fed(lambda data: data.update(wrong))
    assert capture.dropped == 1 and not capture.find(Stage.SASS)


def places(listing: Listing) -> list[list[tuple[tuple[str, int, int], ...]]]:
    return [sorted(found) for found in listing.places]


def test_mlir_locations_of_every_kind() -> None:
    raw = """#loc = loc("/a/k.py":1:0)
#loc1 = loc(unknown)
#loc2 = loc("C:\\\\b\\\\helper.py":5:3)
#loc3 = loc(callsite(#loc2 at #loc4))
#loc4 = loc("tmp6"(#loc5))
#loc5 = loc("/a/k.py":9:2 to :8)
module {
  tt.func @k(%a: i32 loc("a"(#loc))) {
    %0 = arith.constant 1 : i32 loc(#loc1)
    %1 = arith.addi %0, %0 : i32 loc(#loc3)
    %2 = "tt.reduce"(%1) ({
      tt.yield loc(fused<"m">[#loc2, #loc4])
    }) : i32 loc(#loc5)
    tt.call @"loc( )"(%1) {s = "\\") loc("} : i32 loc(#loc4)
  } loc(#loc)
} loc(#loc)
"""
    listing = read_mlir(raw)
    helper, call, start = ("helper.py", 5, 3), ("k.py", 9, 2), (("k.py", 1, 0),)
    assert listing.text.split("\n")[3:6] == [
        "    %1 = arith.addi %0, %0 : i32",
        '    %2 = "tt.reduce"(%1) ({',
        "      tt.yield",
    ]
    assert places(listing)[:7] == [
        [start], [start], [], [(helper, call)], [(call,)], [(helper,), (call,)], [(call,)],
    ]  # fmt: skip
    assert listing.kernel_lines("k.py")[3] == {9} and listing.kernel_lines("helper.py")[3] == {5}
    assert list(listing.written)[:2] == [7, 8]
    assert without_locations("x loc(unfinished") == ("x loc(unfinished", [])


def test_locations_in_a_circle_end() -> None:
    raw = "#loc1 = loc(callsite(#loc2 at #loc1))\n#loc2 = loc(fused[#loc1, #loc2])\nx loc(#loc1)\n"
    assert places(read_mlir(raw)) == [[]]
    raw = "  %1 = add i32 %0, %0, !dbg !1\n!1 = !DILocation(line: 3, column: 1, scope: !2, inlinedAt: !1)\n"
    raw += "!2 = distinct !DILexicalBlockFile(scope: !2, file: !2)\n"
    (chain,) = places(read_llvm(raw))[0]
    assert set(chain) == {("", 3, 1)}


def test_ptx_places_without_comments() -> None:
    raw = """.visible .entry k(
)
{
\t.loc\t2 7 3, function_name $L__info_string0, inlined_at 1 20 5
\tadd.s32 \t%r1, %r1, 1;
$L__tmp0:
\t@%p1 bra \t$L__BB0_2;
$L__BB0_2:
\t.loc\t1 21 0
\tret;
}
\t.file\t1 "/tmp" "k.py"
\t.file\t2 "/lib/helper.py"
\t.section\t.debug_info
\t{
.b8 1
\t}
"""
    listing = read_ptx(raw)
    assert listing.text.splitlines()[3:] == [
        "    add.s32 %r1, %r1, 1;", "    @%p1 bra $L__BB0_2;", "$L__BB0_2:", "    ret;", "}",
    ]  # fmt: skip
    inlined = (("helper.py", 7, 3), ("k.py", 20, 5))
    assert places(listing)[3:] == [[inlined], [inlined], [], [(("k.py", 21, 0),)], []]
    assert list(listing.written)[3:] == [5, 7, 8, 10, 11]


def test_sass_takes_both_line_tables() -> None:
    raw = """\t.section\t.text.k,"ax",@progbits
k:
.text.k:
\t//## File "/tmp/k.py", line 4
\t//## File ".nv_debug_ptx_txt", line 22
        /*0000*/                   LDC R1, c[0x0][0x28] ;
\t//## File ".nv_debug_ptx_txt", line 23
        /*0010*/              @!P1 BRA `(.L_x_0) ;
.L_x_0:
        /*0020*/                   EXIT ;
        /*0030*/                   NOP;
.L_x_1:
"""
    listing = read_sass(raw)
    assert listing.text.splitlines() == [
        "k:", "          LDC R1, c[0x0][0x28] ;", "     @!P1 BRA `(.L_x_0) ;", ".L_x_0:", "          EXIT ;",
    ]  # fmt: skip
    assert list(listing.ptx_lines) == [0, 22, 23, 0, 23] and listing.instructions == 3
    assert places(listing)[1] == [(("k.py", 4, 0),)]
