"""What records are called: their kind, and a compile id that no other log of the trace uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from inspector.model.number import integer_or_none

CONTEXT = frozenset(
    (
        *("rank", "frame_id", "frame_compile_id", "attempt", "compiled_autograd_id", "subgraph_name", "has_payload"),
        *("stack", "severity", "process", "thread", "pathname", "lineno", "timestamp", "cat"),
    )
)
"""Keys of a record's metadata that say where it comes from, not what it is."""
MAX_NAME = 200
"""Characters of a name that are told apart."""
_RANK = re.compile(r"(?:^|[_/])rank_(\d{1,9})(?!\d)")


def kind_in(metadata: Mapping[str, Any]) -> str:
    """The kind of the record with this metadata, `artifact:NAME` for an artifact; empty if it has none."""
    for kind in metadata:
        if kind in CONTEXT:
            continue
        if kind in ("artifact", "graph_dump"):
            details = metadata[kind]
            return f"artifact:{details.get('name') if isinstance(details, dict) else None}"
        return kind
    return ""


def compile_id_in(metadata: Mapping[str, Any]) -> str | None:
    """The compile id as torch prints it, `0/1`, `!2/0/1` under compiled autograd; None outside any compile.

    Of what cannot be one, no more than `MAX_NAME` characters are told apart.
    """
    frame, autograd = metadata.get("frame_id"), metadata.get("compiled_autograd_id")
    if frame is None and autograd is None:
        return None
    again = metadata.get("frame_compile_id")
    plain = "" if frame is None else f"{frame}/{0 if again is None else again}"
    return (plain if autograd is None else f"!{autograd}/{plain}".rstrip("/"))[:MAX_NAME]


def rank_in(file: str) -> int | None:
    """The rank in a log's name, as torch writes it."""
    match = _RANK.search(file)
    return int(match[1]) if match else None


class Prefixes:
    """What stands before the compile ids of each log: nothing for the first, so that they read as torch prints them."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._logs_of_rank: dict[int, int] = {}
        self._owners: dict[str, int] = {}
        """Log → the process that wrote its first record."""

    def set(self, file: str, prefix: str, pid: int = 0) -> None:
        """Decides for a log what was decided elsewhere.

        Args:
            file: the log.
            prefix: of the process that wrote its first record.
            pid: of that process; 0 where nothing is known of it yet.
        """
        self._of[file] = prefix
        if pid:
            self._owners[file] = pid

    def of(self, file: str, rank: object = None, pid: int = 0) -> str:
        """The prefix of a log: empty, `rank1/`, `rank1.2/` for that rank's second log, `log3/` for no rank's.

        The first call for a file decides, and the first file of all has none. A process that writes into another's log,
        as a forked one does before torch 2.13, has its number in front: `pid4177/`, `rank1.pid4177/`.

        Args:
            file: the log.
            rank: who wrote it, as far as its records say; otherwise its name does.
            pid: the process that wrote the record; 0 where it does not say.
        """
        prefix = self._of_log(file, rank)
        if not pid or self._owners.setdefault(file, pid) == pid:
            return prefix
        return f"{prefix.rstrip('/')}.pid{pid}/".lstrip(".")

    def owner(self, file: str) -> int:
        """The process that wrote the first record of a log; 0 where no record says."""
        return self._owners.get(file, 0)

    def _of_log(self, file: str, rank: object) -> str:
        if file not in self._of:
            known = integer_or_none(rank)
            if known is None:
                known = rank_in(file)
            if known is None:
                prefix = f"log{len(self._of) + 1}/"
            else:
                again = self._logs_of_rank[known] = self._logs_of_rank.get(known, 0) + 1
                prefix = f"rank{known}/" if again == 1 else f"rank{known}.{again}/"
            self._of[file] = prefix if self._of else ""
        return self._of[file]
