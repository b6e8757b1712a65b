"""What would have kept a function from being compiled again, held against the log before it is said.

Each compile's guards say what its code asks of a call and, with what earlier code refused it for, what call it was
made for. An advice makes some of what calls differ in not matter: sizes that are symbols from the start, a value that
is kept the same. The calls are then put to the guards of the code before them once more, and those are counted that
would have been served.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inspector.model.conditions import WHOLE, holds
from inspector.model.cures import Key, cure, named
from inspector.model.guard_words import local, sources_in

if TYPE_CHECKING:
    from inspector.model.call_values import CallValues
    from inspector.model.compile_row import CompileRow

_SIZE = re.compile(r"size at index (\d{1,9})(?!\d)")
_NUMBER = re.compile(r"-?(?:\d+|\d*\.\d+|\d+\.\d*)(?:e[+-]?\d+)?")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*(?:\._modules\['\w+'\])*(?:\.\w+)+")
_FEW = 3
_LOCAL_NAME = re.compile(r"[A-Za-z_]\w*")
_ARGUMENT = re.compile(r"(?!___)[A-Za-z_]\w*")


@dataclass(frozen=True)
class Advice:
    """One thing to do about a function's recompiles."""

    code: tuple[str, ...]
    """The options or calls, as they are written; empty where it is a change of the caller's in words."""
    words: str
    """What to do, as the beginning of a sentence that ends in how many recompiles it would have spared; `{0}` stands
    for the code."""
    spared: int | None
    """How many of the recompiles an earlier compile would have served; None where the guards do not tell."""
    recompiles: int
    """How many there are."""
    remark: str = ""
    """What it does not do."""
    unknown: str = "the log does not hold all their guards"
    """Why it is not known, where it is not."""
    symbols: bool = False
    """Whether it makes symbols of sizes or arguments, which `dynamic=True` does of all."""


_NEEDED = " Code that needs the number itself, for range() or as an index, is compiled for each all the same."
_MADE_INSIDE = (
    " To mark {} where it is made takes code that is not compiled there (torch._dynamo.disable): compiled code cannot"
    " call mark_dynamic."
)
_COMES_THROUGH = " An argument that only comes through is marked by the caller: {} before each call."
ZERO_AND_ONE = " A size or whole number of 0 or 1 has code of its own in any case."


def advice_for(
    rows: Sequence[CompileRow],
    values: Callable[[str], CallValues],
    *,
    automatic: bool = True,
    graphs: Mapping[str, str] | None = None,
) -> tuple[Advice, ...]:
    """What might help a function that was compiled more than once, with how much it would have helped.

    Args:
        rows: its compiles, in order.
        values: compile id → what its guards say about the call that it was made for.
        graphs: compile id → the digest of the graph that it made, as far as these are recorded.
        automatic: whether torch was free to make a symbol of what changes, which `dynamic=False` forbids.
    """
    rows = [row for row in rows if row.compiled]  # what a limit refused left no guards
    again = len(rows) - 1
    if again < 1 or not any(row.failures for row in rows):
        return ()
    calls = _calls(rows, values)
    failed = dict.fromkeys((local(item.source), item.what) for row in rows for item in row.failures if item.what)
    known = all(call.values for call in calls)
    varying = _varying(calls)
    held = _held(calls)
    resumed = rows[0].resumed
    made = list(_numbers(calls, varying, failed, again, known=known, automatic=automatic, resumed=resumed))
    if len({row.operators for row in rows}) > 1:  # the number may be how often a loop is run, which is no symbol
        made = [replace(item, spared=None, unknown=_SHAPED) if _UNSPEC in item.code else item for item in made]
    for key in failed:
        if (key not in held and _becomes_symbol(key, calls)) or (words := cure(key, resumed=resumed)) is None:
            continue
        same = {other for other in varying if other == key or _goes_along(other, key)}
        advice = Advice((), words, None, again)
        if known and same:
            advice = _kept(words, calls, same, _may_follow(key, varying), again)
        made.append(_one_object(advice, calls, same, graphs or {}) if key[1] == "identity" else advice)
    helps = [item for item in made if item.spared != 0]
    return tuple(sorted(dict.fromkeys(helps or made), key=lambda item: -(item.spared or 0)))


def _calls(rows: Sequence[CompileRow], values: Callable[[str], CallValues]) -> list[Call]:
    """The calls that compiles were made for: by their own guards, and by what earlier code refused each for, which
    tells what these leave out: a size that became a symbol."""
    found: dict[str, Call] = {}
    for row in rows:
        refused: dict[str, set[Key]] = {}
        came: dict[Key, str] = {}
        for item in row.failures:
            key = local(item.source), item.what
            earlier = found.get(item.against)
            if earlier is not None and key in earlier.values:
                refused.setdefault(item.against, set()).add(key)
                if item.actual and item.expected == earlier.values[key]:  # else it is worded otherwise
                    came[key] = item.actual
        call = Call.of(values(row.compile_id))
        known = {**came, **call.values} if call.values else call.values
        found[row.compile_id] = replace(call, values=known, compile_id=row.compile_id, refused=refused)
    return list(found.values())


def _kept(words: str, calls: Sequence[Call], same: set[Key], follow: set[Key], again: int) -> Advice:
    """The advice to keep something the same, with what goes along with it; what only may is said where it matters."""
    least, most = _spared(calls, ignored=same), _spared(calls, ignored=same | follow)
    if least == most:
        sure = _spared(calls, ignored=same, doubtful=False)
        why = "whether a condition on sizes holds for the calls is not in the log"
        return Advice((), words, least, again) if sure == least else Advice((), words, None, again, unknown=why)
    named = [f"{of} {what}".strip() for of, what in sorted(follow - same)]
    what = ", ".join(named[:_FEW]) + (", …" if len(named) > _FEW else "")
    return Advice((), words, None, again, unknown=f"whether {what} would then be the same is not in a log")


def _one_object(advice: Advice, calls: Sequence[Call], same: set[Key], graphs: Mapping[str, str]) -> Advice:
    """The advice to pass one object always, which is one only for objects that compute the same."""
    if not advice.spared:
        return advice
    if any(call.compile_id not in graphs for call in calls):
        return replace(advice, spared=None, unknown="whether the graphs are the same is not recorded")
    made = [replace(call, values={**call.values, _GRAPH: graphs[call.compile_id]}) for call in calls]
    made = [replace(call, asked={**call.asked, _GRAPH: graphs[call.compile_id]}) for call in made]
    spared = _spared(made, ignored=same)
    return advice if spared == advice.spared else replace(advice, spared=spared, remark=_OTHER_GRAPHS)


_GRAPH: Key = ("", "graph")
_OTHER_GRAPHS = " The graphs that were made for the others differ."


def _may_follow(key: Key, varying: frozenset[Key]) -> set[Key]:
    """What may be another one because of `key`: a tensor is made of the default dtype, on the default device."""
    if key[1] == "default device":
        return set(varying)
    return {other for other in varying if other[1] == "dtype"} if key[1].endswith("default_dtype") else set()


def _goes_along(other: Key, key: Key) -> bool:
    """Whether `other` is the same matter: another part of the global state, or a value's class beside its type."""
    if key[1].startswith("global state"):  # a tensor's key set holds the modes that are on
        return other[1].startswith(("global state", "dispatch key set"))
    if _first_word(key) in _OF_KEYS or key[1] == "value":  # the same keys are as many, the same value has the same keys
        return other[0] == key[0] and (key[1] == "value" or _first_word(other) in (*_OF_KEYS, "length"))
    strides = other[1].startswith("stride") and key[1].startswith("stride")
    same_kind = strides or {other[1], key[1]} <= {"type", "tensor type", "class", "identity"}
    return other[0] == key[0] and same_kind


_OF_KEYS = ("item", "key", "keys")
"""First words of properties that say together which keys a container has."""


def _first_word(key: Key) -> str:
    return key[1].partition(" ")[0]


def _is_number(key: Key, calls: Sequence[Call]) -> bool:
    found = [call.values.get(key, "") for call in calls]
    return _SIZE.fullmatch(key[1]) is not None or (
        key[1] == "value" and all(_NUMBER.fullmatch(value) or not value for value in found) and any(found)
    )


def _becomes_symbol(key: Key, calls: Sequence[Call]) -> bool:
    return _is_number(key, calls) and (_SIZE.fullmatch(key[1]) or _LOCAL_NAME.fullmatch(key[0])) is not None


def _held(calls: Sequence[Call]) -> frozenset[Key]:
    """Numbers that code was compiled again for because they had changed, and that it asks for one number of all the
    same: torch would make symbols of them by itself, were it not forbidden to, or the code such that it cannot."""
    refused = ((key, call.asked.get(key, "")) for call in calls for keys in call.refused.values() for key in keys)
    return frozenset(key for key, value in refused if _class_of(value) == "a number")


_UNSPEC = "torch._dynamo.config.allow_unspec_int_on_nn_module = True"
_SHAPED = "the graphs have not as many operators, which a number may be the cause of"
_HELD = "what had changed was compiled for one number again: torch was not to make a symbol of it, or could not"


def _numbers(
    calls: Sequence[Call],
    varying: frozenset[Key],
    failed: Iterable[Key],
    again: int,
    *,
    known: bool,
    automatic: bool,
    resumed: bool,
) -> Iterable[Advice]:
    """What helps against sizes and numbers that change. What a resumed function is called with, a caller marks only
    where it is an argument that nothing changed on the way."""
    held = _held(calls)
    failing = [key for key in failed if _is_number(key, calls)]
    sizes = frozenset(key for key in varying if _SIZE.fullmatch(key[1]))
    some_size = any(_SIZE.fullmatch(what) for _, what in failing)
    if some_size and not resumed:
        wanted = sorted(sizes) or [key for key in failing if _SIZE.fullmatch(key[1])]
        code = tuple(f"torch._dynamo.mark_dynamic({of}, {what.rpartition(' ')[2]})" for of, what in wanted)
        spared = _spared(calls, symbols=sizes) if _is_told(calls, sizes) else None
        advice = Advice(code, "{0} before each call", spared, again, ZERO_AND_ONE, symbols=True)
        yield _unless(bool(sizes & held), advice)
    numbers = frozenset(key for key in varying if key not in sizes and _is_number(key, calls))
    arguments = frozenset(key for key in numbers if _LOCAL_NAME.fullmatch(key[0]))
    inside = " and ".join(sorted({named(of) for of, what in failing if _SIZE.fullmatch(what)})) if resumed else ""
    if inside or any(
        key in arguments or (not known and _LOCAL_NAME.fullmatch(key[0]) and key[1] == "value") for key in failing
    ):
        symbols = sizes | arguments
        spared = _spared(calls, symbols=symbols) if _is_told(calls, symbols) else None
        remark = ZERO_AND_ONE if any(_whole_in_all(key, calls) for key in symbols) else ""
        remark += _MADE_INSIDE.format(inside) if inside else ""
        remark += _marked_by_the_caller(failing) if inside else ""
        option = "torch.compile(..., dynamic=True)"
        yield _unless(bool(symbols & held), Advice((option,), "{0}", spared, again, remark, symbols=True))
    attributes = frozenset(key for key in numbers if _ATTRIBUTE.fullmatch(key[0]) and _whole_in_all(key, calls))
    if automatic and attributes & set(failing):
        # The first value is still compiled for alone; from the second on it is a symbol, 0 and 1 too.
        spared = max(0, _spared(calls, symbols=attributes, apart=()) - 1) if _is_told(calls, attributes) else None
        yield Advice((_UNSPEC,), "{0}", spared, again, _NEEDED)


def _marked_by_the_caller(failing: Iterable[Key]) -> str:
    """How what a resumed function calls by a name may be marked where that name is an argument's; empty for others."""
    sizes = sorted({key for key in failing if _SIZE.fullmatch(key[1]) and _ARGUMENT.fullmatch(key[0])})
    code = " and ".join(f"torch._dynamo.mark_dynamic({of}, {what.rpartition(' ')[2]})" for of, what in sizes)
    return _COMES_THROUGH.format(code) if code else ""


def _unless(held: bool, advice: Advice) -> Advice:
    return replace(advice, spared=None, unknown=_HELD) if held and advice.spared != 0 else advice


def _whole_in_all(key: Key, calls: Sequence[Call]) -> bool:
    return all(WHOLE.fullmatch(call.values.get(key, "0")) for call in calls)


@dataclass(frozen=True)
class Call:
    """The call that a compile was made for."""

    values: Mapping[Key, str]
    conditions: tuple[str, ...] = ()
    """Conditions on sizes and numbers that its code depends on, where it has symbols."""
    compile_id: str = ""
    refused: Mapping[str, Collection[Key]] = field(default_factory=dict)
    """Earlier compile → what it was recorded to have refused this call for."""
    asked: Mapping[Key, str] = field(default_factory=dict)
    """What the code asks of later calls: not a size that is a symbol in it, though it is known of this call."""

    @classmethod
    def of(cls, values: CallValues) -> Call:
        """What the guards say."""
        classes = {key: value for key, value in values.all.items() if key[1] == "class"}
        return cls(values.all, values.conditions, asked={**classes, **values.asked})


def _varying(calls: Sequence[Call]) -> frozenset[Key]:
    """What is known of several calls and not the same in all of them."""
    keys = {key for call in calls for key in call.values}
    return frozenset(key for key in keys if len({call.values[key] for call in calls if key in call.values}) > 1)


def _spared(
    calls: Sequence[Call],
    symbols: frozenset[Key] = frozenset(),
    ignored: Iterable[Key] = (),
    *,
    doubtful: bool = True,
    apart: Collection[str] = ("0", "1"),
) -> int:
    """How many calls an earlier compile would have served, were `symbols` symbols and `ignored` the same in all.

    Args:
        calls: in order.
        symbols: what is a symbol from the start.
        ignored: what never differs.
        doubtful: whether a condition of which nobody can tell counts as one that holds.
        apart: numbers that torch makes no symbol of.
    """
    without = {*ignored, *strides_that_follow(calls)}
    conditions = _conditions(calls, symbols)
    signatures = [_Signature(call, symbols, without, conditions, apart) for call in calls]
    kept: list[_Signature] = []
    for signature in signatures:
        if not any(signature.fits(other, doubtful=doubtful) for other in kept):
            kept.append(signature)
    return len(calls) - len(kept)


def _conditions(calls: Sequence[Call], symbols: frozenset[Key]) -> tuple[str, ...]:
    """What compiled code asks of these symbols."""
    names = {of for of, _ in symbols}
    asked = dict.fromkeys(item for call in calls for item in call.conditions)
    return tuple(item for item in asked if names & {_of(source) for source in sources_in(item)})


def _of(source: str) -> str:
    return local(source).partition(".size()")[0]


def _is_told(calls: Sequence[Call], symbols: frozenset[Key]) -> bool:
    """Whether it is known of every call what decides whether compiled code serves it."""
    conditions = _conditions(calls, symbols)
    return all(symbols <= call.values.keys() and call.values for call in calls) and all(
        holds(item, call.values) is not None for item in conditions for call in calls
    )


class _Signature:
    """What of a call decides which compiled code may serve it."""

    def __init__(
        self,
        call: Call,
        symbols: frozenset[Key],
        without: set[Key],
        conditions: tuple[str, ...],
        apart: Collection[str],
    ) -> None:
        self._values, self._asked = (
            {
                key: _class_of(value, apart) if key in symbols else value
                for key, value in of.items()
                if key not in without
            }
            for of in (call.values, call.asked)
        )
        self._call, self._conditions = call, frozenset(call.conditions).difference(conditions)
        self._id, self._refused = call.compile_id, call.refused
        self._free = symbols | without
        self._answers = {item: answer for item in conditions if (answer := holds(item, call.values)) is not None}

    def fits(self, other: _Signature, *, doubtful: bool) -> bool:
        """Whether `other`'s code serves this call: it asks for nothing that the call is known to lack, and refused it
        for nothing that the advice leaves."""
        return (
            self._free.issuperset(self._refused.get(other._id, ()))
            and all(other._asked.get(key, value) == value for key, value in self._values.items())
            and all(other._answers.get(item, answer) == answer for item, answer in self._answers.items())
            and all(self._meets(item, doubtful) for item in other._conditions)
        )

    def _meets(self, condition: str, doubtful: bool) -> bool:
        """Whether a condition of other code holds for this call: what its own code asks did."""
        if condition in self._call.conditions:
            return True
        found = holds(condition, self._call.values)
        return doubtful if found is None else found


def _class_of(value: str, apart: Collection[str] = ("0", "1")) -> str:
    """What a symbol leaves of a number: torch compiles apart for 0 and 1, but where they are a module's own."""
    return value if value in apart or not _NUMBER.fullmatch(value) else "a number"


def strides_that_follow(calls: Sequence[Call]) -> set[Key]:
    """Strides that are the sizes' own, of contiguous tensors: where the sizes are symbols they follow."""
    found = set()
    for source in {of for call in calls for of, what in call.values if what == "rank"}:
        if all(_contiguous(source, call.values) for call in calls):
            found |= {key for call in calls for key in call.values if key[0] == source and key[1].startswith("stride")}
    return found


def _contiguous(source: str, values: Mapping[Key, str]) -> bool:
    expected = 1
    for index in reversed(range(int(values.get((source, "rank"), "0")))):
        size, stride = (values.get((source, f"{what} at index {index}")) for what in ("size", "stride"))
        if stride is not None and size != "1" and stride != str(expected):
            return False
        if size is None:  # what lies before cannot be told
            return True
        expected *= int(size)
    return True
