"""How soon a log of 1 to 1,000 MB can be used here, and with how much memory, beside tlparse on the same file.

The logs are made of recorded ones, over and over, with compile ids and strings numbered on, as one long job would.
Both programs run in turn on each, in processes of their own. tlparse counts as ready when it ends, for it writes
nothing before; inspector when its index is complete; when the last line of the overview has come out of `inspector
show`; and when that has ended, every checksum of the file compared. Each runs once beforehand, on a small log.

    python benchmarks/tlparse_speed.py --traces FOLDER --tlparse PATH/bin/tlparse [--sizes 1 10 100 1000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import CHECKOUT, machine

MB = 1_000_000
INDEX = """
import sys
from inspector.trace.log import TraceLog
log = TraceLog.open(sys.argv[1]).complete()
print(len(log), len(log.compile_ids))
"""
_DAMAGE = re.compile(rb"\n\n(?:\x1b\[\d+m)?[\d,]+ damaged record")
"""What `inspector show` prints last, once all checksums are compared."""
_NUMBER = re.compile(rb'"(frame_id|compiled_autograd_id)": (\d+)')
_HEADER = re.compile(rb"^[VDIWEC]\d{4} \d\d:\d\d:\d\d[^\n]*", re.MULTILINE)
_STRING = re.compile(rb'(\{"str": \[(?:"(?:[^"\\]|\\.)*"), )(\d+)(\])')
_FILENAME = re.compile(rb'("filename": )(\d+)')


@dataclass(frozen=True)
class Run:
    """One process."""

    printed: float
    """Seconds until the last line was read from it that does not depend on checksums."""
    seconds: float
    """Seconds until it ended."""
    peak: int
    """Bytes resident at most."""


def run(command: Sequence[str]) -> Run:
    """Runs a command to its end; its failure is this script's failure."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    assert process.stdout is not None
    output = b""
    came: list[tuple[int, float]] = []
    while data := os.read(process.stdout.fileno(), 1 << 20):
        output += data
        came.append((len(output), time.perf_counter() - began))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        words = output[-2000:].decode(errors="replace")
        sys.exit(f"{' '.join(command)} exited with {process.returncode}:\n{words}")
    damage = _DAMAGE.search(output)
    size = damage.start() + 1 if damage is not None else len(output)
    printed = next((at for length, at in came if length >= size), seconds)
    return Run(printed, seconds, usage.ru_maxrss << 10)


def make_log(traces: Path, size: int, path: Path) -> None:
    """A log of about `size` bytes: the recorded ones in a row, again and again, each with numbers of its own."""
    parts = [item for item in sorted(traces.rglob("*")) if item.suffix in (".log", ".txt")]
    texts = [data if data.endswith(b"\n") else data + b"\n" for data in (item.read_bytes() for item in parts)]
    written = frames = strings = 0
    with path.open("wb") as stream:
        while written < size:
            for text in texts:
                data, used = _renumbered(text, frames, strings)
                stream.write(data[: size - written + 4096].rsplit(b"\n", 1)[0] + b"\n")
                written += len(data)
                frames, strings = frames + used[0], strings + used[1]
                if written >= size:
                    break


def _renumbered(text: bytes, frames: int, strings: int) -> tuple[bytes, tuple[int, int]]:
    """A log with its compile ids and strings numbered on, and how many it uses; payloads, and checksums, stay."""
    used = [0, 0]

    def later(base: int, slot: int, before: bytes, number: bytes, after: bytes = b"") -> bytes:
        used[slot] = max(used[slot], int(number) + 1)
        return b"%b%d%b" % (before, base + int(number), after)

    def header(found: re.Match[bytes]) -> bytes:
        line = _NUMBER.sub(lambda item: later(frames, 0, b'"%b": ' % item[1], item[2]), found[0])
        line = _STRING.sub(lambda item: later(strings, 1, item[1], item[2], item[3]), line)
        return _FILENAME.sub(lambda item: later(strings, 1, item[1], item[2]), line)

    return _HEADER.sub(header, text), (used[0], used[1])


def measure(tlparse: str, log: Path, rounds: int, folder: Path) -> dict[str, list[Run]]:
    """Each program `rounds` times on a log, in turn."""
    out = folder / "out"
    sides = {
        "tlparse": [tlparse, str(log), "-o", str(out), "--overwrite", "--no-browser"],
        "index": [sys.executable, "-c", INDEX, str(log)],
        "overview": [sys.executable, "-m", "inspector", "show", str(log)],
    }
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    with log.open("rb") as stream:  # into the page cache, for both
        while stream.read(1 << 24):
            pass
    for _ in range(rounds):
        for name, command in sides.items():
            runs[name].append(run(command))
            shutil.rmtree(out, ignore_errors=True)
    return runs


def row(size: int, runs: dict[str, list[Run]]) -> str:
    """One line of the table: medians of the times, the largest of the memories."""
    ended = {name: statistics.median(item.seconds for item in items) for name, items in runs.items()}
    printed = statistics.median(item.printed for item in runs["overview"])
    times = [ended["tlparse"], ended["index"], printed, ended["overview"]]
    cells = [f"{size:,} MB"]
    cells += [f"{time:.2f} s" for time in times]
    cells += [f"{times[0] / time:.1f} ×" for time in times[1:]]
    cells += [f"{max(item.peak for item in items) / MB:,.0f} MB" for items in runs.values()]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, required=True, help="a folder of recorded logs")
    parser.add_argument("--tlparse", default="tlparse", help="the command, version 0.4.3 (default: on the PATH)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100, 1000], metavar="MB")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    version = subprocess.run(
        [arguments.tlparse, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    print(f"{machine()} · {version} · {arguments.rounds} rounds in turn, medians of times, maxima of memory\n")
    print("| log | tlparse | index ready | overview printed | all checked | index sooner | overview sooner ", end="")
    print("| all checked sooner | tlparse peak | index peak | overview peak |")
    print("|---:" * 11 + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(arguments.traces, MB // 100, folder / "first.log")
        measure(arguments.tlparse, folder / "first.log", 1, folder)
        for size in arguments.sizes:
            log = folder / "trace.log"
            _make(arguments.traces, size * MB, log)
            print(row(size, measure(arguments.tlparse, log, arguments.rounds, folder)), flush=True)


def _make(traces: Path, size: int, log: Path) -> None:
    """Makes a log in a process of its own: a child's peak begins at what its parent holds when it is started."""
    maker = multiprocessing.get_context("spawn").Process(target=make_log, args=(traces, size, log))
    maker.start()
    maker.join()


if __name__ == "__main__":
    main()
