"""Makes a pack in a process of its own, as the front asks."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from inspector import protocol
from inspector.model.request import CacheMode
from inspector.worker import settings
from inspector.worker.channel import Channel


def pack(start: protocol.StartPack, channel: Channel) -> None:
    """Builds the target, makes the pack, and sends what it is.

    Raises:
        InspectorError: as `resolve` and `make_pack` do.
    """
    request = start.request
    settings.prepare_environment(request, Path(start.directory))
    channel.send(protocol.Progress("importing torch"))
    settings.import_torch(request)
    settings.configure_torch(request)
    from inspector.worker import environment, toolchain
    from inspector.worker.options import compile_patches
    from inspector.worker.packs.make import make_pack
    from inspector.worker.resolve import resolve

    inductor = compile_patches(request, request.dynamic)  # a mistyped option is found before a model is built
    channel.send(protocol.Progress("building the target"))
    built = resolve(request)
    channel.send(protocol.Progress("compiling ahead of time"))
    with ExitStack() as stack:
        if request.cache is CacheMode.KEPT and (compiler := environment.require_toolchain(request)):
            stack.enter_context(toolchain.ToolchainCache(toolchain.cache_root(), compiler).in_force())
        made = make_pack(built, Path(start.output), weights=start.weights, dynamic=start.dynamic, inductor=inductor)
    channel.send(
        protocol.Measured("Pack", asdict(made.manifest) | {"trust": made.identity, "notes": list(built.notes)}, {})
    )
