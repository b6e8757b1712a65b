"""What a target is asked for, and what it hands back. Imports torch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector.errors import UsageError
from inspector.targets.dtypes import spell


class Inputs(NamedTuple):
    """What a target is called with: `target(*args, **kwargs)`. Tensors may sit inside tuples, lists and dicts."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - never changed: inputs are made anew for each shape


MakeInputs = Callable[[int, int], Inputs]
"""Makes a target's inputs for a batch size and a sequence length."""


class SourceRange(NamedTuple):
    """Where the code that is compiled was written."""

    file: str
    first_line: int
    """1-based."""
    last_line: int
    """1-based, inclusive."""
    qualname: str
    """`LlamaMLP.forward`."""


@dataclass(frozen=True)
class TargetOptions:
    """What a person asked of a target; the target's own defaults are filled in already."""

    batch: int
    seq: int
    dtype: torch.dtype = torch.float32
    """What parameters and floating-point inputs are made of."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    train: bool = False
    """Training mode, and floating-point inputs that want gradients."""
    seed: int = 0
    from_user: bool = False
    """Whether the command line has a say in the inputs: `Built.from_user`."""

    def randn(self, *shape: int) -> Tensor:
        """Normally distributed values; they want gradients when training, as activations inside a model do."""
        return torch.randn(*shape, dtype=self.dtype, device=self.device, requires_grad=self.train)

    def tokens(self, batch: int, seq: int, vocabulary: int) -> Tensor:
        """Token ids (batch, seq), each below `vocabulary`."""
        return torch.randint(vocabulary, (batch, seq), device=self.device)

    def built(self, call: Callable[..., Any], make_inputs: MakeInputs, **more: Any) -> Built:
        """A target whose inputs follow from batch and seq; the same seed and shape give the same values.

        Args:
            call: the module or function to compile; a module is put into training or evaluation mode.
            make_inputs: makes the inputs for a (batch, seq), on this device and of this dtype.
            more: further fields of `Built`.
        """
        if isinstance(call, nn.Module):
            call.train(self.train)

        def reshape(batch: int | None, seq: int | None) -> Inputs:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                return make_inputs(self.batch if batch is None else batch, self.seq if seq is None else seq)

        args, kwargs = reshape(None, None)
        fields: dict[str, Any] = {"tokens_per_call": lambda batch, seq: batch * seq} | more
        return Built(call, args, kwargs, batch=self.batch, seq=self.seq, reshape=reshape, **fields)


@dataclass(frozen=True)
class Built:
    """A target, ready to be compiled and called."""

    call: Callable[..., Any]
    """The module or function to compile; eager is calling it as it is."""
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str = ""
    summary: str = ""
    batch: int | None = None
    """None where the inputs have no batch that the tool knows of."""
    seq: int | None = None
    reshape: Callable[[int | None, int | None], Inputs] | None = None
    """Inputs of another (batch, seq) for the same `call`; None for either means the size it was built with.

    Raises `UsageError` where a shape makes no sense for the target. The field is None where no other
    shape can be worked out from what is known.
    """
    tokens_per_call: Callable[[int, int], int] | None = None
    """(batch, seq) → tokens that one call works on; None where that makes no sense."""
    dynamic: bool | None = None
    """torch.compile's `dynamic` where the request leaves it open."""
    further_calls: tuple[Inputs, ...] = ()
    """Calls to make after the first one, as part of the capture: what a teaching target is about."""
    notes: tuple[str, ...] = ()
    """What a reader must know about how the target came about, a sentence each."""
    source: SourceRange | None = None
    """None for code without a file, such as torch's own operators."""
    from_user: bool = False
    """Whether the command line had a say in the inputs, so that a misfit is a mistake in the command."""
    keep: Any = field(default=None, repr=False)
    """What must live as long as the target (the model that a submodule was taken from)."""

    def follows(self, sizes: frozenset[str], why: str) -> Built:
        """The same target, where only some of `batch` and `seq` change its inputs.

        Args:
            sizes: those that do.
            why: what to tell a person who changes another one.
        """
        reshape = self.reshape

        def checked(batch: int | None, seq: int | None) -> Inputs:
            for size, value in (("batch", batch), ("seq", seq)):
                if value is not None and size not in sizes:
                    raise UsageError(f"Another {size} changes nothing for {self.name or 'this target'}: {why}.")
            assert reshape is not None
            return reshape(batch, seq)

        return replace(
            self,
            batch=self.batch if "batch" in sizes else None,
            seq=self.seq if "seq" in sizes else None,
            reshape=checked if sizes and reshape is not None else None,
            tokens_per_call=self.tokens_per_call if "seq" in sizes else None,
        )

    @property
    def tokens(self) -> int | None:
        """Tokens that a call with the present inputs works on; None where that makes no sense."""
        if self.tokens_per_call is None or self.batch is None or self.seq is None:
            return None
        return self.tokens_per_call(self.batch, self.seq)

    def tensors(self) -> list[tuple[str, Tensor]]:
        """Every input tensor with its name: `hidden_states`, `position_embeddings[0]`."""
        return named_tensors(self.call, Inputs(self.args, self.kwargs))

    def describe_inputs(self) -> str:
        """The inputs in the spelling of `--input`: `x=f32[1,8,2048], mask=bool[1,8]`."""
        return ", ".join(f"{name}={spell(tensor)}" for name, tensor in self.tensors())


@contextmanager
def made_with(options: TargetOptions) -> Iterator[None]:
    """Modules made inside have their parameters of the dtype and on the device that were asked for."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(options.dtype)
    try:
        with options.device:
            yield
    finally:
        torch.set_default_dtype(before)


def parameters_of(call: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The parameters that a call binds, without `self`; None where Python cannot tell (builtins)."""
    function = call.forward if isinstance(call, nn.Module) else call
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def named_tensors(call: Callable[..., Any], inputs: Inputs) -> list[tuple[str, Tensor]]:
    """Every tensor in the inputs, named after the parameter that receives it.

    A tensor inside a tuple, list or dict has its place behind the name: `position_embeddings[0]`.
    """
    positional = [
        item.name
        for item in parameters_of(call) or []
        if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)
    ]
    names = positional[: len(inputs.args)] + [f"argument {index}" for index in range(len(positional), len(inputs.args))]
    values = dict(zip(names, inputs.args, strict=True)) | inputs.kwargs
    return [
        (name + pytree.keystr(path), leaf)
        for name, value in values.items()
        for path, leaf in pytree.tree_leaves_with_path(value)
        if isinstance(leaf, Tensor)
    ]


def source_of(call: Callable[..., Any]) -> SourceRange | None:
    """Where the code that runs first was written: a module's `forward`, or the function, without decorators."""
    function = type(call).forward if isinstance(call, nn.Module) else call
    function = inspect.unwrap(function)
    try:
        lines, first = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function)
    except (OSError, TypeError):
        return None
    if file is None:
        return None
    return SourceRange(file, first, first + len(lines) - 1, getattr(function, "__qualname__", repr(function)))
