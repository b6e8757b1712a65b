"""A failed compile: the exception as torch printed it, and as its metrics sum it up, brought together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inspector.model.addresses import without_addresses
from inspector.model.failure import Failure
from inspector.model.frame import Frame, frames_below
from inspector.model.number import finite_or_none

Failures = dict[tuple[str, bool, str], Failure]
"""Failures in the order of the log: a compile has one, and restarts for different reasons."""

_CHAINED = re.compile(
    r"^(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):$",
    re.MULTILINE,
)
_EXCEPTION = re.compile(r"(?P<name>[A-Za-z_][\w.]{0,200})(?:: (?P<words>.*))?$", re.DOTALL)
_USER = re.compile(r"\n(?:from user code:|User stack:)")
"""What stands between the exception's words and the user's frames."""
_ADVICE = re.compile(r"\n[ \t]*Set TORCH(?:_LOGS|DYNAMO_VERBOSE)=.*", re.DOTALL)


def read_failure(compile_id: str, text: str) -> Failure:
    """Reads a `dynamo_error` payload: a traceback, and below it the user's stack."""
    last = _CHAINED.split(text)[-1]
    lines = last.strip("\n").split("\n")
    first = next((number for number, line in enumerate(lines) if number and line and not line[0].isspace()), None)
    if not lines[0].startswith("Traceback (") or first is None:
        first = 0
    body, stack = _without_stack("\n".join(lines[first:]))
    body = _ADVICE.sub("", body).strip()
    match = _EXCEPTION.match(body)
    kind, reason = (match["name"].rpartition(".")[2], match["words"] or "") if match else ("", body)
    return Failure(compile_id, kind, reason.strip(), False, stack[-1] if stack else None, stack, text)


def _without_stack(words: str) -> tuple[str, tuple[Frame, ...]]:
    """An exception's words without addresses of objects, and the user's frames that torch prints below them."""
    body, *below = _USER.split(without_addresses(words), 1)
    return body, frames_below(below[0]) if below else ()


def read_metrics_failures(compile_id: str, metrics: Mapping[str, Any]) -> tuple[Failure, ...]:
    """The restarts and the failure that a compile's metrics name; none of most."""
    spent = metrics.get("dynamo_time_before_restart_s")
    seconds = finite_or_none(spent)
    reasons = metrics.get("restart_reasons")
    found = [
        Failure(compile_id, "", without_addresses(str(reason)).strip(), restarted=True, seconds=seconds)
        for reason in (reasons if isinstance(reasons, list) else ())
    ]
    if metrics.get("fail_type"):
        file, line = metrics.get("fail_user_frame_filename"), metrics.get("fail_user_frame_lineno")
        place = Frame(file, line, "") if isinstance(file, str) and type(line) is int else None
        reason, stack = _without_stack(str(metrics.get("fail_reason") or "").strip())
        found.append(Failure(compile_id, str(metrics["fail_type"]), reason.strip(), False, place, stack))
    return tuple(found)


def keep_failure(failures: Failures, failure: Failure) -> None:
    """Adds a failure; what two records say about one and the same becomes one."""
    key = (failure.compile_id, failure.restarted, failure.reason if failure.restarted else "")
    known = failures.get(key)
    if known is not None:
        failure = replace(
            failure,
            kind=failure.kind or known.kind,
            reason=failure.reason or known.reason,
            place=known.place or failure.place,
            stack=known.stack or failure.stack,
            traceback=known.traceback or failure.traceback,
        )
    failures[key] = failure
