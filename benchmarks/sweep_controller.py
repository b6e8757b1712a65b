"""What the controller of a sweep spends on a point, as there are more of them: Slurm's client is pretended, time too.

python benchmarks/sweep_controller.py [--points 1000,3000,10000] [--nodes 500]

The folder, the files and the controller are the real ones. A pretended node takes the next task, a minute or so of
pretended time later its result is there. A node in a hundred goes, and its task ends without one.
"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspector.codec import decode
from inspector.model.latency import LatencyRun
from inspector.model.sweep import FINISHED, PointResult
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.plan import make_plan
from inspector.study.sweep.point import Job
from inspector.study.sweep.runner import Sweep
from inspector.study.sweep.slurm import Slurm


class Nodes:
    """A cluster whose time is the controller's sleep; what it spends itself is not the controller's."""

    def __init__(self, folder: SweepFolder, nodes: int) -> None:
        self.folder, self.now, self.spent = folder, 0.0, 0.0
        self.chance = random.Random(7)
        self.free = nodes
        self.waiting: list[tuple[str, Job]] = []
        self.running: list[tuple[float, str, Job]] = []
        self.living: set[str] = set()
        self.arrays = 0

    def submit(self, commands: Sequence[list[str]], _settings: Mapping[str, Any], _logs: Path) -> list[str]:
        begun = time.process_time()
        self.arrays += 1
        names = [f"{self.arrays}_{place}" for place in range(len(commands))]
        jobs = [decode(words[5].encode(), Job) for words in commands]
        self.waiting += zip(names, jobs, strict=True)
        self.living |= set(names)
        self.spent += time.process_time() - begun
        return names

    def alive(self) -> set[str]:
        return set(self.living)

    def sleep(self, seconds: float) -> None:
        begun = time.process_time()
        self.now += seconds
        while True:
            while self.free and self.waiting:
                name, job = self.waiting.pop()
                self.free -= 1
                heapq.heappush(self.running, (self.now + self.chance.uniform(40, 90), name, job))
            if not self.running or self.running[0][0] > self.now:
                break
            _, name, job = heapq.heappop(self.running)
            self.free += 1
            self.living.discard(name)
            if self.chance.random() > 0.01:
                run = LatencyRun("batch 1", (0.002,) * 200, (0.001,) * 200, busy=0.0)
                self.folder.keep(PointResult(job.point, FINISHED, latency=(run,)), replace=lambda _: False)
        self.spent += time.process_time() - begun


def measured(points: int, nodes: int) -> tuple[float, float]:
    """Milliseconds of the controller for a point, and pretended minutes."""
    with tempfile.TemporaryDirectory() as place:
        said = {"target": "softmax", "seed": list(range(points)), "engine": {"name": "slurm"}, "machine": {"node": {}}}
        plan, folder = make_plan(said), SweepFolder(Path(place) / "sweep")
        folder.make()
        cluster = Nodes(folder, nodes)
        engine = Slurm(plan, folder, nodes, cluster, clock=lambda: cluster.now)
        begun = time.process_time()
        done = Sweep(plan, folder, engine, clock=lambda: cluster.now, sleep=cluster.sleep).run()
        spent = time.process_time() - begun - cluster.spent
        assert len({item.point.key for item in done.results}) == points
        assert all(item.ok for item in done.results)
        return spent / points * 1000, cluster.now / 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", default="1000,3000,10000")
    parser.add_argument("--nodes", type=int, default=500)
    args = parser.parse_args()
    print(f"{'points':>8}  {'controller a point':>18}  {'pretended':>10}")
    for points in map(int, args.points.split(",")):
        spent, minutes = measured(points, args.nodes)
        print(f"{points:>8,}  {spent:>15.2f} ms  {minutes:>6.0f} min", flush=True)


if __name__ == "__main__":
    main()
