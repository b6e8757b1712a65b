"""Notes about CUDA graphs and resumed functions: each sentence under the condition under which it is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inspector.model.annotation import Annotation, Fact
from inspector.model.artifact import Artifact, Language
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.frame import Frame
from inspector.model.stage import Stage
from inspector.notes.cudagraphs import cuda_graphs
from inspector.notes.resumed import resumed

STACK = '  File "/home/user/job.py", line 2, in chosen\n    return x.nonzero() + 1\n'
SOURCE = Artifact(
    "source:job.py", Stage.SOURCE, None, None, Language.PYTHON, "def chosen(x):\n    return x\n", "/home/user/job.py"
)
OUTSIDE = {
    "event": "partitioned",
    "partitions": [{"operations": 1, "outside": True}, {"operations": 2, "outside": False}],
    "reasons": [{"operation": "op0", "reason": "unbacked binding ops", "nodes": ["nonzero"], "stack": STACK}],
}
MUTATED = {
    "event": "skipped",
    "when": "call",
    "reason": f"skipping cudagraphs due to mutated inputs (1 instances). Found from : \n{STACK}",
}
ASKED = CacheLookup("0/0", "fx_graph", "miss", parts=(KeyPart("a", "inductor_config[triton.cudagraphs]", "True"),))


def notes(events: list[Any], kernels: tuple[str, ...] = ("triton_poi_0",), **more: Any) -> list[Annotation]:
    metrics: dict[str, Any] = {"cudagraphs": events} if events else {}
    compilation = Compilation("0/0", CompileStatus.DONE, "chosen", kernels=kernels, metrics=metrics)
    return list(cuda_graphs(Capture(artifacts=(SOURCE,), compilations=(compilation,), **more)))


def test_what_is_left_out_is_at_its_line_with_torchs_reason() -> None:
    left_out, whole = notes([OUTSIDE])
    assert left_out.text.startswith("**CUDA graphs leave out `nonzero`: unbacked binding ops** (`0/0`)")
    assert left_out.span is not None and (left_out.span.artifact, left_out.span.start.line) == ("source:job.py", 2)
    assert "1 of 2 parts of the graph can be one" in whole.text


def test_a_reason_found_when_called_says_so() -> None:
    skipped, _ = notes([MUTATED])
    assert skipped.text.startswith("**CUDA graphs were skipped, when it was called: mutated inputs (1 instances).")
    assert skipped.span is not None and skipped.span.start.line == 2


def test_a_plain_log_claims_nothing_about_the_run() -> None:
    (whole,) = notes([], cache_lookups=(ASKED,))
    assert "whether they were used, skipped or recorded again when the code was called is not in this log" in whole.text


@pytest.mark.parametrize(
    ("times", "words"), [(0, "none was recorded"), (1, "recorded 1 time "), (3, "recorded 3 times ")]
)
def test_a_whole_recording_counts_what_was_recorded(times: int, words: str) -> None:
    *_, whole = notes([OUTSIDE, *[{"event": "recorded"}] * times], environment={"counters": {}})
    assert words in whole.text and "not in this log" not in whole.text


def test_on_a_cpu_it_is_said_once_and_of_a_gpu_never() -> None:
    cpu = {**OUTSIDE, "partitions": [{"outside": True}], "reasons": [{"operation": "op0", "reason": "cpu ops"}]}
    (note,) = notes([cpu], kernels=("cpp_fused_0",))
    assert "there are none on a CPU" in note.text
    assert not any("CPU" in note.text for note in notes([OUTSIDE], kernels=("cpp_fused_0",)))
    assert notes([], kernels=("cpp_fused_0",)) == [], "nobody asked for them"


BYTECODE = """\
  1           0 RESUME                   0
              2 LOAD_FAST                0 (x)
              4 POP_JUMP_FORWARD_IF_TRUE     2 (to 10)

  2           6 LOAD_FAST                0 (x)
              8 RETURN_VALUE

  3     >>   10 LOAD_FAST                0 (x)
             12 RETURN_VALUE
"""
MODIFIED = """\
  1           0 RESUME                   0
              2 LOAD_GLOBAL              1 (__compiled_fn_1_ab)
              4 LOAD_GLOBAL              1 (__resume_at_6_2)
              6 LOAD_GLOBAL              1 (__resume_at_10_3)
"""


BETWEEN = """\
  1           0 RESUME                   0
              2 LOAD_GLOBAL              1 (__compiled_fn_1_ab)
              4 BUILD_MAP                2
              6 BUILD_MAP                0
              8 BUILD_LIST               2

  2          10 POP_JUMP_FORWARD_IF_FALSE     9 (to 416)
             12 LOAD_GLOBAL              1 (__resume_at_6_2)
             14 BUILD_MAP                1
             16 LOAD_GLOBAL              1 (__resume_at_10_3)
"""


def family(*told: tuple[str, str], original: str = BYTECODE, modified: str = MODIFIED) -> list[str]:
    place = Frame("/home/user/job.py", 1, "settle")
    resumed_name = "torch_dynamo_resume_in_settle_at_1"
    compilations = [Compilation("0/0", CompileStatus.DONE, "settle", place)]
    for compile_id in ("1/0", "2/0"):
        names = [name for of, name in told if of == compile_id]
        metrics = {"continues": {"compile_id": "0/0", "name": names[0]}} if names else {}
        compilations.append(Compilation(compile_id, CompileStatus.DONE, resumed_name, place, metrics=metrics))
    texts = [
        Artifact("0/0:bytecode", Stage.BYTECODE, "0/0", None, Language.BYTECODE, original),
        Artifact("0/0:bytecode:modified", Stage.BYTECODE, "0/0", None, Language.BYTECODE, modified),
    ]
    return [note.text for note in resumed(Capture(artifacts=(SOURCE, *texts), compilations=tuple(compilations)))]


def test_a_family_with_ids_and_conditions() -> None:
    graph, false, true, *_ = family(("1/0", "__resume_at_10_3"), ("2/0", "__resume_at_6_2"))
    assert graph == "**The compiled graph of `0/0` is called here**: `__compiled_fn_1_ab`"
    assert "`__resume_at_6_2` is `2/0`" in false and "line 2, where the condition is false" in false
    assert "`__resume_at_10_3` is `1/0`" in true and "line 3, where the condition is true" in true


def test_a_plain_log_does_not_say_which_is_which() -> None:
    _, first, _, *continued = family()
    assert "is not recorded; after a break in `settle` go on `1/0`, `2/0`" in first
    assert continued[0].startswith("**`1/0` continues `settle`** after the break at job.py:1.")
    assert "is not recorded" in continued[0]


def test_a_disassembly_without_offsets_gives_no_lines() -> None:
    _, first, *_ = family(original="  1           RESUME                   0\n  2           RETURN_VALUE\n")
    assert "continues at line" not in first


def test_between_graph_and_branch_it_is_said_what_python_does() -> None:
    """Before the graph, and behind the first call of what goes on, the same instructions mean other things."""
    assert family(modified=BETWEEN)[1:3] == [
        "**Built here by hand**, not in the graph: a dictionary of 2 entries",
        "**Here the value decides** which way it goes on, in plain Python: it jumps where it is false",
    ]
    told = [text for text in family(modified=BETWEEN) if "by hand" in text or "decides" in text]
    assert len(told) == 2
    assert not any("by hand" in text or "decides" in text for text in family())


def test_docs_say_of_every_fact_what_its_notes_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "notes.md").read_text(encoding="utf-8")
    table = text[text.index("| fact | where it stands") :].split("\n\n")[0]
    assert {line.split("`")[1] for line in table.splitlines()[2:]} == {fact.value for fact in Fact}
