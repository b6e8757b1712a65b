"""A person's own code as a target: `path/to/file.py:name` or `package.module:name`.

What `name` may be, and what is compiled:

* an `nn.Module`: the module;
* an `nn.Module` class: an instance, made without arguments;
* a function with a required parameter: the function;
* a function without one: it is called. If it returns `(callable, args)` or `(callable, args, kwargs)` (a
  tuple or list, and a dictionary), or a module, it is a **factory** and what it returned is compiled; if
  it returns anything else, the function itself is. A factory's parameters named `batch` and `seq` receive
  `--batch` and `--seq`, and let the shape be changed live;
* any other object that can be called: the object.

Inputs come from the factory, or from `--input`, which wins. Dots go on into an attribute: `file.py:model.layers`.
The file's folder (for `package.module`, the working directory) is put on `sys.path`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils import _pytree as pytree

from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.base import Built, Inputs, TargetOptions, parameters_of
from inspector.targets.nearest import listed
from inspector.worker.bind import bind
from inspector.worker.importing import fetch
from inspector.worker.inputs import InputSpec
from inspector.worker.user_errors import user_failure


class _Found(NamedTuple):
    """What the person's name stands for."""

    call: Callable[..., Any]
    inputs: Inputs | None = None
    """From a factory that gave some."""
    factory: Callable[..., Any] | None = None
    notes: tuple[str, ...] = ()


def build_user_target(request: CaptureRequest, specs: Sequence[InputSpec], options: TargetOptions) -> Built:
    """The target that `request.target` points at.

    Args:
        request: its `target` holds a colon.
        specs: the request's inputs, parsed.
        options: as the request says, with defaults for batch and seq.

    Raises:
        UsageError: no such file, module or name; not something to compile; inputs that do not fit.
        TargetFailed: the person's own code raised.
    """
    assert request.target is not None
    value = fetch(request.target)
    found = _find(value, request, request.target)
    call = found.call
    if isinstance(call, nn.Module):
        call = call.to(options.device)
        call = call.to(options.dtype) if request.dtype else call
        if not isinstance(value, type):  # a class that is made here was in no mode that anybody chose
            found = found._replace(notes=(*found.notes, *_mode_changed(call, options.train, request.target)))
        call.train(options.train)
    if specs or found.inputs is None:
        return _with_specs(call, specs, found, request, options)
    return _with_factory(call, found.inputs, found, request, options)


def _mode_changed(module: nn.Module, train: bool, name: str) -> tuple[str, ...]:
    """That a module is compiled in another mode than it was in, where any part of it is; nothing where none is."""
    others = sum(part.training is not train for part in module.modules())
    if not others:
        return ()
    was, now = ("evaluation", "training") if train else ("training", "evaluation")
    which = name if module.training is not train else f"{others} of the parts of {name}"
    way = "" if train else "; --train compiles a training step"
    return (f"{which} was in {was} mode and is compiled in {now} mode{way}.",)


def _find(value: Any, request: CaptureRequest, name: str) -> _Found:
    value, notes = _uncompiled(value)
    if isinstance(value, nn.Module):
        return _Found(value, notes=notes)
    if isinstance(value, type) and issubclass(value, nn.Module):
        return _Found(_instance(value, name), notes=notes)
    if not callable(value) or isinstance(value, type):
        raise UsageError(
            f"{name} is {_kind(value)}, which cannot be compiled.",
            "It should be a Module, a function, or a function that returns (module, args, kwargs).",
        )
    parameters = parameters_of(value)
    if parameters is None or any(_is_required(item) for item in parameters):
        return _Found(value, notes=notes)
    made = _call_factory(value, request.batch, request.seq, name)
    triple = _triple(made)
    call, undone = _uncompiled(made if triple is None else triple[0])
    if triple is None and not isinstance(call, nn.Module):
        return _Found(value, notes=notes + _not_made(name, made))
    return _Found(call, triple[1] if triple else None, value, notes + undone)


def _not_made(name: str, made: Any) -> tuple[str, ...]:
    """What to say of a function that may have meant to make a target; nothing of one that computes tensors."""
    if any(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves(made)):
        return ()
    returned = "None" if made is None else _kind(made)
    return (
        f"{name} returned {returned}, so the function itself is compiled; one that makes the target returns a module, "
        "(callable, args) or (callable, args, kwargs).",
    )


def _is_required(parameter: inspect.Parameter) -> bool:
    variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and not variadic


def _uncompiled(value: Any) -> tuple[Any, tuple[str, ...]]:
    """What was compiled, where the person compiled it already: the tool does that itself."""
    hidden = ("_orig_mod", "_torchdynamo_orig_callable")  # in a compiled module, in a compiled function
    original = next((getattr(value, name) for name in hidden if hasattr(value, name)), None)
    if original is None:
        return value, ()
    return original, ("The target was compiled in its own code; that is undone, as inspector compiles it itself.",)


def _triple(made: Any) -> tuple[Callable[..., Any], Inputs] | None:
    """`(callable, args)` or `(callable, args, kwargs)`, or None where it is something else."""
    match made:
        case (call, tuple() | list() as args) | (call, tuple() | list() as args, None) if callable(call):
            return call, Inputs(tuple(args))
        case (call, tuple() | list() as args, dict() as kwargs) if callable(call):
            return call, Inputs(tuple(args), kwargs)
    return None


def _instance(cls: type[nn.Module], name: str) -> nn.Module:
    required = [item.name for item in inspect.signature(cls).parameters.values() if _is_required(item)]
    if required:
        raise UsageError(
            f"{name} is a class whose constructor needs {listed(required)}.",
            "Point at an instance, or at a function that returns (module, args, kwargs).",
        )
    try:
        return cls()
    except Exception as error:
        raise user_failure(error, f"{name} could not be made") from error


def _call_factory(factory: Callable[..., Any], batch: int | None, seq: int | None, name: str) -> Any:
    asked = {"batch": batch, "seq": seq}
    sizes = {key: value for key, value in asked.items() if value is not None and key in _sizes_of(factory)}
    try:
        return factory(**sizes)
    except Exception as error:
        raise user_failure(error, f"{name} raised") from error


def _sizes_of(factory: Callable[..., Any]) -> dict[str, int | None]:
    """Which of `batch` and `seq` a factory takes, with its defaults."""
    parameters = {item.name: item.default for item in parameters_of(factory) or ()}
    return {key: parameters[key] for key in ("batch", "seq") if key in parameters}


def _with_specs(
    call: Callable[..., Any],
    specs: Sequence[InputSpec],
    found: _Found,
    request: CaptureRequest,
    options: TargetOptions,
) -> Built:
    name = str(request.target)
    bound = bind(call, specs, name)
    _refuse_sizes(request, bound.sizes, "Write `batch` or `seq` into an --input, as in 'x=f32[batch,seq,64]'.")
    built = options.built(call, lambda batch, seq: bound.make(batch, seq, options), notes=found.notes)
    return built.follows(bound.sizes, "no --input says `batch` or `seq` there")


def _with_factory(
    call: Callable[..., Any], inputs: Inputs, found: _Found, request: CaptureRequest, options: TargetOptions
) -> Built:
    name = str(request.target)
    factory = found.factory
    assert factory is not None
    defaults = _sizes_of(factory)
    sizes = frozenset(defaults)
    _refuse_sizes(request, sizes, "A factory with a parameter of that name would receive it.")
    batch, seq = (getattr(request, size) or defaults.get(size) for size in ("batch", "seq"))

    def reshape(new_batch: int | None, new_seq: int | None) -> Inputs:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            made = _call_factory(factory, new_batch or batch, new_seq or seq, name)
        triple = _triple(made)
        assert triple is not None  # it gave one the first time
        return _placed(call, triple[1], request, options)

    args, kwargs = _placed(call, inputs, request, options)
    built = Built(call, args, kwargs, batch=batch, seq=seq, reshape=reshape, notes=found.notes)
    return built.follows(sizes, "its factory has no such parameter")


def _refuse_sizes(request: CaptureRequest, sizes: frozenset[str], instead: str) -> None:
    for option in ("batch", "seq"):
        if getattr(request, option) is not None and option not in sizes:
            raise UsageError(f"--{option} does nothing for {request.target}.", instead)


def _placed(call: Callable[..., Any], inputs: Inputs, request: CaptureRequest, options: TargetOptions) -> Inputs:
    """A factory's inputs on the device that was asked for, and of the dtype if one was.

    When a function is trained they want gradients, as it has no parameters that could.
    """
    wants = options.train and not isinstance(call, nn.Module)

    def place(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor.to(options.device)
        placed = tensor.to(options.device, options.dtype if request.dtype else None)
        return placed.detach().requires_grad_() if wants else placed

    args, kwargs = pytree.tree_map_only(torch.Tensor, place, (inputs.args, inputs.kwargs))
    return Inputs(args, kwargs)


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "a class that is not a Module"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
