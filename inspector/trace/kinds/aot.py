"""Records of AOTAutograd and of Inductor's graph passes: the FX graphs after Dynamo's own."""

from __future__ import annotations

from inspector.link.facts import Unit
from inspector.model.artifact import Artifact, Language
from inspector.model.stage import Stage
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.state import CompileDraft
from inspector.trace.units import begin_unit, piece_of, unit_of_graph


@record_kind("artifact:before_pre_grad_graph")
def _before_pre_grad(item: Incoming) -> None:
    """The same graph before Inductor's first rewrites: kept beside the stages; it names the compile's graph."""
    item.compiling.version += 1


@record_kind("artifact:after_pre_grad_graph")
def _pre_grad(item: Incoming) -> None:
    compiling = item.compiling
    text = item.text.rstrip()
    if "# graph id:" in text:
        text = text[: text.rindex("# graph id:")].rstrip()
    keep_piece_graph(compiling, Stage.PRE_GRAD, text + "\n")


@record_kind("aot_joint_graph")
def _joint(item: Incoming) -> None:
    keep_piece_graph(item.compiling, Stage.JOINT, item.text)


def keep_piece_graph(draft: CompileDraft, stage: Stage, text: str) -> None:
    """Keeps a pre-grad or a joint graph."""
    piece = piece_of(draft, stage)
    piece.graphs[stage] = draft.put(stage, Language.FX, text, suffix=piece.suffix, order=(piece.number, 0))


@record_kind("aot_forward_graph", "aot_inference_graph")
def _forward(item: Incoming) -> None:
    compiling, text = item.compiling, item.text
    keep_aten(compiling, begin_unit(compiling, text, backward=False), text)


@record_kind("aot_backward_graph")
def _backward(item: Incoming) -> None:
    compiling, text = item.compiling, item.text
    keep_aten(compiling, begin_unit(compiling, text, backward=True), text)


def keep_aten(draft: CompileDraft, unit: Unit, text: str) -> Artifact:
    """Keeps an ATen graph, forward or backward."""
    stage = Stage.ATEN_BACKWARD if unit.backward else Stage.ATEN
    number = unit.suffix.removesuffix("backward").rstrip("-")
    unit.graph = draft.put(stage, Language.FX, text, suffix=number, order=(draft.unit_number(unit), 0))
    return unit.graph


@record_kind(
    "inductor_post_grad_graph",
    "artifact:inductor_post_grad_graph",
    "artifact:after_post_grad_graph",
    "artifact:before_post_grad_graph",
)
def _post_grad(item: Incoming) -> None:
    """A graph from torch's cache may have been kept without its text."""
    if item.record.payload is None:
        return
    compiling, text = item.compiling, item.text
    unit = unit_of_graph(compiling, text)
    if item.kind != "artifact:before_post_grad_graph":
        keep_post_grad(compiling, unit, text)


def keep_post_grad(draft: CompileDraft, unit: Unit, text: str) -> Artifact:
    """Keeps a post-grad graph."""
    order = (draft.unit_number(unit), 0)
    unit.post_grad = draft.put(Stage.POST_GRAD, Language.FX, text, suffix=unit.suffix, order=order)
    return unit.post_grad
