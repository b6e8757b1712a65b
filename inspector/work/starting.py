"""A program's start, measured: run as it is, cold or again, and taken apart."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspector.client.script import recording_environment
from inspector.client.started import SeenRun, run_watched
from inspector.live.rundir import RunDirectory
from inspector.model.request import CacheMode
from inspector.model.startup import Heard, PackageImport, ProgramStart, StartProcess, partition, with_waits
from inspector.protocol import RECORD_CACHE, RECORD_FOLDER, START_FOLDER
from inspector.trace.startup import heard_in

_CACHES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "TRITON_HOME", "VLLM_CACHE_ROOT", "XDG_CACHE_HOME")
"""What would lead to caches that are filled already."""
_TRACE = "TORCH_TRACE"


@contextmanager
def new_home() -> Iterator[Mapping[str, str | None]]:
    """Variables of an empty home, temporary folder and caches, which go away afterwards; None for one to be unset.

    What was downloaded stays where it is: weights are no compiled code.
    """
    with RunDirectory(None) as folder:
        home, temporary = folder / "home", folder / "tmp"
        home.mkdir()
        temporary.mkdir()
        hub = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
        yield {
            **dict.fromkeys(_CACHES, None),
            **{"HOME": str(home), "TMPDIR": str(temporary), "HF_HOME": str(hub)},
        }


def started(
    command: Sequence[str],
    name: str,
    changed: Mapping[str, str | None],
    *,
    until: str = "",
    stop: bool = False,
    aside: bool = False,
) -> ProgramStart:
    """Runs a program once and takes its start apart.

    Args:
        command: to run.
        name: `as it is`, `cold`, `again`.
        changed: variables of its environment that differ from ours; None for one that is unset.
        until: words in its output whose coming is told.
        stop: whether to end it once they have come.
        aside: whether its standard output goes to our standard error.

    Raises:
        EnvironmentLacking: it cannot be started.
    """
    with RunDirectory(None) as folder:
        told = folder / "told"
        told.mkdir()
        environment = {**recording_environment(told, CacheMode.WARM), START_FOLDER: str(told)}
        for variable in (RECORD_FOLDER, RECORD_CACHE):
            del environment[variable]
        traced = _TRACE not in environment
        environment |= {_TRACE: str(told)} if traced else {}
        for variable, value in changed.items():
            environment.pop(variable, None)
            environment |= {variable: value} if value is not None else {}
        run = run_watched(command, environment, until=until, stop=stop, aside=aside)
        heard, imports = heard_in(told, run.began)
    notes = [] if traced else [f"{_TRACE} is the program's own: torch's events went there, and are not told here"]
    if not any(heard.values()):
        notes.append("no Python below said anything: of `python -I`, `-E` or `-S`, or of none, only its use is told")
    used = max(run.cpu_seconds, sum(item.cpu for item in run.processes))
    return ProgramStart(
        *(tuple(command), name, run.exit_code, run.seconds, used),
        *(run.first_output, run.watched, run.until),
        with_waits(_processes(run, heard, imports)),
        tuple(notes),
    )


def _processes(
    run: SeenRun, heard: Mapping[int, Sequence[Heard]], imports: Mapping[int, tuple[PackageImport, ...]]
) -> Iterator[StartProcess]:
    known = {item.pid for item in run.processes}
    for number, item in enumerate(sorted(run.processes, key=lambda item: (item.begin, item.pid))):
        end = run.seconds if not number else max(item.end, item.begin)
        spans = tuple(partition(heard.get(item.pid, ()), item.begin, end)) if item.pid in heard else ()
        parent = item.parent if number and item.parent in known else None
        yield StartProcess(
            *(item.pid, parent, item.command, item.begin, end, item.cpu, spans),
            *(imports.get(item.pid, ()), tuple(item.busy)),
        )
