"""One run of the study: the environment, then the experiment, then what came of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inspector import protocol
from inspector.errors import EnvironmentLacking
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.study import Experiment, Result, StudyRequest
from inspector.worker.channel import Channel

_TRACED = (Experiment.SHAPES,)
"""Experiments that read torch's structured trace; the others run without it, as users' programs do."""


def measure(start: protocol.StartStudy, channel: Channel) -> None:
    """Runs what was asked and sends `Measured`.

    Raises:
        InspectorError: the request makes no sense, does not fit into memory, or the model failed.
    """
    request = start.request
    prepare_environment(request, Path(start.directory), start.home)
    channel.send(protocol.Progress("importing torch"))
    _import_torch()
    import torch

    if request.threads is not None:
        torch.set_num_threads(request.threads)
    torch.manual_seed(request.seed)
    kind, result = _experiment(request, start, lambda phase: channel.send(protocol.Progress(phase)))
    channel.send(protocol.Measured(kind, result, _environment(request)))


def prepare_environment(request: StudyRequest, directory: Path, home: str) -> None:
    """Makes this a cold start: temporary folder and caches are the run's own.

    Args:
        home: the folder for both, for a start that finds something prepared there; empty for a fresh one.
    """
    if request.experiment not in _TRACED:
        os.environ.pop("TORCH_TRACE", None)
    base = Path(home) if home else directory
    for variable, name in (("TORCHINDUCTOR_CACHE_DIR", "inductor"), ("TMPDIR", "tmp")):
        (base / name).mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(base / name)
    os.environ.pop("TRITON_CACHE_DIR", None)  # it lies in Inductor's folder by default
    tempfile.tempdir = os.environ["TMPDIR"]  # Python keeps its first answer, also where a target clears the environment


def _import_torch() -> None:
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as error:
        raise EnvironmentLacking(
            f"torch cannot be imported: {error}",
            "Install it into this Python (pip install torch); `inspector doctor` checks the rest.",
        ) from error


def _experiment(
    request: StudyRequest, start: protocol.StartStudy, progress: Callable[[str], None]
) -> tuple[str, dict[str, Any]]:
    match request.experiment:
        case Experiment.SPOT:
            from inspector.worker.study.generation import generation

            return _named(generation(request, start.started, progress))
        case Experiment.SHAPES:
            from inspector.worker.study.shapes import shapes

            return _named(shapes(request, Path(os.environ["TORCH_TRACE"]), progress))
        case Experiment.LAYERS:
            from inspector.worker.study.layers import layers

            return _named(layers(request, progress))
        case Experiment.CURES:
            from inspector.worker.study.cures import cure

            return _named(cure(request, start, progress))
        case Experiment.ESTIMATE:
            from inspector.worker.study.models import estimate

            progress("estimating")
            return "Estimate", estimate(request)


def _named(result: Result) -> tuple[str, dict[str, Any]]:
    return type(result).__name__, asdict(result)


def _environment(request: StudyRequest) -> dict[str, Any]:
    """Versions, machine and settings, asked for after the measurement, which must not pay for it."""
    from inspector.worker.environment import describe_environment, require_toolchain

    asked = CaptureRequest(cache=CacheMode.COLD)
    compiler = require_toolchain(asked)
    variables = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(("TORCHINDUCTOR_", "TORCHDYNAMO_", "TORCH_COMPILE", "OMP_", "MKL_", "ATEN_"))
        and name != "TORCHINDUCTOR_CACHE_DIR"
    }
    return describe_environment(asked, compiler) | {
        "model": request.model,
        "dtype": request.dtype,
        "variables": variables,
    }
