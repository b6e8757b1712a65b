"""Task files for Kubernetes and SkyPilot, which one submits with their own tools; nothing is submitted from here.

Each runs the same process as every engine, in a folder that all share. What comes into it is what `inspector sweep`
finds as results.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inspector.codec import line
from inspector.errors import UsageError
from inspector.files import write_file
from inspector.study.sweep.plan import SweepPlan
from inspector.study.sweep.point import Job

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")
_MODULE = "inspector.study.sweep.point"
_LARGEST = 900_000
"""Bytes of a ConfigMap, whose limit is a mebibyte."""
_JOBS = 8


def task_files(plan: SweepPlan, jobs: Sequence[Job]) -> dict[str, str]:
    """File's name → its text, for the engine that the plan names.

    Raises:
        UsageError: the engine needs something that the plan does not say, or says in a way that it does not take.
    """
    kubernetes = plan.engine.name == "kubernetes"
    _check(plan, kubernetes=kubernetes)
    by_machine: dict[str, list[Job]] = {}
    for job in jobs:
        by_machine.setdefault(job.point.machine, []).append(job)
    found: dict[str, str] = {}
    for machine, members in by_machine.items():
        found |= _kubernetes(plan, machine, members) if kubernetes else _skypilot(plan, machine, members)
    return found


def write_tasks(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Writes them, replacing those of before."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_file(folder / name, text.encode(), force=True)
    return [folder / name for name in files]


def _check(plan: SweepPlan, *, kubernetes: bool) -> None:
    engine = plan.engine
    needed = {"image": engine.image} if kubernetes else {}
    needed |= {"folder": engine.folder, "volume": engine.volume}
    for name, value in needed.items():
        if not value:
            raise UsageError(f"{engine.name} needs [engine] {name}.", "docs/sweep.md says what for.")
    if not engine.folder.startswith("/"):
        raise UsageError(f"[engine] folder is a whole path, and not {engine.folder!r}.", "For example: /sweep")
    if plan.pythons:
        raise UsageError(
            f"{engine.name} has torch in its image, and [torch] has no place in its plan.",
            "Take a plan for each image.",
        )
    for machine in plan.machines:
        if not _NAME.fullmatch(machine):
            raise UsageError(f"{machine!r} cannot be a part of a name there.", "Take small letters, digits and dashes.")


def _kubernetes(plan: SweepPlan, machine: str, jobs: Sequence[Job]) -> dict[str, str]:
    """An indexed Job of a ConfigMap's lines: a failed index is tried again by itself, as the cluster thinks fit."""
    engine = plan.engine
    lines = [line(job).decode() for job in jobs]
    files = {}
    for number, (start, end) in enumerate(_cut(lines)):
        some = lines[start:end]
        name = f"inspector-sweep-{machine}-{number}"
        command = ["python", "-P", "-m", _MODULE, engine.folder, "/jobs/jobs.jsonl"]
        container = {
            "name": "point",
            "image": engine.image,
            "command": ["sh", "-c", f'exec {shlex.join(command)} --index "$JOB_COMPLETION_INDEX" --wait'],
            "volumeMounts": [{"name": "sweep", "mountPath": engine.folder}, {"name": "jobs", "mountPath": "/jobs"}],
        }
        pod: dict[str, Any] = {"restartPolicy": "Never", "containers": [container]}
        wanted = dict(plan.machines[machine])
        if (resources := wanted.pop("resources", None)) is not None:
            container["resources"] = resources
        pod |= wanted
        volumes: list[dict[str, Any]] = [{"name": "sweep", "persistentVolumeClaim": {"claimName": engine.volume}}]
        pod["volumes"] = [*volumes, {"name": "jobs", "configMap": {"name": name}}]
        job = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {
                "completions": len(some),
                "parallelism": min(len(some), engine.jobs or _JOBS),
                "completionMode": "Indexed",
                "backoffLimitPerIndex": 2,
                "template": {"spec": pod},
            },
        }
        data = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": {"jobs.jsonl": "".join(some)},
        }
        files[f"kubernetes-{machine}-{number}.yaml"] = "---\n".join(map(yaml, (data, job)))
    return files


def _cut(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of lines that are together no longer than a ConfigMap may be."""
    start, size = 0, 0
    for number, text in enumerate(lines):
        if size and size + len(text.encode()) > _LARGEST:
            yield start, number
            start, size = number, 0
        size += len(text.encode())
    if lines:
        yield start, len(lines)


def _skypilot(plan: SweepPlan, machine: str, jobs: Sequence[Job]) -> dict[str, str]:
    """A managed job for each point: `sky jobs launch FILE`."""
    engine = plan.engine
    files = {}
    for job in jobs:
        command = ["python", "-P", "-m", _MODULE, engine.folder, line(job).decode().strip(), "--wait"]
        resources = dict(plan.machines[machine]) | ({"image_id": f"docker:{engine.image}"} if engine.image else {})
        task: dict[str, Any] = {
            "name": f"inspector-sweep-{machine}-{job.point.key[:8]}",
            "resources": resources,
            "file_mounts": {engine.folder: {"source": engine.volume, "mode": "MOUNT"}},
            "run": shlex.join(command) + "\n",
        }
        files[f"sky-{machine}-{job.point.key}.yaml"] = yaml(task)
    return files


def yaml(value: Mapping[str, Any]) -> str:
    """A table in YAML: its blocks, and in them JSON's own scalars, which are YAML's too."""
    return "".join(f"{row}\n" for row in _rows(value, ""))


def _rows(value: Any, space: str) -> Iterator[str]:
    pairs = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for name, item in pairs:
        head = f"{space}- " if name is None else f"{space}{_word(name)}: "
        if isinstance(item, Mapping | list | tuple) and item:
            inner = list(_rows(item, f"{space}  "))
            if name is None:  # the first row of what is in a list stands behind its dash
                inner[0] = head + inner[0][len(space) + 2 :]
                yield from inner
            else:
                yield head.rstrip()
                yield from inner
        else:
            yield head + _scalar(item)


def _scalar(item: Any) -> str:
    """JSON's; what YAML takes for the end of a line, or for none of its characters, is spelt out."""
    text = json.dumps(item, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _word(name: object) -> str:
    text = str(name)
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", text) and text not in _TAKEN else _scalar(text)


_TAKEN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "Yes", "No", "On", "Off", "True", "False"}
