"""What on screen is held against what else: another compile id, a bundle or a log, or the target compiled otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import InspectorError
from inspector.model.capture import Capture, Compilation
from inspector.model.compile_row import CompileRow
from inspector.model.difference import CaptureDifference
from inspector.model.request import CaptureRequest
from inspector.paths import typed_path
from inspector.tui.choice import Choice
from inspector.tui.compare.options import SUGGESTED, with_options
from inspector.tui.guests import guest
from inspector.tui.screens.picker import Picker
from inspector.work.comparison import Comparison, Side

if TYPE_CHECKING:
    from inspector.tui.front import Noted

_ID, _OPTIONS, _PATH = "id ", "options ", "path "
"""What the key of a choice begins with."""


@dataclass(frozen=True)
class Held:
    """What is on screen, as the left side."""

    title: str
    capture: Callable[[], Capture]
    compile_id: str | None = None
    others: tuple[Choice, ...] = ()
    """The compile ids beside it, in the order in which they were compiled; it itself among them."""
    together: Callable[[tuple[str, ...]], Capture] | None = None
    """Reads some compile ids of where it is from."""
    request: CaptureRequest | None = None
    """How it was compiled; None where that cannot be done again from here."""
    part: bool = False
    """Whether it is a part of a log: then what only the other side has is nothing to tell."""


class OtherPicker(Picker):
    """Asks what to hold it against; what is typed counts too, where it is options or a path.

    Args:
        held: what is on screen.
    """

    def __init__(self, held: Held) -> None:
        self._held = held
        choices = [item for item in held.others if item.key != f"{_ID}{held.compile_id}"]
        if held.request is not None:
            choices += [
                Choice(f"{_OPTIONS}{words}", words, about)
                for words, about in SUGGESTED.items()
                if with_options(held.request, words) != held.request
            ]
        super().__init__(
            f"Compare {held.title} with…", choices, placeholder="a compile id, options such as --batch 4, or a path"
        )

    def typed(self, text: str) -> Choice | None:
        """Options and paths that nothing in the list names."""
        if text.startswith("-") and self._held.request is not None:
            try:
                with_options(self._held.request, text)
            except InspectorError as error:
                return Choice("", text, "", str(error))
            return Choice(f"{_OPTIONS}{text}", text, "compiled now")
        if not guest() and any(mark in text for mark in "/.~"):
            there = _exists(text)
            return Choice(f"{_PATH}{text}" if there else "", text, "a bundle or a log" if there else "no such file")
        return None


def _exists(text: str) -> bool:
    try:
        return typed_path(text).exists()
    except InspectorError:
        return False


def comparison_with(held: Held, key: str) -> Comparison:
    """What a choice asks for."""
    if key.startswith(_ID):
        other = key.removeprefix(_ID)
        assert held.compile_id is not None
        assert held.together is not None
        order = [item.key.removeprefix(_ID) for item in held.others]
        first, second = sorted((held.compile_id, other), key=order.index)
        together = held.together

        @cache
        def both() -> Capture:
            return together((first, second))

        sides = Side(first, both, compile_id=first), Side(second, both, compile_id=second)
        return Comparison(*sides, pairs=((first, second),))
    left = Side(held.title, held.capture)
    if key.startswith(_OPTIONS):
        assert held.request is not None
        request = with_options(held.request, key.removeprefix(_OPTIONS))
        return Comparison(left, Side(" ".join(request.arguments()), request=request))
    path = str(typed_path(key.removeprefix(_PATH)))
    return Comparison(left, Side(Path(path).name or path, path=path), unpaired=not held.part)


def compare_with(screen: Noted, held: Held) -> None:
    """Asks what to hold it against, makes the difference, and shows it."""

    def chosen(key: str | None) -> None:
        if key:
            show_comparison(screen, comparison_with(held, key))

    screen.push(OtherPicker(held), chosen)


def show_comparison(screen: Noted, comparison: Comparison) -> None:
    """Waits for both sides on a screen of their own, then shows how they differ."""
    from inspector.tui.compare.screen import of_captures
    from inspector.tui.compare.waiting import WaitingScreen

    def made(result: CaptureDifference | InspectorError | None) -> None:
        if isinstance(result, CaptureDifference):
            screen.push(of_captures(result))
        elif isinstance(result, InspectorError):
            screen.notify(f"{result.message} {result.hint}".strip(), severity="error", timeout=10)

    screen.push(WaitingScreen(comparison, screen.clock), made)


# --- what is on screen --------------------------------------------------------------------------------------


def held_of_capture(
    title: str,
    capture: Capture,
    compile_id: str,
    rows: Sequence[Compilation] | Sequence[CompileRow],
    *,
    read: Callable[[tuple[str, ...]], Capture] | None = None,
    request: CaptureRequest | None = None,
) -> Held:
    """A capture that is on screen.

    Args:
        title: what to call it.
        capture: it.
        compile_id: the one on screen.
        rows: every compile id that it can be held against.
        read: reads some of them from the log that the capture is from; None for a capture of its own.
        request: how it was compiled.
    """
    again = request is not None and not guest() and (request.target is not None or request.model is not None)
    together = read if read is not None else lambda _: capture
    made = request if again and read is None else None
    return Held(title, lambda: capture, compile_id, choices_of(rows), together, made, part=read is not None)


def choices_of(compilations: Sequence[Compilation] | Sequence[CompileRow]) -> tuple[Choice, ...]:
    """Compile ids to hold something against."""
    return tuple(
        Choice(f"{_ID}{item.compile_id}", item.compile_id, f"{item.function} · {item.status}") for item in compilations
    )
