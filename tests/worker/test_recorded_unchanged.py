"""A recorded program does what it does alone: the same words, files, exit code, generated code and caches."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.model.stage import Stage
from inspector.trace import read_capture

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.compiles

COMPILES = """
    # A backend, a handler and a configuration of its own, a trained module, a recompile, artifacts, an exit code.
    import logging, pathlib, sys, torch
    from torch import nn
    from torch._dynamo.utils import counters
    from torch._inductor.compile_fx import compile_fx

    heard = []
    class Hears(logging.Handler):
        def emit(self, record):
            heard.append(str(record.metadata.get("artifact") or next(iter(record.metadata))))
    logging.getLogger("torch.__trace").addHandler(Hears())
    seen = []
    def own(graph, inputs):
        seen.append(len(graph.graph.nodes))
        return compile_fx(graph, inputs)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 8))
    loss = torch.compile(module)(torch.randn(4, 16)).softmax(-1).square().sum()
    loss.backward()
    print(loss.item(), module[0].weight.grad.sum().item())
    @torch.compile(backend=own)
    def attend(q, k, v):
        return torch.softmax(q @ k.transpose(-1, -2) + torch.amax(q), -1) @ v
    with torch.no_grad(), torch._inductor.config.patch(max_fusion_size=8):
        for n in (2, 3):
            print(attend(*torch.randn(3, n, 8, 8)).sum().item())
    kept, info = torch.compiler.save_cache_artifacts()
    pathlib.Path("artifacts.bin").write_bytes(kept)
    print({kind: sorted(keys) for kind, keys in info.artifacts.items() if kind != "pgo"})
    print(sorted(counters["aot_autograd"].items()), counters["inductor"]["fxgraph_cache_hit"], seen, __debug__)
    timed = ("chromium_event", "str")  # torch times the hook that hears the bytecode, and names our frames in a stack
    print(*sorted(word for word in heard if word not in timed), sep="\\n")
    print(torch._inductor.config.trace.provenance_tracking_level)
    print("a word of its own", file=sys.stderr)
    sys.exit(3)
"""

AHEAD = """
    # Compiled ahead of time: a function that is saved and loaded, an export, a package.
    import os, sys, torch
    from torch import nn

    torch.manual_seed(0)
    @torch.compile(fullgraph=True)
    def waved(x, y):
        return (x.sin() @ y).relu().sum(-1)
    x, y = torch.randn(4, 16), torch.randn(16, 5)
    with torch.no_grad():
        made = waved.aot_compile(((x, y), {}))
        made.save_compiled_function("waved.bin")
        with open("waved.bin", "rb") as file:
            print(made(x, y).sum().item(), torch.compiler.load_compiled_function(file)(x, y).sum().item())
        program = torch.export.export(nn.Sequential(nn.Linear(16, 8), nn.SiLU()).eval(), (x,))
        print(program.graph_module.code)
        path = torch._inductor.aoti_compile_and_package(program, package_path=os.path.abspath("package.pt2"))
        print(torch._inductor.aoti_load_package(path)(x).sum().item())
"""

VOLATILE = re.compile(r"(?:fxgraph|aotautograd)/|artifacts\.bin|waved\.bin|\.lock$|traces/")
"""Files that hold times, or are named by a hash of what holds times: torch's own, and different in each run alone."""


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str
    files: dict[str, str]
    keys: list[str]
    """Of torch's caches: the folders of their entries."""


def run(folder: Path, text: str, prefix: list[str], options: list[str], after: str) -> Run:
    """Runs a program in a folder that both sides have under the same name, for it is in what they print and write."""
    here = folder / "here"
    here.mkdir()
    (here / "program.py").write_text(textwrap.dedent(text))
    caches = {"TORCHINDUCTOR_CACHE_DIR": str(here / "caches"), "TORCH_TRACE": str(here / "traces")}
    kept = {key: value for key, value in os.environ.items() if key not in ("RANK", "WORLD_SIZE")}
    done = subprocess.run(
        [*prefix, *options, "program.py"],
        cwd=here,
        env={**kept, **caches, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    words = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("inspector:"))
    files = {str(path.relative_to(here)): path for path in sorted(here.rglob("*")) if path.is_file()}
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if not VOLATILE.search(name)
    }
    keys = sorted({str(Path(name).parent) for name in files if "/fxgraph/" in name})
    own = [
        line for path in (here / "traces").iterdir() for line in path.read_text().splitlines() if "inspector_" in line
    ]
    assert not own, "torch's own log has torch's records alone"
    here.rename(folder / after)
    return Run(done.returncode, done.stdout, words, digests, keys)


@pytest.mark.parametrize(("text", "options"), [(COMPILES, ["-O"]), (AHEAD, [])], ids=["compiles", "ahead"])
def test_the_same_alone_and_recorded(text: str, options: list[str], tmp_path: Path) -> None:
    alone = run(tmp_path, text, [sys.executable], options, "alone")
    ours = [sys.executable, *options, "-m", "inspector", "run", "-o", str(tmp_path / "logs")]
    ours = ours if not options else [*ours, sys.executable]
    recorded = run(tmp_path, text, ours, options, "recorded")
    assert recorded.code == alone.code, recorded.err
    assert (recorded.out, recorded.err) == (alone.out, alone.err)
    assert recorded.files == alone.files
    assert recorded.keys == alone.keys
    assert [name for name in alone.files if name.endswith((".py", ".cpp", ".so", ".pt2"))], (
        "generated code was compared"
    )
    capture = read_capture(tmp_path / "logs")
    assert capture.compilations
    if text is AHEAD:
        assert "exported_program" in (tmp_path / "logs").glob("*.log").__next__().read_text()
    else:
        assert recorded.keys, "torch's cache was written to"
        assert capture.find(Stage.KERNEL) and capture.find(Stage.ASM) and capture.links
