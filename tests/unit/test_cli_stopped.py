"""A screen, and a command, that is told to stop from outside, or whose terminal is closed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from captures import full

from inspector.bundle import read, write

ROOT = Path(__file__).parents[2]
LOG = ROOT / "tests" / "traces" / "recompile.log"


class Window:
    """A command on a terminal of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        own = (
            "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
        )
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-c", own, sys.executable, "-m", "inspector", *words],
            start_new_session=True,
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "TMPDIR": str(self.temporary),
                "XDG_STATE_HOME": str(folder / "state"),
            },
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self.printed = b""

    def until(self, words: bytes) -> None:
        end = time.monotonic() + 60
        while words not in self.printed:
            assert time.monotonic() < end, self.printed[-2000:]
            self.read(0.1)

    def type(self, keys: bytes, answer: bytes) -> None:
        """Presses keys and waits for what they bring to the screen."""
        self.printed = b""
        os.write(self.master, keys)
        self.until(answer)

    def read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.printed += os.read(self.master, 65536)
            except OSError:  # its other end is closed
                time.sleep(seconds)

    def code(self) -> int:
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            if self.master >= 0:
                self.read(0.05)
            else:
                time.sleep(0.05)
        while self.master >= 0 and select.select([self.master], [], [], 0)[0]:
            before = self.printed
            self.read(0)
            if self.printed == before:
                break
        assert self.process.poll() is not None
        return self.process.returncode

    def close(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@contextmanager
def opened(folder: Path, place: Path, shown: bytes) -> Iterator[Window]:
    made = Window(folder, "open", str(place))
    try:
        made.until(shown)
        yield made
    finally:
        made.close()
        if made.process.poll() is None:
            made.process.kill()
        made.process.wait()


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    with opened(tmp_path, LOG, b"0/1") as made:
        yield made


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Window]:
    with opened(tmp_path, write(full(), tmp_path / "b.inspector"), b"no worker") as made:
        yield made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_screen_that_is_told_to_stop_twice_gives_the_terminal_back(window: Window, number: signal.Signals) -> None:
    window.process.send_signal(number)
    window.process.send_signal(number)
    assert window.code() == 130
    assert b"inspector: interrupted\r\n" in window.printed.rpartition(b"\x1b[?1049l")[2]
    assert b"Traceback" not in window.printed
    assert list(window.temporary.iterdir()) == []


def test_a_screen_whose_terminal_is_closed_ends(window: Window) -> None:
    window.close()
    assert window.code() == 130
    assert list(window.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "written"),
    [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGHUP, True), (None, True), (signal.SIGTERM, False)],
)
def test_notes_outlast_a_signal_and_a_closed_terminal(
    bundle: Window, tmp_path: Path, number: signal.Signals | None, written: bool
) -> None:
    """Both a note that was written and is not saved, and one that is being written."""
    window = bundle
    window.type(b"a", b"Ctrl+S")
    window.type(b"watch", b"watch")
    if written:
        window.type(b"\x13", b"Noted.")
    if number is None:
        window.close()
    else:
        window.process.send_signal(number)
    assert window.code() == 130
    (kept,) = (tmp_path / "state" / "inspector" / "rescued").glob("*")
    notes = [note.text for note in read(kept).annotations]
    assert notes == [*(note.text for note in full().annotations), "watch"]
    if number is not None:
        last = window.printed.rpartition(b"\x1b[?1049l")[2].decode()
        assert (
            f"inspector: interrupted. The {len(notes)} notes are kept in {kept}: `inspector open {kept}`.\r\n" in last
        )
    assert list(window.temporary.iterdir()) == []


def test_an_interruption_in_the_middle_of_an_import_has_our_exit_code(tmp_path: Path) -> None:
    """Python remembers one that met an `exec`, as a dataclass's, and `python -m` would end by the signal."""
    (tmp_path / "stopped.py").write_text(
        "import sys\n"
        "from inspector.cli import main\n"
        "main._dispatch = lambda arguments: exec('raise KeyboardInterrupt')\n"
        "sys.exit(main.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stopped"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "inspector: interrupted\n")
