"""From a request to a target ready to be compiled. The worker's one way in; imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from inspector import targets
from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.base import Built, TargetOptions, made_with, source_of
from inspector.targets.dtypes import parse_floating_dtype
from inspector.worker.inputs import DEFAULT_BATCH, DEFAULT_SEQ, InputSpec, parse_input


def resolve(request: CaptureRequest) -> Built:
    """Builds what was asked for: from the gallery, from a person's own code, or a transformers model.

    Random numbers (weights, inputs) follow from `request.seed`; torch's global generators are seeded with it.

    Raises:
        UsageError: a name, path, shape, dtype or device that does not exist or fit.
        TargetFailed: the target's own code raised.
    """
    dtype = parse_floating_dtype(request.dtype) if request.dtype else torch.float32
    options = TargetOptions(
        batch=_size("batch", request.batch, DEFAULT_BATCH),
        seq=_size("seq", request.seq, DEFAULT_SEQ),
        dtype=dtype,
        device=parse_device(request.device),
        train=request.train,
        seed=request.seed,
        from_user=bool(request.inputs or request.batch or request.seq),
    )
    specs = [parse_input(text) for text in request.inputs]
    torch.manual_seed(request.seed)
    return _finished(_build(request, specs, options), request, options)


def _build(request: CaptureRequest, specs: Sequence[InputSpec], options: TargetOptions) -> Built:
    if request.model is not None:
        from inspector.worker.transformers_models import build_model_target

        if request.target is not None:
            raise UsageError(f"Both a target ({request.target}) and --model {request.model}: which one?")
        return build_model_target(request, specs, options)
    if request.submodule is not None:
        raise UsageError("--submodule needs --model.", "For example: --model gpt2 --submodule transformer.h.0.mlp")
    if request.target is None:
        raise UsageError("There is nothing to compile.", "`inspector targets` lists the gallery.")
    if ":" in request.target or request.target.endswith(".py"):
        from inspector.worker.user_code import build_user_target

        return build_user_target(request, specs, options)
    return _gallery_target(request.target, request, specs, options)


def _gallery_target(name: str, request: CaptureRequest, specs: Sequence[InputSpec], options: TargetOptions) -> Built:
    info = targets.find(name)
    if specs:
        raise UsageError(f"{name} makes its own inputs, so --input has no place.", "--batch and --seq change them.")
    options = replace(options, batch=request.batch or info.batch, seq=request.seq or info.seq)
    with made_with(options):
        built: Built = targets.load(name).build(options)
    return replace(built, summary=info.summary)


def parse_device(name: str) -> torch.device:
    """The device of that name.

    Raises:
        UsageError: there is no such device, or not on this machine.
    """
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"There is no device named {name!r}.", "Devices are cpu, cuda, cuda:1…") from error
    if device.type == "cpu":
        return device
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if (device.index or 0) < count:
            return device
        found = f"{count} CUDA device{'s' * (count != 1)}" if count else "no CUDA device"
        built = "" if torch.version.cuda or torch.version.hip else ", and this torch was built without CUDA"
        raise UsageError(f"There is no {name}: torch finds {found} on this machine{built}.", "Use --device cpu.")
    raise UsageError(f"{name} is not a device that inspector captures on.", "Use cpu or cuda.")


def _size(option: str, value: int | None, default: int) -> int:
    if value is not None and value < 1:
        raise UsageError(f"--{option} is {value}, and should be at least 1.")
    return default if value is None else value


def _finished(built: Built, request: CaptureRequest, options: TargetOptions) -> Built:
    notes = built.notes
    if request.train and isinstance(built.call, nn.Module) and _drops(built.call):
        notes += (
            "Dropout is active: eager and compiled draw different random numbers, so their outputs differ by more "
            "than rounding.",
        )
    return replace(built, name=request.title, notes=notes, source=source_of(built.call), from_user=options.from_user)


def _drops(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Dropout) and part.p > 0 for part in module.modules())
