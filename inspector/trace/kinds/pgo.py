"""Records of profile-guided dynamic shapes: what torch remembers of each function's sizes."""

from __future__ import annotations

import re

from inspector.model.pgo import CodeShapes, CodeState
from inspector.trace.registry import Incoming, record_kind

_HASH = re.compile(r"hash\([^()]*\)")
_SUGGESTION = re.compile(r'TORCH_COMPILE_DYNAMIC_SOURCES="([^"\n]*)"')


@record_kind(
    "artifact:get_local_code_state",
    "artifact:get_remote_code_state",
    "artifact:get_extra_remote_code_state",
    "artifact:put_local_code_state",
    "artifact:put_remote_code_state",
    "artifact:put_extra_remote_code_state",
)
def _code_state(item: Incoming) -> None:
    verb, _, store = item.kind.removeprefix("artifact:").removesuffix("_code_state").partition("_")
    functions, sources = read_code_state(item.text)
    compile_id = item.draft.compile_id if item.draft is not None else None
    item.state.code_states.append(CodeState(compile_id, verb == "put", store, functions, sources))
    item.state.version += 1


def read_code_state(text: str) -> tuple[tuple[CodeShapes, ...], tuple[str, ...]]:
    """The functions in a rendered state, and the sources that torch suggests to declare dynamic."""
    functions: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.split("\n"):
        if line.startswith("  ") and functions:
            source, _, state = line.strip().partition(": ")
            functions[-1][1].append((source, state))
        elif line.endswith(":"):
            functions.append((_HASH.sub("", line[:-1], count=1), []))
    suggested = _SUGGESTION.search(text)
    sources = tuple(name for name in suggested[1].split(",") if name) if suggested else ()
    return tuple(CodeShapes(code, tuple(entries)) for code, entries in functions), sources
