"""What a capture says, by name: the facts that lessons ask about and rely on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inspector.lessons.lesson import Claim, LessonFact, Prediction
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation
from inspector.model.kernel import KernelFacts
from inspector.model.stage import Stage
from inspector.say.kernels import facts_of

Finder = Callable[[Capture, LessonFact], "int | str"]

_EXTERNAL = re.compile(r"^ +(?:\w+ = )?(?:extern_kernels|torch\.ops)\.\w+.*\(", re.MULTILINE)
_OPERATION = re.compile(r"^\s+\w+: \"[^\"]*\" = ", re.MULTILINE)


@dataclass(frozen=True)
class ClaimChecked:
    """One claim, held against a capture."""

    claim: Claim
    found: int | str
    """What the fact is; in words why, where the claim is not made on this machine."""
    holds: bool
    made: bool = True
    """Whether the claim was made: not on a machine without the vector ISA that it needs."""


def find(capture: Capture, fact: LessonFact) -> int | str:
    """A fact's value.

    Raises:
        KeyError: there is no fact of that name.
    """
    return FACTS[fact.name](capture, fact)


def judge(capture: Capture, claim: Claim) -> ClaimChecked:
    """Whether a claim holds for a capture."""
    if claim.needs and claim.needs not in str(capture.environment.get("isa", "")).split():
        return ClaimChecked(claim, f"needs {claim.needs}", holds=True, made=False)
    found = find(capture, claim.fact)
    if claim.at_least is not None:
        return ClaimChecked(claim, found, holds=isinstance(found, int) and found >= claim.at_least)
    return ClaimChecked(claim, found, holds=found == claim.equal)


def right_choice(capture: Capture, prediction: Prediction) -> str:
    """The answer to a prediction, as the capture gives it."""
    return str(find(capture, prediction.fact))


def _compilations(capture: Capture, fact: LessonFact) -> list[Compilation]:
    return [item for item in capture.compilations if fact.compile_id in (None, item.compile_id)]


def _artifacts(capture: Capture, fact: LessonFact) -> tuple[Artifact, ...]:
    assert fact.stage is not None  # a lesson without it is refused when it is read
    return capture.find(fact.stage, fact.compile_id)


def _kernels(capture: Capture, fact: LessonFact) -> int:
    """Fused kernels that Inductor wrote."""
    return sum(len(item.kernels) for item in _compilations(capture, fact))


def _graphs(capture: Capture, fact: LessonFact) -> int:
    """Graphs that Dynamo passed to the compiler."""
    return len(capture.find(Stage.DYNAMO, fact.compile_id))


def _graph_breaks(capture: Capture, fact: LessonFact) -> int:
    """Places where Dynamo ended a graph early."""
    return sum(fact.compile_id in (None, item.compile_id) for item in capture.graph_breaks)


def _recompiles(capture: Capture, fact: LessonFact) -> int:
    """How often something was compiled again."""
    return sum(fact.compile_id in (None, item.compile_id) for item in capture.recompiles)


def _guards(capture: Capture, fact: LessonFact) -> int:
    """Guards, or those that hold a text."""
    return sum(fact.text in guard.code for item in _compilations(capture, fact) for guard in item.guards)


def _lines(capture: Capture, fact: LessonFact) -> int:
    """Lines of a stage that hold a text."""
    return sum(fact.text in line for artifact in _artifacts(capture, fact) for line in artifact.lines)


def _says(capture: Capture, fact: LessonFact) -> str:
    """Whether a stage holds a text: yes or no."""
    return "yes" if any(fact.text in artifact.text for artifact in _artifacts(capture, fact)) else "no"


def _operations(capture: Capture, fact: LessonFact) -> int:
    """Operations of a graph stage."""
    return sum(len(_OPERATION.findall(artifact.text)) for artifact in _artifacts(capture, fact))


def _library_calls(capture: Capture, fact: LessonFact) -> int:
    """Calls of library functions in Inductor's output code: what it does not write itself."""
    return sum(len(_EXTERNAL.findall(item.text)) for item in capture.find(Stage.INDUCTOR, fact.compile_id))


def _fused(capture: Capture, fact: LessonFact) -> int:
    """Nodes that were fused into kernels, all kernels together."""
    return sum(len(item.nodes) for item in capture.fusions if fact.compile_id in (None, item.compile_id))


def _saved(capture: Capture, fact: LessonFact) -> int:
    """KiB that fusion keeps from being written and read again."""
    fusions = (item for item in capture.fusions if fact.compile_id in (None, item.compile_id))
    return sum(item.saved_bytes or 0 for item in fusions) // 1024


def _lanes(capture: Capture, fact: LessonFact) -> int:
    """Elements that the widest kernel works on at once."""
    return max((item.lanes or 1 for item in _kernel_facts(capture, fact)), default=0)


def _kernel_facts(capture: Capture, fact: LessonFact) -> Iterator[KernelFacts]:
    """Facts of each kernel in question."""
    found = (facts_of(capture, key) for key in capture.kernels if fact.compile_id in (None, key.compile_id))
    yield from (item for item in found if item is not None)


def _recompile_reason(capture: Capture, fact: LessonFact) -> str:
    """Whether a recompile's reason holds a text: yes or no."""
    reasons = [
        reason for item in capture.recompiles if fact.compile_id in (None, item.compile_id) for reason in item.reasons
    ]
    return "yes" if any(fact.text in reason for reason in reasons) else "no"


def _break_reason(capture: Capture, fact: LessonFact) -> str:
    """Whether a graph break's reason holds a text: yes or no."""
    found = (item for item in capture.graph_breaks if fact.compile_id in (None, item.compile_id))
    return "yes" if any(fact.text in f"{item.reason} {item.explanation}" for item in found) else "no"


def _compilations_made(capture: Capture, fact: LessonFact) -> int:
    """Compile ids that have a graph."""
    return len({item.compile_id for item in capture.find(Stage.DYNAMO, fact.compile_id)})


def _guard_class(capture: Capture, fact: LessonFact) -> str:
    """How many guards there are, roughly."""
    count = _guards(capture, fact)
    return "fewer than 10" if count < 10 else "between 10 and 30" if count <= 30 else "more than 30"


def _next_length(capture: Capture, fact: LessonFact) -> str:
    """What another length would do: known from whether a tensor's size is in a guard."""
    sized = any("size=[" in guard.code for item in _compilations(capture, fact) for guard in item.guards)
    return "it is compiled again" if sized else "the same code runs"


def _third_length(capture: Capture, _fact: LessonFact) -> str:
    """What the call after the first recompile for a length did."""
    again = sum("size mismatch" in reason for item in capture.recompiles for reason in item.reasons)
    return "compiled again" if again > 1 else "nothing to compile"


def _silu_parts(capture: Capture, fact: LessonFact) -> int:
    """ATen operations that Dynamo's `silu` is linked to."""
    count = 0
    for graph in capture.find(Stage.DYNAMO, fact.compile_id):
        line = next((number for number, text in enumerate(graph.lines, 1) if "silu" in text and "=" in text), None)
        if line is not None:
            relatives = capture.index.relatives(graph.id, line).by_artifact
            texts = (item for key, item in capture.by_id.items() if key in relatives and item.stage is Stage.ATEN)
            count += sum(
                bool(_OPERATION.match(text.lines[relative.span.start.line - 1]))
                for text in texts
                for relative in relatives[text.id]
            )
    return count


def _spilled(capture: Capture, fact: LessonFact) -> str:
    """What happens to vector registers around a call: known from the machine code."""
    spills = [spill for item in _kernel_facts(capture, fact) for spill in item.spills if spill.bits >= 128]
    return "they are saved on the stack" if spills else "they stay where they are"


def _cache_mode(capture: Capture, _fact: LessonFact) -> str:
    """Which of the machine's answers were reused: kept, cold or warm."""
    return capture.cache_mode


def _phase(capture: Capture, fact: LessonFact) -> str:
    """Whether a compile phase of that name was recorded: yes or no."""
    return "yes" if any(fact.text in phase.name for phase in capture.phases) else "no"


FACTS: dict[str, Finder] = {
    "kernels": _kernels,
    "graphs": _graphs,
    "graph_breaks": _graph_breaks,
    "recompiles": _recompiles,
    "guards": _guards,
    "lines": _lines,
    "says": _says,
    "operations": _operations,
    "library_calls": _library_calls,
    "fused": _fused,
    "saved_kib": _saved,
    "lanes": _lanes,
    "recompile_reason": _recompile_reason,
    "break_reason": _break_reason,
    "phase": _phase,
    "compilations": _compilations_made,
    "guard_class": _guard_class,
    "next_length": _next_length,
    "third_length": _third_length,
    "silu_parts": _silu_parts,
    "spilled": _spilled,
    "cache_mode": _cache_mode,
}
"""Name → what finds it; the docstrings are the vocabulary that docs/lessons.md lists."""

OF_A_TEXT = frozenset(("lines", "says", "operations"))
"""Facts that need a stage."""
