"""One job of two ranks that part in everything ranks can part in.

`python ranks.py RANK FILE [DEVICE]` under TORCH_TRACE is one of them; FILE is where they meet.
`python ranks.py` alone compiles the one function that rank 1 then has in its cache.
"""

import sys
import tempfile

import torch
import torch.distributed as dist
from torch._inductor.debug import record_and_log_graph_execution_order
from torch.distributed import _functional_collectives as functional
from torch.testing._internal.distributed.fake_pg import FakeStore


@torch.compile
def agreed(x):
    summed = x * 2
    dist.all_reduce(summed)
    return summed + 1


@torch.compile
def swapped(x, y, first, second, gather_first):
    """Collectives of two groups, so that another order cannot make the ranks wait for each other."""
    if gather_first:
        gathered = functional.all_gather_tensor(y, 0, second)
        summed = functional.all_reduce(x, "sum", first)
    else:
        summed = functional.all_reduce(x, "sum", first)
        gathered = functional.all_gather_tensor(y, 0, second)
    return summed + 1, gathered * 2


@torch.compile
def extra(x, group, alone):
    x = functional.all_reduce(x * 2, "sum", group)
    if alone is not None:
        x = functional.all_reduce(x + 1, "max", alone)
    return x.sin()


@torch.compile
def wider(x):
    return torch.relu(x) + 1


@torch.compile
def cached(x):
    tripled = x * 3
    dist.all_reduce(tripled)
    return torch.tanh(tripled)


def job(rank, file, device="cpu"):
    """On a GPU, of which one is enough, the collectives are compiled but do nothing."""
    if device == "cpu":
        dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    else:
        dist.init_process_group("fake", store=FakeStore(), rank=rank, world_size=2)
    first, second, alone = dist.group.WORLD, dist.new_group([0, 1]), dist.new_group([1])
    rows = 8 if device == "cpu" else 1 << 20
    x = torch.ones(rows, 4, device=device)
    with record_and_log_graph_execution_order():
        agreed(x)
        swapped(x, x, first, second, gather_first=rank == 1)
        extra(x, first, alone if rank == 1 else None)
        wider(torch.ones(rows, 4 + 2 * rank, device=device))
        cached(x)
        wider(x)
        agreed(x)
    dist.barrier()
    dist.destroy_process_group()


def warm():
    with tempfile.NamedTemporaryFile() as store:
        dist.init_process_group("gloo", init_method=f"file://{store.name}", rank=0, world_size=1)
        cached(torch.ones(8, 4))
        dist.destroy_process_group()


if __name__ == "__main__":
    torch._inductor.config.log_tlparse = True
    if len(sys.argv) > 1:
        job(int(sys.argv[1]), *sys.argv[2:])
    else:
        warm()
