"""Slurm, through submitit: arrays with a cap, one for each kind of machine, which go on without their controller."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from inspector.client.process import search_path
from inspector.codec import decode, dump
from inspector.errors import EnvironmentLacking
from inspector.files import write_file
from inspector.jsontext import Malformed
from inspector.programs import output_of
from inspector.regular import read_regular
from inspector.study.sweep.engines import End, command, last_words
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.plan import SweepPlan
from inspector.study.sweep.point import Job

_ARRAY = 1000
"""Jobs of one array; Slurm's own limit is 1001 unless somebody raised it. Arrays of one kind follow each other."""
_ASK = 5.0
"""Seconds between two questions to Slurm, which has other things to do."""
_JOBS = 8
_PATIENCE = 60.0
_MINUTES = 120
"""Slurm's limit of a job, unless the plan has a `time`."""
_REQUEUES = 10
_GRACE = 600.0


@dataclass(frozen=True)
class Submitted:
    """One array, as it is remembered in the folder."""

    tasks: tuple[str, ...]
    """Slurm's names of them: `17_0`, or `17` of a single one."""
    keys: tuple[str, ...]
    """The point of each."""


class Client(Protocol):
    """What is asked of Slurm; a benchmark has its own."""

    def submit(self, commands: Sequence[list[str]], settings: Mapping[str, Any], logs: Path) -> list[str]:
        """Submits an array; gives its tasks, `17_0`, `17_1`, or `17` of a single one.

        Raises:
            EnvironmentLacking: Slurm does not take it.
        """

    def alive(self) -> set[str] | None:
        """The tasks of all of this user's jobs that have not ended; None where Slurm does not answer."""


class Slurm:
    """Slurm's jobs, one a point. They go on when the controller leaves, and the next one finds them."""

    pause = 1.0

    def __init__(
        self,
        plan: SweepPlan,
        folder: SweepFolder,
        jobs: int | None = None,
        client: Client | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._folder = plan, folder
        self._cap = jobs or _JOBS
        self._client = client or Submitit()
        self._clock = clock
        self._tasks: dict[str, str] = {}
        """Point → task, of those that have not ended as far as is known."""
        self._asked = -_ASK

    def resume(self, keys: Collection[str]) -> set[str]:
        wanted, found = set(keys), dict[str, str]()
        for path in sorted((self._folder.path / "jobs").glob("*.json")):
            try:
                array = decode(read_regular(path), Submitted)
            except (Malformed, OSError):
                continue  # its points are submitted once more, and wait for each other
            found |= {key: task for task, key in zip(array.tasks, array.keys, strict=False) if key in wanted}
        if not found:
            return set()
        while (alive := self._client.alive()) is None:
            time.sleep(_ASK)
        self._tasks = {key: task for key, task in found.items() if task in alive}
        return set(self._tasks)

    def submit(self, jobs: Sequence[Job]) -> None:
        kinds: dict[tuple[str, bool], list[Job]] = {}
        for job in jobs:
            kinds.setdefault((job.point.machine, job.point.timed), []).append(job)
        for (machine, timed), members in kinds.items():
            before = ""
            for start in range(0, len(members), _ARRAY):
                before = self._array(members[start : start + _ARRAY], machine, timed=timed, before=before)

    def _array(self, jobs: Sequence[Job], machine: str, *, timed: bool, before: str) -> str:
        settings: dict[str, Any] = {"array_parallelism": self._cap}
        if timed:
            settings["exclusive"] = True
        settings |= self._plan.machines[machine]
        if before:
            settings["dependency"] = f"afterany:{before}"
        folder = self._folder.path.absolute()
        commands = [command(self._plan, folder, job, "--wait") for job in jobs]
        tasks = tuple(self._client.submit(commands, settings, folder / "logs"))
        keys = tuple(job.point.key for job in jobs)
        array = tasks[0].partition("_")[0]
        # Killed before this is written, the next controller submits them again: they wait for these, and find a result.
        write_file(self._folder.path / "jobs" / f"{array}.json", dump(Submitted(tasks, keys)), force=True)
        self._tasks |= dict(zip(keys, tasks, strict=True))
        return array

    def ended(self) -> dict[str, End]:
        if self._clock() - self._asked < _ASK or not self._tasks:
            return {}
        alive = self._client.alive()
        self._asked = self._clock()
        if alive is None:
            return {}  # what Slurm does not say has not ended
        over = {key: task for key, task in self._tasks.items() if task not in alive}
        for key in over:
            del self._tasks[key]
        return {key: End(None, self._words(task)) for key, task in over.items()}

    def running(self) -> Collection[str]:
        return ()  # thousands may be; how many have ended is told

    def close(self) -> None:
        """Its jobs are Slurm's, and go on."""

    def _words(self, task: str) -> str:
        return last_words(self._folder.path / "logs" / f"{task}_0_log.err")


class PointTask:
    """What a Slurm job runs: the command of a point. submitit stores it, and calls it in the job."""

    def __call__(self, words: Sequence[str]) -> int:
        going = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: going.set())
        code = subprocess.run(words, env=os.environ | search_path(), check=False).returncode
        if code and going.is_set():  # preempted or cancelled; a job that ends now is done, and not one to requeue
            time.sleep(_GRACE)
        return code

    def checkpoint(self, words: Sequence[str]) -> Any:
        """Out of time, or preempted with a warning: the same once more."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, words)


class Submitit:
    """The real Slurm: submitit submits, `squeue` says what has not ended, which needs no accounting."""

    def submit(self, commands: Sequence[list[str]], settings: Mapping[str, Any], logs: Path) -> list[str]:
        try:
            import submitit
        except ImportError as error:
            raise EnvironmentLacking(
                "Slurm is spoken to through submitit, which is not installed.", "pip install 'torch-inspector[slurm]'"
            ) from error
        known = set(submitit.SlurmExecutor._valid_parameters())
        own = {name: value for name, value in settings.items() if name in known}
        others = {name.replace("_", "-"): value for name, value in settings.items() if name not in known}
        own = {name: value for name, value in own.items() if value is not False}
        own = {"job_name": "inspector-sweep", "time": _MINUTES, **own}
        try:
            executor = submitit.SlurmExecutor(folder=logs, max_num_timeout=_REQUEUES)
            executor.update_parameters(**own, additional_parameters={"requeue": True, **others})
            jobs = executor.map_array(PointTask(), list(commands))
        except Exception as error:  # submitit raises what it likes, with sbatch's words
            raise EnvironmentLacking(
                f"Slurm does not take the jobs: {' '.join(str(error).split())}", "Look at [machine] in the plan."
            ) from error
        return [str(job.job_id) for job in jobs]

    def alive(self) -> set[str] | None:
        try:
            said = output_of(["squeue", "-h", "-r", "-u", str(os.getuid()), "-o", "%F_%K"], _PATIENCE)
        except (OSError, subprocess.SubprocessError):
            return None
        return {word.removesuffix("_N/A") for word in said.split()}
