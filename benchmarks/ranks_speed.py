"""How long `inspector ranks` takes on a folder of many ranks, and how much memory, beside the size of the folder.

Each rank's log is made of recorded ones, over and over, with compile ids and strings numbered on; all ranks did the
same, but the last one ended early. The folder lies in a temporary place. Memory is the peak of a whole process.

    python benchmarks/ranks_speed.py LOG… [--ranks 8] [--sizes 10 100] [--at-once MB]
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import tempfile
from pathlib import Path

from common import machine
from tlparse_speed import MB, Run, make_log, run

AT_ONCE = """
import sys
from inspector.compare import compare_ranks
from inspector.trace import read_capture
compare_ranks(read_capture(sys.argv[1]))
"""
ONE_BY_ONE = """
import sys
from inspector.trace.log import TraceLog
from inspector.trace.ranks import read_ranks
log = TraceLog.open(sys.argv[1])
report = read_ranks(log.complete())
parted = sum(item.diverges for item in report.aspects)
print(len(log), report.ranks[0].compile_ids, parted)
"""
_RANK = re.compile(rb'^([VDIWEC]\d{4} \d\d:\d\d:\d\d[^\n]*?)"rank": \d+, ', re.MULTILINE)


def make_folder(logs: list[Path], ranks: int, size: int, folder: Path) -> None:
    """A folder of `ranks` logs of about `size` bytes each."""
    with tempfile.TemporaryDirectory() as scratch:
        links = Path(scratch)
        for number, log in enumerate(logs):
            (links / f"{number}.log").symlink_to(log.resolve())
        whole = folder / "whole"
        make_log(links, size, whole)
    data = _RANK.sub(rb"\1", whole.read_bytes())
    whole.unlink()
    for rank in range(ranks):
        end = len(data) if rank < ranks - 1 else data.rfind(b"\n", 0, len(data) * 99 // 100) + 1
        (folder / f"dedicated_log_torch_trace_rank_{rank}_x.log").write_bytes(data[:end])


def measure(script: str, folder: Path) -> tuple[Run, list[str]]:
    """One process that compares the ranks, and what it printed."""
    with tempfile.NamedTemporaryFile() as printed:
        command = [sys.executable, "-c", f"import sys; sys.stdout = open({printed.name!r}, 'w')\n{script}", str(folder)]
        return run(command), Path(printed.name).read_text().split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="recorded logs")
    parser.add_argument("--ranks", type=int, default=8)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100], metavar="MB", help="of each rank's log")
    parser.add_argument("--at-once", type=int, default=0, metavar="MB", help="up to this size, all at once as well")
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    print("| ranks | on disk | records | compile ids each | one by one | peak | of the folder | index ", end="")
    print("| all at once | peak |")
    print("|---:" * 10 + "|")
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            # In a process of its own: a child's peak begins at what its parent holds when it is started.
            maker = multiprocessing.get_context("spawn").Process(
                target=make_folder, args=(arguments.logs, arguments.ranks, size * MB, folder)
            )
            maker.start()
            maker.join()
            total = sum(item.stat().st_size for item in folder.iterdir())
            found, (records, ids, parted) = measure(ONE_BY_ONE, folder)
            assert int(parted), "the last rank ended early"
            cells = [f"{arguments.ranks} × {size} MB", f"{total / MB:,.0f} MB", f"{int(records):,}", f"{int(ids):,}"]
            cells += [f"{found.seconds:.1f} s", f"{found.peak / MB:,.0f} MB", f"{found.peak / total:.0%}"]
            cells += [f"{16 * int(records) / MB:.1f} MB"]
            if size <= arguments.at_once:
                whole, _ = measure(AT_ONCE, folder)
                cells += [f"{whole.seconds:.1f} s", f"{whole.peak / MB:,.0f} MB"]
            else:
                cells += ["", ""]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
