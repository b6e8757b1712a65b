"""What is said where a log holds nothing of a kind: that there was none only where the log would say so."""

from __future__ import annotations

from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.limits import unrecorded
from inspector.model.overview import Overview
from inspector.say.limits import damage_words, lacking_words
from inspector.say.units import plural


def no_breaks(overview: Overview) -> str:
    """Of graph breaks: `No graph breaks.` only of compiles whose whole way through Dynamo is recorded."""
    return _none("max_graph_breaks", "graph break", overview)


def no_recompiles(overview: Overview) -> str:
    """Of recompiles: `No recompiles.` only of a log whose compiles all ended, and that can be read to its end."""
    return _none("max_recompiles", "recompile", overview)


NO_COMPILES = "Nothing was compiled, as far as this log tells."
NO_SOURCES = "torch's own trace does not hold the program's sources; `inspector run` records them."


def no_source(file: str, *, others: bool) -> str:
    """Of a source file that a capture lacks.

    Args:
        others: whether it holds any source.
    """
    return f"The source of {file} was not recorded" + ("; that of other files was." if others else f": {NO_SOURCES}")


def no_machine_code(capture: Capture, compilation: Compilation) -> str:
    """Why kernels of a compile id have no machine code; empty where it has no kernels, or all have some."""
    if packaged(capture, compilation):
        return f"machine code not recorded: {_ONE_LIBRARY}; the kernels' own code: --other inductor_aot_kernel_code"
    missing, count = capture.without_machine_code.get(compilation.compile_id, (0, 0))
    if not missing:
        return ""
    which = "" if missing == count else f" of {missing} of {plural(count, 'kernel')}"
    return f"machine code{which} not recorded: {_why_no_machine_code(capture, compilation)}"


def _why_no_machine_code(capture: Capture, compilation: Compilation) -> str:
    if not set(capture.environment) - _TORCHS_OWN:
        return "torch's own trace does not hold it; `inspector run` records it"
    if compilation.status is CompileStatus.FAILED:
        return "the compile failed"
    if not capture.finished:
        return "the record ends before it"
    if compilation.compile_id.startswith(("+", "!")):
        return _ONE_LIBRARY
    return "no binary of theirs was loaded while it was recorded, or it could not be read (see the notes)"


def packaged(capture: Capture, compilation: Compilation) -> bool:
    """Whether AOTInductor built a library of it; torch records that code by names of its own, and no output code."""
    names = {item.variant for item in capture.others if item.compile_id == compilation.compile_id}
    return "inductor_aot_kernel_code" in names


_ONE_LIBRARY = "ahead of time, all kernels of a package become one library, which is not read"
_TORCHS_OWN = frozenset(("torch", "counters"))
"""What is known of the environment of a log that no part of inspector wrote."""


def no_notes(overview: Overview) -> str:
    """Of notes from facts: a log whose compiles are not all recorded to their end may have had more to say."""
    missing = next(filter(None, (_missing(limit, overview) for limit in _OF_NOTES)), "")
    return f"Nothing that is recorded gives a note; but {missing}." if missing else "No notes."


_OF_NOTES = ("max_graph_breaks", "max_recompiles", "max_compile_time")


def _none(limit: str, noun: str, overview: Overview) -> str:
    if not overview.rows:
        damage = f"; {damage_words(overview.bad, overview.records)}" if overview.bad else ""
        return f"No compile is recorded, and so no {noun}{damage}."
    missing = _missing(limit, overview)
    return f"No {noun} is recorded; but {missing}." if missing else f"No {noun}s."


def _missing(limit: str, overview: Overview) -> str:
    """Why it cannot be told whether there was any; empty where it can."""
    return lacking_words(unrecorded(limit, overview.rows, overview))
