"""Generate from prompts of changing length, one after the other in one process, and tell what was recompiled.

Each way to compile (eager; `dynamic` None, True, False; the length marked with `mark_dynamic`) is a process of its own.
With `--backend eager` nothing but Dynamo runs: the same graphs are counted in seconds.
"""

from __future__ import annotations

import argparse

from inspector.cli.options import positive
from inspector.cli.studies.following import add_plan_options, carry_out, choices, numbers
from inspector.model.study import Dynamic, Experiment, StudyRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = add_plan_options(parser, output="study-shapes.jsonl")
    what.add_argument("--model", default="llama-tiny", metavar="CONFIG", help="as for `inspector study spot`")
    what.add_argument("--batch", type=positive, default=1, metavar="N", help="batch size (default 1)")
    what.add_argument("--prompts", type=numbers, default=(5, 10, 100), metavar="N,N", help="lengths (default 5,10,100)")
    what.add_argument("--tokens", type=numbers, default=(10, 30), metavar="N,N", help="after each (default 10,30)")
    what.add_argument(
        "--dynamic",
        type=choices(Dynamic),
        default=tuple(Dynamic),
        metavar="A,B",
        help=f"of {', '.join(Dynamic)} (default all)",
    )
    what.add_argument("--paper", action="store_true", help="the paper's lengths on Llama-3.2-1B")


def run(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from inspector.study import plan

    base = StudyRequest(
        Experiment.SHAPES,
        args.model,
        args.dtype,
        batch=args.batch,
        prompts=args.prompts,
        lengths=args.tokens,
        backend=args.backend,
        compile_mode=args.compile_mode,
        threads=args.threads,
        seed=args.seed,
        memory=args.memory,
    )
    if args.paper:
        paper = plan.PAPER_SHAPES
        base = replace(
            base, model=paper.model, prompts=paper.prompts, lengths=paper.lengths, compile_mode=paper.compile_mode
        )
    return carry_out(args, plan.shapes(base, dynamics=args.dynamic, repeats=args.repeats))
