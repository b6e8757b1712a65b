"""A difference as a page: nothing in it runs, nothing is fetched, nothing from a capture is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inspector.bundle.diff_page import render_difference
from inspector.cli.main import main
from inspector.compare import compare_captures
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus, Guard
from inspector.model.stage import Stage

EVIL = '<script>alert(1)</script><img src="http://example.org/x" onerror=alert(2)>\u202e\x1b[2J'
TRACES = Path(__file__).parent.parent / "traces"


class Tags(HTMLParser):
    """Every tag with its attributes; complains about what is opened and not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" or tag == "tr" or tag in self.open:
            assert self.open.pop() == tag


def evil(value: int) -> Capture:
    kernel = Artifact("0/0:kernel:k", Stage.KERNEL, "0/0", EVIL, Language.CPP, f"auto tmp0 = {value}; // {EVIL}\n")
    guards = (Guard(f"{EVIL} == {value}", "K", EVIL),)
    return Capture(
        environment={EVIL: str(value)},
        artifacts=(kernel, Artifact(f"source:{EVIL}{value}", Stage.SOURCE, None, None, Language.PYTHON, EVIL)),
        compilations=(Compilation("0/0", CompileStatus.DONE, EVIL, guards=guards, error=f"{EVIL}{value}"),),
    )


def test_nothing_from_a_capture_is_markup() -> None:
    page = render_difference(compare_captures(evil(1), evil(2), (EVIL, EVIL)))
    tags = Tags(page).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "link", "iframe", "a", "form"})
    assert not any(name.startswith("on") or name in ("src", "href", "style") for _, attrs in tags for name in attrs)
    assert not set("\x1b\u202e") & set(page)
    assert page.count("&lt;script&gt;") > 5
    policy = next(attrs["content"] for tag, attrs in tags if tag == "meta" and "http-equiv" in attrs)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_a_recorded_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "difference.html"
    assert main(["diff", str(TRACES / "recompile.log"), "0/0", "0/1", "--html", str(file)]) == 0
    page = file.read_text()
    Tags(page)
    assert "<h1>What was compiled: different (" in page
    assert re.search(r'<tr class="changed"><td class="n">8</td><td class="a">.*<mark>16</mark>', page)
    assert "What was compiled: different (" in capsys.readouterr().out
    assert main(["diff", str(TRACES / "recompile.log"), "0/0", "0/1", "--html", "-"]) == 0
    assert capsys.readouterr().out == page
    assert main(["diff", str(TRACES / "recompile.log"), "0/0", "0/1", "--html", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "difference.html"
    file.write_text("precious")
    asked = ["diff", str(TRACES / "recompile.log"), "0/0", "0/1", "--html", str(file)]
    assert main(asked) == 2
    assert file.read_text() == "precious"
    assert "--force" in capsys.readouterr().err
    assert main([*asked, "--force"]) == 0
    assert file.read_text().startswith("<!DOCTYPE html>")
