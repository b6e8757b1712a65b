"""First paint of `inspector TARGET` against the smallest Textual app: at most 1.3 times as long.

Both are started in turn, each in a terminal of its own; the clock stops when the first full frame has been
written, which is when the text that stands in the last thing drawn has come through the terminal.

    python benchmarks/first_paint.py [--pairs 15] [--size 200x50]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

from common import in_turn, machine, report

SMALLEST = (
    "-c",
    """
from textual.app import App
class Smallest(App):
    def compose(self):
        from textual.widgets import Static
        yield Static("ready to paint")
Smallest().run()
""",
)

OURS = ("-m", "inspector", "llama-mlp")

LIMIT = 1.3


def first_paint(arguments: tuple[str, ...], marker: bytes, size: tuple[int, int]) -> float:
    """Seconds from starting Python to the frame that holds `marker`.

    Raises:
        RuntimeError: the program ended, or ten seconds passed, without it.
    """
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(sys.executable, [sys.executable, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    seen = b""
    try:
        while time.perf_counter() - began < 10:
            if not select.select([terminal], [], [], 0.05)[0]:
                continue
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
            if marker in seen:
                return time.perf_counter() - began
        raise RuntimeError(f"no first frame; the terminal said: {seen[-2000:].decode(errors='replace')}")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--size", default="200x50")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    print(machine())
    pairs = in_turn(
        lambda: first_paint(SMALLEST, b"ready to paint", (width, height)),
        # The bottom row is drawn last; its last word is "quit".
        lambda: first_paint(OURS, b"quit", (width, height)),
        options.pairs,
        warmup=1,
    )
    ratio = report(f"first paint at {options.size}", "smallest Textual app", "inspector llama-mlp", pairs, LIMIT)
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
