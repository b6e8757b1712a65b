"""The parts of `repro.py` that are the same for every capture."""

from __future__ import annotations

HEAD = '''\
"""{title}: what Dynamo captured, to be compiled once more.

{needs}; captured with torch {torch}{machine}.
{missing}
    python repro.py            compiles and runs every graph
    python repro.py --code     prints the code that Inductor writes for them

The weights and inputs are made up: shapes, strides, types and devices are those of the capture, the numbers are not.
Another torch, another CPU or GPU, or another compiler may make other kernels of the same graphs.
"""

import sys

import torch
from torch import device, inf, nan  # noqa: F401 - names that the graphs use


def tensor(dtype, size, stride, place, requires_grad=False):
    """Random numbers; zeros for whole numbers, which may be indices."""
    made = torch.empty_strided(size, stride, dtype=dtype, device=place)
    made.normal_() if dtype.is_floating_point or dtype.is_complex else made.zero_()
    return made.requires_grad_(requires_grad)

'''

TAIL = '''

def run(module, arguments, call, trained):
    """Compiles and calls one graph, forward and backward where it was trained."""
    torch._dynamo.reset()
    torch.manual_seed({seed})
    arguments = arguments()
    with torch.set_grad_enabled(trained):
        results = torch.compile(call(module), **OPTIONS)(*arguments)
    losses = [item.sum() for item in results if isinstance(item, torch.Tensor) and item.requires_grad]
    if losses:
        torch.autograd.backward(losses)
    return results


def main():
    for name in OPERATORS:
        library, operator = name.split(".")
        if not hasattr(getattr(torch.ops, library), operator):
            sys.exit(f"torch.ops.{{name}} is no operator of torch's: import what registers it, above `import torch`.")
    torch.set_num_threads(THREADS or torch.get_num_threads())
    for name, value in INDUCTOR.items():
        setattr(torch._inductor.config, name, value)
    # From a cache there would be no code to look at.
    torch._inductor.config.fx_graph_cache = False
    torch._functorch.config.enable_autograd_cache = False
    for name, module, arguments, call, trained in GRAPHS:
        if "--code" in sys.argv:
            from torch._inductor.utils import run_and_get_code

            print(f"# {{name}}", *run_and_get_code(run, module(), arguments, call, trained)[1], sep="\\n")
        else:
            results = run(module(), arguments, call, trained)
            print(f"{{name}}: {{[tuple(item.shape) for item in results if isinstance(item, torch.Tensor)]}}")
    for name, why in MISSING.items():
        print(f"{{name}} is not in here: {{why}}", file=sys.stderr)
    return 0 if GRAPHS else 2


if __name__ == "__main__":
    sys.exit(main())
'''
