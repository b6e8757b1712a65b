"""`inspector show FOLDER` and `inspector diff KEY KEY` of folders that compiled code is kept in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from inspector.cli import output
from inspector.cli.doc_text import row_lines, section_lines
from inspector.cli.documents.served import KeysCompared
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.compare.stored import factor_changes, key_in
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, EXIT_USAGE
from inspector.model.stored import Stored, StoredKey
from inspector.say import stored as say
from inspector.say.pieces import twice_words
from inspector.trace.files import Input, input_at, unreadable
from inspector.trace.stored_trace import stored_in
from inspector.work.opening import open_path


def is_stored(path: str) -> bool:
    """Whether a path is a folder that compiled code is kept in."""
    return path != "-" and Path(path).is_dir() and input_at(path) is Input.STORED


def read(path: str) -> Stored:
    """What a folder holds.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return stored_in(Path(path))
    except OSError as error:
        raise unreadable(Path(path), error) from error


def show_stored(args: argparse.Namespace) -> int:
    """Prints a folder's keys."""
    stored = read(args.input)
    style = Style(wants_colour(sys.stdout))
    return output.show(lambda: stored, stored, args, lambda safe: _lines(safe, args, style))


def _lines(stored: Stored, args: argparse.Namespace, style: Style) -> Iterator[str]:
    if not stored.keys:
        yield say.NO_KEYS
    for number, key in enumerate(stored.keys):
        if number:
            yield ""
        yield from _key_lines(key, style, factors=not args.pieces)
    if any(key.pieces for key in stored.keys):
        models = open_path(args.input).pieces().models
        twice = [twice_words(cells) for model in models for cells in model.twice]
        yield from (style.warn(one_line(words)) for words in ["", *twice] if twice)
    if words := say.left_out(stored):
        yield style.warn(words)


def _key_lines(key: StoredKey, style: Style, *, factors: bool) -> Iterator[str]:
    yield style.bold(one_line(say.heading(key)))
    yield from row_lines(say.key_rows(key), style)
    columns, items = say.pieces_table((key,))
    if items:
        yield ""
        yield from item_table(columns, items, style, "  ")
    if key.factors and factors:
        yield from section_lines(say.factors(key), style)


def diff_stored(a: str, b: str, args: argparse.Namespace) -> int:
    """Prints which factors of two keys differ.

    Raises:
        UsageError: a side holds no key, or several.
    """
    one = key_in(read(a), a)
    other = key_in(read(b), b, one.kind)
    changes = factor_changes(one, other)
    told = bool(one.factors and other.factors)
    style = Style(wants_colour(sys.stdout) and not args.json)
    compared = KeysCompared(a, b, told, changes)

    def lines(safe: KeysCompared) -> Iterator[str]:
        yield say.compared_words(one, other, safe.changes)
        yield from row_lines(say.change_rows(safe.changes), style)

    output.show(lambda: compared, compared, args, lines)
    if not args.exit_code:
        return EXIT_OK
    return EXIT_USAGE if not told else EXIT_TARGET_FAILED if changes else EXIT_OK
