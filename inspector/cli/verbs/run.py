"""Run a script as it is, and see everything that torch.compile made of it.

    inspector run train.py --epochs 1          inspector run -m package.module
    inspector run torchrun --nproc-per-node 2 train.py
    torchrun --nproc-per-node 2 --no-python inspector run -o traces train.py

Every process below is recorded, each in a log of its own: any number of compiled functions, recompiles, backward
graphs, threads and ranks, with all links. The script's arguments, streams and exit code are its own; what this
command has to say goes to stderr. On a terminal it opens what was compiled; elsewhere it says where the logs are.
Without -o they go to a new folder `inspector-SCRIPT`; a name in .inspector means a bundle.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector import protocol
from inspector.cli.options import add_keep, add_traceback
from inspector.cli.printable import plain
from inspector.cli.terminal import Style, interactive, wants_colour
from inspector.client.script import become_script, recording_environment, run_script, script_command
from inspector.errors import InspectorError, UsageError
from inspector.model.request import CacheMode
from inspector.paths import free_path, typed_path

_BUNDLE = ".inspector"
_NAMED = 3
"""Processes that are named of those that a program leaves running."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds our options; everything from the script's name on is the script's."""
    parser.add_argument(
        "-o", "--output", type=typed_path, metavar="FOLDER", help="where the logs go; or NAME.inspector"
    )
    parser.add_argument("--force", action="store_true", help="replace the logs, or the bundle, of an earlier run")
    add_keep(parser)
    parser.add_argument("--no-open", action="store_true", help="do not open the screen afterwards")
    parser.add_argument(
        "--passes", action="store_true", help="record what each pass did, for `inspector passes`; with --cold, of all"
    )
    caches = parser.add_mutually_exclusive_group()
    caches.add_argument(
        "--cold",
        dest="cache",
        action="store_const",
        const=CacheMode.COLD,
        default=CacheMode.WARM,
        help="give torch empty caches that go away afterwards, so that all code is generated and seen; without it, the "
        "program has its own",
    )
    caches.add_argument(
        "--warm",
        dest="cache",
        action="store_const",
        const=CacheMode.WARM,
        help="the program's own caches, as without this command (the default)",
    )
    add_traceback(parser)
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    parser.add_argument("script", nargs=argparse.REMAINDER, metavar="SCRIPT", help="what to run, and its arguments")


def run(args: argparse.Namespace) -> int:
    """Runs the script, says what was recorded, opens it; returns the script's exit code."""
    words = args.script[1:] if args.script[:1] == ["--"] else args.script
    command = script_command(words, args.module)
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        return _run_rank(command, args)
    bundle = args.output if args.output is not None and args.output.suffix == _BUNDLE else None
    with _log_folder(args, command, bundle) as folder, _fresh_caches(args.cache) as caches:
        since = time.time()
        code = run_script(command, recording_environment(folder, args.cache, caches, passes=args.passes))
        _tell_of_left(since, folder)
        try:
            _tell(folder, bundle, args)
        except InspectorError as error:
            # The script's exit code is what its caller waits for, whatever became of the recording.
            print(f"inspector: {error}", file=sys.stderr)
            return code or error.exit_code
    return code


def _run_rank(command: list[str], args: argparse.Namespace) -> int:
    """One process of several, which somebody else (torchrun) starts and watches: it becomes the script."""
    if args.output is None or args.output.suffix == _BUNDLE:
        raise UsageError(
            "Under a launcher, the ranks need a folder that they all write to.", "Name one with -o FOLDER."
        )
    if args.keep and not os.environ.get("INSPECTOR_KEEP"):
        raise UsageError(
            "Under a launcher, no rank has the whole to keep.",
            "Put the launcher below: inspector run --keep torchrun …",
        )
    if args.cache is CacheMode.COLD:
        raise UsageError(
            "Under a launcher, nobody would remove the empty caches that --cold makes.",
            "Put the launcher below: inspector run --cold torchrun …",
        )
    become_script(command, recording_environment(args.output, args.cache, passes=args.passes))


@contextmanager
def _log_folder(args: argparse.Namespace, command: list[str], bundle: Path | None) -> Iterator[Path]:
    """Where the logs go; for a bundle, a folder that goes away again.

    Raises:
        UsageError: something is in the way, or the place cannot be written.
    """
    if bundle is not None:
        from inspector.bundle import check_destination

        check_destination(bundle, force=args.force)
        from inspector.live.rundir import RunDirectory

        with RunDirectory(None) as temporary:
            yield _made(temporary / "logs")
        return
    folder: Path = args.output or _new_folder(command)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder, force=args.force)
    except OSError as error:
        raise UsageError(
            f"The logs cannot be written to {folder}: {error.strerror or error}.", "Name another folder with -o."
        ) from error
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def _new_folder(command: list[str]) -> Path:
    """`inspector-train` in the current folder, with a number where that is taken."""
    words = [word for word in command[1:] if not word.startswith("-")] or command
    name = Path(next((word for word in words if word.endswith(".py")), words[0])).stem or "script"
    return free_path(Path(), f"inspector-{name}")


def _make_room(folder: Path, *, force: bool) -> None:
    """Removes the logs of an earlier run where that is wanted, and nothing else.

    Raises:
        UsageError: the folder holds anything.
        OSError: it cannot be read or written.
    """
    there = sorted(folder.iterdir())
    logs = [path for path in there if path.name.startswith("dedicated_log_torch_trace_")]
    if len(logs) < len(there):
        raise UsageError(f"{folder} holds other things than logs, so it is left alone.", "Name another folder with -o.")
    if logs and not force:
        raise UsageError(f"There are logs in {folder} already.", "Replace them with --force, or name another folder.")
    for path in logs:
        path.unlink()


@contextmanager
def _fresh_caches(cache: CacheMode) -> Iterator[Path | None]:
    """An empty folder for torch's caches where that is wanted."""
    if cache is not CacheMode.COLD:
        yield None
        return
    from inspector.live.rundir import RunDirectory

    with RunDirectory(None) as folder:
        yield _made(folder / "caches")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _tell_of_left(since: float, folder: Path) -> None:
    """Says what the program left running, which is its own affair: it is left alone, as without this command."""
    import psutil

    from inspector.client.tree import members

    left = members(str(folder.resolve()), since, protocol.RECORD_FOLDER)
    if not left:
        return
    named = []
    for process in left[:_NAMED]:
        with contextlib.suppress(psutil.Error):
            named.append(f"{process.pid} {plain(process.name())}")
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    print(
        f"inspector: the program has ended and left {_count(len(left), 'process', 'es')} running "
        f"({', '.join(named)}{more}). What is compiled there from now on may not be recorded.",
        file=sys.stderr,
    )


def _tell(folder: Path, bundle: Path | None, args: argparse.Namespace) -> None:
    """Says what was recorded and where, and opens it.

    Raises:
        InspectorError: the logs cannot be read, or the bundle cannot be written.
    """
    style = Style(wants_colour(sys.stderr))
    if not any(folder.glob("*.log")):
        print(
            f"{style.warn('inspector:')} nothing was recorded: no process that could be recorded compiled anything "
            "with torch. Those of `python -I`, `-E` or `-S` cannot be, nor those that a message above names.",
            file=sys.stderr,
        )
        return
    from inspector.cli.session import keep
    from inspector.model.capture import CompileStatus
    from inspector.model.compile_row import is_ours
    from inspector.work.opening import open_path

    place = bundle or folder
    with open_path(folder) as opened:
        if bundle is not None:
            from inspector.bundle import write

            write(opened.capture(), bundle, force=args.force)
        keep(args, opened.capture())
        if interactive() and not args.no_open and opened.log is not None:
            from inspector.tui import run_log

            run_log(opened.log, place.resolve().name)
    with open_path(folder) as opened:
        log = opened.indexed()
        kinds = log.kinds
        exports = 0
        if "exported_program" in kinds:
            rows = opened.overview(phases=False).rows
            exports = sum(row.status is CompileStatus.EXPORTED for row in rows)
        unnamed = sum(is_ours(item) for item in log.compile_ids)
        found = _count(len(log.compile_ids) - unnamed, "compile id")
        if unnamed > exports:
            found += f", {_count(unnamed - exports, 'compile')} without one"
        if exports:
            found += f" and {_count(exports, 'exported program')}"
        processes = f" of {len(log.sources)} processes" if len(log.sources) > 1 else ""
    hint = f"`inspector open {shlex.quote(str(place))}` shows them."
    print(f"{style.good('inspector:')} {found}{processes} in {style.name(str(place))}; {hint}", file=sys.stderr)
    if any(kinds.get(f"artifact:{cache}_cache_hit") for cache in ("fx_graph", "fx_graph_bundled", "aotautograd")):
        print(
            f"{style.warn('inspector:')} torch's caches had some of the code, whose generation was not seen; "
            "`inspector run --cold` has all of it generated.",
            file=sys.stderr,
        )


def _count(number: int, what: str, ending: str = "s") -> str:
    return f"{number} {what}{'' if number == 1 else ending}"
