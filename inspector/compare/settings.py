"""Options, versions and machines of two captures: only what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from inspector.model.capture import Capture
from inspector.model.difference import FactChange

_CONFIGS = {"dynamo_config": "dynamo", "inductor_config": "inductor", "functorch_config": "functorch"}
"""torch's own settings, as CompilationMetrics hold them: key → what stands before each."""

_OF_THE_RUN = ("counters", "ended")
"""What the environment says of the run, and is no setting."""

NOT_SET = "not set"


def compare_settings(a: Capture, b: Capture) -> tuple[FactChange, ...]:
    """Every option, version and setting that differs, options first."""
    ours, theirs = _settings(a), _settings(b)
    asked = dict.fromkeys((*_asked(a), *_asked(b)), NOT_SET)
    # A request holds every option: what it lacks was left to torch. A log has no request, and does not say.
    ours, theirs = (found if capture.request is None else asked | found for found, capture in ((ours, a), (theirs, b)))
    return tuple(
        FactChange(name, ours.get(name, ""), theirs.get(name, ""))
        for name in dict.fromkeys((*asked, *ours, *theirs))
        if ours.get(name, "") != theirs.get(name, "")
    )


def _settings(capture: Capture) -> dict[str, str]:
    found = _asked(capture)
    found |= dict(_inputs(capture.target.get("inputs")))
    found |= dict(_flat("", {key: value for key, value in capture.environment.items() if key not in _OF_THE_RUN}))
    for compilation in capture.compilations:
        for key, prefix in _CONFIGS.items():
            for name, value in _flat(prefix, _read(compilation.metrics.get(key))):
                found.setdefault(name, value)
    return found


def _asked(capture: Capture) -> dict[str, str]:
    """The options it was compiled with that somebody set; empty of a log, which does not hold them."""
    request = capture.request
    return {} if request is None else dict(_flat("", asdict(request) | {"inductor": dict(request.inductor)}))


def _inputs(inputs: Any) -> Iterator[tuple[str, str]]:
    for item in inputs if isinstance(inputs, list) else ():
        if isinstance(item, Mapping):
            shape = item.get("shape")
            size = f"[{', '.join(map(str, shape))}]" if isinstance(shape, list | tuple) else ""
            yield f"input {item.get('name', '?')}", f"{item.get('dtype', '')}{size}"


def _read(value: Any) -> Any:
    """A setting that torch logs as JSON in a string; None where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}".lstrip("."), inner)
    elif prefix and value is not None:
        yield prefix, value if isinstance(value, str) else json.dumps(value, default=str)
