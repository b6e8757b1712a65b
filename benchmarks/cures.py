"""Seconds from the start of a process to its first result, by what was prepared: the table of docs/study.md.

    python benchmarks/cures.py [TARGET …]

Prints Markdown. The machine should have nothing else to do; ten minutes on two cores.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = str(Path(folder) / "cures.jsonl")
        inspector = [sys.executable, "-m", "inspector", "study"]
        options = ["--repeats", "3", "-o", results, "--cures", *sys.argv[1:]]
        subprocess.run([*inspector, "spot", *options], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*inspector, "report", f"here={results}", "--markdown"], check=True)


if __name__ == "__main__":
    main()
