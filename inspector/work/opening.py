"""What somebody points at, opened: a log of any size, a folder of logs, standard input, or a bundle.

with open_path(path) as found:
    overview = found.overview()
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.paths import typed_path

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.overview import Overview
    from inspector.model.pieces import Pieces
    from inspector.trace.log import IndexProgress, TraceLog
    from inspector.trace.reader import BadRecord
    from inspector.why.rules import Evidence

Tell = Callable[[str], object]
"""Told in words how far the reading has come, and nothing once it is over; may raise, which ends the reading."""


def _nobody(_words: str) -> None:
    """Nobody wants to know."""


@dataclass
class Opened:
    """A log or a bundle; closed as a context manager."""

    title: str
    """What to call it: its file's or folder's name."""
    bundle: Capture | None = None
    """The whole capture, where it is a bundle."""
    log: TraceLog | None = None
    """The log, indexed as far as somebody asked; None for a bundle."""
    tell: Tell = _nobody

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.log is not None:
            self.log.close()

    def overview(self, *, phases: bool = True, advise: bool = False) -> Overview:
        """The whole of it at a glance.

        Args:
            phases: whether to sum its phases too, which a log of gigabytes takes seconds for.
            advise: whether to work out what would have spared recompiles.

        Raises:
            UsageError: it is no log.
        """
        if self.bundle is not None:
            from inspector.model.overview_of import overview_of

            return overview_of(self.bundle, advise=advise)
        from inspector.trace.overview import read_overview

        assert self.log is not None
        return read_overview(self.log, phases=phases, advise=advise)

    def compile_ids(self) -> tuple[str, ...]:
        """Every compile id, in order.

        Raises:
            UsageError: it is no log.
        """
        if self.bundle is not None:
            return tuple(item.compile_id for item in self.bundle.compilations)
        return self.indexed().compile_ids

    def capture(self, compile_ids: Collection[str] | None = None, *, stages_alone: bool = False) -> Capture:
        """The capture of some compile ids, or of all, or of their stages' texts alone; a bundle is always whole.

        Raises:
            UsageError: it is no log, or has no such compile id.
        """
        if self.bundle is not None:
            return self.bundle
        self.check_compile_ids(compile_ids)
        found = self.indexed().capture(compile_ids, stages_alone=stages_alone)
        if stages_alone:
            return found
        from inspector.trace.pieces import with_pieces

        return with_pieces(self.indexed(), found)

    def phases(self, compile_ids: Collection[str] | None = None) -> Capture:
        """A capture of the events of some compile ids, or of all; a bundle is always whole.

        Raises:
            UsageError: it is no log, or has no such compile id.
        """
        if self.bundle is not None:
            return self.bundle
        from inspector.trace.overview import read_phases

        self.check_compile_ids(compile_ids)
        return read_phases(self.indexed(), compile_ids)

    def graphs(self, compile_ids: Collection[str]) -> Capture:
        """A capture of the Dynamo and ATen graphs of some compile ids; a bundle is always whole."""
        if self.bundle is not None:
            return self.bundle
        from inspector.trace.overview import read_graphs

        return read_graphs(self.indexed(), compile_ids)

    def pieces(self) -> Pieces:
        """What a server compiled in pieces.

        Raises:
            UsageError: it is no log, or a bundle of pieces that was written before bundles said how they came about.
        """
        from inspector.model.pieces import Pieces
        from inspector.trace.pieces import read_pieces

        if self.bundle is None:
            return read_pieces(self.indexed())
        if self.bundle.pieces and not self.bundle.served:
            raise UsageError("This bundle does not say how its pieces came about.", "Give the log it was made of.")
        return Pieces(self.bundle.served)

    def one(self, name: str) -> Capture:
        """One compile id, or one piece of it as a capture of its own: `0/0:3`.

        Raises:
            UsageError: it is no log, or has no such compile id or piece.
        """
        from inspector.compare.pieces import piece_of, split_piece

        compile_id, number = split_piece(name)
        found = self.holding(name)
        return found if number is None else piece_of(found, compile_id, number)

    def holding(self, name: str | None) -> Capture:
        """The capture that holds a compile id or a piece of it, `0/0:3`, with all others' names as they are; or all.

        Raises:
            UsageError: it is no log, or has no such compile id or piece.
        """
        from inspector.compare.pieces import check_piece, split_piece

        if name is None:
            return self.capture()
        compile_id, number = split_piece(name)
        found = self.capture([compile_id])
        if number is not None:
            self.check_compile_ids([compile_id])
            check_piece(found, compile_id, number)
        return found

    def check_compile_ids(self, compile_ids: Collection[str] | None) -> None:
        """Looks whether all of some compile ids are there.

        Raises:
            UsageError: one is not; the hint says what there is.
        """
        from inspector.compare.pieces import split_piece
        from inspector.targets.nearest import listed

        known = dict.fromkeys(self.compile_ids())
        for compile_id in compile_ids or ():
            if compile_id not in known:
                whole = split_piece(compile_id)[0]
                if whole in known:
                    raise UsageError(
                        f"{compile_id} is a piece, and this is recorded of whole compile ids.", f"Give {whole}."
                    )
                kind = "bundle" if self.bundle is not None else "log"
                raise UsageError(
                    f"This {kind} has no compile id {compile_id!r}.", f"It has: {listed(known) or 'none'}."
                )

    def verify(self) -> tuple[BadRecord, ...]:
        """Checks every record of the log; gives the damaged ones, none of a bundle.

        Raises:
            UsageError: there is not one record in it.
        """
        if self.log is None:
            return ()
        log = self.indexed()
        while log.verify():
            done, total = log.verified.done, log.verified.total
            self.tell(f"checking… {done * 100 // total} %" if total else f"checking… {done >> 20} MiB")
        self.tell("")
        return log.bad

    def indexed(self) -> TraceLog:
        """The log, indexed to its end.

        Raises:
            UsageError: there is not one record in it.
        """
        assert self.log is not None
        return self.log.complete()


_MOST_READ = 64
"""Compiles whose whole records are read for the rules: more take long, and most rules need a line about each alone."""


def evidence_of(found: Opened) -> Evidence:
    """What the rules of `why` look at."""
    from inspector.why.rules import Evidence, facts_of

    overview = found.overview(advise=True)
    if found.bundle is not None:
        return replace(facts_of(found.bundle), overview=overview)
    if len(overview.rows) > _MOST_READ:
        return Evidence(overview, pieces=found.pieces())
    return replace(facts_of(found.capture()), overview=overview, pieces=found.pieces())


def open_path(path: Path | str, *, latest: bool = False, follow: bool = False, tell: Tell = _nobody) -> Opened:
    """Opens a path, or `-`.

    Args:
        path: of a log, a folder of logs, or a bundle.
        latest: of a folder, only the log that was written last.
        follow: whether more of it is still being written, or even to come.
        tell: told how far the reading of a log has come.

    Raises:
        UsageError: there is no such thing, it cannot be read, or it is neither.
    """
    from inspector.trace.files import Input, input_at
    from inspector.trace.log import TraceLog

    place = typed_path(str(path), home=False)
    title = "standard input" if str(path) == "-" else place.resolve().name
    if (not follow or place.exists()) and input_at(path) is Input.BUNDLE:
        from inspector.bundle import read

        return Opened(title, bundle=read(place))

    def progress(now: IndexProgress) -> None:
        if now.total is None:
            tell(f"reading… {now.done >> 20} MiB")
        elif now.done >= now.total:
            tell("")
        else:
            tell(f"reading… {now.done * 100 // now.total} % of {now.total >> 20} MiB")

    return Opened(title, log=TraceLog.open(path, progress=progress, latest=latest, follow=follow), tell=tell)
