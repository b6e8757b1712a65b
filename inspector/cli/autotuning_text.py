"""What torch's autotuning tried, for a person and as a document; the code of one choice."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.cli.documents.captures import AutotuningsDocument
from inspector.cli.terminal import Style
from inspector.errors import UsageError
from inspector.model.autotuning import Autotuning
from inspector.model.capture import Capture
from inspector.say.autotuning import autotunings_of, choice_rows


def tried(capture: Capture, name: str, compile_id: str | None) -> AutotuningsDocument:
    """What was tried.

    Args:
        capture: where it is recorded.
        name: of a choice; empty for all.
        compile_id: only of this one; None for all.

    Raises:
        UsageError: there is no choice of that name.
    """
    found = [item for item in autotunings_of(capture) if compile_id in (None, item.compile_id)]
    if name:
        known = dict.fromkeys(choice.name for item in found for choice in item.choices)
        if name not in known:
            raise UsageError(
                f"Nothing called {name!r} was timed.",
                f"There is {', '.join(known)}." if known else "No choice of torch's autotuning is recorded here.",
            )
        found = [item for item in found if any(choice.name == name for choice in item.choices)]
    return AutotuningsDocument(tuple(found))


def tried_lines(document: AutotuningsDocument, name: str, style: Style) -> Iterator[str]:
    """Operators with their choices, or the code of a choice."""
    if name:
        yield from _code(document.autotunings, name, style)
        return
    for number, item in enumerate(document.autotunings):
        if number:
            yield ""
        for row in choice_rows(item):
            label = f"{style.name(row.label)}  " if row.label else ""
            head = f"{style.bold(item.compile_id)}  " if item.compile_id and not row.depth else "  " * row.depth
            yield f"{head}{label}{style.toned(row.tone)(row.text)}"
    if not document.autotunings:
        yield "No kernel was chosen by timing, or that is not recorded here."


def _code(found: tuple[Autotuning, ...], name: str, style: Style) -> Iterator[str]:
    for choice in (choice for item in found for choice in item.choices if choice.name == name):
        yield style.dim(f"# {name}")
        yield choice.code or "It has no code of its own, or that is not recorded."
