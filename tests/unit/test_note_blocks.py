"""A note's Markdown as blocks, and as rows of a terminal: what it says is kept, and nothing in it acts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from inspector.model.visible import visible
from inspector.notes.blocks import DEEPEST, LONGEST, BlockKind, NoteBlock, RunLook, TextRun, blocks, summary
from inspector.notes.layout import cells, rows

NOTE = """# Why **slow**?

The gate is *bound* by `memory`, ~~not~~
see [the paper](https://example.org/a).

1. one
2. two
   - inner

> quoted

| kernel | time |
|---|---|
| `k0` | 12 µs |

```python
def f(x):
	return x
```
"""


def runs(found: Iterable[NoteBlock]) -> Iterator[TextRun]:
    for block in found:
        yield from block.runs
        yield from runs(block.children)


def text(note: str, width: int = 60) -> list[str]:
    return ["".join(piece.text for piece in row) for row in rows(note, width)]


def test_what_markdown_says() -> None:
    heading, paragraph, numbers, quote, table, code = blocks(NOTE)
    assert (heading.kind, heading.number) == (BlockKind.HEADING, 1)
    assert heading.runs == (TextRun("Why "), TextRun("slow", RunLook.STRONG), TextRun("?"))
    assert TextRun("memory", RunLook.CODE) in paragraph.runs
    assert TextRun("not", RunLook.STRUCK) in paragraph.runs
    assert TextRun("the paper", RunLook.LINK, "https://example.org/a") in paragraph.runs
    assert any("\n" in run.text for run in paragraph.runs)
    assert (numbers.kind, numbers.number, len(numbers.children)) == (BlockKind.NUMBERS, 1, 2)
    assert [child.kind for child in numbers.children[1].children] == [BlockKind.PARAGRAPH, BlockKind.BULLETS]
    assert (quote.kind, table.kind) == (BlockKind.QUOTE, BlockKind.TABLE)
    assert [[cell.runs[0].text for cell in row.children] for row in table.children] == [
        ["kernel", "time"],
        ["k0", "12 µs"],
    ]
    assert code == NoteBlock(BlockKind.CODE, (TextRun("def f(x):\n\treturn x", RunLook.CODE),))


def test_what_it_looks_like_in_a_terminal() -> None:
    assert text(NOTE, 30) == [
        "Why slow?",
        "",
        "The gate is bound by memory,",
        "not",
        "see the paper",
        "(https://example.org/a).",
        "",
        "1. one",
        "2. two",
        "   - inner",
        "",
        "│ quoted",
        "",
        "kernel  time ",
        "k0      12 µs",
        "",
        "  def f(x):",
        "      return x",
    ]


def test_a_row_is_never_wider_than_the_terminal_and_loses_nothing() -> None:
    note = "word " * 20 + "`" + "x" * 100 + "` **" + "字" * 50 + "** end\n\n- " + "y" * 70
    for width in (10, 17, 40):
        found = rows(note, width)
        assert max(sum(cells(piece.text) for piece in row) for row in found) <= width
        joined = "".join(piece.text for row in found for piece in row).replace(" ", "")
        assert joined == "word" * 20 + "x" * 100 + "字" * 50 + "end-" + "y" * 70


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "//e.org"],
)
def test_an_address_that_is_not_followed_is_words(address: str) -> None:
    for note in (f"[click]({address})", f"<{address}>", f"[click][1]\n\n[1]: {address}", f"![click]({address})"):
        found = list(runs(blocks(note)))
        assert {run.link for run in found} == {""}
        assert found
    assert text(f"[click]({address})")[0].startswith("click (")


def test_an_image_is_its_words_and_only_leads_where_a_link_may() -> None:
    assert blocks("![a plot](data:image/png;base64,AAAA)")[0].runs == (TextRun("[image: a plot]", RunLook.EMPHASIS),)
    (run,) = blocks("![a plot](http://e.org/a.png)")[0].runs
    assert (run.text, run.link) == ("[image: a plot]", "http://e.org/a.png")


def test_html_is_text() -> None:
    note = "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> and <b>bold</b>"
    assert text(note) == ["<script>alert(1)</script>", "", "<img src=x onerror=alert(1)> and <b>bold</b>"]


def test_a_file_is_no_host_and_an_address_is_one() -> None:
    assert {run.link for run in runs(blocks("see model.py and torch.nn, me@e.org"))} == {""}
    assert TextRun("https://e.org/x", RunLook.LINK, "https://e.org/x") in blocks("see https://e.org/x now")[0].runs


@pytest.mark.parametrize(
    "note", ["\x1b[31mred", "&#27;[31m &#x202e;turned", "`\x1b]0;t\x07`", "```\n\x9b31m\n```", "[\x1b](http://e.org)"]
)
def test_nothing_acts_on_a_terminal(note: str) -> None:
    shown = "".join(text(note))
    assert shown == visible(shown)
    assert summary(note) == visible(summary(note))


@pytest.mark.parametrize("note", [">" * 300 + " deep", "".join("  " * n + "- x\n" for n in range(60)), "x " * LONGEST])
def test_what_is_too_deep_or_too_long_is_shown_as_it_was_typed(note: str) -> None:
    assert blocks(note) == (NoteBlock(BlockKind.CODE, (TextRun(note, RunLook.CODE),)),)


def test_as_deep_as_it_may_be_nothing_is_left_out() -> None:
    note = "> " * (DEEPEST - 1) + "deep"
    assert [run.text for run in runs(blocks(note))] == ["deep"]
    assert blocks(note)[0].kind is BlockKind.QUOTE


@pytest.mark.parametrize("note", ["[a]: http://e.org", "```\n```"])
def test_markup_that_shows_nothing_is_shown_as_it_was_typed(note: str) -> None:
    assert "".join(run.text for run in runs(blocks(note))) == note


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("*text*", "text"),
        ("# A\nb", "A"),
        ("\n\n- **x** y", "x y"),
        ("> `q`", "q"),
        ("```\nc\nd\n```", "c"),
        ("", ""),
        ("---", ""),
    ],
)
def test_its_first_words(note: str, words: str) -> None:
    assert summary(note) == words


@settings(max_examples=150, deadline=None)
@given(some.text(alphabet="ab `*_~[]()<>!#-+.1|\\\n\t:/&;@x27\"'=", max_size=120), some.integers(1, 50))
def test_whatever_is_typed_is_drawn(note: str, width: int) -> None:
    for row in rows(note, width):
        assert sum(cells(piece.text) for piece in row) <= max(width, 80)
    letters = {run.text for run in runs(blocks(note))}
    assert all("\x1b" not in item for item in letters)
    summary(note)
