"""From a plan's file, or from options, to points: the matrix, the Pythons, the machines, and who runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import product
from pathlib import Path
from typing import Any

from inspector.codec import convert
from inspector.errors import EnvironmentLacking, UsageError
from inspector.jsontext import Malformed
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.sweep import Measure, SweepPoint
from inspector.programs import ask
from inspector.regular import read_regular
from inspector.study.sweep.point import Job, machine_name, source_of, torch_version

AXES: Mapping[str, type] = {
    **dict.fromkeys(("target", "model", "submodule", "dtype", "device", "mode", "cache"), str),
    **dict.fromkeys(("batch", "seq", "threads", "seed"), int),
    **dict.fromkeys(("dynamic", "train", "fullgraph"), bool),
}
"""What a plan can give several values of, in the order in which they vary, the last fastest."""
ENGINES = ("local", "slurm", "skypilot", "kubernetes")
_LONGEST = 1 << 20
"""Bytes of a plan's file."""
_MOST = 100_000
_PATIENCE = 120


@dataclass(frozen=True)
class EngineSettings:
    """Who runs the points."""

    name: str = "local"
    jobs: int | None = None
    """How many at a time, of each kind of machine; None for the engine's own choice."""
    image: str = ""
    """Kubernetes and SkyPilot: the container's image, which has inspector."""
    folder: str = ""
    """Kubernetes and SkyPilot: where the folder of results is seen there."""
    volume: str = ""
    """Kubernetes: the PersistentVolumeClaim that holds it. SkyPilot: the bucket."""


@dataclass(frozen=True)
class SweepPlan:
    """What is to be run, and where."""

    jobs: tuple[Job, ...]
    pythons: Mapping[str, str] = field(default_factory=dict)
    """torch's version → the Python that has it."""
    engine: EngineSettings = EngineSettings()
    machines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """A kind of machine → what the engine has to be told to get one; of this machine nothing."""

    def python(self, job: Job) -> str:
        return self.pythons.get(job.point.torch, sys.executable)


def read_plan(path: Path) -> dict[str, Any]:
    """What a plan's file says.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(read_regular(path, _LONGEST).decode())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"{path} cannot be read: {reason}.", "A plan is a TOML file; docs/sweep.md has one."
        ) from error
    except (ValueError, RecursionError) as error:
        reason = str(error)
        if not isinstance(error, tomllib.TOMLDecodeError):
            reason = "it is nested too deep" if isinstance(error, RecursionError) else "a number has too many digits"
        raise UsageError(f"{path} is no plan: {reason}.", "A plan is a TOML file; docs/sweep.md has one.") from error


def make_plan(
    said: Mapping[str, Any], *, bundles: bool = False, library: bool = False, retry: bool = False
) -> SweepPlan:
    """The plan that a file, or a command line in the same words, says.

    Raises:
        UsageError: something in it is unknown, has no place, or would be none.
        EnvironmentLacking: a Python does not have what it is said to have.
    """
    said = dict(said)
    axes = {name: _axis(name, said.pop(name, None)) for name in AXES}
    inductor = _inductor(said.pop("inductor", {}))
    measures = _measures(said.pop("measure", [Measure.LATENCY.value]))
    engine = _typed(said.pop("engine", {}), EngineSettings, "engine")
    machines = _table(said.pop("machine", {}), "machine")
    pythons = _pythons(_table(said.pop("torch", {}), "torch"))
    samples, seconds = _number(said, "samples", 200, int), _number(said, "seconds", 20.0, float)
    repeats = _number(said, "repeats", 1, int)
    bundles, library = bool(said.pop("bundles", bundles)), bool(said.pop("keep", library))
    if said:
        raise UsageError(
            f"A plan has no {next(iter(said))!r}.", f"It knows {', '.join(AXES)}, and docs/sweep.md's words."
        )
    if engine.name not in ENGINES:
        raise UsageError(f"There is no engine {engine.name!r}.", f"The engines are {', '.join(ENGINES)}.")
    if engine.name != "local" and not machines:
        raise UsageError(
            f"With {engine.name} a plan has to name its kinds of machine, for they are part of what is measured.",
            "Add [machine.NAME] to the plan, with what the engine needs to get one.",
        )
    if engine.name == "local" and machines:
        raise UsageError(
            "Kinds of machine have no place in a local plan, which measures this one.", "Give [engine] a name too."
        )
    if (axes["target"] == [None]) == (axes["model"] == [None]):
        raise UsageError("A plan has targets or models.", 'For example: target = ["llama-mlp"]')
    if axes["model"] == [None] and axes["submodule"] != [None]:
        raise UsageError("A submodule is a part of a model, which is not given.", "Add --model, or model = [...].")
    count = repeats * len(machines or "1") * len(pythons or "1")
    for choice in (*axes.values(), *inductor.values()):
        count *= len(choice)
    if count > _MOST:
        raise UsageError(f"That are {count:,} points, and {_MOST:,} is the most.", "Take several plans.")
    versions = list(pythons) or [_own_torch()]
    sources = {target: source_of(target) for target in axes["target"]}
    usual = machine_name() if not machines else ""
    jobs = []
    for number, torch, machine in product(range(repeats), versions, machines or [usual]):
        for values in product(*axes.values()):
            for options in product(*inductor.values()):
                asked = {name: value for name, value in zip(axes, values, strict=True) if value is not None}
                request = CaptureRequest(**asked, inductor=tuple(zip(inductor, options, strict=True)))
                source = sources[request.target]
                point = SweepPoint(request, machine, torch, measures, samples, seconds, number, source)
                jobs.append(Job(point, bundle=bundles, library=library, retry=retry))
    return SweepPlan(tuple({job.point.key: job for job in jobs}.values()), pythons, engine, machines)


def _axis(name: str, value: Any) -> list[Any]:
    values: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    kind = AXES[name]
    for item in values:
        right = item is None or (isinstance(item, kind) and (kind is bool or not isinstance(item, bool)))
        if not right or (kind is int and name != "seed" and item is not None and item < 1):
            word = {str: "a text", int: "a whole number from 1", bool: "true or false"}[kind]
            raise UsageError(f"{name} is {word}, or a list of such, and not {item!r}.", "docs/sweep.md has a plan.")
    if not values:
        raise UsageError(f"{name} has no value.", "Leave it out, or give it one.")
    for item in values if name == "device" else ():
        if item is not None and not re.fullmatch(r"(cpu|cuda)(:\d+)?", item):
            raise UsageError(f"{item!r} is not a device that inspector captures on.", "Devices are cpu, cuda, cuda:1…")
    if name == "cache":
        unknown = [item for item in values if item is not None and item not in tuple(CacheMode)]
        if unknown:
            raise UsageError(f"There is no cache {unknown[0]!r}.", f"It is one of {', '.join(CacheMode)}.")
        values = [item and CacheMode(item) for item in values]
    return list(dict.fromkeys(values))


def _inductor(said: Any) -> dict[str, list[str]]:
    """Inductor's settings, each with its values as Python would write them."""
    found = {}
    for name, value in _table(said, "inductor").items():
        values = value if isinstance(value, list) else [value]
        if not values:
            raise UsageError(f"inductor.{name} has no value.", "Leave it out, or give it one.")
        found[name] = list(dict.fromkeys(str(item) for item in values))
    return found


def _measures(said: Any) -> tuple[str, ...]:
    names = said if isinstance(said, list | tuple) else [said]
    for name in names:
        if name not in tuple(Measure):
            raise UsageError(f"There is nothing called {name!r} to measure.", f"Of {', '.join(Measure)}, or none: [].")
    return tuple(measure.value for measure in Measure if measure in names)


def _table(said: Any, name: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise UsageError(f"{name} is a table.", f"docs/sweep.md shows [{name}].")
    return said


def _typed(said: Any, kind: type[EngineSettings], name: str) -> EngineSettings:
    table = _table(said, name)
    if unknown := set(table) - {item.name for item in fields(kind)}:
        raise UsageError(f"[{name}] has no {min(unknown)!r}.", "docs/sweep.md shows what it has.")
    try:
        made = convert(table, kind)
    except Malformed as error:
        raise UsageError(f"[{name}] is not right: {error}.", "docs/sweep.md shows what it has.") from error
    if made.jobs is not None and made.jobs < 1:
        raise UsageError(f"[{name}] jobs is a whole number from 1.")
    return made


def _number(said: dict[str, Any], name: str, usual: Any, kind: type[int] | type[float]) -> Any:
    value = said.pop(name, usual)
    number = isinstance(value, int | float) and not isinstance(value, bool) and (kind is float or value == int(value))
    if not number or not 0 < value < float("inf"):
        raise UsageError(f"{name} is a number above 0, and not {value!r}.")
    return kind(value)


def _own_torch() -> str:
    if version := torch_version():
        return version
    raise EnvironmentLacking(
        f"There is no torch in {sys.executable}.", "Install it, or name a Python that has one: [torch]."
    )


_ABOUT = """
import importlib.metadata as m
import inspector.study.sweep.point
print(m.version("torch"))
"""


def _pythons(said: Mapping[str, Any]) -> dict[str, str]:
    """torch's whole version → its Python, each asked; nothing is ever installed.

    Raises:
        UsageError: a version or a path is none, or the Python has another torch.
        EnvironmentLacking: it does not run, or has no inspector or no torch.
    """
    found: dict[str, str] = {}
    for wanted, python in said.items():
        if not isinstance(python, str) or not Path(python).expanduser().is_file():
            raise UsageError(f"There is no Python {python!r} for torch {wanted}.", "Give the path of its python.")
        path = str(Path(python).expanduser().absolute())
        try:
            done = ask([path, "-P", "-c", _ABOUT], _PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EnvironmentLacking(f"{python} does not run: {error}.", "It is to be a Python.") from error
        version = (done.out.split() or [""])[-1]
        if done.code or not version:
            last = (done.err.strip().splitlines() or ["it said nothing"])[-1]
            raise EnvironmentLacking(
                f"{python} cannot be used for torch {wanted}: {last}",
                "It needs torch and inspector: install both there; inspector installs nothing by itself.",
            )
        if not _agrees(version, wanted):
            raise UsageError(f"{python} has torch {version}, and the plan says {wanted}.", "Correct one of them.")
        if version in found:
            raise UsageError(f"Two Pythons have torch {version}.", "Name one of them.")
        found[version] = path
    return found


_EVERY_TORCH = {
    "mode": ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"),
    "dtype": ("f32", "bf16", "f16", "f64"),
}
"""What need not be asked for: starting torch takes seconds."""
_CHECK = """
import json, sys
from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.dtypes import parse_floating_dtype
from inspector.worker.options import compile_patches
modes, dtypes, options = json.loads(sys.argv[1])
said = None
try:
    for dtype in dtypes:
        parse_floating_dtype(dtype)
    for mode in modes:
        compile_patches(CaptureRequest(mode=mode), None)
    for option in options:
        compile_patches(CaptureRequest(inductor=(tuple(option),)), None)
except UsageError as error:
    said = [error.message, error.hint]
print("\\n" + json.dumps(said))
"""


def check_names(plan: SweepPlan) -> None:
    """Asks each torch of a plan for the modes, types and settings of Inductor that not every torch has.

    Raises:
        UsageError: one has no such, in the words of a capture.
        EnvironmentLacking: it cannot be asked.
    """
    requests = [job.point.request for job in plan.jobs]
    modes = {item.mode for item in requests if item.mode} - {*_EVERY_TORCH["mode"]}
    dtypes = {item.dtype for item in requests if item.dtype} - {*_EVERY_TORCH["dtype"]}
    options = {option for item in requests for option in item.inductor}
    if not (modes or dtypes or options):
        return
    asked = json.dumps([sorted(modes), sorted(dtypes), sorted(options)])
    for python in plan.pythons.values() or [sys.executable]:
        try:
            done = ask([python, "-P", "-c", _CHECK, asked], _PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EnvironmentLacking(f"{python} does not run: {error}.") from error
        if done.code:
            last = (done.err.strip().splitlines() or ["it said nothing"])[-1]
            raise EnvironmentLacking(f"The torch of {python} cannot be asked for its modes and types: {last}")
        if said := json.loads(done.out.splitlines()[-1]):
            raise UsageError(*said)


def _agrees(version: str, wanted: str) -> bool:
    """Whether `2.13.0+cpu` is what `2.13` means."""
    parts: Sequence[str] = version.partition("+")[0].split(".")
    asked = wanted.partition("+")[0].split(".")
    return parts[: len(asked)] == asked and ("+" not in wanted or version == wanted)
