"""A capture as Markdown and a pane as a picture, whatever stands in the texts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from inspector.bundle.markdown import GITHUB, markdown
from inspector.bundle.svg import Asked, blend, svg
from inspector.highlight.colors import DARK, LIGHT
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus, Note
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.notes.markup import code
from inspector.say.links import describe
from inspector.trace import read_capture

TRACES = Path(__file__).parents[1] / "traces"
NASTY = "```\n</details><script>alert(1)</script> @someone #1 ``x`` [a](http://b)\n~~~\n\u202e\x1b[31m"


@cache
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


def hostile() -> Capture:
    kernel = Artifact(f"0/0:kernel:{NASTY}", Stage.KERNEL, "0/0", NASTY, Language.CPP, NASTY * 3)
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, NASTY)
    return Capture(
        request=CaptureRequest(NASTY),
        environment={"torch": NASTY},
        artifacts=(kernel, graph),
        compilations=(Compilation("0/0", CompileStatus.FAILED, NASTY, kernels=(NASTY,), error=NASTY),),
        notes=(Note(NASTY, NASTY),),
    )


def parsed(text: str) -> list[Token]:
    return [token for block in MarkdownIt().parse(text) for token in (block, *(block.children or ()))]


def test_markdown_tells_the_links_in_words() -> None:
    text = markdown(gated())
    source = gated().find(Stage.SOURCE)[0]
    words = str(describe(gated().index.relatives(source.id, 17), source.id, gated().by_id))
    assert f"- `{source.lines[16].strip()}` (`gated.py:17`): {words}\n" in text
    kernel = gated().find(Stage.KERNEL)[0]
    assert f"```cpp\n{kernel.text.rstrip()}\n```" in text
    assert text.count("<details>") == text.count("</details>") == len(gated().artifacts) - 1


def test_texts_are_fenced_whole() -> None:
    fences = [token.content for token in parsed(markdown(gated(), limit=None)) if token.type == "fence"]
    for item in gated().artifacts:
        assert item.stage is Stage.SOURCE or item.text.rstrip("\n") + "\n" in fences


def test_nothing_hostile_becomes_markup() -> None:
    text = markdown(hostile())
    allowed = ("<details><summary>", "</details>")
    for token in parsed(text):
        assert token.type not in ("link_open", "image")
        if token.type in ("html_block", "html_inline"):
            assert token.content.startswith(allowed)
            assert "<script" not in token.content
        elif token.type == "text":
            assert "@someone" not in token.content
            assert "script" not in token.content
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("text", ["`", "``", "a`b", "`a``b`", "a\nb"])
def test_a_code_span_holds_its_text(text: str) -> None:
    (span,) = [token for token in parsed(f"x {code(text)} y") if token.type == "code_inline"]
    assert span.content.strip() == " ".join(text.split())


def test_a_code_span_of_nothing_says_so() -> None:
    assert (code(""), code(" \n")) == ("(empty)", "(empty)")


@pytest.mark.parametrize("limit", [GITHUB, 8_000, 3_000, 200])
def test_markdown_keeps_within_its_limit(limit: int) -> None:
    text = markdown(gated(), limit=limit)
    assert len(text) <= limit
    if limit == 8_000:
        assert "further lines" in text


def elements(text: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(text).iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def test_a_picture_holds_every_line() -> None:
    kernel = gated().find(Stage.KERNEL)[0]
    texts = elements(svg(gated(), kernel, DARK), "text")
    rows = ["".join(item.itertext()) for item in texts]
    shown = {"".join(row.split()) for row in rows}
    assert {"".join(line.split()) for line in kernel.lines} <= shown
    assert str(len(kernel.lines)) in rows


def test_a_picture_lights_what_belongs_to_a_place() -> None:
    capture = gated()
    source, kernel = capture.find(Stage.SOURCE)[0], capture.find(Stage.KERNEL)[0]
    relatives = capture.index.relatives(source.id, 17)
    text = svg(capture, kernel, LIGHT, asked=Asked(source.id, 17, relatives))
    lit = {
        line
        for item in relatives.by_artifact[kernel.id]
        for line in range(item.span.start.line, item.span.last_line + 1)
    }
    assert sum(item.get("width") == "4" for item in elements(text, "rect")) == len(lit) > 0


def test_lines_of_a_picture() -> None:
    kernel = gated().find(Stage.KERNEL)[0]
    rows = ["".join(item.itertext()) for item in elements(svg(gated(), kernel, DARK, first=5, last=7), "text")]
    assert [row for row in rows if row.isdigit()] == ["5", "6", "7"]


def test_a_picture_stays_xml() -> None:
    capture = hostile()
    for item in capture.artifacts:
        text = svg(capture, item, DARK)
        assert not elements(text, "script")
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("one", "other", "share", "made"),
    [
        ("#000000", "#ffffff", 0.5, "#808080"),
        ("#102030", "#ffffff", 0.0, "#102030"),
        ("#000000", "#ff8000", 1.0, "#ff8000"),
    ],
)
def test_blend(one: str, other: str, share: float, made: str) -> None:
    assert blend(one, other, share) == made
