"""Making a pack: export, AOTInductor, manifest. Imports torch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector.errors import EnvironmentLacking, TargetFailed, spoken
from inspector.model.request import CaptureRequest
from inspector.targets.base import Built, Inputs
from inspector.targets.dtypes import short
from inspector.worker.environment import _short_compiler, require_toolchain
from inspector.worker.packs.load import state, weight_of
from inspector.worker.packs.manifest import PACKAGE, ExpectedTensor, PackManifest, Weight, instructions, system
from inspector.worker.user_errors import words


class Packed(NamedTuple):
    """A finished pack."""

    manifest: PackManifest
    identity: str
    """The manifest's hash: what to pass as `trust`."""


class Wrapped(nn.Module):
    """A target as a module of two arguments, its positional and its named ones: export takes modules only.

    The target's weights are called `call.…`.
    """

    def __init__(self, call: Callable[..., Any]) -> None:
        super().__init__()
        self.call = call

    def forward(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the target returns."""
        return self.call(*args, **kwargs)


def make_pack(
    built: Built,
    folder: Path,
    *,
    weights: bool = True,
    dynamic: bool = True,
    inductor: Mapping[str, Any] = MappingProxyType({}),
) -> Packed:
    """Compiles a target ahead of time into a pack.

    Args:
        built: the target with its example inputs.
        folder: where to; nothing is there yet, and whoever asks for it removes what a failure leaves.
        weights: put them inside; without them a pack is small, and whoever loads it brings them.
        dynamic: let the sequence length change, where the target's inputs follow one.
        inductor: Inductor's settings, as `torch._inductor.config` names them.

    Raises:
        TargetFailed: the target cannot be exported or compiled.
        EnvironmentLacking: there is no compiler, or the pack cannot be written.
    """
    compiler = _short_compiler(require_toolchain(CaptureRequest()))
    changing = _dynamic_shapes(built) if dynamic else (None, ())
    program = _exported(built, changing[0])
    try:
        folder.mkdir()
        _compile(program, folder / PACKAGE, inductor, weights=weights)
        manifest = _manifest(built, folder / PACKAGE, compiler, weights, changing)
        return Packed(manifest, manifest.write(folder))
    except OSError as error:
        raise EnvironmentLacking(f"The pack cannot be written to {folder}: {error.strerror or error}.") from error


def _exported(built: Built, shapes: Any) -> Any:
    try:
        with torch.no_grad():
            return torch.export.export(Wrapped(built.call), _inputs(built), dynamic_shapes=shapes, strict=False)
    except Exception as error:  # whatever tracing the target's own code raises
        raise TargetFailed(
            f"{built.name or 'The target'} cannot be exported: {words(error)}",
            "A length that the code fixes is exported with --static; a graph break cannot be exported at all.",
            detail=spoken(error),
        ) from error


def _inputs(built: Built | Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What `Wrapped.forward` takes; tensors contiguous, as those of a loaded pack are made."""
    both = tuple(built.args), dict(built.kwargs)
    return cast(
        tuple[tuple[Any, ...], dict[str, Any]],
        pytree.tree_map(lambda leaf: leaf.contiguous() if isinstance(leaf, Tensor) else leaf, both),
    )


def _compile(program: Any, file: Path, inductor: Mapping[str, Any], *, weights: bool) -> None:
    from torch._inductor import aoti_compile_and_package

    settings = {**inductor, "aot_inductor.package_constants_in_so": weights}
    if not weights:  # else small ones would be written into the code and large ones folded, whatever is loaded later
        settings |= {"always_keep_tensor_constants": True, "joint_graph_constant_folding": False}
    try:
        aoti_compile_and_package(program, package_path=str(file), inductor_configs=settings)
    except OSError:
        raise
    except Exception as error:  # the compiler's own failures have no common type
        raise TargetFailed(
            f"AOTInductor failed: {words(error)}", "--traceback shows the rest.", detail=spoken(error)
        ) from error


def _dynamic_shapes(built: Built) -> tuple[Any, tuple[str, ...]]:
    """Which sizes follow the sequence length, told by making the inputs for another one.

    Raises:
        TargetFailed: they follow it in different ways, so that `load_pack` could not tell which belong together.
    """
    if built.reshape is None or built.seq is None:
        return None, ()
    other = built.reshape(None, built.seq + 3)
    found: set[tuple[int, int]] = set()

    def sizes(one: Any, two: Any) -> Any:
        if not isinstance(one, Tensor):
            return None
        changed = {place: pair for place, pair in enumerate(zip(one.shape, two.shape, strict=True)) if len({*pair}) > 1}
        found.update(changed.values())
        return dict.fromkeys(changed, torch.export.Dim.DYNAMIC) or None

    shapes = pytree.tree_map(sizes, _inputs(built), _inputs(other))
    if len(found) > 1:
        pairs = ", ".join(f"{before} → {after}" for before, after in sorted(found))
        raise TargetFailed(
            f"{built.name or 'The target'} has sizes that follow the sequence length in different ways: {pairs}.",
            "Pack it for these sizes only: --static.",
        )
    return (shapes, ("seq",)) if found else (None, ())


def _manifest(built: Built, package: Path, compiler: str, weights: bool, dynamic: Any) -> PackManifest:
    from torch._inductor.cpu_vec_isa import pick_vec_isa

    with package.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    shapes, names = dynamic
    return PackManifest(
        target=built.name,
        sha256=digest,
        size=package.stat().st_size,
        torch=torch.__version__,
        system=system(),
        instructions=instructions(),
        isa=str(pick_vec_isa()),
        compiler=compiler,
        weights=weights,
        inputs=tuple(_expected(built, shapes)),
        keywords=tuple(built.kwargs),
        dynamic=names,
        wanted={} if weights or not isinstance(built.call, nn.Module) else _wanted(built.call),
    )


def _wanted(module: nn.Module) -> dict[str, Weight]:
    return {name: weight_of(tensor) for name, tensor in state(module).items()}


def _expected(built: Built, shapes: Any) -> Iterator[ExpectedTensor]:
    """What each tensor has to be, in the order in which the package takes them."""
    leaves = pytree.tree_leaves(_inputs(built))
    free = [None] * len(leaves) if shapes is None else pytree.tree_leaves(shapes, is_leaf=_is_spec)
    names = {id(tensor): name for name, tensor in built.tensors()}
    originals = pytree.tree_leaves((tuple(built.args), dict(built.kwargs)))
    for leaf, original, spec in zip(leaves, originals, free, strict=True):
        if isinstance(leaf, Tensor):
            sizes = tuple(None if place in (spec or {}) else size for place, size in enumerate(leaf.shape))
            yield ExpectedTensor(names.get(id(original), "input"), short(leaf.dtype), sizes)


def _is_spec(item: Any) -> bool:
    """Whether this is one tensor's place in the dynamic shapes: sizes that may change, or None."""
    return item is None or (isinstance(item, dict) and all(isinstance(key, int) for key in item) and bool(item))
