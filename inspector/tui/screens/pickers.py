"""The lists of compile ids, kernels and source files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Artifact
from inspector.model.stage import Stage
from inspector.say.compiles import status_words
from inspector.say.kernels import CODE, graph_words
from inspector.say.names import place
from inspector.say.units import plural
from inspector.tui.screens.picker import Choice, Picker

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

"""How the id of a kernel ends that computes gradients; a kernel's own name ends in a number."""


def compile_ids(main: MainScreen) -> None:
    """Lists every compile id with its function, its state, and why it came to be."""
    if main.log_screen is not None:
        main.log_screen.opener.pick(main.session.compile_id)
        return
    session = main.session
    breaks = {item.compile_id: item.reason for item in session.capture.graph_breaks}
    choices = []
    for item in session.capture.compilations:
        where = place(item.place.file, item.place.line) if item.place is not None else ""
        kernels = plural(len(item.kernels), "kernel", "kernels") if item.kernels else ""
        detail = " · ".join(filter(None, (item.function, where, status_words(item.status), kernels)))
        reason = session.recompile_reason(item.compile_id)
        below = f"recompiled: {reason}" if reason else ""
        if item.compile_id in breaks:
            below = f"ends in a graph break: {breaks[item.compile_id].splitlines()[0]}"
        if item.error:
            below = f"failed: {item.error.splitlines()[0]}"
        choices.append(Choice(item.compile_id, item.compile_id, detail, below))

    def chosen(key: str | None) -> None:
        if key is not None:
            main.view.show_compile_id(key)

    if not choices:
        main.notify("Nothing has been compiled yet.", timeout=3)
        return
    main.push(Picker("Compile ids", choices, session.compile_id), chosen)


def kernels(main: MainScreen) -> None:
    """Lists the kernels of the compile id on screen."""
    session = main.session
    choices = []
    keys = {key.local: key for key in session.kernels()}
    for local, key in keys.items():
        texts = {item.stage: item for item in session.capture.kernels[key]}
        lines = plural(len(texts[Stage.KERNEL].lines), "line", "lines") if Stage.KERNEL in texts else ""
        instructions = "machine code" if texts.keys() & CODE else ""
        detail = (graph_words(session.capture, key), lines, instructions)
        choices.append(Choice(local, key.name, " · ".join(filter(None, detail))))

    def chosen(local: str | None) -> None:
        if local is None:
            return
        main.view.show_kernel(keys[local])
        panes = [pane for pane in main.workspace.shown if main.workspace.stage(pane).per_kernel]
        if all(pane in main.workspace.pinned for pane in panes):
            main.notify("The kernel's pane is pinned to its text: * lets it go.", timeout=4)

    if not choices:
        main.notify("No kernel yet." if session.compiling else _no_kernel(session.artifact(Stage.INDUCTOR)), timeout=3)
        return
    shown = session.artifact(Stage.KERNEL)
    here = shown.key if shown is not None else None
    main.push(Picker("Kernels", choices, here.local if here is not None else None), chosen)


def _no_kernel(output_code: Artifact | None) -> str:
    """That there is none only where the code that would call it is recorded."""
    if output_code is None or read_output_code(output_code.text).kernels:
        return "No kernel is recorded here."
    return "No kernel of its own: this graph only calls code that Inductor does not write."


def sources(main: MainScreen) -> None:
    """Lists the source files that the graphs point into."""
    files = main.session.sources()
    shown = main.session.artifact(Stage.SOURCE)
    choices = [Choice(item.id, item.id.partition(":")[2], item.path or "") for item in files]

    def chosen(key: str | None) -> None:
        if key is not None:
            main.view.show_artifact(main.session.capture.by_id[key])

    if not choices:
        main.notify("No source file yet.", timeout=3)
        return
    main.push(Picker("Source files", choices, shown.id if shown is not None else None), chosen)


def texts(main: MainScreen) -> None:
    """Lists every text of the compile id on screen; one that its pane would not show by itself is pinned there."""
    session, capture = main.session, main.session.capture
    found = [item for item in (*capture.artifacts, *capture.others) if item.compile_id in (None, session.compile_id)]
    choices = [
        Choice(
            item.id,
            item.variant or item.kernel or item.id.partition(":")[2]
            if item.stage in (Stage.OTHER, Stage.SOURCE)
            else item.stage.heading,
            " · ".join(filter(None, (_what(item), plural(len(item.lines), "line", "lines")))),
        )
        for item in found
    ]

    def chosen(key: str | None) -> None:
        if key is not None:
            main.view.show_any(capture.by_id[key])

    if not choices:
        main.notify("There is no text yet.", timeout=3)
        return
    shown = main.view.pane.artifact if main.view.pane is not None else None
    main.push(Picker("Texts", choices, shown.id if shown is not None else None), chosen)


def _what(artifact: Artifact) -> str:
    """What tells a text from others of its stage."""
    if artifact.stage is Stage.OTHER:
        return "not of one stage" if artifact.compile_id is not None else "outside any compile"
    return artifact.kernel or artifact.variant
