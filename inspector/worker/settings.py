"""What the worker's environment must be before torch is imported, and torch's configuration after."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.request import READ_BY_DYNAMO, CacheMode, CaptureRequest
from inspector.targets.nearest import did_you_mean


def prepare_environment(request: CaptureRequest, directory: Path) -> None:
    """Sets the variables that torch reads when it is imported.

    Args:
        directory: the run's folder; what a cold or kept capture builds is built in it, and all that is temporary, too.
            A warm one has the program's own temporary folder, where torch keeps its caches.
    """
    environment = os.environ
    environment.setdefault("TORCH_TRACE", str(directory / "trace"))
    environment.pop("TORCH_LOGS", None)
    if request.torch_logs:  # torch cannot be imported with an empty one
        environment["TORCH_LOGS"] = ",".join(request.torch_logs)
    environment["INDUCTOR_PROVENANCE"] = "1"
    if request.device.partition(":")[0] == "cpu":
        environment["TORCH_WARM_POOL"] = "0"  # the pool compiles Triton kernels only, and costs a core meanwhile
    if request.cache is CacheMode.WARM:
        return
    environment.pop("TRITON_CACHE_DIR", None)  # it lies in Inductor's folder by default
    environment["TORCHINDUCTOR_CACHE_DIR"] = _made(directory / "inductor")
    environment["TMPDIR"] = tempfile.tempdir = _made(directory / "tmp")  # also for a target that clears the environment


def _made(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def import_torch(request: CaptureRequest) -> None:
    """Imports torch, which reads `TORCH_LOGS` then.

    Raises:
        EnvironmentLacking: torch is missing or broken.
        UsageError: torch knows no such log.
    """
    try:
        import torch  # noqa: F401
    except ValueError as error:
        unknown = [name for name in request.torch_logs if name.lstrip("+-") not in _known_logs()]
        if not unknown:
            raise EnvironmentLacking(f"torch cannot be imported: {error}") from error
        names = ", ".join(map(repr, unknown))
        raise UsageError(
            f"torch has no log called {names}.{did_you_mean(unknown[0].lstrip('+-'), _known_logs())}",
            "TORCH_LOGS=help in front of any program that imports torch lists them all.",
        ) from error
    except (ImportError, OSError) as error:
        raise EnvironmentLacking(
            f"torch cannot be imported: {error}",
            "Install it into this Python (pip install torch); `inspector doctor` checks the rest.",
        ) from error


def _known_logs() -> set[str]:
    """The names that TORCH_LOGS takes, of a torch whose import has just failed on one."""
    import sys

    internal = sys.modules.get("torch._logging._internal")
    registry = getattr(internal, "log_registry", None)
    if registry is None:
        return set()
    return {*registry.log_alias_to_log_qnames, *registry.artifact_names}


def configure_torch(request: CaptureRequest) -> None:
    """Threads, and the configuration that makes torch generate and record everything.

    Raises:
        UsageError: the request's device is not one of this machine's, asked before anything uses it; or a setting of
            Inductor's is none, or has no such value.
    """
    import torch
    from torch._functorch import config as functorch
    from torch._inductor import config as inductor

    from inspector.worker.options import inductor_option
    from inspector.worker.private import set_option
    from inspector.worker.resolve import parse_device

    parse_device(request.device)
    if request.threads is not None:
        torch.set_num_threads(request.threads)
    for name, value in (inductor_option(*item) for item in request.inductor):
        if name in READ_BY_DYNAMO:
            set_option(inductor, name, value)
    inductor.trace.provenance_tracking_level = 1
    if request.cache is CacheMode.WARM:
        return
    # A hit would skip code generation. `force_disable_caches` would compile in a folder of its own and forget it.
    inductor.force_disable_caches = False
    inductor.fx_graph_cache = False
    inductor.fx_graph_remote_cache = False
    functorch.enable_autograd_cache = False
    functorch.enable_remote_autograd_cache = False
