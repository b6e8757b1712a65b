"""A program with some of everything that a recording has to follow. It knows nothing of being recorded."""

import logging.config
import sys
import threading

import torch

logging.config.dictConfig({"version": 1})  # disables every logger that exists, torch's trace among them


@torch.compile
def scaled(x: torch.Tensor, n: int) -> torch.Tensor:
    return (x * n).sin() + 1


@torch.compile
def broken(x: torch.Tensor) -> torch.Tensor:
    y = x.exp()
    print("a side effect")
    return y.cos()


@torch.compile
def gated(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.silu(x @ weight).sum()


@torch.compile(backend="eager")
def untouched(x: torch.Tensor) -> torch.Tensor:
    return x.tan() - x


def main() -> None:
    untouched(torch.ones(3))
    with torch.no_grad():
        print(float(scaled(torch.ones(8), 2).sum()), float(scaled(torch.ones(8), 3).sum()))
        thread = threading.Thread(target=broken, args=(torch.ones(4),))
        thread.start()
        thread.join()
    weight = torch.ones(4, 4, requires_grad=True)
    gated(torch.ones(2, 4), weight).backward()
    print(None if weight.grad is None else float(weight.grad.sum()), sys.argv[1:], __name__)


if __name__ == "__main__":
    main()
    sys.exit(3)
