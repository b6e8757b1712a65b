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


if __name__ == "__main__":
    torch.manual_seed(0)
    globals()[sys.argv[1]]()
