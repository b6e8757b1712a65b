"""Compile a target ahead of time, so that the next process neither compiles nor probes.

A pack is a folder with an AOTInductor package and a manifest: CPU, system, torch and compiler that it was made with,
and the hash of its code. In the program that uses it:

  import inspector
  model = inspector.load_pack("NAME.pack", trust="sha256:…")

A pack is native code: load only what you trust. CPU, system and torch version are checked before anything is loaded.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from inspector.cli.options import add_target_options, request_from
from inspector.cli.output import print_json
from inspector.cli.printable import one_line
from inspector.cli.signals import stop_signals
from inspector.cli.terminal import ProgressLine
from inspector.errors import EXIT_OK, EnvironmentLacking, UsageError
from inspector.files import writing
from inspector.paths import typed_path

_MADE = "pack"
"""The pack's folder in the run's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target, its options, and what goes into the pack."""
    add_target_options(parser)
    out = parser.add_argument_group("the pack")
    out.add_argument("-o", "--output", type=typed_path, metavar="DIR", help="the pack's folder (default TARGET.pack)")
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
    _check(output, place, force=args.force)
    from inspector import protocol
    from inspector.client.toolchain import require_compiler
    from inspector.work.measuring import run_worker

    require_compiler()
    status = ProgressLine()

    def start(directory: Path, _started: float) -> protocol.StartPack:
        return protocol.StartPack(
            request, str(directory), str(directory / _MADE), args.weights, request.dynamic is not False
        )

    def show(phase: str) -> None:
        stop.check()
        status.show(f"{request.title}  {phase}")

    with stop_signals() as stop:
        try:
            made = run_worker(
                start, on_phase=show, on_done=lambda run: _put(run / _MADE, place, args.force), timeout=request.timeout
            )
        finally:
            status.clear()
    if args.json:
        from inspector.cli.documents.tools import Pack

        manifest = {name: value for name, value in made.result.items() if name not in ("trust", "notes")}
        print_json(Pack(str(output), made.result["trust"], manifest, tuple(made.result["notes"])))
        return EXIT_OK
    weights = "with its weights" if made.result["weights"] else "without its weights"
    changing = "any sequence length" if made.result["dynamic"] else "these sizes only"
    for words in made.result["notes"]:
        print(one_line(words))
    print(f"{output}: {made.result['target']} {weights}, {made.result['size'] / 1e6:.1f} MB, for {changing}")
    more = "" if made.result["weights"] else ", weights=MODULE"
    print(f"load it: inspector.load_pack({str(output)!r}, trust='sha256:{made.result['trust']}'{more})")
    return EXIT_OK


def _check(output: Path, place: Path, *, force: bool) -> None:
    """Whether the pack will find its place, asked before long work is done in vain.

    Raises:
        UsageError: something is there, and it is no pack or --force is not given; or nothing can be written there.
    """
    if output.exists():
        if not force:
            raise UsageError(f"{output} is there already.", "Take another name, or --force to replace it.")
        if not output.is_dir() or not {item.name for item in output.iterdir()} <= {"manifest.json", "model.pt2"}:
            raise UsageError(f"{output} is there already, and it is no pack.", "Take another name.")
    there = next(folder for folder in place.parents if folder.is_dir() or folder.is_file())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"{output} cannot be written: {there} is no folder that can be written.", "Take another name.")


def _put(made: Path, place: Path, force: bool) -> None:
    """Puts a finished pack in its place; what is there stays until then."""

    def fill(folder: Path) -> None:
        for file in made.iterdir():
            shutil.move(file, folder / file.name)

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with writing(place) as there:
            there.folder(fill, force=force)
    except FileExistsError as error:
        raise UsageError(f"{place} is there already.", "Take another name, or --force to replace it.") from error
    except OSError as error:
        raise EnvironmentLacking(f"{place} cannot be written: {error.strerror or error}.") from error
