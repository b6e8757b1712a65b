"""What the experiments share on the command line: their options, the progress, and what is said at the end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.options import add_traceback, positive
from inspector.cli.signals import stop_signals
from inspector.cli.terminal import ProgressLine, interactive
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, UsageError
from inspector.paths import typed_path

if TYPE_CHECKING:
    from inspector.model.study import StudyRequest
    from inspector.study.process import PreparedPlace
    from inspector.study.runner import Done, Once, Plan


def add_plan_options(parser: argparse.ArgumentParser, *, output: str, repeats: int = 1) -> argparse._ArgumentGroup:
    """Adds what every experiment takes.

    Args:
        output: the results file's usual name.
        repeats: how often each run is made without `--repeats`.

    Returns:
        The group for the experiment's own options.
    """
    what = parser.add_argument_group("what to run")
    what.add_argument("--dtype", default="f32", metavar="TYPE", help="f32 (default), bf16, f16, f64")
    what.add_argument("--threads", type=positive, metavar="N", help="torch's threads (default: torch's own choice)")
    what.add_argument("--mode", dest="compile_mode", metavar="MODE", help="torch.compile's mode")
    what.add_argument(
        "--backend", default="inductor", metavar="NAME", help="torch.compile's backend (default inductor)"
    )
    what.add_argument("--seed", type=int, default=0, metavar="N", help="for weights and prompts (default 0)")
    what.add_argument(
        "--repeats", type=positive, default=repeats, metavar="N", help=f"how often each run is made (default {repeats})"
    )
    what.add_argument(
        "--no-memory-check", dest="memory", action="store_false", help="start also what is estimated not to fit"
    )
    how = parser.add_argument_group("what to do with it")
    how.add_argument(
        "-o",
        "--output",
        type=typed_path,
        default=Path(output),
        metavar="FILE",
        help=f"the results file, appended to; runs that it holds are not repeated (default {output})",
    )
    how.add_argument("--plan", action="store_true", help="list the runs and start none")
    how.add_argument("--tui", action="store_true", help="on the screen, with charts that grow as results come")
    add_traceback(how)
    return what


def numbers(text: str) -> tuple[int, ...]:
    """`1,4,32` for argparse."""
    found = tuple(positive(item.strip()) for item in text.split(",") if item.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers from 1")
    return found


def choices(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """`a,b` for argparse, each one of `known`."""
    listed = [str(item) for item in known]

    def parse(text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
        for item in found:
            if item not in listed:
                raise argparse.ArgumentTypeError(f"{item!r} is none of {', '.join(listed)}")
        if not found:
            raise argparse.ArgumentTypeError(f"name at least one of {', '.join(listed)}")
        return found

    return parse


def carry_out(
    args: argparse.Namespace,
    requests: Sequence[StudyRequest],
    place: Callable[[StudyRequest, Once], PreparedPlace | None] | None = None,
) -> int:
    """Runs a plan, on the screen or with progress on stderr and its file's report at the end; returns the exit code."""
    from inspector.study.words import title

    if args.plan:
        for request in requests:
            print(title(request))
        return EXIT_OK
    if args.tui:
        require_terminal(f"inspector study {args.study}")
    from inspector.client.toolchain import require_compiler
    from inspector.study.runner import Plan

    require_compiler()
    plan = Plan(requests, args.output, place=place) if place is not None else Plan(requests, args.output)
    return _on_screen(plan) if args.tui else _in_rows(plan, args)


def require_terminal(command: str) -> None:
    """Raises what is to be said where there is no terminal to draw on.

    Raises:
        UsageError: there is none.
    """
    if not interactive():
        raise UsageError(
            "--tui needs a real terminal: stdin and stdout on one, and TERM neither empty nor dumb.",
            f"`{command}` without it prints text.",
        )


def _on_screen(plan: Plan) -> int:
    from inspector.tui.study import run_plan

    code, words = run_plan(plan, f"study {plan.requests[0].experiment}")
    if words:
        print(words, file=sys.stderr)
    return code


def _in_rows(plan: Plan, args: argparse.Namespace) -> int:
    from inspector.study.updates import PlanProgress, Update
    from inspector.study.words import title, update_words

    status = ProgressLine()
    told: set[int] = set()

    def follow(update: Update) -> None:
        stop.check()
        status.show(update_words(update))
        if isinstance(update, PlanProgress) and update.number not in told and not sys.stderr.isatty():
            told.add(update.number)
            print(f"{update.number} of {update.total}: {title(update.request)}", file=sys.stderr)

    with stop_signals() as stop:
        try:
            done = plan.run(follow)
        finally:
            status.clear()
    return _conclude(plan.path, done, detail=args.traceback)


def _conclude(path: Path, done: Done, *, detail: bool) -> int:
    from inspector.client.logs import sanitise
    from inspector.study.render import text
    from inspector.study.report import make_report
    from inspector.study.sources import open_results
    from inspector.study.words import plan_words, title

    if path.exists():
        opened = open_results([str(path)])
        print(text(make_report(opened.sets, opened.notes)), end="")
    print(f"\n{plan_words(len(done.runs), done.kept, path)}")
    for request, error in done.failed:
        if detail and error.detail:
            print(sanitise(error.detail).rstrip(), file=sys.stderr)
        print(f"Failed: {title(request)}: {error}", file=sys.stderr)
    if done.failed:
        print("The same command tries the failed runs again.", file=sys.stderr)
    return EXIT_TARGET_FAILED if done.failed else EXIT_OK
