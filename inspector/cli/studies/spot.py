"""Time prefill and decoding from a cold start: eager, decoding compiled, prefill and decoding compiled.

The key-value cache is preallocated. Each run is a new process with fresh caches and a fresh temporary folder: a true
cold start. `--paper` is the paper's whole matrix (Llama-3.2-1B, batch sizes 1 to 256, 200 tokens: many hours on a small
machine). `--cures` measures instead how soon a new process has its first result, by what was prepared.
"""

from __future__ import annotations

import argparse

from inspector.cli.options import positive
from inspector.cli.studies.following import add_plan_options, carry_out, choices, numbers
from inspector.errors import UsageError
from inspector.model.study import Cure, Experiment, Mode, StudyRequest

_GENERATION = {
    "model": "llama-tiny",
    "batches": (1, 8),
    "prompt": 32,
    "tokens": 50,
    "modes": tuple(Mode),
    "backend": "inductor",
    "compile_mode": None,
}
"""Options of the generation, and what they are when nobody gives them."""

_MODELS = "llama-tiny (default), llama-small, llama-1b, or what --model of `inspector` takes: llama,num_hidden_layers=2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = add_plan_options(parser, output="study-spot.jsonl")
    what.add_argument("--model", default=_GENERATION["model"], metavar="CONFIG", help=_MODELS)
    what.add_argument(
        "--batches", type=numbers, default=_GENERATION["batches"], metavar="N,N", help="batch sizes (default 1,8)"
    )
    what.add_argument("--prompt", type=positive, default=32, metavar="N", help="tokens of the prompt (default 32)")
    what.add_argument("--tokens", type=positive, default=50, metavar="N", help="tokens to decode (default 50)")
    what.add_argument(
        "--compile", dest="modes", type=choices(Mode), default=tuple(Mode), metavar="A,B", help=f"of {', '.join(Mode)}"
    )
    what.add_argument("--paper", action="store_true", help="the paper's matrix; other options still count")
    what.add_argument(
        "--cures",
        nargs="*",
        metavar="TARGET",
        help="measure prepared starts of these gallery targets (default llama-mlp llama-tiny)",
    )
    what.add_argument(
        "--prepared", type=choices(Cure), default=tuple(Cure), metavar="A,B", help=f"with --cures, of {', '.join(Cure)}"
    )


def run(args: argparse.Namespace) -> int:
    from inspector.study import plan

    if args.cures is not None:
        return _cures(args)
    base = StudyRequest(
        Experiment.SPOT,
        args.model,
        args.dtype,
        prompt=args.prompt,
        tokens=args.tokens,
        backend=args.backend,
        compile_mode=args.compile_mode,
        threads=args.threads,
        seed=args.seed,
        memory=args.memory,
    )
    batches = args.batches
    if args.paper:
        base, batches = _paper(args, base)
    return carry_out(args, plan.spot(base, batches=batches, modes=args.modes, repeats=args.repeats))


def _paper(args: argparse.Namespace, base: StudyRequest) -> tuple[StudyRequest, tuple[int, ...]]:
    """The paper's matrix, with what differs from the options' defaults taken from the options."""
    from dataclasses import replace

    from inspector.study import plan

    usual = StudyRequest(Experiment.SPOT)
    names = ("model", "dtype", "prompt", "tokens", "backend", "compile_mode", "threads", "seed", "memory")
    changed = {name: getattr(base, name) for name in names if getattr(base, name) != getattr(usual, name)}
    return replace(plan.PAPER_SPOT, **changed), plan.PAPER_BATCHES if args.batches == _GENERATION[
        "batches"
    ] else args.batches


def _cures(args: argparse.Namespace) -> int:
    from inspector.live.rundir import RunDirectory
    from inspector.study import plan
    from inspector.study.cures import Preparations
    from inspector.targets import find

    targets = [find(name).name for name in args.cures or ("llama-mlp", "llama-tiny")]
    if args.paper:
        raise UsageError("--paper and --cures are two experiments.", "Give one of them.")
    for name, usual in _GENERATION.items():
        if getattr(args, name) != usual:
            raise UsageError(
                f"--{name.replace('compile_', '').replace('modes', 'compile')} has no place with --cures.",
                "A cure starts a gallery target as it is: name targets behind --cures.",
            )
    base = StudyRequest(
        Experiment.CURES, dtype=args.dtype, threads=args.threads, seed=args.seed, memory=args.memory, tokens=1
    )
    requests = plan.cures(base, targets=targets, prepared=args.prepared, repeats=args.repeats)
    with RunDirectory(None) as folder:
        return carry_out(args, requests, Preparations(folder).place)
