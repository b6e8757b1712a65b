"""A sweep on a real Slurm of one node, started for it: its controller and one of its jobs are killed, and it goes on.

It takes root, Debian's `slurm-wlm` and `munge`, and submitit (`pip install 'torch-inspector[slurm]'`); elsewhere it is
skipped. The points' worker is the one that needs no torch.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

UNIT = Path(__file__).parents[1] / "unit"
pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("slurmctld") or not shutil.which("munged"), reason="no Slurm"
    ),
]
POINTS = 8


def wait_for(found: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def jobs_that_are(state: str) -> list[str]:
    listed = subprocess.run(["squeue", "-h", "-t", state, "-o", "%A"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One node, its controller and its key's keeper; what was started is ended."""
    pytest.importorskip("submitit")
    folder = tmp_path_factory.mktemp("slurm")
    host = socket.gethostname()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    memory = psutil.virtual_memory().total // 2**20 * 8 // 10
    (folder / "slurm.conf").write_text(
        textwrap.dedent(f"""\
        ClusterName=test
        SlurmctldHost={host}(127.0.0.1)
        SlurmctldPort={free_port()}
        SlurmdPort={free_port()}
        SlurmUser=root
        AuthType=auth/munge
        StateSaveLocation={folder}/state
        SlurmdSpoolDir={folder}/spool
        SlurmctldPidFile={folder}/controller.pid
        SlurmdPidFile={folder}/node.pid
        SlurmctldLogFile={folder}/controller.log
        SlurmdLogFile={folder}/node.log
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        SelectType=select/cons_tres
        SelectTypeParameters=CR_Core
        ReturnToService=2
        MpiDefault=none
        NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} RealMemory={memory} State=UNKNOWN
        PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
        """)
    )
    started: list[subprocess.Popen[bytes]] = []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        try:
            if not answers("munge", "-n"):
                key = folder / "key"
                key.write_bytes(os.urandom(1024))
                key.chmod(0o400)
                Path("/run/munge").mkdir(exist_ok=True)
                words = ["munged", "--foreground", "--force", f"--key-file={key}"]
                words += [f"--{name}-file={folder}/munge.{name}" for name in ("log", "pid", "seed")]
                started.append(subprocess.Popen(words, **quiet))  # type: ignore[call-overload]
                wait_for(lambda: answers("munge", "-n"))
            started.append(subprocess.Popen(["slurmctld", "-D"], **quiet))  # type: ignore[call-overload]
            started.append(subprocess.Popen(["slurmd", "-D", "-N", host], **quiet))  # type: ignore[call-overload]
            wait_for(
                lambda: "idle" in subprocess.run(["sinfo", "-h"], capture_output=True, text=True, check=False).stdout
            )
            yield
        finally:
            subprocess.run(["scancel", "-u", "root", "--signal=KILL"], check=False, capture_output=True)
            for process in reversed(started):
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                process.wait()


CONTROLLER = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {unit!r})
from sweeps import made_plan
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.plan import make_plan
from inspector.study.sweep.runner import Sweep
from inspector.study.sweep.slurm import Slurm
folder = Path({folder!r})
said = dict(target="softmax", measure=[], seed=list(range({points})), engine=dict(name="slurm"))
plan = replace(make_plan(said | dict(machine=dict(here=dict(partition="all")))), pythons=made_plan(folder).pythons)
place = SweepFolder(folder / "sweep")
done = Sweep(plan, place, Slurm(plan, place, 2)).run()
print(len(done.results), sum(item.ok for item in done.results), done.kept)
"""


def test_eight_points_through_the_death_of_a_job_and_of_the_controller(
    slurm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_STEP", "compiling")  # one job's process is killed in the middle
    monkeypatch.setenv("FAKE_ONCE", str(tmp_path / "once"))
    code = CONTROLLER.format(unit=str(UNIT), folder=str(tmp_path), points=POINTS)
    results, jobs = tmp_path / "sweep/results", tmp_path / "sweep/jobs"
    first = subprocess.Popen([sys.executable, "-c", code])
    wait_for(lambda: results.is_dir() and len(list(results.glob("*.json"))) >= 2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    submitted = len(list(jobs.iterdir()))
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    total, fine, kept = map(int, second.stdout.split())
    assert (total, fine) == (POINTS, POINTS)
    assert kept >= 2
    assert (tmp_path / "once").exists()
    assert len(list(results.iterdir())) == POINTS
    assert (
        len(list(jobs.iterdir())) <= submitted + 1
    )  # the array went on without a controller: only what was lost came anew


def test_what_is_preempted_is_requeued_and_the_point_is_made(
    slurm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`scontrol requeue` does to a job what preemption does."""
    monkeypatch.setenv("FAKE_STEP", "compiling")
    monkeypatch.setenv("FAKE_HOLD", "1")
    monkeypatch.setenv("FAKE_ONCE", str(tmp_path / "once"))
    code = CONTROLLER.format(unit=str(UNIT), folder=str(tmp_path), points=1)
    controller = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    wait_for((tmp_path / "once").exists)
    (job,) = jobs_that_are("R")
    subprocess.run(["scontrol", "requeue", job], check=True)
    wait_for(lambda: jobs_that_are("PD") == [job])
    assert answers("scontrol", "update", f"JobId={job}", "StartTime=now")  # Slurm would wait for two minutes
    out, _ = controller.communicate(timeout=400)
    assert out.split() == ["1", "1", "0"]
    assert len(list((tmp_path / "sweep/jobs").iterdir())) == 1  # the same job: the controller submitted nothing
