"""Ranges as one types them for `inspector notes`: lines, columns, quoted text, and what cannot be meant."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from inspector.bundle import read, write
from inspector.cli.main import main
from inspector.cli.places import ArtifactPlace
from inspector.cli.ranges import find_span, quoted, spelled
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture

TEXT = "a = f(x)\nb = f(x) + f(y)\nc = 'x-1'\nd = 1\n"
NAME = "source:my-model-2.py"


@cache
def small() -> Capture:
    return Capture(artifacts=(Artifact(NAME, Stage.SOURCE, None, None, Language.PYTHON, TEXT),))


def span(line: int, col: int, last: int, end: int) -> Span:
    return Span(NAME, Position(line, col), Position(last, end))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("source:2-3", span(2, 0, 4, 0)),
        ("source:2-2", span(2, 0, 3, 0)),
        ("source:2:4-2:8", span(2, 4, 2, 8)),
        ("source:2:4-3", span(2, 4, 4, 0)),
        ("source:2-3:4", span(2, 0, 3, 4)),
        ("source:2-", span(2, 0, 5, 0)),
        ("source:my-model-2.py:1:4-1:8", span(1, 4, 1, 8)),
        ('source:2:"f(x)"', span(2, 4, 2, 8)),
        ('source:"f(y)"', span(2, 11, 2, 15)),
        ('source:my-model-2.py:"x-1"', span(3, 5, 3, 8)),
    ],
)
def test_what_is_meant(typed: str, meant: Span) -> None:
    assert find_span(small(), typed) == meant
    assert find_span(small(), spelled(small(), meant)) in (
        meant,
        ArtifactPlace(small().artifacts[0], meant.start.line, None),
    )


def test_a_place_is_a_place() -> None:
    assert find_span(small(), "source:my-model-2.py:2:4") == ArtifactPlace(small().artifacts[0], 2, 4)


@pytest.mark.parametrize(
    ("typed", "words", "way_out"),
    [
        ("source:3-2", "ends before it begins", "Lines count from 1"),
        ("source:2:4-2:4", "ends before it begins", "left out"),
        ("source:3:1-8", "has no line 8", "1 to 4"),
        ("source:4:1-3", "ends before it begins", "give source:4:1-4:3"),
        ("source:2-9", "has no line 9", "1 to 4"),
        ("source:9-10", "has no line 9", "1 to 4"),
        ("source:2-2:99", "has no column 99", "0 to 15"),
        ('source:"f(x)"', "stands 2 times", f"{NAME}:1:4-1:8 and {NAME}:2:4-2:8"),
        ('source:1:"f(y)"', "is not in line 1", "within one line"),
        ('source:"gone"', f"is not in {NAME}", "as it stands there"),
        ('aten:"x"', "no stage", "source"),
        ("source:2-x", "is no place", "STAGE:LINE"),
    ],
)
def test_what_cannot_be_meant_is_told(typed: str, words: str, way_out: str) -> None:
    with pytest.raises(UsageError, match=words) as told:
        find_span(small(), typed)
    assert way_out in told.value.hint


def test_what_stands_at_a_span() -> None:
    assert quoted(small(), span(2, 4, 2, 8)) == "f(x)"
    assert quoted(small(), span(1, 0, 4, 0)) == "a = f(x) … +2 lines"
    assert quoted(small(), span(99, 0, 100, 0)) == ""


def test_a_note_on_a_range_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gated = read_capture(Path(__file__).parents[1] / "traces" / "live_gated.log")
    place = write(gated, tmp_path / "it.inspector")
    assert main(["notes", str(place), "--add", "aten:2-4", "all of **these**", "--no-time"]) == 0
    aten = gated.find(Stage.ATEN)[0].id
    assert read(place).annotations[0].span == Span.of_lines(aten, 2, 4)
    capsys.readouterr()
    assert main(["notes", str(place), "--at", "aten:4-9", "--no-automatic"]) == 0
    assert f"{aten}:2-4" in capsys.readouterr().out
    assert main(["notes", str(place), "--at", "aten:5-9", "--no-automatic"]) == 0
    assert capsys.readouterr().out == "No note shows there.\n"
    assert main(["notes", str(place), "--add", 'aten:"no such"', "x"]) == 2
    assert "no such" in capsys.readouterr().err


def test_on_a_terminal_markdown_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(small(), tmp_path / "it")
    main(["notes", str(place), "--add", "source:1", "**Bold** `c` \x1b[5m &#27;[5m [x](javascript:y)", "--no-time"])
    capsys.readouterr()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["notes", str(place), "--no-automatic"])
    out = capsys.readouterr().out
    assert "    \x1b[1mBold\x1b[0m \x1b[36mc\x1b[0m ␛[5m �[5m x (javascript:y)\n" in out
    monkeypatch.delenv("FORCE_COLOR")
    main(["notes", str(place), "--no-automatic"])
    assert "    **Bold** `c` ␛[5m" in capsys.readouterr().out
