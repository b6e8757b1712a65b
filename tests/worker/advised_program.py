"""Programs that are compiled again, and the same as they are advised: `python advised_program.py RUNS`.

RUNS is a JSON list of names and pieces of advice, `[["stack", ["torch._dynamo.mark_dynamic(above, 0)"]], …]`: lines of
code, or WORDS for a program that follows advice in words. Prints how often each was compiled, as a JSON list.
"""

import contextlib
import json
import sys

import torch
from torch._dynamo.testing import CompileCounter

WORDS = "in words"


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


class Counting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.step = 0

    def forward(self, x):
        self.step += 1
        return x * self.step


def typed(x):
    return x * 2


def layout(x):
    return x + 1


def ranked(x):
    return x + 2


def with_gradient(x):
    return x * x


def gradient_mode(x):
    return x * 3


def cast(x):
    return x @ x


def lengths(parts):
    return sum(part.sum() for part in parts)


def keyed(x, options):
    return x + options["bias"] if "bias" in options else x.neg()


def subclassed(x):
    return x - 1


class Acting:
    def __init__(self, act):
        self.act = act


def acting(x, of):
    return of.act(x)


def acting_apart(x, of):
    return of.act(x) + 1


def a_cosine(x):
    return x.cos()


def same_cosine(x):
    return x.cos()


def made_inside(x):
    y = x[x > 0]
    return y.sin() + 1


def comes_through(x, y):
    z = x.sin()
    torch._dynamo.graph_break()
    return z.cos().sum() + y.exp()


class Switched:
    def __init__(self, fast):
        self.fast = fast


def switched(x, of):
    return x + 1 if of.fast else x.sin() + 1


def size_then_dtype(x):
    return x * 4


def size_dtype_gradient(x):
    return x * 5


def value_then_dtype(x, n):
    return x * n


class Tagged(torch.Tensor):
    pass


def sized(*shapes):
    return [[torch.ones(shape)] for shape in shapes]


x4, square = torch.ones(4), torch.ones(4, 4)
parts = [[torch.ones(4) for _ in range(number)] for number in (1, 2, 3)]
AUTOCAST = torch.autocast("cpu", dtype=torch.bfloat16)
PLAIN = contextlib.nullcontext()
PROGRAMS = {
    "stack": (stack, [[torch.ones(rows, 5), torch.zeros(rows, 5)] for rows in (2, 1, 2, 3, 7, 1)]),
    "first_only": (first_only, [[torch.ones(rows, 5), torch.zeros(4)] for rows in (2, 3, 7)]),
    "pair": (pair, sized((2, 3), (2, 5), (4, 5))),
    "branch": (branch, sized(8, 20, 3, 4)),
    "whole": (whole, [[torch.ones(9), n] for n in (3, 4, 5, 1)]),
    "scaled": (scaled, [[x4, rate] for rate in (0.01, 0.02, 0.03)]),
    "one_or_more": (one_or_more, sized((1, 4), (6, 4))),
    "forward": (Counting(), [[x4] for _ in range(5)]),
    "acting_apart": (acting_apart, [[x4, Acting(torch.relu)], [x4, Acting(torch.tanh)]]),
    "made_inside": (made_inside, [[torch.tensor([1.0] * ones + [0.0] * (8 - ones))] for ones in (3, 4, 5)]),
}
"""Name → function and what it is called with."""
PROGRAMS["comes_through"] = (comes_through, [[x4, torch.ones(size)] for size in (3, 5, 7)])
IN_WORDS = {
    "typed": (typed, [[x4], [x4.double()]], [[x4], [x4]]),
    "layout": (layout, [[torch.ones(3, 4)], [torch.ones(4, 3).t()]], [[torch.ones(3, 4)]] * 2),
    "ranked": (ranked, [[x4], [square]], [[square], [square]]),
    "with_gradient": (with_gradient, [[x4], [torch.ones(4, requires_grad=True)]], [[x4], [x4]]),
    "gradient_mode": (gradient_mode, [(PLAIN, x4), (torch.no_grad(), x4)], [(torch.no_grad(), x4)] * 2),
    "cast": (cast, [(PLAIN, square), (AUTOCAST, square)], [(AUTOCAST, square)] * 2),
    "lengths": (lengths, [[item] for item in parts], [[parts[2]]] * 3),
    "keyed": (keyed, [[x4, {"scale": 1}], [x4, {"bias": x4}]], [[x4, {"scale": 1}]] * 2),
    "subclassed": (subclassed, [[x4], [x4.as_subclass(Tagged)]], [[x4], [x4]]),
    "acting": (acting, [[x4, Acting(a_cosine)], [x4, Acting(same_cosine)]], [[x4, Acting(a_cosine)]] * 2),
    "switched": (switched, [[x4, Switched(True)], [x4, Switched(False)]], [[x4, Switched(True)]] * 2),
}
"""Name → function, what it is called with, and what it is called with by one who follows the advice in words; a tuple
begins with what the call is made within."""
SEVERAL = {
    "size_then_dtype": (
        size_then_dtype,
        [*sized((8, 16), (8, 32)), [torch.ones(8, 33).double()]],
        {"Casting": sized((8, 16), (8, 32), (8, 33))},
    ),
    "size_dtype_gradient": (
        size_dtype_gradient,
        [*sized((8, 16), (9, 16)), [torch.ones(10, 16).requires_grad_()], [torch.ones(11, 16).double()]],
        {
            "Casting": [*sized((8, 16), (9, 16)), [torch.ones(10, 16).requires_grad_()], *sized((11, 16))],
            "Calling": [*sized((8, 16), (9, 16), (10, 16)), [torch.ones(11, 16).double()]],
        },
    ),
    "value_then_dtype": (
        value_then_dtype,
        [[torch.ones(8), 2], [torch.ones(8), 3], [torch.ones(8).double(), 4], [torch.ones(9).double(), 5]],
        {"Casting": [[torch.ones(8), 2], [torch.ones(8), 3], [torch.ones(8), 4], [torch.ones(9), 5]]},
    ),
}
"""Name → function, what it is called with, and the same for each advice in words, by how it begins: what is compiled
for the second time has a symbol, and would have served a later call that differs in something else as well."""


def compiles(name, advice):
    body, calls, *others = {**PROGRAMS, **IN_WORDS, **SEVERAL}[name]
    counter = CompileCounter()
    dynamic = True if "torch.compile(..., dynamic=True)" in advice else None
    settings = dict(line.removeprefix("torch._dynamo.config.").split(" = ") for line in advice if "config" in line)
    run = torch.compile(body, backend=counter, dynamic=dynamic)
    names = getattr(body, "forward", body).__code__.co_varnames
    with torch._dynamo.config.patch({key: value == "True" for key, value in settings.items()}):
        if name in SEVERAL:
            others = [others[0][word] for word in others[0] if word in advice]
        for arguments in others[0] if others and not (name in IN_WORDS and WORDS not in advice) else calls:
            within = arguments[0] if isinstance(arguments, tuple) else PLAIN
            given = arguments[1:] if isinstance(arguments, tuple) else arguments
            for line in advice:
                if "mark_dynamic" in line:
                    eval(line, {"torch": torch, **dict(zip(names, given, strict=False))})
            with within:
                run(*given)
    return counter.frame_count


def fresh_of(tensor):
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def fresh():
    """No marks are left on what programs are called with, and no module has been called before."""
    for _, calls, *_ in (*PROGRAMS.values(), *SEVERAL.values()):
        for arguments in calls:
            arguments[:] = [fresh_of(item) if isinstance(item, torch.Tensor) else item for item in arguments]
    PROGRAMS["forward"][0].step = 2
    torch._dynamo.reset()


def main(runs):
    counted = []
    for at, (name, advice) in enumerate(runs):
        if at and advice:
            fresh()
        counted.append(compiles(name, advice))
    print(json.dumps(counted))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
