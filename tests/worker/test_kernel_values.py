"""What is said of kernels that are really compiled: by value and by buffer, judged by the kernels' texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_audit import audit
from worker_driver import capture

from inspector.link.saved import saved_tensors
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.say.kernels import fusion_rows, saved_rows
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

MODULES = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(48)
        self.up, self.down = nn.Linear(48, 96), nn.Linear(96, 48)

    def forward(self, x):
        hidden = self.norm(x)
        hidden = nn.functional.gelu(self.up(hidden))
        hidden = hidden * torch.sigmoid(hidden)
        return x + self.down(hidden)


def block():
    return Block(), (torch.randn(4, 8, 48, requires_grad=True),)


def several(x):
    turned = (x.sin().transpose(1, 2).contiguous() * 2).tanh()
    parts = torch.cat([x.softmax(-1).cos(), x.exp() * 3], -1)
    return turned.sum(1), parts, x.bfloat16().tanh().float().mul(2)


INDEX = torch.arange(4 * 32 * 48).view(4, 32, 48) % 32


def moved(x):
    rolled = x.sin().roll(1, -1).flip(1).exp() * 2
    picked = (x.cos().gather(1, INDEX) + 1).tanh()
    padded = torch.nn.functional.pad(x.exp(), (1, 2), value=3.0).cos().sum(1)
    put = torch.zeros_like(x).scatter_add(1, INDEX, x.tanh()).exp().sqrt()
    part = (x + 1) * x.cos()
    part[:, 2] = 0
    return rolled, picked, padded, put, part.exp(), torch.nn.functional.layer_norm(x.sin(), (48,)).exp() * 3


torch._dynamo.config.capture_dynamic_output_shape_ops = True


def sized(x):
    places = x.nonzero().float().sin()
    return (places * 2).exp(), (x.cos() + 1).tanh()
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("values") / "modules.py"
    path.write_text(MODULES)
    return path


@pytest.fixture(scope="module")
def block(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Capture:
    folder = tmp_path_factory.mktemp("block")
    capture(CaptureRequest(target=f"{file}:block", train=True), folder)
    return read_capture(folder / "trace")


def test_every_claim_about_the_kernels_of_a_training_step_holds(block: Capture) -> None:
    found = audit(block)
    assert found.wrong == []
    assert all(found.right[claim] for claim in ("reads", "writes", "sizes", "computed", "never stored", "saved"))
    assert all(fusion.known for fusion in block.fusions)


def test_every_claim_about_copies_joins_and_conversions_holds(file: Path, tmp_path: Path) -> None:
    capture(CaptureRequest(target=f"{file}:several", inputs=("x=f32[4,32,48]",)), tmp_path)
    found = audit(read_capture(tmp_path / "trace"))
    assert found.wrong == []
    assert found.right["writes"] and found.right["never stored"]


def test_every_claim_about_what_is_moved_on_the_way_holds(file: Path, tmp_path: Path) -> None:
    capture(CaptureRequest(target=f"{file}:moved", inputs=("x=f32[4,32,48]",)), tmp_path)
    made = read_capture(tmp_path / "trace")
    found = audit(made)
    assert found.wrong == []
    in_passing = {name for fusion in made.fusions for name in fusion.folded}
    assert {"rev", "index"} <= in_passing, "a load at another place is all that is left of them"
    kept = {item.node: item.saved for fusion in made.fusions for item in fusion.intermediates}
    size = 4 * 32 * 48 * 4
    assert kept["sin"] == 2 * size, "written once, and read by the operation that rolls it"
    assert any("var_mean" in fusion.several for fusion in made.fusions)


def test_sizes_that_are_no_numbers_are_called_that(file: Path, tmp_path: Path) -> None:
    request = CaptureRequest(target=f"{file}:sized", inputs=("x=f32[5,7]",), dynamic=True)
    capture(request, tmp_path)
    made = read_capture(tmp_path / "trace")
    kept = {item.node: item for fusion in made.fusions for item in fusion.intermediates}
    assert kept["cos"].saved == 2 * 5 * 7 * 4 and kept["cos"].symbolic
    assert kept["sin"].saved is None, "how many places there are depends on values"
    rows = [row.text for fusion in made.fusions for row in fusion_rows(fusion)]
    assert any("depend on values and are not recorded" in text for text in rows)
    holds = {item.node: item.size for fusion in made.fusions for item in (*fusion.loads, *fusion.stores)}
    assert holds["nonzero"] is None and holds["tanh"] == 5 * 7 * 4


def test_a_backward_kernel_is_not_said_to_compute_what_it_loads(block: Capture) -> None:
    """torch lists gelu's `erf` for each kernel behind it; one computes it, the next loads what came of it."""
    backward = [fusion for fusion in block.fusions if fusion.unit == "backward"]
    (computing,) = [fusion for fusion in backward if "erf" in fusion.nodes]
    (loading,) = [fusion for fusion in backward if "erf" in fusion.listed]
    assert [item.node for item in computing.stores] == ["mul_16"]
    assert "mul_16" in [item.node for item in loading.loads]
    assert "erf" not in [item.node for item in loading.intermediates]
    column_sum = next(fusion for fusion in backward if fusion.nodes == ("sum_1",))
    assert column_sum.saved_bytes == 0


def test_no_link_leads_to_a_kernel_that_only_loads_what_the_node_computes(block: Capture) -> None:
    """torch names `erf` for it too: it is no relative of the kernel, not even as a whole."""
    by_id = {artifact.id: artifact for artifact in block.artifacts}
    into = {}
    for link in block.links:
        if link.a.artifact == "0/0:post_grad:backward" and ":kernel:" in link.b.artifact:
            name = by_id[link.a.artifact].lines[link.a.start.line - 1].strip().partition(":")[0]
            into.setdefault(name, set()).add(link.b.artifact)
    assert len(into["erf"]) == 1
    assert any("gelu" in kernel for kernel in into["erf"])


def test_what_the_forward_computed_before_is_told_with_its_kernel(block: Capture) -> None:
    forward = next(fusion for fusion in block.fusions if not fusion.unit and "erf" in fusion.nodes)
    backward = next(fusion for fusion in block.fusions if fusion.unit and "erf" in fusion.nodes)
    assert {item.node for item in backward.recomputed} >= {"erf", "sigmoid"}
    rows = {row.label: row.text for row in fusion_rows(backward)}
    assert rows["recomputed"].endswith(f"first computed in {forward.kernel} of the forward")


def test_what_is_kept_for_the_backward_has_its_size_and_the_line_that_made_it(block: Capture, file: Path) -> None:
    rows = {row.label: row.text for row in saved_rows(saved_tensors(block), block)}
    lines = file.read_text().splitlines()
    norm, up = (next(n for n, line in enumerate(lines, 1) if word in line) for word in ("self.norm(x)", "self.up(h"))
    assert rows["rsqrt"] == f"f32[4, 8, 1] 128 B: torch.ops.aten.rsqrt.default, modules.py:{norm}"
    assert rows["addmm"] == f"f32[32, 96] 12 KiB: torch.ops.aten.addmm.default, modules.py:{up}"
    assert "an input of the graph" in rows["primals_3"]
    assert "tangents_1" not in rows
