"""`--model CONFIG [--submodule PATH]`: a transformers model, or a module inside one, as a target. Imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.base import Built, Inputs, TargetOptions, made_with, parameters_of
from inspector.targets.memory import require_memory
from inspector.targets.nearest import listed
from inspector.worker.bind import BoundSpecs, bind_partly
from inspector.worker.forward_errors import forward_failure
from inspector.worker.inputs import InputSpec
from inspector.worker.model_inputs import model_inputs
from inspector.worker.submodule import Received, find_submodule, receive
from inspector.worker.transformers_config import ModelChoice, choose_model
from inspector.worker.user_errors import words

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_FIXED = "its inputs have no such size to choose"


def build_model_target(request: CaptureRequest, specs: Sequence[InputSpec], options: TargetOptions) -> Built:
    """The model that `request.model` stands for, or its `request.submodule`.

    Every `--input` is for the model, also where a submodule is compiled: the submodule's inputs are those
    that it receives when the model runs.

    Raises:
        UsageError: no such configuration or submodule, a model too large for the machine, a submodule
            that is never called, or inputs that do not fit.
        TargetFailed: the model itself raised.
    """
    assert request.model is not None
    choice = choose_model(request.model)
    _forget_cache(choice.config)
    options = replace(options, dtype=options.dtype if request.dtype else choice.config.dtype or torch.float32)
    skeleton = _skeleton(choice, request.model, options)
    if request.submodule is not None:  # a wrong path is answered before anything large is built
        find_submodule(skeleton, request.submodule, skeleton.base_model_prefix)
    require_memory(
        request.model,
        sum(parameter.nbytes for parameter in skeleton.parameters()),
        options,
        instead=f"Make it smaller: --model {request.model.split(',')[0]},num_hidden_layers=1 (any KEY=VALUE of its "
        "configuration), or --dtype bf16.",
    )
    model, notes = _build(choice, options)
    model.train(options.train)  # before it runs to feed a submodule
    name = type(model).__name__
    feed = _Feed(model, bind_partly(parameters_of(model) or (), specs, name), options)
    sizes = feed.sizes(feed.make(options.batch, options.seq))
    for option in ("batch", "seq"):
        if getattr(request, option) is not None and option not in sizes:
            raise UsageError(f"--{option} does nothing for {name}: {_FIXED}.")
    if request.submodule is None:
        return options.built(model, feed.make, notes=notes).follows(sizes, _FIXED)
    path, submodule = find_submodule(model, request.submodule, model.base_model_prefix)
    built = _submodule_target(path, submodule, model, feed, options)
    if not any(_has_tokens(tensor, options) for _, tensor in built.tensors()):
        sizes -= {"seq"}  # the image side of CLIP, the encoder of Whisper
    return replace(built, notes=notes + built.notes).follows(sizes, _FIXED)


class _Feed:
    """Makes a model's inputs for any (batch, seq): what its configuration says, and what the person gave instead."""

    def __init__(self, model: PreTrainedModel, given: BoundSpecs, options: TargetOptions) -> None:
        self.model = model
        self.given = given
        self.options = options

    def make(self, batch: int, seq: int) -> Inputs:
        """The keyword arguments of one call."""
        args, kwargs = self.given.make(batch, seq, self.options)
        positional = [item.name for item in parameters_of(self.model) or ()]
        given = dict(zip(positional, args, strict=False)) | kwargs
        if given.keys() & {self.model.main_input_name, "inputs_embeds"}:
            return Inputs((), given)
        return Inputs((), model_inputs(self.model, batch, seq, self.options) | given)

    def sizes(self, inputs: Inputs) -> frozenset[str]:
        """Which of `batch` and `seq` the inputs change with."""
        if self.given.args or self.given.kwargs:
            return self.given.sizes
        return frozenset({"batch", "seq"} if any(key.endswith("input_ids") for key in inputs.kwargs) else {"batch"})


def _submodule_target(
    path: str, submodule: nn.Module, model: PreTrainedModel, feed: _Feed, options: TargetOptions
) -> Built:
    calls = 0

    def make_inputs(batch: int, seq: int) -> Inputs:
        nonlocal calls
        received = _run(model, submodule, feed.make(batch, seq), path, options)
        calls = received.calls
        return received.inputs

    built = options.built(submodule, make_inputs, keep=model)
    note = f"{path} is called {calls} times when the model runs once; its inputs are those of the first call."
    return replace(built, notes=(note,) if calls > 1 else ())


def _has_tokens(tensor: Tensor, options: TargetOptions) -> bool:
    """Whether a received tensor looks as if it had a row for each token: (…, seq, …) or (batch × seq, …)."""
    return options.seq in tensor.shape[:2] or tensor.shape[:1] == (options.batch * options.seq,)


def _run(model: PreTrainedModel, submodule: nn.Module, inputs: Inputs, path: str, options: TargetOptions) -> Received:
    name = type(model).__name__
    try:
        received = receive(model, submodule, inputs, train=options.train)
    except Exception as error:
        raise forward_failure(error, model, inputs, name, from_user=options.from_user) from error
    if received is None:
        raise UsageError(
            f"{path} is a part of {name}, but it is not called when the model runs.",
            "Choose the module that holds it.",
        )
    return received


def _forget_cache(config: Any) -> None:
    """No key-value cache: it grows with every call, so no two calls would be alike."""
    for part in (config, config.get_text_config()):
        if hasattr(part, "use_cache"):
            part.use_cache = False


def _skeleton(choice: ModelChoice, name: str, options: TargetOptions) -> PreTrainedModel:
    """The model without weights, in no time however large it is."""
    try:
        with made_with(replace(options, device=torch.device("meta"))):
            return choice.cls(choice.config)
    except ImportError as error:
        raise EnvironmentLacking(f"{choice.cls.__name__} needs a package that is missing: {words(error)}") from error
    except Exception as error:  # whatever a constructor makes of a configuration it does not like
        raise UsageError(f"{choice.cls.__name__} cannot be built from {name}: {words(error)}") from error


def _build(choice: ModelChoice, options: TargetOptions) -> tuple[PreTrainedModel, tuple[str, ...]]:
    """The model with its weights, and what to say about them."""
    if choice.folder is None:
        with made_with(options):
            return choice.cls(choice.config), ()
    try:
        model, report = choice.cls.from_pretrained(
            choice.folder, config=choice.config, dtype=options.dtype, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # a file cut short, of another format, or of another shape
        raise UsageError(f"The weights in {choice.folder} cannot be loaded: {words(error)}") from error
    missing = sorted(report["missing_keys"])
    note = f"{len(missing)} parameters are not in the checkpoint and have random values: {listed(missing, most=3)}."
    return model.to(options.device), (note,) if missing else ()
