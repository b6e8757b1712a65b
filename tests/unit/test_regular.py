"""Whatever somebody points at: a file is read, and what has no end or no bytes is refused before any is asked for."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector import paths
from inspector.bundle import read
from inspector.cli.main import main
from inspector.errors import EXIT_USAGE, UsageError
from inspector.lessons import find_lesson
from inspector.regular import check_regular, open_regular, read_regular
from inspector.study import store
from inspector.study.sources import holds_results
from inspector.study.sweep.plan import read_plan
from inspector.trace.files import look_at
from inspector.tui.settings import Settings, read_settings, write_settings
from inspector.work.opening import open_path
from inspector.work.saves import Saves

pytestmark = pytest.mark.timeout(60)  # what waits for a pipe waits for ever


@pytest.fixture(params=["pipe", "socket", "device", "endless", "folder", "loop"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A path of something that is no file."""
    path = tmp_path / "odd"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            here = Path.cwd()
            os.chdir(tmp_path)  # a socket's name has few letters
            bound.bind("odd")
            os.chdir(here)
    elif request.param == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/null", "endless": "/dev/zero", "loop": "odd"}[request.param])
    yield path


def test_what_is_no_file_is_not_opened(odd: Path) -> None:
    for opened in (open_regular, read_regular):
        with pytest.raises(OSError, match=r".") as caught:
            opened(odd)
        assert caught.value.strerror


def test_a_file_is_read_as_far_as_it_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_regular(path) == read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="longer than"):
        read_regular(path, 4)
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(OSError, match="longer than 64 MiB"):
        read_regular(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    os.close(open_regular(link))
    with pytest.raises(OSError, match=r"."):
        open_regular(link, links=False)


def test_a_pipe_will_do_where_it_comes_to_an_end(tmp_path: Path) -> None:
    check_regular(tmp_path, stat.S_IFIFO, pipes=True)
    with pytest.raises(OSError, match="pipe"):
        check_regular(tmp_path, stat.S_IFIFO)


def test_everything_that_opens_a_path_refuses_it(odd: Path) -> None:
    if not odd.is_fifo() and not odd.is_dir():  # a log may come through a pipe
        with pytest.raises(UsageError):
            open_path(odd)
    for opener in (read, store.read, read_plan, _lesson):
        with pytest.raises(UsageError):
            opener(odd)
    assert look_at(odd, odd.name) is None
    assert read_settings(odd) == Settings()
    assert not holds_results(odd)
    assert not Saves([str(odd)]).look()


def _lesson(path: Path) -> object:
    named = path.with_name(f"{path.name}.md")
    if os.path.lexists(path):
        named.symlink_to(path)
    return find_lesson(str(named))


VERBS = (
    *(["show"], ["open"], ["guards"], ["notes"], ["phases"], ["ranks"], ["recompiles"], ["why"], ["breaks"]),
    *(["check", "--max-graph-breaks", "0"], ["links", "--at", "source:1"], ["export", "--markdown"]),
)


@pytest.mark.parametrize("verb", VERBS, ids=lambda words: words[0])
@pytest.mark.parametrize("place", ["/dev/zero", "loop", "x" * 5000, "a\nb", "folder"])
def test_a_verb_refuses_it_in_one_line(
    verb: list[str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    assert main([verb[0], place, *verb[1:]]) == EXIT_USAGE
    said = capsys.readouterr()
    assert not said.out
    assert len(said.err.splitlines()) <= 2
    assert "Traceback" not in said.err


@pytest.mark.parametrize("place", ["loop", "x" * 5000])
def test_nothing_is_written_to_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    log = Path(__file__).parents[1] / "traces" / "recompile.log"
    assert main(["export", str(log), "-o", place]) == EXIT_USAGE
    assert "is no path" in capsys.readouterr().err


def test_a_name_that_nothing_can_have_is_nowhere() -> None:
    assert not paths.there("x" * 5000)
    assert not paths.there("a\0b")
    assert paths.there(__file__)


def test_a_pipe_that_will_not_do_is_not_opened_and_its_writer_goes_on_waiting(tmp_path: Path) -> None:
    """Opened and closed again, it would let the writer begin: what it writes to nobody is lost."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    written = threading.Thread(target=pipe.write_bytes, args=(b"whole",), daemon=True)
    written.start()
    for _ in range(200):
        with pytest.raises(OSError, match="it is a pipe"):
            open_regular(pipe)
    with os.fdopen(open_regular(pipe, pipes=True), "rb") as stream:
        assert stream.read() == b"whole"


def test_a_choice_that_cannot_be_kept_is_told(odd: Path) -> None:
    before = odd.lstat()
    assert "cannot be written" in write_settings(odd, Settings())
    assert odd.lstat().st_ino == before.st_ino
