"""What a kernel's fusion saved and what stayed outside: worked out by hand, then by the program."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from inspector.link.facts import KernelSite, StatementLine, Unit
from inspector.link.fusion import _unsaid, explain_unit
from inspector.link.fusion_words import in_words
from inspector.link.scheduled import ScheduledNode
from inspector.model.artifact import Artifact, Language
from inspector.model.fusion import Intermediate, KernelFusion
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.say.kernels import KernelRow, fusion_rows, fusion_summary
from inspector.trace.builder import CaptureBuilder
from inspector.trace.kinds.fusion import read_scheduled
from inspector.trace.reader import Record


def value(name: str, *kernels: str, readers: tuple[str, ...] = (), size: int = 100, **more: Any) -> dict[str, Any]:
    known = {"computes": True, "shape": ["25"], "dtype": "float32", "output": False}
    return {"name": name, "kernels": list(kernels), "readers": list(readers), "bytes": size, **known, **more}


def group(*loops: str, reads: str = "", writes: str = "", extern: str = "", **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"nodes": [], "ranges": [["25"], []]}
    return {
        **known,
        "loops": list(loops),
        "extern": extern,
        "reads": reads.split(),
        "writes": writes.split(),
        **more,
    }


def decision(a: str, b: str, reason: str = "") -> dict[str, Any]:
    return {"a": a, "b": b, "fused": not reason, "reason": reason}


# mm → k0: neg, exp, add (stored, read by k1 and the mm after it) → k1: exp again, div
RECORD: dict[str, Any] = {
    "compile_id": "0/0",
    "backward": False,
    "kernels": [
        {"kernel": "k0", "loops": ["op1", "op2"], "stored": ["add"]},
        {"kernel": "k1", "loops": ["op4"], "stored": ["div"]},
    ],
    "groups": [
        group("op0", reads="arg0", writes="buf0", extern="extern_kernels.mm", nodes=["mm"]),
        group("op1", "op2", reads="buf0 arg1", writes="buf1 buf2"),
        group("op3", reads="buf2", writes="buf3", extern="extern_kernels.mm", nodes=["mm_1"]),
        group("op4", reads="buf2 buf0", writes="buf4", ranges=[["5"], ["5"]]),
        group("op5", reads="buf2", writes="buf5"),  # names memory: in no kernel
    ],
    "values": [
        value("neg", "k0", "k1", readers=("exp",)),
        value("exp", "k0", "k1", readers=("add", "div")),
        value("view", "k0", size=0, computes=False, readers=("add",)),
        value("add", "k0", readers=("mm_1", "div")),
        value("div", "k1", output=True),
    ],
    "decisions": [
        decision("op1", "op2"),
        decision("op1", "op4", "no shared data"),
        decision("op1_op2", "op4", "memory deps did not match"),
    ],
    "left_out": 0,
}


# Each line of these texts, and of those below, is one statement: `node: text`. The output code calls each once.
K0 = """
neg: auto tmp1 = in_ptr0[x0].neg();
exp: auto tmp2 = tmp1.exp();
add: auto tmp3 = in_ptr1[x0];
add: auto tmp4 = tmp2 + tmp3;
add: out_ptr0[x0] = tmp4;
"""
K1 = """
neg: auto tmp1 = in_ptr0[x0].neg();
exp: auto tmp2 = tmp1.exp();
div: auto tmp3 = in_ptr1[x0];
div: auto tmp4 = tmp2 / tmp3;
div: in_out_ptr0[x0] = tmp4;
"""
BUFFERS = [
    {"name": name, "node": node, "bytes": 100}
    for name, node in (("arg1", None), ("buf0", "mm"), ("buf2", "add"), ("buf3", "mm_1"), ("buf4", "div"))
]
CODE = """
def call(args):
    buf2 = empty_strided_cpu((25, ), (1, ), torch.float32)
    k0(buf0, arg1, buf2)
    buf4 = buf3; del buf3  # reuse
    k1(buf4, buf0, buf2)
"""


def made(unit: Unit, name: str, parameters: str, statements: str) -> None:
    """Gives a unit a kernel, and the record of its statements."""
    rows = [row.partition(": ") for row in statements.strip().splitlines()]
    text = f'extern "C" void kernel({parameters})\n' + "".join(f"    {row[2]}\n" for row in rows)
    lines = tuple(
        StatementLine(
            number, tuple(row[0].split()), "store" if re.search(r"_ptr0\[x0\] = |data_0\[", row[2]) else "compute"
        )
        for number, row in enumerate(rows, 2)
    )
    unit.kernels[name] = Artifact(f"0/0:kernel:{name}", Stage.KERNEL, "0/0", name, Language.CPP, text)
    unit.statements[name, 0, ""] = KernelSite(name, 0, None, "", (), lines)


def by_kernel(
    record: dict[str, Any] = RECORD, k0: str = K0, k1: str = K1, *, statements: bool = True, code: str = CODE
) -> dict[str, KernelFusion]:
    unit = Unit("", scheduled=(read_scheduled({"buffers": BUFFERS, **record}),))
    made(unit, "k0", "const float* in_ptr0, const float* in_ptr1, float* out_ptr0", k0)
    made(unit, "k1", "float* in_out_ptr0, const float* in_ptr0, const float* in_ptr1", k1)
    if not statements:
        unit.statements.clear()
    heads = "".join(
        f"{name} = async_compile.cpp_pybinding([], r'''\n{text.text}''')\n" for name, text in unit.kernels.items()
    )
    unit.code = Artifact("0/0:inductor", Stage.INDUCTOR, "0/0", None, Language.INDUCTOR, heads + code)
    return {item.kernel: item for item in explain_unit("0/0", unit, [unit])}


def test_what_is_computed_and_what_it_saves() -> None:
    first, second = by_kernel()["k0"], by_kernel()["k1"]
    assert first.known and second.known
    assert first.nodes == ("neg", "exp", "add")
    assert first.loops == 2
    assert second.nodes == ("neg", "exp", "div")
    saved = {item.node: (item.reads, item.written, item.saved) for item in first.intermediates}
    # neg and exp: written once, read once in k0. add goes to memory: mm_1 is no kernel.
    assert saved == {"neg": (1, True, 200), "exp": (1, True, 200)}
    # computed anew in k1: only the reads are saved there, and div is the graph's result.
    assert {item.node: item.saved for item in second.intermediates} == {"neg": 100, "exp": 100}
    assert [(item.node, item.kernel, item.forward) for item in second.recomputed] == [
        ("neg", "k0", False),
        ("exp", "k0", False),
    ]
    assert first.saved_bytes == 400 and second.saved_bytes == 200


def test_what_torch_lists_but_no_statement_computes_is_told_and_counts_nothing() -> None:
    """A backward kernel that loads a value is listed with all that once led to it."""
    loads = "div: auto tmp3 = in_ptr1[x0];\ndiv: auto tmp4 = in_ptr0[x0] / tmp3;\ndiv: in_out_ptr0[x0] = tmp4;"
    stores = K0.replace("exp: auto", "exp: out_ptr0[x0] = tmp1;\nexp: auto", 1)
    second = by_kernel(k0=stores, k1=loads)["k1"]
    assert second.nodes == ("div",)
    assert second.listed == ("neg", "exp")
    assert second.saved_bytes == 0 and second.recomputed == ()
    rows = {row.label: row.text for row in fusion_rows(second)}
    assert rows["fused"] == "div"
    assert rows["not here"].startswith("neg, exp: torch lists them too")


def test_what_it_reads_and_writes_is_what_the_text_does_to_the_calls_arguments() -> None:
    first, second = by_kernel()["k0"], by_kernel()["k1"]
    assert [(item.name, item.node, item.size) for item in first.loads] == [("buf0", "mm", 100), ("arg1", "", 100)]
    assert [(item.name, item.node) for item in first.stores] == [("buf2", "add")]
    assert [item.name for item in second.loads] == ["buf0", "buf2"], "what it writes in place it does not read"
    assert [(item.name, item.node) for item in second.stores] == [("buf4", "div")]
    in_place = K1.replace("div: auto tmp3 = in_ptr1[x0];", "div: auto tmp3 = in_ptr1[x0] + in_out_ptr0[x0];")
    assert [item.name for item in by_kernel(k1=in_place)["k1"].loads] == ["buf3", "buf0", "buf2"], "the reused memory"
    nowhere = by_kernel(code="\ndef call(args):\n    return ()\n")["k0"]
    assert nowhere.stores == ()
    assert any("not known" in row.text for row in fusion_rows(nowhere) if row.label == "memory")


def test_scratch_memory_is_memory() -> None:
    """A value that a thread puts aside and reads again has been written and read again."""
    aside = K0.replace("exp: auto", "neg: local_buffer_data_0[x0] = tmp1;\nexp: auto", 1)
    first = by_kernel(k0=aside)["k0"]
    assert first.scratch == ("neg",)
    assert [item.node for item in first.intermediates] == ["exp"]


def test_what_a_template_adds_up_lies_in_memory() -> None:
    unit = Unit("", scheduled=(read_scheduled({"buffers": BUFFERS, **RECORD}),))
    made(unit, "k0", "const float* in_ptr0, const float* in_ptr1, float* out_ptr0", K0)
    made(unit, "k1", "float* in_out_ptr0, const float* in_ptr0, const float* in_ptr1", K1)
    site = unit.statements["k0", 0, ""]
    lines = tuple(line._replace(kind="template") if line.nodes == ("neg",) else line for line in site.lines)
    unit.statements["k0", 0, ""] = replace(site, lines=lines)
    assert [item.node for item in next(explain_unit("0/0", unit)).intermediates] == ["exp"]


def test_where_statements_were_not_recorded_torchs_list_is_called_that() -> None:
    first = by_kernel(statements=False)["k0"]
    assert not first.known and first.saved_bytes is None and first.intermediates == ()
    assert "not recorded" in fusion_summary(first)
    rows = {row.label: row.text for row in fusion_rows(first)}
    assert "fused" not in rows and rows["listed"] == "neg, exp, add"
    assert "not known" in rows["saved"]
    assert [item.name for item in first.stores] == ["buf2"], "the text says that much all the same"


def test_statements_of_another_text_say_nothing() -> None:
    unit = Unit("", scheduled=(read_scheduled(RECORD),))
    made(unit, "k0", "float* out_ptr0", K0)
    site = unit.statements["k0", 0, ""]
    unit.statements["k0", 0, ""] = replace(site, digest="another")
    assert [item.known for item in explain_unit("0/0", unit)] == [False, False]


@pytest.mark.parametrize(
    "change",
    [{"output": True}, {"bytes": 0}, {"readers": []}, {"readers": ["exp", "mm_1"]}],
    ids=["the graph returns it", "no tensor", "nobody reads it", "a library call reads it"],
)
def test_a_value_that_reaches_memory_is_not_saved(change: dict[str, Any]) -> None:
    values = [{**item, **change} if item["name"] == "neg" else item for item in RECORD["values"]]
    nodes = {item.node for fusion in by_kernel({**RECORD, "values": values}).values() for item in fusion.intermediates}
    assert nodes == {"exp"}


def test_a_stored_value_is_not_saved() -> None:
    found = by_kernel(k0=K0.replace("add: auto tmp3", "exp: out_ptr0[x0] = tmp2;\nadd: auto tmp3", 1))
    assert [item.node for item in found["k0"].intermediates] == ["neg"]
    assert [item.node for item in found["k1"].intermediates] == ["neg"]


def with_values(*values: dict[str, Any]) -> dict[str, Any]:
    """The record, with these values in place of those of their names, and others behind."""
    known = {item["name"]: item for item in RECORD["values"]} | {item["name"]: item for item in values}
    return {**RECORD, "values": list(known.values())}


def test_what_has_no_statement_of_its_own_uses_values_too() -> None:
    """neg → rev → exp: nothing is written for `rev`, for exp's load is at another index."""
    record = with_values(
        value("neg", "k0", "k1", readers=("rev",)), value("rev", "k0", "k1", readers=("exp",)), value("iota", "k0")
    )
    first = by_kernel(record)["k0"]
    assert first.folded == ("rev", "iota") and "rev" not in first.listed
    assert {item.node: item.saved for item in first.intermediates} == {"neg": 200, "exp": 200}
    rows = {row.label: row.text for row in fusion_rows(first)}
    assert rows["in passing"].startswith("rev, iota: constants, indices or copies")
    assert "not here" not in rows


def test_a_copy_that_memory_holds_is_not_looked_through() -> None:
    record = with_values(value("neg", "k0", "k1", readers=("rev",)), value("rev", "k0", "k1", readers=("exp",)))
    kept = [*BUFFERS, {"name": "buf9", "node": "rev", "bytes": 100}]
    assert [item.node for item in by_kernel({**record, "buffers": kept})["k0"].intermediates] == ["exp"]
    returned = with_values(
        value("neg", "k0", "k1", readers=("rev",)), value("rev", "k0", "k1", readers=("exp",)) | {"output": True}
    )
    assert [item.node for item in by_kernel(returned)["k0"].intermediates] == ["exp"]
    outside = with_values(value("neg", "k0", "k1", readers=("rev",)), value("rev", "k0", "k1", readers=("mm_1",)))
    assert [item.node for item in by_kernel(outside)["k0"].intermediates] == ["exp"]
    twice = with_values(value("neg", "k0", "k1", readers=("rev",)), value("rev", "k0", "k1", readers=("exp", "add")))
    assert by_kernel(twice)["k0"].intermediates[0].reads == 1, "however many use what it hands on"


def test_what_is_laid_out_for_a_library_call_is_not_saved() -> None:
    """`mm_1` has statements here, which write its input: it is computed by the library, and reads memory."""
    k0 = K0 + "mm_1: auto tmp5 = tmp2.to_other();\nmm_1: out_ptr0[x0] = tmp5;\n"
    record = with_values(value("exp", "k0", "k1", readers=("add", "div", "mm_1")))
    first = by_kernel(record, k0=k0)["k0"]
    assert "mm_1" not in first.nodes and first.around == ("mm_1",)
    rows = {row.label: row.text for row in fusion_rows(first)}
    assert rows["around"].startswith("mm_1: a library call's; its input is laid out here")
    assert [item.node for item in first.intermediates] == ["neg"]


def test_a_librarys_result_that_is_finished_here_was_in_memory() -> None:
    """The bias is added here: what the library wrote is read from memory, whatever is said of `mm`."""
    k0 = K0.replace("neg: auto tmp1", "mm: auto tmp0 = in_ptr0[x0] + in_ptr1[x0];\nneg: auto tmp1", 1)
    finished = [item for item in BUFFERS if item["name"] != "buf0"]
    record = {**with_values(value("mm", readers=("neg",))), "buffers": finished}
    record["values"] = [record["values"].pop(), *record["values"]]
    first = by_kernel(record, k0=k0)["k0"]
    assert first.around == ("mm",)
    assert [item.node for item in first.intermediates] == ["neg", "exp"]


def test_a_size_that_depends_on_values_is_not_nothing() -> None:
    unknown = {"bytes": None, "shape": ["u0"]}
    first = by_kernel(with_values(value("neg", "k0", "k1", readers=("exp",)) | unknown))["k0"]
    assert {item.node: item.saved for item in first.intermediates} == {"neg": None, "exp": 200}
    assert first.saved_bytes is None and first.known
    assert fusion_summary(first) == "3 nodes fused, what that saves depends on values"
    rows = [row.text for row in fusion_rows(first)]
    assert "the values below, whose sizes depend on values and are not recorded" in rows
    assert "neg: float32[u0], 1 write and 1 read, of a size that depends on values" in rows


def test_a_symbolic_size_is_said_to_be_of_the_compiles_inputs() -> None:
    first = by_kernel(with_values(value("neg", "k0", "k1", readers=("exp",)) | {"shape": ["s0"]}))["k0"]
    assert first.saved_bytes == 400
    words = "400 B not written and read again (at the sizes it was compiled with)"
    assert fusion_summary(first) == f"3 nodes fused, {words}"
    assert "(at" not in fusion_summary(by_kernel()["k0"])


def test_several_results_are_named_and_not_counted() -> None:
    several = {"dtype": "", "bytes": 0}
    record = with_values(value("neg", "k0", "k1", readers=("exp",)) | several, value("exp", "k0") | several)
    first = by_kernel(record)["k0"]
    assert first.several == ("neg", "exp") and first.saved_bytes == 0
    rows = [row.text for row in fusion_rows(first)]
    assert any(text.startswith("nothing: each value of one result") for text in rows)
    assert "not counted: neg, exp, which have several results" in rows


def test_neighbours_come_with_the_schedulers_last_word() -> None:
    neighbours = {(item.name, item.relation): item for item in by_kernel()["k0"].neighbours}
    assert neighbours.keys() == {("extern_kernels.mm", "before"), ("extern_kernels.mm", "after"), ("k1", "after")}
    assert neighbours["extern_kernels.mm", "before"].nodes == ("mm",)
    assert neighbours["extern_kernels.mm", "before"].torch == ""
    assert "does not consider" in neighbours["extern_kernels.mm", "after"].why
    other = neighbours["k1", "after"]
    assert other.nodes == ("neg", "exp", "div")
    assert other.torch == "memory deps did not match", "the last decision, about the larger group"
    assert "at its own place" in other.why
    assert [item.relation for item in by_kernel()["k1"].neighbours if item.name == "k0"] == ["before"]


def test_without_a_word_from_torch_only_what_can_be_seen_is_said() -> None:
    other = next(item for item in by_kernel({**RECORD, "decisions": []})["k0"].neighbours if item.name == "k1")
    assert other.torch == ""
    assert "25 here, 5 | 5 there" in other.why
    same = [*RECORD["groups"][:3], {**RECORD["groups"][3], "ranges": [["25"], []]}]
    other = next(
        item for item in by_kernel({**RECORD, "decisions": [], "groups": same})["k0"].neighbours if item.name == "k1"
    )
    assert other.why == "torch logged no reason."


@pytest.mark.parametrize(
    ("extern", "called"),
    [
        ("extern_kernels.mm", "A library function, whose"),
        ("torch.ops.mine.mirror.default", "An operator, whose"),
        ("mine.mirror.default", "An operator, whose"),
        ("MultiOutput", "A step that is no loop and no call"),
    ],
)
def test_the_programs_own_operator_is_not_called_a_librarys(extern: str, called: str) -> None:
    said = _unsaid(ScheduledNode(("op0",), extern, ("mm",), (), frozenset(), frozenset()), ())
    assert said.startswith(called)


def test_unknown_reasons_are_passed_on_as_they_are() -> None:
    assert in_words("something new") == "The scheduler says: something new."
    assert in_words("device mismatch (cpu vs cuda:0)") == "They run on different devices."


def test_one_line_for_each_kernel() -> None:
    value = Intermediate("neg", ("131072",), "float32", 1 << 18, 1)
    fusion = KernelFusion("0/0", "cpp_fused_0", ("neg", "exp"), 1, (value,), known=True)
    assert fusion_summary(fusion) == "2 nodes fused, 512 KiB not written and read again"
    assert fusion_summary(KernelFusion("0/0", "k", ("neg",), 1, known=True)) == "1 node, nothing fused"
    rows = list(fusion_rows(by_kernel()["k1"]))
    assert rows[0].text == "neg, exp, div"
    assert KernelRow("recomputed", "neg, exp: first computed in k0") in rows
    assert any("computed anew here" in row.text for row in rows)


# --- through the reader ---------------------------------------------------------------------------------------


def record(payload: object) -> Record:
    metadata = {"artifact": {"name": "inspector_fusion", "encoding": "json"}, "frame_id": 0, "frame_compile_id": 0}
    return Record(0, 0.0, "", metadata, json.dumps(payload))


def test_a_record_becomes_part_of_the_capture() -> None:
    builder = CaptureBuilder()
    builder.feed(record({**RECORD, "left_out": 3}))
    capture = builder.snapshot()
    assert [item.kernel for item in capture.fusions] == ["k0", "k1"]
    assert capture.fusion_of[KernelKey("0/0", "", "k1")] is capture.fusions[1]
    assert KernelKey("0/0", "1", "k1") not in capture.fusion_of
    assert any("3 more decisions" in note.message for note in capture.notes)
    builder.feed(
        record({**RECORD, "subgraph": "true_graph_0", "kernels": [{"kernel": "k2", "loops": [], "stored": []}]})
    )
    assert [item.kernel for item in builder.snapshot().fusions] == ["k0", "k1", "k2"], "a graph within the graph"


@pytest.mark.parametrize(
    "damage",
    [
        {"kernels": 5},
        {"values": [{"name": "x"}]},
        {"groups": [{"loops": "op0"}]},
        {"decisions": [{"a": "op0"}]},
        {"compile_id": 1},
    ],
    ids=str,
)
def test_a_damaged_record_is_dropped_and_counted(damage: dict[str, Any]) -> None:
    builder = CaptureBuilder()
    builder.feed(record({**RECORD, **damage}))
    capture = builder.snapshot()
    assert capture.fusions == ()
    assert capture.dropped == 1
