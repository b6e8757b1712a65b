"""What Triton made of each kernel that was loaded: its IR, LLVM IR and PTX, and the machine code of the binary.

Inductor keeps a Triton kernel as an autotuner, whose launchers are left with the fastest configuration once it ran.
Triton writes every stage of a configuration into a folder of its cache that is named after it. Private parts used:
`CachingAutotuner`, `triton_cache_dir`, and of a launcher `cache_hash`, `config`, `n_regs`, `n_spills` and `shared`;
without them the stages behind the kernel's text are missing, and a note says so.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from inspector.programs import output_of
from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, require

_TEXTS = ("ttir", "ttgir", "llir", "ptx")
"""The stages that Triton's cache holds as text, by the endings of their files."""
_LAUNCH = ("num_warps", "num_ctas", "num_stages", "maxnreg")
"""What a configuration says beside the kernel's own block sizes."""
_COUNTS = {"n_regs": "registers", "n_spills": "spills", "shared": "shared_bytes"}
"""What a launcher knows of its binary: registers and spills of one thread, shared memory of one block."""


class TritonKernel(NamedTuple):
    """A Triton kernel as an output module holds it."""

    compile_id: str
    name: str
    """`triton_poi_fused_mul_silu_0`, as the output code calls it."""
    tuner: Any
    output_code: str
    backward: bool
    piece: int | None = None


class TritonKernels:
    """Writes a record for each Triton kernel, as soon as it is known which configuration of it runs.

    Args:
        submit: runs a function later, on another thread: reading a binary takes a while.
    """

    def __init__(self, submit: Callable[[Callable[[], None]], None]) -> None:
        self._submit = submit
        self._waiting: list[TritonKernel] = []
        """Kernels that have not run yet, hence may have several configurations."""
        self._nvdisasm: str | None = None
        self._found_any = False
        self._usable = True

    def collect(self, module: ModuleType, compile_id: str, *, backward: bool) -> None:
        """Takes the Triton kernels of an output module in."""
        found = list(self._kernels_of(module, compile_id, backward))
        if found and not self._found_any:
            self._found_any = True
            self._nvdisasm = find_nvdisasm()
            if self._nvdisasm is None:
                records.note(
                    "missing", "There is no SASS: nvdisasm is not installed (it comes with CUDA's toolkit, and Triton)."
                )
        self._waiting += found
        self.write()

    def write(self, *, last: bool = False) -> None:
        """Writes what has become known since.

        Args:
            last: nothing runs any more, so that a kernel with several configurations has never run.
        """
        waiting, self._waiting = self._waiting, []
        for kernel in waiting:
            with records.unless_it_fails(f"the stages of {kernel.name}"):
                launchers = list(kernel.tuner.launchers)
                if len(launchers) == 1:
                    self._begin(kernel, launchers[0])
                elif not last:
                    self._waiting.append(kernel)
                else:
                    count = len(kernel.tuner.compile_results)
                    records.note(
                        "missing",
                        f"{kernel.name} has no IR: it never ran, so none of its {count} configurations is chosen.",
                    )

    def forget(self) -> None:
        """Leaves out the kernels that are still waited for: they are another process's."""
        self._waiting = []

    def _kernels_of(self, module: ModuleType, compile_id: str, backward: bool) -> Iterator[TritonKernel]:
        # Not the kernels' own modules, nor those of the templates that were tried out.
        if not self._usable or not {"AsyncCompile", "call"} <= vars(module).keys():
            return
        try:
            for name, tuner in tuners_of(module):
                yield TritonKernel(compile_id, name, tuner, module.__file__ or "", backward, records.current_piece())
        except PrivateChanged as error:
            self._usable = False
            fallen_back(error)

    def _begin(self, kernel: TritonKernel, launcher: Any) -> None:
        from torch._inductor.runtime.cache_dir_utils import triton_cache_dir

        folder = Path(triton_cache_dir(kernel.tuner.triton_meta.get("device", 0))) / launcher.cache_hash
        payload = {
            "compile_id": kernel.compile_id,
            **({} if kernel.piece is None else {"piece": kernel.piece}),
            "kernel": kernel.name,
            "output_code": kernel.output_code,
            "backward": kernel.backward,
            "file": str(kernel.tuner.filename or ""),
            "launch": launch_of(launcher),
        }
        self._submit(lambda: self._write(payload, folder, kernel.name))

    def _write(self, payload: Mapping[str, Any], folder: Path, name: str) -> None:
        with records.unless_it_fails(f"the stages of {name}"):
            texts = stages_in(folder)
            missing = [stage for stage in _TEXTS if stage not in texts]
            if missing:
                records.note("missing", f"Triton's cache holds no {', '.join(missing)} of {name}.")
            cubin = next(iter(sorted(folder.glob("*.cubin"))), None)
            if cubin is not None and self._nvdisasm is not None:
                try:
                    texts["sass"] = disassemble(self._nvdisasm, cubin)
                except (OSError, subprocess.SubprocessError) as error:
                    records.note("missing", f"The SASS of {name} could not be read: {error}")
            records.write("triton", {**payload, "texts": texts})


def texts_of(tuner: Any, launcher: Any) -> dict[str, str]:
    """Stage → its text, of a configuration that was compiled; with its machine code where nvdisasm is there.

    Raises:
        OSError, subprocess.SubprocessError: nvdisasm failed.
    """
    from torch._inductor.runtime.cache_dir_utils import triton_cache_dir

    folder = Path(triton_cache_dir(tuner.triton_meta.get("device", 0))) / launcher.cache_hash
    texts, nvdisasm = stages_in(folder), find_nvdisasm()
    cubin = next(iter(sorted(folder.glob("*.cubin"))), None)
    return texts | ({"sass": disassemble(nvdisasm, cubin)} if cubin is not None and nvdisasm is not None else {})


def tuners_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The Triton kernels of an output module, by the names that it calls them.

    Raises:
        PrivateChanged: this torch keeps them in another way.
    """
    named = {name: value for name, value in vars(module).items() if type(value).__name__.endswith("Autotuner")}
    if not named:
        return
    runtime = "torch._inductor.runtime"
    wanted = require("Triton kernels", f"{runtime}.triton_heuristics:CachingAutotuner")
    require("Triton kernels", f"{runtime}.triton_heuristics:CachingAutotuner.run")
    require("Triton kernels", f"{runtime}.cache_dir_utils:triton_cache_dir")
    yield from ((name, value) for name, value in named.items() if isinstance(value, wanted))


def launch_of(launcher: Any) -> dict[str, Any]:
    """How a kernel is launched, and what its binary takes: `{"XBLOCK": 1, "num_warps": 2, "registers": 19, …}`."""
    config = launcher.config
    found = {**config.kwargs, **{name: getattr(config, name, None) for name in _LAUNCH}}
    found |= {words: getattr(launcher, name, None) for name, words in _COUNTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def stages_in(folder: Path) -> dict[str, str]:
    """Stage → its text, of those that a folder of Triton's cache holds."""
    files = {stage: next(iter(sorted(folder.glob(f"*.{stage}"))), None) for stage in _TEXTS}
    return {stage: file.read_text(errors="replace") for stage, file in files.items() if file is not None}


def find_nvdisasm() -> str | None:
    """NVIDIA's disassembler: on the PATH, or the one that Triton brings; None where there is neither."""
    if (found := shutil.which("nvdisasm")) is not None:
        return found
    triton = find_spec("triton")
    for folder in triton.submodule_search_locations or () if triton is not None else ():
        bundled = Path(folder) / "backends" / "nvidia" / "bin" / "nvdisasm"
        if bundled.is_file():
            return str(bundled)
    return None


def disassemble(nvdisasm: str, cubin: Path) -> str:
    """The code of a binary, each instruction with its source line and the line of PTX that it was assembled from.

    Raises:
        OSError, subprocess.SubprocessError: nvdisasm failed.
    """
    command = [nvdisasm, "-g", "-gp", "-c", str(cubin)]
    return output_of(command)
