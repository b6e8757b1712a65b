"""What is said of kernels, held against their text: what they read, write and compute, and the bytes that fusion saves.

    python benchmarks/kernel_audit.py [NAME…]

Compiles modules outside the gallery, each in a worker of its own, for inference and for a training step, and judges
every claim of `inspector show --fusion` by means of its own (`tests/kernel_audit.py`). Prints counts of right and
wrong, and each wrong claim.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent.parent / "tests")]

from kernel_audit import Audit, audit  # noqa: E402

import inspector  # noqa: E402

MODULES = '''
import torch
from torch import nn
from torch.nn import functional as F

X = torch.linspace(-1, 1, 4 * 8 * 48).view(4, 8, 48)


class Of(nn.Module):
    """A function of an input and of some layers."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function, self.layers = function, nn.ModuleDict(layers)

    def forward(self, x):
        return self.function(x, **self.layers)


def make(function, **layers):
    torch.manual_seed(0)
    return Of(function, **layers), (X.clone().requires_grad_(),)


def norm_gelu():
    return make(
        lambda x, norm, up, down: x + down((h := F.gelu(up(norm(x)))) * h.sigmoid()),
        norm=nn.LayerNorm(48), up=nn.Linear(48, 96), down=nn.Linear(96, 48),
    )


def softmax_pair():
    return make(lambda x: (x.softmax(-1) * x.sin()).cos() + x.log_softmax(1).exp())


def two_products():
    return make(lambda x, a, b: a(x).tanh() * b(x.sin()).cos(), a=nn.Linear(48, 48), b=nn.Linear(48, 48))


def attention():
    def attend(x, qkv, out):
        q, k, v = (item.view(4, 8, 4, 12).transpose(1, 2) for item in qkv(x).chunk(3, -1))
        return out(F.scaled_dot_product_attention(q.sin(), k * 2, v, is_causal=True).transpose(1, 2).reshape(4, 8, 48))
    return make(attend, qkv=nn.Linear(48, 144), out=nn.Linear(48, 48))


def attention_by_hand():
    def attend(x, qkv):
        q, k, v = qkv(x).chunk(3, -1)
        mask = torch.ones(8, 8, dtype=torch.bool).tril()
        return (q @ k.transpose(-1, -2) / 7).masked_fill(~mask, float("-inf")).softmax(-1) @ v
    return make(attend, qkv=nn.Linear(48, 144))


def convolution():
    return make(
        lambda x, a, b: F.silu(b(F.relu(a(x.transpose(1, 2))))).mean(-1),
        a=nn.Conv1d(48, 32, 3), b=nn.Conv1d(32, 16, 3),
    )


def batch_norm():
    layers = {"a": nn.Linear(48, 32), "norm": nn.BatchNorm1d(32)}
    return make(lambda x, a, norm: norm(a(x).transpose(1, 2)).relu().tanh(), **layers)


def cache():
    def write(x):
        y = torch.zeros_like(x).clone()
        y[1] = x[0].sin()
        y[:, 3] += x[:, 2].cos()
        return y.exp() * x
    return make(write)


def transposed():
    return make(lambda x: (x.sin().transpose(1, 2).contiguous() * 2).tanh())


def concatenated():
    return make(lambda x: torch.cat([x.sin(), x.cos() * 2, x.exp()], -1).sum(1))


def statistics():
    def normed(x):
        return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + 1e-5).sqrt() + x.amax(1, keepdim=True)
    return make(normed)


def loss():
    return make(lambda x, a: F.cross_entropy(a(x).flatten(0, 1), torch.arange(32) % 7), a=nn.Linear(48, 7))


def embedded():
    return make(lambda x, table: (table(torch.arange(8) % 5) * x.sin()).tanh(), table=nn.Embedding(5, 48))


def cumulated():
    return make(lambda x: x.sin().cumsum(1).tanh() + x.flip(2).exp())


def halves():
    return make(lambda x, a: a(x.bfloat16()).float().sin() * x.bfloat16().exp().float(), a=nn.Linear(48, 48).bfloat16())


def gated():
    def gate(x, cell):
        h = x[:, 0] * 0
        for step in range(3):
            h = cell(x[:, step], h)
        return h
    return make(gate, cell=nn.GRUCell(48, 48))


def mixture():
    def mix(x, gate, up, down):
        weights = gate(x).softmax(-1)
        return sum(weights[..., i : i + 1] * down(F.gelu(up(x * (i + 1)))) for i in range(3))
    return make(mix, gate=nn.Linear(48, 3), up=nn.Linear(48, 64), down=nn.Linear(64, 48))


def pooled():
    return make(lambda x: F.max_pool1d(x.sin(), 2).exp() + F.avg_pool1d(x, 2).tanh())


def rotary():
    def rotate(x):
        angle = torch.arange(8).float()[:, None] * torch.arange(24).float().mul(-0.3).exp()
        a, b = x.chunk(2, -1)
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)
    return make(rotate)


INDEX = torch.arange(4 * 8 * 48).view(4, 8, 48) % 8


def picked():
    return make(lambda x: x.sin().gather(1, INDEX).exp() * 2)


def scattered():
    return make(lambda x: torch.zeros_like(x).scatter_add(1, INDEX, x.sin()).exp() * 2)


def put():
    return make(lambda x: torch.index_put(x.sin(), (torch.tensor([0, 2, 2]),), x[:3].cos(), accumulate=True).exp() + 1)


def dropped():
    return make(lambda x, a: F.dropout(a(x).relu(), 0.5, True).sin(), a=nn.Linear(48, 48))


def rolled():
    return make(lambda x: x.sin().roll(1, -1).flip(1).exp() + x.repeat(1, 1, 2)[..., 3:51].cos())


def padded():
    return make(lambda x: F.pad(x.sin(), (1, 2), value=3.0).exp().sum(1))


def resized():
    return make(lambda x: F.interpolate(x.sin()[None], scale_factor=2, mode="bilinear").exp())


def small():
    return make(lambda x: ((x * 127).round().clamp(-128, 127).to(torch.int8).float() / 127).sin() * (x > 0.3))


def many():
    return make(lambda x: torch._foreach_mul(torch._foreach_add([x.sin(), x[0].cos(), x[1] * 2], 1.0), 3.0))


def sorted_():
    return make(lambda x: (found := x.sin().topk(3, -1)).values.exp() + found.indices.float())


def laid_out():
    return make(lambda x: (x.round() != 1).cumsum(-1).float().sin())


def checkpointed():
    from torch.utils.checkpoint import checkpoint
    return make(
        lambda x, a, b: checkpoint(lambda y: b(a(y).sin().exp()), x, use_reentrant=False).tanh(),
        a=nn.Linear(48, 64), b=nn.Linear(64, 48),
    )
'''


def main() -> int:
    """Compiles, judges, prints."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "modules.py"
        file.write_text(MODULES)
        names = sys.argv[1:] or [line[4:].partition("(")[0] for line in MODULES.splitlines() if line.startswith("def ")]
        total = Audit(Counter(), [])
        kernels = unknown = 0
        for name in names:
            if name == "make":
                continue
            for train in (False, True):
                capture = inspector.capture(f"{file}:{name}", train=train)
                before, right = len(total.wrong), total.right.total()
                audit(capture, total)
                kernels += len(capture.fusions)
                unknown += sum(not item.known for item in capture.fusions)
                wrong = total.wrong[before:]
                print(
                    f"{name}{', training' if train else ''}: {len(capture.fusions)} kernels, "
                    f"{total.right.total() - right} right, {len(wrong)} wrong",
                    flush=True,
                )
                for item in wrong:
                    print(f"    {item}")
    wrongs = Counter(item.partition(":")[0] for item in total.wrong)
    print(
        f"\n{kernels} kernels, {unknown} of them without recorded statements\n\n"
        "| claim | right | wrong |\n|---|---:|---:|"
    )
    for claim in dict.fromkeys([*total.right, *wrongs]):
        print(f"| {claim} | {total.right[claim]:,} | {wrongs[claim]:,} |")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
