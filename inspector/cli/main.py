"""The `inspector` command: finds the verb and runs it; the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from inspector.cli.signals import interrupt_once
from inspector.errors import EXIT_INTERRUPTED, EXIT_OK, InspectorError, TargetFailed, UsageError
from inspector.version import __version__

if TYPE_CHECKING:
    from inspector.cli.registry import Verb

_WELCOME = """\
inspector: Compiler Explorer for torch.compile, in the terminal.

Try
  inspector llama-mlp                  compile the Llama MLP and read every stage of it, live
  inspector targets                    the other built-in targets; your own: path/to/file.py:name
  inspector doctor                     whether this machine has what it takes

`inspector --help` says the rest.
"""

_EXIT_CODES = """\
exit codes
  0    all went well
  1    the target failed: it raised, the compiler failed on it, or the worker died; `check`: a limit is exceeded,
       or something grew against its baseline; `diff --exit-code`, `ranks --exit-code`: there is a difference;
       `lesson --check`: a claim does not hold
  2    usage: an option, a target, an input or a file is not what it should be; with --exit-code: nothing was compared
  3    the environment lacks something: `inspector doctor` says what
  4    unknown: `check`: a limit or a growth cannot be told; `numerics --nodes`: nodes could not be compared
  130  interrupted: Ctrl-C, or a kill; nothing is left running
"""

_ENVIRONMENT = """
environment
  NO_COLOR      no colours; FORCE_COLOR keeps them in a pipe
  CXX           the C++ compiler that Inductor uses
"""


_OBJECTS = 20_000
"""New objects between two looks for garbage. A log's thousands of records are none, and a look every 700 costs 4 %."""


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are ours."""

    def __init__(self, prog: str, description: str, epilog: str = "", usage: str | None = None) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raises instead of printing the whole usage; a value that is nearly one of the choices is corrected."""
        raise UsageError(
            f"{message[:1].upper()}{message[1:]}.",
            self._meant_value(message) or f"`{self.prog} --help` lists the options.",
        )

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """As argparse's, but an option that there is not is held against those there are; `given` are the options that
        were typed, which a value that is the default anyway does not say."""
        words = sys.argv[1:] if args is None else args
        found, surplus = self.parse_known_args(words, namespace)
        if surplus:
            raise self.surplus(surplus)
        found.given = tuple(word.partition("=")[0] for word in words if word.startswith("--") and word != "--")
        return found

    def surplus(self, words: Sequence[str]) -> UsageError:
        """What is said of arguments that nothing takes; an option that is nearly one is corrected."""
        from inspector.targets.nearest import did_you_mean

        options = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        unknown = next((word.partition("=")[0] for word in words if word.startswith("-")), "")
        hint = did_you_mean(unknown, options).strip() if len(unknown) > 2 else ""
        return UsageError(
            f"Unrecognized arguments: {' '.join(words)}.", hint or f"`{self.prog} --help` lists the options."
        )

    def _meant_value(self, message: str) -> str:
        """`argument --sort: invalid choice: 'tme' (choose from …)` → what may have been meant."""
        from inspector.targets.nearest import did_you_mean

        match = re.match(r"argument (?P<name>\S+): invalid (?:choice|\w+ value): '(?P<value>[^']*)'", message)
        if match is None:
            return ""
        names = match["name"].split("/")
        choices = [
            str(choice)
            for action in self._actions
            if {*action.option_strings, action.metavar, action.dest} & {*names}
            for choice in action.choices or ()
        ]
        near = did_you_mean(match["value"], choices).strip()
        return near or (f"There are {', '.join(choices)}." if choices else "")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; prints errors itself."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        interrupt_once()
    gc.set_threshold(_OBJECTS)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Unicode gets question marks, not a traceback
            stream.reconfigure(errors="replace")
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except InspectorError as error:
        return _report(error, detail="--traceback" in arguments)
    except KeyboardInterrupt:
        # One in the middle of an `exec` (a dataclass's, at an import) is remembered, and `python -m` would then end
        # by SIGINT for it, whatever is returned here; the next `exec` clears that.
        exec("")
        _say("inspector: interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough.
        return EXIT_OK
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # a word that is too long for a name, wherever it was first held for one
            from inspector.paths import no_path

            return _report(no_path(str(error.filename), error), detail=False)
        if error.filename is not None:  # a file's, which whoever opened it should have told about
            raise
        return _report(TargetFailed(f"The output cannot be written: {error.strerror or error}."), detail=False)
    finally:
        _let_go()


def command() -> NoReturn:
    """The command as installed: ends this process."""
    code = main()
    if sys.flags.inspect:  # PYTHONINSPECT: Python would print a traceback of the exit, and ask for more to run
        os._exit(code)
    sys.exit(code)


def _say(words: str) -> None:
    """A line on stderr, where there is anybody to read it: a terminal may have been closed."""
    with contextlib.suppress(OSError):
        print(words, file=sys.stderr, flush=True)


def _let_go() -> None:
    """Python flushes both streams once more as it ends, which must not fail where that has failed before."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_closed_streams() -> None:
    """Opens /dev/null for a standard stream that is closed (`>&-`), which Python leaves at None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - open for good


def _dispatch(arguments: list[str]) -> int:
    from inspector.cli.registry import VERBS, load

    if not arguments:
        from inspector.cli.terminal import interactive

        if interactive():
            from inspector.tui.library import run_first

            return run_first()
        print(_WELCOME, end="")
        return EXIT_OK
    if arguments[0] == "--version":
        print(f"inspector {__version__}")
        return EXIT_OK
    if arguments[0] == "help":
        if (about := arguments[1:2]) and about[0] not in VERBS:
            from inspector.targets.nearest import did_you_mean

            hint = did_you_mean(about[0], VERBS).strip()
            raise UsageError(f"There is no verb {about[0]!r}.", hint or f"The verbs are {', '.join(VERBS)}.")
        arguments = [*about, "--help"]
    if (name := arguments[0]) in VERBS:
        return load(name).run(parser_of(name).parse_args(arguments[1:]))
    from inspector.cli import default

    parser = parser_of("", described=not {"-h", "--help"}.isdisjoint(arguments))
    args, surplus = parser.parse_known_args(arguments)
    if surplus:
        raise _surplus(parser, arguments[0], surplus)
    return default.run(args)


def parser_of(name: str, *, described: bool = False) -> Parser:
    """The parser of a verb; of the empty name that of `inspector TARGET`, which names all verbs if `described`."""
    from inspector.cli.registry import load

    if name:
        verb = load(name)
        parser = Parser(f"inspector {name}", verb.__doc__ or "", _EXIT_CODES)
        verb.add_arguments(parser)
        return parser
    from inspector.cli.options import add_output_options, add_target_options

    usage = "inspector TARGET [options]\n       inspector VERB …"
    parser = Parser("inspector", _description() if described else "", _EXIT_CODES + _ENVIRONMENT, usage)
    add_target_options(parser)
    add_output_options(parser)
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser


def _surplus(parser: Parser, first: str, surplus: list[str]) -> UsageError:
    """What is said of arguments that nothing takes: most often a verb that does not exist, before its argument."""
    from difflib import get_close_matches

    from inspector.cli.registry import VERBS

    if first.startswith("-") or all(item.startswith("-") for item in surplus):
        return parser.surplus(surplus)
    near = get_close_matches(first, (*VERBS, "help"), n=1)
    return UsageError(
        f"There is no verb {first!r}, and one target at a time is compiled: {' '.join(surplus)} is one too many.",
        f"Did you mean `inspector {near[0]} …`?" if near else f"The verbs are {', '.join(VERBS)}.",
    )


def _description() -> str:
    from inspector.cli.registry import GROUPS, load

    verbs = "\n".join(
        f"  {about}\n" + "\n".join(f"    {name:<10} {_summary(load(name))}" for name in names)
        for about, names in GROUPS.items()
    )
    return (
        "Compile TARGET with torch.compile and show what every stage of the compiler made of it: on a terminal side\n"
        "by side and live; elsewhere, or with -o or --json, as `inspector capture` does.\n\n"
        f"verbs (`inspector help VERB`)\n{verbs}"
    )


def _summary(verb: Verb) -> str:
    return (verb.__doc__ or "").splitlines()[0]


def _report(error: InspectorError, *, detail: bool) -> int:
    from inspector.cli.printable import plain
    from inspector.cli.terminal import Style, wants_colour

    style = Style(wants_colour(sys.stderr))
    if detail and error.detail:
        _say(plain(error.detail.rstrip()))
    # What was given in a wrong way is told in one line, whatever a file of that name is called.
    message = error.message.replace("\n", "␊") if isinstance(error, UsageError) else error.message
    _say(f"{style.bad('inspector:')} {plain(message)}")
    if error.hint:
        _say(f"  {plain(error.hint)}")
    return error.exit_code
