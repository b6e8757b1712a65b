"""Recording changes nothing: Inductor generates what it generates without us, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from worker_driver import ROOT, Finished, read_trace

pytestmark = pytest.mark.compiles

PLAIN = """
import sys
from pathlib import Path

import torch
from torch._inductor import config
from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler

from inspector.worker.toolchain import ToolchainCache, cache_root
from modules import gate

config.trace.provenance_tracking_level = 1
train = sys.argv[1] == "training"
module, args, kwargs = gate()
module.train(train)
compiler = get_cpp_compiler()
# Nothing of ours but the kept probes, which only save the test a quarter of a minute.
with ToolchainCache(cache_root(), f"{compiler} {get_compiler_version_info(compiler)}").in_force():
    with torch.set_grad_enabled(train):
        out = torch.compile(module)(*args, **kwargs)
    if train:
        out.sum().backward()
"""


@pytest.mark.parametrize("kind", ["inference", "training"])
def test_output_code_is_byte_identical(
    kind: str, modules: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    captured: Finished = request.getfixturevalue(kind)
    (tmp_path / "plain.py").write_text(PLAIN)
    subprocess.run(
        [sys.executable, tmp_path / "plain.py", kind],
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{modules.parent}",
            "TORCH_TRACE": str(tmp_path / "trace"),
            "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "inductor"),
            "TORCHINDUCTOR_FX_GRAPH_CACHE": "0",
        },
    )
    plain = [record.payload for record in read_trace(tmp_path / "trace") if record.name == "inductor_output_code"]
    assert plain
    assert [record.payload for record in captured.named["inductor_output_code"]] == plain
