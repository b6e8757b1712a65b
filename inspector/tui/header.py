"""The top row: what is on screen, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widget import Widget

from inspector.model.overview_of import ran_compiled
from inspector.say.units import plural, running, seconds
from inspector.say.writes import writes_words
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

if TYPE_CHECKING:
    from inspector.tui.session import Session

_LEAST_LEFT = 24
"""Cells that the left side gets as long as there is something at the right that can go."""
_LEAST_RIGHT = 3
"""What is being done, for how long, and the edge: these stay."""


class Header(Widget):
    """One row: target and compile id on the left, cache mode and progress on the right."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__(id="header")
        self._left: list[tuple[str, str]] = []
        self._right: list[tuple[str, str]] = []

    def update_session(self, session: Session, now: float, frame: int, *, zoomed: bool) -> None:
        """Draws anew what changed.

        Args:
            session: what to show.
            now: seconds on the app's clock, for the elapsed time.
            frame: counts up while something is going on; turns the spinner.
            zoomed: whether one pane has the screen to itself.
        """
        left, right = _left(session), _right(session, now, frame)
        if zoomed:
            right.insert(0, ("zoomed", "bold $accent"))
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """The row, the left side shortened where there is not room for both."""
        width = self.size.width
        kept = [*self._right, ("", "")]
        while len(kept) > _LEAST_RIGHT and _join(kept, "  ").cell_length > width - _LEAST_LEFT:
            kept.pop(0)
        right = _join(kept, "  ").truncate(width)
        room = width - right.cell_length
        left = Content.assemble(" ", _join(self._left, "  ")).truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)


def _join(parts: list[tuple[str, str]], between: str) -> Content:
    return Content(between).join(Content.styled(text, style) for text, style in parts)


def _left(session: Session) -> list[tuple[str, str]]:
    parts = [("◆" if not glyphs().ascii else "*", "$primary"), (session.title, "bold")]
    compilation = session.compilation
    if compilation is not None:
        count = session.of_log or len(session.capture.compilations)
        of = f" of {count}" if count > 1 and not session.discreet else ""
        parts.append((f"{compilation.compile_id}{of}", "bold $primary"))
        if compilation.function:
            parts.append((compilation.function, "$foreground 60%"))
    if session.of_log and compilation is not None and compilation.error:
        parts.append((f"failed: {compilation.error.splitlines()[0]}", "$error"))
        return parts
    if not session.discreet and (reason := session.recompile_reason(session.compile_id)):
        parts.append((f"recompiled: {reason}", "$warning"))
        return parts
    inputs = [_input(item) for item in session.capture.target.get("inputs", ())]
    if inputs:
        more = f" +{len(inputs) - 2}" if len(inputs) > 2 else ""
        parts.append((" ".join(inputs[:2]) + more, "$foreground 60%"))
    if writes := writes_words([str(item) for item in session.capture.target.get("writes", ())]):
        parts.append((writes, "$warning"))
    if breaks := len(session.capture.graph_breaks):
        parts.append((plural(breaks, "graph break", "graph breaks"), "$warning"))
    return parts


def _input(item: Mapping[str, Any]) -> str:
    dtype = str(item.get("dtype", "")).removeprefix("torch.")
    for long, short in (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i"), ("complex", "c")):
        if dtype.startswith(long):
            dtype = short + dtype.removeprefix(long)
            break
    shape = ",".join(str(size) for size in item.get("shape", ()))
    return f"{item.get('name', '')}={dtype}[{shape}]"


def _right(session: Session, now: float, frame: int) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    if mode := session.cache_mode:
        parts.append((f"cache {mode}", "$accent"))
    if session.of_log:
        parts.append((f"Esc {glyphs().left} the whole log", "$foreground 60%"))
    elif not session.live:
        parts.append(("opened, no worker", "$foreground 60%"))
    elif session.failed and session.outcome is not None:
        kind = str(session.outcome.kind).replace("_", " ")
        parts.append(
            (f"{glyphs().states[StageState.FAILED]} {kind} after {running(session.elapsed(now))}", "bold $error")
        )
    elif session.compiling:
        spinner = glyphs().spinner
        parts.append((f"{spinner[frame % len(spinner)]} {session.activity}", "bold $primary"))
        parts.append((running(session.elapsed(now)), "bold"))
    else:
        parts += _compiled(session, now, frame)
    return parts


def _compiled(session: Session, now: float, frame: int) -> list[tuple[str, str]]:
    """How long it took: the first call as a whole, or the recompile that is on screen."""
    done = glyphs().states[StageState.DONE]
    if not session.recompile_reason(session.compile_id):
        took = session.compiled.seconds if session.compiled is not None else session.elapsed(now)
        if not ran_compiled(session.capture):
            return [(f"nothing was compiled, the first call took {seconds(took)}", "bold $warning")]
        return [(f"{done} compiled in {seconds(took)}", "bold $success")]
    phases, zero = session.phases()
    if any(phase.duration is None for phase in phases):
        spinner = glyphs().spinner
        since = max(0.0, session.phase_now(now) - zero)
        return [(f"{spinner[frame % len(spinner)]} recompiling", "bold $primary"), (running(since), "bold")]
    own = [phase for phase in phases if phase.compile_id == session.compile_id and phase.duration is not None]
    if not own:
        return [(f"{done} recompiled", "bold $success")]
    took = max(phase.start + (phase.duration or 0.0) for phase in own) - min(phase.start for phase in own)
    return [(f"{done} recompiled in {seconds(took)}", "bold $success")]
