"""`inspector watch` without a screen: a line for each version, once it has come to something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.live import LogText, Update
from inspector.model.request import CaptureRequest
from inspector.model.version import Standing, Version, VersionNumbers, VersionRace

FIRST = Version(1, Standing.COMPILING)
GOOD = replace(FIRST, standing=Standing.GOOD, uncompared="there is nothing to hold them against", code_after=0.4)
SECOND = replace(GOOD, number=2, before=1, uncompared="")
NUMBERS, RACE = VersionNumbers(64, 0, 0, 0.0, 0.0), VersionRace(0.5, (0.48, 0.52), 8, busy=0.0)
BROKEN = Version(3, Standing.FAILED, before=2, message="SyntaxError: no", hint="At mine.py:4.")

TOLD = (
    FIRST,
    GOOD,
    replace(SECOND, standing=Standing.COMPILING),
    SECOND,
    replace(SECOND, numbers=NUMBERS),
    replace(SECOND, numbers=NUMBERS, race=RACE, unraced=""),
    replace(SECOND, numbers=NUMBERS, race=RACE, unraced="", raced_after=1.5),
    BROKEN,
)


class Told:
    """In place of the loop: says what it is to say, for as long as somebody listens."""

    def __init__(
        self, request: CaptureRequest, tell: Callable[[Version], object], hear: Callable[[Update], object]
    ) -> None:
        self.request, self.tell = request, tell
        hear(LogText("err", "what a worker prints\n"))
        hear(LogText("inspector", "Each version has a spare process.\n"))

    def run(self, stop: Callable[[], bool]) -> None:
        for version in TOLD:
            if stop():
                return
            self.tell(version)
        assert stop(), "nothing would end it"


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("inspector.work.versions.Versions", Told)
    yield


@pytest.fixture
def target(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text("def f(x): return x\n")
    return f"{tmp_path / 'mine.py'}:f"


def test_each_version_is_printed_once(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", target, "--plain", "--versions", "3"]) == 1  # the last one does not compile
    printed = capsys.readouterr()
    assert printed.err == "inspector: Each version has a spare process.\n"
    assert printed.out.splitlines() == [
        "version 1  the first version, nothing to compare it with",
        "  after the save: code 400 ms",
        "version 2 against 1  code not compared, 50 % faster (95 %: 48 to 52), same numbers",
        "  after the save: code 400 ms",
        "version 3  does not compile: SyntaxError: no",
        "  At mine.py:4.",
        "  version 2 stays",
    ]


def test_it_ends_well_after_a_good_one(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", target, "--plain", "--versions", "2"]) == 0
    assert "version 3" not in capsys.readouterr().out


def test_so_many_versions_are_printed_on_a_terminal_too(
    target: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.cli.verbs.watch.interactive", lambda: True)
    assert main(["watch", target, "--versions", "2"]) == 0
    assert "version 2 against 1" in capsys.readouterr().out


def test_what_cannot_be_watched(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["watch", str(tmp_path / "none.py:f"), "--plain"]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert main(["watch", "softmax", "--cold"]) == 2, "each version has the process of before"
