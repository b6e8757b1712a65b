"""Functions that graph breaks cut, or leave eager: in a loop, in a block, in a callee, behind another break."""

import torch


def tally(rows, masks):
    return rows.sum() + masks.sum()


def sift(rows, masks):
    for row in rows:
        for index in range(masks.shape[0]):
            differing = row ^ masks[index]
            if differing.sum() == 1:
                masks[index] |= differing
    return masks


def printed(x):
    for _ in range(3):
        x = x + 1
        print(end="")
    return x


def tried(x):
    try:
        x = x + 1
        torch._dynamo.graph_break()
        return x * 2
    except ValueError:
        return x


def within(x):
    with torch.no_grad():
        x = x + 1
        torch._dynamo.graph_break()
        return x * 2


def settle(level, flow):
    smooth = torch.tanh(level)
    names = {"sum": smooth.sum(), "flow": flow}
    if flow.mean() > 0.5:
        smooth = smooth + names["flow"]
    return smooth.cumsum(0), names


def until(x):
    while x.sum() < 10:
        x = x * 2
    return x


def listed(xs):
    return [x + 1 for x in xs if x.sum() > 0]


def inner(x):
    x = torch.sin(x)
    torch._dynamo.graph_break()
    return torch.cos(x)


def outer(x):
    y = inner(x + 1)
    return y * 2


def twice(x):
    x = x + 1
    print(end="")
    x = x * 2
    print(end="")
    return x.sum()


def plain(n):
    return n + 1


def main():
    torch.manual_seed(0)
    rows, masks, x = torch.rand(4, 10) > 0.5, torch.rand(4, 10) > 0.9, torch.ones(4)
    calls = [
        *((tally, (rows, masks)), (sift, (rows, masks)), (printed, (x,)), (tried, (x,)), (within, (x,))),
        *((settle, (x, torch.ones(4))), (settle, (x, torch.zeros(4))), (until, (x,)), (listed, ([x, -x],))),
        *((outer, (x,)), (twice, (x,)), (plain, (3,))),
    ]
    for body, arguments in calls:
        torch.compile(body, backend="aot_eager")(*arguments)


if __name__ == "__main__":
    main()
