"""Records of torch's caches: what was asked, what they answered, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.model.cache import KEY_PART, NOT_STORED, CacheLookup, KeyPart
from inspector.model.number import finite_or_none
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.units import current_unit

_SHOWN_ELSEWHERE = frozenset(
    (
        "cache_state",
        "key",
        "components",
        "cache_bypass_reason",
        "cache_status_detailed",
        "time_saved_ns",
        "time_saved_ms",
    )
)
_REASONS = ("cache_bypass_reason", "cache_status_detailed", "_reason", "error")


QUESTIONS = {
    **{f"artifact:fx_graph_cache_{answer}": ("fx_graph", answer) for answer in ("hit", "miss", "bypass")},
    **{f"artifact:aotautograd_cache_{answer}": ("aotautograd", answer) for answer in ("hit", "miss", "bypass")},
    "artifact:fx_graph_bundled_cache_hit": ("fx_graph_bundled", "hit"),
    "artifact:aotautograd_cache_pickle_failure": ("aotautograd", NOT_STORED),
    "artifact:dynamo_cache_bypass": ("dynamo", "bypass"),
    "artifact:dynamo_cache_exception": ("dynamo", "exception"),
    "artifact:precompile_cache_bypass": ("precompile", "bypass"),
}
"""Record kind → which cache was asked, and what it answered."""


@record_kind(*QUESTIONS)
def _lookup(item: Incoming) -> None:
    cache, answer = QUESTIONS[item.kind]
    data = _object(item)
    if answer == NOT_STORED and data.get("field"):
        data = data | {"error": f"{data.get('error')} (in {data['field']})"}
    _keep(item, cache, answer, data)


@record_kind("artifact:aotautograd_cache_hash")
def _older_lookup(item: Incoming) -> None:
    """How torch 2.6 and before wrote what are three kinds now."""
    data = item.data
    _keep(item, "aotautograd", str(data.get("cache_state") or ""), data)


def _keep(item: Incoming, cache: str, answer: str, data: Mapping[str, Any]) -> None:
    draft = item.draft
    backward = False
    if draft is not None:
        if cache.startswith("fx_graph"):
            known = draft.fx_cache.split(", ") if draft.fx_cache else []
            draft.fx_cache = ", ".join(dict.fromkeys((*known, answer)))
            backward = bool(draft.view.units) and current_unit(draft).backward
        draft.version += 1
    parts = data.get("components")
    lookup = CacheLookup(
        draft.compile_id if draft is not None else "",
        cache,
        answer,
        str(data.get("key") or ""),
        next((str(data[key]) for key in _REASONS if data.get(key)), ""),
        tuple(_part(str(line)) for line in parts) if isinstance(parts, list) else (),
        _saved(data),
        backward,
        {key: value for key, value in data.items() if key not in _SHOWN_ELSEWHERE},
    )
    item.state.cache_lookups.append(lookup)
    item.state.version += 1


def _object(item: Incoming) -> dict[str, Any]:
    """The payload, where it is a JSON object; some bypasses are a bare sentence.

    Raises:
        TypeError: it is JSON, and neither an object nor a text.
    """
    try:
        data = item.json
    except ValueError:
        data = item.text
    if isinstance(data, str):
        return {"cache_bypass_reason": data.strip()}
    if not isinstance(data, dict):
        raise TypeError("its payload is not a JSON object")
    return data


def _part(line: str) -> KeyPart:
    """One line of a key, `[digest] name: value`; one of another shape is kept whole."""
    match = KEY_PART.match(line)
    return KeyPart(match["digest"], match["name"], match["text"]) if match else KeyPart("", "", line)


def _saved(data: Mapping[str, Any]) -> float | None:
    for key, unit in (("time_saved_ns", 1e9), ("time_saved_ms", 1e3)):
        if (saved := finite_or_none(data.get(key))) is not None:
            return saved / unit
    return None
