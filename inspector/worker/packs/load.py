"""Loading a pack in the process that is to use it: checked, trusted, without probe or compiler. Imports torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.errors import UsageError
from inspector.worker.packs.manifest import PACKAGE, PackManifest, Weight, checked, read

if TYPE_CHECKING:
    from torch import Tensor, nn

WRAPPED = "call."
"""In front of every weight's name in a package: `make_pack` wraps what it packs."""


def load_pack(
    path: str | os.PathLike[str],
    *,
    trust: str | bool = False,
    weights: nn.Module | Mapping[str, Tensor] | None = None,
    otherwise: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """The callable in a pack. A pack is native code: loading one runs it.

    CPU, system and torch version are compared with the manifest before anything is loaded, and the code's hash too.

    Args:
        path: the pack's folder.
        trust: the manifest's hash, which `inspector pack` printed, or True for a pack that you made yourself.
        weights: for a pack without weights, the module (or its state) that it was made of.
        otherwise: what to return, compiled by torch.compile, where this machine cannot run the pack; without it that is
            an error.

    Returns:
        A function with the target's arguments.

    Raises:
        UsageError: no trust, another hash, the wrong CPU, system or torch, missing or other weights, or no pack at
            all.
    """
    folder = Path(path)
    manifest, identity = read(folder)
    _require_trust(folder, trust, identity)
    import torch

    if reasons := manifest.missing(torch.__version__):
        if otherwise is not None:
            return torch.compile(otherwise)
        raise UsageError(
            f"{folder} cannot run here. {' '.join(reasons)}",
            "Pack it on this kind of machine, or pass otherwise=MODULE to compile instead.",
        )
    if not manifest.weights and weights is None:
        raise UsageError(f"{folder} has no weights inside.", "Pass weights=MODULE, the module that it was made of.")
    with checked(folder, manifest) as package:
        return _load(folder, package, manifest, weights)


def _require_trust(folder: Path, trust: str | bool, identity: str) -> None:
    if trust is True or (isinstance(trust, str) and trust.removeprefix("sha256:") == identity):
        return
    if trust is False:
        raise UsageError(
            f"{folder} is native code, which loading runs; it has to be trusted.",
            f"If you know where it comes from: load_pack(…, trust='sha256:{identity}').",
        )
    raise UsageError(f"{folder} is not the pack that is trusted: its hash is sha256:{identity}.")


def _load(
    folder: Path, package: Path, manifest: PackManifest, weights: nn.Module | Mapping[str, Tensor] | None
) -> Callable[..., Any]:
    import torch
    from torch._C._aoti import AOTIModelPackageLoader
    from torch.export.pt2_archive._package import AOTICompiledModel

    # torch's public loader probes the CPU only to warn of what `Manifest.missing` has refused already.
    try:
        model = AOTICompiledModel(AOTIModelPackageLoader(str(package), "model", False, 1, -1))
    except RuntimeError as error:
        first = next(iter(str(error).splitlines()), "no reason given")
        raise UsageError(f"torch cannot load {folder / PACKAGE}: {first}") from error
    if not manifest.weights and weights is not None:
        _give_weights(model, manifest, weights, folder)

    def call(*args: Any, **kwargs: Any) -> Any:
        with torch.no_grad():
            return model(*_fitting(manifest, args, kwargs))

    return call


def _fitting(manifest: PackManifest, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The arguments as the package takes them, contiguous and in its order.

    Raises:
        TypeError: they are not what it was compiled for; native code would read beyond them.
    """
    from torch import Tensor
    from torch.utils import _pytree as pytree

    from inspector.targets.dtypes import short, spell

    if set(kwargs) != set(manifest.keywords):
        raise TypeError(
            f"the named arguments are {', '.join(manifest.keywords) or 'none'}, not {', '.join(kwargs) or 'none'}"
        )
    ordered = args, {name: kwargs[name] for name in manifest.keywords}
    tensors = [leaf for leaf in pytree.tree_leaves(ordered) if isinstance(leaf, Tensor)]
    if len(tensors) != len(manifest.inputs):
        raise TypeError(f"this pack takes {len(manifest.inputs)} tensors, not {len(tensors)}")
    for tensor, wanted in zip(tensors, manifest.inputs, strict=True):
        fits = len(tensor.shape) == len(wanted.sizes) and all(
            size is None or size == real for size, real in zip(wanted.sizes, tensor.shape, strict=True)
        )
        if not fits or short(tensor.dtype) != wanted.dtype or tensor.device.type != "cpu":
            raise TypeError(f"this pack takes {wanted}, not {spell(tensor)} on {tensor.device}")
    lengths = {
        real
        for tensor, wanted in zip(tensors, manifest.inputs, strict=True)
        for size, real in zip(wanted.sizes, tensor.shape, strict=True)
        if size is None
    }
    if len(lengths) > 1:  # the code reads the first and believes it of all
        raise TypeError(f"all sizes called seq are one and the same, not {', '.join(map(str, sorted(lengths)))}")
    made = pytree.tree_map(lambda leaf: leaf.contiguous() if isinstance(leaf, Tensor) else leaf, ordered)
    return made[0], made[1]


def _give_weights(model: Any, manifest: PackManifest, weights: nn.Module | Mapping[str, Tensor], folder: Path) -> None:
    known = state(weights)
    wanted = model.get_constant_fqns()
    names = {name: name.removeprefix(WRAPPED) for name in wanted}
    if missing := [name for name in names.values() if name not in known]:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UsageError(f"The weights given lack {', '.join(missing[:3])}{more}, which {folder} wants.")
    for plain in names.values():
        wanted_as, given = manifest.wanted.get(plain), known[plain]
        if wanted_as != weight_of(given) or given.device.type != "cpu":
            raise UsageError(f"The weight {plain} has to be {wanted_as}, not {weight_of(given)} on {given.device}.")
    constants = {name: known[plain].detach() for name, plain in names.items()}
    model.load_constants(constants, check_full_update=True, user_managed=True)
    model.kept = constants  # user-managed: the package holds their addresses only


def state(weights: nn.Module | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Parameters and buffers by name, those that no checkpoint holds included."""
    from torch import nn

    if not isinstance(weights, nn.Module):
        return dict(weights)
    named = weights.named_parameters(remove_duplicate=False), weights.named_buffers(remove_duplicate=False)
    return {name: tensor for some in named for name, tensor in some}


def weight_of(tensor: Tensor) -> Weight:
    """What a manifest says of a weight."""
    from inspector.targets.dtypes import short

    return Weight(short(tensor.dtype), tuple(tensor.shape), tuple(tensor.stride()))
