"""Measure a matrix of settings, each in a process of its own: here, on Slurm, or with task files for others.

  inspector sweep PLAN.toml                                  a plan: docs/sweep.md has one
  inspector sweep --target llama-mlp --batch 1,4,32 --mode default,max-autotune --dtype f32,bf16
  inspector sweep FOLDER …                                   what is there, of one sweep or of several

Each result is a file in the sweep's folder, named by its point; the same command goes on where it was interrupted, and
a failure is a result too. Results are told as they come, and the report last.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.cli.options import add_keep, add_traceback, check_target, positive, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, UsageError
from inspector.paths import typed_path

if TYPE_CHECKING:
    from inspector.model.sweep import PointResult
    from inspector.study.sweep.engines import Engine
    from inspector.study.sweep.folder import SweepFolder
    from inspector.study.sweep.plan import SweepPlan
    from inspector.study.sweep.runner import SweepDone, SweepUpdate

_WORDS = ("target", "model", "submodule", "dtype", "device", "mode", "cache")
_NUMBERS = ("batch", "seq", "threads", "seed")
_SWITCHES = ("dynamic", "train", "fullgraph")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the plan, the matrix, who runs it, and the report."""
    parser.add_argument("plan", nargs="*", metavar="PLAN", help="a plan's .toml, or folders with results")
    what = parser.add_argument_group("what to run, in place of a plan: values that are to vary behind commas")
    for name in _WORDS:
        what.add_argument(f"--{name}", type=_split, metavar="A,B", help=_HELP.get(name))
    for name in _NUMBERS:
        what.add_argument(f"--{name}", type=_listed(int), metavar="N,N", help=_HELP.get(name))
    for name in _SWITCHES:
        what.add_argument(f"--{name}", type=_listed(_truth), metavar="true,false", help=_HELP.get(name))
    what.add_argument("--inductor", action="append", type=_setting, metavar="KEY=A,B", help="an Inductor setting")
    what.add_argument("--torch", action="append", type=_python, metavar="VERSION=PYTHON", help="a Python that has it")
    what.add_argument(
        "--measure", type=_split, metavar="A,B", help="of latency (default), numerics, phases, price; none"
    )
    what.add_argument("--samples", type=positive, metavar="N", help="pairs of calls to time (default 200)")
    what.add_argument("--seconds", type=seconds, metavar="S", help="end timing after this long (default 20)")
    what.add_argument(
        "--repeats", type=positive, metavar="N", help="starts of each point; from 2 on there are intervals"
    )
    how = parser.add_argument_group("how to run it")
    how.add_argument("-o", "--output", type=typed_path, metavar="FOLDER", help="for the results (default: as the plan)")
    how.add_argument("--jobs", type=positive, metavar="N", help="how many at a time; what is timed runs alone here")
    how.add_argument("--bundles", action="store_true", help="keep each capture beside its result")
    add_keep(how)
    how.add_argument("--retry", action="store_true", help="make failures again")
    how.add_argument("--plan", dest="listing", action="store_true", help="list the points and start none")
    out = parser.add_argument_group("the report")
    out.add_argument("--over", type=_split, metavar="A,B", help="the table's rows and columns: batch,mode")
    out.add_argument("--report", type=typed_path, metavar="FILE", help="write it: .html, .md, .txt, .csv or .json")
    out.add_argument("--force", action="store_true", help="replace a file that is there")
    out.add_argument("--json", action="store_true", help="print one JSON object")
    add_traceback(out)


_HELP = {
    "target": "names from `inspector targets`, `file.py:name` or `package.module:name`",
    "dtype": "f32, bf16, f16, f64",
    "mode": "torch.compile's: default, reduce-overhead, max-autotune, …",
    "cache": "kept (default), cold, warm",
}


def run(args: argparse.Namespace) -> int:
    """Runs a plan, or reports what folders hold."""
    from inspector.files import check_free
    from inspector.study.written import format_of

    if args.report is not None:
        format_of(args.report)  # a form that nobody knows is refused before anything is run
        check_free(args.report, force=args.force)
    said = _said(args)
    if args.plan and not args.plan[0].endswith(".toml"):
        if said:
            raise UsageError(f"--{next(iter(said))} says what to run, and {args.plan[0]} is read.", "Leave one out.")
        for name, option in _OF_A_RUN.items():
            if getattr(args, name):
                raise UsageError(f"{option} is of a run, and {args.plan[0]} is read.", "Leave one out.")
        return _report(args, [typed_path(name) for name in args.plan], EXIT_OK)
    if len(args.plan) > 1 or (args.plan and set(said) - _ALONE):
        raise UsageError("A plan says all that is to be run.", "Give one plan, or the options alone.")
    return _carry_out(args, said)


_ALONE = {"samples", "seconds", "repeats"}
_OF_A_RUN = {
    "output": "--output",
    "jobs": "--jobs",
    "bundles": "--bundles",
    "retry": "--retry",
    "listing": "--plan",
}
"""Options that say how to run: --keep is not among them, for INSPECTOR_KEEP=1 gives it to every command."""


def _said(args: argparse.Namespace) -> dict[str, Any]:
    """What the options say, in a plan's words."""
    names = (*_WORDS, *_NUMBERS, *_SWITCHES, "measure", "samples", "seconds", "repeats")
    said = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    for name in ("inductor", "torch"):
        if getattr(args, name):
            said[name] = dict(getattr(args, name))
    if said.get("measure") == ["none"]:
        said["measure"] = []
    return said


def _carry_out(args: argparse.Namespace, said: dict[str, Any]) -> int:
    from inspector.say.sweep import point_words
    from inspector.study.sweep.analysis import check_over
    from inspector.study.sweep.folder import SweepFolder
    from inspector.study.sweep.plan import check_names, make_plan, read_plan

    if args.listing:
        for name in ("over", "report", "json"):
            if getattr(args, name):
                raise UsageError(f"--{name} is of a report, and --plan lists the points.", "Leave one out.")
    if not args.plan and not {"target", "model"} & set(said):
        raise UsageError("What is to be run?", "Give a plan, --target, or a folder with results.")
    file = typed_path(args.plan[0]) if args.plan else None
    plan = make_plan(
        (read_plan(file) if file else {}) | said, bundles=args.bundles, library=args.keep, retry=args.retry
    )
    for target in dict.fromkeys(job.point.request.target for job in plan.jobs):
        if target is not None:
            check_target(target)
    check_names(plan)
    if args.over is not None:
        check_over(args.over, [job.point for job in plan.jobs])
    names = plan_dimensions(plan)
    if args.listing:
        for job in plan.jobs:
            print(one_line(point_words(job.point, names)))
        return EXIT_OK
    folder = SweepFolder(args.output or Path(f"sweep-{file.stem}" if file else "sweep"))
    if plan.engine.name in ("skypilot", "kubernetes"):
        return _tasks(args, plan, folder)
    from inspector.client.toolchain import require_compiler
    from inspector.study.sweep.engines import Local
    from inspector.study.sweep.slurm import Slurm

    most = args.jobs or plan.engine.jobs
    engine: Engine = Slurm(plan, folder, most) if plan.engine.name == "slurm" else Local(plan, folder, most)
    if plan.engine.name == "local":
        require_compiler()
    done = _follow(args, plan, folder, engine)
    code = EXIT_TARGET_FAILED if done.failed else EXIT_OK
    return _report(args, [folder.path], code, keys={job.point.key for job in plan.jobs}, notes=done.notes)


def plan_dimensions(plan: SweepPlan) -> tuple[str, ...]:
    """What tells a plan's points apart."""
    from inspector.study.sweep.analysis import varied

    return varied([job.point for job in plan.jobs])


def _tasks(args: argparse.Namespace, plan: SweepPlan, folder: SweepFolder) -> int:
    from inspector.say.units import plural
    from inspector.study.sweep.tasks import task_files, write_tasks

    for name in ("over", "report", "json", "jobs"):
        if getattr(args, name):
            raise UsageError(
                f"--{name} is of points that are run here, and {plan.engine.name} gets task files.",
                "Leave it out; `inspector sweep FOLDER` reports a copy of what came of them.",
            )
    found = folder.keys()
    if args.retry:
        found -= {result.point.key for result in folder.read()[0] if not result.ok}
    todo = [job for job in plan.jobs if job.point.key not in found]
    paths = write_tasks(task_files(plan, todo), folder.path / "tasks")
    sky = plan.engine.name == "skypilot"
    print(f"{plural(len(paths), 'task file')} for {plural(len(todo), 'point')} in {folder.path / 'tasks'}.")
    print(f"Submit them with {'`sky jobs launch FILE`' if sky else '`kubectl apply -f FILE`'}; results come to ")
    print(f"{plan.engine.folder} there. `inspector sweep FOLDER` reports a copy of it.")
    return EXIT_OK


def _follow(args: argparse.Namespace, plan: SweepPlan, folder: SweepFolder, engine: Engine) -> SweepDone:
    from inspector.cli.signals import stop_signals
    from inspector.cli.terminal import ProgressLine
    from inspector.say.sweep import again_words, progress_words, result_words
    from inspector.study.sweep.runner import PointAgain, PointDone, Sweep, SweepProgress

    status = ProgressLine()
    names = plan_dimensions(plan)

    def follow(update: SweepUpdate) -> None:
        stop.check()
        match update:
            case SweepProgress():
                running = [job.point for job in update.running]
                time = (update.elapsed, update.left)
                count = (update.done, update.total, update.failed)
                status.show(progress_words(count, running, names, time))
            case PointDone():
                status.clear()
                words = f"{update.done}/{update.total}  {result_words(update.result, names)}"
                print(one_line(words), file=sys.stderr if args.json else sys.stdout, flush=True)
            case PointAgain():
                status.clear()
                print(one_line(again_words(update.job.point, names, update.words)), file=sys.stderr, flush=True)

    with stop_signals() as stop:
        try:
            return Sweep(plan, folder, engine).run(follow)
        finally:
            status.clear()


def _report(
    args: argparse.Namespace, paths: list[Path], code: int, *, keys: set[str] | None = None, notes: Sequence[str] = ()
) -> int:
    from inspector.study.sweep.folder import SweepFolder
    from inspector.study.sweep.report import sweep_report
    from inspector.study.written import format_of, rendered, write_text

    results: dict[str, PointResult] = {}
    bad = list(notes)
    for path in paths:
        if not SweepFolder.is_one(path):
            raise UsageError(f"There is no sweep in {path}.", "Name a plan's .toml, or a folder that one was run to.")
        found, more = SweepFolder(path).read(keys)
        results |= {result.point.key: result for result in found if result.ok or result.point.key not in results}
        bad += [words for words in more if words not in bad]
    report = sweep_report(list(results.values()), over=args.over, notes=bad)
    if args.report is not None:
        write_text(args.report, rendered(format_of(args.report), report), force=args.force)
    if args.json:
        from inspector.cli.documents.tools import SweepDocument

        print_json(SweepDocument(tuple(results.values()), report.values, report.notes))
    elif args.report is not None:
        print(f"Written: {args.report}")
    else:
        print(rendered("text", report), end="")
    return code


def _split(text: str) -> list[str]:
    found = [item.strip() for item in text.split(",") if item.strip()]
    if not found:
        raise argparse.ArgumentTypeError("nothing is named")
    return found


def _listed(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def parse(text: str) -> list[Any]:
        try:
            return [kind(item) for item in _split(text)]
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of such values") from error

    return parse


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _setting(text: str) -> tuple[str, list[str]]:
    """`freezing=true,false`: values as Python has them; true and false as everybody writes them."""
    name, equals, values = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=A,B")
    return name.strip(), [{"true": "True", "false": "False"}.get(item, item) for item in _split(values)]


def _python(text: str) -> tuple[str, str]:
    version, equals, python = text.partition("=")
    if not version or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not VERSION=PYTHON: nothing is installed by itself")
    return version, python
