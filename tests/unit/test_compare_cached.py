"""A compile whose code came from a cache lacks stages, which is no difference; what both sides hold is compared."""

from __future__ import annotations

from inspector.compare import compare_compilations
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.cache import CacheLookup, had_the_code
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.difference import Change
from inspector.model.stage import Stage

GRAPH = """\
class GraphModule(torch.nn.Module):
    def forward(self, x: "f32[8]"):
        relu: "f32[8]" = torch.relu(x)
        return (relu,)
"""
TEXTS = {
    Stage.DYNAMO: (Language.FX, GRAPH, None),
    Stage.PRE_GRAD: (Language.FX, GRAPH, None),
    Stage.ATEN: (Language.FX, GRAPH.replace("torch.relu", "torch.ops.aten.relu.default"), None),
    Stage.INDUCTOR: (Language.INDUCTOR, "def call(args):\n    cpp_fused_relu_0(buf0)\n", None),
    Stage.KERNEL: (Language.CPP, 'extern "C" void kernel() {}\n', "cpp_fused_relu_0"),
}


def capture(answer: str, *stages: Stage) -> Capture:
    return Capture(
        compilations=(Compilation("0/0", CompileStatus.DONE, "f"),),
        artifacts=tuple(
            Artifact(artifact_id(stage, "0/0", kernel), stage, "0/0", kernel, language, text)
            for stage in stages
            for language, text, kernel in [TEXTS[stage]]
        ),
        cache_lookups=(CacheLookup("0/0", "fx_graph", answer, "key"),),
    )


def test_stages_that_a_cache_spared_are_no_difference() -> None:
    cold, warm = capture("miss", *TEXTS), capture("hit", Stage.DYNAMO)
    for a, b in ((cold, warm), (warm, cold)):
        found = compare_compilations(a, "0/0", b, "0/0")
        assert {item.stage: item.change for item in found.texts} == {
            Stage.DYNAMO: Change.SAME,
            **dict.fromkeys((Stage.PRE_GRAD, Stage.ATEN, Stage.INDUCTOR), Change.UNRECORDED),
        }
        assert (found.change, found.kernels) == (Change.SAME, ())


def test_without_a_hit_they_are_one() -> None:
    found = compare_compilations(capture("miss", *TEXTS), "0/0", capture("miss", Stage.DYNAMO), "0/0")
    assert {item.change for item in found.texts} == {Change.SAME, Change.REMOVED}
    assert found.change is Change.CHANGED


def test_no_cache_spares_dynamo() -> None:
    found = compare_compilations(capture("miss", Stage.DYNAMO), "0/0", capture("hit"), "0/0")
    assert [item.change for item in found.texts] == [Change.REMOVED]


def test_what_both_hold_is_still_compared() -> None:
    other = capture("hit", Stage.DYNAMO)
    changed = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, GRAPH.replace("relu", "sin"))
    warm = Capture(
        other.request, artifacts=(changed,), compilations=other.compilations, cache_lookups=other.cache_lookups
    )
    assert compare_compilations(capture("miss", *TEXTS), "0/0", warm, "0/0").change is Change.CHANGED


def test_when_a_cache_had_the_code() -> None:
    def asked(*answers: tuple[str, str]) -> bool:
        return had_the_code(CacheLookup("0/0", cache, answer) for cache, answer in answers)

    assert asked(("aotautograd", "hit"))
    assert asked(("aotautograd", "miss"), ("fx_graph", "hit"), ("fx_graph", "hit"))
    assert not asked(("aotautograd", "miss"), ("fx_graph", "hit"), ("fx_graph", "miss"))
    assert not asked(("aotautograd", "miss"))
    assert not asked()
