"""Every attack that is too slow for the suite, one after the other; a table of what held at the end.

    make attack                         python tests/attacks/run.py [NAME…] [--list]

Each is a command of its own that ends with 0 where what it attacks held. What they print goes to a folder, which is
named. Ends with 0 where all held, 1 where one did not, 130 where Ctrl-C came before the last.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PYTEST = [sys.executable, "-m", "pytest", "-q", "--timeout", "0", "-p", "no:cacheprovider"]


EXIT_INTERRUPTED = 130
HELD = "held"


class Row(NamedTuple):
    """What became of an attack."""

    name: str
    verdict: str
    seconds: float
    last: str
    """The last line that it printed."""


class Attack(NamedTuple):
    what: str
    command: list[str]
    environment: tuple[tuple[str, str], ...] = ()


ATTACKS = {
    "writers": Attack("every writer killed at each of its calls to the system", [*PYTEST, "tests/unit/test_files.py"]),
    "hiding": Attack("children that hide, of workers that end in every way", [*PYTEST, "tests/unit/test_keeper.py"]),
    "cancels": Attack(
        "100 captures, races, packs and screens cancelled at random moments",
        [sys.executable, "tests/attacks/cancels.py", "--times", "100"],
    ),
    "surroundings": Attack(
        "odd environments, streams, limits and terminals",
        [*PYTEST, "tests/unit/test_cli_surroundings.py", "tests/unit/test_cli_stopped.py", "tests/unit/test_cli.py"],
    ),
    "serve": Attack(
        "1,000 sizes at once, 300 half-open requests, silent and slow readers, views in a row",
        [sys.executable, "tests/attacks/floods.py"],
    ),
    "bundles": Attack(
        "hostile bundles, pages and packs",
        [
            *PYTEST,
            "tests/unit/test_hostile_bundles.py",
            "tests/tui/test_hostile_bundle.py",
            "tests/worker/test_packs.py",
        ],
    ),
    "logs": Attack(
        "logs damaged in 21,000 ways", [*PYTEST, "tests/unit/test_trace_fuzz.py"], (("FUZZ_CASES", "21000"),)
    ),
    "monkey": Attack(
        "a monkey at every screen, 1,000 steps on each of five walks",
        [*PYTEST, "tests/tui/test_monkey.py"],
        (("MONKEY_STEPS", "1000"), ("MONKEY_SEEDS", "?5")),
    ),
    "session": Attack("eight hours at the screen in twenty minutes", [sys.executable, "tests/attacks/long_session.py"]),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--list", action="store_true", help="say what there is and start nothing")
    args = parser.parse_args()
    if unknown := {*args.names} - {*ATTACKS}:
        parser.error(f"there is no attack {', '.join(sorted(unknown))}; there are {', '.join(ATTACKS)}")
    chosen = args.names or list(ATTACKS)
    if args.list:
        print("\n".join(f"{name:13} {ATTACKS[name].what}" for name in chosen))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="inspector-attacks-"))
    print(f"What they print is in {folder}.")
    rows: list[Row] = []
    try:
        for name in chosen:
            print(f"{name}: {ATTACKS[name].what} …", flush=True)
            rows.append(done(name, folder / f"{name}.txt"))
            print(f"  {rows[-1].verdict}: {rows[-1].last}", flush=True)
    except KeyboardInterrupt:
        print("  stopped")
    print(f"\n{'attack':13} {'':12} {'minutes':>7}  in its own words")
    for row in rows:
        print(f"{row.name:13} {row.verdict:12} {row.seconds / 60:7.1f}  {row.last}")
    for name in chosen[len(rows) :]:
        print(f"{name:13} not run")
    if len(rows) < len(chosen):
        return EXIT_INTERRUPTED
    return 0 if all(row.verdict == HELD for row in rows) else 1


def done(name: str, log: Path) -> Row:
    """Runs an attack to its end."""
    attack = ATTACKS[name]
    begun = time.monotonic()
    with log.open("wb") as stream:
        code = subprocess.run(
            attack.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **dict(attack.environment)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            check=False,
        ).returncode
    lines = log.read_text(errors="replace").split("\n")
    last = next((line.strip("= ") for line in reversed(lines) if line.strip()), "")
    return Row(name, HELD if code == 0 else f"BROKE ({code})", time.monotonic() - begun, last)


if __name__ == "__main__":
    sys.exit(main())
