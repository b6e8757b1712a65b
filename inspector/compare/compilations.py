"""Two compile ids: every stage in the compiler's order, each aligned with the help of the ones before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from inspector.compare.caches import compare_caches
from inspector.compare.guards import compare_guards
from inspector.compare.kernel_groups import KernelGroup, group_kernels
from inspector.compare.kernels import compare_kernels
from inspector.compare.meanings import Meanings
from inspector.compare.sides import CompileSide, LinkedCapture, unit_of
from inspector.compare.texts import only_one_side, text_of
from inspector.compare.volatile import asks_identity
from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.cache import cache_words
from inspector.model.capture import Capture, Compilation
from inspector.model.compile_row import GuardFailure, process_of
from inspector.model.cut import only
from inspector.model.difference import (
    Change,
    CompilationDifference,
    FactChange,
    KernelDifference,
    TextDifference,
    largest,
)
from inspector.model.overview_of import call_values, overview_of
from inspector.model.recompiles import qualified, read_failure, with_values
from inspector.model.stage import Stage
from inspector.say.compiles import status_words, trouble_words

_COUNTS = {
    "graph_op_count": "operators in the Dynamo graph",
    "graph_node_count": "nodes in the Dynamo graph",
    "graph_input_count": "graph inputs",
    "guard_count": "guard_count",
    "shape_env_guard_count": "guards on symbolic shapes",
}
"""torch's CompilationMetrics that count something, in words."""
_COUNTED = {"inductor": "inductor", "inductor_backward": "inductor, backward:"}
"""Metrics that hold what torch counted for a graph, in words."""
_NONE = ("backward", "piece")
"""What older bundles have beside the counts."""
_EVERY = (Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD, Stage.INDUCTOR)
"""Stages that every compile goes through."""

_Texts = Mapping[tuple[Stage, str], Artifact]


def compare_compilations(
    a: Capture | LinkedCapture, id_a: str, b: Capture | LinkedCapture, id_b: str
) -> CompilationDifference:
    """How one compile id differs from another, of the same capture or of two.

    Args:
        a: the capture that holds `id_a`; as `LinkedCapture` where several of its compilations are compared.
        id_a: `0/0`, as the capture qualifies it.
        b: the capture that holds `id_b`.
        id_b: the second side's compile id.

    Raises:
        UsageError: a capture has no such compile id.
    """
    sides = _side(a, id_a), _side(b, id_b)
    known = Meanings(*sides)
    texts = list(_texts(known, sides, *(_until(side.texts, Stage.POST_GRAD) for side in sides)))
    groups = group_kernels(known) if not any(_lacks_kernels(side) for side in sides) else []
    _name(known, groups)
    texts += _texts(known, sides, *(_after(side.texts, Stage.POST_GRAD) for side in sides))
    kernels = compare_kernels(known, groups)
    ours, theirs = (side.compilation for side in sides)
    both = bool(ours.guards and theirs.guards)  # every compile has some: none means that they are not recorded
    one_process = _one_process(ours, theirs)
    same = one_process and id_a == id_b
    guards = compare_guards(ours.guards, theirs.guards, known.local_names(), one_process=one_process) if both else ()
    compared = max(len(ours.guards), len(theirs.guards)) if both else 0
    identities = sum(map(asks_identity, (guard.code for guard in ours.guards))) if compared and not one_process else 0
    changed = bool(guards) or ours.status is not theirs.status or not all(item.change.alike for item in kernels)
    reasons = _reasons(*sides) if one_process and not same else ()
    return CompilationDifference(
        id_a,
        id_b,
        theirs.function or ours.function,
        Change.CHANGED if changed else largest(_changes(texts, kernels, compared)),
        tuple(texts),
        kernels,
        guards,
        tuple(_facts(*sides)),
        () if same else compare_caches(sides[0].lookups, sides[1].lookups, _counters(sides[0].capture)),
        compared - identities,
        tuple(_absent(sides)),
        identities,
        reasons,
        statuses=(ours.status, theirs.status),
        trouble=_trouble(sides[1], theirs.function or ours.function) if reasons else "",
    )


def _reasons(a: CompileSide, b: CompileSide) -> tuple[GuardFailure, ...]:
    """Why the second side was compiled although the first was there; none where it was compiled before, or apart."""
    found = [item for item in b.capture.recompiles if item.compile_id == b.compile_id]
    known = {a.compile_id, b.compile_id}
    failed = [qualified(read_failure(text), b.compile_id, known) for item in found for text in item.reasons]
    ours = [item for item in failed if item.against == a.compile_id]
    return with_values(ours, call_values(b.capture)(b.compile_id), call_values(a.capture)) if ours else ()


def _trouble(side: CompileSide, function: str) -> str:
    row = overview_of(only(side.capture, {side.compile_id})).by_id[side.compile_id]
    return trouble_words(replace(row, function=function))


def compare_reasons(
    a: Capture, id_a: str, b: Capture, id_b: str
) -> tuple[tuple[GuardFailure | None, GuardFailure | None], ...]:
    """The guards that failed for each of two recompiles, in torch's words the same ones beside each other."""
    ours, theirs = _failures(a, id_a), _failures(b, id_b)
    return tuple((ours.get(text), theirs.get(text)) for text in dict.fromkeys((*ours, *theirs)))


def _failures(capture: Capture, compile_id: str) -> dict[str, GuardFailure]:
    """torch's words for each guard that failed → what they say."""
    texts = [text for item in capture.recompiles if item.compile_id == compile_id for text in item.reasons]
    known = {item.compile_id for item in capture.compilations}
    failed = [qualified(read_failure(text), compile_id, known) for text in texts]
    values = call_values(capture)
    return dict(zip(texts, with_values(failed, values(compile_id), values), strict=True))


def _one_process(a: Compilation, b: Compilation) -> bool:
    """Whether one process wrote of both, so that objects have the same numbers in both."""
    return bool(a.log) and a.log == b.log and process_of(a.compile_id) == process_of(b.compile_id)


def _changes(texts: Iterable[TextDifference], kernels: Iterable[KernelDifference], guards: int) -> Iterator[Change]:
    yield from (text.change for text in texts)
    yield from (text.change for item in kernels for text in item.texts)
    if guards:
        yield Change.SAME


def _absent(sides: tuple[CompileSide, CompileSide]) -> Iterator[str]:
    """What every compile has, and neither side's record holds."""
    held = {stage for side in sides for stage, _ in side.texts}
    yield from (stage.value for stage in _EVERY if stage not in held)
    if not any(side.compilation.guards for side in sides):
        yield "guards"


def only_compilation(side: LinkedCapture, compile_id: str, change: Change) -> CompilationDifference:
    """A compile id that one side alone has; its texts are in that side's capture."""
    compilation = _side(side, compile_id).compilation
    there = compile_id if change is Change.REMOVED else None
    statuses = (compilation.status, None) if there else (None, compilation.status)
    return CompilationDifference(there, None if there else compile_id, compilation.function, change, statuses=statuses)


def _side(capture: Capture | LinkedCapture, compile_id: str) -> CompileSide:
    linked = capture if isinstance(capture, LinkedCapture) else LinkedCapture(capture)
    ids = [item.compile_id for item in linked.capture.compilations]
    if compile_id not in ids:
        raise UsageError(f"There is no compile id {compile_id!r}.", f"There is: {', '.join(ids) or 'none'}.")
    return CompileSide(linked, compile_id)


# --- texts --------------------------------------------------------------------------------------------------


def _until(texts: _Texts, last: Stage) -> _Texts:
    return {key: item for key, item in texts.items() if key[0].order <= last.order}


def _after(texts: _Texts, last: Stage) -> _Texts:
    return {key: item for key, item in texts.items() if key[0].order > last.order}


def _lacks_kernels(side: CompileSide) -> bool:
    """Whether a side has no kernels because its log does not hold the code that a cache gave."""
    return side.cached and not side.kernels and not any(stage is Stage.INDUCTOR for stage, _ in side.texts)


def _texts(known: Meanings, sides: tuple[CompileSide, CompileSide], a: _Texts, b: _Texts) -> Iterator[TextDifference]:
    """The artifacts of both sides by stage and variant, in stage order."""
    for key in sorted(a.keys() | b.keys(), key=lambda key: (key[0].order, key[1])):
        title = " ".join(filter(None, key))
        ours, theirs = a.get(key), b.get(key)
        if ours and theirs:
            yield known.compare(title, ours, theirs).difference
        elif ours:
            found = only_one_side(title, text_of(ours), Change.REMOVED, ours.stage)
            yield _unrecorded(found) if _skips(sides[1], ours.stage) else found
        elif theirs:
            found = only_one_side(title, text_of(theirs), Change.ADDED, theirs.stage)
            yield _unrecorded(found) if _skips(sides[0], theirs.stage) else found


def _skips(side: CompileSide, stage: Stage) -> bool:
    """Whether a side has no text of a stage because a cache spared it that stage."""
    return side.cached and stage.order > Stage.DYNAMO.order


def _unrecorded(difference: TextDifference) -> TextDifference:
    return replace(difference, change=Change.UNRECORDED)


def _name(known: Meanings, groups: Iterable[KernelGroup]) -> None:
    """Tells the stages to come which kernels of one name each are one thing."""
    for group in groups:
        if len(group.a) == len(group.b) == 1:
            (ours,), (theirs,) = group.a, group.b
            known.name_kernels(unit_of(ours.artifact), ours.name, unit_of(theirs.artifact), theirs.name)


# --- the rest -----------------------------------------------------------------------------------------------


def _counters(capture: Capture) -> Mapping[str, Any] | None:
    """torch's counters at the end of the process that a capture is of; None where it is of several."""
    return capture.environment.get("counters") if len(capture.logs) <= 1 else None


def _facts(a: CompileSide, b: CompileSide) -> Iterator[FactChange]:
    ours, theirs = _figures(a), _figures(b)
    for name in dict.fromkeys((*ours, *theirs)):
        first, second = ours.get(name) or _uncounted(name, a), theirs.get(name) or _uncounted(name, b)
        if first != second:
            yield FactChange(name, first, second)


def _uncounted(name: str, side: CompileSide) -> str:
    """What stands for a figure that a side lacks: torch's counters begin with the first that there is to count, and a
    compile without a backward has none of one. Empty where it is not recorded."""
    key = next((key for key, words in _COUNTED.items() if name.startswith(f"{words} ")), "")
    if side.compilation.metrics.get(key):
        return "0"
    alone = side.compilation.metrics.get("inductor") and all(
        stage is not Stage.ATEN_BACKWARD for stage, _ in side.texts
    )
    return "no backward" if key == "inductor_backward" and alone else ""


def _figures(side: CompileSide) -> dict[str, str]:
    compilation = side.compilation
    found = {
        "status": status_words(compilation.status),
        "restarts": str(compilation.restarts),
        "caches": cache_words(side.lookups),
        "error": compilation.error,
        "kernels": str(len(side.kernels)),
    }
    metrics = compilation.metrics
    found |= {words: str(metrics[key]) for key, words in _COUNTS.items() if metrics.get(key) is not None}
    for name, words in _COUNTED.items():
        counts: Any = metrics.get(name)
        if isinstance(counts, Mapping):
            whole = {str(key): value for key, value in counts.items() if isinstance(value, int) and key not in _NONE}
            found |= {f"{words} {key.removeprefix('inductor.')}": str(value) for key, value in whole.items()}
    return found
