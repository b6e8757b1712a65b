"""Change the text of one kernel, and say what becomes of it: built, put in place, checked and raced.

With neither --with nor --set the kernel opens in $EDITOR; away from a terminal it is printed, to be edited and given
back by --with FILE. Only this kernel is built, with Inductor's own command; what a call comes to is held against the
unedited code, eager and float64, and eager, compiled and edited run in turn. --list says which experiments apply, --set
makes one: schedule=static,64 threads=4 unroll=4 simdlen=256 flags=-ffast-math, XBLOCK=512 num_warps=8 of Triton.
Ends with 1 where it was not built, crashed, or its numbers are wrong. -o writes a bundle with both texts and a patch.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.options import TARGET_HELP, add_compile_options, request_from, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line, plain
from inspector.cli.terminal import ProgressLine, Style, interactive, wants_colour
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, EXIT_UNKNOWN, UsageError
from inspector.files import check_free, write_file
from inspector.model.edit import Fate, KernelEdit
from inspector.paths import typed_path
from inspector.say import edit as say
from inspector.say.units import plural, running

if TYPE_CHECKING:
    from inspector.model.artifact import Artifact
    from inspector.model.request import CaptureRequest
    from inspector.work.editing import EditSession, Tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, which kernel, what to change, and what to do with it."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help=TARGET_HELP)
    add_compile_options(parser, caches=False)
    what = parser.add_argument_group("what to change")
    what.add_argument("--kernel", metavar="NAME", help="which, where there are several")
    what.add_argument("--compile-id", metavar="ID", help="of which graph, where several have one of that name")
    how = what.add_mutually_exclusive_group()
    how.add_argument("--with", dest="file", metavar="FILE", help="the edited text; - reads it from standard input")
    how.add_argument(
        "--set",
        dest="experiments",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a common experiment in place of an editor; repeatable, all in one text",
    )
    how.add_argument(
        "--list", action="store_true", help="say which experiments apply to the kernel, and change nothing"
    )
    test = parser.add_argument_group("how to try it")
    test.add_argument("--race", type=float, default=3.0, metavar="SECONDS", help="race it so long; 0: not (default 3)")
    test.add_argument(
        "--limit", type=seconds, default=20.0, metavar="SECONDS", help="a call that takes longer hangs (default 20)"
    )
    out = parser.add_argument_group("what to do with it")
    out.add_argument("--patch", type=typed_path, metavar="FILE", help="write a unified patch")
    out.add_argument("-o", "--output", type=typed_path, metavar="DIR", help="write a bundle, with the edits in it")
    out.add_argument("--force", action="store_true", help="replace files that are there")
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compiles, edits, says what became of it."""
    from inspector.bundle import check_destination, write
    from inspector.cli.signals import stop_signals
    from inspector.work.editing import EditSession, GivenUp, kernel_of

    if not 0 <= args.race < float("inf"):
        raise UsageError("--race is a number of seconds from 0.", "--race 0 checks the numbers alone.")
    request = request_from(args)
    asked = [_pair(text) for text in args.experiments]
    given = _given(args.file) if args.file is not None else None
    check_free(args.patch, force=args.force)
    if args.output is not None:
        check_destination(args.output, force=args.force)
    style = Style(wants_colour(sys.stdout) and not args.json)
    status, begun = ProgressLine(), time.monotonic()
    with stop_signals() as stop:

        def tell(words: str) -> bool:
            status.show(f"{request.title}  {running(time.monotonic() - begun):>7}  {words}")
            return stop.asked

        edits: list[KernelEdit] = []
        try:
            with EditSession(request, tell) as session:
                capture = session.compile()
                kernel = kernel_of(capture, args.kernel, args.compile_id)
                trying = _Trying(args, request, session, kernel, tell=tell, status=status)
                if args.list:
                    status.clear()
                elif given is not None or asked:
                    edits.append(trying.once(given if given is not None else trying.text(asked)))
                elif interactive() and not args.json:
                    edits += trying.by_hand(style)
                capture = session.capture
        except GivenUp:
            pass
        finally:
            status.clear()
        stop.check()
    if edits and args.patch is not None:
        from inspector.edits.text import patch

        write_file(args.patch, patch(edits[-1]).encode(), force=args.force)
    if args.output is not None:
        from dataclasses import replace

        write(replace(capture, edits=tuple(edits)), args.output, force=args.force)
    _print(args, trying, edits, style)
    return _code(edits)


def _code(edits: list[KernelEdit]) -> int:
    if not edits or edits[-1].fate.right:
        return EXIT_OK
    return EXIT_UNKNOWN if edits[-1].fate is Fate.UNCOMPARED else EXIT_TARGET_FAILED


class _Trying:
    """Tries texts of one kernel."""

    def __init__(
        self,
        args: argparse.Namespace,
        request: CaptureRequest,
        session: EditSession,
        kernel: Artifact,
        *,
        tell: Tell,
        status: ProgressLine,
    ) -> None:
        self.kernel, self.session = kernel, session
        self._args, self._request, self._tell, self._status = args, request, tell, status

    def text(self, asked: list[tuple[str, str]]) -> str:
        """The kernel's text with experiments."""
        from inspector.work.editing import text_with

        return text_with(self._request, self.session.capture, self.kernel, asked, self._tell)

    def once(self, text: str, path: Path | None = None) -> KernelEdit:
        """Tries a text; the one that took the worker with it is kept in a file, and said to be.

        Args:
            text: the edited text.
            path: the file that it is in already.
        """
        from dataclasses import replace

        from inspector.work.edit_files import KEPT, write_text
        from inspector.work.editing import same_setting

        edit = self.session.edit(self.kernel, text, seconds=self._args.race, limit=self._args.limit)
        if edit.fate in KEPT:
            file = self._args.file if self._args.file not in (None, "-") else path or write_text(self.kernel, text)
            self._status.clear()
            print(f"inspector: the edited text is in {file}", file=sys.stderr)
        if edit.fate.right:
            edit = replace(edit, same_setting=same_setting(self._request, edit, self._tell))
        return edit

    def by_hand(self, style: Style) -> list[KernelEdit]:
        """Opens the text in the person's editor, and again until they have enough."""
        from inspector.edits.text import same_text
        from inspector.work.edit_files import KEPT, read_text, write_text

        path = write_text(self.kernel, self.kernel.text)
        edits: list[KernelEdit] = []
        kept = False
        try:
            while True:
                self._status.clear()
                _open(path)
                try:
                    edits.append(self.once(read_text(path), path))
                    self._status.clear()
                    for line in _lines(edits[-1], style):
                        print(line)
                except UsageError as error:
                    self._status.clear()
                    print(f"inspector: {error}", file=sys.stderr)
                kept = bool(edits) and edits[-1].fate in KEPT
                if kept or not _again() or self._tell("ending"):
                    return edits
        except BaseException:
            if kept := not same_text(read_text(path), self.kernel.text):
                self._status.clear()
                print(f"inspector: the edited text is in {path}", file=sys.stderr)
            raise
        finally:
            if not kept:
                path.unlink(missing_ok=True)


def _again() -> bool:
    try:
        return input("Enter opens it again, q ends: ").strip().lower() not in ("q", "quit")
    except EOFError:
        return False


def _open(path: Path) -> None:
    """The person's editor on a file.

    Raises:
        UsageError: there is none.
    """
    from inspector.client.editor import editor_command, editor_name, run_editor

    command = editor_command(str(path), 1)
    if command is None:
        raise UsageError(f"There is no editor {editor_name()}.", "Set $EDITOR to one, or give the text by --with FILE.")
    try:
        run_editor(command)
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror or error}.") from error


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise UsageError(
            f"--set {text} is not KEY=VALUE.", "As in --set schedule=static,64; --list says which there are."
        )
    return key.strip(), value.strip()


def _given(file: str) -> str:
    """The edited text.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        if file == "-":
            return sys.stdin.read()
        return typed_path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it is no UTF-8 text"
        raise UsageError(f"{file} cannot be read: {reason}.", "Name the file with the edited text.") from error


def _print(args: argparse.Namespace, trying: _Trying, edits: list[KernelEdit], style: Style) -> None:
    from inspector.edits.experiments import experiments
    from inspector.work.editing import situation_of

    kernel = trying.kernel
    offered = experiments(kernel, situation_of(trying.session.capture, kernel))
    if args.json:
        from inspector.cli.documents.measured import EditsDocument

        found = tuple(edits)
        said = tuple(say.headline(item) for item in edits)
        print_json(
            EditsDocument.made(
                trying.session.capture,
                kernel=kernel.kernel or "",
                compile_id=kernel.compile_id or "",
                text=kernel.text,
                experiments=offered,
                edits=found,
                said=said,
            )
        )
        return
    if not edits and not args.list and not interactive():
        print(plain(kernel.text), end="" if kernel.text.endswith("\n") else "\n")
        keys = ", ".join(item.key for item in offered) or "none"
        print(f"inspector: give it back by --with FILE; experiments that apply: {keys} (--list)", file=sys.stderr)
    elif args.list:
        print(style.bold(f"{one_line(kernel.kernel or '')} of {one_line(kernel.compile_id or '')}"))
        for item in offered:
            print(f"  {item.key:12}{style.dim(item.title)}")
            values = ", ".join(item.values)
            print(f"  {'':12}now {one_line(item.now)}; try {values}")
        if not offered:
            print(style.dim("  no experiment applies to this text"))
    elif args.experiments or args.file is not None:
        for line in _lines(edits[-1], style):
            print(line)
    if args.output is not None:
        print(style.dim(f"Bundle in {one_line(str(args.output))}"))


def _lines(edit: KernelEdit, style: Style) -> Iterator[str]:
    from inspector.edits.text import changed_counts

    added, gone = changed_counts(edit)
    counts = f"{plural(added, 'line')} added, {gone:,} gone"
    about = f"of {one_line(edit.compile_id)}, edit {edit.number}: {counts}"
    yield f"{style.bold(one_line(edit.kernel))} {style.dim(about)}"
    for row in say.rows(edit):
        yield f"{'  ' * (row.depth + 1)}{style.toned(row.tone)(one_line(row.text))}"
    if edit.problem is not None and edit.problem.line is not None and edit.fate is Fate.NOT_BUILT:
        lines = edit.text.strip("\n").split("\n")
        if 1 <= edit.problem.line <= len(lines):
            line = lines[edit.problem.line - 1]
            yield f"  {style.dim(f'{edit.problem.line:>5} ')}{one_line(line.strip())}"
            if edit.problem.column is not None:
                at = max(0, edit.problem.column - (len(line) - len(line.lstrip())))
                yield f"  {' ' * (6 + at)}{style.bad('^')}"
