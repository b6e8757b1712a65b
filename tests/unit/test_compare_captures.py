"""Two compilations and two captures: kernels by what they compute, guards, caches, phases, latency, settings."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inspector.cli.documents.register import as_json
from inspector.compare import compare_caches, compare_captures, compare_compilations, compare_lookups, pair_compilations
from inspector.compare.captures import compilation_of
from inspector.compare.guards import compare_guards
from inspector.compare.latency import compare_latency
from inspector.compare.phases import compare_phases
from inspector.compare.settings import compare_settings
from inspector.compare.texts import compare_texts, text_of
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Language
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame, GraphBreak, Guard, Phase
from inspector.model.difference import Change, KernelChange
from inspector.model.fusion import KernelFusion
from inspector.model.latency import LatencyRun
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.say.version import code_rows
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"


@cache
def recorded(name: str) -> Capture:
    return read_capture(TRACES / name)


# --- kernels ------------------------------------------------------------------------------------------------

GRAPH = """\
class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[8]"):
        sin: "f32[8]" = torch.ops.aten.sin.default(arg0_1)
        cos: "f32[8]" = torch.ops.aten.cos.default(sin)
        exp: "f32[8]" = torch.ops.aten.exp.default(cos)
        neg: "f32[8]" = torch.ops.aten.neg.default(exp)
        return (neg,)
"""


def made(kernels: dict[str, tuple[str, ...]], graph: str = GRAPH) -> Capture:
    """A capture of one compile id whose kernels compute these nodes."""
    texts = [Artifact("0/0:post_grad", Stage.POST_GRAD, "0/0", None, Language.FX, graph)]
    for name, nodes in kernels.items():
        lines = ["{", *(f"    auto tmp{place} = {node}(tmp);" for place, node in enumerate(nodes)), "}"]
        texts.append(Artifact(f"0/0:kernel:{name}", Stage.KERNEL, "0/0", name, Language.CPP, "\n".join(lines) + "\n"))
    return Capture(
        artifacts=tuple(texts),
        compilations=(Compilation("0/0", CompileStatus.DONE, "f", kernels=tuple(kernels)),),
        fusions=tuple(KernelFusion("0/0", name, nodes, len(nodes)) for name, nodes in kernels.items()),
    )


def kernels(
    a: dict[str, tuple[str, ...]], b: dict[str, tuple[str, ...]], graph: str = GRAPH
) -> list[tuple[object, ...]]:
    difference = compare_compilations(made(a), "0/0", made(b, graph), "0/0")
    return [(item.change, item.a, item.b) for item in difference.kernels]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"k0": ("sin", "cos")}, {"k0": ("sin", "cos")}, [(KernelChange.SAME, ("k0",), ("k0",))]),
        ({"k0": ("sin",)}, {"other_7": ("sin",)}, [(KernelChange.SAME, ("k0",), ("other_7",))]),
        (
            {"k0": ("sin", "cos", "exp")},
            {"k0": ("sin",), "k1": ("cos", "exp")},
            [(KernelChange.SPLIT, ("k0",), ("k0", "k1"))],
        ),
        ({"k0": ("sin",), "k1": ("cos",)}, {"k0": ("sin", "cos")}, [(KernelChange.MERGED, ("k0", "k1"), ("k0",))]),
        (
            {"k0": ("sin", "cos"), "k1": ("exp", "neg")},
            {"k0": ("sin", "cos", "exp"), "k1": ("neg",)},
            [(KernelChange.REGROUPED, ("k0", "k1"), ("k0", "k1"))],
        ),
        ({"k0": ("sin", "cos")}, {"k0": ("sin",)}, [(KernelChange.CHANGED, ("k0",), ("k0",))]),
        (
            {"k0": ("sin",), "k1": ("neg",)},
            {"k1": ("neg",)},
            [(KernelChange.REMOVED, ("k0",), ()), (KernelChange.SAME, ("k1",), ("k1",))],
        ),
        ({}, {"k0": ("sin",)}, [(KernelChange.ADDED, (), ("k0",))]),
        # An operation computed anew in two kernels ties nothing together that is equal by itself.
        (
            {"k0": ("sin", "cos"), "k1": ("sin", "exp")},
            {"k0": ("sin", "cos"), "k1": ("sin", "exp")},
            [(KernelChange.SAME, ("k0",), ("k0",)), (KernelChange.SAME, ("k1",), ("k1",))],
        ),
    ],
)
def test_what_became_of_kernels(a: dict, b: dict, expected: list) -> None:
    assert kernels(a, b) == expected


def test_kernels_are_matched_through_other_names_of_nodes() -> None:
    renamed = (
        GRAPH.replace("sin:", "sin_4:")
        .replace("(sin)", "(sin_4)")
        .replace("cos:", "cos_1:")
        .replace("(cos)", "(cos_1)")
    )
    assert kernels({"k0": ("sin", "cos")}, {"k3": ("sin_4", "cos_1")}, renamed)[0][1:] == (("k0",), ("k3",))
    difference = compare_compilations(made({"k0": ("sin", "exp")}), "0/0", made({"k0": ("sin_4",)}, renamed), "0/0")
    assert (difference.kernels[0].shared, difference.kernels[0].only_a) == (("sin",), ("exp",))


# --- recorded captures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["recompile.log", "graph_break.log", "train.log", "live_gated.log", "live_gated_train.log"]
)
def test_a_capture_is_identical_to_itself(name: str) -> None:
    capture = recorded(name)
    difference = compare_captures(capture, capture, ("a", "b"))
    assert difference.change is Change.SAME
    assert (difference.settings, difference.sources, difference.breaks, difference.recompiles) == ((), (), (), ())
    for item in difference.compilations:
        assert item.a == item.b
        assert {text.change for text in item.texts} <= {Change.SAME}
        assert {kernel.change for kernel in item.kernels} <= {KernelChange.SAME}
        assert (item.guards, item.facts, item.caches) == ((), (), ())


def test_a_recompile_against_the_compile_before() -> None:
    capture = recorded("recompile.log")
    difference = compare_compilations(capture, "0/0", capture, "0/1")
    aten = next(text for text in difference.texts if text.stage is Stage.ATEN)
    assert [item.what for item in aten.items if item.a == "sub"] == ["f32[8, 16][16, 1]cpu → f32[8, s27][s27, 1]cpu"]
    assert [kernel.change for kernel in difference.kernels] == [KernelChange.CHANGED]
    assert [item.what for item in difference.guards if item.change is Change.CHANGED] == [
        "size=[8, 16] stride=[16, 1] → size=[8, None] stride=[None, 1]"
    ]
    assert difference.change is Change.CHANGED


def test_inference_against_training() -> None:
    """The forward graph keeps values for the backward graph, which brings a kernel of its own."""
    difference = compare_captures(recorded("live_gated.log"), recorded("live_gated_train.log"), ("a", "b"))
    (item,) = difference.compilations
    texts = {text.title: text for text in item.texts}
    assert [found.what for found in texts["aten"].items] == ["returns also primals_2, primals_4, mm, mm_1, add_1"]
    assert (texts["joint"].change, texts["post_grad backward"].change) == (Change.ADDED, Change.ADDED)
    assert [kernel.change for kernel in item.kernels] == [KernelChange.CHANGED, KernelChange.ADDED]
    assert item.kernels[0].shared
    assert item.kernels[0].only_a == item.kernels[0].only_b == ()
    assert not any(fact.name == "instructions" for fact in item.kernels[0].facts)  # only one log holds machine code
    assert [(fact.name, fact.a, fact.b) for fact in difference.settings] == [("train", "false", "true")]


def test_what_torch_had_none_of_to_count_is_no_gap_in_the_record() -> None:
    """Its counters begin with the first there is, and a compile without a backward has none of one."""
    inference, trained = recorded("live_gated.log"), recorded("live_gated_train.log")
    (item,) = compare_captures(inference, trained, ("a", "b")).compilations
    facts = {fact.name: fact.a for fact in item.facts}
    assert "inductor pattern_matcher_count" not in facts, "one side has 0, the other none"
    assert facts["inductor, backward: ir_nodes_pre_fusion"] == "no backward"
    older = replace(inference, compilations=(replace(inference.compilations[0], metrics={}),))
    (item,) = compare_captures(older, trained, ("a", "b")).compilations
    assert {fact.a for fact in item.facts if fact.name.startswith("inductor")} == {""}, "that is not recorded"
    assert [guard.what for guard in item.guards] == ['"grad_mode":false → "grad_mode":true']


def test_the_same_code_under_other_names_is_told_apart_from_a_change() -> None:
    """A live capture against itself with its generated names shifted, stage by stage."""
    capture = recorded("live_gated.log")
    shifted = {"0/0:dynamo": ("mul", "product"), "0/0:aten": ("sigmoid", "sigmoid_9"), "0/0:inductor": ("buf", "buf9")}
    artifacts = tuple(_shifted(item, *shifted[item.id]) if item.id in shifted else item for item in capture.artifacts)
    changed = [item for item, other in zip(artifacts, capture.artifacts, strict=True) if item is not other]
    assert changed
    difference = compare_captures(capture, replace(capture, artifacts=artifacts), ("a", "b"))
    texts = {text.b.artifact: text for item in difference.compilations for text in item.texts}
    assert {texts[item.id].change for item in changed if item.text != capture.by_id[item.id].text} == {Change.RENAMED}
    assert difference.change is Change.RENAMED


def _shifted(item: Artifact, old: str, new: str) -> Artifact:
    return replace(item, text=re.sub(rf"(?<![\w.]){old}(?=\d*\b(?!\.))", new, item.text))


def test_compile_ids_are_paired_by_function() -> None:
    def compilation(compile_id: str, function: str) -> Compilation:
        return Compilation(compile_id, CompileStatus.DONE, function, Frame("/somewhere/model.py", 1, function))

    a = [compilation("0/0", "f"), compilation("1/0", "g"), compilation("1/1", "g")]
    b = [compilation("0/0", "g"), compilation("1/0", "f"), compilation("2/0", "h")]
    assert pair_compilations(a, b) == [("0/0", "1/0"), ("1/0", "0/0"), ("1/1", None), (None, "2/0")]


def test_one_compile_id_alone() -> None:
    part = compilation_of(recorded("recompile.log"), "0/1")
    assert {item.compile_id for item in part.artifacts} <= {None, "0/1"}
    assert [item.compile_id for item in part.recompiles] == ["0/1"]
    with pytest.raises(UsageError, match="9/9"):
        compilation_of(part, "9/9")
    with pytest.raises(UsageError, match="9/9"):
        compare_compilations(part, "9/9", part, "0/1")


def test_graph_breaks_that_came() -> None:
    broken = GraphBreak("0/0", "call to print", stack=(Frame("model.py", 3, "f", "print(x)"),))
    again = replace(broken, stack=(Frame("/else/model.py", 9, "f", "print(x)"),))
    a, b = Capture(graph_breaks=(broken,)), Capture(graph_breaks=(again, again))
    assert compare_captures(a, b, ("a", "b")).breaks == ((Change.ADDED, again),)


def test_every_difference_becomes_json() -> None:
    capture = recorded("recompile.log")
    a, b = (compilation_of(capture, compile_id) for compile_id in ("0/0", "0/1"))
    data = json.loads(as_json(compare_captures(a, b, ("a", "b"), pairs=[("0/0", "0/1")])))
    (item,) = data["compilations"]
    aten = next(text for text in item["texts"] if text["stage"] == "aten")
    assert aten["a"] == {"label": "0/0:aten", "artifact": "0/0:aten", "lines": None}
    assert aten["counts"]["changed"] == sum(row["change"] == "changed" for row in aten["rows"])
    assert all(set(row) <= {"change", "a", "b", "parts_a", "parts_b", "other"} for row in aten["rows"])


# --- guards, caches -----------------------------------------------------------------------------------------


def test_guards() -> None:
    a = [
        Guard("___check_obj_id(L['f'], 139989443011456)", "ID_MATCH", "L['f']"),
        Guard("L['n'] == 3", "EQUALS_MATCH", "L['n']"),
        Guard("len(L['x']) == 2", "LENGTH_CHECK", "L['x']"),
    ]
    b = [
        Guard("L['n'] == 4", "EQUALS_MATCH", "L['n']"),
        Guard("___check_obj_id(L['f'], 94078145085168)", "ID_MATCH", "L['f']"),
        Guard("2 <= L['x'].size()[0]", "", "L['x']"),
    ]
    found = compare_guards(a, b, one_process=False)
    assert found[0].what == "3 → 4"
    assert [(item.change, item.a, item.b) for item in found] == [
        (Change.CHANGED, a[1], b[0]),
        (Change.REMOVED, a[2], None),
        (Change.ADDED, None, b[2]),
    ]


@pytest.mark.parametrize("comment", ["", "  # y = x + 1  # m.py:3 in f"])
def test_a_constant_with_a_number_sign_is_no_comment(comment: str) -> None:
    a, b = (Guard(f"L['s'] == 'to  # {word}'{comment}", "EQUALS_MATCH", "L['s']") for word in ("one", "two"))
    assert [item.change for item in compare_guards([a], [b], one_process=True)] == [Change.CHANGED]
    same = Guard("L['s'] == 'to  # one'", "EQUALS_MATCH", "L['s']")
    assert compare_guards([a], [same], one_process=True) == ()


def test_the_part_of_the_key_that_made_a_cache_miss() -> None:
    parts = (KeyPart("d1", "gm", "<lambda>()"), KeyPart("d2", "torch_version", "<bytes>"), KeyPart("d3", "gone", "1"))
    other = (KeyPart("d1", "gm", "<lambda>()"), KeyPart("d9", "torch_version", "<bytes>"), KeyPart("d4", "new", "2"))
    stored = CacheLookup("0/0", "fx_graph", "miss", "key1", parts=parts)
    missed = CacheLookup("0/0", "fx_graph", "miss", "key2", parts=other)
    found = compare_lookups(stored, missed)
    assert [(item.part, item.change) for item in found.parts] == [
        ("torch_version", Change.CHANGED),
        ("gone", Change.REMOVED),
        ("new", Change.ADDED),
    ]
    hit = replace(stored, answer="hit")
    assert compare_lookups(stored, hit).parts == ()
    assert [(item.result_a, item.result_b) for item in compare_caches([stored], [])] == [("miss", "")]
    assert not compare_lookups(stored, replace(missed, parts=())).listed


# --- time and settings --------------------------------------------------------------------------------------


def test_phases_are_summed_by_name_and_not_twice() -> None:
    a = [Phase("compile", 0.0, 4.0, 0), Phase("compile", 1.0, 2.0, 1), Phase("lower", 1.5, 1.0, 2)]
    b = [Phase("compile", 0.0, 3.0, 0), Phase("running", 1.0, None, 1)]
    rows = compare_phases(a, b)
    assert [(row.name, row.seconds_a, row.seconds_b, row.count_a, row.count_b) for row in rows] == [
        ("compile", 4.0, 3.0, 2, 1),
        ("lower", 1.0, None, 1, 0),
    ]


def test_latency_with_confidence() -> None:
    chance = random.Random(3)

    def timed(eager: float, compiled: float, pairs: int = 120) -> LatencyRun:
        return LatencyRun(
            "batch 1",
            tuple(chance.gauss(eager, eager / 50) for _ in range(pairs)),
            tuple(chance.gauss(compiled, compiled / 50) for _ in range(pairs)),
        )

    (same,) = compare_latency([timed(2e-3, 1e-3)], [timed(2e-3, 1e-3)])
    assert not same.certain
    assert same.interval[0] < 1 < same.interval[1]
    (slower,) = compare_latency([timed(2e-3, 1e-3)], [timed(2e-3, 1.5e-3)])
    assert slower.certain
    assert 1.4 < slower.interval[0] < slower.ratio < slower.interval[1] < 1.6
    (machine,) = compare_latency([timed(2e-3, 1e-3)], [timed(4e-3, 2e-3)])
    assert not machine.certain  # everything became slower, eager too
    assert 0.95 < machine.against_eager < 1.05
    (few,) = compare_latency([timed(2e-3, 1e-3, 3)], [timed(2e-3, 2e-3, 3)])
    assert (few.interval, few.certain) == (None, False)
    (alone,) = compare_latency([timed(2e-3, 1e-3)], [])
    assert (alone.b, alone.ratio) == (None, None)


def test_settings_that_differ() -> None:
    def capture(config: str, **options: object) -> Capture:
        return Capture(
            request=CaptureRequest("net", **options),
            environment={"torch": "2.13.0", "cache": {"mode": "kept"}},
            target={"inputs": [{"name": "x", "dtype": "float32", "shape": [2, 8]}]},
            compilations=(Compilation("0/0", CompileStatus.DONE, metrics={"inductor_config": config}),),
        )

    a = capture('{"max_autotune": false}', dynamic=True)
    b = replace(
        capture('{"max_autotune": true}', inductor=(("max_autotune", "True"),)), environment={"torch": "2.14.0"}
    )
    facts = {fact.name: (fact.a, fact.b) for fact in compare_settings(a, b)}
    assert facts == {
        "dynamic": ("true", "not set"),
        "inductor.max_autotune": ("false", "True"),
        "torch": ("2.13.0", "2.14.0"),
        "cache.mode": ("kept", ""),
    }
    assert compare_settings(a, a) == ()


# --- no false "identical" -----------------------------------------------------------------------------------

_OPERATIONS = {
    Language.FX: (r"aten\.(\w+)\.(?=\w+\()", ("relu", "cosh", "erf")),
    Language.CPP: (r"tmp\d+(?: [-+*/] )(?=tmp\d+;)|(?<=\.)(?:exp|neg|tanh)(?=\(\))", ("tmp0 - ", "sinh")),
}


@pytest.mark.parametrize("stage", [Stage.ATEN, Stage.POST_GRAD, Stage.KERNEL])
@pytest.mark.parametrize("name", ["live_gated.log", "recompile.log", "train.log"])
def test_one_changed_token_is_never_called_identical(name: str, stage: Stage) -> None:
    """Every number and every operator of a statement in turn, exchanged for another one."""
    tried = 0
    for artifact in recorded(name).find(stage):
        code = re.compile(r"\s*[^#\n]*?(?=;  |\s*#|$)")
        for number, line in enumerate(artifact.lines):
            match = code.match(line)
            for start, end, other in _places(match[0] if match else "", artifact.language):
                tried += 1
                lines = [*artifact.lines]
                lines[number] = f"{line[:start]}{other}{line[end:]}"
                changed = replace(artifact, text="\n".join(lines) + "\n")
                found = compare_texts("x", text_of(artifact), text_of(changed)).difference
                assert found.change is Change.CHANGED, (line, lines[number])
    assert tried > 10


def _places(code: str, language: Language) -> list[tuple[int, int, str]]:
    """What to put where: other numbers and other operations."""
    pattern, others = _OPERATIONS[language]
    found = [(match.start(), match.end(), "61") for match in re.finditer(r"(?<![\w.])\d+(?![\w.])", code)]
    for match in re.finditer(pattern, code):
        start, end = match.span(1) if language is Language.FX else match.span()
        other = others[0] if language is Language.FX else others[1] if code[start:end].isalpha() else others[0]
        found.append((start, end, other))
    return [place for place in found if code[place[0] : place[1]] != place[2]]


def test_one_instruction_more_is_never_called_identical() -> None:
    """The C++ is the same and the flags are others: what runs is another kernel."""
    before = recorded("live_gated.log")
    assert compare_captures(before, before, ("A", "B")).change is Change.SAME
    artifacts = tuple(
        replace(item, text=item.text + "        vaddps  zmm0,zmm0,zmm1\n") if item.stage is Stage.ASM else item
        for item in before.artifacts
    )
    found = compare_captures(before, replace(before, artifacts=artifacts), ("A", "B"))
    assert found.change is Change.CHANGED
    assert [kernel.change for pair in found.compilations for kernel in pair.kernels] == [KernelChange.CHANGED]
    assert [row.text for row in code_rows(found)] == ["the same statements, other machine code"]
