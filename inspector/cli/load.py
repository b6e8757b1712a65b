"""What a person points at, opened: a log of any size, a folder of logs, standard input, or a bundle.

with open_input(args) as found:
    overview = found.overview()
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from inspector.cli.terminal import StatusLine
from inspector.errors import UsageError

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.overview import Overview
    from inspector.trace.log import IndexProgress, TraceLog
    from inspector.trace.reader import BadRecord

INPUT_HELP = "a log that TORCH_TRACE wrote (plain, gzip, zstd), a folder of logs, a bundle, or - for standard input"


def add_input(
    parser: argparse.ArgumentParser, *, metavar: str = "LOG", says: str = INPUT_HELP, required: bool = True
) -> None:
    """Adds LOG and what belongs to it.

    Args:
        metavar: what to call it.
        says: its line of help.
        required: an error without it; else it is None.
    """
    parser.add_argument("input", nargs=None if required else "?", metavar=metavar, help=says)
    parser.add_argument("--latest", action="store_true", help="of a folder, only the log that was written last")


@dataclass
class Opened:
    """A log or a bundle; closed as a context manager."""

    title: str
    """What to call it: its file's or folder's name."""
    bundle: Capture | None = None
    """The whole capture, where it is a bundle."""
    log: TraceLog | None = None
    """The log, indexed as far as somebody asked; None for a bundle."""

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
        return self.indexed().capture(compile_ids, stages_alone=stages_alone)

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

    def check_compile_ids(self, compile_ids: Collection[str] | None) -> None:
        """Looks whether all of some compile ids are there.

        Raises:
            UsageError: one is not; the hint says what there is.
        """
        from inspector.targets.nearest import listed

        known = dict.fromkeys(self.compile_ids())
        for compile_id in compile_ids or ():
            if compile_id not in known:
                kind = "bundle" if self.bundle is not None else "log"
                raise UsageError(
                    f"This {kind} has no compile id {compile_id!r}.", f"It has: {listed(known) or 'none'}."
                )

    def verify(self) -> tuple[BadRecord, ...]:
        """Checks every record of the log, with progress on stderr; gives the damaged ones, none of a bundle.

        Raises:
            UsageError: there is not one record in it.
        """
        if self.log is None:
            return ()
        log, status = self.indexed(), StatusLine()
        while log.verify():
            done, total = log.verified.done, log.verified.total
            status.show(f"checking… {done * 100 // total} %" if total else f"checking… {done >> 20} MiB")
        status.clear()
        return log.bad

    def indexed(self) -> TraceLog:
        """The log, indexed to its end, with progress on stderr.

        Raises:
            UsageError: there is not one record in it.
        """
        assert self.log is not None
        return self.log.complete()


def open_input(args: argparse.Namespace) -> Opened:
    """Opens what `add_input` asked for.

    Raises:
        UsageError: there is no such thing, it cannot be read, or it is neither.
    """
    return open_path(args.input, latest=args.latest)


def open_path(path: str, *, latest: bool = False, follow: bool = False, quiet: bool = False) -> Opened:
    """Opens a path, or `-`.

    Args:
        path: of a log, a folder of logs, or a bundle.
        latest: of a folder, only the log that was written last.
        follow: whether more of it is still being written, or even to come.
        quiet: nothing on stderr about how far the reading has come: a screen shows that itself.

    Raises:
        UsageError: as `open_input`.
    """
    from inspector.trace.files import Input, input_at
    from inspector.trace.log import TraceLog

    if not follow or Path(path).exists():
        kind = input_at(path)
        if kind is Input.BUNDLE:
            from inspector.bundle import read

            return Opened(Path(path).resolve().name, bundle=read(Path(path)))
    status = StatusLine()

    def progress(now: IndexProgress) -> None:
        if now.total is None:
            status.show(f"reading… {now.done >> 20} MiB")
        elif now.done >= now.total:
            status.clear()
        else:
            status.show(f"reading… {now.done * 100 // now.total} % of {now.total >> 20} MiB")

    told = None if quiet else progress
    title = "standard input" if path == "-" else Path(path).resolve().name
    return Opened(title, log=TraceLog.open(path, progress=told, latest=latest, follow=follow))


def is_bundle(path: Path) -> bool:
    """Whether a path is one of our bundles.

    Raises:
        UsageError: nothing lies there, or it cannot be read.
    """
    from inspector.trace.files import Input, input_at

    return input_at(path) is Input.BUNDLE
