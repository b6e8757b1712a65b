"""What inspector's own worker writes about a Triton kernel: the compiler's texts of it, and how it is launched."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from inspector.link.facts import GpuKernel
from inspector.link.gputext import read_llvm, read_ptx, read_sass
from inspector.link.listing import Listing, base_name
from inspector.link.mlirtext import read_mlir
from inspector.model.artifact import Language
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.trace.kinds.side import compile_of, unit_defining
from inspector.trace.registry import Incoming, record_kind

_READ: Mapping[Stage, tuple[Callable[[str], Listing], Language]] = {
    Stage.TTIR: (read_mlir, Language.LLVM),
    Stage.TTGIR: (read_mlir, Language.LLVM),
    Stage.LLIR: (read_llvm, Language.LLVM),
    Stage.PTX: (read_ptx, Language.PTX),
    Stage.SASS: (read_sass, Language.PTX),
}


@record_kind("artifact:inspector_triton")
def _triton(item: Incoming) -> None:
    data = item.data
    kernel = str(data["kernel"])
    found = unit_defining(item, compile_of(item, data), kernel, str(data.get("output_code") or ""))
    if found is None:
        raise ValueError(f"there is no kernel {kernel} in that output code")
    compiling, unit = found
    texts = data["texts"]
    gpu = GpuKernel(base_name(str(data["file"])))
    order = (compiling.unit_number(unit), list(unit.kernels).index(kernel))
    for stage, (read, language) in _READ.items():
        if not texts.get(stage.value):
            continue
        listing = read(str(texts[stage.value]))
        if not listing.text:
            raise ValueError(f"the {stage.short} of {kernel} is empty")
        gpu.listings[stage] = listing
        gpu.artifacts[stage] = compiling.put(
            stage, language, listing.text, kernel=kernel, suffix=unit.suffix, order=order
        )
    unit.gpu[kernel] = gpu
    key = KernelKey(compiling.compile_id, unit.suffix, kernel)
    launches = compiling.metrics.setdefault("triton_launch", {})
    launches[key.local] = {str(key): value for key, value in dict(data.get("launch") or {}).items()}
    compiling.version += 1
