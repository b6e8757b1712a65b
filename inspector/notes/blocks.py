"""A note's Markdown as blocks of runs: it is read here, once, and every face draws what was read.

CommonMark with tables, strike-through and bare addresses, as in an issue on GitHub; line ends stay, as there. HTML is
text. An image is its alternative text: nothing is ever fetched. An address that is neither http nor https is words, and
stands behind the words that it was to hide under.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Flag, StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from inspector.model.visible import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 20_000
"""Characters that are read as Markdown; a longer text is shown as it was typed."""
DEEPEST = 20
"""Levels one within the other, of which a quotation is one, and a list and its item are one each; a text with as many
is shown as it was typed, for the parser would leave out what is deeper."""
_FOLLOWED = ("http://", "https://")


class RunLook(Flag):
    """How a run is to look."""

    PLAIN = 0
    STRONG = 1
    EMPHASIS = 2
    CODE = 4
    STRUCK = 8
    LINK = 16


class TextRun(NamedTuple):
    """Characters that look alike; line ends among them are meant."""

    text: str
    look: RunLook = RunLook.PLAIN
    link: str = ""
    """Where it leads: an http or https address; empty for nowhere."""


class BlockKind(StrEnum):
    """What a block is; the page has an element for each."""

    PARAGRAPH = "p"
    HEADING = "h"
    CODE = "code"
    BULLETS = "ul"
    NUMBERS = "ol"
    ITEM = "li"
    QUOTE = "quote"
    RULE = "rule"
    TABLE = "table"
    ROW = "tr"
    CELL = "td"


@dataclass(frozen=True)
class NoteBlock:
    """A piece of a note."""

    kind: BlockKind
    runs: tuple[TextRun, ...] = ()
    """Of a paragraph, a heading, code or a cell."""
    children: tuple[NoteBlock, ...] = ()
    """Of a list, an item, a quotation, a table or a row."""
    number: int = 0
    """A heading's level; the first number of a list."""


@lru_cache(maxsize=1024)
def blocks(text: str) -> tuple[NoteBlock, ...]:
    """What a note's Markdown says; characters that hide or act are made visible."""
    if len(text) > LONGEST:
        return _as_typed(text)
    tokens = _parser().parse(text)
    if any(token.level >= DEEPEST - 1 for token in tokens if token.type in _HOLDING):
        return _as_typed(text)
    # Definitions of links alone say nothing, and are shown all the same.
    return _blocks(tokens) or _as_typed(text)


def summary(text: str) -> str:
    """The first line of a note that says something, as plain words."""
    return next(filter(None, (line.strip() for line in _plain(blocks(text)))), "")


def _plain(found: Iterable[NoteBlock]) -> Iterator[str]:
    for block in found:
        yield from "".join(run.text for run in block.runs).splitlines()
        yield from _plain(block.children)


def _as_typed(text: str) -> tuple[NoteBlock, ...]:
    return (NoteBlock(BlockKind.CODE, (TextRun(visible(text), RunLook.CODE),)),)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough", "linkify"])
    assert parser.linkify is not None
    # `model.py` and `torch.nn` are no hosts, whatever top-level domains there are.
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    # Every link is a token, so that `_runs` is the one place that decides what may be followed.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 (the parser's)
    return parser


_HOLDING = ("blockquote_open", "list_item_open")
"""What blocks stand within."""
_KINDS = {
    "bullet_list": BlockKind.BULLETS,
    "ordered_list": BlockKind.NUMBERS,
    "list_item": BlockKind.ITEM,
    "blockquote": BlockKind.QUOTE,
    "table": BlockKind.TABLE,
    "tr": BlockKind.ROW,
}
_INLINE = {"paragraph": BlockKind.PARAGRAPH, "heading": BlockKind.HEADING, "th": BlockKind.CELL, "td": BlockKind.CELL}
"""What holds runs and nothing else."""


def _blocks(tokens: Sequence[Token]) -> tuple[NoteBlock, ...]:
    """The blocks of a flat row of tokens that open and close them."""
    found: list[list[NoteBlock]] = [[]]
    opened: list[Token] = []
    for token in tokens:
        if token.nesting == 1:
            opened.append(token)
            found.append([])
        elif token.nesting == -1:
            inner = tuple(found.pop())
            found[-1] += _closed(opened.pop(), inner)
        elif token.type == "inline":
            found[-1].append(NoteBlock(BlockKind.PARAGRAPH, tuple(_joined(_runs(token.children or ())))))
        elif token.type == "hr":
            found[-1].append(NoteBlock(BlockKind.RULE))
        elif token.content:  # a fence, or an indented block
            found[-1].append(NoteBlock(BlockKind.CODE, (TextRun(visible(token.content.rstrip("\n")), RunLook.CODE),)))
    return tuple(found[0])


def _closed(token: Token, inner: tuple[NoteBlock, ...]) -> tuple[NoteBlock, ...]:
    name = token.type.removesuffix("_open")
    if name in _INLINE:
        runs = inner[0].runs if inner else ()
        if name == "th":
            runs = tuple(run._replace(look=run.look | RunLook.STRONG) for run in runs)
        return (NoteBlock(_INLINE[name], runs, number=int(token.tag[1]) if name == "heading" else 0),)
    if name not in _KINDS:  # the head or the body of a table
        return inner
    number = int(token.attrs.get("start", 1)) if name == "ordered_list" else 0
    return (NoteBlock(_KINDS[name], children=inner, number=number),)


_LOOKS = {"strong": RunLook.STRONG, "em": RunLook.EMPHASIS, "s": RunLook.STRUCK}


def _runs(tokens: Sequence[Token]) -> Iterator[TextRun]:
    looks: list[RunLook] = []
    address = ""
    for token in tokens:
        name, _, end = token.type.rpartition("_")
        look = _together(looks)
        link = address if _followed(address) else ""
        if name in _LOOKS:
            looks = [*looks, _LOOKS[name]] if end == "open" else looks[:-1]
        elif name == "link":
            if end == "close" and address and not link:
                yield TextRun(f" ({visible(address)})", look)
            address = str(token.attrs.get("href", "")) if end == "open" else ""
        elif token.type == "image":
            alternative = "".join(child.content for child in token.children or ())
            source = str(token.attrs.get("src", ""))
            yield TextRun(f"[image: {visible(alternative)}]", look | RunLook.EMPHASIS, link or _followed(source))
        elif token.type in ("softbreak", "hardbreak"):
            yield TextRun("\n", look, link)
        elif token.content:
            yield TextRun(
                visible(token.content), look | (RunLook.CODE if token.type == "code_inline" else RunLook.PLAIN), link
            )


def _followed(address: str) -> str:
    """The address if a person may be led there, else nothing."""
    return address if address.lower().startswith(_FOLLOWED) else ""


def _together(looks: Iterable[RunLook]) -> RunLook:
    made = RunLook.PLAIN
    for look in looks:
        made |= look
    return made


def _joined(runs: Iterable[TextRun]) -> Iterator[TextRun]:
    """Neighbours that look alike as one; what leads somewhere looks so."""
    held: TextRun | None = None
    for run in runs:
        new = run._replace(look=run.look | RunLook.LINK) if run.link else run
        if held is not None and (held.look, held.link) == (new.look, new.link):
            held = held._replace(text=held.text + new.text)
            continue
        if held is not None:
            yield held
        held = new
    if held is not None:
        yield held
