"""Follows one live capture from the command line: progress on stderr, Ctrl-C at any moment, nothing left behind."""

from __future__ import annotations

import argparse
import sys
import time

from inspector.cli.signals import stop_signals
from inspector.cli.terminal import ProgressLine
from inspector.errors import from_exit_code
from inspector.live import Outcome, OutcomeKind
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.say.units import running
from inspector.work.compiling import Driver, Run, compile_target


def follow(request: CaptureRequest, driver: Driver | None = None) -> Run:
    """Makes a live capture and waits for its end.

    Args:
        request: what to capture.
        driver: what to have the worker do; None to end it as soon as it has compiled.

    Raises:
        EnvironmentLacking: something is missing that can be seen before a worker is started.
    """
    status = ProgressLine()
    begun = time.monotonic()
    with stop_signals() as stop:

        def tell(_capture: Capture, words: str) -> bool:
            status.show(
                "stopping…" if stop.asked else f"{request.title}  {running(time.monotonic() - begun):>7}  {words}"
            )
            return stop.asked

        try:
            return compile_target(request, driver, tell)
        finally:
            status.clear()


def keep(args: argparse.Namespace, capture: Capture) -> None:
    """Puts a capture into the library where that is wanted, and says so on stderr.

    Args:
        args: with `keep`, of a verb that has it.
    """
    if getattr(args, "keep", False):
        from inspector.library import Library
        from inspector.say.library import kept_words

        print(kept_words(Library().keep(capture)), file=sys.stderr)


def raise_for(outcome: Outcome) -> None:
    """Raises what the outcome means for the command line; nothing where it finished.

    Of a worker that could not say itself what was wrong, the end of its log goes to stderr first.
    """
    if outcome.kind is OutcomeKind.FINISHED:
        return
    if outcome.kind not in (OutcomeKind.FAILED, OutcomeKind.CANCELLED) and outcome.log_tail:
        print("The end of the worker's log:", *outcome.log_tail, sep="\n  ", file=sys.stderr)
    raise from_exit_code(outcome.exit_code, outcome.message, outcome.hint, detail=outcome.traceback)
