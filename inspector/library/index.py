"""The library's index: SQLite, and nothing in it that is not in the bundles and beside them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspector.codec import decode, dump
from inspector.errors import EnvironmentLacking
from inspector.jsontext import Malformed
from inspector.model.library import KeptCapture

_VERSION = 2
_PATIENCE = 30.0
"""Seconds that one process waits for another."""
_TABLES = """
CREATE TABLE IF NOT EXISTS kept (id TEXT PRIMARY KEY, data BLOB NOT NULL);
"""


@dataclass(frozen=True)
class IndexRow:
    """A capture, and of which state of its files this was read: equal ones need not be read again."""

    item: KeptCapture
    bundle: str
    beside: str


class Broken(Exception):
    """The file is no index: damaged, cut, or of another version. It is made anew."""


class Index:
    """One open index; a context manager. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version not in (0, _VERSION):
                    raise Broken(f"version {version}")
                connection.execute(_TABLES)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                yield connection
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "readonly" in str(error) or "full" in str(error) or "unable" in str(error):
                raise EnvironmentLacking(
                    f"The library's index cannot be used: {error}.", "Is the disk full, or not yours?"
                ) from error
            raise Broken(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise Broken(str(error)) from error

    def all(self) -> list[IndexRow]:
        """Everything in it.

        Raises:
            Broken: it is none.
        """
        with self._opened() as connection:
            rows = connection.execute("SELECT data FROM kept").fetchall()
        try:
            return [decode(bytes(data), IndexRow) for (data,) in rows]
        except (Malformed, TypeError) as error:
            raise Broken(str(error)) from error

    def put(self, rows: Collection[IndexRow]) -> None:
        """Adds, or replaces what has the same id."""
        with self._opened() as connection:
            values = [(row.item.id, dump(row)) for row in rows]
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", values)

    def drop(self, ids: Collection[str]) -> None:
        with self._opened() as connection:
            connection.executemany("DELETE FROM kept WHERE id = ?", [(item,) for item in ids])
