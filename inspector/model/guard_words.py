"""The register of guard kinds: how torch words a guard that did not hold, and what of it was expected and what came.

The wordings are those of torch 2.5 to 2.13 and of its sources since: `get_guard_fail_reason_helper` and `GuardBuilder`
(torch/_dynamo/guards.py), and the leaf guards and accessors of torch/csrc/dynamo/guards.cpp. A guard that torch prints
as an expression reads the same in a reason and in the guard tree, so that one register serves both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

_WRAPPED = r"\w[\w.]*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
SOURCE = rf"(?:{_WRAPPED}|[LG]\[['\"][^'\"]+['\"]\]|[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*|\[[^\[\]]*\]|\(\))*"
"""A value as torch reaches it: `self.act`, `L['x'].size()[0]`, `list(dict.keys(d))[0]`, `___as_tensor(r).item()`."""
_WORDS_OF_PYTHON = frozenset(("not", "in", "is", "and", "or", "if", "else", "True", "False", "None"))
_CHECKS = re.compile(
    r"(?:not\b|len|hasattr|isinstance|___check_\w+|___dict_contains|set\.__contains__|Eq|Ne|Mod)\s*\(?"
)
_PROPERTY = re.compile(r"(?P<of>.+)\.(?P<what>size|stride)\(\)\[(?P<index>\d+)\]$")
_PLACE = re.compile(r"(?P<place>[^\s(]\S*:\d+ in \S+?)(?: \((?P<remark>.*)\))?\s*$", re.DOTALL)
_STRING_OR_COMMENT = re.compile(
    r"""'[^'\\]*(?:\\.[^'\\]*)*(?:'|(?P<open>\\?\Z))"""
    r"""|"[^"\\]*(?:\\.[^"\\]*)*(?:"|(?P<open_too>\\?\Z))"""
    r"|(?P<comment>  #)",
    re.DOTALL,
)
_STATES = re.compile(r"\S+")


class Reading(NamedTuple):
    """What one guard's words say."""

    source: str
    """What is guarded, `x`; empty where it is no one value, or the words do not name it."""
    what: str
    """Which property of it: `dtype`, `size at index 1`, `value`."""
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True)
class GuardKind:
    """One way in which torch words a guard."""

    name: str
    words: re.Pattern[str]
    """Matches from the beginning of the words, without the comment behind them."""
    read: Callable[[re.Match[str]], Reading]


class Read(NamedTuple):
    """Words of torch, read: the kind's name and what it makes of them; both empty for words that nobody knows."""

    kind: str
    reading: Reading


def read_words(code: str) -> Read:
    """Reads a guard's words, without compile id, comment and stack."""
    code = code.strip()
    for kind in KINDS:
        if (match := kind.words.match(code)) is not None:
            return Read(kind.name, kind.read(match))
    if re.search(r"[=<>()\[\]]", code) is not None or code.startswith("not "):
        return Read(CONDITION, Reading(first_source(code), CONDITION, code))
    return Read("", Reading("", ""))


class Spoken(NamedTuple):
    """A guard's words, and the comment that torch puts behind them."""

    code: str
    line: str
    """The user's line; empty where torch does not know it."""
    place: str
    """`model.py:12 in forward`, its path cut by torch."""
    remark: str
    """torch's own."""


def split_comment(text: str) -> Spoken:
    """Cuts `EXPRESSION  # USER'S LINE  # FILE:LINE in NAME (REMARK)`, each but the first left out where unknown.

    The line and the expression may hold a `#` of their own.
    """
    at = _outside_quotes(text)
    if at is None:
        return Spoken(text.strip(), "", "", "")
    code, comment = text[:at].strip(), text[at:].strip().removeprefix("#").strip()
    line, _, last = comment.rpartition("  # ")
    if (match := _PLACE.fullmatch(last.strip())) is not None:
        return Spoken(code, line.strip(), match["place"], (match["remark"] or "").removeprefix("HINT: ").strip())
    return Spoken(code, "", "", comment)


def _outside_quotes(text: str) -> int | None:
    """Where the comment begins: the first two blanks and `#` that are not inside a string."""
    for found in _STRING_OR_COMMENT.finditer(text):
        if found.lastgroup == "comment":
            return found.start()
        if found.lastgroup is not None:  # a string that nothing closes
            return text.find("  # ") if "  # " in text else None
    return None


def local(source: str) -> str:
    """A source as torch words it in reasons: `x` for `L['x']`."""
    return re.sub(r"\bL\[['\"]([^'\"]+)['\"]\]", r"\1", source)


CONDITION = "condition"
"""The kind, and the property, of an expression that is about several values, or bounds one."""
NO_GUARD_FAILED = "no guard failed: perhaps another thread compiled it meanwhile"
"""What is said of a frame that was compiled though a compile of it fits. torch looks for the guard that failed only
once it may compile, and a thread that had to wait until then finds the code that another one made."""


def sources_in(code: str) -> tuple[str, ...]:
    """The values that an expression is about, in its order, each once."""
    found = (match[0] for match in re.finditer(SOURCE, re.sub(r"'[^']*'(?!\])|\"[^\"]*\"(?!\])", "''", code[:4000])))
    plain = (inner for text in found for inner in _inside(text))
    return tuple(dict.fromkeys(name for name in plain if name not in _WORDS_OF_PYTHON))


def first_source(code: str) -> str:
    """The first value that an expression is about, without `.size()[0]`; empty where there is none."""
    name = next(iter(sources_in(code)), "")
    match = _PROPERTY.match(name)
    return match["of"] if match else name


def _inside(text: str) -> tuple[str, ...]:
    """A value itself, or those inside a check that only looks like one: `x` for `len(x)`."""
    match = _CHECKS.match(text)
    return (text,) if match is None else tuple(re.findall(SOURCE, text[match.end() :].rstrip(")")))[:1]


def _tensor(match: re.Match[str]) -> Reading:
    what = match["what"].removeprefix("Tensor ").replace("strides", "stride")
    expected, actual = match["expected"].strip(), (match["actual"] or "").strip()
    if what == "requires_grad":  # of a flag torch leaves out what came: it is the other one
        actual = actual or {"0": "1", "1": "0", "False": "True", "True": "False"}.get(expected, "")
    return Reading(match["source"], what + (match["at"] or ""), expected, actual)


def _tensor_type(match: re.Match[str]) -> Reading:
    expected = match["expected"].strip().rstrip(",")
    return Reading(match["source"], "type", expected, (match["actual"] or "").strip())


def _marking(match: re.Match[str]) -> Reading:
    return Reading("", "marked dimensions", f"within {match['compiled']}", match["runtime"])


def _state(match: re.Match[str]) -> Reading:
    return Reading("", f"global state: {', '.join(_STATES.findall(match['what']))}")


def _backend(match: re.Match[str]) -> Reading:
    return Reading("", "backend", *(re.sub(r" \(id=\w+\)$", "", match[name] or "") for name in ("cached", "new")))


def _duplicates(match: re.Match[str]) -> Reading:
    names = re.findall(r"[\"']((?:[^\"'\\]|(?<=\[)['\"][^\"']*['\"](?=\]))+)[\"']", match["names"])
    same = " and ".join(names) or match["names"]
    return Reading(names[0] if names else "", "aliasing", "no two tensors the same", f"{same} are one tensor")


def _identity(match: re.Match[str]) -> Reading:
    return Reading(match["source"], "identity", object_words(match["id"], match["type"] or ""))


def object_words(number: str, type_name: str) -> str:
    """An object as a guard tells it from others: `builtin_function_or_method, id 1396`."""
    name = re.sub(r"^<(?:class|enum) '(.*)'>$", r"\1", type_name)
    return f"{name}, id {number}" if name else f"id {number}"


def _item(match: re.Match[str]) -> Reading:
    """`'a' in d`, or that it is not: of a yes or no, what came is the other one."""
    inside, outside = f"{match['key']} in {match['source']}", f"{match['key']} not in {match['source']}"
    return Reading(match["source"], f"item {match['key']}", *((outside, inside) if match["not"] else (inside, outside)))


def _attribute(match: re.Match[str]) -> Reading:
    name = match["name"].strip("'\"")
    there, absent = f"has {name}", f"has no {name}"
    return Reading(match["source"], f"attribute {name}", *((absent, there) if match["not"] else (there, absent)))


def _value(match: re.Match[str]) -> Reading:
    source, expected = match["source"], match["expected"].strip()
    if (of := _PROPERTY.match(source)) is not None:
        if re.fullmatch(r"-?\d+", expected):
            return Reading(of["of"], f"{of['what']} at index {of['index']}", expected)
        return Reading(of["of"], CONDITION, match[0].strip())
    if source in _WORDS_OF_PYTHON or _CHECKS.match(source):
        return Reading(first_source(match[0]), CONDITION, match[0].strip())
    return Reading(source, "value", expected)


def _same(match: re.Match[str]) -> Reading:
    other = match["expected"].strip()
    if match["not"]:
        return Reading(match["source"], "same object", f"another object than {other}", f"the same object as {other}")
    return Reading(match["source"], "same object", f"the same object as {other}", f"another object than {other}")


def _of(what: str, **given: str) -> Callable[[re.Match[str]], Reading]:
    """A reading of a pattern's groups `source`, `expected` and `actual`, as far as it has them."""

    def read(match: re.Match[str]) -> Reading:
        groups = {"source": "", "expected": "", "actual": "", **match.groupdict(), **given}
        values = (groups[name] or "" for name in ("expected", "actual"))
        return Reading((groups["source"] or "").strip(), what, *(value.strip() for value in values))

    return read


def _kind(name: str, words: str, read: Callable[[re.Match[str]], Reading]) -> GuardKind:
    return GuardKind(name, re.compile(words.replace("SOURCE", SOURCE), re.DOTALL), read)


_TENSOR_MISMATCH = (
    r"tensor '(?P<source>.+?)' (?P<what>[\w ]+?) mismatch(?P<at> at index \d+)?\. [Ee]xpected "
    r"(?:device index to be |requires_grad=)?(?P<expected>.+?)(?:, actual (?P<actual>.+))?$"
)
KINDS = (
    # What the tensor check says in words.
    _kind("tensor", _TENSOR_MISMATCH, _tensor),
    _kind("tensor", r"tensor '(?P<source>.+?)' ", _of("tensor")),
    _kind(
        "tensor type",
        r"expected type of '(?P<source>.+?)' to be (?P<expected>.+?)(?:,? '?\s*but found (?P<actual>.+))?$",
        _tensor_type,
    ),
    _kind("gradient", r"not a tensor - grad field is accessed (?P<source>.+)$", _of("type", expected="a tensor")),
    _kind("aliasing", r"Duplicate tensors found: (?P<names>.+)$", _duplicates),
    _kind(
        "aliasing",
        r"Duplicate tensor found where not expected!\s*(?P<source>.*?)\s*(?:should not alias.*)?$",
        _of("aliasing", expected="no two tensors the same", actual="the same tensor twice"),
    ),
    _kind(
        "marked dimensions",
        r"(?P<attr>\w+) not a subset: runtime (?P<runtime>.+?) is not a subset of compiled (?P<compiled>.+)$",
        _marking,
    ),
    _kind(
        "marked dimensions",
        r"_has_dynamo_dim_marking is present on runtime tensor but was absent at compile time",
        _of("marked dimensions", expected="none"),
    ),
    _kind(
        "marked dimensions",
        r"(?P<attr>_dynamo_\w+) (?:should be absent but is present on runtime tensor|"
        r"(?:mismatch: )?expected (?P<expected>.+?)(?:,? but (?P<actual>.+))?)$",
        _of("marked dimensions"),
    ),
    _kind(
        "marked dimensions",
        r"hasattr\((?P<source>.+), '(?P<attr>_dynamo_\w+)'\) == False",
        _of("marked dimensions", expected="none"),
    ),
    _kind(
        "marked dimensions",
        r"\(*(?:getattr\()?(?P<source>.+?)(?:, '|\.)_dynamo_\w+(?:', set\(\)\))?\.issubset\((?P<expected>.+?)\)\)? if ",
        _of("marked dimensions"),
    ),
    # What is about no one value.
    _kind("global state", r"GLOBAL_STATE changed:(?P<what>.*)$", _state),
    _kind("global state", r"___check_global_state\(\)", _of("global state")),
    _kind("torch function modes", r"___check_torch_function_mode_stack\(\)", _of("torch function modes")),
    _kind("default device", r"utils_device\.CURRENT_DEVICE == (?P<expected>.+)$", _of("default device")),
    _kind(
        "forward AD level", r"torch\.autograd\.forward_ad\._current_level == (?P<expected>.+)$", _of("forward AD level")
    ),
    _kind(
        "functorch layers",
        r"torch\._functorch\.pyfunctorch\.compare_functorch_state\((?P<expected>.*)\)$",
        _of("functorch layers"),
    ),
    _kind(
        "saved tensor hooks",
        r"torch\._functorch\.\w+\.utils\.top_saved_tensors_hooks ids == (?P<expected>.+)$",
        _of("saved tensor hooks"),
    ),
    _kind(
        "backend",
        r"BACKEND_MATCH failure(?::.*?(?:Cached backend: (?P<cached>.+?)\. New backend: (?P<new>.+?)\. If .*)?)?$",
        _backend,
    ),
    _kind(
        "none failed", r"Unexpected recompilation: runtime guards failed even though they passed", _of(NO_GUARD_FAILED)
    ),
    _kind(
        "deallocated",
        r"Cache line invalidated because (?P<source>.+?) got deallocated",
        _of("lifetime", expected="alive", actual="deallocated"),
    ),
    # How a value is reached: torch stops where it cannot go on.
    _kind(
        "attribute",
        r"getattr failed on source (?P<source>.+)$",
        _of("attribute"),
    ),
    _kind("item", r"(?:KeyError|IndexError) on (?P<source>.+)$", _of("item", expected="present", actual="missing")),
    _kind(
        "accessor",
        r"(?P<what>\w+?)GuardAccessor: (?:Not a \w+(?: obj)?|null type dict) (?:on )?(?P<source>.+)$",
        lambda match: Reading(match["source"], match["what"].lower(), "present", "missing"),
    ),
    _kind("weak reference", r"Not a weakref(?: obj)? (?P<source>.+)$", _of("type", expected="a weak reference")),
    # Expressions with a check of torch's own.
    _kind(
        "type",
        r"___check_(?:type_id|fake_script_type)\((?P<source>.+), \d+\)(?:, type=(?P<expected>.+))?$",
        _of("type"),
    ),
    _kind("identity", r"___check_obj_id\((?P<source>.+), (?P<id>\d+)\)(?:, type=(?P<type>.+))?$", _identity),
    _kind("dict version", r"___dict_version\((?P<source>.+)\) == (?P<expected>\d+)$", _of("dict version")),
    _kind("item", r"(?P<not>not )?___dict_contains\((?P<key>.+), (?P<source>SOURCE)\)$", _item),
    _kind("item", r"(?P<not>not )?set\.__contains__\((?P<source>SOURCE), (?P<key>.+)\)$", _item),
    _kind("attribute", r"(?P<not>not )?hasattr\((?P<source>SOURCE), (?P<name>'.+?')\)$", _attribute),
    _kind("length", r"not (?P<source>(?!\w[\w.]*\()SOURCE)$", _of("length", expected="0")),
    _kind("length", r"len\((?P<source>.+)\) (?:==|!=) (?P<expected>\d+)$", _of("length")),
    _kind("length", r"___tuple_iterator_len\((?P<source>.+)\) == (?P<expected>\d+)$", _of("items left")),
    _kind("iterator", r"___normalize_range_iter\((?P<source>.+)\) == (?P<expected>.+)$", _of("start, stop, step")),
    _kind("iterator", r"___normalize_count_iter\((?P<source>.+)\) == (?P<expected>.+)$", _of("start, step")),
    _kind(
        "keys",
        r"list\((?:dict\.keys\((?P<source>SOURCE)\)|(?P<other>SOURCE)\.keys\(\))\) == (?P<expected>.+)$",
        lambda match: Reading(match["source"] or match["other"], "keys", match["expected"]),
    ),
    _kind(
        "keys",
        r"list\(dict\.keys\((?P<source>SOURCE)\)\)\[(?P<index>\d+)\] == (?P<expected>.+)$",
        lambda match: Reading(match["source"], f"key {match['index']}", match["expected"]),
    ),
    _kind(
        "not a number",
        r"\(?type\((?P<source>.+?)\) is (?:float|complex) and __(?:math|numpy)_isnan\(.+?\)\)?$",
        _of("value", expected="nan"),
    ),
    _kind("not a number", r"not math\.isnan\((?P<source>.+)\)$", _of("value", expected="a number", actual="nan")),
    _kind(
        "number subclass",
        r"(?:int|float|str|bool|complex|bytes)\((?P<source>SOURCE)\) == (?P<expected>.+)$",
        _of("value as a plain number"),
    ),
    _kind(
        "dispatch keys", r"(?P<source>SOURCE)\.raw_repr\(\) == (?P<expected>.+)\.raw_repr\(\)$", _of("dispatch key set")
    ),
    _kind(
        "subclass metadata",
        r"(?:___check_metadata_|__dtensor_spec_|___check_opaque_guard_fn_)\S+$",
        _of("metadata of a tensor subclass"),
    ),
    _kind(
        "subclass metadata",
        r"(?P<source>SOURCE)\.__tensor_flatten__\(\)\[1\] == (?P<expected>.+)$",
        _of("metadata of a tensor subclass"),
    ),
    # Comparisons.
    _kind("none", r"(?P<source>SOURCE) is (?P<expected>None)$", _of("value")),
    _kind("not none", r"(?P<source>SOURCE) is not None$", _of("value", expected="anything but None", actual="None")),
    _kind("same object", r"(?P<source>SOURCE) is (?P<not>not )?(?P<expected>SOURCE)$", _same),
    _kind("value", r"(?P<source>SOURCE) == (?P<expected>.+)$", _value),
)
"""Every kind of guard that is known, the first that fits counts."""
