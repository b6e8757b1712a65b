"""What a log says beside the stages' texts: caches, failures, symbolic shapes, inputs and more."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.cli.doc_text import section_lines
from inspector.cli.terminal import Style
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.say.doc import Row, Section, Tone
from inspector.say.logged import Logged
from inspector.say.units import plural


def details(capture: Capture, style: Style, compile_id: str | None = None) -> Iterator[str]:
    """The sections that the capture, or one of its compile ids, has something for, each after an empty line."""
    logged = Logged(capture)
    for section in logged.every() if compile_id is None else logged.of(compile_id):
        yield from section_lines(section, style)
    if rows := tuple(_others(capture)):
        yield from section_lines(Section("others", "Beside the stages", None, rows, ""), style)


def failures_told(capture: Capture, style: Style) -> Iterator[str]:
    """What failed or was begun again, each laid out in lines below a heading."""
    return (
        line
        for section in Logged(capture).every()
        if section.name == "failures"
        for line in section_lines(section, style)
    )


def _others(capture: Capture) -> Iterator[Row]:
    others = capture.find(Stage.OTHER)
    if others:
        yield Row(f"{plural(len(others), 'text')}: --other lists them, --other NAME prints one")
    for kind, number in capture.unknown.items():
        yield Row(f"{kind} ({number:,})", Tone.WARNING, label="unknown")
