"""Which input is for which parameter."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import Parameter
from typing import Any

from inspector.errors import UsageError
from inspector.targets.base import Inputs, TargetOptions, parameters_of
from inspector.targets.nearest import did_you_mean, listed
from inspector.worker.inputs import InputSpec, Value, make_value, sizes_in

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class BoundSpecs:
    """Every `--input` at its place in the call."""

    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = field(default_factory=dict)

    @property
    def sizes(self) -> frozenset[str]:
        """Which of `batch` and `seq` the inputs change with."""
        return sizes_in((*self.args, *self.kwargs.values()))

    def make(self, batch: int, seq: int, options: TargetOptions) -> Inputs:
        args = make_value(self.args, batch, seq, options)
        return Inputs(args, {name: make_value(value, batch, seq, options) for name, value in self.kwargs.items()})


def bind(call: Callable[..., Any], specs: Sequence[InputSpec], name: str) -> BoundSpecs:
    """Matches inputs with parameters: by name, the nameless in the order of the signature.

    Args:
        call: what will be called.
        specs: the inputs, as parsed.
        name: what to call the target in an error.

    Raises:
        UsageError: an unknown parameter, one given twice, too many inputs, or a required parameter left
            without one; the last one's hint is what to add to the command line.
    """
    parameters = parameters_of(call)
    if parameters is None:  # a builtin whose signature Python cannot tell: taken as they come
        nameless = tuple(spec.value for spec in specs if spec.name is None)
        return BoundSpecs(nameless, {spec.name: spec.value for spec in specs if spec.name is not None})
    bound = bind_partly(parameters, specs, name)
    positional = [item.name for item in parameters if item.kind in _POSITIONAL]
    given = {*positional[: len(bound.args)], *bound.kwargs}
    missing = [item for item in parameters if _is_required(item) and item.name not in given]
    if missing:
        raise UsageError(
            f"{name} needs {listed(item.name for item in missing)}, and nothing says what to pass.",
            f"Add {' '.join(f'--input {_example(item)}' for item in missing)} with the real shapes, "
            "or point at a function that returns (module, args, kwargs).",
        )
    return bound


def bind_partly(parameters: Sequence[Parameter], specs: Sequence[InputSpec], name: str) -> BoundSpecs:
    """As `bind`, but parameters may be left without an input."""
    positional = [item.name for item in parameters if item.kind in _POSITIONAL]
    values = _named(parameters, specs, name)
    free = [item for item in positional if item not in values]
    nameless = [spec for spec in specs if spec.name is None]
    more = [spec.value for spec in nameless[len(free) :]]
    if more and not any(item.kind is Parameter.VAR_POSITIONAL for item in parameters):
        takes = f"takes {listed(positional)}" if positional else "takes no inputs"
        raise UsageError(f"{name} {takes}, and --input '{nameless[len(free)].text}' is one too many.")
    values |= {parameter: spec.value for parameter, spec in zip(free, nameless, strict=False)}
    leading = next((index for index, item in enumerate(positional) if item not in values), len(positional))
    args = [values.pop(item) for item in positional[:leading]]
    return BoundSpecs((*args, *more), values)


def _named(parameters: Sequence[Parameter], specs: Sequence[InputSpec], name: str) -> dict[str, Value]:
    known = [item.name for item in parameters if item.kind not in _VARIADIC]
    anything = any(item.kind is Parameter.VAR_KEYWORD for item in parameters)
    values: dict[str, Value] = {}
    for spec in specs:
        if spec.name is None:
            continue
        if spec.name in values:
            raise UsageError(f"--input gives {spec.name} twice.")
        # `**kwargs` takes anything, so there only what is all but a parameter's name counts as a slip
        slip = difflib.get_close_matches(spec.name, known, 1, 0.85) if spec.name not in known else []
        if slip or (spec.name not in known and not anything):
            takes = f"It takes {listed(known)}." if known else "It takes no inputs."
            raise UsageError(f"{name} has no parameter {spec.name!r}.{did_you_mean(spec.name, known)}", takes)
        values[spec.name] = spec.value
    return values


def _is_required(parameter: Parameter) -> bool:
    return parameter.default is Parameter.empty and parameter.kind not in _VARIADIC


def _example(parameter: Parameter) -> str:
    """What to add for a parameter, as far as its annotation tells: `'x=f32[1,8,64]'`, `'n=1'`."""
    annotation = parameter.annotation
    kind = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    value = {"int": "1", "float": "1.0", "bool": "true", "str": '"text"'}.get(kind)
    if value is None:
        value = (
            "i64[1,8]<1000" if any(word in parameter.name for word in ("ids", "indices", "index")) else "f32[1,8,64]"
        )
    return f"'{parameter.name}={value}'"
