"""Which use of a compile id a record belongs to: a program that resets Dynamo numbers its compiles from 0/0 again."""

from __future__ import annotations

import re

OPENING = frozenset(("dynamo_start", "artifact:recompile_reasons"))
"""Kinds that come before everything else that a compile logs."""
_EVENT = "chromium_event"
_RUN = re.compile(r"~\d+$")


class RunCounter:
    """Counts how often each compile id was begun; `0/0`, then `0/0~2`, `0/0~3`…"""

    def __init__(self) -> None:
        self._runs: dict[str, int] = {}
        self._started: dict[str, int] = {}
        """Compile id → the attempt that its latest `dynamo_start` names; without those that have not started."""

    def seen(self, compile_id: str, kind: str, attempt: int, payload: str | None = None) -> str:
        """The id of the compile that a record belongs to; a record that opens one may begin a new use.

        Args:
            compile_id: torch's own, with its log's prefix.
            kind: of the record.
            attempt: of the record: a later attempt at one compile may log its start again.
            payload: of the record, where it has one.
        """
        if kind in OPENING or (kind == _EVENT and payload is not None and _begins(payload)):
            started = self._started.get(compile_id)
            if started is not None and attempt <= started:
                self._runs[compile_id] = self._runs.get(compile_id, 1) + 1
                del self._started[compile_id]
            if kind == "dynamo_start":
                self._started[compile_id] = attempt
        return self.latest(compile_id)

    def latest(self, compile_id: str) -> str:
        """The latest use of a compile id."""
        run = self._runs.get(compile_id, 1)
        return compile_id if run == 1 else f"{compile_id}~{run}"


def without_run(compile_id: str) -> str:
    """The compile id as torch numbered it, which all its uses share: `0/0` of `0/0~2`."""
    return _RUN.sub("", compile_id)


def _begins(event: str) -> bool:
    """Whether an event is the begin of a whole compile, which torch logs before anything else about it."""
    return '"name": "dynamo"' in event and '"ph": "B"' in event
