"""What torch compiled between two moments: graphs, the reasons of recompiles, and graph breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch._dynamo.utils import counters, get_compilation_metrics


class Counts:
    """Hands out what is new since it was asked last.

    Graphs are counted by Dynamo itself (`counters["stats"]["unique_graphs"]`), reasons come with its compilation
    metrics. Of graph breaks its counters can stay empty, so they are read from the structured trace.

    Args:
        trace: the folder of this process's trace; None where none is written.
    """

    def __init__(self, trace: Path | None = None) -> None:
        self._trace = trace
        self._graphs = self._now()
        self._seen: object = next(reversed(get_compilation_metrics()), None)
        """The newest metrics that were looked at: torch keeps the last 64 alone, so their number says nothing."""
        self._breaks = 0

    @staticmethod
    def _now() -> int:
        return int(counters["stats"]["unique_graphs"])

    def graphs(self) -> int:
        """Graphs compiled since."""
        before, self._graphs = self._graphs, self._now()
        return self._graphs - before

    def reasons(self) -> tuple[str, ...]:
        """Why something was recompiled since, in torch's words; of more than 64 compiles, the last 64."""
        metrics = get_compilation_metrics()
        known = next((index for index, item in enumerate(metrics, 1) if item is self._seen), 0)
        new, self._seen = metrics[known:], next(reversed(metrics), None)
        return tuple(str(item.recompile_reason) for item in new if item.recompile_reason)

    def breaks(self) -> tuple[str, ...]:
        """Why graphs were broken since, the first line of each reason."""
        if self._trace is None:
            return ()
        found = [reason for file in sorted(self._trace.glob("*.log")) for reason in _breaks_in(file)]
        new, self._breaks = found[self._breaks :], len(found)
        return tuple(new)


def _breaks_in(file: Path) -> Iterator[str]:
    """Reasons of the graph breaks that a trace holds: a record's payload follows it, each line behind a tab."""
    expected = False
    payload: list[str] = []
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("\t"):
                if expected:
                    payload.append(line[1:])
                continue
            if expected and payload:
                yield _first_line("".join(payload))
            expected, payload = '"dynamo_graph_break_reason"' in line, []
    if expected and payload:
        yield _first_line("".join(payload))


def _first_line(payload: str) -> str:
    try:
        data: Any = json.loads(payload)
    except ValueError:  # torch writes JSON or plain text here, depending on its version
        data = payload
    text = str(data.get("reason", "")) if isinstance(data, dict) else str(data)
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
