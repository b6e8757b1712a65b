"""What made torch compile once more, and which option keeps it from that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.overview_of import overview_of
from inspector.notes.markup import code
from inspector.notes.where import line_of

_SIZE = re.compile(r"size at index (?P<index>\d+)")
_LOCAL = re.compile(r"\bL\['([^']+)'\]")


def recompiles(capture: Capture) -> Iterator[Annotation]:
    """One note for each compile that is there because a guard of an earlier one did not hold."""
    for row in overview_of(capture).rows:
        if not row.failures:
            continue
        yield Annotation(
            f"recompile:{row.compile_id}",
            _text(row),
            line_of(capture, (*row.stack, *((row.place,) if row.place is not None else ()))),
            row.compile_id,
            fact=Fact.RECOMPILE,
        )


def _text(row: CompileRow) -> str:
    first = row.failures[0]
    against = f" of {code(first.against)}" if first.against else ""
    parts = [f"**Compiled again** as {code(row.compile_id)}: a guard{against} did not hold. {_failed(first)}"]
    if first.place:
        parts.append(f"The guard is there because of {code(first.place)}.")
    more = len(row.failures) - 1
    if more:
        parts.append(f"{more} older compile{'' if more == 1 else 's'} did not fit either.")
    parts.append(f"What keeps it from that: {cure(first)}")
    return "\n\n".join(parts)


def _failed(failure: GuardFailure) -> str:
    if not failure.what or not failure.expected:
        return f"torch says {code(failure.text)}."
    if failure.what == "condition":
        return f"It asks for {code(failure.expected)}."
    source = f" of {code(_name(failure.source))}" if failure.source else ""
    came = f", and {code(failure.actual)} came" if failure.actual else ""
    return f"The {failure.what}{source} had been {code(failure.expected)}{came}."


def _name(source: str) -> str:
    """A source as the user wrote it: `x` for `L['x']`."""
    return _LOCAL.sub(r"\1", source)


def cure(failure: GuardFailure) -> str:
    """Which option, or which change in the caller, keeps a guard of this kind from failing."""
    if (match := _SIZE.fullmatch(failure.what)) is not None:
        return _of_size(_name(failure.source), int(match["index"]))
    for begins, words in _CURES.items():
        if failure.what.startswith(begins):
            return words(failure)
    return "torch names no option for this; make what the guard is about the same in every call."


def _of_size(name: str, index: int) -> str:
    mark = code(f"torch._dynamo.mark_dynamic({name}, {index})") if name.isidentifier() else ""
    marked = f"{mark} before the first call, or " if mark else ""
    return f"{marked}{code('torch.compile(..., dynamic=True)')}, so that the size is a symbol from the start."


def _condition(failure: GuardFailure) -> str:
    if "size()" in failure.expected or ".size(" in failure.expected:
        return (
            "the compiled code holds for some sizes only. "
            f"{code('torch._dynamo.mark_dynamic(x, index, min=…, max=…)')} tells torch the range; a size that Python "
            "branches on costs one compile for each branch."
        )
    return "make what the condition is about the same in every call, or take the branch on it out of the function."


def _value(failure: GuardFailure) -> str:
    name = _name(failure.source)
    if re.fullmatch(r"-?\d+", failure.expected):
        attribute = "." in name
        if attribute:
            setting = code("torch._dynamo.config.allow_unspec_int_on_nn_module = True")
            return f"{setting}, so that whole numbers in a module's attributes become symbols; or pass it as a tensor."
        return (
            f"{code('torch.compile(..., dynamic=True)')}, so that the whole number is a symbol from the start; or pass "
            "it as a tensor."
        )
    if re.fullmatch(r"-?\d*\.\d+(?:e-?\d+)?", failure.expected):
        return f"pass {code(name)} as a tensor, so that its value is data and not part of the code."
    return f"every value of {code(name)} has code of its own: keep it the same, or compile a function for each value."


_CURES: dict[str, Callable[[GuardFailure], str]] = {
    "stride": lambda failure: (
        f"pass {code(_name(failure.source))} in one memory layout, {code('.contiguous()')} for instance."
    ),
    "rank": lambda _: "each number of dimensions has code of its own: reshape before the call.",
    "dtype": lambda failure: (
        f"each dtype has code of its own: cast {code(_name(failure.source))} before the call if one is enough."
    ),
    "device": lambda _: "each device has code of its own: move the tensor before the call if one is enough.",
    "requires_grad": lambda _: (
        f"call it always with gradients or always without: {code('torch.no_grad()')} around some calls alone makes two."
    ),
    "dispatch key set": lambda _: "call it always in one mode: inference mode, autocast and subclasses make others.",
    "global state": lambda _: (
        "set gradients, autocast, threads and the default dtype before the first call, and leave them so."
    ),
    "length": lambda _: "each length of a list or dictionary has code of its own: pass one tensor instead.",
    "type": lambda _: "each type has code of its own: pass objects of one type.",
    "identity": lambda _: (
        "it was compiled for one very object: make it once, outside of the function, and pass it in or keep it."
    ),
    "backend": lambda _: "compile it once, with one backend and one set of options, and keep what was returned.",
    "condition": _condition,
    "value": _value,
}
"""How the property begins → what helps, as the end of a sentence."""
