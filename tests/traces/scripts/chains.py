"""Compiles functions again, in ways that differ in what the new graph is: the same, but for a number, another one."""

import functools

import torch

STEPS = (0.01, 0.02, 0.03)


def compiled(body):
    return torch.compile(body, backend="aot_eager")


def stack(above, below):
    both = torch.cat((above, below))
    if both.shape[0] > 3:
        return both.neg()
    return both.exp()


def pooled(x):
    if x.shape[0] % 2 == 0:
        return x.view(2, -1).sum(0)
    return x.cumsum(0)


def joined(parts):
    if len(parts) > 2:
        return torch.stack(parts).sum()
    return parts[0].sum()


def looked_up(x, options):
    if "bias" in options:
        return x + options["bias"]
    return x.neg()


def held(x, rate):
    return x * (rate * 0.5)


def once(x, rate):
    return x * rate


def scaled_by_global(x):
    return x * SCALE


def partly(x, act):
    return act(x) + 1


def squared(x):
    return x * x


def halved(x):
    return x / 2


def moved(x):
    return x + 1


def made(x):
    return x + torch.ones(4)


def product(x):
    return x @ x


def untold(x):
    return x - 1


class Block(torch.nn.Module):
    def __init__(self, act):
        super().__init__()
        self.act = act

    def forward(self, x):
        return self.act(x) + 1


class Tagged(torch.Tensor):
    pass


def main():
    global SCALE
    run = compiled(stack)
    for rows in (2, 1, 2, 3, 7, 1):
        run(torch.ones(rows, 5), torch.zeros(rows, 5))
    run = compiled(pooled)
    for rows in (4, 6, 7):
        run(torch.ones(rows))
    run = compiled(joined)
    for number in (1, 2, 3):
        run([torch.ones(4) for _ in range(number)])
    run = compiled(looked_up)
    for options in ({"scale": 1}, {"bias": torch.ones(4)}):
        run(torch.ones(4), options)
    with torch._dynamo.config.patch(specialize_float=True):
        run = compiled(held)
        for rate in STEPS:
            run(torch.ones(4), rate)
    run = compiled(once)
    for rate in STEPS:
        run(torch.ones(4), rate)
    run = compiled(scaled_by_global)
    for SCALE in STEPS:
        run(torch.ones(4))
    run = compiled(partly)
    for other in (2.0, 3.0):
        run(torch.ones(4), functools.partial(torch.mul, other=other))
    run = compiled(squared)
    run(torch.ones(4, requires_grad=True))
    run(torch.ones(4))
    with torch.no_grad():
        run(torch.ones(4))
    run = compiled(halved)
    for dtype in (torch.float32, torch.float64):
        run(torch.ones(4, dtype=dtype))
    run = compiled(moved)
    for x in (torch.ones(3, 4), torch.ones(4, 3).t()):
        run(x)
    run = compiled(made)
    for dtype in (torch.float64, torch.float32):
        torch.set_default_dtype(dtype)
        run(torch.ones(4))
    run = compiled(product)
    run(torch.ones(4, 4))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        run(torch.ones(4, 4))
    run = torch.compile(untold, backend="eager")
    for x in (torch.ones(4), torch.ones(4).as_subclass(Tagged)):
        run(x)
    with torch._dynamo.config.patch(recompile_limit=2):
        for act in (torch.relu, torch.tanh, torch.sin):
            block = Block(act)
            block.compile(backend="aot_eager")
            block(torch.ones(4))


if __name__ == "__main__":
    main()
