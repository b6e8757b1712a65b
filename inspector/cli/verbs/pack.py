"""Compile a target ahead of time, so that the next process neither compiles nor probes.

A pack is a folder with an AOTInductor package and a manifest: CPU, system, torch and compiler that it was made with,
and the hash of its code. In the program that uses it:

  import inspector
  model = inspector.load_pack("NAME.pack", trust="sha256:…")

A pack is native code: load only what you trust. CPU, system and torch version are checked before anything is loaded.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from inspector.cli.options import add_target_options, request_from
from inspector.cli.printable import one_line
from inspector.cli.signals import stop_signals
from inspector.cli.terminal import StatusLine
from inspector.errors import EXIT_OK, EnvironmentLacking, UsageError
from inspector.files import writing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target, its options, and what goes into the pack."""
    add_target_options(parser)
    out = parser.add_argument_group("the pack")
    out.add_argument("-o", "--output", type=Path, metavar="DIR", help="the pack's folder (default TARGET.pack)")
    out.add_argument("--force", action="store_true", help="replace a pack that is there")
    out.add_argument(
        "--no-weights",
        dest="weights",
        action="store_false",
        help="leave them out: a small pack, which takes them from the module given to load_pack",
    )
    out.add_argument("--json", action="store_true", help="print the manifest and its hash as JSON")


def run(args: argparse.Namespace) -> int:
    """Makes the pack and prints how to load it."""
    request = request_from(args)
    if request.train:
        raise UsageError("A pack runs forward only.", "Leave out --train.")
    if request.device != "cpu":
        raise UsageError(f"Packs are made for the CPU, not for {request.device}.", "Leave out --device.")
    output = args.output or Path(f"{Path((request.target or request.model or 'model').partition(':')[0]).stem}.pack")
    place = output.resolve()
    replaces = _replaces(output, force=args.force)
    made_at = place.with_name(f".{place.name}-{os.getpid()}") if replaces else place
    from inspector import protocol
    from inspector.client.toolchain import require_compiler
    from inspector.study.process import run_worker

    require_compiler()
    status = StatusLine()

    def start(directory: Path, _started: float) -> protocol.StartPack:
        return protocol.StartPack(
            request.to_json(), str(directory), str(made_at), args.weights, request.dynamic is not False
        )

    def show(phase: str) -> None:
        stop.check()
        status.show(f"{request.title}  {phase}")

    with stop_signals() as stop:
        try:
            made = run_worker(start, on_phase=show, timeout=request.timeout)
        finally:
            status.clear()
        if replaces:
            _put(made_at, place)
    if args.json:
        print(json.dumps({"pack": str(output), **made.result}, indent=2))
        return EXIT_OK
    weights = "with its weights" if made.result["weights"] else "without its weights"
    changing = "any sequence length" if made.result["dynamic"] else "these sizes only"
    for words in made.result["notes"]:
        print(one_line(words))
    print(f"{output}: {made.result['target']} {weights}, {made.result['size'] / 1e6:.1f} MB, for {changing}")
    more = "" if made.result["weights"] else ", weights=MODULE"
    print(f"load it: inspector.load_pack({str(output)!r}, trust='sha256:{made.result['trust']}'{more})")
    return EXIT_OK


def _replaces(output: Path, *, force: bool) -> bool:
    """Whether a pack is there that is to be replaced.

    Raises:
        UsageError: something is there, and it is no pack or --force is not given.
    """
    if not output.exists():
        return False
    if not force:
        raise UsageError(f"{output} is there already.", "Take another name, or --force to replace it.")
    if not output.is_dir() or not {item.name for item in output.iterdir()} <= {"manifest.json", "model.pt2"}:
        raise UsageError(f"{output} is there already, and it is no pack.", "Take another name.")
    return True


def _put(made: Path, place: Path) -> None:
    """Puts a finished pack where another one is, which stays until then."""
    try:
        with writing(place) as there:
            there.take(made, force=True)
    except OSError as error:
        raise EnvironmentLacking(f"{place} cannot be replaced: {error.strerror or error}.") from error
