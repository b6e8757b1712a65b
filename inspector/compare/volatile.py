"""What differs from one run of the same program to the next without meaning anything.

What stands inside a string constant is the program's own, whatever it looks like: only where a compiler names a file
there is something volatile in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_NAMES_A_FILE = re.compile(r"(?:#include |\b[Ff]ile |\.file\s+\d+\s+|\b(?:filename|directory): |(?<![.\w])loc\()$")
"""What stands before a string that is the name of a file: in C++, in what Python and NVIDIA print of a place, in
PTX, in LLVM's and in MLIR's debug information."""
_NUMBERED = (
    r"__(?:builtins_dict__|gen_rand_values|warnings_warn_wrapper|resume_at_\d+|_context_manager_\d+"
    r"|comprehension_\w+_at_\d+)"
)
"""Globals that Dynamo makes for one compile: behind each stands a number that it counts up from compile to compile."""
_PATTERNS = (
    (re.compile(rf"\b({_NUMBERED})_\d+\b"), r"\1"),
    (re.compile(r"__compiled_fn_\d+(?:_[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12})?"), "__compiled_fn"),
    (
        re.compile(
            r"(?<![\w)\]/])/(?:[^\s'\":,/]+/)*(?:tmp|[^\s'\":,/]*(?:torchinductor|inspector-run)[^\s'\":,/]*)/"
            r"(?:[^\s'\":,/]+/)*"
        ),
        "…/",
    ),
    (re.compile(r"\b(?=[a-z]*[2-7])[a-z2-7]{45,56}\b"), "…"),
    (re.compile(r"\b(?=\d*[a-f])[0-9a-f]{32,64}\b"), "…"),
    (re.compile(r"\bat 0x[0-9a-fA-F]{6,}"), "at 0x…"),
)
"""Dynamo's globals, names of compiled functions, temporary folders, digests (base 32 and hexadecimal) and the addresses
in what Python prints of an object. Other numbers are constants, however long."""
_COMMENTS = (
    (re.compile(r"^(\s*# File: )(?:[^\s:]*/)?([^\s:]+):\d+( in )"), r"\1\2\3"),
    (re.compile(r"^(\s*# AOT ID): .*"), r"\1"),
)
"""In lines that are comments: the folder and the line of a source position, for what counts is the code beside it."""
_CONSTANT = re.compile(r"( = None  # device\(.*\) torch\.\w+ \(.*\)) [0-9a-f]{6,16}$")
"""A constant of the output code: at the end of the comment stands the tensor's address."""
_IDENTITY = re.compile(r"(___check_(?:obj|type)_id\(.*?, ?)\d{6,}(?=\)(?:$|,))")
_OBJECT = re.compile(r"___check_obj_id\(")

_TEXT = r"""("(?:[^"\\]|\\.)*")"""
_COUNTED_GLOBAL = re.compile(rf"{_TEXT}|(\bG\['{_NUMBERED})_\d+(?='\])")
_GLOBAL_OF_OBJECT = re.compile(rf"{_TEXT}|(\bG\['[^'\]]*_\d{{9,}})_c\d+(?='\])")
_ITS_OBJECT = re.compile(rf"{_TEXT}|(\bG\['[^'\]]*_)\d{{9,}}(?='\])")
"""In guards: Dynamo's globals with a number counted up, and those named for an object, `G['__dict_key_1405…_c3']`, by
its number and the compile's. The first alternative is a user's text in which the like may stand."""

_HINTS = ("__", "/", "0x", "#")


def steady(line: str, noise: Iterable[re.Pattern[str]] = ()) -> str:
    """A line without what is volatile in it, and without what its language adds by way of numbering."""
    if " = None  # device(" in line:
        line = _CONSTANT.sub(r"\1", line)
    for pattern in noise:
        line = pattern.sub("", line)
    if len(line) < 32 and not any(hint in line for hint in _HINTS):
        return line
    if line.lstrip().startswith("#"):
        for pattern, instead in _COMMENTS:
            line = pattern.sub(instead, line)
    if "'" not in line and '"' not in line:
        return _steady(line)
    parts, end = [], 0
    for match in _STRING.finditer(line):
        before, text = line[end : match.start()], match[0]
        parts += [_steady(before), _steady(text) if _NAMES_A_FILE.search(before) else text]
        end = match.end()
    return "".join([*parts, _steady(line[end:])])


def _steady(text: str) -> str:
    """Text outside of string constants without what is volatile in it."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def steady_guard(code: str, *, one_process: bool) -> str:
    """What a guard asks, or of what, without what differs from one compile or one process to the next.

    Args:
        code: the guard's expression, or its source.
        one_process: whether it is held against one of the same process: then it counts which object it checks.
    """
    if "G['_" in code:
        code = _GLOBAL_OF_OBJECT.sub(r"\1\2", _COUNTED_GLOBAL.sub(r"\1\2", code))
        code = code if one_process else _ITS_OBJECT.sub(_without_object, code)
    return steady(code if one_process else _IDENTITY.sub(r"\1…", code))


def _without_object(match: re.Match[str]) -> str:
    return match[1] or f"{match[2]}…"


def asks_identity(code: str) -> bool:
    """Whether a guard asks for one certain object, by a number that is another one in each process."""
    return _OBJECT.match(code) is not None
