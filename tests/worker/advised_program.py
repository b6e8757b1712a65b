"""Programs that are compiled again, and the same as they are advised: `python advised_program.py PROGRAM [ADVICE…]`.

Prints how often the function was compiled.
"""

import sys

import torch
from torch._dynamo.testing import CompileCounter


def stack(above, below):
    both = torch.cat((above, below))
    return both.neg() if both.shape[0] > 3 else both.exp()


def first_only(x, y):
    return x.sum() + y.sum()


def pair(x):
    return x + 1


def branch(x):
    return x + 1 if x.shape[0] > 5 else x - 1


def whole(x, n):
    return x[:n] * n


def scaled(x, rate):
    return x * rate


def one_or_more(x):
    return x * 2


def typed(x):
    return x * 2


class Counting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.step = 2

    def forward(self, x):
        self.step += 1
        return x * self.step


def sized(*shapes):
    return [[torch.ones(shape)] for shape in shapes]


PROGRAMS = {
    "stack": (stack, [[torch.ones(rows, 5), torch.zeros(rows, 5)] for rows in (2, 1, 2, 3, 7, 1)]),
    "first_only": (first_only, [[torch.ones(rows, 5), torch.zeros(4)] for rows in (2, 3, 7)]),
    "pair": (pair, sized((2, 3), (2, 5), (4, 5))),
    "branch": (branch, sized(8, 20, 3, 4)),
    "whole": (whole, [[torch.ones(9), n] for n in (3, 4, 5, 1)]),
    "scaled": (scaled, [[torch.ones(4), rate] for rate in (0.01, 0.02, 0.03)]),
    "one_or_more": (one_or_more, sized((1, 4), (6, 4))),
    "typed": (typed, [[torch.ones(4)], [torch.ones(4).double()]]),
    "counting": (Counting(), [[torch.ones(4)] for _ in range(5)]),
}


def main(name, *advice):
    body, calls = PROGRAMS[name]
    counter = CompileCounter()
    dynamic = True if "torch.compile(..., dynamic=True)" in advice else None
    for line in advice:
        if "config" in line:
            exec(line)
    run = torch.compile(body, backend=counter, dynamic=dynamic)
    names = getattr(body, "forward", body).__code__.co_varnames
    for arguments in calls:
        for line in advice:
            if "mark_dynamic" in line:
                eval(line, {"torch": torch, **dict(zip(names, arguments, strict=False))})
        run(*arguments)
    print(counter.frame_count)


if __name__ == "__main__":
    main(*sys.argv[1:])
