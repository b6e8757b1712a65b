"""A capture as it reads with an edited kernel in place: its text, its machine code, and the links that still hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from inspector.compare.texts import compare_texts, text_of
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.edit import KernelEdit
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.model.text_difference import Change


def with_edit(capture: Capture, edit: KernelEdit) -> Capture:
    """The capture with the kernel's own stages replaced; what was measured of the compiler's own lines is left out.

    A link to a line that the edit left alone still says what it said; the machine code is linked by its own line table.
    """
    own = {item.stage: item for item in capture.kernels.get(edit.key, ())}
    kernel = own.get(Stage.KERNEL)
    if kernel is None:
        return capture
    now = replace(kernel, text=edit.text)
    texts: dict[str, Artifact | None] = {}
    for stage, item in own.items():
        text = edit.text_of(stage.value)
        texts[item.id] = now if stage is Stage.KERNEL else replace(item, text=text) if text is not None else None
    artifacts = [texts.get(item.id, item) for item in capture.artifacts]
    lines = _line_map(kernel, now)
    links = [*_kept(capture, kernel, set(texts), lines), *_code_links(edit, own, now)]
    return replace(
        capture,
        artifacts=tuple(item for item in artifacts if item is not None),
        links=tuple(links),
        prices=(),
    )


def changed_lines(kernel: Artifact, edit: KernelEdit) -> Mapping[int, Change]:
    """What became of the lines of the edited text, by meaning.

    Args:
        kernel: the compiler's own.
        edit: of it.
    """
    now = replace(kernel, text=edit.text)
    return compare_texts("kernel", text_of(kernel), text_of(now), stage=Stage.KERNEL).difference.changed_lines


def _line_map(before: Artifact, now: Artifact) -> Mapping[int, int]:
    """Line before → line now, 1-based, of those that are the same to the letter."""
    matcher = SequenceMatcher(None, before.lines, now.lines, autojunk=False)
    return {block.a + at + 1: block.b + at + 1 for block in matcher.get_matching_blocks() for at in range(block.size)}


def _kept(capture: Capture, kernel: Artifact, gone: set[str], lines: Mapping[int, int]) -> Iterator[Link]:
    for link in capture.links:
        ends = [_moved(span, lines) if span.artifact == kernel.id else span for span in (link.a, link.b)]
        others = {link.a.artifact, link.b.artifact} & gone - {kernel.id}
        if others:
            continue
        a, b = ends
        if a is not None and b is not None:
            yield link if (a, b) == (link.a, link.b) else Link(a, b, link.origin)


def _moved(span: Span, lines: Mapping[int, int]) -> Span | None:
    """Where a span is now; None where a line of it was changed, or others came between."""
    first, last = span.start.line, span.last_line
    shift = lines.get(first, 0) - first
    if any(lines.get(line) != line + shift for line in range(first, last + 1)):
        return None
    start, end = span.start, span.end
    return Span(span.artifact, Position(start.line + shift, start.col), Position(end.line + shift, end.col))


def _code_links(edit: KernelEdit, own: Mapping[Stage, Artifact], now: Artifact) -> Iterator[Link]:
    """Between the edited text and its machine code, run by run of instructions of one line."""
    found = next((item for item in edit.texts if item.stage == Stage.ASM.value), None)
    code = own.get(Stage.ASM)
    if found is None or code is None:
        return
    last, first = len(now.lines), 0
    while first < len(found.lines):
        end = first + 1
        while end < len(found.lines) and found.lines[end] == found.lines[first]:
            end += 1
        if 1 <= found.lines[first] <= last:
            line = Span.of_lines(now.id, found.lines[first])
            yield Link(line, Span.of_lines(code.id, first + 1, end), Origin.DEBUG_INFO)
        first = end
