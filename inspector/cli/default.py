"""What `inspector TARGET` does: the screen on a terminal, a bundle and a summary elsewhere."""

from __future__ import annotations

import argparse

from inspector.cli.options import request_from
from inspector.cli.registry import VERBS
from inspector.cli.terminal import interactive


def run(args: argparse.Namespace) -> int:
    """Opens the target on screen; with -o or --json, or without a terminal, does as `inspector capture`."""
    request = request_from(args, VERBS)
    if args.output is not None or args.json or not interactive():
        from inspector.cli.verbs.capture import capture_to_bundle

        return capture_to_bundle(args, request)
    from inspector.client.toolchain import require_compiler
    from inspector.tui import run_live

    require_compiler()
    return run_live(request)
