"""What each verb costs on logs that are large in one way each, and whether that grows faster than they do.

Each log is made at a quarter and at the whole of its size. Each verb runs on each in a process of its own; its
processor time and its peak memory are told, and how the time grows: 1 means in proportion to the log, 2 with its
square. What grows faster than `EXPONENT`, takes longer than its bound, or fails, is marked; the exit code is then 1.

    python benchmarks/large_logs.py [KIND…] [--verbs VERB…] [--scale 1] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import CHECKOUT, machine

sys.path.insert(0, str(CHECKOUT / "tests"))

from made_logs import KINDS, Kind

EXPONENT = 1.25
"""What counts as growing in proportion: sorting, and a machine that does other things, are allowed for."""
_SHORT = 1.0
"""Seconds, beyond what a small log costs, below which growth says nothing."""
MB = 1_000_000
_STEPS = (4, 1)
_VERBS: dict[str, Sequence[str]] = {
    "show": ("show", "LOG"),
    "show --flat": ("show", "LOG", "--flat", "--sort", "time"),
    "show --json": ("show", "LOG", "--json"),
    "show --compile-id": ("show", "LOG", "--compile-id", "0/0"),
    "show --stage": ("show", "LOG", "--stage", "aten"),
    **{f"show --{one}": ("show", "LOG", f"--{one}") for one in ("breaks", "recompiles", "phases", "pieces", "guards")},
    **{f"show --{one}": ("show", "LOG", f"--{one}", "--compile-id", "0/0") for one in ("fusion", "facts", "other")},
    "why": ("why", "LOG"),
    "why --json": ("why", "LOG", "--json"),
    "phases": ("phases", "LOG"),
    "phases --flame": ("phases", "LOG", "--flame"),
    "phases --folded": ("phases", "LOG", "--folded", "--by-compile"),
    "phases --perfetto": ("phases", "LOG", "--perfetto", "OUT"),
    "recompiles": ("recompiles", "LOG"),
    "recompiles --diff": ("recompiles", "LOG", "--diff"),
    "breaks": ("breaks", "LOG"),
    "guards": ("guards", "LOG"),
    "guards --compile-id": ("guards", "LOG", "--compile-id", "0/0"),
    "check": ("check", "LOG", "--max-recompiles", "9999999", "--max-compile-time", "1e12"),
    "notes": ("notes", "LOG"),
    "diff": ("diff", "LOG", "LOG"),
    "diff of ids": ("diff", "LOG", "0/0", "0/1"),
    "ranks": ("ranks", "LOG"),
    **{
        f"{one} --json": (one, "LOG", "--json")
        for one in ("phases", "recompiles", "breaks", "guards", "ranks", "check")
    },
    "links": ("links", "LOG", "--compile-id", "0/0", "--at", "aten:3"),
    "export": ("export", "LOG", "-o", "OUT"),
    "export --compile-id": ("export", "LOG", "-o", "OUT", "--compile-id", "0/0"),
    "export --page": ("export", "LOG", "--page", "-o", "OUT"),
    "export --markdown": ("export", "LOG", "--markdown", "-o", "OUT"),
}
"""What is run; LOG is the log, OUT a file or folder that is not there yet."""
_NOTHING = (2, 4)
"""Exit codes of a verb that says there is nothing of the kind in the log, or not enough to hold it against a limit."""


@dataclass(frozen=True)
class Cost:
    """What one run of a verb took."""

    seconds: float
    """Of processor time."""
    peak: int
    """Bytes resident at most."""
    code: int
    """The exit code; below zero where it was ended, for it took too long or too much memory."""
    words: str
    """The last line on stderr."""


@dataclass(frozen=True)
class Limits:
    """What one run of a verb gets."""

    seconds: int
    """Of processor time."""
    memory: int
    """Bytes."""


def run(verb: Sequence[str], log: Path, limits: Limits) -> Cost:
    """Runs a verb on a log."""
    with tempfile.TemporaryDirectory() as name:
        command = [{"LOG": str(log), "OUT": f"{name}/out.inspector"}.get(word, word) for word in verb]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TMPDIR": name}

        def bounded() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))

        with (Path(name) / "stderr").open("w+b") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "inspector", *command],
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=environment,
                preexec_fn=bounded,  # noqa: PLW1509 (this script has one thread)
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, process.returncode, words[-1] if words else "")


def exponent(small: float, large: float, start: float) -> float | None:
    """How a cost grows from a quarter to the whole; None where it is too little to tell."""
    if large - start < _SHORT:
        return None
    return math.log((large - start) / max(small - start, _SHORT / 20)) / math.log(_STEPS[0] / _STEPS[-1])


def rows(kind: Kind, count: int, verbs: Sequence[str], folder: Path, limits: Limits) -> Iterator[bool]:
    """Measures each verb on the logs of a kind, and prints a line of each; whether it holds."""
    logs = [kind.write(max(count // step, 1), folder) for step in _STEPS]
    tiny = kind.write(3, folder)
    size = sum(item.stat().st_size for item in logs[-1].iterdir()) if logs[-1].is_dir() else logs[-1].stat().st_size
    print(f"\n### {count:,} {kind.what} ({size / MB:,.0f} MB)\n")
    print("| verb | a quarter | whole | grows | memory | |\n|---|---:|---:|---:|---:|---|", flush=True)
    for name in verbs:
        verb = _VERBS[name]
        start = run(verb, tiny, limits).seconds
        costs: list[Cost] = []
        for log in logs:
            costs.append(run(verb, log, limits))
            if costs[-1].code < 0:
                break
        times = [f"{cost.seconds:.1f} s" for cost in costs] + [""] * (len(_STEPS) - len(costs))
        grows = exponent(costs[0].seconds, costs[-1].seconds, start) if len(costs) == len(_STEPS) else None
        last = costs[-1]
        wrong = ""
        if last.code < 0:
            wrong = f"OVER {limits.seconds} s"
        elif last.code not in (0, *_NOTHING):
            wrong = f"exit code {last.code}: {last.words}"
        elif grows is not None and grows > EXPONENT:
            wrong = "GROWS"
        said = wrong or ("" if not last.code else last.words)
        growth = "" if grows is None else f"{grows:.2f}"
        print(f"| `{name}` | {' | '.join(times)} | {growth} | {last.peak / MB:,.0f} MB | {said} |", flush=True)
        yield not wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all without")
    parser.add_argument("--verbs", nargs="+", metavar="VERB", choices=list(_VERBS), default=list(_VERBS))
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the largest sizes")
    parser.add_argument("--seconds", type=int, default=120, help="of processor time that a verb gets (default 120)")
    parser.add_argument("--memory", type=int, default=6000, metavar="MB", help="that a verb gets (default 6000)")
    parser.add_argument("--folder", type=Path, help="where the logs are made and left (default: a temporary one)")
    arguments = parser.parse_args()
    print(f"{machine()} · {time.strftime('%Y-%m-%d')} · load {os.getloadavg()[0]:.1f}")
    limits = Limits(arguments.seconds, arguments.memory * MB)
    held = True
    with tempfile.TemporaryDirectory() as name:
        for kind in arguments.kinds or KINDS:
            folder = arguments.folder or Path(name)
            count = round(KINDS[kind].count * arguments.scale)
            done = rows(KINDS[kind], count, arguments.verbs, folder, limits)
            held = all(list(done)) and held
    sys.exit(not held)


if __name__ == "__main__":
    main()
