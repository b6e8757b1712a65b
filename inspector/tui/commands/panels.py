"""The panels below the panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Panels"


@command("P", title="Phases", group=GROUP)
def phases(main: MainScreen) -> None:
    """What the compiler spent its time on."""
    main.view.show_panel("phases")


@command("T", title="Latency", group=GROUP)
def latency(main: MainScreen) -> None:
    """Eager against compiled, timed live."""
    main.view.show_panel("latency")


@command("L", title="Log", group=GROUP)
def log(main: MainScreen) -> None:
    """What the worker printed."""
    main.view.show_panel("log")


@command("D", title="Details", group=GROUP)
def details(main: MainScreen) -> None:
    """Guards, graph breaks, recompiles, metrics, environment."""
    main.view.show_panel("details")


@command("H", title="Profile: hot spots and the limit", group=GROUP)
def profile(main: MainScreen) -> None:
    """Where a call's time goes, eager and compiled side by side, with the machine's limit and the roofline."""
    main.view.show_panel("profile")


@command("U", title="Numerics", group=GROUP)
def numerics(main: MainScreen) -> None:
    """How far compiled results are from eager's and from float64's, and the first node where they part."""
    main.view.show_panel("numerics")


@command("m", title="Panels: taller, hidden, as before", group=GROUP)
def panel_size(main: MainScreen) -> None:
    """Make the panels taller, then hide them, then put them back."""
    main.view.cycle_panel_size()
