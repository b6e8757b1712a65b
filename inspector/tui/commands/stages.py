"""Which stage, compile id, kernel and source file stand in the panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import Command, add, command
from inspector.tui.keys import NUMBER_KEYS

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Stages"


@command("right_square_bracket", title="Next stage", group=GROUP)
def next_stage(main: MainScreen) -> None:
    """Show the next stage in this pane."""
    main.view.step(1)


@command("left_square_bracket", title="Previous stage", group=GROUP)
def previous_stage(main: MainScreen) -> None:
    """Show the previous stage in this pane."""
    main.view.step(-1)


@command("right_curly_bracket", title="Slide all panes on", group=GROUP)
def slide_on(main: MainScreen) -> None:
    """Move every pane one stage towards the machine code."""
    main.view.slide(1)


@command("left_curly_bracket", title="Slide all panes back", group=GROUP)
def slide_back(main: MainScreen) -> None:
    """Move every pane one stage towards the source."""
    main.view.slide(-1)


@command("backspace", title="Default stages", group=GROUP)
def default_stages(main: MainScreen) -> None:
    """Show the stages that tell the whole story."""
    main.view.default_stages()


@command("c", title="Choose compile id…", group=GROUP)
def choose_compile_id(main: MainScreen) -> None:
    """Pick a compile id: a graph after a break, a recompile."""
    from inspector.tui.screens.pickers import compile_ids

    compile_ids(main)


@command("K", title="Choose kernel…", group=GROUP)
def choose_kernel(main: MainScreen) -> None:
    """Pick the kernel that the kernel and machine-code panes show."""
    from inspector.tui.screens.pickers import kernels

    kernels(main)


@command("f", title="Choose source file…", group=GROUP)
def choose_source(main: MainScreen) -> None:
    """Pick the source file that the source pane shows."""
    from inspector.tui.screens.pickers import sources

    sources(main)


def _number(place: int) -> None:
    def run(main: MainScreen) -> None:
        main.view.choose_number(place)

    key = NUMBER_KEYS[place]
    add(
        Command(
            f"stage_{place + 1}",
            (key,),
            f"Stage number {place + 1}",
            f"Show the stage numbered {place + 1} in the strip, in this pane.",
            GROUP,
            run,
        )
    )


for _place in range(len(NUMBER_KEYS)):
    _number(_place)
