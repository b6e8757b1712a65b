"""A real terminal: tmux on a socket of its own, with the real command in it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil

ROOT = Path(__file__).parents[2]


class Terminal:
    """One tmux server with one window of `size` cells that runs `inspector ARGUMENTS`."""

    def __init__(self, arguments: str, size: tuple[int, int], folder: Path) -> None:
        self._socket = f"inspector-test-{uuid4().hex[:8]}"
        self._status = folder / f"status-{self._socket}"
        self.tmp = folder / f"tmp-{self._socket}"
        self.tmp.mkdir()
        command = (
            f"{shlex.quote(sys.executable)} -m inspector {arguments}; echo $? > {shlex.quote(str(self._status))}; cat"
        )
        environment = {**os.environ, "TMPDIR": str(self.tmp), "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        environment["XDG_CONFIG_HOME"] = str(folder / f"config-{self._socket}")  # a new user's, not that of who tests
        for name in ("TMUX", "COLUMNS", "LINES"):  # the last two are readline's, of whoever started the tests
            environment.pop(name, None)
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-s", "it", "-c", str(ROOT)),
            *("-x", str(size[0]), "-y", str(size[1]), "sh", "-c", command),
            env=environment,
        )

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def screen(self) -> str:
        """What a person sees, as text."""
        return self._tmux("capture-pane", "-p", "-t", "it")

    def press(self, *keys: str) -> None:
        """Types keys, in tmux's names for them."""
        self._tmux("send-keys", "-t", "it", *keys)

    def wait_for(self, pattern: str, seconds: float = 240) -> str:
        """The first screen in which the pattern is found; fails with the last screen."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, screen := self.screen()):
            assert time.monotonic() < deadline, f"{pattern!r} never came; the last screen was\n{screen}"
            time.sleep(0.1)
        return screen

    def exit_code(self, seconds: float = 60) -> int:
        """Waits for the command to end."""
        deadline = time.monotonic() + seconds
        while not self._status.exists() or not self._status.read_text().strip():
            assert time.monotonic() < deadline, f"it never ended; the last screen was\n{self.screen()}"
            time.sleep(0.05)
        return int(self._status.read_text())

    def processes(self) -> list[str]:
        """The command lines of all that runs in here, in whatever session: they inherited our TMPDIR."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("TMPDIR", "").startswith(str(self.tmp))
                if ours and process.name() not in {"sh", "cat", "tmux: server"}:  # the window's own
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def find(self, part: str) -> psutil.Process:
        """The process with that in its command line."""
        for process in psutil.process_iter():
            try:
                if process.environ().get("TMPDIR") == str(self.tmp) and part in " ".join(process.cmdline()):
                    return process
            except psutil.Error:
                continue
        raise AssertionError(f"nothing that runs has {part!r} in its command line: {self.processes()}")

    def close(self) -> None:
        """Ends the server and all that runs in it, and takes away the socket, which it leaves."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, timeout=60, check=False)
        sockets = Path(os.environ.get("TMUX_TMPDIR") or "/tmp") / f"tmux-{os.getuid()}"
        (sockets / self._socket).unlink(missing_ok=True)
