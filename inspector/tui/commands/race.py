"""The live latency runner and its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Latency"


@command("space", title="Run or pause", group=GROUP, live=True)
def run_or_pause(main: MainScreen) -> None:
    """Time eager against compiled, or pause it."""
    main.race.toggle()


@command("r", title="Reset", group=GROUP, live=True)
def reset(main: MainScreen) -> None:
    """Throw the samples of this shape away and warm up anew."""
    main.race.reset()


@command("b", title="Double the batch", group=GROUP, live=True)
def more_batch(main: MainScreen) -> None:
    """Run twice the batch size, live: does a guard fail?"""
    main.race.reshape(batch=2.0)


@command("B", title="Halve the batch", group=GROUP, live=True)
def less_batch(main: MainScreen) -> None:
    """Run half the batch size, live."""
    main.race.reshape(batch=0.5)


@command("s", title="Double the sequence", group=GROUP, live=True)
def more_sequence(main: MainScreen) -> None:
    """Run twice the sequence length, live: does a guard fail?"""
    main.race.reshape(seq=2.0)


@command("S", title="Halve the sequence", group=GROUP, live=True)
def less_sequence(main: MainScreen) -> None:
    """Run half the sequence length, live."""
    main.race.reshape(seq=0.5)
