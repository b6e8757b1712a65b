"""The functions whose compiles are recorded: `python cases.py NAME` under TORCH_TRACE."""

import sys

import torch


def two_ops():
    @torch.compile
    def f(x):
        y = torch.relu(x)
        return y * 2 + 1

    f(torch.randn(8, 16))


def graph_break():
    @torch.compile
    def f(x):
        y = torch.relu(x)
        print("between two graphs")
        if y.sum() > 0:
            return y * 2
        return y - 1

    f(torch.randn(8, 16).abs())


def recompile():
    @torch.compile
    def f(x):
        return torch.softmax(x, -1)

    f(torch.randn(8, 16))
    f(torch.randn(8, 32))
    f(torch.randn(8, 33).double())


def train():
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.GELU(), torch.nn.Linear(32, 16))
    torch.compile(model)(torch.randn(4, 16)).sum().backward()


def failure():
    @torch.compile(fullgraph=True)
    def f(x):
        if x.sum() > 0:
            return x
        return -x

    try:
        f(torch.randn(3))
    except torch._dynamo.exc.Unsupported:
        print("failed as it should")


def symbols():
    @torch.compile(dynamic=True, backend="aot_eager")
    def f(x, n):
        y = x * n
        if x.shape[0] == 8:
            return y.sum()
        return y + 1

    f(torch.randn(12, 2), 3)
    f(torch.randn(8, 2), 4)


def again():
    @torch.compile
    def f(x):
        return torch.relu(x) + 1

    f(torch.randn(8))
    torch._dynamo.reset()
    f(torch.randn(8))


def autograd():
    torch._dynamo.config.compiled_autograd = True
    model = torch.nn.Linear(4, 4)

    @torch.compile(backend="aot_eager")
    def step(x):
        model(x).sum().backward()

    step(torch.randn(2, 4))


class Sliced(torch.nn.Module):
    def forward(self, x, y):
        end = -x.item() // 3 + 5
        return torch.cat([y, y])[:end]


def export():
    size = torch.export.Dim("size")
    shapes = {"x": None, "y": {0: size}}
    torch.export.export(Sliced(), (torch.tensor(5), torch.randn(4)), strict=False, dynamic_shapes=shapes)


def draft_export():
    class Model(torch.nn.Module):
        def forward(self, x, y):
            return torch.ops.cases.twice(y[: x.item()])

    with torch.library._scoped_library("cases", "FRAGMENT") as library:
        library.define("twice(Tensor x) -> Tensor")
        library.impl("twice", lambda x: x * 2, "CPU")
        torch.export.draft_export(Model(), (torch.tensor(3), torch.randn(4)), strict=False)


def collectives():
    import torch.distributed as dist
    from torch._inductor.debug import record_and_log_graph_execution_order
    from torch.distributed import _functional_collectives as functional
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch._inductor.config.log_tlparse = True
    dist.init_process_group("fake", rank=1, world_size=2, store=FakeStore())

    @torch.compile(fullgraph=True)
    def f(x):
        summed = functional.all_reduce(x * 2, "sum", dist.group.WORLD)
        return functional.all_gather_tensor(summed + 1, 0, dist.group.WORLD)

    with record_and_log_graph_execution_order():
        f(torch.randn(8, 4))
        f(torch.randn(8, 4))


if __name__ == "__main__":
    torch.manual_seed(0)
    globals()[sys.argv[1]]()
