"""Compile a model of equal layers in several ways, and tell which kernels the layers share and which stayed eager.

eager; whole: `torch.compile(model)`; nested: each layer a `nested_compile_region`; isolated: each layer compiled with
`isolate_recompiles=True`; layer: plain `layer.compile()`, which hits the recompile limit and leaves layers eager. What
may fix that: unspec and tensor: `allow_unspec_int_on_nn_module` and the index as a tensor, as torch advises; limit: a
`recompile_limit` as large as the number of layers; shared: each layer is handed its own piece of the cache, so that one
code fits them all.
"""

from __future__ import annotations

import argparse

from inspector.cli.options import positive
from inspector.cli.studies.following import add_plan_options, carry_out, choices
from inspector.model.study import Experiment, StudyRequest, Way


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model and the ways."""
    what = add_plan_options(parser, output="study-layers.jsonl")
    what.add_argument(
        "--model", default="llama-tiny", metavar="CONFIG", help="as for `inspector study spot`; more layers tell more"
    )
    what.add_argument("--layers", type=positive, metavar="N", help="of a Llama 256 wide, in place of --model")
    what.add_argument("--batch", type=positive, default=1, metavar="N", help="batch size (default 1)")
    what.add_argument("--prompt", type=positive, default=32, metavar="N", help="tokens (default 32)")
    what.add_argument(
        "--ways", type=choices(Way), default=tuple(Way), metavar="A,B", help=f"of {', '.join(Way)} (default all)"
    )


def run(args: argparse.Namespace) -> int:
    from inspector.study import plan

    base = StudyRequest(
        Experiment.LAYERS,
        f"llama-tiny,num_hidden_layers={args.layers}" if args.layers else args.model,
        args.dtype,
        batch=args.batch,
        prompt=args.prompt,
        tokens=1,
        backend=args.backend,
        compile_mode=args.compile_mode,
        threads=args.threads,
        seed=args.seed,
        memory=args.memory,
    )
    return carry_out(args, plan.layers(base, ways=args.ways, repeats=args.repeats))
