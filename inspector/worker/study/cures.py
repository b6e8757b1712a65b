"""From the start of a process to its first result, by what it finds prepared. Imports torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector import protocol
from inspector.errors import TargetFailed, UsageError
from inspector.model.request import CaptureRequest
from inspector.model.study import Cure, CureRun, StudyRequest
from inspector.targets.base import Built
from inspector.worker.packs.load import load_pack
from inspector.worker.packs.make import make_pack
from inspector.worker.resolve import resolve

_ARTIFACTS = "cache.bin"
_PACK = "model.pack"


@torch.no_grad()
def cure(request: StudyRequest, start: protocol.StartStudy, progress: Callable[[str], None]) -> CureRun:
    """Makes the target, makes its first result, and only then looks whether it is right.

    Raises:
        UsageError: there is no such cure or target.
        TargetFailed: what was prepared is not there.
    """
    imports = time.perf_counter() - start.started
    chosen = _cure(request.variant)
    prepared = Path(start.home) / "prepared" if start.home else None
    size = _size(Path(start.home)) if start.home else 0  # before this start adds to it
    progress("building the target")
    built = resolve(CaptureRequest(target=request.model, dtype=request.dtype, seed=request.seed))
    if start.prepare:
        assert prepared is not None
        prepared.mkdir(exist_ok=True)
        progress("preparing")
        _prepare(chosen, built, prepared)
        return CureRun(request.model, chosen.value, 0.0)
    progress("first result")
    result = _callable(chosen, built, prepared)(*built.args, **built.kwargs)
    seconds = time.perf_counter() - start.started
    difference = 0.0 if chosen is Cure.EAGER else _difference(result, built.call(*built.args, **built.kwargs))
    return CureRun(request.model, chosen.value, seconds, imports, size, difference)


def _prepare(chosen: Cure, built: Built, prepared: Path) -> None:
    if chosen is Cure.PACK:
        make_pack(built, prepared / _PACK, weights=False)
        return
    torch.compile(built.call)(*built.args, **built.kwargs)
    if chosen is Cure.MEGA:
        artifacts = torch.compiler.save_cache_artifacts()
        if artifacts is None:
            raise TargetFailed("torch.compiler.save_cache_artifacts() had nothing to save.")
        (prepared / _ARTIFACTS).write_bytes(artifacts[0])


def _callable(chosen: Cure, built: Built, prepared: Path | None) -> Callable[..., Any]:
    if chosen is Cure.EAGER:
        return built.call
    if chosen is Cure.PACK:
        assert prepared is not None
        return load_pack(prepared / _PACK, trust=True, weights=_weights(built))
    if chosen is Cure.MEGA:
        assert prepared is not None
        torch.compiler.load_cache_artifacts((prepared / _ARTIFACTS).read_bytes())
    return torch.compile(built.call)


def _weights(built: Built) -> nn.Module | dict[str, Tensor]:
    """What a pack takes its weights from; a function has none."""
    return built.call if isinstance(built.call, nn.Module) else {}


def _difference(result: Any, expected: Any) -> float:
    pairs = zip(_tensors(result), _tensors(expected), strict=True)
    return max((float((one - other).abs().max()) for one, other in pairs if one.numel()), default=0.0)


def _tensors(result: Any) -> list[Tensor]:
    return [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, Tensor)]


def _size(home: Path) -> int:
    return sum(file.stat().st_size for file in home.rglob("*") if file.is_file())


def _cure(variant: str) -> Cure:
    try:
        return Cure(variant)
    except ValueError as error:
        raise UsageError(f"There is no cure {variant!r}.", f"There are {', '.join(Cure)}.") from error
