"""The library's folder: `captures/ID.inspector`, beside each `ID.json` with its tags, and `index.sqlite`.

The bundles are the library. The index is brought up to date with them whenever it is read, so that a process that was
killed between a bundle and its row, a bundle that somebody removed, and an index that is damaged or gone are one case.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from inspector.bundle import read, write
from inspector.codec import decode, dump
from inspector.errors import EnvironmentLacking, InspectorError, UsageError
from inspector.files import write_file, writing
from inspector.jsontext import Malformed
from inspector.library.facts import facts_of
from inspector.library.index import Broken, Index, IndexRow
from inspector.model.capture import Capture
from inspector.model.library import KeptCapture, KeptFacts
from inspector.regular import open_regular, read_regular

_ENDING = ".inspector"

T = TypeVar("T")


def library_folder() -> Path:
    """`$XDG_DATA_HOME/inspector/library`, or `~/.local/share/inspector/library`.

    Raises:
        EnvironmentLacking: there is no home folder.
    """
    try:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    except RuntimeError as error:
        raise EnvironmentLacking(
            "There is no home folder to keep a library in.", "Set XDG_DATA_HOME to a folder of your own."
        ) from error
    return data / "inspector" / "library"


@dataclass(frozen=True)
class Beside:
    """What is known of a kept capture and is not in its bundle."""

    kept: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """What a capture has to have; empty for anything. Texts are parts of words, whatever their case."""

    target: str = ""
    torch: str = ""
    machine: str = ""
    kernel: str = ""
    operator: str = ""
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Each has to be a part of something that is known of it: any of `places`."""

    def finds(self, item: KeptCapture) -> bool:
        facts = item.facts
        one = ((self.target, facts.title), (self.machine, facts.machine))
        several = ((self.kernel, facts.kernel_names), (self.operator, facts.operators))
        return (
            all(part.lower() in text.lower() for part, text in one)
            and all(not part or any(part.lower() in text.lower() for text in texts) for part, texts in several)
            and (not self.torch or _release(facts.torch, self.torch))
            and set(self.tags) <= set(item.tags)
            and all(self._place(word, item) for word in self.words)
        )

    def found(self, item: KeptCapture) -> tuple[str, ...]:
        """Where each of the words stands, `kernel cpp_fused_softmax_0`: the first place of each."""
        return tuple(dict.fromkeys(place for word in self.words if (place := self._place(word, item))))

    @staticmethod
    def _place(word: str, item: KeptCapture) -> str:
        part = word.lower()
        return next((f"{name} {text}" for name, text in places(item) if part in text.lower()), "")


def places(item: KeptCapture) -> Iterator[tuple[str, str]]:
    """All that a word is looked for in, and what each is."""
    yield "id", item.id
    facts = KeptFacts("") if item.problem else item.facts
    one = (("target", facts.title), ("torch", facts.torch), ("machine", facts.machine))
    yield from (*one, ("mode", facts.mode), ("device", facts.device))
    for name, texts in (("tag", item.tags), ("kernel", facts.kernel_names), ("operator", facts.operators)):
        yield from ((name, text) for text in texts)


def _release(version: str, asked: str) -> bool:
    """Whether a version is one of a release: 2.1 is not 2.13."""
    return version == asked or version.startswith((f"{asked}.", f"{asked}+"))


class Library:
    """The captures that are kept. Several processes may use one folder.

    Args:
        folder: made where it is not there; None for the user's own.
        now: the time, for what is kept and for ages.
    """

    def __init__(self, folder: Path | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder = folder or library_folder()
        self._now = now
        self._captures = self.folder / "captures"
        try:
            self._captures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentLacking(
                f"The library {self.folder} cannot be made: {error.strerror or error}.",
                "Set XDG_DATA_HOME to a folder that can be written.",
            ) from error
        self._index = Index(self.folder / "index.sqlite")
        self.notes: list[str] = []
        """What had to be mended, a sentence each."""

    # --- in ---------------------------------------------------------------------------------------------------

    def keep(self, capture: Capture, tags: Sequence[str] = ()) -> KeptCapture:
        """Writes a capture's bundle, then its row."""
        return self._put(lambda path: write(capture, path), facts_of(capture), tags)

    def add(self, bundle: Path, tags: Sequence[str] = ()) -> KeptCapture:
        """Copies a bundle that is there already; what is in it is read first.

        Raises:
            UsageError: it is none.
        """
        capture = read(bundle)
        if bundle.is_dir():
            return self.keep(capture, tags)

        def copy(path: Path) -> None:
            with writing(path) as place, os.fdopen(open_regular(bundle), "rb") as source:
                place.file(lambda file: shutil.copyfileobj(source, file), force=False)

        return self._put(copy, facts_of(capture), tags)

    def _put(self, make: Callable[[Path], object], facts: KeptFacts, tags: Sequence[str]) -> KeptCapture:
        now = self._now()
        name = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        beside = Beside(now.isoformat(), checked_tags(tags))
        self._write_beside(name, beside)
        try:
            make(self._bundle(name))
        except BaseException:
            self._beside(name).unlink(missing_ok=True)
            raise
        made = KeptCapture(name, facts, beside.kept, self._bundle(name).stat().st_size, beside.tags)
        self._put_row(made)
        return made

    def _put_row(self, item: KeptCapture) -> None:
        row = IndexRow(item, _stamp(self._bundle(item.id)), _stamp(self._beside(item.id)))
        self._mended(lambda: self._index.put([row]))

    # --- out --------------------------------------------------------------------------------------------------

    def all(self) -> list[KeptCapture]:
        """Every capture, the newest first; the index is brought up to date with the folder before."""
        rows = {row.item.id: row for row in self._mended(self._index.all)}
        there = self._there()
        if gone := rows.keys() - there:
            self._mended(lambda: self._index.drop(gone))
        changed = [made for name in sorted(there) if (made := self._row(name, rows.get(name))) != rows.get(name)]
        changed = [row for row in changed if row.bundle]  # and not removed meanwhile
        if changed:
            self._mended(lambda: self._index.put(changed))
        rows |= {row.item.id: row for row in changed}
        return sorted(
            (rows[name].item for name in there & rows.keys()), key=lambda item: (item.kept, item.id), reverse=True
        )

    def find(self, name: str) -> KeptCapture:
        """The capture whose id begins so, or `latest`.

        Raises:
            UsageError: none does, or several do.
        """
        listed = self.all()
        found = listed[:1] if name == "latest" else [item for item in listed if item.id.startswith(name) and name]
        exact = [item for item in found if item.id == name]
        if len(exact or found) != 1:
            many = f"{len(found)} captures begin with {name!r}." if found else f"There is no capture {name!r}."
            raise UsageError(many, "`inspector library` lists them.")
        return (exact or found)[0]

    def path(self, item: KeptCapture) -> Path:
        return self._bundle(item.id)

    # --- changes ----------------------------------------------------------------------------------------------

    def tag(self, item: KeptCapture, add: Sequence[str], remove: Sequence[str] = ()) -> KeptCapture:
        """Adds tags and takes others away; other processes may do so at the same time."""
        added = checked_tags(add)
        with writing(self._beside(item.id)) as place:
            before = self._read_beside(item.id)
            kept = (tag for tag in before.tags if tag not in remove)
            tags = tuple(dict.fromkeys((*kept, *added)))
            content = dump(replace(before, tags=tags))
            place.file(lambda file: file.write(content), force=True)
            made = replace(item, tags=tags)
            self._put_row(made)
        return made

    def to_prune(
        self, *, days: float | None = None, size: int | None = None, tagged: bool = False
    ) -> list[KeptCapture]:
        """What goes so that nothing is older, and all together no larger: the oldest first.

        Args:
            tagged: what has a tag may go too; else it stays, and counts all the same.
        """
        listed = self.all()
        going: dict[str, KeptCapture] = {}
        may_go = [item for item in reversed(listed) if tagged or not item.tags]
        if days is not None:
            now, day = self._now(), timedelta(days=1)
            going |= {item.id: item for item in may_go if (now - datetime.fromisoformat(item.kept)) / day > days}
        if size is not None:
            left = sum(item.size for item in listed if item.id not in going)
            for item in may_go:
                if left > size and item.id not in going:
                    going[item.id] = item
                    left -= item.size
        return list(going.values())

    def remove(self, items: Collection[KeptCapture]) -> None:
        """Removes captures; what another process has removed meanwhile is gone anyway."""
        for item in items:
            self._bundle(item.id).unlink(missing_ok=True)
            self._beside(item.id).unlink(missing_ok=True)
        self._mended(lambda: self._index.drop([item.id for item in items]))

    def rebuild(self) -> int:
        """Makes the index anew from the bundles; returns how many there are."""
        self._discard()
        return len(self.all())

    # --- the folder -------------------------------------------------------------------------------------------

    def _there(self) -> set[str]:
        """The ids of the bundles in the folder."""
        names = (path.name for path in self._captures.iterdir())
        return {name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING) and not name.startswith(".")}

    def _row(self, name: str, known: IndexRow | None) -> IndexRow:
        """A bundle of the folder as a row, read as far as it is not what is known of it."""
        bundle, beside = _stamp(self._bundle(name)), _stamp(self._beside(name))  # before they are read
        if known is not None and known.bundle == bundle:
            if known.beside == beside:
                return known
            now = self._read_beside(name)
            return IndexRow(replace(known.item, kept=now.kept, tags=now.tags), bundle, beside)
        now = self._read_beside(name)
        problem, facts, size = "", KeptFacts("unreadable"), 0
        try:
            size = self._bundle(name).stat().st_size
            facts = facts_of(read(self._bundle(name)))
        except (InspectorError, OSError) as error:
            problem = str(error)
        return IndexRow(KeptCapture(name, facts, now.kept, size, now.tags, problem), bundle, beside)

    def _read_beside(self, name: str) -> Beside:
        """What is beside a bundle; of one that somebody put there, the time of its file."""
        with contextlib.suppress(OSError, Malformed):
            return decode(read_regular(self._beside(name)), Beside)
        try:
            changed = self._bundle(name).stat().st_mtime
        except FileNotFoundError:
            changed = 0.0
        return Beside(datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"))

    def _write_beside(self, name: str, beside: Beside) -> None:
        write_file(self._beside(name), dump(beside), force=True)

    def _bundle(self, name: str) -> Path:
        return self._captures / f"{name}{_ENDING}"

    def _beside(self, name: str) -> Path:
        return self._captures / f"{name}.json"

    def _mended(self, work: Callable[[], T]) -> T:
        """Does something with the index; one that is broken is made anew from the bundles first."""
        try:
            return work()
        except Broken as error:
            self.notes.append(f"The library's index was damaged ({error}) and is made anew from its captures.")
        with writing(self.folder / "index.sqlite"):
            try:
                self._index.all()  # somebody else may have mended it
            except Broken:
                self._discard()
                self._index.put([self._row(name, None) for name in sorted(self._there())])
        try:
            return work()
        except Broken as error:
            raise EnvironmentLacking(
                f"The library's index cannot be made anew: {error}.", "Is its disk sound?"
            ) from error

    def _discard(self) -> None:
        for ending in ("", "-journal", "-wal", "-shm"):
            (self.folder / f"index.sqlite{ending}").unlink(missing_ok=True)


def _stamp(path: Path) -> str:
    """Another one for every other file at a place; compared for being equal, and for nothing else."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are kept: each once.

    Raises:
        UsageError: one is empty, or has a comma or a space in it.
    """
    for tag in tags:
        if not tag or not tag.isprintable() or any(char in tag for char in ", "):
            raise UsageError(f"{tag!r} is no tag.", "A tag is a word without spaces and commas.")
    return tuple(dict.fromkeys(tags))
