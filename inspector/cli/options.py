"""The options that say what to compile and how, shared by `inspector TARGET`, `capture` and `latency`."""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterable
from pathlib import Path

from inspector.errors import UsageError
from inspector.model.request import DEFAULT_TORCH_LOGS, CacheMode, CaptureRequest
from inspector.paths import typed_path
from inspector.regular import read_regular

TARGET_HELP = "a name from `inspector targets`, `path/to/file.py:name` or `package.module:name`"


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Adds TARGET and everything a `CaptureRequest` holds."""
    parser.add_argument(
        "target",
        nargs="?",
        metavar="TARGET",
        help=TARGET_HELP,
    )
    add_compile_options(parser)


def add_compile_options(parser: argparse.ArgumentParser, *, caches: bool = True) -> None:
    """Adds everything a `CaptureRequest` holds but the target's name.

    Args:
        caches: --cold and --warm too; without them for a verb that chooses by itself.
    """
    what = parser.add_argument_group("what to compile")
    what.add_argument("--model", metavar="CONFIG", help="a transformers model type, config.json or checkpoint folder")
    what.add_argument("--submodule", metavar="PATH", help="the part of the model: model.layers.0.mlp")
    what.add_argument(
        "--input",
        dest="inputs",
        action="append",
        default=[],
        metavar="SPEC",
        help="an input that cannot be inferred: 'x=f32[1,8,2048]'; repeatable",
    )
    what.add_argument("--batch", type=positive, metavar="N", help="batch size")
    what.add_argument("--seq", type=positive, metavar="N", help="sequence length")
    what.add_argument("--dtype", metavar="TYPE", help="f32, bf16, f16, f64")
    what.add_argument("--device", default="cpu", metavar="DEVICE", help="cpu (default), cuda, cuda:1")
    what.add_argument("--train", action="store_true", help="forward and backward: joint and backward graphs too")
    what.add_argument("--seed", type=int, default=0, metavar="N", help="for weights and inputs (default 0)")

    how = parser.add_argument_group("how to compile it")
    shapes = how.add_mutually_exclusive_group()
    shapes.add_argument(
        "--dynamic", dest="dynamic", action="store_true", default=None, help="dynamic shapes from the start"
    )
    shapes.add_argument("--static", dest="dynamic", action="store_false", help="never dynamic shapes")
    how.add_argument("--mode", metavar="MODE", help="torch.compile's mode: default, reduce-overhead, max-autotune, …")
    how.add_argument("--fullgraph", action="store_true", help="fail on a graph break")
    how.add_argument("--threads", type=positive, metavar="N", help="threads of the compiled code")
    how.add_argument(
        "--inductor",
        action="append",
        default=[],
        type=_key_value,
        metavar="KEY=VALUE",
        help="an Inductor setting: max_autotune=True; repeatable",
    )
    parser.set_defaults(cache=CacheMode.KEPT)
    if caches:
        _add_caches(how)
    how.add_argument(
        "--torch-logs",
        type=_comma_list,
        default=DEFAULT_TORCH_LOGS,
        metavar="A,B",
        help=f"TORCH_LOGS for the log (default {','.join(DEFAULT_TORCH_LOGS)})",
    )
    how.add_argument(
        "--passes",
        action="store_true",
        help="record Inductor's graph after every pass that changed it, for `inspector passes`; makes compiling slower",
    )
    how.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="give up after this long without progress (default 900)"
    )
    add_traceback(how)


def _add_caches(how: argparse._ArgumentGroup) -> None:
    group = how.add_mutually_exclusive_group()
    group.add_argument(
        "--cold",
        dest="cache",
        action="store_const",
        const=CacheMode.COLD,
        default=CacheMode.KEPT,
        help="a true cold start: fresh caches; without it, what never changes on a machine is kept",
    )
    group.add_argument(
        "--warm",
        dest="cache",
        action="store_const",
        const=CacheMode.WARM,
        help="torch's own caches, as a second run has",
    )


def add_traceback(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--traceback", action="store_true", help="on an error, print Python's traceback as well")


def add_keep(parser: argparse._ActionsContainer) -> None:
    """Adds --keep, of a verb that makes a capture."""
    parser.add_argument(
        "--keep",
        action="store_true",
        default=bool(os.environ.get("INSPECTOR_KEEP")),
        help="keep the capture in the library (`inspector library`); INSPECTOR_KEEP=1 always does",
    )


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Adds -o, --force and --json."""
    out = parser.add_argument_group("what to do with it")
    out.add_argument(
        "-o",
        "--output",
        type=typed_path,
        metavar="DIR",
        help="the bundle's folder, or NAME.inspector for a single file",
    )
    out.add_argument("--force", action="store_true", help="replace a bundle that is there")
    out.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def request_from(args: argparse.Namespace, verbs: Iterable[str] = ()) -> CaptureRequest:
    """The request that the options make.

    Args:
        args: parsed by a parser with `add_target_options`, or with `add_compile_options` and a `target` of its own.
        verbs: names that the person may have meant instead of a target.

    Raises:
        UsageError: no target, two, or one that does not exist as far as that can be seen without torch.
    """
    if args.target is None and args.model is None:
        raise UsageError("No target given.", "Name one from `inspector targets`, a path/to/file.py:name, or --model.")
    if args.target is not None and args.model is not None:
        raise UsageError(f"Both a target ({args.target}) and --model are given.", "Give one of them.")
    if args.submodule is not None and args.model is None:
        raise UsageError("--submodule is a part of a --model, which is not given.", "Add --model CONFIG.")
    if args.target is not None:
        check_target(args.target, verbs)
    return _request(args, args.target)


def compile_options_given(args: argparse.Namespace) -> list[str]:
    """Which of the options of `add_compile_options` a command line has: `--batch`; defaults do not count."""
    words = _request(args, None).arguments()
    return [word for word in words if word.startswith("--")]


def _request(args: argparse.Namespace, target: str | None) -> CaptureRequest:
    return CaptureRequest(
        target=target,
        model=args.model,
        submodule=args.submodule,
        inputs=tuple(args.inputs),
        batch=args.batch,
        seq=args.seq,
        dtype=args.dtype,
        device=args.device,
        dynamic=args.dynamic,
        mode=args.mode,
        fullgraph=args.fullgraph,
        train=args.train,
        threads=args.threads,
        inductor=tuple(args.inductor),
        seed=args.seed,
        cache=args.cache,
        torch_logs=tuple(args.torch_logs),
        timeout=args.timeout,
        passes=args.passes,
    )


def check_target(target: str, verbs: Iterable[str] = ()) -> None:
    """Looks at a target's name without importing anything of it.

    Raises:
        UsageError: no such file, or no such name in the gallery.
    """
    from inspector.targets import catalog
    from inspector.targets.nearest import did_you_mean

    file = target.rpartition(":")[0] or target
    if file.endswith(".py"):
        path = typed_path(file)
        if not path.is_file():
            raise UsageError(f"There is no file {file}.", "The form is path/to/file.py:name.")
        if not target.removeprefix(file).strip(":"):
            defined = ", ".join(_names_in(path))
            hint = f"Name one: {defined}." if defined else "The form is path/to/file.py:name."
            raise UsageError(f"{file} does not say which object to compile.", hint)
        return
    if ":" in target or "/" in target:
        return
    names = [info.name for info in catalog()]
    if target not in names:
        hint = did_you_mean(target, [*names, *verbs]).strip()
        raise UsageError(f"There is no target {target!r}.", hint or "`inspector targets` lists them.")


def _names_in(file: Path) -> list[str]:
    """The public functions and derived classes that a file defines, read without running it."""
    try:
        body = ast.parse(read_regular(file)).body
    except (OSError, SyntaxError, ValueError):  # told better by the worker, once there is a name
        return []
    found = (
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ClassDef) and node.bases)
    )
    return [name for name in found if not name.startswith("_")]


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above 0, for argparse."""
    return _above_zero(text, "seconds")


def days(text: str) -> float:
    """A number of days above 0, for argparse."""
    return _above_zero(text, "days")


def _above_zero(text: str, unit: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {unit} above 0")
    return number


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value


def _comma_list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())
