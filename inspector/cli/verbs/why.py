"""Say what costs most in a log or a bundle, why, and what to do: the findings, worst first.

What is wrong comes first, then what takes time, by the seconds it took; each with what it rests on, what would change
it, and the verb that shows it. Below stands what was looked at and found in order, and what is not recorded, so that
more may be wrong. The codes of --json are stable. With --exit-code it ends with 1 where anything was found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback, positive
from inspector.cli.output import add_json, show
from inspector.cli.paths import where_is
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import EXIT_OK
from inspector.say.units import plural
from inspector.why.verdict import Answer, Verdict, ranked
from inspector.why.words import NONE, cost
from inspector.work.opening import evidence_of

_MOST_FACTS = 4
"""Further facts of a finding that are printed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log."""
    add_input(parser)
    parser.add_argument("--limit", type=positive, default=10, metavar="N", help="at most so many findings (default 10)")
    parser.add_argument("--exit-code", action="store_true", help="end with 1 where anything was found")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Asks every rule and prints what they say."""
    from inspector.why.rules import answers

    with open_input(args) as found:
        given = answers(evidence_of(found))
    verdicts = ranked(given)
    style = Style(wants_colour(sys.stdout) and not args.json)
    show(lambda: _document(given), (verdicts, given), args, lambda safe: _lines(*safe, args, style))
    return int(bool(verdicts)) if args.exit_code else EXIT_OK


def _document(given: tuple[Answer, ...]) -> object:
    from inspector.cli.documents.overviews import Why

    return Why.of(given)


def _lines(
    verdicts: tuple[Verdict, ...], given: tuple[Answer, ...], args: argparse.Namespace, style: Style
) -> Iterator[str]:
    shown = verdicts[: args.limit]
    yield style.bold(plural(len(verdicts), "finding") if verdicts else NONE)
    for number, verdict in enumerate(shown, 1):
        yield ""
        yield from _verdict(number, verdict, args.input, style)
    if len(verdicts) > len(shown):
        yield ""
        yield style.dim(f"{plural(len(verdicts) - len(shown), 'more finding')}: --limit {len(verdicts)}")
    yield ""
    for item in given:
        if item.looked:
            yield f"{style.good('in order')}      {item.topic}: {one_line(item.looked)}"
    for item in given:
        if item.unknown:
            yield f"{style.warn('not recorded')}  {item.topic}: {one_line(item.unknown)}"


def _verdict(number: int, verdict: Verdict, path: str, style: Style) -> Iterator[str]:
    mark = style.bad if verdict.wrong else style.warn
    yield f"{number:>2}  {mark(cost(verdict))}  {one_line(verdict.title)}"
    if verdict.place is not None:
        yield f"    {style.name(where_is(verdict.place))}"
    yield from (f"    {one_line(item)}" for item in verdict.why[:_MOST_FACTS])
    if len(verdict.why) > _MOST_FACTS:
        yield style.dim(f"    … {len(verdict.why) - _MOST_FACTS} more")
    yield from (f"    do: {one_line(item)}" for item in verdict.do)
    shown = "; ".join(f"inspector {_with_path(item, path)}" for item in verdict.evidence)
    yield style.dim(f"    {verdict.sure.value}, {verdict.code}: {shown}")


def _with_path(verb: str, path: str) -> str:
    name, _, options = verb.partition(" ")
    return f"{name} {path} {options}".rstrip()
