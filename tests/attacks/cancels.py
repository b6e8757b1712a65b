"""Cancels captures, races, packs and screens at random moments: nothing may stay, and all say how they ended.

    python tests/attacks/cancels.py [--times 100] [--seed 1]

Each time a command is started on a target that hides a child (a session of its own, behind a parent that has ended, the
environment cleared) and clears its own environment; one to three signals of one kind, or the end of its terminal, come
at a random moment. Afterwards there must be no process, nothing in TMPDIR, nothing beside the output, exit code 130 (or
0, of one that was done), and no traceback. Exit code 1 where that does not hold.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import secrets
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 12.0
"""Seconds after the start within which the first signal comes: a capture takes as long here, more or less."""
PATIENCE = 40.0
STARTS = 1.0
"""Seconds that Python may need to start on a busy machine."""

TARGET = """
import os, signal, sys
import torch

def hide():
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-ISc", "import time; 'MARK'; time.sleep(600)"], {})
        os._exit(0)
    os.wait()

class Net(torch.nn.Module):
    def forward(self, x):
        return torch.softmax(x * 2, -1).sum() + x.cos().mean()

def net():
    return Net(), (torch.randn(64, 64),)

hide()
for name in list(os.environ):
    if name not in ("PATH", "LD_LIBRARY_PATH"):
        del os.environ[name]
model, inputs = net()
"""
COMMANDS = {
    "capture": ["capture", "target.py:net", "-o", "out"],
    "race": ["latency", "target.py:net"],
    "pack": ["pack", "target.py:net", "-o", "out.pack"],
    "screen": ["target.py:net"],
}


class Once:
    """One command that is cancelled."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.mark = secrets.token_hex(8)
        self.what = chance.choice(list(COMMANDS))
        self.number = chance.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        self.times = chance.choice((1, 1, 2, 3))
        self.after = chance.uniform(0.4, LONGEST)
        self.gap = chance.choice((0.0, 0.02, 0.3))
        self.closes = self.what == "screen" and chance.random() < 0.5
        self.printed = b""
        self.code: int | None = None

    def __str__(self) -> str:
        how = "terminal closed" if self.closes else f"{self.times} × {self.number.name}"
        return f"{self.what}, {how} after {self.after:.2f} s, gap {self.gap:g} s"

    def go(self) -> list[str]:
        """What is wrong afterwards."""
        for name in ("tmp", "cwd"):
            (self.folder / name).mkdir()
        (self.folder / "cwd" / "target.py").write_text(TARGET.replace("MARK", self.mark))
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        front = subprocess.Popen(
            [sys.executable, "-m", "inspector", *COMMANDS[self.what]],
            cwd=self.folder / "cwd",
            env={
                **os.environ,
                "TMPDIR": str(self.folder / "tmp"),
                "TERM": "xterm-256color",
                "INSPECTOR_TEST": self.mark,
            },
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=_own_terminal,  # noqa: PLW1509 (there are no threads here)
        )
        os.close(slave)
        begun = time.monotonic()
        self._read(master, begun + self.after, front)
        running = front.poll() is None
        if self.closes:
            os.close(master)
        for _ in range(0 if self.closes else self.times):
            if front.poll() is None:
                front.send_signal(self.number)
                self._read(master, time.monotonic() + self.gap, front)
        end = time.monotonic() + PATIENCE
        while front.poll() is None and time.monotonic() < end:
            if self.closes:
                time.sleep(0.05)
            else:
                self._read(master, time.monotonic() + 0.2, front)
        wrong = []
        if front.poll() is None:
            wrong.append("it did not end")
            front.kill()
            front.wait()
        elif not self.closes:
            self._read(master, time.monotonic() + 0.2, None)
        self.code = front.returncode
        if not self.closes:
            os.close(master)
        starting = self.code == -self.number and self.after < STARTS  # Python itself, before it is ours
        if not starting and self.code not in ((130, 0) if not running or self.what != "screen" else (130,)):
            wrong.append(f"exit code {self.code}")
        return wrong + self._left()

    def _read(self, master: int, until: float, front: subprocess.Popen[bytes] | None) -> None:
        while (left := until - time.monotonic()) > 0 and (front is None or front.poll() is None):
            if select.select([master], [], [], min(left, 0.1))[0]:
                try:
                    self.printed += os.read(master, 65536)
                except OSError:
                    return

    def _left(self) -> list[str]:
        wrong = [f"{process.pid} lives: {' '.join(process.cmdline())[:100]}" for process in self.living()]
        if b"Traceback" in self.printed:
            wrong.append("a traceback")
        if left := sorted(path.name for path in (self.folder / "tmp").iterdir()):
            wrong.append(f"in TMPDIR: {left}")
        allowed = {"target.py", "__pycache__", "out", "out.pack"}
        if left := sorted({path.name for path in (self.folder / "cwd").iterdir()} - allowed):
            wrong.append(f"beside: {left}")
        return wrong

    def living(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("INSPECTOR_TEST") == self.mark or self.mark in " ".join(process.cmdline())
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


def _own_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    args = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    for number in (signal.SIGINT, signal.SIGHUP):  # who started this in the background had them ignored
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    print(f"seed {args.seed}", flush=True)
    chance, bad, codes = random.Random(args.seed), 0, Counter[tuple[str, int | None]]()
    for number in range(args.times):
        folder = Path(tempfile.mkdtemp(prefix="cancels-"))
        once = Once(folder, chance)
        wrong = once.go()
        codes[once.what, once.code] += 1
        if wrong:
            bad += 1
            print(f"{number}: {once}: {'; '.join(wrong)}", flush=True)
            if "a traceback" in wrong or "exit code" in " ".join(wrong):
                print(once.printed[-1500:].decode(errors="replace"), flush=True)
            for process in once.living():
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for (what, code), count in sorted(codes.items(), key=str):
        print(f"{what:8} exit code {code}: {count}")
    print(f"{args.times} cancels, {bad} left something or ended otherwise")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
