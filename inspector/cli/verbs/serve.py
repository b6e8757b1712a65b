"""Show the screen in a browser: to a class that follows, and to each a private view.

WHAT is a bundle or a log, a lesson's name, or a target with its options; `lesson NAME`, `open PATH` and `target NAME`
say which where a name is two of them. Without WHAT, the first lesson. Prints three addresses, each with a token in
it: the presenter's drives the screen, the class's shows the same and takes no key, the private one starts a screen of
its own. Listens on this machine alone (127.0.0.1) unless --host and --expose say otherwise. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.cli.options import add_target_options, add_traceback, request_from
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.paths import there

if TYPE_CHECKING:
    from inspector.serve import Door

_KINDS = ("open", "lesson", "target")


@dataclass(frozen=True)
class Served:
    """What is shown."""

    arguments: list[str]
    """Of `inspector`, as a person would type them in a terminal."""
    title: str
    compiles: bool
    """Whether each screen runs the compiler on code of this machine."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to serve, and where."""
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="listen there (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="port (default 8000; 0 takes a free one)")
    parser.add_argument("--expose", action="store_true", help="really listen where other machines can reach it")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        type=_name,
        metavar="NAME",
        help="a name of this machine that browsers may use, beside its addresses and its host name; repeatable",
    )
    parser.add_argument("--views", type=_count, default=4, metavar="N", help="private views at once (default 4)")
    add_traceback(parser)
    parser.add_argument(
        "what", nargs=argparse.REMAINDER, metavar="WHAT", help="bundle, log, lesson, or target and its options"
    )


def run(args: argparse.Namespace) -> int:
    """Serves until it is stopped."""
    served = served_from(args.what)
    host = _host(args.host)
    exposed = host != "localhost" and not ipaddress.ip_address(host).is_loopback
    if exposed and not args.expose:
        raise UsageError(
            f"{host} can be reached from other machines: {exposure(served)}",
            "Add --expose if that is meant, or leave --host away.",
        )
    _require(served)
    from inspector.serve import serve

    command = [sys.executable, "-m", "inspector", *served.arguments]

    def announce(access: Door) -> None:
        for line in announcement(access, served, Style(wants_colour(sys.stdout)), views=args.views):
            print(line)
        sys.stdout.flush()
        if exposed:
            print(f"inspector: exposed: {exposure(served)}", file=sys.stderr)

    called = (*args.name, socket.gethostname()) if exposed else tuple(args.name)
    return serve(host, args.port, command, served.title, views=args.views, called=called, announce=announce)


def exposure(served: Served) -> str:
    """What a person gives away by listening elsewhere than on loopback."""
    what = "what is shown, sources and paths of this machine included"
    runs = " and may compile and run it again and again, as you" if served.compiles else ""
    return (
        f"whoever has an address with its token sees {what}{runs}, and the token and all that is shown travel "
        "unencrypted."
    )


def announcement(access: Door, served: Served, style: Style, *, views: int) -> list[str]:
    """The addresses, and who they are for."""
    from inspector.serve import Role

    host = socket.gethostname() if access.address.everywhere else ""
    lines = [
        f"Serving {style.bold(one_line(served.title))}. Ctrl-C ends it.",
        f"  presenter  {style.name(access.url(Role.PRESENT, host))}  {style.dim('drives; keep it to yourself')}",
        f"  class      {style.name(access.url(Role.CLASS, host))}  {style.dim('follows, read-only')}",
    ]
    if views:
        about = f"a screen of one's own, {views} at most"
        lines.append(f"  private    {style.name(access.url(Role.VIEW, host))}  {style.dim(about)}")
    return lines


def served_from(words: list[str]) -> Served:
    """What the words after the options mean.

    Raises:
        UsageError: nothing that can be shown, or two things at once.
    """
    kind, rest = "", [word for word in words if word != "--"]
    if rest and rest[0] in _KINDS and not there(rest[0]):
        kind, rest = rest[0], rest[1:]
        if not rest:
            raise UsageError(f"`inspector serve {kind}` needs a name or a path.", "`inspector serve --help` has more.")
    if not rest:
        kind, rest = "lesson", ["1"]
    found = [kind] if kind else _kinds_of(rest)
    if len(found) > 1:
        ways = " or ".join(f"`inspector serve {item} {rest[0]}`" for item in found)
        raise UsageError(f"{rest[0]} is a lesson and a target.", f"Say {ways}.")
    if found == ["lesson"]:
        return _lesson(rest)
    return _opened(rest) if found == ["open"] else _target(rest)


def _kinds_of(words: list[str]) -> list[str]:
    from inspector.lessons.library import ORDER
    from inspector.targets import GALLERY

    name = words[0]
    lesson = name in ORDER or name.isdecimal() or name.endswith(".md")
    if there(name) and not lesson and not name.endswith(".py"):
        return ["open"]
    return [kind for kind, fits in (("lesson", lesson), ("target", name in GALLERY)) if fits] or ["target"]


def _lesson(words: list[str]) -> Served:
    from inspector.lessons import find_lesson

    if len(words) > 1:
        raise UsageError(
            f"One lesson at a time is served: {words[1]} is one too many.", "`inspector lesson` lists them."
        )
    lesson = find_lesson(words[0])
    return Served(["lesson", words[0]], lesson.title, compiles=True)


def _opened(words: list[str]) -> Served:
    from inspector.work.opening import open_path

    if len(words) > 1:
        raise UsageError(f"One bundle or log at a time is served: {words[1]} is one too many.", "Leave it away.")
    with open_path(words[0]) as found:
        return Served(["open", words[0]], found.title, compiles=False)


def _target(words: list[str]) -> Served:
    from inspector.cli.main import Parser

    parser = Parser("inspector serve", "")
    add_target_options(parser)
    args = parser.parse_args(words)
    return Served(words, request_from(args, _KINDS).title, compiles=True)


def _require(served: Served) -> None:
    from importlib.util import find_spec

    from inspector.errors import EnvironmentLacking

    if find_spec("textual_serve") is None:
        raise EnvironmentLacking(
            "`inspector serve` needs textual-serve, which is not installed.", "pip install textual-serve"
        )
    if served.compiles:
        from inspector.client.toolchain import require_compiler

        require_compiler()


def _host(text: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise UsageError(
            f"{text!r} is no address.", "Give an IP address: 127.0.0.1, or 0.0.0.0 for all of them."
        ) from None


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a machine")
    return text


def _port(text: str) -> int:
    return _within(text, 0, 65535, "a port from 0 to 65535")


def _count(text: str) -> int:
    return _within(text, 0, 100, "a number from 0 to 100")


def _within(text: str, low: int, high: int, words: str) -> int:
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {words}")
    return int(text)
