"""Say what a word of a capture means: an operator, a construct, a vector call, a pragma, an instruction.

The word may stand as it does in a capture: torch.ops.aten.mm.default, at::vec::Vectorized<float>::loadu, vdivps,
reinterpret_tensor, LOAD_FAST, '#pragma omp for'. Each answer names where the whole truth is documented. A word that is
not known is said to be so, with the nearest known ones: exit code 2.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap

from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, print_json
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the word."""
    parser.add_argument("word", nargs="+", metavar="WORD", help="the word, as it stands in a capture")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints every meaning of the word."""
    from inspector.explain import explain, nearest

    word = " ".join(args.word)
    entries = explain(word)
    if not entries:
        near = nearest(word)
        hint = f"Near to it: {', '.join(near)}." if near else "Give it as it stands in a capture."
        raise UsageError(f"inspector has no explanation of {word!r}.", hint)
    if args.json:
        from inspector.cli.documents.tools import Explained

        print_json(Explained(tuple(entries)))
        return 0
    style = Style(wants_colour(sys.stdout))
    room = min(shutil.get_terminal_size().columns, 110) - 2 if sys.stdout.isatty() else 10_000
    for number, entry in enumerate(entries):
        if number:
            print()
        print(f"{style.bold(entry.word)}  {style.dim(entry.title)}")
        for line in textwrap.wrap(entry.about, room, break_on_hyphens=False):
            print(f"  {line}")
        print(f"  {style.dim(f'{entry.source.name}: {entry.source.url}')}")
    return 0
